//! One order at the recipient: its state and what it remembers.

use ::tre::TreId;
use aka::Imsi;
use clock::Timestamp;
use secret::Secret;
use serde::{Deserialize, Serialize};
use trust::ShoId;

use super::Account;
use crate::documents::{Signed, SignedDocument};
use crate::payload::AlgorithmId;
use crate::watch::{SeqWatch, Sighting};
use crate::{Digest, McimId, Nonce, OrderId, ProvisioningError, Reason, Terms, stored};

/// Where an order stands; each says what it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrderState {
    /// The donor has not answered the announcement yet.
    AwaitingAcceptance,
    /// The donor accepted; the TRE has not reported to the DPF yet.
    AwaitingDevice,
    /// The TRE's request was right; the PVA has not vouched for it yet.
    AwaitingPva,
    /// The package is given; the TRE has not reported its install yet.
    AwaitingInstall,
    /// The MCIM is installed and enabled; the TRE has not confirmed yet.
    AwaitingConfirmation,
    /// The decision is stored; the TRE has not reported what it did yet.
    AwaitingOutcome,
    /// The TRE's outcome is here; the donor has not taken the release yet.
    AwaitingReleaseAnswer,
    /// Committed and released: the device is ours.
    Completed,
    /// Rolled back and reported: the device stayed with the donor.
    RolledBack,
    /// Ended by a refusal before anything was installed.
    Failed,
}

impl OrderState {
    /// All of them, in the order in which an order goes through them.
    pub const ALL: [Self; 10] = [
        Self::AwaitingAcceptance,
        Self::AwaitingDevice,
        Self::AwaitingPva,
        Self::AwaitingInstall,
        Self::AwaitingConfirmation,
        Self::AwaitingOutcome,
        Self::AwaitingReleaseAnswer,
        Self::Completed,
        Self::RolledBack,
        Self::Failed,
    ];

    /// The state with this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The state's name in lists and in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AwaitingAcceptance => "awaiting-acceptance",
            Self::AwaitingDevice => "awaiting-device",
            Self::AwaitingPva => "awaiting-pva",
            Self::AwaitingInstall => "awaiting-install",
            Self::AwaitingConfirmation => "awaiting-confirmation",
            Self::AwaitingOutcome => "awaiting-outcome",
            Self::AwaitingReleaseAnswer => "awaiting-release-answer",
            Self::Completed => "completed",
            Self::RolledBack => "rolled-back",
            Self::Failed => "failed",
        }
    }
}

/// One order.
#[derive(Clone, Serialize, Deserialize)]
pub struct Order {
    #[serde(with = "stored::text")]
    pub(super) order_id: OrderId,
    #[serde(with = "stored::text")]
    pub(super) tre_id: TreId,
    #[serde(with = "stored::text")]
    pub(super) from: ShoId,
    #[serde(with = "stored::text")]
    pub(super) to: ShoId,
    pub(super) state: OrderState,
    pub(super) reason: Option<String>,
    #[serde(with = "stored::base64")]
    pub(super) signature_certificate: Vec<u8>,
    pub(super) suite: u8,
    /// The new subscriber's authentication algorithm.
    #[serde(default = "milenage")]
    pub(super) algorithm: u8,
    pub(super) terms: Terms,
    #[serde(with = "stored::moment")]
    pub(super) created: Timestamp,
    #[serde(with = "stored::moment")]
    pub(super) expires: Timestamp,
    #[serde(with = "stored::text")]
    pub(super) anchor_spki: Digest,
    #[serde(with = "stored::text")]
    pub(super) nonce_a: Nonce,
    pub(super) account: Account,
    #[serde(with = "stored::text")]
    pub(super) mcim_id: McimId,
    #[serde(with = "stored::text")]
    pub(super) imsi: Imsi,
    #[serde(with = "stored::base64")]
    pub(super) mcim_envelope: Vec<u8>,
    #[serde(with = "stored::base64")]
    pub(super) announcement: Vec<u8>,
    pub(super) attempt: u32,
    #[serde(with = "stored::maybe_text")]
    pub(super) nonce_b: Option<Nonce>,
    pub(super) switch_counter: u64,
    pub(super) watch: SeqWatch,
    pub(super) clone_suspected: bool,
    pub(super) confirmation: Option<Kept>,
    pub(super) decision: Option<Kept>,
    pub(super) outcome: Option<Kept>,
    #[serde(with = "stored::maybe_base64")]
    pub(super) release: Option<Vec<u8>>,
    pub(super) installs: u32,
    /// The subscriber of an order that came to nothing is deleted.
    #[serde(default)]
    pub(super) mcim_deleted: bool,
}

/// The only algorithm of orders that were stored without one.
fn milenage() -> u8 {
    AlgorithmId::Milenage.octet()
}

/// A signed document as it was received or sent.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    #[serde(with = "stored::base64")]
    pub(super) octets: Vec<u8>,
    #[serde(with = "stored::text")]
    pub(super) digest: Digest,
    /// `commit` where the document is one.
    pub(super) commit: bool,
    pub(super) seq: u64,
}

impl Order {
    /// The order's name.
    #[must_use]
    pub fn order_id(&self) -> OrderId {
        self.order_id
    }

    /// The device's TRE.
    #[must_use]
    pub fn tre_id(&self) -> &TreId {
        &self.tre_id
    }

    /// The donor.
    #[must_use]
    pub fn from(&self) -> &ShoId {
        &self.from
    }

    /// The recipient.
    #[must_use]
    pub fn to(&self) -> &ShoId {
        &self.to
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> OrderState {
        self.state
    }

    /// Why it failed, or what was refused last.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        self.reason.as_deref().and_then(Reason::parse)
    }

    /// When it was made.
    #[must_use]
    pub fn created(&self) -> Timestamp {
        self.created
    }

    /// The subscriber that the device is to become.
    #[must_use]
    pub fn imsi(&self) -> &Imsi {
        &self.imsi
    }

    /// The MCIM's name.
    #[must_use]
    pub fn mcim_id(&self) -> McimId {
        self.mcim_id
    }

    /// Its DM account.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Keeps the nonces that a session ended with.
    pub fn set_nonces(&mut self, client: Vec<u8>, server: Vec<u8>) {
        self.account.client_nonce = client;
        self.account.server_nonce = server;
    }

    /// The signed announcement: the same octets at every try.
    #[must_use]
    pub fn announcement(&self) -> &[u8] {
        &self.announcement
    }

    /// The signed release, once there is one: the same octets at every try.
    #[must_use]
    pub fn release(&self) -> Option<&[u8]> {
        self.release.as_deref()
    }

    /// Whether two devices seem to have this TRE.
    #[must_use]
    pub fn clone_suspected(&self) -> bool {
        self.clone_suspected
    }

    /// How often an install was reported and acknowledged: once is right.
    #[must_use]
    pub fn installs(&self) -> u32 {
        self.installs
    }

    /// Whether nothing more is expected to happen.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(
            self.state,
            OrderState::Completed | OrderState::RolledBack | OrderState::Failed
        )
    }

    /// Whether the DPF still takes this order's sessions. A rolled-back or
    /// completed order's does, to answer a repeated report.
    #[must_use]
    pub fn takes_sessions(&self) -> bool {
        !matches!(
            self.state,
            OrderState::AwaitingAcceptance | OrderState::Failed
        )
    }

    pub(super) fn fail(&mut self, reason: &Reason) {
        self.note_refusal(reason);
        self.state = OrderState::Failed;
    }

    /// Keeps why something was refused; the order goes on.
    pub fn note_refusal(&mut self, reason: &Reason) {
        self.reason = Some(reason.code().to_owned());
    }

    /// A report of the TRE under the certificate pinned at registration.
    pub(super) fn verify_report<D: SignedDocument>(
        &self,
        octets: &[u8],
    ) -> Result<Signed<D>, ProvisioningError> {
        let certificate = trust::Certificate::from_der(&self.signature_certificate)?;
        Signed::verify_pinned(octets, certificate.public_key().spki_der())
    }

    /// Notes a report's Seq. A fork stops new packages, never an answer.
    pub(super) fn note(&mut self, seq: u64, digest: Digest) -> Sighting {
        let sighting = self.watch.see(seq, digest);
        self.clone_suspected |= sighting == Sighting::Forked;
        sighting
    }
}

/// The transfer token travels in the announcement only; nothing else keeps it.
pub(super) type Token = Option<Secret<String>>;
