//! The writer thread: whatever waits goes into one transaction, each piece in a
//! savepoint of its own, so that the conflict of one does not undo the others
//! and one sync serves them all.

use std::thread;

use aka::Imsi;
use provisioning::ports::StoreError;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::row::sql;
use crate::cipher::failed;

/// How many pieces wait at most; more wait at their senders.
const QUEUE: usize = 256;

pub(super) type Work = Box<dyn FnOnce(&Connection) -> Result<Output, StoreError> + Send>;

/// What a piece of work gives back.
pub(super) enum Output {
    Done,
    Imsi(Imsi),
}

struct Job {
    work: Work,
    reply: oneshot::Sender<Result<Output, StoreError>>,
}

pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
}

impl Writer {
    /// The thread ends when the last sender is gone and its queue is empty.
    pub(super) fn start(connection: Connection) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || serve(&connection, queue))
            .map_err(failed)?;
        Ok(Self { jobs })
    }

    pub(super) async fn run(&self, work: Work) -> Result<Output, StoreError> {
        let (reply, answer) = oneshot::channel();
        let gone = || failed("the store's writer has ended");
        self.jobs
            .send(Job { work, reply })
            .await
            .map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

fn serve(connection: &Connection, mut queue: mpsc::Receiver<Job>) {
    while let Some(first) = queue.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < QUEUE {
            match queue.try_recv() {
                Ok(job) => batch.push(job),
                Err(_) => break,
            }
        }
        commit_batch(connection, batch);
    }
}

fn commit_batch(connection: &Connection, batch: Vec<Job>) {
    if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE").map_err(sql) {
        return refuse(batch.into_iter().map(|job| job.reply), &error);
    }
    let mut done = Vec::with_capacity(batch.len());
    let mut waiting = batch.into_iter();
    while let Some(Job { work, reply }) = waiting.next() {
        done.push((savepoint(connection, work), reply));
        // A full disk makes SQLite roll the whole transaction back by itself
        // (sqlite.org/lang_transaction.html): then nothing of the batch is
        // stored.
        if connection.is_autocommit() {
            let replies = done.into_iter().map(|(_, reply)| reply);
            return refuse(
                replies.chain(waiting.map(|job| job.reply)),
                &StoreError::Full,
            );
        }
    }
    match connection.execute_batch("COMMIT").map_err(sql) {
        Ok(()) => done
            .into_iter()
            .for_each(|(result, reply)| drop(reply.send(result))),
        Err(error) => {
            // A transaction that SQLite has rolled back already has nothing to
            // roll back; the error does not matter.
            let _ = connection.execute_batch("ROLLBACK");
            refuse(done.into_iter().map(|(_, reply)| reply), &error);
        }
    }
}

fn savepoint(connection: &Connection, work: Work) -> Result<Output, StoreError> {
    connection.execute_batch("SAVEPOINT piece").map_err(sql)?;
    let result = work(connection);
    if result.is_ok() {
        connection.execute_batch("RELEASE piece").map_err(sql)?;
    } else if !connection.is_autocommit() {
        connection
            .execute_batch("ROLLBACK TO piece; RELEASE piece")
            .map_err(sql)?;
    }
    result
}

/// Nothing was stored, and everybody who waited is told the same.
fn refuse(
    replies: impl Iterator<Item = oneshot::Sender<Result<Output, StoreError>>>,
    error: &StoreError,
) {
    for reply in replies {
        let same = match error {
            StoreError::Full => StoreError::Full,
            other => failed(other.to_string()),
        };
        let _ = reply.send(Err(same));
    }
}
