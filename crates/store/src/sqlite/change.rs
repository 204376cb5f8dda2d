//! One change of the store, and how it is made inside the writer's transaction.

use std::collections::BTreeMap;

use aka::Imsi;
use clock::Timestamp;
use provisioning::OrderId;
use provisioning::effect::Effect;
use provisioning::hlr::Subscriber;
use provisioning::ports::{Commit, OutboxId};
use provisioning::recipient::TreCertificates;
use rusqlite::Connection;

use super::issued::IssuedChange;
use super::management::ManagementChange;
use super::orders::OrderRow;
use super::pools::{self, PoolChange, PoolDone};
use super::subscribers::SubscriberRow;
use super::subscriptions::SubscriptionRow;
use super::{audit, imsi, orders, outbox, subscribers, subscriptions};
use crate::sealed::number;
use crate::{Error, StoreKey};

/// What the writer is asked for.
pub(super) enum Change {
    Commit(Prepared),
    TakeImsi { prefix: String },
    Postpone { id: OutboxId, next: Timestamp },
    ProvisionAll,
    Management(ManagementChange),
    Issued(IssuedChange),
    Pool(PoolChange),
}

/// What a change gives.
pub(super) enum Done {
    Stored,
    Imsi(Imsi),
    Rows(usize),
    Pool(PoolDone),
}

/// A commit whose aggregates are sealed already where their versions are known:
/// the writer is one thread, its callers are many.
pub(super) struct Prepared {
    delivered: Vec<OutboxId>,
    subscriptions: Vec<SubscriptionRow>,
    orders: Vec<OrderRow>,
    subscribers: Vec<SubscriberRow>,
    effects: Vec<Effect>,
    reachable: Vec<Imsi>,
    provision: Vec<Imsi>,
}

impl Prepared {
    pub(super) fn new(key: &StoreKey, commit: Commit) -> Result<Self, Error> {
        let mut certificates: BTreeMap<OrderId, TreCertificates> =
            commit.certificates.into_iter().collect();
        let prepared = Self {
            delivered: commit.delivered,
            subscriptions: commit
                .subscriptions
                .iter()
                .map(|change| SubscriptionRow::seal(key, &change.value, change.version))
                .collect::<Result<_, _>>()?,
            orders: commit
                .orders
                .iter()
                .map(|order| {
                    OrderRow::seal(key, order, certificates.remove(&order.value.order_id()))
                })
                .collect::<Result<_, _>>()?,
            subscribers: commit
                .subscribers
                .into_iter()
                .map(|change| SubscriberRow::prepare(key, change))
                .collect::<Result<_, _>>()?,
            effects: commit.effects,
            reachable: commit.reachable,
            provision: commit.provision,
        };
        if certificates.is_empty() {
            Ok(prepared)
        } else {
            Err(Error::Misuse("CertTREs without their order"))
        }
    }

    /// Delivered rows go first: the same message may be asked for anew.
    fn apply(&self, conn: &Connection, key: &StoreKey) -> Result<(), Error> {
        for id in &self.delivered {
            outbox::delivered(conn, *id)?;
        }
        for row in &self.subscriptions {
            row.write(conn)?;
        }
        for row in &self.orders {
            row.write(conn)?;
        }
        for row in &self.subscribers {
            row.write(conn, key)?;
        }
        for effect in &self.effects {
            match effect {
                // A number of a pool may be another device's by now.
                Effect::DeleteSubscriber(imsi)
                    if pools::is_of_others(conn, imsi, &self.devices())? => {}
                effect => apply_effect(conn, key, effect)?,
            }
        }
        for imsi in &self.provision {
            outbox::provision(conn, imsi)?;
        }
        self.reachable
            .iter()
            .try_for_each(|imsi| outbox::wake(conn, imsi))
    }
}

impl Prepared {
    /// The TREs whose records this commit is about.
    fn devices(&self) -> Vec<&str> {
        self.subscriptions
            .iter()
            .map(SubscriptionRow::tre_id)
            .collect()
    }
}

impl Change {
    /// Whether something may be deleted that is to be in no file afterwards.
    pub(super) fn deletes(&self) -> bool {
        match self {
            Self::Commit(prepared) => prepared.effects.iter().any(|effect| {
                matches!(
                    effect,
                    Effect::DeleteSubscriber(_)
                        | Effect::DropPcid { .. }
                        | Effect::DeleteCertTre(_)
                )
            }),
            Self::Pool(change) => change.deletes(),
            _ => false,
        }
    }

    /// Makes the change. After an error the caller undoes what was made of it.
    pub(super) fn apply(&self, conn: &Connection, key: &StoreKey) -> Result<Done, Error> {
        match self {
            Self::Commit(prepared) => prepared.apply(conn, key).map(|()| Done::Stored),
            Self::Management(change) => change.apply(conn, key).map(Done::Rows),
            Self::Issued(change) => change.apply(conn).map(Done::Rows),
            Self::ProvisionAll => outbox::provision_all(conn).map(Done::Rows),
            Self::Pool(change) => change.apply(conn, key).map(Done::Pool),
            Self::TakeImsi { prefix } => imsi::take(conn, prefix).map(Done::Imsi),
            Self::Postpone { id, next } => {
                outbox::postpone(conn, *id, number(next.unix_millis())).map(|()| Done::Stored)
            }
        }
    }
}

fn apply_effect(conn: &Connection, key: &StoreKey, effect: &Effect) -> Result<(), Error> {
    match effect {
        Effect::CreateSubscriber { imsi, keys } => {
            subscribers::create(conn, key, &Subscriber::new(imsi.clone(), keys.clone()))
        }
        Effect::EnableSubscriber(imsi) => subscribers::enable(conn, key, imsi.digits()),
        Effect::DisableSubscriber(imsi) => subscribers::disable(conn, key, imsi.digits()),
        Effect::DeleteSubscriber(imsi) => subscribers::delete(conn, imsi.digits()),
        Effect::DeleteCertTre(tre_id) => orders::forget(conn, tre_id.as_str()),
        Effect::AssignPcid { imsi, tre_id, at } => pools::assign(conn, imsi, tre_id, *at),
        Effect::DropPcid { imsi, tre_id, at } => pools::dropped(conn, imsi, tre_id, *at),
        Effect::Record(entry) => audit::record(conn, entry),
        Effect::Push { imsi, container } => outbox::push(conn, imsi, container),
        Effect::Announce(order_id) => outbox::announce(conn, *order_id),
        Effect::SendRelease(order_id) => outbox::release(conn, *order_id),
        Effect::BecomeHome(subscription) => subscriptions::become_home(conn, key, subscription),
    }
}
