//! What CertSHO issued and what was revoked of it (RFC 5280 clause 3.3; RFC 6960
//! clause 2.2). Rows stay after expiry: a responder that revokes on expiry has to
//! know what it speaks of.

use clock::Timestamp;
use rusqlite::{Connection, Row, params};
use trust::{Revocation, RevocationReason};

use super::SqliteStore;
use super::change::{Change, Done};
use crate::Error;
use crate::sealed::number;

/// The longest page.
const MAX_PAGE: usize = 1000;

/// A certificate that was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedCertificate {
    /// As [`trust::Certificate::serial`] gives it.
    pub serial: Vec<u8>,
    /// What it is for, in a word: `dpf`, for example.
    pub name: String,
    /// The first second of its validity.
    pub not_before: Timestamp,
    /// The last one.
    pub not_after: Timestamp,
    /// Whether it was revoked.
    pub revocation: Option<Revocation>,
}

/// A page of certificates, the last recorded first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedPage {
    /// The certificates.
    pub certificates: Vec<IssuedCertificate>,
    /// What to give as `before` for the next page; absent after the last.
    pub next: Option<u64>,
}

/// What the writer is asked for.
pub(super) enum IssuedChange {
    Record(Vec<IssuedCertificate>),
    Revoke {
        serial: Vec<u8>,
        revocation: Revocation,
    },
}

impl IssuedChange {
    /// Makes the change; how many rows it was about.
    pub(super) fn apply(&self, conn: &Connection) -> Result<usize, Error> {
        match self {
            Self::Record(certificates) => certificates
                .iter()
                .try_fold(0, |sum, certificate| Ok(sum + record(conn, certificate)?)),
            Self::Revoke { serial, revocation } => {
                let changed = conn
                    .prepare_cached(
                        "UPDATE issued_certificates SET revoked = ?1, reason = ?2
                         WHERE serial = ?3 AND revoked IS NULL",
                    )?
                    .execute(params![
                        number(revocation.at.unix_millis()),
                        revocation.reason.map(|reason| reason as u32),
                        serial,
                    ])?;
                Ok(changed)
            }
        }
    }
}

/// One that is there stays as it is, revoked or not.
fn record(conn: &Connection, certificate: &IssuedCertificate) -> Result<usize, Error> {
    let revocation = certificate.revocation;
    let recorded = conn
        .prepare_cached(
            "INSERT INTO issued_certificates
             (serial, name, not_before, not_after, revoked, reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (serial) DO NOTHING",
        )?
        .execute(params![
            certificate.serial,
            certificate.name,
            number(certificate.not_before.unix_millis()),
            number(certificate.not_after.unix_millis()),
            revocation.map(|revocation| number(revocation.at.unix_millis())),
            revocation.and_then(|revocation| revocation.reason.map(|reason| reason as u32)),
        ])?;
    Ok(recorded)
}

impl SqliteStore {
    /// Records certificates; those that are recorded already stay as they are.
    /// How many are new.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn record_issued(
        &self,
        certificates: Vec<IssuedCertificate>,
    ) -> Result<usize, Error> {
        self.issued_change(IssuedChange::Record(certificates)).await
    }

    /// Revokes the certificate with this serial number; `false` if it is not
    /// recorded, or was revoked before.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn revoke_issued(
        &self,
        serial: &[u8],
        revocation: Revocation,
    ) -> Result<bool, Error> {
        let serial = serial.to_vec();
        let change = IssuedChange::Revoke { serial, revocation };
        Ok(self.issued_change(change).await? > 0)
    }

    /// A page of what was issued, the last recorded first, those recorded before
    /// the number `before`.
    ///
    /// # Errors
    /// What SQLite says, or a reason that is none.
    pub async fn issued(&self, before: Option<u64>, limit: usize) -> Result<IssuedPage, Error> {
        self.readers
            .read(move |conn| page(conn, before, limit))
            .await
    }

    async fn issued_change(&self, change: IssuedChange) -> Result<usize, Error> {
        match self.change(Change::Issued(change)).await? {
            Done::Rows(rows) => Ok(rows),
            _ => Err(Error::Closed),
        }
    }
}

fn page(conn: &Connection, before: Option<u64>, limit: usize) -> Result<IssuedPage, Error> {
    let limit = limit.min(MAX_PAGE);
    // One more than asked for tells whether there is another page.
    let fetched = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut statement = conn.prepare_cached(
        "SELECT number, serial, name, not_before, not_after, revoked, reason
         FROM issued_certificates WHERE number < ?1 ORDER BY number DESC LIMIT ?2",
    )?;
    let mut found = statement.query([before.map_or(i64::MAX, number), fetched])?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push((row.get::<_, i64>(0)?.cast_unsigned(), certificate(row)?));
    }
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok(IssuedPage {
        next: rows.last().map(|(number, _)| *number).filter(|_| more),
        certificates: rows.into_iter().map(|(_, row)| row).collect(),
    })
}

fn certificate(row: &Row<'_>) -> Result<IssuedCertificate, Error> {
    let moment = |millis: i64| Timestamp::from_unix_millis(millis.cast_unsigned());
    let revoked: Option<i64> = row.get(5)?;
    let reason: Option<u32> = row.get(6)?;
    let reason = reason
        .map(|number| {
            RevocationReason::by_number(number)
                .ok_or_else(|| Error::Damaged("a reason for revocation that is none".to_owned()))
        })
        .transpose()?;
    Ok(IssuedCertificate {
        serial: row.get(1)?,
        name: row.get(2)?,
        not_before: moment(row.get(3)?),
        not_after: moment(row.get(4)?),
        revocation: revoked.map(|at| Revocation {
            at: moment(at),
            reason,
        }),
    })
}
