//! The HLR's side: accepts nodes up to a number, and answers each one's
//! requests beside each other.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gsup::{Cause, Config, Connection, Event, Message};
use tls::{ServerConfig, accept};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::Link;
use crate::Error;
use crate::running::Running;

/// Nodes at one time.
const NODES: usize = 256;
/// Requests of one node at one time; further ones wait in its socket.
const REQUESTS: usize = 256;
const HANDSHAKE: Duration = Duration::from_secs(10);
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Answers nodes' messages.
pub(crate) trait NodeHandler: Send + Sync + 'static {
    /// The answer to a message of the operator `node`, if it has one.
    fn answer(&self, node: &str, message: &Message)
    -> impl Future<Output = Option<Message>> + Send;
}

/// A running GSUP server.
pub(crate) struct GsupServer {
    address: SocketAddr,
    tasks: Running,
}

impl GsupServer {
    pub(crate) fn start<H: NodeHandler>(
        listener: TcpListener,
        tls: ServerConfig,
        handler: Arc<H>,
    ) -> Result<Self, Error> {
        let address = listener.local_addr()?;
        let mut tasks = Running::default();
        tasks.spawn(listen(listener, tls, handler));
        Ok(Self { address, tasks })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) async fn shutdown(self) {
        self.tasks.shutdown().await;
    }
}

async fn listen<H: NodeHandler>(listener: TcpListener, tls: ServerConfig, handler: Arc<H>) {
    let slots = Arc::new(Semaphore::new(NODES));
    // Dropped with this task, and every connection with it.
    let mut nodes = JoinSet::new();
    loop {
        let Ok((tcp, remote)) = listener.accept().await else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        while nodes.try_join_next().is_some() {}
        let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
            tracing::warn!(%remote, "too many GSUP connections");
            continue;
        };
        let (tls, handler) = (tls.clone(), Arc::clone(&handler));
        nodes.spawn(async move {
            if let Err(error) = node(tcp, &tls, handler).await {
                tracing::info!(%remote, %error, "a GSUP connection ended");
            }
            drop(slot);
        });
    }
}

async fn node<H: NodeHandler>(
    tcp: TcpStream,
    tls: &ServerConfig,
    handler: Arc<H>,
) -> Result<(), Error> {
    let stream = accept(tls, tcp, Instant::now() + HANDSHAKE).await?;
    let node: Arc<str> = stream
        .peer()
        .map(|peer| peer.name().into())
        .ok_or(Error::Unknown("peer"))?;
    let mut link = Link::new(stream, |now| Connection::server(now, Config::default()));
    let (answers, mut answered) = mpsc::channel::<Message>(REQUESTS);
    let mut requests = JoinSet::new();
    loop {
        link.flush().await?;
        let room = requests.len() < REQUESTS;
        let alive = tokio::select! {
            alive = link.turn(), if room => alive?,
            Some(answer) = answered.recv() => {
                link.engine.send(&answer)?;
                true
            }
            Some(_) = requests.join_next() => true,
        };
        while let Some(event) = link.event() {
            match event {
                Event::Message(message) => {
                    let (handler, node) = (Arc::clone(&handler), Arc::clone(&node));
                    let answers = answers.clone();
                    requests.spawn(async move {
                        if let Some(answer) = handler.answer(&node, &message).await {
                            // Nobody listens any more once the node is gone.
                            let _ = answers.send(answer).await;
                        }
                    });
                }
                Event::Refused {
                    preamble: Some(preamble),
                    ..
                } => {
                    link.engine
                        .refuse(&preamble, Cause::ProtocolErrorUnspecified)?;
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
