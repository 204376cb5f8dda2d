//! The server loop: accepts connections up to a number, runs each in a task of
//! its own, and ends them all (RFC 9112 clause 9; TS 33.210 clause 6.2 for the
//! handshake in front).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout_at};

use super::connection::{Origin, Shared, run};
use super::stop::{Stop, Stopped};
use super::transport::Link;
use super::upgrade::{First, first};
use super::{Request, Response, ServerLimits};
use crate::{Error, ServerConfig, accept};

/// A pause after a failed accept, which mostly means that the process has no
/// file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Answers requests. Every closure `Fn(Request) -> impl Future<Output =
/// Response>` is one.
pub trait Handler: Send + Sync + 'static {
    /// Answers one request. The future is dropped at any of its awaits when the
    /// request's time is up, the client goes away or the server ends; what has
    /// to be whole belongs in a task or a transaction of its own.
    fn handle(&self, request: Request) -> impl Future<Output = Response> + Send;

    /// Hears of a connection that failed, in its handshake or later: for logs
    /// and counters. Does nothing by default.
    fn connection_failed(&self, remote: SocketAddr, error: &Error) {
        let _ = (remote, error);
    }
}

impl<F, Answer> Handler for F
where
    F: Fn(Request) -> Answer + Send + Sync + 'static,
    Answer: Future<Output = Response> + Send,
{
    fn handle(&self, request: Request) -> impl Future<Output = Response> + Send {
        self(request)
    }
}

/// What lies below HTTP.
#[derive(Clone)]
pub enum Transport {
    /// TLS.
    Tls(ServerConfig),
    /// TLS by a configuration that may change: each handshake takes the one of
    /// its moment, and connections go on with theirs. When the sender is gone,
    /// the last one holds.
    Reloadable(watch::Receiver<ServerConfig>),
    /// Nothing: for health checks on a loopback address.
    Plain,
    /// HTTP that goes on with TLS where the first request of a connection asks for
    /// it (RFC 2817); a server of the profile `dm` only.
    Upgrade {
        /// The TLS, which may change as in [`Self::Reloadable`].
        tls: watch::Receiver<ServerConfig>,
        /// Whether nothing is served without: the answer is 426 then.
        required: bool,
    },
}

/// A running server. Dropping it ends everything at once.
pub struct Server {
    address: SocketAddr,
    stop: Stop,
    accepting: JoinHandle<()>,
}

/// Serves connections from `listener`, which may be bound to port 0, in tasks of
/// the current runtime until the [`Server`] is ended.
///
/// # Errors
/// [`Error::Io`] if the listener has no address; [`Error::ConfigurationWrong`] for
/// an upgrade in a profile that has none.
pub fn serve<H: Handler>(
    listener: TcpListener,
    transport: Transport,
    limits: ServerLimits,
    handler: H,
) -> Result<Server, Error> {
    if let Transport::Upgrade { tls, .. } = &transport {
        tls.borrow().check_upgrade()?;
    }
    let address = listener.local_addr()?;
    let (stop, stopped) = Stop::new();
    let acceptor = Acceptor {
        slots: Arc::new(Semaphore::new(limits.connections)),
        shared: Arc::new(Shared { handler, limits }),
        transport,
        stopped,
    };
    Ok(Server {
        address,
        stop,
        accepting: tokio::spawn(acceptor.run(listener)),
    })
}

impl Server {
    /// Where it listens, with the port that the system chose.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening, lets requests under way finish for `grace`, then ends
    /// what is left. No task of the server runs after this.
    pub async fn shutdown(mut self, grace: Duration) {
        self.stop.order(Instant::now() + grace);
        // It fails only if the task panicked, and then it has ended too.
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

struct Acceptor<H> {
    slots: Arc<Semaphore>,
    shared: Arc<Shared<H>>,
    transport: Transport,
    stopped: Stopped,
}

impl<H: Handler> Acceptor<H> {
    async fn run(mut self, listener: TcpListener) {
        let mut connections = JoinSet::new();
        let mut stopped = self.stopped.clone();
        let end = loop {
            tokio::select! {
                came = listener.accept() => match came {
                    Ok((tcp, remote)) => self.start(&mut connections, tcp, remote),
                    Err(_) => sleep(ACCEPT_PAUSE).await,
                },
                Some(_) = connections.join_next() => {}
                end = stopped.ordered() => break end,
            }
        };
        drop(listener);
        let rest = async { while connections.join_next().await.is_some() {} };
        let _ = timeout_at(end, rest).await;
        connections.shutdown().await;
    }

    fn start(&mut self, connections: &mut JoinSet<()>, tcp: TcpStream, remote: SocketAddr) {
        let shared = self.shared.clone();
        let Ok(slot) = self.slots.clone().try_acquire_owned() else {
            let error = Error::TooManyConnections;
            shared.handler.connection_failed(remote, &error);
            return;
        };
        let transport = self.transport.clone();
        let stopped = self.stopped.clone();
        connections.spawn(async move {
            let served = serve_one(&shared, transport, tcp, remote, stopped).await;
            if let Err(error) = served {
                shared.handler.connection_failed(remote, &error);
            }
            drop(slot);
        });
    }
}

async fn serve_one<H: Handler>(
    shared: &Arc<Shared<H>>,
    transport: Transport,
    tcp: TcpStream,
    remote: SocketAddr,
    mut stopped: Stopped,
) -> Result<(), Error> {
    let started = tokio::select! {
        started = start(&shared.limits, transport, tcp) => started?,
        _ = stopped.ordered() => return Ok(()),
    };
    let Some(link) = started else {
        return Ok(());
    };
    let peer = link.peer().cloned();
    run(shared.clone(), link, Origin { peer, remote }, stopped).await
}

/// What is below the first request; `None` if there is none to come.
async fn start(
    limits: &ServerLimits,
    transport: Transport,
    mut tcp: TcpStream,
) -> Result<Option<Link>, Error> {
    let deadline = Instant::now() + limits.handshake;
    let secure = async |config: ServerConfig, tcp, request| {
        let stream = accept(&config, tcp, deadline).await?;
        Ok::<_, Error>(Some(Link::tls(stream, request)))
    };
    let (tls, required) = match transport {
        Transport::Tls(config) => return secure(config, tcp, Vec::new()).await,
        Transport::Reloadable(config) => {
            let config = config.borrow().clone();
            return secure(config, tcp, Vec::new()).await;
        }
        Transport::Plain => {
            tcp.set_nodelay(true)?;
            return Ok(Some(Link::plain(tcp, Vec::new())));
        }
        Transport::Upgrade { tls, required } => (tls, required),
    };
    tcp.set_nodelay(true)?;
    let asked = first(&mut tcp, required, limits.head_octets, deadline);
    let asked = timeout_at(deadline, asked).await;
    match asked.map_err(|_| Error::Timeout("request"))?? {
        First::Upgraded(request) => {
            let config = tls.borrow().clone();
            secure(config, tcp, request).await
        }
        First::Plain(octets) => Ok(Some(Link::plain(tcp, octets))),
        First::Over => Ok(None),
    }
}
