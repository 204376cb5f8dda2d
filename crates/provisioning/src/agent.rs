//! The M2ME's agent (TR 33.812 B.2.2.2 and B.2.3; docs/operator-change.md
//! sections 5 to 7): what the host around a TRE remembers, and what it does
//! next. It attaches, reports refusals, goes to the DPF, and tries both MCIMs in
//! turn while a decision is outstanding. All that it must remember is in
//! [`Host`], stored together with the TRE's sealed state.

mod host;
mod turns;

pub use host::Host;
pub use turns::Turns;

use std::time::Duration;

use ::tre::Backend;
use clock::{Random, Tick};
use trust::TimePolicy;

use crate::bootstrap::NetworkAccess;
use crate::session::{DeviceAccount, DeviceSession, Encoding, SessionEnd};
use crate::tre::{Phase, Probation, Tre};
use crate::{Digest, McimId, ProvisioningError, Reason};

/// The first pause after a failed attempt; it doubles up to the last.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LAST_PAUSE: Duration = Duration::from_secs(120);

/// How often each PROVURL is tried over a PCID before the DRF is told.
const UNREACHED: usize = 2;
/// The DPF can't be reached with what a PCID may reach.
pub const DPF_UNREACHABLE: Reason = Reason::new("dpf-unreachable-over-pcid");

/// A TRE and its host at work.
pub struct Agent<B: Backend> {
    tre: Tre<B>,
    host: Host,
    /// With which MCIM the device is in a network now.
    attached: Option<McimId>,
    failures: u32,
    not_before: Tick,
    /// Turns between the MCIMs, and the powered-on time of this one.
    turns: u32,
    turn: Duration,
    /// How a shared PCID is used, the seed of what is drawn, and for how long the
    /// device has been in a network with it.
    shared: Option<(Turns, [u8; 16])>,
    stayed: Duration,
    /// Tries of the open order's DPFs over the PCID that came to nothing.
    unreached: u32,
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Duty {
    /// Attach with the TRE's active MCIM.
    Attach,
    /// Leave the network, then [`Agent::left`]: others share the PCID.
    Leave,
    /// Post a signed report to the DRF, then [`Agent::refusal_answered`].
    ReportRefusal {
        /// The DRF.
        url: String,
        /// SignedRefusal or SignedPcidDropped.
        octets: Vec<u8>,
    },
    /// Hold a session with the DPF: [`Agent::begin_session`].
    Session,
    /// Nothing before this moment, unless something comes in; never, if there
    /// is none.
    Wait(Option<Tick>),
}

impl<B: Backend> Agent<B> {
    /// An agent that has just been switched on.
    #[must_use]
    pub fn new(tre: Tre<B>, host: Host) -> Self {
        Self {
            tre,
            host,
            attached: None,
            failures: 0,
            not_before: Tick::ZERO,
            turns: 0,
            turn: Duration::ZERO,
            shared: None,
            stayed: Duration::ZERO,
            unreached: 0,
        }
    }

    /// The TRE.
    #[must_use]
    pub fn tre(&self) -> &Tre<B> {
        &self.tre
    }

    /// The TRE, for the USIM's answers and for storing its state.
    pub fn tre_mut(&mut self) -> &mut Tre<B> {
        &mut self.tre
    }

    /// What the host remembers, for storing it.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Switches off: what is not stored is lost.
    #[must_use]
    pub fn close(self) -> Tre<B> {
        self.tre
    }

    /// What to do next.
    #[must_use]
    pub fn duty(&self, now: Tick) -> Duty {
        if now < self.not_before {
            return Duty::Wait(Some(self.not_before));
        }
        if self.attached != Some(self.tre.active_mcim()) {
            return Duty::Attach;
        }
        if self.turns().is_some_and(|turns| self.stayed >= turns.stay) {
            return Duty::Leave;
        }
        if self.access().is_none() {
            // No packet-switched parameters yet: the bootstrap of step 0' comes
            // by push.
            return Duty::Wait(None);
        }
        let committed = self.phase() == Some(Phase::Committed);
        if let (Some(octets), Some(url)) = (self.host.report(), self.host.drf_url(committed)) {
            return Duty::ReportRefusal {
                url: url.to_owned(),
                octets: octets.to_vec(),
            };
        }
        match self.tre.open_order() {
            Some((order_id, phase))
                if phase != Phase::Probation && self.host.account_of(order_id).is_some() =>
            {
                Duty::Session
            }
            _ => Duty::Wait(None),
        }
    }

    /// A bootstrap came by push. One that the TRE refuses is reported to the
    /// DRF, once.
    ///
    /// # Errors
    /// Only what keeps the TRE from working; a refusal is no error here, and
    /// comes back as its reason.
    pub fn pushed(
        &mut self,
        container: &[u8],
        time: TimePolicy,
        random: &mut dyn Random,
    ) -> Result<Option<Reason>, ProvisioningError> {
        match self.tre.bootstrap(container, time, random) {
            Ok(accepted) => {
                self.host.accept(accepted);
                self.unreached = 0;
                self.failures = 0;
                self.not_before = Tick::ZERO;
                Ok(None)
            }
            Err(error) => {
                let reason = error.reason();
                if let Some(report) = self.tre.refuse(Digest::of(container), reason.clone())? {
                    self.host.keep_refusal(report.octets);
                }
                Ok(Some(reason))
            }
        }
    }

    /// The DRF has a refusal, or says that it can't use it: either way it was
    /// told.
    pub fn refusal_answered(&mut self) {
        self.host.drop_report();
        self.succeeded();
    }

    /// The network accepted the device, whose TRE answered its challenge.
    ///
    /// # Errors
    /// What the TRE says when it signs its confirmation.
    pub fn attached(&mut self, serving_plmn: &str) -> Result<(), ProvisioningError> {
        self.attached = Some(self.tre.active_mcim());
        self.stayed = Duration::ZERO;
        self.succeeded();
        if self.phase() == Some(Phase::Probation) {
            self.tre.attached(serving_plmn)?;
        }
        Ok(())
    }

    /// The device is in no network any more.
    pub fn detached(&mut self) {
        self.attached = None;
    }

    /// Whatever was tried did not work: the pause before the next try doubles.
    pub fn failed(&mut self, now: Tick) {
        let attaches = self.attached != Some(self.tre.active_mcim());
        let pause = match self.turns() {
            Some(turns) if attaches => self.pause(turns, now),
            _ => FIRST_PAUSE
                .saturating_mul(1 << self.failures.min(10))
                .min(LAST_PAUSE),
        };
        self.failures = self.failures.saturating_add(1);
        self.not_before = now.plus(pause);
    }

    /// How a PCID that is shared with other devices is used. To be called once,
    /// when the device is switched on; `seed` is drawn anew each time.
    pub fn share(&mut self, turns: Turns, seed: [u8; 16], now: Tick) {
        self.shared = Some((turns, seed));
        if let Some(turns) = self.turns() {
            self.not_before = now.plus(self.pause(turns, now));
        }
    }

    /// The device has left the network, so that others may come in.
    pub fn left(&mut self, now: Tick) {
        self.attached = None;
        self.stayed = Duration::ZERO;
        if let Some(turns) = self.turns() {
            self.not_before = now.plus(self.pause(turns, now));
        }
    }

    fn turns(&self) -> Option<Turns> {
        let (turns, _) = self.shared?;
        self.tre.is_on_shared_pcid().then_some(turns)
    }

    fn pause(&self, turns: Turns, now: Tick) -> Duration {
        let seed = self.shared.map_or([0; 16], |(_, seed)| seed);
        let at = now.since(Tick::ZERO);
        let drawn = Digest::of(&[&seed[..], &at.as_millis().to_be_bytes()].concat()).0;
        let [a, b, c, d, e, f, g, h, ..] = drawn;
        let draw = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
        turns.pause(self.tre.tre_id(), at, self.failures, draw)
    }

    /// Erases the PCID, which is not in use, and keeps the TRE's word for the
    /// DRF. Returns whether there was one.
    ///
    /// # Errors
    /// As [`Tre::drop_pcid`].
    pub fn drop_pcid(&mut self) -> Result<bool, ProvisioningError> {
        let report = self.tre.drop_pcid()?;
        let there = report.is_some();
        if let Some(report) = report {
            self.host.keep_dropped(report.octets);
        }
        Ok(there)
    }

    /// No DPF of the order could be connected to. On the PCID, whose
    /// connectivity may be restricted, that is told to the DRF after every
    /// PROVURL was tried [`UNREACHED`] times. Returns whether it is.
    ///
    /// # Errors
    /// What keeps the TRE from working.
    pub fn dpf_unreachable(&mut self) -> Result<bool, ProvisioningError> {
        let waits = self.phase() == Some(Phase::Candidate) && self.tre.is_on_pcid();
        let Some(document) = self.tre.last_bootstrap().filter(|_| waits) else {
            return Ok(false);
        };
        let urls = self.host.account.as_ref();
        let urls = urls.map_or(1, |account| account.prov_urls().len());
        self.unreached = self.unreached.saturating_add(1);
        if usize::try_from(self.unreached).unwrap_or(usize::MAX) < urls.saturating_mul(UNREACHED) {
            return Ok(false);
        }
        let report = self.tre.refuse(document, DPF_UNREACHABLE)?;
        let told = report.is_some();
        if let Some(report) = report {
            self.host.keep_refusal(report.octets);
        }
        Ok(told)
    }

    /// Counts powered-on time: to be called every second or so.
    ///
    /// # Errors
    /// What the TRE says when it signs its confirmation.
    pub fn powered(&mut self, elapsed: Duration) -> Result<(), ProvisioningError> {
        if self.attached.is_some() {
            self.stayed = self.stayed.saturating_add(elapsed);
        }
        match self.tre.powered(elapsed)? {
            Probation::Unchanged => {
                self.turn = Duration::ZERO;
                self.turns = 0;
            }
            Probation::AttachTimeout => {
                self.attached = None;
                self.failures = 0;
                self.not_before = Tick::ZERO;
            }
            Probation::AckTimeout => self.take_turns(elapsed)?,
        }
        Ok(())
    }

    /// Begins a session with the DPF, its messages in `encoding`. TRE and host are to be stored before its
    /// first message leaves.
    ///
    /// # Errors
    /// No order that wants one; what the TRE says.
    pub fn begin_session(
        &mut self,
        encoding: Encoding,
        random: &mut dyn Random,
    ) -> Result<DeviceSession, ProvisioningError> {
        let none = ProvisioningError::OutOfOrder("no order wants a session");
        let (order_id, phase) = self.tre.open_order().ok_or(none)?;
        let none = ProvisioningError::OutOfOrder("no account for the order");
        let account = self.host.account_of(order_id).cloned().ok_or(none)?;
        if matches!(phase, Phase::Committed | Phase::RolledBack) {
            self.tre.count_sending();
        }
        let session = DeviceSession::new(&mut self.tre, account, encoding, random)?;
        self.keep_account(session.account());
        Ok(session)
    }

    /// Keeps a session's account with its nonces, to be stored before the
    /// session's next message leaves.
    pub fn keep_account(&mut self, account: &DeviceAccount) {
        self.host.account = Some(account.clone());
    }

    /// A session is over.
    ///
    /// # Errors
    /// What the TRE says when its probation begins.
    pub fn session_ended(&mut self, end: &SessionEnd, now: Tick) -> Result<(), ProvisioningError> {
        let phase = self.phase();
        if end.installed && phase == Some(Phase::Installed) {
            self.tre.begin_probation()?;
            self.host.install(end.access.clone());
            self.attached = None;
        }
        match phase {
            Some(Phase::Committed) => self.host.commit(),
            Some(Phase::RolledBack) => self.host.roll_back(),
            _ => {}
        }
        if end.settled {
            self.tre.acknowledge()?;
            self.host.account = None;
        }
        if end.aborted.is_none() && (end.installed || end.settled) {
            self.succeeded();
        } else {
            self.host.next_url();
            self.failed(now);
        }
        Ok(())
    }

    /// The network of the MCIM in use: MCIM and network switch together.
    #[must_use]
    pub fn access(&self) -> Option<&NetworkAccess> {
        let active = self.tre.active_mcim();
        let new = match self.phase() {
            Some(Phase::Probation | Phase::Committed) => true,
            Some(Phase::Attached) => self.tre.choices().is_some_and(|(new, _)| new == active),
            _ => false,
        };
        self.host.access(new)
    }

    fn phase(&self) -> Option<Phase> {
        self.tre.open_order().map(|(_, phase)| phase)
    }

    fn succeeded(&mut self) {
        self.failures = 0;
        self.not_before = Tick::ZERO;
    }

    /// New and old MCIM in turn, each for twice as long as the one before.
    fn take_turns(&mut self, elapsed: Duration) -> Result<(), ProvisioningError> {
        self.turn = self.turn.saturating_add(elapsed);
        let stay = Duration::from_secs(30).saturating_mul(1 << self.turns.min(8));
        let Some((new, old)) = self.tre.choices().filter(|_| self.turn >= stay) else {
            return Ok(());
        };
        let other = if self.tre.active_mcim() == new {
            old
        } else {
            new
        };
        self.tre.select(other)?;
        self.attached = None;
        self.turn = Duration::ZERO;
        self.turns = self.turns.saturating_add(1);
        self.succeeded();
        Ok(())
    }
}
