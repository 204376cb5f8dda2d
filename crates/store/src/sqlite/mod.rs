//! An operator's store in one SQLite database: a writer, a few readers, and the
//! ports of the crate `provisioning` over both.

mod audit;
mod change;
mod imsi;
mod issued;
mod lists;
mod management;
mod orders;
mod outbox;
mod pools;
mod port;
mod readers;
mod subscribers;
mod subscriptions;
mod touched;
mod upkeep;
mod writer;

pub use audit::AuditRow;
pub use issued::{IssuedCertificate, IssuedPage};
pub use lists::{OrderPage, OrderQuery, OrderSummary, SubscriberCounts};
pub use management::{AccountSummary, CommandPage, CommandQuery, Group, SessionPage, SessionQuery};
pub use writer::SubscriberWatch;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;

use provisioning::ports::StoreError;
use rusqlite::{Connection, OptionalExtension};
use tokio::sync::{mpsc, oneshot};

use crate::connection::{absolute, configure, create_private, open};
use crate::key::Place;
use crate::{Error, StoreKey, schema};
use change::{Change, Done};
use readers::Readers;
use writer::{Job, Writer};

/// Changes that may wait; a caller beyond them waits to be let in.
const WAITING: usize = 1024;

/// What tells a wrong key at once.
const KEY_CHECK: Place<'static> = Place {
    table: "meta",
    key: "key-check",
    version: 1,
};

/// How a database is opened.
#[derive(Clone, Copy, Debug)]
pub struct SqliteOptions {
    /// Connections for reading, at least one.
    pub readers: usize,
    /// How large the database may grow, in octets, its log not counted; beyond
    /// it commits are refused as [`Error::Full`].
    pub max_octets: Option<u64>,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            readers: 4,
            max_octets: None,
        }
    }
}

/// An operator's store. Its calls want a Tokio runtime.
pub struct SqliteStore {
    path: PathBuf,
    key: Arc<StoreKey>,
    jobs: mpsc::Sender<Job>,
    readers: Readers,
    /// For look-ups that can't wait for a reader.
    handshakes: Mutex<Connection>,
    watch: Arc<OnceLock<SubscriberWatch>>,
    thread: JoinHandle<()>,
}

impl SqliteStore {
    /// Opens the database, makes it if there is none, and brings its schema up
    /// to date. Blocks.
    ///
    /// # Errors
    /// Settings that SQLite does not take, a schema or database that is not
    /// ours, another key, or what SQLite or the system says.
    pub fn open(path: &Path, key: StoreKey, options: &SqliteOptions) -> Result<Self, Error> {
        let path = absolute(path)?;
        create_private(&path)?;
        let conn = open(&path)?;
        schema::OPERATOR.version(&conn)?;
        configure(&conn)?;
        schema::OPERATOR.migrate(&conn)?;
        check_key(&conn, &key)?;
        if let Some(octets) = options.max_octets {
            limit(&conn, octets)?;
        }
        let readers = (0..options.readers.max(1))
            .map(|_| reader(&path))
            .collect::<Result<_, _>>()?;
        let handshakes = Mutex::new(reader(&path)?);
        let key = Arc::new(key);
        let watch = Arc::new(OnceLock::new());
        let writer = Writer::new(conn, Arc::clone(&key), Arc::clone(&watch));
        let (jobs, waiting) = mpsc::channel(WAITING);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer.run(waiting))
            .map_err(Error::io(&path))?;
        Ok(Self {
            path,
            key,
            jobs,
            readers: Readers::new(readers),
            handshakes,
            watch,
            thread,
        })
    }

    /// Ends the writer after all that waits in its channel. Without this call
    /// it ends by itself when the store is dropped; nothing is lost either way.
    pub async fn close(self) {
        drop(self.readers);
        drop(self.handshakes);
        drop(self.jobs);
        let thread = self.thread;
        // The writer does not panic; if it did, there is nothing left to close.
        let _ = tokio::task::spawn_blocking(move || thread.join()).await;
    }

    /// Has `watch` told of each subscriber of the HLR, by its IMSI, that a commit
    /// has changed or may have changed: after the change is durable, before its
    /// caller hears of it. Called by the writer, so it must be quick. Once only:
    /// a second watch is not taken.
    pub fn watch_subscribers(&self, watch: SubscriberWatch) {
        let _ = self.watch.set(watch);
    }

    /// A page of orders, newest first.
    ///
    /// # Errors
    /// What SQLite says, or an identifier that can't be read.
    pub async fn orders(&self, query: OrderQuery) -> Result<OrderPage, Error> {
        self.readers
            .read(move |conn| lists::orders(conn, query))
            .await
    }

    /// How many orders are in each state, by the state's name.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn order_counts(&self) -> Result<BTreeMap<String, u64>, Error> {
        self.readers.read(lists::order_counts).await
    }

    /// How many subscribers the HLR has.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn subscriber_counts(&self) -> Result<SubscriberCounts, Error> {
        self.readers.read(lists::subscriber_counts).await
    }

    /// How many departures ended in a release.
    ///
    /// # Errors
    /// What SQLite says.
    pub async fn departures_released(&self) -> Result<u64, Error> {
        self.readers.read(lists::departures_released).await
    }

    /// Every subscriber is to be brought to its row in the HLR outside of this
    /// program, now and, as long as the store is open, whenever its row changes.
    ///
    /// # Errors
    /// As [`OperatorStore::commit`](provisioning::ports::OperatorStore::commit).
    pub async fn provision_all(&self) -> Result<(), StoreError> {
        self.change(Change::ProvisionAll).await?;
        Ok(())
    }

    /// Copies the store as it is at one moment to a new file of mode 0600,
    /// which appears whole or not at all. The copy opens under the same key.
    ///
    /// # Errors
    /// [`Error::BackupExists`], or what SQLite or the system says.
    pub async fn backup(&self, to: &Path) -> Result<(), Error> {
        let (path, to) = (self.path.clone(), to.to_owned());
        blocking(move || upkeep::backup(&path, &to)).await
    }

    /// Checks the whole database, and that every aggregate opens.
    ///
    /// # Errors
    /// [`Error::Damaged`] or [`Error::RowAltered`] for the first fault.
    pub async fn integrity_check(&self) -> Result<(), Error> {
        let (path, key) = (self.path.clone(), Arc::clone(&self.key));
        blocking(move || upkeep::check(&path, &key)).await
    }

    /// Has the writer make a change, and waits until it is durable. A caller
    /// that stops waiting may find the change made.
    async fn change(&self, change: Change) -> Result<Done, Error> {
        let (reply, answer) = oneshot::channel();
        let job = Job { change, reply };
        self.jobs.send(job).await.map_err(|_| Error::Closed)?;
        answer.await.map_err(|_| Error::Closed)?
    }
}

async fn blocking(work: impl FnOnce() -> Result<(), Error> + Send + 'static) -> Result<(), Error> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Error::Closed)?
}

fn reader(path: &Path) -> Result<Connection, Error> {
    let conn = open(path)?;
    configure(&conn)?;
    conn.pragma_update(None, "query_only", true)?;
    Ok(conn)
}

fn limit(conn: &Connection, octets: u64) -> Result<(), Error> {
    let page: i64 = conn.pragma_query_value(None, "page_size", |row| row.get(0))?;
    let pages = octets / page.cast_unsigned().max(1);
    let pages = u32::try_from(pages).unwrap_or(u32::MAX - 1);
    conn.pragma(None, "max_page_count", pages, |_| Ok(()))?;
    Ok(())
}

/// The first key that opens a new store leaves its mark there.
fn check_key(conn: &Connection, key: &StoreKey) -> Result<(), Error> {
    let stored: Option<(u32, Vec<u8>)> = conn
        .query_row(
            "SELECT key_id, value FROM meta WHERE name = ?1",
            [KEY_CHECK.key],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    if let Some((key_id, mark)) = stored {
        let opened = key.open(KEY_CHECK, key_id, &mark);
        return opened.map(drop).map_err(|_| Error::WrongKey);
    }
    let mark = key.seal(KEY_CHECK, &[])?;
    conn.execute(
        "INSERT INTO meta (name, key_id, value) VALUES (?1, ?2, ?3)",
        (KEY_CHECK.key, key.id(), mark),
    )?;
    Ok(())
}
