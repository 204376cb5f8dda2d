//! A responder's records in memory, and the responder around them.

use std::cell::Cell;
use std::collections::BTreeMap;

use trust::issue::SoftwareIssuer;
use trust::ocsp::{ExpiryPolicy, Record, Responder, ResponderConfig, SourceError, StatusSource};
use trust::{Certificate, Revocation};

use super::build::{generalized, utc};
use super::ocsp::{RESPONDER_KEY, issuer, responder_draft};
use super::test_keys::p256;
use super::{ANCHOR_KEY, parsed};

/// Records by serial number. Counts how often it is asked.
#[derive(Default)]
pub(crate) struct Records {
    pub(crate) list: BTreeMap<Vec<u8>, Record>,
    pub(crate) broken: bool,
    pub(crate) asked: Cell<usize>,
}

impl Records {
    /// This certificate, not revoked.
    pub(crate) fn of(certificate: &Certificate) -> Self {
        let mut records = Self::default();
        records.put(certificate, None);
        records
    }

    pub(crate) fn put(&mut self, certificate: &Certificate, revocation: Option<Revocation>) {
        let record = Record {
            not_after: certificate.not_after(),
            revocation,
        };
        self.list.insert(certificate.serial().to_vec(), record);
    }
}

impl StatusSource for Records {
    fn record(&self, serial: &[u8]) -> Result<Option<Record>, SourceError> {
        self.asked.set(self.asked.get() + 1);
        if self.broken {
            return Err(SourceError);
        }
        Ok(self.list.get(serial).copied())
    }
}

/// A responder with the issuer's own key.
pub(crate) fn own(expiry: ExpiryPolicy) -> Responder<SoftwareIssuer> {
    let key = SoftwareIssuer::new(p256(ANCHOR_KEY)).unwrap();
    Responder::new(key, issuer(), None, config(expiry)).unwrap()
}

/// A delegated one.
pub(crate) fn delegated(expiry: ExpiryPolicy) -> Responder<SoftwareIssuer> {
    let key = SoftwareIssuer::new(p256(RESPONDER_KEY)).unwrap();
    let certificate = parsed(&responder_draft().signed_by(&p256(ANCHOR_KEY)));
    Responder::new(key, issuer(), Some(certificate), config(expiry)).unwrap()
}

/// A delegated one whose certificate lives from 2020 to 2099.
pub(crate) fn delegated_for_long(expiry: ExpiryPolicy) -> Responder<SoftwareIssuer> {
    let key = SoftwareIssuer::new(p256(RESPONDER_KEY)).unwrap();
    let draft = responder_draft().changed(|draft| {
        draft.not_before = utc("200101000000Z");
        draft.not_after = generalized("20991231235959Z");
    });
    let certificate = parsed(&draft.signed_by(&p256(ANCHOR_KEY)));
    Responder::new(key, issuer(), Some(certificate), config(expiry)).unwrap()
}

pub(crate) fn config(expiry: ExpiryPolicy) -> ResponderConfig {
    ResponderConfig {
        expiry,
        ..ResponderConfig::default()
    }
}
