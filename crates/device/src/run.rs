//! The device at work: what the agent says is to be done is done, one thing at
//! a time, while pushes come in and powered-on time is counted.

use std::sync::Arc;
use std::time::Duration;

use clock::{Random, Tick};
use provisioning::agent::{Duty, Turns};
use provisioning::tre::Phase;
use provisioning::{Step, StepWatch};
use tokens::os::{Monotonic, OsRandom};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::kept::Kept;
use crate::{Bearer, DeviceConfig, Downlink, Error, Status, Uplink};

/// A pause after the store, or the TRE's files, failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);
/// The clock is stored when it was set and moved by this much,
const CLOCK_MOVED: Duration = Duration::from_secs(60);
/// and when it has counted this much, so that the floor after a power failure is not
/// much older.
const CLOCK_COUNTED: Duration = Duration::from_secs(3600);

/// A device that is switched off.
pub struct Device {
    pub(crate) config: DeviceConfig,
    pub(crate) kept: Kept,
    status: watch::Sender<Status>,
}

/// A device that is switched on.
pub(crate) struct Running<B> {
    pub(crate) config: DeviceConfig,
    pub(crate) kept: Kept,
    pub(crate) bearer: B,
    pub(crate) watch: Arc<dyn StepWatch>,
    pub(crate) serving_plmn: Option<String>,
    ticks: Monotonic,
    began: Instant,
    /// When powered-on time was counted last.
    counted: Instant,
    stop: watch::Receiver<bool>,
    status: watch::Sender<Status>,
}

/// What ended a wait.
pub(crate) enum Happened {
    /// The network said something that is no push.
    Heard(Downlink),
    /// A push was taken, or powered-on time was counted: look again.
    Changed,
    /// The time that was waited for.
    Due,
    /// The device is to be switched off.
    Stopped,
}

impl Device {
    /// Opens a device's TRE and store. Blocks.
    ///
    /// # Errors
    /// [`Error::Token`] for files that are missing, open to others or not this
    /// key's; [`Error::Store`].
    pub fn open(config: DeviceConfig) -> Result<Self, Error> {
        let kept = Kept::open(&config)?;
        let (status, _) = watch::channel(status_of(&kept, None));
        Ok(Self {
            config,
            kept,
            status,
        })
    }

    /// Where the device stands, now and while it runs.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// Switches the device on, until `stop` becomes true or its sender is gone.
    /// Needs the multi-thread runtime, since storing blocks. Dropping the future
    /// is a power failure.
    ///
    /// # Errors
    /// Only what can't get better by trying again.
    pub async fn run<B: Bearer>(
        self,
        bearer: B,
        watch: Arc<dyn StepWatch>,
        stop: watch::Receiver<bool>,
    ) -> Result<(), Error> {
        let now = Instant::now();
        let running = Running {
            config: self.config,
            kept: self.kept,
            bearer,
            watch,
            serving_plmn: None,
            ticks: Monotonic::start(),
            began: now,
            counted: now,
            stop,
            status: self.status,
        };
        running.sharing().live().await
    }
}

fn status_of(kept: &Kept, serving_plmn: Option<String>) -> Status {
    let tre = kept.agent.tre();
    Status {
        current_sho: tre.current_sho().clone(),
        switch_counter: tre.switch_counter(),
        order: tre.open_order(),
        serving_plmn,
        restored: tre.is_restored(),
    }
}

impl<B: Bearer> Running<B> {
    async fn live(mut self) -> Result<(), Error> {
        loop {
            match self.turn().await {
                Ok(true) => {}
                Ok(false) => {
                    // Whether it arrives or not: the device is off.
                    let _ = self.bearer.send(Uplink::Detach).await;
                    return Ok(());
                }
                Err(error) if is_own_failure(&error) => match self.recover(&error).await {
                    Some(recovered) => self = recovered,
                    None => return Ok(()),
                },
                Err(error) => {
                    tracing::info!(tre = %self.kept.agent.tre().tre_id(), code = error.code(),
                        %error, "did not work");
                    let now = self.now();
                    self.kept.agent.failed(now);
                }
            }
            // Whoever was talked to, or refused, may have told the time.
            if let Err(error) = self.kept.keep_clock(CLOCK_MOVED) {
                match self.recover(&error).await {
                    Some(recovered) => self = recovered,
                    None => return Ok(()),
                }
            }
            self.show();
        }
    }

    fn show(&self) {
        let status = status_of(&self.kept, self.serving_plmn.clone());
        self.status.send_if_modified(|known| {
            let changed = *known != status;
            if known.order != status.order {
                tracing::info!(order = ?status.order, sho = %status.current_sho, "the order");
            }
            *known = status;
            changed
        });
    }

    /// The store failed, or the TRE's files: memory may be ahead of them, so it
    /// is thrown away, the TRE with it. What was stored is where the device goes
    /// on, as after a power failure, as soon as it can be read. Nothing if the
    /// device is switched off before.
    async fn recover(self, error: &Error) -> Option<Self> {
        let tre_id = self.kept.agent.tre().tre_id().clone();
        tracing::warn!(tre = %tre_id, code = error.code(), %error, "the state could not be stored");
        let Self {
            config,
            kept,
            bearer,
            watch,
            ticks,
            began,
            counted,
            stop,
            status,
            ..
        } = self;
        // It holds the TRE, which no two may have open.
        drop(kept);
        let kept = loop {
            if *stop.borrow() || stop.has_changed().is_err() {
                return None;
            }
            sleep(STORE_PAUSE).await;
            match tokio::task::block_in_place(|| Kept::open(&config)) {
                Ok(kept) => break kept,
                Err(error) => {
                    tracing::warn!(tre = %tre_id, code = error.code(), %error, "still not");
                }
            }
        };
        let recovered = Self {
            config,
            kept,
            bearer,
            watch,
            serving_plmn: None,
            ticks,
            began,
            counted,
            stop,
            status,
        };
        Some(recovered.sharing())
    }

    /// How a shared PCID is used, from the moment that the device is on.
    fn sharing(mut self) -> Self {
        let now = self.now();
        let seed = OsRandom.array();
        self.kept.agent.share(Turns::default(), seed, now);
        self
    }

    /// Does the next thing; false when the device is to be switched off.
    async fn turn(&mut self) -> Result<bool, Error> {
        if self.is_stopped() {
            return Ok(false);
        }
        if self.config.drop_pcid && self.kept.agent.tre().can_drop_pcid() {
            self.kept.agent.drop_pcid()?;
            self.kept.commit()?;
            tracing::info!(tre = %self.kept.agent.tre().tre_id(), "the PCID is erased");
        }
        match self.kept.agent.duty(self.now()) {
            Duty::Attach => self.attach().await?,
            Duty::Leave => self.leave().await?,
            Duty::Session => self.session().await?,
            Duty::ReportRefusal { url, octets } => self.report(&url, octets).await?,
            Duty::Wait(until) => match self.happens(until).await? {
                Happened::Heard(Downlink::Lost) => self.detached(),
                Happened::Stopped => return Ok(false),
                Happened::Heard(_) | Happened::Changed | Happened::Due => {}
            },
        }
        Ok(!self.is_stopped())
    }

    /// Leaves the network, so that others with the same PCID may come in.
    async fn leave(&mut self) -> Result<(), Error> {
        self.bearer.send(Uplink::Detach).await?;
        let now = self.now();
        self.kept.agent.left(now);
        self.serving_plmn = None;
        Ok(())
    }

    /// Waits for the network, for time, or for the end. Pushes are taken and
    /// powered-on time is counted on the way, each stored before it is answered.
    pub(crate) async fn happens(&mut self, until: Option<Tick>) -> Result<Happened, Error> {
        let until = until.map(|tick| self.began + tick.since(Tick::ZERO));
        let count_at = self.counted + self.config.tick;
        tokio::select! {
            heard = self.bearer.receive() => match heard {
                Downlink::Push(reference, octets) => {
                    self.pushed(reference, &octets).await?;
                    Ok(Happened::Changed)
                }
                other => Ok(Happened::Heard(other)),
            },
            () = sleep_until(count_at) => {
                self.count()?;
                Ok(Happened::Changed)
            }
            () = maybe(until) => Ok(Happened::Due),
            () = stopped(&mut self.stop) => Ok(Happened::Stopped),
        }
    }

    /// Waits for `work`, and counts powered-on time meanwhile. Nothing if the
    /// device is to be switched off.
    pub(crate) async fn meanwhile<T>(
        &mut self,
        work: impl Future<Output = T>,
    ) -> Result<Option<T>, Error> {
        tokio::pin!(work);
        loop {
            let count_at = self.counted + self.config.tick;
            tokio::select! {
                done = &mut work => return Ok(Some(done)),
                () = sleep_until(count_at) => self.count()?,
                () = stopped(&mut self.stop) => return Ok(None),
            }
        }
    }

    /// Counts powered-on time.
    fn count(&mut self) -> Result<(), Error> {
        let now = Instant::now();
        let elapsed = now.duration_since(self.counted);
        self.counted = now;
        self.kept.agent.powered(elapsed)?;
        self.kept.commit()?;
        self.kept.keep_clock(CLOCK_COUNTED)
    }

    /// A bootstrap: the TRE judges it, the judgement is stored, and only then
    /// the network learns that it was taken. A refused one was taken too.
    async fn pushed(&mut self, reference: u32, octets: &[u8]) -> Result<(), Error> {
        let began = Instant::now();
        let first = self.kept.agent.access().is_none();
        let chain = self.kept.agent.tre().current_sho().to_string();
        let policy = self.kept.time().read(&chain);
        let refused = self.kept.agent.pushed(octets, policy, &mut OsRandom)?;
        self.kept.commit()?;
        match refused {
            Some(reason) => {
                tracing::warn!(tre = %self.kept.agent.tre().tre_id(), %reason, "bootstrap refused");
            }
            None if self.phase() == Some(Phase::Candidate) => {
                self.watch.done(Step::Acceptance, began.elapsed());
            }
            None => {}
        }
        if first && self.kept.agent.access().is_some() {
            self.watch.done(Step::FirstAttach, self.began.elapsed());
        }
        self.bearer.send(Uplink::Taken(reference)).await
    }

    /// The device is in no network any more.
    pub(crate) fn detached(&mut self) {
        self.kept.agent.detached();
        self.serving_plmn = None;
    }

    pub(crate) fn phase(&self) -> Option<Phase> {
        self.kept.agent.tre().open_order().map(|(_, phase)| phase)
    }

    pub(crate) fn now(&self) -> Tick {
        self.ticks.now()
    }

    pub(crate) fn is_stopped(&self) -> bool {
        // A sender that is gone can't say stop any more: that is one.
        *self.stop.borrow() || self.stop.has_changed().is_err()
    }
}

/// Whether it is the device's own store or TRE that failed, and not what came
/// from outside.
pub(crate) fn is_own_failure(error: &Error) -> bool {
    use provisioning::ProvisioningError as Refused;
    matches!(
        error,
        Error::Store(_) | Error::Token(_) | Error::Refused(Refused::Tre(_) | Refused::State(_))
    )
}

async fn maybe(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until).await,
        None => std::future::pending().await,
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error says that the sender is gone.
    let _ = stop.wait_for(|stop| *stop).await;
}
