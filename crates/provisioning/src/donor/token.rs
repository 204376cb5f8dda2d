//! Transfer tokens (docs/operator-change.md section 4): 128 bits that name the
//! operator who may take the device, stored as a hash, reserved by acceptance,
//! spent by commit, freed by failure, for at most three orders.

use clock::Random;
use data_encoding::HEXLOWER;
use secret::{Secret, ct_eq};
use serde::{Deserialize, Serialize};
use trust::ShoId;

use crate::{Digest, OrderId, stored};

/// How many orders one token may serve.
const MAX_ORDERS: u32 = 3;

/// A token as its issuer keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferToken {
    #[serde(with = "stored::text")]
    hash: Digest,
    #[serde(with = "stored::text")]
    to: ShoId,
    #[serde(with = "stored::maybe_text")]
    reserved: Option<OrderId>,
    spent: bool,
    orders: u32,
}

impl TransferToken {
    /// A new token for `to`: what is kept, and what the subscriber gets once.
    pub fn issue(to: ShoId, random: &mut dyn Random) -> (Self, Secret<String>) {
        let mut octets = [0; 16];
        random.fill(&mut octets);
        let text = HEXLOWER.encode(&octets);
        let hash = Digest::of(text.as_bytes());
        (
            Self {
                hash,
                to,
                reserved: None,
                spent: false,
                orders: 0,
            },
            Secret::new(text),
        )
    }

    /// Whether `text` is this token and it may serve this operator's order now.
    #[must_use]
    pub fn admits(&self, text: &Secret<String>, to: &ShoId, order_id: OrderId) -> bool {
        ct_eq(&Digest::of(text.expose().as_bytes()).0, &self.hash.0)
            && self.to == *to
            && !self.spent
            && (self.reserved == Some(order_id)
                || (self.reserved.is_none() && self.orders < MAX_ORDERS))
    }

    pub(super) fn is_spent(&self) -> bool {
        self.spent
    }

    pub(super) fn reserve(&mut self, order_id: OrderId) {
        if self.reserved != Some(order_id) {
            self.reserved = Some(order_id);
            self.orders = self.orders.saturating_add(1);
        }
    }

    pub(super) fn free(&mut self, order_id: OrderId) {
        if self.reserved == Some(order_id) {
            self.reserved = None;
        }
    }

    pub(super) fn spend(&mut self, order_id: OrderId) {
        if self.reserved == Some(order_id) {
            self.spent = true;
        }
    }
}
