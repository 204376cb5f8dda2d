//! OsmoHLR's database (`sql/hlr.sql` of OsmoHLR 1.5.0, schema version 6), for what
//! its control interface can't do: keys without a new start of SQN, and a
//! subscriber that has keys and gets no vectors.
//!
//! The HLR gives vectors where `algo_id_3g` is an integer. A subscriber is parked by
//! a text in that column: its row, with K and SQN, stays where it is, nobody gets
//! vectors, and what the HLR writes to SQN meanwhile is not lost.

use std::path::{Path, PathBuf};
use std::time::Duration;

use data_encoding::HEXLOWER;
use provisioning::ports::hlr::{HlrError, HlrResult};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Row, TransactionBehavior};
use secret::Secret;
use zeroize::Zeroizing;

/// The one schema that is known.
const SCHEMA: i64 = 6;
/// libosmocore's number for MILENAGE (`enum osmo_auth_algo`).
const MILENAGE: i64 = 5;
/// What stands in the place of the number where a subscriber is parked.
const PARKED: &str = "disabled";
/// Bits of IND at the end of SQN (TS 33.102 annex C.1.1.1).
const IND_BITS: i64 = 5;
/// How long a writer waits for the HLR's own writes. The HLR waits for nobody: it
/// refuses a request that meets a writer, so that writes here are short.
const BUSY: Duration = Duration::from_secs(3);

/// A database by its path, opened anew for each look: it may have been replaced.
#[derive(Clone)]
pub(crate) struct Database(PathBuf);

/// One subscriber.
pub(crate) struct Found {
    pub(crate) id: i64,
    pub(crate) nam_cs: bool,
    pub(crate) nam_ps: bool,
    pub(crate) vlr: Option<String>,
    pub(crate) sgsn: Option<String>,
    /// Seconds since 1970 of the last UpdateLocation.
    pub(crate) located: Option<i64>,
    pub(crate) keys_2g: bool,
    pub(crate) auc: Option<Auc>,
}

/// Its row of keys.
pub(crate) struct Auc {
    pub(crate) algorithm: Algorithm,
    k: Zeroizing<String>,
    op: bool,
    opc: Option<Zeroizing<String>>,
    pub(crate) sqn: u64,
    ind_bits: i64,
}

/// K and OPc.
type Keys = (Secret<[u8; 16]>, Secret<[u8; 16]>);

/// What makes its vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Milenage,
    /// None: the subscriber is disabled.
    Parked,
    Other,
}

/// Keys as they are to be.
#[derive(Clone)]
pub(crate) struct Wanted {
    pub(crate) k: Secret<[u8; 16]>,
    pub(crate) opc: Secret<[u8; 16]>,
    /// SQN is at least this.
    pub(crate) floor: u64,
}

/// How many subscribers there are, may attach, and are somewhere.
pub(crate) struct Counts {
    pub(crate) schema: i64,
    pub(crate) all: u64,
    pub(crate) enabled: u64,
    pub(crate) located: u64,
    /// One of them.
    pub(crate) sample: Option<(i64, String)>,
}

const FIND: &str = "SELECT s.id, s.nam_cs, s.nam_ps, s.vlr_number, s.sgsn_number,
        CAST(strftime('%s', max(coalesce(s.last_lu_seen, ''),
            coalesce(s.last_lu_seen_ps, ''))) AS INTEGER),
        g.subscriber_id IS NOT NULL,
        a.algo_id_3g, a.k, a.op IS NOT NULL, a.opc, a.sqn, a.ind_bitlen
    FROM subscriber s
    LEFT JOIN auc_2g g ON g.subscriber_id = s.id
    LEFT JOIN auc_3g a ON a.subscriber_id = s.id
    WHERE s.imsi = ?1";

impl Database {
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Looks or writes away from the runtime's threads.
    pub(crate) async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> HlrResult<T> + Send + 'static,
    ) -> HlrResult<T> {
        let path = self.0.clone();
        let done = tokio::task::spawn_blocking(move || work(&mut open(&path)?)).await;
        done.map_err(|_| HlrError::Unreachable("database: no thread".to_owned()))?
    }
}

fn open(path: &Path) -> HlrResult<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(failed)?;
    conn.busy_timeout(BUSY).map_err(failed)?;
    // A commit is on the disk when it returns.
    for (pragma, value) in [("synchronous", "FULL"), ("trusted_schema", "OFF")] {
        conn.pragma_update(None, pragma, value).map_err(failed)?;
    }
    let schema = schema(&conn)?;
    if schema == SCHEMA {
        return Ok(conn);
    }
    let text = format!("a database of schema version {schema}, only {SCHEMA} (OsmoHLR 1.5)");
    Err(HlrError::Unsupported(text))
}

fn schema(conn: &Connection) -> HlrResult<i64> {
    conn.pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(failed)
}

/// SQLite's errors name statements, never values.
fn failed(error: rusqlite::Error) -> HlrError {
    let text = format!("database: {error}");
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => HlrError::Unsupported("a file that is no database".into()),
        Some(ErrorCode::ConstraintViolation) => HlrError::Refused(text),
        _ => HlrError::Unreachable(text),
    }
}

pub(crate) fn find(conn: &Connection, imsi: &str) -> HlrResult<Option<Found>> {
    conn.query_row(FIND, [imsi], read)
        .optional()
        .map_err(failed)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Found> {
    let algorithm = match row.get_ref(7)? {
        ValueRef::Integer(MILENAGE) => Some(Algorithm::Milenage),
        ValueRef::Text(text) if text == PARKED.as_bytes() => Some(Algorithm::Parked),
        ValueRef::Null => None,
        _ => Some(Algorithm::Other),
    };
    let auc = match algorithm {
        None => None,
        Some(algorithm) => Some(Auc {
            algorithm,
            k: Zeroizing::new(row.get(8)?),
            op: row.get(9)?,
            opc: row.get::<_, Option<String>>(10)?.map(Zeroizing::new),
            sqn: row.get::<_, i64>(11)?.cast_unsigned(),
            ind_bits: row.get(12)?,
        }),
    };
    Ok(Found {
        id: row.get(0)?,
        nam_cs: row.get(1)?,
        nam_ps: row.get(2)?,
        vlr: row.get(3)?,
        sgsn: row.get(4)?,
        located: row.get(5)?,
        keys_2g: row.get(6)?,
        auc,
    })
}

impl Auc {
    /// K and OPc, if the row has these and nothing else.
    pub(crate) fn keys(&self) -> Option<Keys> {
        if self.op || self.ind_bits != IND_BITS || self.algorithm == Algorithm::Other {
            return None;
        }
        Some((key(&self.k)?, key(self.opc.as_deref()?)?))
    }

    /// SQN for another number of bits of IND: the first above all that the old
    /// number could mean.
    fn carried(&self) -> u64 {
        if self.ind_bits == IND_BITS {
            self.sqn
        } else {
            (self.sqn | 0x1f) + 1
        }
    }
}

/// A key in hex, of either case.
pub(crate) fn key(hex: &str) -> Option<Secret<[u8; 16]>> {
    let lower = Zeroizing::new(hex.to_ascii_lowercase());
    let octets = Zeroizing::new(HEXLOWER.decode(lower.as_bytes()).ok()?);
    Some(Secret::new(octets.as_slice().try_into().ok()?))
}

fn hex(key: &Secret<[u8; 16]>) -> Zeroizing<String> {
    Zeroizing::new(HEXLOWER.encode(key.expose()))
}

impl Found {
    /// Whether it has these keys alone and a SQN that is high enough.
    pub(crate) fn has(&self, wanted: &Wanted) -> bool {
        let auc = self.auc.as_ref().filter(|_| !self.keys_2g);
        let keys = auc.and_then(|auc| Some((auc.keys()?, auc.sqn)));
        keys.is_some_and(|((k, opc), sqn)| {
            k.ct_eq(&wanted.k) & opc.ct_eq(&wanted.opc) && sqn >= wanted.floor
        })
    }
}

/// Writes the keys. SQN never comes down; a new row is parked, and one that is
/// parked stays so.
pub(crate) fn set_auth(conn: &mut Connection, imsi: &str, wanted: &Wanted) -> HlrResult<()> {
    let transaction = conn
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    let found = find(&transaction, imsi)?;
    let found = found.ok_or_else(|| HlrError::Refused("there is no such subscriber".into()))?;
    if found.has(wanted) {
        return Ok(());
    }
    let (k, opc) = (hex(&wanted.k), hex(&wanted.opc));
    let (k, opc) = (k.as_str(), opc.as_str());
    let before = found.auc.as_ref().map_or(0, Auc::carried);
    let sqn = before.max(wanted.floor).cast_signed();
    let written = match &found.auc {
        None => transaction.execute(
            "INSERT INTO auc_3g (subscriber_id, algo_id_3g, k, op, opc, sqn, ind_bitlen)
             VALUES (?1, ?2, ?3, NULL, ?4, ?5, ?6)",
            (found.id, PARKED, k, opc, sqn, IND_BITS),
        ),
        Some(_) => transaction.execute(
            "UPDATE auc_3g SET k = ?2, op = NULL, opc = ?3, sqn = ?4, ind_bitlen = ?5,
                 algo_id_3g = CASE algo_id_3g WHEN ?6 THEN ?6 ELSE ?7 END
             WHERE subscriber_id = ?1",
            (found.id, k, opc, sqn, IND_BITS, PARKED, MILENAGE),
        ),
    };
    written.map_err(failed)?;
    transaction
        .execute("DELETE FROM auc_2g WHERE subscriber_id = ?1", [found.id])
        .map_err(failed)?;
    transaction.commit().map_err(failed)
}

/// Gives a parked subscriber its algorithm back.
pub(crate) fn unpark(conn: &mut Connection, id: i64) -> HlrResult<()> {
    conn.execute(
        "UPDATE auc_3g SET algo_id_3g = ?2 WHERE subscriber_id = ?1 AND algo_id_3g = ?3",
        (id, MILENAGE, PARKED),
    )
    .map_err(failed)?;
    Ok(())
}

/// Takes a subscriber's algorithm away; keys for 2G, which are never ours, go.
pub(crate) fn park(conn: &mut Connection, id: i64) -> HlrResult<()> {
    let transaction = conn
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    let park = "UPDATE auc_3g SET algo_id_3g = ?2 WHERE subscriber_id = ?1";
    transaction.execute(park, (id, PARKED)).map_err(failed)?;
    let forget = "DELETE FROM auc_2g WHERE subscriber_id = ?1";
    transaction.execute(forget, [id]).map_err(failed)?;
    transaction.commit().map_err(failed)
}

pub(crate) fn counts(conn: &Connection) -> HlrResult<Counts> {
    let count = |query: &str| {
        let counted = conn.query_row(query, [], |row| row.get::<_, i64>(0));
        counted.map(i64::cast_unsigned).map_err(failed)
    };
    let sample = "SELECT id, imsi FROM subscriber LIMIT 1";
    Ok(Counts {
        schema: schema(conn)?,
        all: count("SELECT count(*) FROM subscriber")?,
        enabled: count(
            "SELECT count(*) FROM subscriber JOIN auc_3g ON subscriber_id = id
             WHERE nam_ps AND typeof(algo_id_3g) = 'integer'",
        )?,
        located: count(
            "SELECT count(*) FROM subscriber
             WHERE coalesce(sgsn_number, vlr_number, '') != ''",
        )?,
        sample: conn
            .query_row(sample, [], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .map_err(failed)?,
    })
}
