//! The DM account of one order (docs/operator-change.md section 2, TLV 21 to
//! 26): made by the recipient, carried to the TRE in the credentials.

use clock::Random;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use secret::Secret;
use serde::{Deserialize, Serialize};

use crate::stored;

/// Names, passwords and first nonces of both sides.
#[derive(Clone, Serialize, Deserialize)]
pub struct Account {
    /// The device's user name.
    pub user: String,
    /// Its password.
    #[serde(with = "stored::secret_text")]
    pub password: Secret<String>,
    /// The DPF's server identifier.
    pub server_id: String,
    /// The DPF's password.
    #[serde(with = "stored::secret_text")]
    pub server_secret: Secret<String>,
    /// The nonce for the device's next digest.
    #[serde(with = "stored::base64")]
    pub client_nonce: Vec<u8>,
    /// The nonce for the DPF's next digest.
    #[serde(with = "stored::base64")]
    pub server_nonce: Vec<u8>,
}

impl Account {
    /// A new account: 64 bits of user name, 192 bits of each password, 128 bits
    /// of each nonce.
    pub fn random(server_id: &str, random: &mut dyn Random) -> Self {
        let mut draw = |length: usize| {
            let mut octets = vec![0; length];
            random.fill(&mut octets);
            octets
        };
        Self {
            user: HEXLOWER.encode(&draw(8)),
            password: Secret::new(BASE64URL_NOPAD.encode(&draw(24))),
            server_id: server_id.to_owned(),
            server_secret: Secret::new(BASE64URL_NOPAD.encode(&draw(24))),
            client_nonce: draw(16),
            server_nonce: draw(16),
        }
    }
}
