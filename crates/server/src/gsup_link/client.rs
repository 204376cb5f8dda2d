//! A serving node's side: one connection to one HLR, made when it is needed and
//! made again when it is lost.

use std::sync::Arc;
use std::time::Duration;

use gsup::{Body, Config, Connection, Event, Message, PeerName};
use tls::http::Hosts;
use tls::{ClientConfig, connect};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout};

use super::Link;
use super::waiting::{Job, WAITING, Waiting};
use crate::running::Running;
use crate::{Error, GsupAddress};

/// From a request to its answer, with connecting and the handshake.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two attempts to connect.
const PAUSE: Duration = Duration::from_millis(500);

/// Where an HLR is, and how we show ourselves there.
pub(crate) struct GsupTarget {
    pub(crate) address: GsupAddress,
    pub(crate) hosts: Hosts,
    pub(crate) tls: ClientConfig,
    /// What we call ourselves.
    pub(crate) name: PeerName,
}

/// Hears what an HLR sends without being asked.
pub(crate) trait Unasked: Send + Sync + 'static {
    /// The subscriber is to be forgotten.
    fn cancelled(&self, imsi: &str);
}

/// A client of one HLR. Dropping it ends its connection.
pub(crate) struct GsupClient {
    jobs: mpsc::Sender<Job>,
    _task: Running,
}

impl GsupClient {
    pub(crate) fn start(target: GsupTarget, unasked: Arc<dyn Unasked>) -> Self {
        let (jobs, queue) = mpsc::channel(WAITING);
        let mut task = Running::default();
        task.spawn(run(target, queue, unasked));
        Self { jobs, _task: task }
    }

    /// Asks, and waits for the answer.
    pub(crate) async fn ask(&self, request: Message) -> Result<Message, Error> {
        let (answer, answered) = oneshot::channel();
        let job = Job { request, answer };
        let asked = async {
            self.jobs.send(job).await.map_err(|_| Error::Timeout)?;
            answered.await.map_err(|_| Error::Timeout)
        };
        timeout(PATIENCE, asked).await.map_err(|_| Error::Timeout)?
    }
}

async fn run(target: GsupTarget, mut queue: mpsc::Receiver<Job>, unasked: Arc<dyn Unasked>) {
    // The next job, so that nobody connects to an HLR that nobody asks.
    while let Some(first) = queue.recv().await {
        let ended = match &target.address {
            GsupAddress::Plain(address) => match TcpStream::connect(address).await {
                Ok(tcp) => serve(tcp, &target, first, &mut queue, &*unasked).await,
                Err(error) => Err(error.into()),
            },
            GsupAddress::Tls(host) => match secured(&target, host).await {
                Ok(stream) => serve(stream, &target, first, &mut queue, &*unasked).await,
                Err(error) => Err(error),
            },
        };
        if let Err(error) = ended {
            tracing::warn!(reason = %error.reason(), %error, "the connection to an HLR ended");
            sleep(PAUSE).await;
        }
    }
}

async fn secured(target: &GsupTarget, host: &str) -> Result<tls::TlsStream, Error> {
    let addresses = target.hosts.resolve(host).await?;
    let tcp = TcpStream::connect(addresses.as_slice()).await?;
    Ok(connect(&target.tls, tcp, host, Instant::now() + PATIENCE).await?)
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    target: &GsupTarget,
    first: Job,
    queue: &mut mpsc::Receiver<Job>,
    unasked: &dyn Unasked,
) -> Result<(), Error> {
    let mut link = Link::new(stream, |now| {
        Connection::client(now, Config::default(), target.name.clone())
    });
    let mut waiting = Waiting::default();
    let mut first = Some(first);
    let mut identified = false;
    loop {
        link.flush().await?;
        waiting.make_room();
        let alive = tokio::select! {
            alive = link.turn() => alive?,
            job = queue.recv(), if identified && waiting.len() < WAITING => match job {
                Some(job) => {
                    ask(&mut link.engine, &mut waiting, job)?;
                    true
                }
                None => return Ok(()),
            },
        };
        while let Some(event) = link.event() {
            match event {
                Event::Identified { .. } => {
                    identified = true;
                    if let Some(job) = first.take() {
                        ask(&mut link.engine, &mut waiting, job)?;
                    }
                }
                Event::Message(message) => {
                    answered(&mut link.engine, &mut waiting, message, unasked)?;
                }
                Event::Closed { reason } => return Err(reason.into()),
                _ => {}
            }
        }
        if !alive {
            return Err(Error::Tls(tls::Error::Closed));
        }
    }
}

fn ask(engine: &mut Connection, waiting: &mut Waiting, job: Job) -> Result<(), Error> {
    engine.send(&job.request)?;
    waiting.put(&job.request, job.answer);
    Ok(())
}

fn answered(
    engine: &mut Connection,
    waiting: &mut Waiting,
    message: Message,
    unasked: &dyn Unasked,
) -> Result<(), Error> {
    let reply = |body| Message {
        header: message.header.reply(),
        body,
    };
    match &message.body {
        // The subscription itself is of no use to this node; a confirmation is
        // what the HLR waits for.
        Body::InsertSubscriberDataRequest(_) => {
            engine.send(&reply(Body::InsertSubscriberDataResult))?;
        }
        Body::LocationCancelRequest { .. } => {
            unasked.cancelled(message.header.imsi.as_str());
            engine.send(&reply(Body::LocationCancelResult))?;
        }
        _ => waiting.answer(message),
    }
    Ok(())
}
