//! What an operator keeps of a device that is, or was, its own: the mapping
//! from TRE_id to a subscription (TR 33.812 B.2.2.1 NOTE X) and the orders by
//! which it leaves.

use ::tre::TreId;
use aka::Imsi;
use clock::{Random, Timestamp};
use secret::Secret;
use serde::{Deserialize, Serialize};
use trust::ShoId;

use super::TransferToken;
use crate::documents::{Signed, SignedDocument};
use crate::watch::{SeqWatch, Sighting};
use crate::{Digest, McimId, OrderId, ProvisioningError, Reason, Terms, stored};

/// How many orders a device's record keeps.
const MAX_DEPARTURES: usize = 16;
/// How many tokens a subscriber may hold for one device.
const MAX_TOKENS: usize = 16;

/// A device at one of its operators.
#[derive(Clone, Serialize, Deserialize)]
pub struct Subscription {
    #[serde(with = "stored::text")]
    pub(super) tre_id: TreId,
    /// CertTRE for signatures as pinned at registration, DER.
    #[serde(with = "stored::base64")]
    pub(super) signature_certificate: Vec<u8>,
    #[serde(with = "stored::text")]
    pub(super) imsi: Imsi,
    #[serde(with = "stored::text")]
    pub(super) mcim_id: McimId,
    pub(super) home: Home,
    pub(super) switch_counter: u64,
    pub(super) ctx_version: u32,
    pub(super) watch: SeqWatch,
    pub(super) clone_suspected: bool,
    pub(super) tokens: Vec<TransferToken>,
    pub(super) departures: Vec<Departure>,
    /// Subscribers that the device was here before it left and came back.
    #[serde(default)]
    pub(super) retained: Vec<Retained>,
    /// A group of devices has the PCID that this one is here.
    #[serde(default)]
    pub(super) shared: bool,
    /// Its TRE erased the PCID: the number may be another device's now.
    #[serde(default)]
    pub(super) gave_number_back: bool,
    /// When the CertTRE of a device that left is deleted, in milliseconds since
    /// 1970.
    #[serde(default)]
    pub(super) certificate_until: Option<u64>,
}

/// Credentials of an earlier stay, kept until their retention is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Retained {
    #[serde(with = "stored::text")]
    pub(super) imsi: Imsi,
    #[serde(with = "stored::moment")]
    pub(super) until: Timestamp,
}

/// Whether the device is ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Home {
    /// We are the current SHO.
    Here,
    /// It left with a release; its credentials are retained.
    Left {
        /// The new operator.
        #[serde(with = "stored::text")]
        to: ShoId,
        /// By which order.
        #[serde(with = "stored::text")]
        order_id: OrderId,
        /// When they are deleted.
        #[serde(with = "stored::moment")]
        retained_until: Timestamp,
    },
    /// It left, and its credentials are deleted.
    Gone,
}

/// Where a departure stands; each says what it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DepartureState {
    /// Policy `approve`: a person has to say yes.
    AwaitingApproval,
    /// The bootstrap is signed and pushed until a release or refusal comes.
    AwaitingRelease,
    /// The TRE refused our bootstrap.
    Refused,
    /// The TRE committed: the device is the new operator's.
    Released,
    /// The TRE rolled back: the device stays ours.
    RolledBack,
    /// Neither came in time.
    Expired,
    /// The subscriber or staff ended it before the bootstrap was sent.
    Cancelled,
}

/// One order by which the device may leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// The order, as the recipient named it.
    #[serde(with = "stored::text")]
    pub order_id: OrderId,
    /// The recipient.
    #[serde(with = "stored::text")]
    pub to: ShoId,
    /// Where it stands.
    pub state: DepartureState,
    /// Why it failed, or what the TRE last refused.
    pub(super) reason: Option<String>,
    #[serde(with = "stored::text")]
    pub(super) announcement: Digest,
    #[serde(with = "stored::base64")]
    pub(super) announcement_octets: Vec<u8>,
    /// The agreed times.
    pub terms: Terms,
    #[serde(with = "stored::moment")]
    pub(super) expires: Timestamp,
    /// How long CertTRE is kept after the release, as the policy was then.
    #[serde(default)]
    pub(super) certificate_s: u64,
    #[serde(default)]
    pub(super) prov_urls: Vec<String>,
    #[serde(with = "stored::base64")]
    pub(super) container: Vec<u8>,
    #[serde(with = "stored::maybe_text")]
    pub(super) container_digest: Option<Digest>,
    #[serde(with = "stored::maybe_text")]
    pub(super) outcome: Option<Digest>,
}

impl Subscription {
    /// A device that becomes ours: made for us (SHO[0]) or moved to us.
    ///
    /// # Errors
    /// A certificate that can't be read.
    pub fn new(
        tre_id: TreId,
        signature_certificate: Vec<u8>,
        imsi: Imsi,
        mcim_id: McimId,
        switch_counter: u64,
    ) -> Result<Self, ProvisioningError> {
        trust::Certificate::from_der(&signature_certificate)?;
        Ok(Self {
            tre_id,
            signature_certificate,
            imsi,
            mcim_id,
            home: Home::Here,
            switch_counter,
            ctx_version: 0,
            watch: SeqWatch::default(),
            clone_suspected: false,
            tokens: Vec::new(),
            departures: Vec::new(),
            retained: Vec::new(),
            shared: false,
            gave_number_back: false,
            certificate_until: None,
        })
    }

    /// Comes back: an older record of the same device at this operator goes
    /// on, with its history and what it still retains. Tokens of the earlier
    /// stay are void.
    #[must_use]
    pub fn returning(mut self, older: Self) -> Self {
        self.watch = older.watch;
        self.departures = older.departures;
        self.retained = older.retained;
        if let Home::Left { retained_until, .. } = older.home
            && !older.gave_number_back
            && older.imsi != self.imsi
        {
            self.retained.push(Retained {
                imsi: older.imsi,
                until: retained_until,
            });
        }
        self
    }

    /// The TRE.
    #[must_use]
    pub fn tre_id(&self) -> &TreId {
        &self.tre_id
    }

    /// The subscriber that the device is here.
    #[must_use]
    pub fn imsi(&self) -> &Imsi {
        &self.imsi
    }

    /// The name of its MCIM, or of its PCID.
    #[must_use]
    pub fn mcim_id(&self) -> McimId {
        self.mcim_id
    }

    /// Whether the device is ours.
    #[must_use]
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Whether a group of devices has the PCID that this one is here.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.shared
    }

    /// The device came with a PCID that a group shares.
    #[must_use]
    pub fn sharing(mut self) -> Self {
        self.shared = true;
        self
    }

    /// Whether the subscriber's number names this device and no other.
    #[must_use]
    pub fn owns_number(&self) -> bool {
        !self.shared && !self.gave_number_back
    }

    /// Whether the CertTRE is still kept.
    #[must_use]
    pub fn has_certificate(&self) -> bool {
        !self.signature_certificate.is_empty()
    }

    /// The count of changes as the TRE signed it last.
    #[must_use]
    pub fn switch_counter(&self) -> u64 {
        self.switch_counter
    }

    /// Whether two devices seem to have this TRE.
    #[must_use]
    pub fn clone_suspected(&self) -> bool {
        self.clone_suspected
    }

    /// An operator has looked and found no clone.
    pub fn lift_clone_suspicion(&mut self) {
        self.clone_suspected = false;
    }

    /// All orders by which it left or might have, oldest first.
    #[must_use]
    pub fn departures(&self) -> &[Departure] {
        &self.departures
    }

    /// A token with which `to` may take the device away: for its subscriber,
    /// shown once.
    ///
    /// # Errors
    /// The device is not ours, or has 16 unspent tokens.
    pub fn issue_token(
        &mut self,
        to: ShoId,
        random: &mut dyn Random,
    ) -> Result<Secret<String>, ProvisioningError> {
        if self.home != Home::Here {
            return Err(ProvisioningError::refused("not-current-sho"));
        }
        let (token, text) = TransferToken::issue(to, random);
        self.tokens.retain(|old| !old.is_spent());
        if self.tokens.len() >= MAX_TOKENS {
            return Err(ProvisioningError::refused("too-many-tokens"));
        }
        self.tokens.push(token);
        Ok(text)
    }

    /// Keeps the last closed orders only, and every open one.
    pub(super) fn forget_old_departures(&mut self) {
        while self.departures.len() >= MAX_DEPARTURES {
            let Some(at) = self.departures.iter().position(|old| !old.is_open()) else {
                return;
            };
            self.departures.remove(at);
        }
    }

    pub(super) fn open(&self) -> Option<&Departure> {
        self.departures.iter().find(|departure| departure.is_open())
    }

    pub(super) fn departure(&mut self, order_id: OrderId, to: &ShoId) -> Option<&mut Departure> {
        self.departures
            .iter_mut()
            .find(|known| known.order_id == order_id && known.to == *to)
    }

    /// A report of the TRE under its pinned certificate.
    pub(super) fn verify_report<D: SignedDocument>(
        &self,
        octets: &[u8],
    ) -> Result<Signed<D>, ProvisioningError> {
        if !self.has_certificate() {
            return Err(ProvisioningError::refused("cert-tre-deleted"));
        }
        let certificate = trust::Certificate::from_der(&self.signature_certificate)?;
        Signed::verify_pinned(octets, certificate.public_key().spki_der())
    }

    /// Notes a report's Seq. A fork stops new orders, never an answer.
    pub(super) fn note(&mut self, seq: u64, digest: Digest) -> Sighting {
        let sighting = self.watch.see(seq, digest);
        self.clone_suspected |= sighting == Sighting::Forked;
        sighting
    }
}

impl Departure {
    /// Whether it still waits for something.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(
            self.state,
            DepartureState::AwaitingApproval | DepartureState::AwaitingRelease
        )
    }

    /// Why it failed, or what the TRE last refused.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        self.reason.as_deref().and_then(Reason::parse)
    }

    /// The recipient's DPFs.
    #[must_use]
    pub fn prov_urls(&self) -> &[String] {
        &self.prov_urls
    }

    /// The signed bootstrap, once there is one.
    #[must_use]
    pub fn container(&self) -> Option<&[u8]> {
        (!self.container.is_empty()).then_some(self.container.as_slice())
    }

    /// When it closes by itself: expiry and the window in which the TRE may
    /// still go back.
    #[must_use]
    pub fn closes_at(&self) -> Timestamp {
        self.expires
            .plus(std::time::Duration::from_secs(self.terms.revert_s.into()))
    }
}
