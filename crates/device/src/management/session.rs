//! A DM session over HTTP (OMA DM Protocol 1.2 clause 8;
//! OMA-TS-SyncML_HTTPBinding-V1_2): a request for each message. The engine says
//! when a message is repeated and when to give up; what it changed is stored
//! before the next message leaves.

use std::time::Duration;

use dm::auth::{Nonces, Requirement};
use dm::client::{AlertId, Config, Event, RespUris, Session};
use dm::objects::dm_account::{Account, AuthLevel};
use dm::session::{AbortReason, Handled, Received, Transmit};
use dm::tree::{NodeUri, ServerId};
use syncml::{SessionId, StatusCode};
use tokens::os::{self, Monotonic, OsRandom};

use super::Initiation;
use super::account::Route;
use super::accounts;
use super::client::Client;
use super::endpoint::Endpoint;
use super::exchange::Unanswered;
use super::reporter::Reporter;
use super::setup::{DEV_INFO, FIRMWARE, SOFTWARE};
use super::way::Way;
use crate::Error;

/// How long a last word may take.
const FAREWELL: Duration = Duration::from_secs(5);
/// The most commands that are listed in a [`SessionReport`].
const MOST_LISTED: usize = 1000;

/// What came of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionReport {
    /// The server.
    pub server: ServerId,
    /// How it ended.
    pub ended: Ended,
    /// What the server had done, in order.
    pub executed: Vec<ExecutedCommand>,
    /// Whether the server took a result that was due.
    pub reported: bool,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Everything was said.
    Finished,
    /// Otherwise.
    Aborted(AbortReason),
}

/// A command of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutedCommand {
    /// Its name.
    pub command: String,
    /// Its target, as the server wrote it.
    pub target: Option<String>,
    /// Its status.
    pub status: u16,
}

impl SessionReport {
    /// Whether everything was said.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.ended == Ended::Finished
    }
}

/// A session under way.
struct Talk {
    session: Session,
    way: Way,
    ticks: Monotonic,
    /// The account's node.
    at: NodeUri,
    /// Which of the account's credentials have nonces.
    levels: Vec<AuthLevel>,
    /// The alert with the result that is due.
    alert: Option<(AlertId, Reporter)>,
    /// The server has proved who it is.
    trusted: bool,
    /// The server has answered the alert with 200.
    taken: bool,
    report: SessionReport,
}

impl Client {
    /// Holds a session with the server of the account at `at`. What the server
    /// started is done by [`work`](Self::work) afterwards.
    ///
    /// # Errors
    /// [`Error::Account`] and [`Error::Dm`] for an account that can't be used,
    /// and for messages that can't be read; [`Error::Tls`] and
    /// [`Error::Answer`] for a server that is not to be talked to;
    /// [`Error::Store`].
    pub async fn session(
        &mut self,
        at: &NodeUri,
        initiation: Initiation,
    ) -> Result<SessionReport, Error> {
        let route = Route::of(&Account::read(&self.kept.tree, at)?)?;
        let servers = accounts::named(&self.kept.tree)?;
        let mut talk = self.begin(at, route, initiation)?;
        let held = self.converse(&mut talk).await;
        // Also what a session that was cut has deleted.
        self.forget_gone(&servers)?;
        self.kept.save()?;
        held?;
        let report = talk.report;
        tracing::info!(server = %report.server, ended = ?report.ended,
            commands = report.executed.len(), "a DM session is over");
        Ok(report)
    }

    fn begin(&mut self, at: &NodeUri, mut route: Route, by: Initiation) -> Result<Talk, Error> {
        let way = Way::of(&self.network, &mut route)?;
        let session_id = self.next_session(by)?;
        let server = route.server_id.clone();
        let levels = [
            (AuthLevel::Client, route.prove.is_some()),
            (
                AuthLevel::Server,
                matches!(route.verify, Requirement::Credentials(_)),
            ),
        ];
        let levels = levels.into_iter().filter(|(_, has)| *has);
        let trusted = matches!(route.verify, Requirement::Transport);
        let mut session = Session::new(self.engine_config(route, session_id, by)?);
        let alert = self.queue_report(&mut session, &server)?;
        session.start(&self.kept.tree)?;
        Ok(Talk {
            session,
            way,
            ticks: Monotonic::start(),
            at: at.clone(),
            levels: levels.map(|(level, _)| level).collect(),
            alert,
            trusted,
            taken: false,
            report: SessionReport {
                server,
                ended: Ended::Finished,
                executed: Vec::new(),
                reported: false,
            },
        })
    }

    fn engine_config(
        &self,
        route: Route,
        session_id: SessionId,
        by: Initiation,
    ) -> Result<Config, Error> {
        let device_info: NodeUri = DEV_INFO.parse()?;
        let device_id = self.kept.tree.value(&device_info.child("DevId")?)?;
        let device_uri = String::from_utf8_lossy(device_id.data()).into_owned();
        let mut config = Config::new(
            route.server_id,
            route.uri,
            device_uri,
            session_id,
            device_info,
        );
        config.initiation = match by {
            Initiation::Client => dm::session::Initiation::Client,
            Initiation::Server(_) => dm::session::Initiation::Server,
        };
        config.prove = route.prove;
        config.verify = route.verify;
        config.scope = route.scope;
        config.nonces = route.nonces;
        config.encoding = self.encoding;
        config.timing = self.timing;
        config.max_object = self.max_object;
        // Else a server that has nothing to say would never learn the nonce that
        // its answer to a result has to be under.
        config.challenge_alone = true;
        config.guarded = accounts::pins(&self.kept.tree)?;
        let origin = route.endpoint;
        config.resp_uris = RespUris::Judged(Box::new(move |uri| {
            Endpoint::parse(uri).is_some_and(|other| other.is_same_origin(&origin))
        }));
        Ok(config)
    }

    /// The session's identifier. One of the device's own is stored before it is
    /// used, so that none comes twice.
    fn next_session(&mut self, by: Initiation) -> Result<SessionId, Error> {
        if let Initiation::Server(wanted) = by {
            return Ok(wanted.to_hex().into());
        }
        // The specification has no session 0.
        self.kept.session = self.kept.session.wrapping_add(1).max(1);
        self.kept.save()?;
        let own = dm::notification::SessionId(self.kept.session);
        Ok(own.to_hex().into())
    }

    /// Puts the oldest result into package #1, if it is for this server.
    fn queue_report(
        &self,
        session: &mut Session,
        server: &ServerId,
    ) -> Result<Option<(AlertId, Reporter)>, Error> {
        for reporter in self.kept.reporters() {
            if let Some(report) = reporter.report_for(server) {
                return Ok(Some((session.alert(report.alert)?, reporter)));
            }
        }
        Ok(None)
    }

    async fn converse(&mut self, talk: &mut Talk) -> Result<(), Error> {
        let until = talk.ticks.now().plus(self.session_time);
        loop {
            self.take_events(talk)?;
            if talk.session.is_over() {
                return Ok(());
            }
            let late = talk.ticks.now() >= until;
            if late {
                talk.session.abort();
                talk.report.ended = Ended::Aborted(AbortReason::TimedOut);
            }
            let Some(transmit) = talk.session.poll_transmit(talk.ticks.now()) else {
                // Over, or the server waits for results, which it gets in a
                // session of their own.
                return self.take_events(talk);
            };
            self.take_events(talk)?;
            if late || talk.session.is_over() {
                // A last word, whether it arrives or not.
                let _ = talk.way.post(transmit, FAREWELL).await;
                return Ok(());
            }
            self.turn(talk, transmit).await?;
        }
    }

    /// Sends a message and takes the answer, or lets the engine's time pass.
    async fn turn(&mut self, talk: &mut Talk, transmit: Transmit) -> Result<(), Error> {
        let now = talk.ticks.now();
        let due = talk.session.poll_timeout().unwrap_or(now);
        match talk.way.post(transmit, due.since(now)).await {
            Ok(message) => {
                let received = Received::read(message.encoding, &message.octets)?;
                let received = received.with_mac(message.mac.as_deref());
                let now = talk.ticks.now();
                let tree = &mut self.kept.tree;
                tree.set_time(Some(os::now()));
                let handled = talk
                    .session
                    .handle_message(now, tree, &received, &mut OsRandom)?;
                if handled == Handled::Taken {
                    return Ok(());
                }
            }
            Err(Unanswered::Yet(error)) => {
                tracing::info!(server = %talk.report.server, code = error.code(), %error,
                    "a message was not answered");
            }
            Err(Unanswered::Ever(error)) => return Err(error),
        }
        while let Some(due) = talk.session.poll_timeout() {
            let now = talk.ticks.now();
            if due <= now {
                talk.session.handle_timeout(now);
                break;
            }
            tokio::time::sleep(due.since(now)).await;
        }
        Ok(())
    }

    /// Takes what the session has to tell, and stores what came of it.
    fn take_events(&mut self, talk: &mut Talk) -> Result<(), Error> {
        while let Some(event) = talk.session.poll_event() {
            self.take_event(talk, event)?;
        }
        if talk.taken && talk.trusted && !talk.report.reported {
            talk.report.reported = true;
            if let Some((_, reporter)) = &talk.alert {
                reporter.handle_reported()?;
            }
        }
        self.kept.save()
    }

    fn take_event(&mut self, talk: &mut Talk, event: Event) -> Result<(), Error> {
        match event {
            Event::ServerAuthenticated => talk.trusted = true,
            Event::NoncesChanged(nonces) => self.keep_nonces(talk, &nonces)?,
            Event::Running { uri, .. } => {
                let (firmware, software): (NodeUri, NodeUri) =
                    (FIRMWARE.parse()?, SOFTWARE.parse()?);
                let server = &talk.report.server;
                if let Some(object) = &self.kept.firmware
                    && uri.below(&firmware).is_some()
                {
                    object.handle_commanded_by(server)?;
                }
                if let Some(object) = &self.kept.software
                    && uri.below(&software).is_some()
                {
                    object.handle_commanded_by(server, &uri)?;
                }
            }
            // Whoever has not proved itself yet may have said so.
            Event::AlertAnswered { alert, status } => {
                let ours = talk.alert.as_ref().is_some_and(|(ours, _)| *ours == alert);
                talk.taken |= ours && status == StatusCode::OK;
            }
            Event::Executed {
                command,
                target,
                status,
            } if talk.report.executed.len() < MOST_LISTED => {
                talk.report.executed.push(ExecutedCommand {
                    command,
                    target,
                    status: status.0,
                });
            }
            Event::Violation(violation) => {
                tracing::debug!(server = %talk.report.server, code = violation.code(),
                    "the server broke a rule");
            }
            Event::Aborted(reason) => talk.report.ended = Ended::Aborted(reason),
            _ => {}
        }
        Ok(())
    }

    /// Writes the nonces into the account. One that the server has just deleted
    /// has no use for them.
    fn keep_nonces(&mut self, talk: &Talk, nonces: &Nonces) -> Result<(), Error> {
        for level in &talk.levels {
            let nonce = match level {
                AuthLevel::Client => nonces.prove.as_ref(),
                _ => nonces.verify.as_ref(),
            };
            match Account::store_nonce(&mut self.kept.tree, &talk.at, *level, nonce) {
                Ok(()) | Err(dm::Error::NotFound) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
