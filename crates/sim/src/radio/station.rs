//! The base station of a visited network: a connection for each device, its
//! attach with a challenge from the core network (TS 33.102 clause 6.3.3), and
//! what is pushed down to it.

use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use secret::SecretBytes;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::coverage::Coverage;
use super::frame::{Down, Frame, MAX_PUSH, RadioError, Up};
use super::wire::{Reader, send};

const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Pushes to one device that wait to be sent.
const QUEUE: usize = 8;
/// "Illegal MS" of TS 24.008: the answer to the challenge was wrong.
const ILLEGAL_MS: u8 = 3;

/// The network behind the station.
pub trait CoreNetwork: Send + Sync + 'static {
    /// A challenge for the subscriber; after a synchronisation failure with the
    /// RAND and AUTS of it. The error is a cause of TS 24.008.
    fn authentication(
        &self,
        imsi: &str,
        resync: Option<([u8; 16], [u8; 14])>,
    ) -> impl Future<Output = Result<Challenge, u8>> + Send;

    /// The subscriber has answered rightly and is reached by `channel`. The
    /// error is a cause of TS 24.008.
    fn attached(
        &self,
        imsi: &str,
        channel: PushChannel,
    ) -> impl Future<Output = Result<Admission, u8>> + Send;

    /// The subscriber has left, unless it was admitted again since.
    fn detached(&self, imsi: &str, registration: u64);
}

/// What the network asks a USIM.
pub struct Challenge {
    /// RAND.
    pub rand: [u8; 16],
    /// AUTN.
    pub autn: [u8; 16],
    /// What the right USIM answers.
    pub xres: SecretBytes,
}

/// A subscriber is let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// The network's name, `MCC-MNC`.
    pub plmn: String,
    /// The core's name for this attach.
    pub registration: u64,
}

/// The limits of a station.
#[derive(Clone, Debug)]
pub struct StationLimits {
    /// Devices at one time.
    pub devices: usize,
    /// From the connection to the first Attach, and from a challenge to its
    /// answer.
    pub answer: Duration,
    /// From a push to the device's word that it has stored it.
    pub taken: Duration,
}

impl Default for StationLimits {
    fn default() -> Self {
        Self {
            devices: 10_000,
            answer: Duration::from_secs(20),
            taken: Duration::from_secs(15),
        }
    }
}

/// The way down to one device. Clones are the same one.
#[derive(Clone)]
pub struct PushChannel {
    queue: mpsc::Sender<Job>,
    patience: Duration,
}

/// The device did not take it: it is gone, or did not say so in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotTaken;

struct Job {
    octets: Vec<u8>,
    taken: oneshot::Sender<()>,
}

impl PushChannel {
    /// Hands octets to the device and waits for its word that it has stored
    /// them.
    ///
    /// # Errors
    /// [`NotTaken`], at once for more than [`MAX_PUSH`] octets.
    pub async fn push(&self, octets: Vec<u8>) -> Result<(), NotTaken> {
        if octets.len() > MAX_PUSH {
            return Err(NotTaken);
        }
        let (taken, told) = oneshot::channel();
        let job = Job { octets, taken };
        let pushed = async {
            self.queue.send(job).await.map_err(|_| NotTaken)?;
            told.await.map_err(|_| NotTaken)
        };
        timeout(self.patience, pushed)
            .await
            .unwrap_or(Err(NotTaken))
    }
}

/// A running station. Dropping it ends every connection.
pub struct Station {
    address: SocketAddr,
    listening: JoinHandle<()>,
}

impl Station {
    /// Serves devices from `listener`.
    ///
    /// # Errors
    /// [`RadioError::Io`] if the listener has no address.
    pub fn serve<C: CoreNetwork>(
        listener: TcpListener,
        core: Arc<C>,
        limits: StationLimits,
        coverage: Coverage,
    ) -> Result<Self, RadioError> {
        let address = listener.local_addr()?;
        let listening = tokio::spawn(listen(listener, core, limits, coverage));
        Ok(Self { address, listening })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it: no task of it runs after this.
    pub async fn shutdown(mut self) {
        self.listening.abort();
        let _ = (&mut self.listening).await;
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen<C: CoreNetwork>(
    listener: TcpListener,
    core: Arc<C>,
    limits: StationLimits,
    coverage: Coverage,
) {
    let slots = Arc::new(Semaphore::new(limits.devices));
    // Dropped with this task, and every connection with it.
    let mut devices = JoinSet::new();
    loop {
        let Ok((tcp, _)) = listener.accept().await else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        while devices.try_join_next().is_some() {}
        let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
            continue;
        };
        let (core, limits, coverage) = (Arc::clone(&core), limits.clone(), coverage.clone());
        devices.spawn(async move {
            // A device that breaks the rules is cut off; nobody else cares.
            let _ = serve_one(tcp, &*core, &limits, &coverage).await;
            drop(slot);
        });
    }
}

/// Tells the core network that a device is gone, however that came.
struct Presence<'a, C: CoreNetwork> {
    core: &'a C,
    here: Option<(String, u64)>,
}

impl<C: CoreNetwork> Presence<'_, C> {
    fn leave(&mut self) {
        if let Some((imsi, registration)) = self.here.take() {
            self.core.detached(&imsi, registration);
        }
    }
}

impl<C: CoreNetwork> Drop for Presence<'_, C> {
    fn drop(&mut self) {
        self.leave();
    }
}

/// A challenge that waits for its answer.
struct Asked {
    imsi: String,
    challenge: Challenge,
    resynchronised: bool,
}

async fn serve_one<C: CoreNetwork>(
    tcp: TcpStream,
    core: &C,
    limits: &StationLimits,
    coverage: &Coverage,
) -> Result<(), RadioError> {
    tcp.set_nodelay(true)?;
    let (reader, mut writer) = tcp.into_split();
    let mut reader = Reader::new(reader);
    send(&mut writer, &Down::hello()).await?;
    let (queue, mut jobs) = mpsc::channel(QUEUE);
    let channel = PushChannel {
        queue,
        patience: limits.taken,
    };
    let mut presence = Presence { core, here: None };
    let mut asked: Option<Asked> = None;
    let mut waiting: HashMap<u32, oneshot::Sender<()>> = HashMap::new();
    let mut reference = 0_u32;
    loop {
        let idle = presence.here.is_none();
        let up = tokio::select! {
            up = reader.next::<Up>() => match up? {
                Some(up) => up,
                None => return Ok(()),
            },
            Some(job) = jobs.recv() => {
                reference = reference.wrapping_add(1);
                waiting.retain(|_, taken| !taken.is_closed());
                waiting.insert(reference, job.taken);
                send(&mut writer, &Down::Push { reference, octets: job.octets }).await?;
                continue;
            }
            () = sleep(limits.answer), if idle => return Err(RadioError::Timeout),
        };
        match up {
            Up::Attach { imsi } => {
                presence.leave();
                asked = ask(core, coverage, &mut writer, imsi, None).await?;
            }
            Up::SyncFailure { auts } => {
                let before = asked.take().filter(|asked| !asked.resynchronised);
                let before = before.ok_or(RadioError::OutOfTurn)?;
                let resync = Some((before.challenge.rand, auts));
                asked = ask(core, coverage, &mut writer, before.imsi, resync).await?;
            }
            Up::Answer { res } => {
                let before = asked.take().ok_or(RadioError::OutOfTurn)?;
                let way = channel.clone();
                judge(&mut presence, way, &mut writer, before, &res).await?;
            }
            Up::Taken { reference } => {
                if let Some(taken) = waiting.remove(&reference) {
                    let _ = taken.send(());
                }
            }
            Up::Detach => presence.leave(),
            Up::Hello { .. } => return Err(RadioError::OutOfTurn),
        }
    }
}

/// Challenges a subscriber, if there is a cell and the core has a challenge.
async fn ask<C: CoreNetwork>(
    core: &C,
    coverage: &Coverage,
    writer: &mut OwnedWriteHalf,
    imsi: String,
    resync: Option<([u8; 16], [u8; 14])>,
) -> Result<Option<Asked>, RadioError> {
    if !coverage.has(&imsi) {
        send(writer, &Down::NoCell).await?;
        return Ok(None);
    }
    match core.authentication(&imsi, resync).await {
        Ok(challenge) => {
            let (rand, autn) = (challenge.rand, challenge.autn);
            send(writer, &Down::Challenge { rand, autn }).await?;
            Ok(Some(Asked {
                imsi,
                challenge,
                resynchronised: resync.is_some(),
            }))
        }
        Err(cause) => {
            send(writer, &Down::Reject { cause }).await?;
            Ok(None)
        }
    }
}

/// Lets a subscriber in whose answer is right, if its home network takes it.
async fn judge<C: CoreNetwork>(
    presence: &mut Presence<'_, C>,
    channel: PushChannel,
    writer: &mut OwnedWriteHalf,
    asked: Asked,
    res: &[u8],
) -> Result<(), RadioError> {
    if !secret::ct_eq(res, asked.challenge.xres.expose()) {
        return send(writer, &Down::Reject { cause: ILLEGAL_MS }).await;
    }
    match presence.core.attached(&asked.imsi, channel).await {
        Ok(Admission { plmn, registration }) => {
            presence.here = Some((asked.imsi, registration));
            send(writer, &Down::Accept { plmn }).await
        }
        Err(cause) => send(writer, &Down::Reject { cause }).await,
    }
}
