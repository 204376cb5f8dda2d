//! The operator's API over its pools and its audit log (docs/pcids.md).
//! Numbers of single devices are masked; keys leave in sealed batches only.

use std::time::Duration;

use data_encoding::BASE64;
use provisioning::Reason;
use provisioning::pool::{BatchId, Holder, PcidRecord, PoolPlan, PoolStatus, PoolStore, Stock};
use provisioning::ports::OperatorStore;
use secret::MaskedImsi;
use serde::Deserialize;
use serde_json::{Value, json};
use store::AuditRow;
use tls::http::{Method, Request};

use super::api::{Answer, failed, malformed, read};
use super::pools::{SealedBatch, Wanted};
use super::{AllowedEntry, Operator};

const POOLS: &str = "/api/v1/pools";
const BATCHES: &str = "/api/v1/batches/";
const AUDIT: &str = "/api/v1/audit-log";
const ALLOWED: &str = "/api/v1/allowed/";
const DEPARTURES: &str = "/api/v1/departures/";
/// Entries of the audit log on a page.
const PAGE: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPool {
    name: String,
    first: String,
    last: String,
    from: String,
    until: String,
    retention_s: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewBatch {
    pool: String,
    supplier: String,
    #[serde(default)]
    count: Option<usize>,
    #[serde(default)]
    group: Option<String>,
}

impl Operator {
    /// Answers what is about pools, batches and the log; nothing for other
    /// paths.
    pub(super) async fn answer_pools(&self, request: &Request) -> Option<Answer> {
        let path = request.path.as_str();
        let batch = path.strip_prefix(BATCHES);
        Some(match (&request.method, path, batch) {
            (&Method::GET, POOLS, _) => self.list_pools().await,
            (&Method::POST, POOLS, _) => self.new_pool(&request.body).await,
            (&Method::POST, "/api/v1/batches", _) => self.new_batch(&request.body).await,
            (&Method::GET, _, _) if path.starts_with(ALLOWED) => {
                self.list_allowed(path.strip_prefix(ALLOWED).unwrap_or_default())
                    .await
            }
            (&Method::GET, _, _) if path.starts_with(DEPARTURES) => {
                self.list_departures(path.strip_prefix(DEPARTURES).unwrap_or_default())
                    .await
            }
            (&Method::GET, AUDIT, _) => self.list_log(request.query.as_deref()).await,
            (&Method::GET, _, Some(id)) => self.list_batch(id).await,
            (&Method::POST, _, Some(id)) => self.batch_again(id).await,
            (&Method::DELETE, _, Some(id)) => self.batch_given_up(id).await,
            _ => return None,
        })
    }

    async fn list_pools(&self) -> Answer {
        let store = self.store();
        let pools = store.pools().await.map_err(|error| failed(error.into()))?;
        let stocks = store.stocks().await.map_err(|error| failed(error.into()))?;
        let pools: Vec<Value> = pools.iter().map(pool).collect();
        let stocks: Vec<Value> = stocks.iter().map(stock).collect();
        Ok(json!({ "pools": pools, "stocks": stocks }))
    }

    async fn new_pool(&self, body: &[u8]) -> Answer {
        let new: NewPool = read(body)?;
        let plan = PoolPlan {
            name: new.name.parse().map_err(|_| malformed())?,
            first: new.first.parse().map_err(|_| malformed())?,
            last: new.last.parse().map_err(|_| malformed())?,
            from: new.from.parse().map_err(|_| malformed())?,
            until: new.until.parse().map_err(|_| malformed())?,
            retention: Duration::from_secs(new.retention_s.into()),
        };
        self.add_pool(plan).await.map_err(failed)?;
        Ok(json!({ "pool": new.name }))
    }

    async fn new_batch(&self, body: &[u8]) -> Answer {
        let new: NewBatch = read(body)?;
        let group = new.group.map(|name| name.parse()).transpose();
        let wanted = Wanted {
            pool: new.pool.parse().map_err(|_| malformed())?,
            supplier: new.supplier.parse().map_err(|_| malformed())?,
            count: new.count.unwrap_or(1),
            group: group.map_err(|_| malformed())?,
        };
        let drawn = self.draw_pcids(wanted).await.map_err(failed)?;
        Ok(sealed(&drawn))
    }

    async fn batch_again(&self, id: &str) -> Answer {
        let drawn = self.seal_batch(batch_id(id)?).await.map_err(failed)?;
        Ok(sealed(&drawn))
    }

    async fn list_batch(&self, id: &str) -> Answer {
        let records = self.store().batch(batch_id(id)?).await;
        let records = records.map_err(|error| failed(error.into()))?;
        if records.is_empty() {
            return Err((404, Reason::new("unknown-batch")));
        }
        let pcids: Vec<Value> = records.iter().map(pcid).collect();
        Ok(json!({ "batch": id, "pcids": pcids }))
    }

    async fn batch_given_up(&self, id: &str) -> Answer {
        let count = self.give_up_batch(batch_id(id)?).await.map_err(failed)?;
        Ok(json!({ "batch": id, "given_up": count }))
    }

    /// What the devices with a PCID may reach, for a packet gateway.
    async fn list_allowed(&self, imsi: &str) -> Answer {
        let imsi = imsi.parse().map_err(|_| malformed())?;
        let list = self.allowed(&imsi).await.map_err(failed)?;
        let list: Vec<Value> = list.iter().map(AllowedEntry::to_json).collect();
        Ok(json!({ "allowed": list }))
    }

    /// The orders by which a device left or might have.
    async fn list_departures(&self, tre_id: &str) -> Answer {
        let tre_id = tre_id.parse().map_err(|_| malformed())?;
        let known = self.store().subscription(&tre_id).await;
        let known = known.map_err(|error| failed(error.into()))?;
        let device = known.ok_or((404, Reason::new("unknown-tre")))?.value;
        let departures = device.departures().iter().map(|departure| {
            json!({
                "order_id": departure.order_id.to_string(),
                "to": departure.to.to_string(),
                "state": departure.state,
                "reason": departure.reason().as_ref().map(Reason::code),
            })
        });
        Ok(json!({ "departures": departures.collect::<Vec<_>>() }))
    }

    async fn list_log(&self, query: Option<&str>) -> Answer {
        let before = match query.filter(|query| !query.is_empty()) {
            None => None,
            Some(query) => {
                let number = query.strip_prefix("before=").ok_or_else(malformed)?;
                Some(number.parse().map_err(|_| malformed())?)
            }
        };
        let rows = self.store().audit_log(before, PAGE).await;
        let rows = rows.map_err(|error| failed(error.into()))?;
        let next = rows
            .last()
            .map(|row| row.number)
            .filter(|_| rows.len() == PAGE);
        let entries: Vec<Value> = rows.iter().map(entry).collect();
        Ok(json!({ "entries": entries, "next": next }))
    }
}

fn batch_id(text: &str) -> Result<BatchId, (u16, Reason)> {
    text.parse().map_err(|_| malformed())
}

/// A pool as API and command line show it.
#[must_use]
pub fn pool(status: &PoolStatus) -> Value {
    let plan = status.pool.plan();
    json!({
        "name": plan.name.as_str(),
        "first": plan.first.digits(),
        "last": plan.last.digits(),
        "from": plan.from.to_string(),
        "until": plan.until.to_string(),
        "retention_s": plan.retention.as_secs(),
        "used": status.used,
        "total": status.pool.total(),
        "level": status.level.name(),
    })
}

/// A stock as API and command line show it.
#[must_use]
pub fn stock(stock: &Stock) -> Value {
    json!({
        "stock": stock.name,
        "used": stock.used,
        "total": stock.total,
        "level": stock.level.name(),
    })
}

/// An entry of the audit log as API and command line show it.
#[must_use]
pub fn entry(row: &AuditRow) -> Value {
    json!({
        "number": row.number,
        "at": row.at.to_string(),
        "actor": row.actor,
        "action": row.action,
        "subject": row.subject,
        "why": row.why,
    })
}

fn pcid(record: &PcidRecord) -> Value {
    let holder = match &record.holder {
        None => Value::Null,
        Some(Holder::Supplier(name)) => json!({ "supplier": name.as_str() }),
        Some(Holder::Tre(tre_id)) => json!({ "tre_id": tre_id.as_str() }),
        Some(Holder::Group(name)) => json!({ "group": name.as_str() }),
    };
    json!({
        "imsi": MaskedImsi(record.imsi.digits()).to_string(),
        "state": record.state.name(),
        "holder": holder,
        "uses": record.uses,
        "expires": record.expires.to_string(),
    })
}

fn sealed(batch: &SealedBatch) -> Value {
    json!({
        "batch": batch.id.to_string(),
        "count": batch.count,
        "expires": batch.expires.to_string(),
        "sealed": BASE64.encode(&batch.octets),
    })
}
