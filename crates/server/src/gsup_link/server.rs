//! The HLR's side: accepts nodes up to a number, and answers each one's
//! requests beside each other.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gsup::{Body, Config, Connection, Event, Message};
use tls::{ServerConfig, accept};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::nodes::{Caller, Nodes};
use super::waiting::{Job, WAITING, Waiting};
use super::{Link, PATIENCE};
use crate::Error;
use crate::running::Running;
use crate::serving::PlainClients;

/// Requests of one connection at one time; further ones wait in its socket.
const REQUESTS: usize = 256;
/// Answers that go out at once, far below the engine's limit in octets.
const TOGETHER: usize = 32;
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How much of the HLR a peer that says nothing, or reads nothing, may hold, and
/// for how long.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// Connections of a listener at one time; a further one is closed.
    pub(super) connections: usize,
    /// From TCP's accept to the end of the TLS handshake.
    pub(super) tls: Duration,
    /// For all that waits to be sent to be taken.
    pub(super) patience: Duration,
    /// From there to IPA's ID_ACK, and between a ping and its pong.
    pub(super) engine: Config,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            tls: Duration::from_secs(10),
            patience: PATIENCE,
            engine: Config::default(),
        }
    }
}

/// Answers nodes' messages.
pub(crate) trait NodeHandler: Send + Sync + 'static {
    /// The answer to a message of this node, if it has one.
    fn answer(
        &self,
        from: &Arc<Caller>,
        message: &Message,
    ) -> impl Future<Output = Option<Message>> + Send;

    /// Somebody who is not known was turned away.
    fn turned_away(&self);
}

/// By what a listener knows who connects.
#[derive(Clone)]
pub(crate) enum Door {
    /// The operator that the client certificate names.
    Tls(ServerConfig),
    /// The source address, without TLS.
    Plain(Arc<PlainClients>),
}

/// A running GSUP server.
pub(crate) struct GsupServer {
    address: SocketAddr,
    tasks: Running,
}

impl GsupServer {
    pub(crate) fn start<H: NodeHandler>(
        listener: TcpListener,
        door: Door,
        nodes: Arc<Nodes>,
        handler: Arc<H>,
    ) -> Result<Self, Error> {
        Self::start_within(listener, door, nodes, handler, Limits::default())
    }

    pub(super) fn start_within<H: NodeHandler>(
        listener: TcpListener,
        door: Door,
        nodes: Arc<Nodes>,
        handler: Arc<H>,
        limits: Limits,
    ) -> Result<Self, Error> {
        let address = listener.local_addr()?;
        let mut tasks = Running::default();
        tasks.spawn(listen(listener, door, nodes, handler, limits));
        Ok(Self { address, tasks })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) async fn shutdown(self) {
        self.tasks.shutdown().await;
    }
}

async fn listen<H: NodeHandler>(
    listener: TcpListener,
    door: Door,
    nodes: Arc<Nodes>,
    handler: Arc<H>,
    limits: Limits,
) {
    let slots = Arc::new(Semaphore::new(limits.connections));
    // Dropped with this task, and every connection with it.
    let mut connections = JoinSet::new();
    loop {
        let Ok((tcp, remote)) = listener.accept().await else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        // A stranger takes no slot, and is told nothing.
        let known = match &door {
            Door::Tls(_) => None,
            Door::Plain(clients) => match clients.get(&remote.ip().to_canonical()) {
                Some(client) => Some(Arc::from(client.name.as_str())),
                None => {
                    tracing::warn!(%remote, "no GSUP client has this address");
                    handler.turned_away();
                    continue;
                }
            },
        };
        let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
            tracing::warn!(%remote, "too many GSUP connections");
            continue;
        };
        let (door, nodes, handler) = (door.clone(), Arc::clone(&nodes), Arc::clone(&handler));
        connections.spawn(async move {
            let ended = match (&door, known) {
                (Door::Tls(tls), _) => secured(tcp, tls, &nodes, handler, limits).await,
                (Door::Plain(_), Some(node)) => {
                    // Answers are small, and asked for one by one.
                    let _ = tcp.set_nodelay(true);
                    serve(tcp, node, &nodes, handler, limits).await
                }
                (Door::Plain(_), None) => Ok(()),
            };
            if let Err(error) = ended {
                tracing::info!(%remote, %error, "a GSUP connection ended");
            }
            drop(slot);
        });
    }
}

async fn secured<H: NodeHandler>(
    tcp: TcpStream,
    tls: &ServerConfig,
    nodes: &Arc<Nodes>,
    handler: Arc<H>,
    limits: Limits,
) -> Result<(), Error> {
    let stream = accept(tls, tcp, Instant::now() + limits.tls).await?;
    let node: Arc<str> = stream
        .peer()
        .map(|peer| peer.name().into())
        .ok_or(Error::Unknown("peer"))?;
    serve(stream, node, nodes, handler, limits).await
}

/// One connection of `node` to its end.
async fn serve<H: NodeHandler, S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    node: Arc<str>,
    nodes: &Arc<Nodes>,
    handler: Arc<H>,
    limits: Limits,
) -> Result<(), Error> {
    let mut link = Link::new(stream, |now| Connection::server(now, limits.engine));
    link.patience = limits.patience;
    let (answers, mut answered) = mpsc::channel::<Message>(REQUESTS);
    let (jobs, mut asked) = mpsc::channel::<Job>(REQUESTS);
    let mut waiting = Waiting::default();
    let mut requests = JoinSet::new();
    let mut caller = None;
    loop {
        link.flush().await?;
        waiting.make_room();
        let room = requests.len() < REQUESTS;
        let alive = tokio::select! {
            alive = link.turn(), if room => alive?,
            Some(answer) = answered.recv() => {
                link.engine.send(&answer)?;
                // What is ready beside it goes out with it.
                for _ in 1..TOGETHER {
                    let Ok(answer) = answered.try_recv() else { break };
                    link.engine.send(&answer)?;
                }
                true
            }
            Some(job) = asked.recv(), if waiting.len() < WAITING => {
                link.engine.send(&job.request)?;
                waiting.put(&job.request, job.answer);
                true
            }
            Some(_) = requests.join_next() => true,
        };
        while let Some(event) = link.event() {
            match event {
                Event::Identified { name } => {
                    let unit = name.map(|name| name.as_str().to_owned());
                    let unit = unit.unwrap_or_default();
                    let jobs = jobs.clone();
                    let known = Arc::new(Caller::new(Arc::clone(&node), unit, jobs));
                    caller = Some((nodes.enter(&known), known));
                }
                Event::Message(message) if answers_us(&message.body) => waiting.answer(message),
                Event::Message(message) => {
                    let Some((_, from)) = &caller else { continue };
                    let (handler, from) = (Arc::clone(&handler), Arc::clone(from));
                    let answers = answers.clone();
                    requests.spawn(async move {
                        if let Some(answer) = handler.answer(&from, &message).await {
                            // Nobody listens any more once the node is gone.
                            let _ = answers.send(answer).await;
                        }
                    });
                }
                Event::Refused {
                    error,
                    preamble: Some(preamble),
                } => {
                    link.engine.refuse(&preamble, error.cause())?;
                }
                Event::Closed { reason } => return Err(reason.into()),
                _ => {}
            }
        }
        if !alive {
            return Ok(());
        }
    }
}

/// Whether it is what a node says to something that an HLR asks.
fn answers_us(body: &Body) -> bool {
    matches!(
        body,
        Body::InsertSubscriberDataResult
            | Body::InsertSubscriberDataError(_)
            | Body::LocationCancelResult
            | Body::LocationCancelError(_)
    )
}
