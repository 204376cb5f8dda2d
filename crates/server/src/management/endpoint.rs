//! What answers devices, over any store of the queue and without listeners of
//! its own.

use std::net::SocketAddr;
use std::sync::Arc;

use dm::queue::{Commit, QueueStore, StoreError};
use tls::http::{Handler, Request, Response};
use tokens::os::Monotonic;

use super::login;
use super::sessions::Sessions;
use super::{ManagementConfig, Shared};
use crate::Error;
use crate::time::now;

/// Commands for each look at those whose time has passed.
const BATCH: usize = 256;

/// Answers devices: the part of a [`ManagementNode`](super::ManagementNode) that
/// needs the queue alone. Whoever has one calls
/// [`tidy_up`](Self::tidy_up) about once a second.
pub struct ManagementEndpoint<S>(Arc<Shared<S>>);

impl<S: QueueStore> ManagementEndpoint<S> {
    /// An endpoint without sessions. Of the configuration, the certificate, the
    /// limits and the API's token are not used.
    ///
    /// # Errors
    /// [`Error::Configuration`] for a URI without a path of its own.
    pub fn new(config: ManagementConfig, store: S) -> Result<Self, Error> {
        Ok(Self::of(Arc::new(Shared::new(config, store)?)))
    }

    pub(super) const fn of(shared: Arc<Shared<S>>) -> Self {
        Self(shared)
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.0.store
    }

    /// Ends sessions that their device has left, marks commands whose time has
    /// passed, and stores messages that wait for a commit to go with.
    pub async fn tidy_up(&self) {
        if let Err(error) = self.0.expire().await {
            tracing::warn!(reason = %error.reason(), "commands could not be expired");
        }
        for place in self.0.sessions.take_idle() {
            let Some(mut dialogue) = place.lock().await.take() else {
                continue;
            };
            dialogue.leave(now());
            if let Err(error) = self.0.store_rest(&mut dialogue).await {
                tracing::warn!(reason = %error.reason(), "a session's end could not be stored");
            }
        }
        for place in self.0.sessions.with_unstored() {
            // Its next message stores them, if there is one under way.
            let Ok(mut own) = place.try_lock() else {
                continue;
            };
            let Some(dialogue) = own.as_mut() else {
                continue;
            };
            if let Err(error) = self.0.store_rest(dialogue).await {
                tracing::warn!(reason = %error.reason(), "a session's messages could not be stored");
                *own = None;
            }
        }
    }
}

impl<S: QueueStore> Shared<S> {
    pub(super) fn new(config: ManagementConfig, store: S) -> Result<Self, Error> {
        Ok(Self {
            sessions: Sessions::new(config.idle),
            ticks: Monotonic::start(),
            path: path_of(&config.server_uri)?,
            authenticator: login::authenticator(&config)?,
            config,
            store,
        })
    }

    async fn expire(&self) -> Result<(), Error> {
        for mut command in self.store.expired(now(), BATCH).await? {
            command.value.handle_timeout(now());
            let commit = Commit {
                commands: vec![command],
                ..Commit::default()
            };
            match self.store.commit(commit).await {
                // A session has it, or somebody called it off.
                Err(StoreError::Conflict) => {}
                stored => stored?,
            }
        }
        Ok(())
    }
}

/// The path of an http or https URI.
fn path_of(uri: &str) -> Result<String, Error> {
    let rest = uri
        .strip_prefix("https://")
        .or_else(|| uri.strip_prefix("http://"));
    let path = rest.and_then(|rest| rest.split_once('/'));
    match path {
        Some((host, path)) if !host.is_empty() && !path.contains(['?', '#']) => {
            Ok(format!("/{path}"))
        }
        _ => Err(Error::Configuration(format!(
            "{uri} is not of the form https://HOST/PATH"
        ))),
    }
}

impl<S: QueueStore + 'static> Handler for ManagementEndpoint<S> {
    async fn handle(&self, request: Request) -> Response {
        self.0.answer_device(&request).await
    }

    fn connection_failed(&self, remote: SocketAddr, error: &tls::Error) {
        tracing::debug!(%remote, %error, "a device's connection failed");
    }
}
