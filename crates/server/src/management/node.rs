//! The node whole: its listeners and its one job, started together and ended
//! together.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use dm::session::MAX_MESSAGE;
use store::Store;
use tls::http::{Handler, Request, Response, Transport, serve};
use tls::{ServerConfig, ServerSettings};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::sleep;

use super::login::StoredKeys;
use super::{
    ManagementConfig, ManagementEndpoint, ManagementListeners, Shared, Shown, certificate,
};
use crate::Error;
use crate::running::Running;
use crate::time::now;

/// How long requests under way may go on when the node ends.
const GRACE: Duration = Duration::from_secs(2);
/// How often sessions are looked for that their device has left.
const INTERVAL: Duration = Duration::from_secs(1);

/// A running management server.
pub struct ManagementNode {
    dm: tls::http::Server,
    api: tls::http::Server,
    jobs: Running,
}

impl ManagementNode {
    /// Starts listening.
    ///
    /// # Errors
    /// [`Error::Configuration`] for a URI without a path of its own, or plain
    /// HTTP off loopback; [`Error::Tls`] for keys below the profile's strength;
    /// [`Error::StoreFailed`].
    pub async fn start(
        config: ManagementConfig,
        store: Store,
        listeners: ManagementListeners,
    ) -> Result<Self, Error> {
        if config.tls.is_none() {
            on_loopback(&listeners.dm, "a DM server without TLS")?;
        }
        on_loopback(&listeners.api, "the API")?;
        let limits = config.limits.clone();
        let mut for_devices = limits.clone();
        for_devices.body_octets = for_devices.body_octets.min(MAX_MESSAGE);
        let shared = Arc::new(Shared::new(config, store)?);
        let mut jobs = Running::default();
        let transport = transport(&shared, &mut jobs)?;
        shared.store.close_sessions(now()).await?;
        let devices = ManagementEndpoint::of(Arc::clone(&shared));
        jobs.spawn(run(ManagementEndpoint::of(Arc::clone(&shared))));
        Ok(Self {
            dm: serve(listeners.dm, transport, for_devices, devices)?,
            api: serve(listeners.api, Transport::Plain, limits, Api(shared))?,
            jobs,
        })
    }

    /// Where it listens for devices.
    #[must_use]
    pub fn dm_address(&self) -> SocketAddr {
        self.dm.address()
    }

    /// Where the API listens.
    #[must_use]
    pub fn api_address(&self) -> SocketAddr {
        self.api.address()
    }

    /// Ends listeners and job. What was sent and not answered is known as such
    /// after the next start.
    pub async fn shutdown(self) {
        self.jobs.shutdown().await;
        tokio::join!(self.dm.shutdown(GRACE), self.api.shutdown(GRACE));
    }
}

fn transport(shared: &Arc<Shared>, jobs: &mut Running) -> Result<Transport, Error> {
    let Some(own) = &shared.config.tls else {
        return Ok(Transport::Plain);
    };
    let mut settings = ServerSettings::new(own.profile.clone(), own.shown.credentials.clone());
    settings.staples.clone_from(&own.shown.staples);
    if own.keys {
        settings.keys = Some(Arc::new(StoredKeys::new(Arc::clone(shared))));
    }
    settings.clients = certificate::authentication(shared, &own.clients)?;
    let config = ServerConfig::of(&settings)?;
    let (sender, current) = watch::channel(config);
    if let Some(renewed) = own.renewed.clone() {
        jobs.spawn(renew(settings, renewed, sender));
    }
    Ok(match own.upgrade {
        true => Transport::Upgrade {
            tls: current,
            required: true,
        },
        false => Transport::Reloadable(current),
    })
}

/// Shows renewed leaves, and their status, to new handshakes.
async fn renew(
    mut settings: ServerSettings,
    mut renewed: watch::Receiver<Shown>,
    current: watch::Sender<ServerConfig>,
) {
    while renewed.changed().await.is_ok() {
        let shown = renewed.borrow_and_update().clone();
        settings.credentials = shown.credentials;
        settings.staples = shown.staples;
        match ServerConfig::of(&settings) {
            Ok(config) => {
                current.send_replace(config);
            }
            Err(error) => tracing::warn!(%error, "renewed certificates can't be shown"),
        }
    }
}

fn on_loopback(listener: &TcpListener, what: &str) -> Result<(), Error> {
    if listener.local_addr()?.ip().is_loopback() {
        return Ok(());
    }
    Err(Error::Configuration(format!(
        "{what} speaks plain HTTP, so it listens on a loopback address only"
    )))
}

/// Tidies up until it is dropped.
async fn run(devices: ManagementEndpoint<Store>) {
    loop {
        sleep(INTERVAL).await;
        devices.tidy_up().await;
    }
}

struct Api(Arc<Shared>);

impl Handler for Api {
    async fn handle(&self, request: Request) -> Response {
        self.0.answer_api(&request).await
    }
}
