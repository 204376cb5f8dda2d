//! The shortest keys of any profile, whatever the library's own level lets pass:
//! RSA and Diffie-Hellman of 2048 bits (TS 33.310 clause 6.1.1), elliptic curves
//! of 256 (OMA DM session security clause 9.2.2).

use openssl::pkey::{Id, PKeyRef, Public};
use openssl::ssl::SslRef;

use crate::{Error, Refusal};

const LEAST_RSA: u32 = 2048;
const LEAST_EC: u32 = 256;
/// X25519: 253 bits by the library's count, as strong as P-256.
const LEAST_ECX: u32 = 253;

/// What is wrong with a key, in words.
pub(crate) fn check(key: &PKeyRef<Public>) -> Result<(), String> {
    let (name, least) = match key.id() {
        Id::RSA | Id::RSA_PSS => ("RSA", LEAST_RSA),
        Id::DH => ("Diffie-Hellman", LEAST_RSA),
        Id::X25519 | Id::ED25519 => ("Curve25519", LEAST_ECX),
        _ => ("EC", LEAST_EC),
    };
    let bits = key.bits();
    if bits < least {
        return Err(format!("an {name} key of {bits} bits, fewer than {least}"));
    }
    Ok(())
}

/// Refuses a peer whose certificate or ephemeral key is too short.
pub(crate) fn check_peer(ssl: &SslRef) -> Result<(), Error> {
    let shown = ssl.peer_certificate().map(|leaf| leaf.public_key());
    if let Some(key) = shown.transpose()? {
        refuse("peer-key-too-weak", &key)?;
    }
    // Suites without one, and the hybrids of TLS 1.3, have none to show.
    if let Ok(key) = ssl.peer_tmp_key() {
        refuse("peer-ephemeral-key-too-weak", &key)?;
    }
    Ok(())
}

fn refuse(code: &'static str, key: &PKeyRef<Public>) -> Result<(), Error> {
    check(key).map_err(|text| Error::from(&Refusal::new(code, text)))
}
