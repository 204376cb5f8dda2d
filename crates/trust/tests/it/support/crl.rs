//! A writer of revocation lists for the tests, each field open to any octets
//! (RFC 5280 clause 5.1). What it writes by default is right.

use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;

use super::build::{ECDSA_SHA256, utc};
use super::der::{algorithm, bits, common_name, extension, sequence, tlv};

pub(crate) const NUMBER: &str = "2.5.29.20";
pub(crate) const REASON: &str = "2.5.29.21";
pub(crate) const DELTA: &str = "2.5.29.27";
pub(crate) const DISTRIBUTION_POINT: &str = "2.5.29.28";
pub(crate) const CERTIFICATE_ISSUER: &str = "2.5.29.29";
pub(crate) const AUTHORITY_KEY: &str = "2.5.29.35";

#[derive(Clone)]
pub(crate) struct CrlDraft {
    pub(crate) version: Vec<u8>,
    pub(crate) inner: Vec<u8>,
    pub(crate) outer: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) this_update: Vec<u8>,
    pub(crate) next_update: Vec<u8>,
    /// Whole entries; the field is absent for `None`.
    pub(crate) entries: Option<Vec<Vec<u8>>>,
    /// Whole extensions.
    pub(crate) extensions: Vec<Vec<u8>>,
}

/// An entry with these extensions.
pub(crate) fn entry(serial: &[u8], date: &str, extensions: &[Vec<u8>]) -> Vec<u8> {
    let mut parts = vec![tlv(0x02, serial), utc(date)];
    if !extensions.is_empty() {
        parts.push(sequence(extensions));
    }
    sequence(&parts)
}

pub(crate) fn reason(code: u8) -> Vec<u8> {
    extension(REASON, None, &tlv(0x0a, &[code]))
}

pub(crate) fn number(contents: &[u8]) -> Vec<u8> {
    extension(NUMBER, None, &tlv(0x02, contents))
}

impl CrlDraft {
    /// The list number 1 of the CA "root" for June 2026, of one certificate with
    /// serial number 5.
    pub(crate) fn new() -> Self {
        Self {
            version: tlv(0x02, &[1]),
            inner: algorithm(ECDSA_SHA256),
            outer: algorithm(ECDSA_SHA256),
            issuer: common_name("root"),
            this_update: utc("260601000000Z"),
            next_update: utc("260701000000Z"),
            entries: Some(vec![entry(&[5], "260501120000Z", &[reason(1)])]),
            extensions: vec![number(&[1])],
        }
    }

    pub(crate) fn changed(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub(crate) fn signed_by(&self, key: &PKey<Private>) -> Vec<u8> {
        let mut parts = vec![
            self.version.clone(),
            self.inner.clone(),
            self.issuer.clone(),
            self.this_update.clone(),
            self.next_update.clone(),
        ];
        if let Some(entries) = &self.entries {
            parts.push(sequence(entries));
        }
        if !self.extensions.is_empty() {
            parts.push(tlv(0xa0, &sequence(&self.extensions)));
        }
        let tbs = sequence(&parts);
        let signature = Signer::new(MessageDigest::sha256(), key)
            .unwrap()
            .sign_oneshot_to_vec(&tbs)
            .unwrap();
        sequence(&[tbs, self.outer.clone(), bits(&signature)])
    }
}
