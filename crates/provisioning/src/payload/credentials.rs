//! The credentials payload, tag 04 of `data` (docs/operator-change.md section
//! 2): the account at the new operator's DPF, nonceA, and the PROVURLs that the
//! old operator must not change.

use openssl::sha::Sha256;
use secret::{Secret, SecretBytes};

use super::{Binding, Reader, Writer};
use crate::{Digest, Nonce, ProvisioningError};

/// The longest user name, server id, password or nonce.
const MAX_TEXT: usize = 256;

/// What lets the device and the new operator's DPF know each other.
#[derive(Clone)]
pub struct Credentials {
    /// What the payload belongs to.
    pub binding: Binding,
    /// Given back in M2MMobj: proves that this order was meant.
    pub nonce_a: Nonce,
    /// The device's user name at the DPF.
    pub user: String,
    /// Its password.
    pub password: Secret<String>,
    /// The DPF's server identifier.
    pub server_id: String,
    /// The DPF's password towards the device.
    pub server_secret: Secret<String>,
    /// The first nonce for the device's digest.
    pub client_nonce: Vec<u8>,
    /// The first nonce for the DPF's digest.
    pub server_nonce: Vec<u8>,
    /// [`prov_urls_digest`] of the PROVURLs, in order.
    pub prov_urls: Digest,
}

/// SHA-256 over (length u16 BE | URL) of each PROVURL in order.
///
/// # Errors
/// A URL of more than 65,535 octets.
pub fn prov_urls_digest(urls: &[String]) -> Result<Digest, ProvisioningError> {
    let mut hash = Sha256::new();
    for url in urls {
        let length = u16::try_from(url.len())
            .map_err(|_| ProvisioningError::Malformed("a PROVURL longer than 65535"))?;
        hash.update(&length.to_be_bytes());
        hash.update(url.as_bytes());
    }
    Ok(Digest(hash.finish()))
}

impl Credentials {
    /// The payload's octets.
    ///
    /// # Errors
    /// A field that is too long.
    pub fn encode(&self) -> Result<SecretBytes, ProvisioningError> {
        let mut writer = Writer::new();
        self.binding.write(&mut writer)?;
        writer.put(0x20, &self.nonce_a.0)?;
        writer.put(0x21, self.user.as_bytes())?;
        writer.put(0x22, self.password.expose().as_bytes())?;
        writer.put(0x23, self.server_id.as_bytes())?;
        writer.put(0x24, self.server_secret.expose().as_bytes())?;
        writer.put(0x25, &self.client_nonce)?;
        writer.put(0x26, &self.server_nonce)?;
        writer.put(0x27, &self.prov_urls.0)?;
        Ok(writer.finish())
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// Anything malformed.
    pub fn decode(octets: &[u8]) -> Result<Self, ProvisioningError> {
        let mut reader = Reader::new(octets)?;
        let credentials = Self {
            binding: Binding::read(&mut reader)?,
            nonce_a: reader.octets(0x20)?.try_into()?,
            user: text(&mut reader, 0x21)?,
            password: text(&mut reader, 0x22).map(Secret::new)?,
            server_id: text(&mut reader, 0x23)?,
            server_secret: text(&mut reader, 0x24).map(Secret::new)?,
            client_nonce: short(reader.octets(0x25)?)?.to_vec(),
            server_nonce: short(reader.octets(0x26)?)?.to_vec(),
            prov_urls: reader.octets(0x27)?.try_into()?,
        };
        reader.finish()?;
        Ok(credentials)
    }
}

fn text(reader: &mut Reader<'_>, tag: u8) -> Result<String, ProvisioningError> {
    let text = reader.text(tag)?;
    short(text.as_bytes())?;
    Ok(text.to_owned())
}

fn short(octets: &[u8]) -> Result<&[u8], ProvisioningError> {
    if (1..=MAX_TEXT).contains(&octets.len()) {
        Ok(octets)
    } else {
        Err(ProvisioningError::Malformed(
            "a credential of 1 to 256 octets",
        ))
    }
}
