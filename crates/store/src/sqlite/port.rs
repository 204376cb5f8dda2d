//! The port of the crate `provisioning` over writer and readers.

use std::str::FromStr;
use std::sync::Arc;

use aka::Imsi;
use clock::Timestamp;
use provisioning::OrderId;
use provisioning::donor::Subscription;
use provisioning::hlr::Subscriber;
use provisioning::ports::{Commit, OperatorStore, OutboxId, Outgoing, StoreError, Versioned};
use provisioning::recipient::{Order, TreCertificates};
use rusqlite::Connection;
use tre::TreId;

use super::change::{Change, Done, Prepared};
use super::{SqliteStore, orders, outbox, subscribers, subscriptions};
use crate::sealed::number;
use crate::{Error, StoreKey};

impl SqliteStore {
    /// Looks something up by its name.
    async fn find<T: Send + 'static>(
        &self,
        name: String,
        find: fn(&Connection, &StoreKey, &str) -> Result<T, Error>,
    ) -> Result<T, StoreError> {
        let key = Arc::clone(&self.key);
        let found = self.readers.read(move |conn| find(conn, &key, &name)).await;
        Ok(found?)
    }
}

impl OperatorStore for SqliteStore {
    async fn subscription(
        &self,
        tre_id: &TreId,
    ) -> Result<Option<Versioned<Subscription>>, StoreError> {
        self.find(tre_id.as_str().to_owned(), subscriptions::by_tre)
            .await
    }

    async fn subscription_of(
        &self,
        imsi: &Imsi,
    ) -> Result<Option<Versioned<Subscription>>, StoreError> {
        self.find(imsi.digits().to_owned(), subscriptions::by_imsi)
            .await
    }

    async fn order(
        &self,
        order_id: OrderId,
    ) -> Result<Option<(Versioned<Order>, TreCertificates)>, StoreError> {
        self.find(order_id.to_string(), orders::by_id).await
    }

    async fn order_of(
        &self,
        tre_id: &TreId,
    ) -> Result<Option<(Versioned<Order>, TreCertificates)>, StoreError> {
        self.find(tre_id.as_str().to_owned(), orders::newest_of)
            .await
    }

    async fn subscriber(&self, imsi: &Imsi) -> Result<Option<Versioned<Subscriber>>, StoreError> {
        self.find(imsi.digits().to_owned(), subscribers::by_imsi)
            .await
    }

    async fn take_imsi(&self, prefix: &str) -> Result<Imsi, StoreError> {
        let prefix = prefix.to_owned();
        match self.change(Change::TakeImsi { prefix }).await? {
            Done::Imsi(imsi) => Ok(imsi),
            _ => Err(Error::Closed.into()),
        }
    }

    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        let prepared = Prepared::new(&self.key, commit)?;
        self.change(Change::Commit(prepared)).await?;
        Ok(())
    }

    async fn outgoing(&self, now: Timestamp, limit: usize) -> Result<Vec<Outgoing>, StoreError> {
        let (now, limit) = (number(now.unix_millis()), bound(limit));
        let query = move |conn: &Connection| outbox::outgoing(conn, now, limit);
        Ok(self.readers.read(query).await?)
    }

    async fn postpone(&self, id: OutboxId, next: Timestamp) -> Result<(), StoreError> {
        self.change(Change::Postpone { id, next }).await?;
        Ok(())
    }

    async fn due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<(Vec<OrderId>, Vec<TreId>), StoreError> {
        let (now, limit) = (number(now.unix_millis()), bound(limit));
        let query = move |conn: &Connection| {
            Ok((
                parse_all(&orders::due(conn, now, limit)?)?,
                parse_all(&subscriptions::due(conn, now, limit)?)?,
            ))
        };
        Ok(self.readers.read(query).await?)
    }
}

fn parse_all<T: FromStr>(texts: &[String]) -> Result<Vec<T>, Error> {
    texts.iter().map(|text| outbox::parse(text)).collect()
}

fn bound(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
