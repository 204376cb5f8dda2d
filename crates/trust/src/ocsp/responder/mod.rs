//! A responder for one issuer (RFC 6960 clauses 2.2 to 2.7): the requests of
//! clients in, signed answers out.

mod cache;
mod record;
mod reply;

use std::time::Duration;

use clock::Timestamp;

use super::asn1::{self, CertStatus, ResponderId};
use super::signer::check_delegated;
use super::{CertId, OcspFault, Request, ResponderError};
use crate::issue::IssuerKey;
use crate::{Certificate, PublicKey, SignatureAlgorithm, TimePolicy, TrustError, moment};

pub use cache::AnswerCache;
pub use record::{ExpiryPolicy, Record, SourceError, StatusSource};
pub use reply::Reply;

/// How a responder answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponderConfig {
    /// What becomes of certificates that have expired.
    pub expiry: ExpiryPolicy,
    /// From thisUpdate to nextUpdate, in whole seconds.
    pub validity: Duration,
    /// The most certificates in one request, at most 32.
    pub max_certificates: usize,
}

/// Answers for the certificates of one issuer, with the issuer's own key or one
/// that the issuer certified for it. Holds no state: see [`AnswerCache`].
pub struct Responder<K> {
    key: K,
    issuer: Certificate,
    delegated: Option<Certificate>,
    config: ResponderConfig,
}

impl Default for ResponderConfig {
    /// Expired certificates are revoked ones, answers are good for an hour, and
    /// 16 certificates may be asked about at once.
    fn default() -> Self {
        Self {
            expiry: ExpiryPolicy::RevokeOnExpiry,
            validity: Duration::from_secs(3600),
            max_certificates: 16,
        }
    }
}

impl<K: IssuerKey> Responder<K> {
    /// A responder whose key is that of `delegated`, or of `issuer` without one.
    ///
    /// # Errors
    /// [`OcspFault::ResponderWrong`] if `issuer` did not certify `delegated` for
    /// OCSP signing with id-pkix-ocsp-nocheck; [`OcspFault::KeyMismatch`] for
    /// another key.
    pub fn new(
        key: K,
        issuer: Certificate,
        delegated: Option<Certificate>,
        config: ResponderConfig,
    ) -> Result<Self, TrustError> {
        if let Some(delegated) = &delegated {
            check_delegated(delegated, &issuer)?;
        }
        let own = delegated.as_ref().unwrap_or(&issuer).public_key();
        let same = PublicKey::from_spki_der(&key.public_key_der())? == *own
            && key.algorithm() == SignatureAlgorithm::of_key(own.kind());
        if !same {
            return Err(OcspFault::KeyMismatch.into());
        }
        Ok(Self {
            key,
            issuer,
            delegated,
            config,
        })
    }

    /// The issuer whose certificates it knows.
    #[must_use]
    pub fn issuer(&self) -> &Certificate {
        &self.issuer
    }

    /// Answers the body of a POST. Whatever goes wrong is a reply too: an
    /// unsigned error that the client understands.
    pub fn answer(&self, request: &[u8], now: Timestamp, source: &dyn StatusSource) -> Reply {
        match Request::from_der(request) {
            Ok(request) => self.answer_request(&request, now, source),
            Err(_) => Reply::error(ResponderError::MalformedRequest),
        }
    }

    /// Answers what follows this responder's URL and a slash in a GET.
    pub fn answer_path(&self, path: &str, now: Timestamp, source: &dyn StatusSource) -> Reply {
        match Request::from_path(path) {
            Ok(request) => self.answer_request(&request, now, source),
            Err(_) => Reply::error(ResponderError::MalformedRequest),
        }
    }

    /// Answers a request that was read.
    pub fn answer_request(
        &self,
        request: &Request,
        now: Timestamp,
        source: &dyn StatusSource,
    ) -> Reply {
        self.signed(request, now, source)
            .unwrap_or_else(Reply::error)
    }

    fn signed(
        &self,
        request: &Request,
        now: Timestamp,
        source: &dyn StatusSource,
    ) -> Result<Reply, ResponderError> {
        let certificates = request.certificates();
        if certificates.len() > self.config.max_certificates.min(32) {
            return Err(ResponderError::MalformedRequest);
        }
        let ours = |id: &CertId| id.is_of_issuer(&self.issuer);
        if !certificates.iter().any(ours) {
            return Err(ResponderError::Unauthorized);
        }
        self.check_own_dates(now)?;
        let mut last_use = None;
        let mut responses = Vec::with_capacity(certificates.len());
        for id in certificates {
            let record = if ours(id) {
                source
                    .record(id.serial())
                    .map_err(|SourceError| ResponderError::TryLater)?
            } else {
                None
            };
            let single = self
                .single(id, record, now)
                .map_err(|_| ResponderError::InternalError)?;
            last_use = single.next_update.map(moment::of_generalized);
            responses.push(single);
        }
        let cacheable = request.nonce().is_none() && responses.len() == 1;
        let nonce = request.nonce().map(super::Nonce::extension).transpose();
        nonce
            .and_then(|nonce| {
                let data = asn1::ResponseData {
                    version: 0,
                    responder_id: self.id()?,
                    produced_at: moment::generalized(now)?,
                    responses,
                    response_extensions: nonce.map(|nonce| vec![nonce]),
                };
                reply::sign(data, &self.key, self.delegated.as_ref())
            })
            .map(|der| Reply::answer(der, now, last_use.filter(|_| cacheable)))
            .map_err(|_| ResponderError::InternalError)
    }

    /// Who signs without a certificate in date would be refused anyway.
    fn check_own_dates(&self, now: Timestamp) -> Result<(), ResponderError> {
        let own = self.delegated.as_ref().unwrap_or(&self.issuer);
        let now = TimePolicy::Trusted(crate::TimeInterval::exactly(now));
        own.period()
            .leaf_fault(now)
            .map_or(Ok(()), |_| Err(ResponderError::InternalError))
    }

    fn id(&self) -> Result<ResponderId, TrustError> {
        let own = self.delegated.as_ref().unwrap_or(&self.issuer);
        der::asn1::OctetString::new(own.public_key().key_identifier())
            .map(ResponderId::ByKey)
            .map_err(|_| TrustError::EncodingFailed)
    }

    fn single(
        &self,
        id: &CertId,
        record: Option<Record>,
        now: Timestamp,
    ) -> Result<asn1::SingleResponse, TrustError> {
        let (cert_status, end) = match record {
            Some(record) => record.told(self.config, now)?,
            None => (CertStatus::Unknown(der::asn1::Null), None),
        };
        Ok(asn1::SingleResponse {
            cert_id: id.as_asn1().clone(),
            cert_status,
            this_update: moment::generalized(now)?,
            next_update: end.map(moment::generalized).transpose()?,
            single_extensions: None,
        })
    }
}
