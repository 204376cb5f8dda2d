//! Certificates in the operator's API, version 1: what CertSHO issued,
//! revocation (RFC 5280 clause 3.3), and the DPF's leaf renewed.

use data_encoding::HEXLOWER_PERMISSIVE;
use provisioning::Reason;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{IssuedCertificate, IssuedPage};
use tls::http::{Method, Request};
use tokens::RenewedKey;
use trust::{Certificate, RevocationReason};

use super::super::Operator;
use super::keeper::hex;
use crate::Error;

const CERTIFICATES: &str = "/api/v1/certificates";
const RENEWALS: &str = "/api/v1/certificates/renewals";
/// Certificates on a page, unless asked otherwise.
const PAGE: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Revoke {
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Renew {
    #[serde(default)]
    new_key: bool,
}

type Answer = Result<Value, (u16, Reason)>;

impl Operator {
    /// A page of what CertSHO issued, the last first, before the number that
    /// another page named as its next.
    ///
    /// # Errors
    /// [`Error::StoreFailed`].
    pub async fn certificates(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<IssuedPage, Error> {
        Ok(self.store().issued(before, limit).await?)
    }

    /// Revokes the certificate with this serial number. The responder says so
    /// from now on.
    ///
    /// # Errors
    /// [`Error::Unknown`] for one that CertSHO did not issue,
    /// [`Error::AlreadyRevoked`], [`Error::ReasonUnsupported`],
    /// [`Error::StoreFailed`].
    pub async fn revoke_certificate(
        &self,
        serial: &[u8],
        reason: RevocationReason,
    ) -> Result<IssuedCertificate, Error> {
        let keeper = &self.0.keeper;
        keeper.revoke(&self.0.store, serial, reason).await
    }

    /// Issues the DPF's leaf anew; new handshakes see it, connections go on.
    ///
    /// # Errors
    /// [`Error::Configuration`] if the node does not know where its keys lie,
    /// [`Error::Token`] if CertSHO's key does not lie there,
    /// [`Error::StoreFailed`].
    pub async fn renew_dpf(&self, key: RenewedKey) -> Result<Certificate, Error> {
        self.0.keeper.renew(&self.0.store, key).await
    }

    /// Answers below `/api/v1/certificates`; `None` for another path.
    pub(in super::super) async fn answer_certificates(&self, request: &Request) -> Option<Answer> {
        let rest = request.path.strip_prefix(CERTIFICATES)?;
        Some(match (&request.method, rest) {
            (&Method::GET, "") => self.list(request.query.as_deref()).await,
            (&Method::POST, _) if request.path == RENEWALS => self.renew(&request.body).await,
            (&Method::POST, _) => {
                let serial = rest.strip_prefix('/')?.strip_suffix("/revocation")?;
                self.revoke(serial, &request.body).await
            }
            _ => return None,
        })
    }

    async fn list(&self, query: Option<&str>) -> Answer {
        let (before, limit) = page_query(query.unwrap_or_default()).ok_or_else(malformed)?;
        let page = self.certificates(before, limit).await.map_err(failed)?;
        let rows: Vec<Value> = page.certificates.iter().map(shown).collect();
        Ok(json!({ "certificates": rows, "next": page.next }))
    }

    async fn revoke(&self, serial: &str, body: &[u8]) -> Answer {
        let serial = HEXLOWER_PERMISSIVE
            .decode(serial.as_bytes())
            .map_err(|_| malformed())?;
        let Revoke { reason } = serde_json::from_slice(body).map_err(|_| malformed())?;
        let reason =
            RevocationReason::by_name(&reason).ok_or((422, Error::ReasonUnsupported.reason()))?;
        let revoked = self.revoke_certificate(&serial, reason).await;
        revoked.map(|row| shown(&row)).map_err(failed)
    }

    async fn renew(&self, body: &[u8]) -> Answer {
        let Renew { new_key } = serde_json::from_slice(body).map_err(|_| malformed())?;
        let key = if new_key {
            RenewedKey::New
        } else {
            RenewedKey::Same
        };
        let leaf = self.renew_dpf(key).await.map_err(failed)?;
        Ok(json!({
            "serial": hex(leaf.serial()),
            "name": "dpf",
            "not_before": leaf.not_before().to_string(),
            "not_after": leaf.not_after().to_string(),
        }))
    }
}

fn page_query(query: &str) -> Option<(Option<u64>, usize)> {
    let (mut before, mut limit) = (None, PAGE);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=')? {
            ("before", number) => before = Some(number.parse().ok()?),
            ("limit", number) => limit = number.parse().ok()?,
            _ => return None,
        }
    }
    Some((before, limit))
}

fn shown(row: &IssuedCertificate) -> Value {
    let revoked = row.revocation.map(|revocation| {
        let reason = revocation.reason.map(RevocationReason::name);
        json!({ "at": revocation.at.to_string(), "reason": reason })
    });
    json!({
        "serial": hex(&row.serial),
        "name": row.name,
        "not_before": row.not_before.to_string(),
        "not_after": row.not_after.to_string(),
        "revoked": revoked,
    })
}

fn malformed() -> (u16, Reason) {
    (400, Reason::new("malformed"))
}

fn failed(error: Error) -> (u16, Reason) {
    match error {
        Error::Unknown(_) => (404, Reason::new("unknown-certificate")),
        Error::AlreadyRevoked => (409, error.reason()),
        Error::ReasonUnsupported => (422, error.reason()),
        Error::Store(_) | Error::StoreFailed(_) | Error::Io(_) => (503, error.reason()),
        _ => (422, error.reason()),
    }
}
