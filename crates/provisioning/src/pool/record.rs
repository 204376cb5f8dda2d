//! One PCID of a pool from its reservation to its next use (docs/pcids.md).

use ::tre::TreId;
use aka::Imsi;
use clock::Timestamp;
use trust::SupplierName;

use super::{BatchId, PoolName, PoolPlan};
use crate::ProvisioningError;

/// Where a number stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PcidState {
    /// Drawn for a supplier; no device is known with it yet.
    Reserved,
    /// A device, or a group of them, has it.
    Assigned,
    /// Its validity is over: it lets nobody in, and rests.
    Expired,
    /// It may be given again.
    Free,
}

impl PcidState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Reserved, Self::Assigned, Self::Expired, Self::Free];

    /// The state's name in lists and in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Assigned => "assigned",
            Self::Expired => "expired",
            Self::Free => "free",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// Who has a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The supplier that is to make a TRE with it.
    Supplier(SupplierName),
    /// The TRE.
    Tre(TreId),
    /// A group of TREs that share it.
    Group(PoolName),
}

/// A number with its history in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PcidRecord {
    /// The number.
    pub imsi: Imsi,
    /// Its pool.
    pub pool: PoolName,
    /// Where it stands.
    pub state: PcidState,
    /// Who has it; nobody when it is free.
    pub holder: Option<Holder>,
    /// In which batch it was drawn.
    pub batch: Option<BatchId>,
    /// The group that shares it, from its reservation on.
    pub group: Option<PoolName>,
    /// How often the number was given, this time included.
    pub uses: u32,
    /// When its PCID expires.
    pub expires: Timestamp,
    /// When a number that has expired may be given again.
    pub rests_until: Timestamp,
}

impl PcidRecord {
    /// A number that was never given.
    pub(super) fn new(imsi: Imsi, plan: &PoolPlan, holder: Holder) -> Self {
        Self {
            imsi,
            pool: plan.name.clone(),
            state: state_of(&holder),
            holder: Some(holder),
            batch: None,
            group: None,
            uses: 1,
            expires: plan.until,
            rests_until: plan.until.plus(plan.retention),
        }
    }

    /// A free number given again.
    pub(super) fn reused(
        &self,
        plan: &PoolPlan,
        holder: Holder,
    ) -> Result<Self, ProvisioningError> {
        if self.state != PcidState::Free {
            return Err(ProvisioningError::refused("pcid-in-use"));
        }
        Ok(Self {
            uses: self.uses.saturating_add(1),
            ..Self::new(self.imsi.clone(), plan, holder)
        })
    }

    /// A device is known with it from now on: one that came out of its batch, or
    /// another one of its group.
    ///
    /// # Errors
    /// `pcid-in-use`; `pcid-of-another-supplier`; `pcid-not-valid` after its
    /// validity.
    pub fn assign(&mut self, now: Timestamp, tre_id: &TreId) -> Result<(), ProvisioningError> {
        if now >= self.expires {
            return Err(ProvisioningError::refused("pcid-not-valid"));
        }
        let holder = match (&self.group, self.state, &self.holder) {
            (_, PcidState::Reserved, Some(Holder::Supplier(supplier)))
                if supplier.as_str() != tre_id.supplier() =>
            {
                return Err(ProvisioningError::refused("pcid-of-another-supplier"));
            }
            (Some(group), PcidState::Reserved | PcidState::Assigned, _) => {
                Holder::Group(group.clone())
            }
            (None, PcidState::Reserved, _) => Holder::Tre(tre_id.clone()),
            (None, PcidState::Assigned, Some(Holder::Tre(known))) if known == tre_id => {
                return Ok(());
            }
            _ => return Err(ProvisioningError::refused("pcid-in-use")),
        };
        self.holder = Some(holder);
        self.state = PcidState::Assigned;
        Ok(())
    }

    /// The TRE has signed that it erased the PCID, and `others` of its group
    /// still have it. Returns whether the number is free now.
    ///
    /// # Errors
    /// `pcid-not-yours` for a TRE that does not hold it.
    pub fn dropped(&mut self, tre_id: &TreId, others: u64) -> Result<bool, ProvisioningError> {
        let holds = match &self.holder {
            Some(Holder::Tre(holder)) => holder == tre_id,
            // The caller knows the members of a group.
            Some(Holder::Group(_)) => true,
            Some(Holder::Supplier(_)) | None => false,
        };
        if !holds {
            return Err(ProvisioningError::refused("pcid-not-yours"));
        }
        if others > 0 {
            return Ok(false);
        }
        self.free();
        Ok(true)
    }

    /// Nobody was made with it: its batch is given up.
    ///
    /// # Errors
    /// `pcid-in-use` once a device has it.
    pub fn give_up(&mut self) -> Result<(), ProvisioningError> {
        if self.state != PcidState::Reserved {
            return Err(ProvisioningError::refused("pcid-in-use"));
        }
        // A file with its K may be anywhere: it rests like one that expired.
        self.state = PcidState::Expired;
        self.holder = None;
        Ok(())
    }

    /// What time does. Returns what is to be done with the subscriber.
    pub fn handle_timeout(&mut self, now: Timestamp) -> Timeout {
        match self.state {
            PcidState::Reserved | PcidState::Assigned if now >= self.expires => {
                self.state = PcidState::Expired;
                Timeout::Disable
            }
            PcidState::Expired if now >= self.rests_until => {
                self.free();
                Timeout::Delete
            }
            _ => Timeout::Nothing,
        }
    }

    /// When [`Self::handle_timeout`] has something to do.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        match self.state {
            PcidState::Reserved | PcidState::Assigned => Some(self.expires),
            PcidState::Expired => Some(self.rests_until),
            PcidState::Free => None,
        }
    }

    fn free(&mut self) {
        self.state = PcidState::Free;
        self.holder = None;
        self.batch = None;
        self.group = None;
    }
}

/// What a timeout asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeout {
    /// Nothing.
    Nothing,
    /// The subscriber may not authenticate any more.
    Disable,
    /// The subscriber is deleted, its K with it.
    Delete,
}

fn state_of(holder: &Holder) -> PcidState {
    match holder {
        Holder::Supplier(_) => PcidState::Reserved,
        Holder::Tre(_) | Holder::Group(_) => PcidState::Assigned,
    }
}
