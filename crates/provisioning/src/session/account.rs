//! The device's side of an order's DM account: what the TRE took out of the
//! credentials (docs/operator-change.md section 2, TLV 21 to 26).

use dm::auth::{Credentials as DmCredentials, Nonce, Nonces};
use secret::{Secret, SecretBytes};
use serde::{Deserialize, Serialize};

use crate::payload::Credentials;
use crate::{OrderId, ProvisioningError, stored};

/// What the host needs for the sessions of one order.
#[derive(Clone, Serialize, Deserialize)]
pub struct DeviceAccount {
    #[serde(with = "stored::text")]
    pub(super) order_id: OrderId,
    pub(super) prov_urls: Vec<String>,
    pub(super) user: String,
    #[serde(with = "stored::secret_text")]
    pub(super) password: Secret<String>,
    pub(super) server_id: String,
    #[serde(with = "stored::secret_text")]
    pub(super) server_secret: Secret<String>,
    #[serde(with = "stored::maybe_base64")]
    client_nonce: Option<Vec<u8>>,
    #[serde(with = "stored::maybe_base64")]
    server_nonce: Option<Vec<u8>>,
    sessions: u32,
    /// Which PROVURL is tried, counted on over the list.
    url: u32,
}

impl DeviceAccount {
    /// The account of a bootstrap that the TRE accepted.
    #[must_use]
    pub fn new(prov_urls: Vec<String>, credentials: &Credentials) -> Self {
        Self {
            order_id: credentials.binding.order_id,
            prov_urls,
            user: credentials.user.clone(),
            password: credentials.password.clone(),
            server_id: credentials.server_id.clone(),
            server_secret: credentials.server_secret.clone(),
            client_nonce: Some(credentials.client_nonce.clone()),
            server_nonce: Some(credentials.server_nonce.clone()),
            sessions: 0,
            url: 0,
        }
    }

    /// The order.
    #[must_use]
    pub fn order_id(&self) -> OrderId {
        self.order_id
    }

    /// Where the DPF is, in order of preference.
    #[must_use]
    pub fn prov_urls(&self) -> &[String] {
        &self.prov_urls
    }

    /// The PROVURL to try.
    #[must_use]
    pub fn prov_url(&self) -> Option<&str> {
        let count = u32::try_from(self.prov_urls.len())
            .ok()
            .filter(|count| *count > 0)?;
        self.prov_urls
            .get(usize::try_from(self.url % count).ok()?)
            .map(String::as_str)
    }

    /// The one that was tried did not do.
    pub(crate) fn next_url(&mut self) {
        self.url = self.url.wrapping_add(1);
    }

    /// A SessionID that this account never had, in hex.
    pub(super) fn next_session(&mut self) -> String {
        self.sessions = self.sessions.wrapping_add(1);
        format!("{:X}", self.sessions)
    }

    pub(super) fn prove(&self) -> Result<DmCredentials, ProvisioningError> {
        digest(&self.user, &self.password)
    }

    pub(super) fn verify(&self) -> Result<DmCredentials, ProvisioningError> {
        digest(&self.server_id, &self.server_secret)
    }

    pub(super) fn nonces(&self) -> Nonces {
        Nonces {
            prove: nonce(self.client_nonce.as_ref()),
            verify: nonce(self.server_nonce.as_ref()),
        }
    }

    pub(super) fn set_nonces(&mut self, nonces: &Nonces) {
        self.client_nonce = octets(nonces.prove.as_ref());
        self.server_nonce = octets(nonces.verify.as_ref());
    }
}

pub(super) fn digest(
    user: &str,
    secret: &Secret<String>,
) -> Result<DmCredentials, ProvisioningError> {
    Ok(DmCredentials::md5(
        user,
        &SecretBytes::new(secret.expose().as_bytes().to_vec()),
    )?)
}

pub(super) fn nonce(octets: Option<&Vec<u8>>) -> Option<Nonce> {
    octets.and_then(|octets| Nonce::from_octets(octets.clone()).ok())
}

pub(super) fn octets(nonce: Option<&Nonce>) -> Option<Vec<u8>> {
    nonce.map(|nonce| nonce.octets().to_vec())
}
