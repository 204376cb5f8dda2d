//! What a supplier's PVA stores: which CertTREs it issued, and which of them it
//! no longer vouches for (docs/operator-change.md section 6, step 6). Public
//! facts, so nothing is sealed.

use std::path::Path;

use clock::Timestamp;
use provisioning::pool::BatchId;
use rusqlite::{Connection, OptionalExtension, params};
use tre::TreId;
use trust::ShoId;

use crate::connection::{absolute, configure, create_private, open};
use crate::sealed::number;
use crate::{Error, crash_point, schema};

/// A supplier's store. Its calls block.
pub struct SupplierStore {
    conn: Connection,
}

/// What a PVA says of a certificate that it issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateStatus {
    /// Good.
    Good,
    /// Revoked.
    Revoked,
}

impl SupplierStore {
    /// Opens the database, or makes it if there is none.
    ///
    /// # Errors
    /// As [`SqliteStore::open`](crate::SqliteStore::open), but for keys.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let path = absolute(path)?;
        create_private(&path)?;
        let conn = open(&path)?;
        schema::SUPPLIER.version(&conn)?;
        configure(&conn)?;
        schema::SUPPLIER.migrate(&conn)?;
        Ok(Self { conn })
    }

    /// Records certificates of TREs: the TRE_id and the serial number in
    /// lower-case hex. All or none; those that are known stay as they are.
    ///
    /// # Errors
    /// [`Error::Full`] or what SQLite says.
    pub fn record(&mut self, now: Timestamp, issued: &[(TreId, String)]) -> Result<(), Error> {
        let transaction = self.conn.transaction()?;
        for (tre_id, serial) in issued {
            transaction
                .prepare_cached(
                    "INSERT INTO certificates (tre_id, serial, issued) VALUES (?1, ?2, ?3)
                     ON CONFLICT (tre_id, serial) DO NOTHING",
                )?
                .execute(params![tre_id.as_str(), serial, number(now.unix_millis())])?;
        }
        crash_point("supplier-commit-before");
        transaction.commit()?;
        crash_point("supplier-commit-after");
        Ok(())
    }

    /// Takes a batch of PCIDs, once for ever: false if it was taken before. To be
    /// called before any TRE is made with it.
    ///
    /// # Errors
    /// [`Error::Full`] or what SQLite says.
    pub fn take_batch(
        &mut self,
        now: Timestamp,
        batch: BatchId,
        operator: &ShoId,
    ) -> Result<bool, Error> {
        let transaction = self.conn.transaction()?;
        let taken = transaction
            .prepare_cached(
                "INSERT INTO pcid_batches (batch_id, operator, taken) VALUES (?1, ?2, ?3)
                 ON CONFLICT (batch_id) DO NOTHING",
            )?
            .execute(params![
                batch.to_string(),
                operator.to_string(),
                number(now.unix_millis())
            ])?;
        crash_point("supplier-commit-before");
        transaction.commit()?;
        crash_point("supplier-commit-after");
        Ok(taken == 1)
    }

    /// Revokes every certificate of a TRE. Returns how many it newly revoked.
    ///
    /// # Errors
    /// [`Error::Full`] or what SQLite says.
    pub fn revoke(&mut self, now: Timestamp, tre_id: &TreId) -> Result<usize, Error> {
        let transaction = self.conn.transaction()?;
        let revoked = transaction
            .prepare_cached(
                "UPDATE certificates SET revoked = ?2 WHERE tre_id = ?1 AND revoked IS NULL",
            )?
            .execute(params![tre_id.as_str(), number(now.unix_millis())])?;
        crash_point("supplier-commit-before");
        transaction.commit()?;
        crash_point("supplier-commit-after");
        Ok(revoked)
    }

    /// What is known of a TRE's certificate; nothing of one that was not
    /// recorded.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn status(&self, tre_id: &TreId, serial: &str) -> Result<Option<CertificateStatus>, Error> {
        let revoked: Option<bool> = self
            .conn
            .prepare_cached(
                "SELECT revoked IS NOT NULL FROM certificates WHERE tre_id = ?1 AND serial = ?2",
            )?
            .query_row([tre_id.as_str(), serial], |row| row.get(0))
            .optional()?;
        Ok(revoked.map(|revoked| match revoked {
            true => CertificateStatus::Revoked,
            false => CertificateStatus::Good,
        }))
    }
}
