//! The outbox at work: what commits asked to be sent is sent, at least once,
//! until it is answered. Announcements and releases go to the donor's peer
//! interface (steps 2 and 12), bootstraps to the node that serves the
//! subscriber (step 3).

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aka::Imsi;
use provisioning::donor::Home;
use provisioning::ports::{Commit, Message, OperatorStore, OutboxId, Outgoing};
use provisioning::{OrderId, Step};
use tls::http::header::{self, HeaderValue};
use tls::http::{ClientRequest, Method, Response};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;
use trust::ShoId;

use super::Shared;
use super::peer_api::{ANNOUNCEMENTS, RELEASES, SIGNED};
use crate::Error;
use crate::problem::reason_of;
use crate::time::now;

/// Messages under way at one time.
const UNDER_WAY: usize = 64;
/// How long the runner waits if nobody wakes it.
const INTERVAL: Duration = Duration::from_millis(500);
/// Pauses after failures double from the first to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LAST_PAUSE: Duration = Duration::from_secs(300);
/// The same where an HLR outside of this program is asked: it tells us nothing by
/// itself, so that nobody can say that it or a subscriber is back.
const LAST_LOOK: Duration = Duration::from_secs(5);

/// The path to which a bootstrap for a subscriber is pushed.
pub(crate) const PUSH: &str = "/vno/v1/push/";

/// What became of a message.
enum Sent {
    /// It is committed as delivered.
    Done,
    /// Not now: again after the pause.
    Later(&'static str),
}

/// Runs until it is dropped.
pub(super) async fn run(shared: Arc<Shared>) {
    let slots = Arc::new(Semaphore::new(UNDER_WAY));
    let under_way = Arc::new(Mutex::new(HashSet::new()));
    if let Err(error) = shared.provision_all().await {
        tracing::warn!(%error, "the HLR is not compared");
    }
    let mut tasks = JoinSet::new();
    loop {
        while tasks.try_join_next().is_some() {}
        // Before the store is read: a row that is delivered while it is read
        // must not be taken for one that still waits.
        let before = lock(&under_way).clone();
        let rows = shared.store.outgoing(now(), 2 * UNDER_WAY).await;
        let rows = rows.unwrap_or_else(|error| {
            tracing::warn!(%error, "the outbox could not be read");
            Vec::new()
        });
        for row in rows {
            if before.contains(&row.id) {
                continue;
            }
            lock(&under_way).insert(row.id);
            let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
                return;
            };
            let (shared, under_way) = (Arc::clone(&shared), Arc::clone(&under_way));
            tasks.spawn(async move {
                let id = row.id;
                shared.deliver(row).await;
                lock(&under_way).remove(&id);
                drop(slot);
            });
        }
        tokio::select! {
            () = shared.outbox.notified() => {}
            Some(_) = tasks.join_next() => {}
            () = sleep(INTERVAL) => {}
        }
    }
}

fn lock(set: &Mutex<HashSet<OutboxId>>) -> std::sync::MutexGuard<'_, HashSet<OutboxId>> {
    set.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    async fn deliver(&self, row: Outgoing) {
        let sent = match &row.message {
            Message::Announcement(order_id) => self.announce(row.id, *order_id).await,
            Message::Release(order_id) => self.release(row.id, *order_id).await,
            Message::Push { imsi, container } => self.push(row.id, imsi, container).await,
            Message::Provision(imsi) => self.provision(row.id, imsi).await,
        };
        let reason = match sent {
            Ok(Sent::Done) => return,
            Ok(Sent::Later(why)) => why.to_owned(),
            Err(error) => error.reason().to_string(),
        };
        tracing::info!(
            row = row.id.0,
            attempts = row.attempts,
            reason,
            "not delivered yet"
        );
        let by_hlr = matches!(row.message, Message::Push { .. } | Message::Provision(_));
        let last = match &self.config.connector {
            Some(_) if by_hlr => LAST_LOOK,
            _ => LAST_PAUSE,
        };
        let pause = FIRST_PAUSE
            .saturating_mul(1 << row.attempts.min(16))
            .min(last);
        if let Err(error) = self.store.postpone(row.id, now().plus(pause)).await {
            tracing::warn!(%error, "a message could not be postponed");
        }
    }

    /// Step 2.
    async fn announce(&self, row: OutboxId, order_id: OrderId) -> Result<Sent, Error> {
        let known = self.store.order(order_id).await?;
        let (order, _) = known.ok_or(Error::Unknown("order"))?;
        let began = Instant::now();
        let octets = order.value.announcement().to_vec();
        let response = self
            .to_peer(order.value.from(), ANNOUNCEMENTS, octets)
            .await?;
        let (status, reason) = (response.status.as_u16(), reason_of(&response));
        if status >= 500 {
            return Ok(Sent::Later("the donor failed"));
        }
        if let Some(reason) = &reason {
            tracing::info!(order = %order_id, status, %reason, "the donor's answer");
        }
        self.at_order(order_id, &[row], |order, _| {
            order.announcement_answered(status, reason.clone());
            Ok(((), Vec::new()))
        })
        .await?;
        self.watch.done(Step::Announcement, began.elapsed());
        Ok(Sent::Done)
    }

    /// Step 12.
    async fn release(&self, row: OutboxId, order_id: OrderId) -> Result<Sent, Error> {
        let known = self.store.order(order_id).await?;
        let (order, _) = known.ok_or(Error::Unknown("order"))?;
        let octets = order.value.release().unwrap_or_default().to_vec();
        let began = Instant::now();
        let response = self.to_peer(order.value.from(), RELEASES, octets).await?;
        let (status, reason) = (response.status.as_u16(), reason_of(&response));
        if status >= 500 {
            return Ok(Sent::Later("the donor failed"));
        }
        if let Some(reason) = &reason {
            tracing::warn!(order = %order_id, status, %reason, "the donor refused the release");
        }
        self.at_order(order_id, &[row], |order, _| {
            order.release_answered(status, reason.clone());
            Ok(((), Vec::new()))
        })
        .await?;
        tracing::info!(order = %order_id, "the donor has the release");
        self.watch.done(Step::Settlement, began.elapsed());
        Ok(Sent::Done)
    }

    pub(super) async fn to_peer(
        &self,
        sho_id: &ShoId,
        path: &str,
        octets: Vec<u8>,
    ) -> Result<Response, Error> {
        let peer = self.config.peers.by_sho_id(sho_id);
        let host = &peer.ok_or(Error::Unknown("peer"))?.host;
        let mut request = ClientRequest::new(Method::POST, host, path).with_body(octets);
        request
            .headers
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(SIGNED));
        Ok(self.client.send(&self.to_peers, request).await?)
    }

    /// Step 3, and step 0'.
    async fn push(&self, row: OutboxId, imsi: &Imsi, container: &[u8]) -> Result<Sent, Error> {
        let Some(change) = self.still_wanted(imsi, container).await? else {
            self.delivered(row).await?;
            return Ok(Sent::Done);
        };
        let Some(sho_id) = self.serving(imsi).await? else {
            return Ok(Sent::Later("in no network"));
        };
        let began = Instant::now();
        let path = format!("{PUSH}{}", imsi.digits());
        let response = self.to_peer(&sho_id, &path, container.to_vec()).await?;
        if !response.status.is_success() {
            return Ok(Sent::Later("not taken"));
        }
        self.delivered(row).await?;
        if change {
            self.watch.done(Step::Bootstrap, began.elapsed());
        }
        Ok(Sent::Done)
    }

    /// The subscriber's row, as it is now, to the HLR outside of this program. A row
    /// that changes meanwhile has a message of its own.
    async fn provision(&self, row: OutboxId, imsi: &Imsi) -> Result<Sent, Error> {
        self.provisioned(imsi).await?;
        self.delivered(row).await?;
        Ok(Sent::Done)
    }

    /// Whether the container still means something to its device, and whether
    /// it is that of a change.
    async fn still_wanted(&self, imsi: &Imsi, container: &[u8]) -> Result<Option<bool>, Error> {
        let known = self.store.subscription_of(imsi).await?;
        let Some(device) = known.filter(|known| *known.value.home() == Home::Here) else {
            return Ok(None);
        };
        let departure = device
            .value
            .departures()
            .iter()
            .find(|departure| departure.container() == Some(container));
        Ok(match departure {
            Some(departure) if departure.is_open() => Some(true),
            Some(_) => None,
            None => Some(false),
        })
    }

    async fn delivered(&self, row: OutboxId) -> Result<(), Error> {
        let commit = Commit {
            delivered: vec![row],
            ..Commit::default()
        };
        Ok(self.commit(commit).await?)
    }
}
