//! What an operator's node must store for the engines of this crate, and how:
//! load aggregates, call a step, commit all changes and what is to be sent in
//! one transaction, then send (house rule "store, then answer"). Implemented by
//! the crate `store`; one behaviour suite runs over every backend. An HLR outside
//! of the program has a port of its own, [`hlr`].

pub mod hlr;

use std::future::Future;

use aka::Imsi;
use clock::Timestamp;
use thiserror::Error;

use crate::OrderId;
use crate::donor::Subscription;
use crate::effect::Effect;
use crate::hlr::Subscriber;
use crate::recipient::{Order, TreCertificates};

/// An aggregate with the version under which it was loaded; 0 for a new one.
#[derive(Clone)]
pub struct Versioned<T> {
    /// The aggregate.
    pub value: T,
    /// Raised by one at every commit.
    pub version: u64,
}

/// All that one step changed. Committed whole or not at all.
#[derive(Default)]
pub struct Commit {
    /// Devices that are or were ours.
    pub subscriptions: Vec<Versioned<Subscription>>,
    /// Orders by which devices come to us.
    pub orders: Vec<Versioned<Order>>,
    /// CertTREs to keep with new orders.
    pub certificates: Vec<(OrderId, TreCertificates)>,
    /// Subscribers of the HLR.
    pub subscribers: Vec<Versioned<Subscriber>>,
    /// What the steps asked for. Effects on the HLR and
    /// [`Effect::BecomeHome`] are applied in the same transaction; the others
    /// become rows of the outbox.
    pub effects: Vec<Effect>,
    /// Rows of the outbox that are done with.
    pub delivered: Vec<OutboxId>,
    /// Subscribers that can be reached again: what is to be pushed to them may
    /// be tried at once, however long it was postponed.
    pub reachable: Vec<Imsi>,
    /// Subscribers whose HLR outside of this program is to be brought to the row
    /// that is stored here: each becomes a row of the outbox, the only one for its
    /// subscriber, with a new name.
    pub provision: Vec<Imsi>,
}

/// A row of the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutboxId(pub u64);

/// Something to send, at least once, until it is committed as delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Its row.
    pub id: OutboxId,
    /// What and where to.
    pub message: Message,
    /// How often it was tried.
    pub attempts: u32,
}

/// What can be in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// The order's announcement, to its donor.
    Announcement(OrderId),
    /// The order's release, to its donor.
    Release(OrderId),
    /// A bootstrap container, to the node that serves this subscriber.
    Push {
        /// The subscriber.
        imsi: Imsi,
        /// The container.
        container: Vec<u8>,
    },
    /// The subscriber's row, to the HLR outside of this program: what is stored
    /// when it is delivered, not when it was asked for.
    Provision(Imsi),
}

/// Why a store did not do what it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Somebody else changed an aggregate since it was loaded: load it again
    /// and repeat the step. Nothing was stored.
    #[error("an aggregate changed since it was loaded")]
    Conflict,
    /// No room: nothing was stored, and the same commit may go through later.
    #[error("the store is full")]
    Full,
    /// Denied by a rule of numbers or pools; nothing was stored.
    #[error("refused: {0}")]
    Refused(crate::Reason),
    /// Another fault of the store; nothing was stored.
    #[error("the store failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// An operator's store.
pub trait OperatorStore: Send + Sync {
    /// A device by its TRE.
    fn subscription(
        &self,
        tre_id: &::tre::TreId,
    ) -> impl Future<Output = Result<Option<Versioned<Subscription>>, StoreError>> + Send;

    /// A device by the subscriber that it is here.
    fn subscription_of(
        &self,
        imsi: &Imsi,
    ) -> impl Future<Output = Result<Option<Versioned<Subscription>>, StoreError>> + Send;

    /// An order with its CertTREs.
    fn order(
        &self,
        order_id: OrderId,
    ) -> impl Future<Output = Result<Option<(Versioned<Order>, TreCertificates)>, StoreError>> + Send;

    /// The newest order of this TRE.
    fn order_of(
        &self,
        tre_id: &::tre::TreId,
    ) -> impl Future<Output = Result<Option<(Versioned<Order>, TreCertificates)>, StoreError>> + Send;

    /// A subscriber of the HLR.
    fn subscriber(
        &self,
        imsi: &Imsi,
    ) -> impl Future<Output = Result<Option<Versioned<Subscriber>>, StoreError>> + Send;

    /// An IMSI of this operator that was never given before, durably taken.
    fn take_imsi(&self, prefix: &str) -> impl Future<Output = Result<Imsi, StoreError>> + Send;

    /// Stores all of it, or nothing.
    fn commit(&self, commit: Commit) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Up to `limit` rows of the outbox whose time has come, oldest first; of
    /// what is to be pushed to one subscriber only the oldest row.
    fn outgoing(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Outgoing>, StoreError>> + Send;

    /// A row of the outbox was tried without success: not before `next` again.
    fn postpone(
        &self,
        id: OutboxId,
        next: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Orders and devices whose `poll_timeout` has come.
    fn due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<(Vec<OrderId>, Vec<::tre::TreId>), StoreError>> + Send;
}
