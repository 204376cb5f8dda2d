//! `bench dm`: whole sessions of devices with a management server, each over a
//! connection of its own: four packages, MD5 in both directions, one Get of ten
//! leaves, one Replace. The peer is the same HTTP server answering the same
//! number of requests with octets of the same length that it has ready: no
//! server above that HTTP server can do better.

mod device;
mod fleet;
mod link;
mod memory;

use std::sync::Arc;

use anyhow::{Result, ensure};
use dm::session::Encoding;
use tls::http::{Handler, Response, ServerLimits, StatusCode, Transport, serve};
use tls::{ClientAuthentication, Profile, ServerConfig};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use crate::measure::{Rounds, alternate_rounds};
use crate::report::Row;
use fleet::{Fleet, Queue, Recorded};
use link::Way;
use memory::Memory;

const UNIT: &str = "sessions per second and core";
const GOAL: f64 = 0.7;

/// Everything that runs: clients on this thread, servers on another.
struct Stage {
    clients: Runtime,
    servers: Runtime,
    tls: ServerConfig,
    client: tls::ClientConfig,
    /// Ended last.
    running: Vec<tls::http::Server>,
}

/// In memory and with SQLite, without and with TLS.
pub(crate) fn rows() -> Result<Vec<Row>> {
    let mut stage = Stage::new()?;
    let scratch = tempfile::tempdir()?;
    let memory = Arc::new(Memory::default());
    let sqlite = Arc::new(fleet::open_sqlite(scratch.path())?);
    let rows = [
        ("dm-memory-http", false, false, Some(GOAL)),
        ("dm-memory-https", false, true, Some(GOAL)),
        ("dm-sqlite-http", true, false, None),
        ("dm-sqlite-https", true, true, None),
    ];
    let mut made = Vec::new();
    for (number, (name, stored, secure, goal)) in rows.into_iter().enumerate() {
        let queue = match stored {
            true => Queue::Sqlite(Arc::clone(&sqlite)),
            false => Queue::Memory(Arc::clone(&memory)),
        };
        made.push(stage.compare(name, number, queue, secure, goal)?);
    }
    made.push(stage.trips(&memory)?);
    Ok(made)
}

impl Stage {
    fn new() -> Result<Self> {
        Ok(Self {
            clients: Builder::new_current_thread().enable_all().build()?,
            servers: Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()?,
            tls: ServerConfig::new(
                Profile::ThreeGpp,
                &link::credentials()?,
                ClientAuthentication::None,
            )?,
            client: link::client()?,
            running: Vec::new(),
        })
    }

    /// Starts a server.
    fn serve<H: Handler>(&mut self, secure: bool, handler: H) -> Result<Way> {
        let transport = match secure {
            true => Transport::Tls(self.tls.clone()),
            false => Transport::Plain,
        };
        let limits = ServerLimits::default();
        let server = self.servers.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            anyhow::Ok(serve(listener, transport, limits, handler)?)
        })?;
        let way = Way {
            address: server.address(),
            tls: secure.then(|| self.client.clone()),
        };
        self.running.push(server);
        Ok(way)
    }

    fn compare(
        &mut self,
        name: &'static str,
        number: usize,
        queue: Queue,
        secure: bool,
        goal: Option<f64>,
    ) -> Result<Row> {
        let (mut fleet, recorded) = self.fleet(number, queue, secure)?;
        let fixed = self.serve_fixed(secure, &recorded)?;
        let Self { clients, .. } = &*self;
        let ours: Rounds<'_> = Box::new(|sessions| fleet.talk(clients, sessions));
        let peer: Rounds<'_> = Box::new(|sessions| recorded.play(clients, &fixed, sessions));
        let pair = alternate_rounds(Some(ours), Some(peer));
        Ok(Row::of_times(name, UNIT, goal, pair).into_rates(UNIT))
    }

    /// Devices with a server of their own, and one session of theirs.
    fn fleet(&mut self, number: usize, queue: Queue, secure: bool) -> Result<(Fleet, Recorded)> {
        let way = self.serve_endpoint(&queue, secure)?;
        let mut fleet = Fleet::new(&self.clients, number, queue, way, Encoding::Wbxml)?;
        // The first session makes the nonces known, the second is as all others.
        fleet.record(&self.clients)?;
        let recorded = fleet.record(&self.clients)?;
        ensure!(
            recorded.requests() == 2,
            "a session takes another number of requests"
        );
        Ok((fleet, recorded))
    }

    fn serve_endpoint(&mut self, queue: &Queue, secure: bool) -> Result<Way> {
        match queue {
            Queue::Memory(store) => self.serve(secure, fleet::endpoint(Arc::clone(store))?),
            Queue::Sqlite(store) => self.serve(secure, fleet::endpoint(Arc::clone(store))?),
        }
    }

    /// Answers each request with the recorded answer to one of its length.
    fn serve_fixed(&mut self, secure: bool, recorded: &Recorded) -> Result<Way> {
        let answers = recorded.answers();
        self.serve(secure, move |request: tls::http::Request| {
            let found = answers
                .iter()
                .find(|(length, _)| *length == request.body.len());
            let answer = match found {
                Some((_, answer)) => Response::new(StatusCode::OK).with_body(answer.clone()),
                None => Response::new(StatusCode::BAD_REQUEST),
            };
            std::future::ready(answer)
        })
    }

    /// How often a session goes to the store.
    fn trips(&mut self, memory: &Arc<Memory>) -> Result<Row> {
        const SESSIONS: u32 = 100;
        let (mut fleet, _) = self.fleet(9, Queue::Memory(Arc::clone(memory)), false)?;
        let before = memory.calls();
        fleet.talk(&self.clients, SESSIONS)?;
        let calls = memory.calls() - before;
        // 53 bits are enough.
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let each = calls as f64 / f64::from(SESSIONS);
        Ok(Row::of_count("storage round trips", "calls/session", each))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is measured works, with either store and transport.
    #[test]
    fn devices_have_their_sessions() {
        let mut stage = Stage::new().unwrap();
        let scratch = tempfile::tempdir().unwrap();
        let sqlite = Arc::new(fleet::open_sqlite(scratch.path()).unwrap());
        let memory = Arc::new(Memory::default());
        let (mut plain, recorded) = stage
            .fleet(0, Queue::Memory(Arc::clone(&memory)), false)
            .unwrap();
        stage.fleet(1, Queue::Sqlite(sqlite), true).unwrap();
        plain.talk(&stage.clients, 3).unwrap();
        let fixed = stage.serve_fixed(false, &recorded).unwrap();
        recorded.play(&stage.clients, &fixed, 3).unwrap();
        assert_eq!(memory.open_count(), 0);
    }
}
