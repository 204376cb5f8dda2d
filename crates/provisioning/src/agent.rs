//! The M2ME's agent (TR 33.812 B.2.2.2 and B.2.3; docs/operator-change.md
//! sections 5 to 7): what the host around a TRE remembers, and what it does
//! next. It attaches, reports refusals, goes to the DPF, and tries both MCIMs in
//! turn while a decision is outstanding. All that it must remember is in
//! [`Host`], stored together with the TRE's sealed state.

mod host;

pub use host::Host;

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
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Duty {
    /// Attach with the TRE's active MCIM.
    Attach,
    /// Post a signed refusal to the DRF, then [`Agent::refusal_answered`].
    ReportRefusal {
        /// The DRF.
        url: String,
        /// SignedRefusal.
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
        if self.access().is_none() {
            // No packet-switched parameters yet: the bootstrap of step 0' comes
            // by push.
            return Duty::Wait(None);
        }
        let committed = self.phase() == Some(Phase::Committed);
        if let (Some(octets), Some(url)) =
            (self.host.refusals.first(), self.host.drf_url(committed))
        {
            return Duty::ReportRefusal {
                url: url.to_owned(),
                octets: octets.0.clone(),
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
        self.host.drop_refusal();
        self.succeeded();
    }

    /// The network accepted the device, whose TRE answered its challenge.
    ///
    /// # Errors
    /// What the TRE says when it signs its confirmation.
    pub fn attached(&mut self, serving_plmn: &str) -> Result<(), ProvisioningError> {
        self.attached = Some(self.tre.active_mcim());
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
        let pause = FIRST_PAUSE
            .saturating_mul(1 << self.failures.min(10))
            .min(LAST_PAUSE);
        self.failures = self.failures.saturating_add(1);
        self.not_before = now.plus(pause);
    }

    /// Counts powered-on time: to be called every second or so.
    ///
    /// # Errors
    /// What the TRE says when it signs its confirmation.
    pub fn powered(&mut self, elapsed: Duration) -> Result<(), ProvisioningError> {
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
