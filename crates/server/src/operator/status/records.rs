//! The certificates of one issuer in memory, as the store has them: an operator
//! issues few, and a responder must not wait for a disk.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use store::{Error, IssuedCertificate, Store};
use trust::Revocation;
use trust::ocsp::{Record, SourceError, StatusSource};

/// Certificates on a page of the store.
const PAGE: usize = 1000;

/// All records, or nothing while they have not been read.
#[derive(Default)]
pub(crate) struct Records(RwLock<Option<BTreeMap<Vec<u8>, IssuedCertificate>>>);

impl Records {
    /// Records these certificates and reads all that there are.
    pub(super) async fn load(
        &self,
        store: &Store,
        own: Vec<IssuedCertificate>,
    ) -> Result<(), Error> {
        store.record_issued(own).await?;
        let (mut all, mut before) = (BTreeMap::new(), None);
        loop {
            let page = store.issued(before, PAGE).await?;
            let rows = page.certificates.into_iter();
            all.extend(rows.map(|row| (row.serial.clone(), row)));
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        self.write(|records| *records = Some(all));
        Ok(())
    }

    pub(super) fn are_loaded(&self) -> bool {
        self.read(Option::is_some)
    }

    /// What is known of one; `None` if nothing is.
    pub(super) fn find(&self, serial: &[u8]) -> Option<IssuedCertificate> {
        self.read(|records| records.as_ref()?.get(serial).cloned())
    }

    pub(super) fn add(&self, certificate: IssuedCertificate) {
        self.write(|records| {
            if let Some(records) = records {
                let serial = certificate.serial.clone();
                records.entry(serial).or_insert(certificate);
            }
        });
    }

    pub(super) fn revoke(&self, serial: &[u8], revocation: Revocation) {
        self.write(|records| {
            let record = records.as_mut().and_then(|all| all.get_mut(serial));
            if let Some(record) = record {
                record.revocation.get_or_insert(revocation);
            }
        });
    }

    /// Every certificate that was revoked; `None` while they are not read.
    pub(super) fn revoked(&self) -> Option<Vec<(Vec<u8>, Revocation)>> {
        self.read(|records| {
            let all = records.as_ref()?.values();
            let revoked = all.filter_map(|row| Some((row.serial.clone(), row.revocation?)));
            Some(revoked.collect())
        })
    }

    fn read<T>(&self, look: impl FnOnce(&Option<BTreeMap<Vec<u8>, IssuedCertificate>>) -> T) -> T {
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, change: impl FnOnce(&mut Option<BTreeMap<Vec<u8>, IssuedCertificate>>)) {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }
}

impl StatusSource for Records {
    fn record(&self, serial: &[u8]) -> Result<Option<Record>, SourceError> {
        self.read(|records| {
            let records = records.as_ref().ok_or(SourceError)?;
            Ok(records.get(serial).map(|row| Record {
                not_after: row.not_after,
                revocation: row.revocation,
            }))
        })
    }
}
