//! What the host around the TRE remembers (docs/operator-change.md section 7:
//! MCIM and NAP switch at probation; anchor, account and DRF at commit).

use serde::{Deserialize, Serialize};

use crate::bootstrap::NetworkAccess;
use crate::session::DeviceAccount;
use crate::tre::Accepted;
use crate::{OrderId, stored};

/// How many refusals wait at most; older ones give way.
const MAX_REFUSALS: usize = 8;

/// The host's memory, without what the TRE keeps to itself.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Host {
    /// The current operator's network.
    access: Option<NetworkAccess>,
    /// The new operator's, from the install to the end of the order.
    new_access: Option<NetworkAccess>,
    /// The current operator's DRF.
    drf_url: Option<String>,
    /// The new operator's, from commit on.
    next_drf_url: Option<String>,
    /// The open order's account.
    pub(super) account: Option<DeviceAccount>,
    /// Signed refusals that the DRF does not have yet.
    pub(super) refusals: Vec<Refused>,
    /// The TRE's word that it erased the PCID, which nobody has yet.
    #[serde(default)]
    pub(super) dropped: Option<Refused>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Refused(#[serde(with = "stored::base64")] pub(super) Vec<u8>);

impl Host {
    /// The network for the current operator's MCIM, or for the new one's.
    #[must_use]
    pub fn access(&self, new: bool) -> Option<&NetworkAccess> {
        self.new_access
            .as_ref()
            .filter(|_| new)
            .or(self.access.as_ref())
    }

    /// Where refusals go: to the current operator's DRF, which from commit on
    /// is the new one's.
    #[must_use]
    pub fn drf_url(&self, committed: bool) -> Option<&str> {
        self.next_drf_url
            .as_deref()
            .filter(|_| committed)
            .or(self.drf_url.as_deref())
    }

    pub(super) fn account_of(&self, order_id: OrderId) -> Option<&DeviceAccount> {
        self.account
            .as_ref()
            .filter(|account| account.order_id() == order_id)
    }

    pub(super) fn accept(&mut self, accepted: Accepted) {
        match accepted {
            Accepted::Repeated => {}
            Accepted::Connectivity { access, drf_url } => {
                self.access = Some(access);
                self.drf_url = Some(drf_url);
            }
            Accepted::Change {
                access,
                change,
                drf_url,
                credentials,
            } => {
                self.access = Some(access);
                self.next_drf_url = Some(drf_url);
                self.account = Some(DeviceAccount::new(change.prov_urls.clone(), &credentials));
            }
        }
    }

    pub(super) fn keep_refusal(&mut self, octets: Vec<u8>) {
        self.refusals.push(Refused(octets));
        let surplus = self.refusals.len().saturating_sub(MAX_REFUSALS);
        self.refusals.drain(..surplus);
    }

    pub(super) fn keep_dropped(&mut self, octets: Vec<u8>) {
        self.dropped = Some(Refused(octets));
    }

    /// What is to be posted to the DRF next.
    pub(super) fn report(&self) -> Option<&[u8]> {
        let next = self.refusals.first().or(self.dropped.as_ref());
        next.map(|report| report.0.as_slice())
    }

    /// What [`Self::report`] gave was answered.
    pub(super) fn drop_report(&mut self) {
        if self.refusals.is_empty() {
            self.dropped = None;
        } else {
            self.refusals.remove(0);
        }
    }

    /// The next of the order's PROVURLs, since the last one did not do.
    pub(super) fn next_url(&mut self) {
        if let Some(account) = &mut self.account {
            account.next_url();
        }
    }

    /// The new operator's network, for the probation.
    pub(super) fn install(&mut self, access: Option<NetworkAccess>) {
        self.new_access = access;
    }

    /// The order is over and the old operator stays the current one.
    pub(super) fn roll_back(&mut self) {
        self.new_access = None;
        self.next_drf_url = None;
    }

    /// The new operator is the current one.
    pub(super) fn commit(&mut self) {
        self.access = self.new_access.take().or(self.access.take());
        self.drf_url = self.next_drf_url.take().or(self.drf_url.take());
    }
}
