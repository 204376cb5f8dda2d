//! The one writer. Changes that wait in its channel go into one transaction of
//! SQLite, each in its savepoint, so that one sync of the log serves all of
//! them and a refusal undoes its own change only. Callers hear of their change
//! after the transaction is durable.
//!
//! If the disk refuses the sync itself, SQLite undoes the transaction, yet a
//! crash right then may bring it back from the log. What was reported as failed
//! can so be found stored: a repeated step meets `Conflict` then, and an IMSI is
//! skipped, never given twice.

use std::cell::Cell;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::change::{Change, Done};
use super::touched::Touched;
use crate::{Error, StoreKey, crash_point};

/// Changes in one transaction at most: a bound on how long the first one waits.
const GROUP: usize = 256;

/// Is told the IMSI of a subscriber that was changed.
pub type SubscriberWatch = Box<dyn Fn(&str) + Send + Sync>;
/// How often the log is emptied after a deletion before the next change does it,
/// and the pause between.
const CLEANINGS: u32 = 20;
const CLEANING: Duration = Duration::from_millis(5);
/// As the connection was configured.
const BUSY: Duration = Duration::from_secs(10);

/// A change and who waits for it.
pub(super) struct Job {
    pub(super) change: Change,
    pub(super) reply: oneshot::Sender<Result<Done, Error>>,
}

pub(super) struct Writer {
    conn: Connection,
    key: Arc<StoreKey>,
    watch: Arc<OnceLock<SubscriberWatch>>,
    touched: Touched,
    /// Something was deleted that the log still has.
    stale: Cell<bool>,
}

impl Writer {
    pub(super) fn new(
        conn: Connection,
        key: Arc<StoreKey>,
        watch: Arc<OnceLock<SubscriberWatch>>,
    ) -> Self {
        Self {
            conn,
            key,
            watch,
            touched: Touched::default(),
            stale: Cell::new(false),
        }
    }

    /// Serves until the last sender is gone and the channel is empty.
    pub(super) fn run(self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(first) = jobs.blocking_recv() {
            let mut group = vec![first];
            while group.len() < GROUP {
                let Ok(job) = jobs.try_recv() else { break };
                group.push(job);
            }
            self.serve(group);
        }
    }

    fn serve(&self, group: Vec<Job>) {
        match self.transact(&group) {
            Ok(outcomes) => {
                self.tell();
                let deletes = group.iter().any(|job| job.change.deletes());
                if deletes {
                    self.stale.set(true);
                }
                // A reader that stays keeps no later change waiting.
                self.clean(if deletes { CLEANINGS } else { 1 });
                for (job, outcome) in group.into_iter().zip(outcomes) {
                    // Whoever stopped waiting has its change all the same.
                    let _ = job.reply.send(outcome);
                }
            }
            // A large change may have taken the room of small ones.
            Err(Error::Full) if group.len() > 1 => {
                for job in group {
                    self.serve(vec![job]);
                }
            }
            // What failed may be found stored after all.
            Err(error) => {
                self.tell();
                refuse_all(group, error);
            }
        }
    }

    /// Whoever watches hears before any change is answered.
    fn tell(&self) {
        let touched = self.touched.take();
        if let Some(watch) = self.watch.get() {
            touched.iter().for_each(|imsi| watch(imsi));
        }
    }

    /// Empties the log after a deletion: what is deleted is overwritten in the
    /// database (`secure_delete`), but older pages are in the log until then. A
    /// reader may be in the way for as long as its query takes.
    fn clean(&self, tries: u32) {
        for again in (0..tries).rev() {
            if !self.stale.get() {
                return;
            }
            match self.checkpoint() {
                Ok(true) => self.stale.set(false),
                _ if again > 0 => std::thread::sleep(CLEANING),
                _ => {}
            }
        }
    }

    fn checkpoint(&self) -> Result<bool, Error> {
        // The busy handler would wait for readers much longer.
        self.conn.busy_timeout(Duration::ZERO)?;
        let busy = self
            .conn
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
                row.get::<_, i64>(0)
            });
        self.conn.busy_timeout(BUSY)?;
        Ok(busy? == 0)
    }

    /// One transaction. An error is that of all changes: none was stored.
    fn transact(&self, group: &[Job]) -> Result<Vec<Result<Done, Error>>, Error> {
        let result = self.attempt(group);
        if !self.conn.is_autocommit() {
            run(&self.conn, "ROLLBACK")?;
        }
        result
    }

    fn attempt(&self, group: &[Job]) -> Result<Vec<Result<Done, Error>>, Error> {
        if self.watch.get().is_some() {
            self.touched.follow(&self.conn)?;
        }
        run(&self.conn, "BEGIN IMMEDIATE")?;
        let outcomes = group
            .iter()
            .map(|job| self.in_savepoint(&job.change))
            .collect::<Result<_, _>>()?;
        self.touched.read(&self.conn)?;
        crash_point("store-commit-before");
        run(&self.conn, "COMMIT")?;
        crash_point("store-commit-after");
        Ok(outcomes)
    }

    /// A change on its own. The outer error is one after which SQLite has
    /// undone the whole transaction.
    fn in_savepoint(&self, change: &Change) -> Result<Result<Done, Error>, Error> {
        run(&self.conn, "SAVEPOINT change")?;
        let outcome = change.apply(&self.conn, &self.key);
        if self.conn.is_autocommit() {
            return Err(outcome.err().unwrap_or(Error::Closed));
        }
        if outcome.is_err() {
            run(&self.conn, "ROLLBACK TO change")?;
        }
        run(&self.conn, "RELEASE change")?;
        Ok(outcome)
    }
}

fn run(conn: &Connection, sql: &str) -> Result<(), Error> {
    conn.prepare_cached(sql)?.execute([])?;
    Ok(())
}

fn refuse_all(group: Vec<Job>, error: Error) {
    let mut group = group.into_iter();
    let first = group.next();
    for job in group {
        let same = match &error {
            Error::Full => Error::Full,
            Error::Sqlite(cause) => Error::Sqlite(Arc::clone(cause)),
            _ => Error::Closed,
        };
        let _ = job.reply.send(Err(same));
    }
    if let Some(job) = first {
        let _ = job.reply.send(Err(error));
    }
}
