//! The operator's API, version 1: registration in bulk, transfer tokens,
//! handovers, orders, certificates. JSON over HTTP on a loopback address, with a bearer token
//! (RFC 6750); refusals are problems (RFC 9457) with the reason as `code`.

use data_encoding::BASE64;
use provisioning::ports::{OperatorStore, StoreError};
use provisioning::recipient::{Order, OrderState, Registration, TreCertificates};
use provisioning::{OrderId, Reason};
use secret::Secret;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{OrderQuery, OrderSummary};
use tls::http::header::{self, HeaderValue};
use tls::http::{Method, Request, Response, StatusCode};
use tre::TreId;
use trust::ShoId;

use super::Operator;
use crate::Error;
use crate::bearer::{is_allowed, token_wrong};
use crate::problem::refusal;

/// The most rows in one request.
const MAX_ROWS: usize = 1_000;
/// Orders on a page, unless asked otherwise.
const PAGE: usize = 100;

const DEVICES: &str = "/api/v1/devices";
const TOKENS: &str = "/api/v1/transfer-tokens";
const HANDOVERS: &str = "/api/v1/handovers";
const ORDERS: &str = "/api/v1/orders";
const CERTIFICATES: &str = "/api/v1/certificates";

/// Devices to be registered with this operator.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Devices {
    devices: Vec<DeviceRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviceRow {
    tre_id: String,
    sho_id: String,
    cert_sig: String,
    cert_enc: String,
    #[serde(default)]
    token: Option<String>,
}

/// Devices of this operator that may leave for `to`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tokens {
    to: String,
    tre_ids: Vec<String>,
}

pub(super) type Answer = Result<Value, (u16, Reason)>;

impl Operator {
    pub(super) async fn answer_api(&self, request: &Request) -> Response {
        if !self.is_allowed(request) {
            return token_wrong();
        }
        let path = request.path.as_str();
        let of_pools = self.answer_pools(request).await;
        let answer = match (&request.method, path) {
            _ if of_pools.is_some() => of_pools.unwrap_or_else(|| Err(malformed())),
            (&Method::POST, DEVICES) => self.register_rows(&request.body).await,
            (&Method::POST, TOKENS) => self.issue_tokens(&request.body).await,
            (&Method::POST, HANDOVERS) => self.take_handover(&request.body).await,
            (&Method::GET, ORDERS) => self.list_orders(request.query.as_deref()).await,
            _ if path.starts_with(CERTIFICATES) => self
                .answer_certificates(request)
                .await
                .unwrap_or_else(|| Err((404, Reason::new("unknown-path")))),
            (&Method::GET, _) => {
                match path.strip_prefix(ORDERS).and_then(|p| p.strip_prefix('/')) {
                    Some(order_id) => self.show_order(order_id).await,
                    None => Err((404, Reason::new("unknown-path"))),
                }
            }
            _ => Err((404, Reason::new("unknown-path"))),
        };
        match answer {
            Ok(value) => {
                let mut response = Response::new(StatusCode::OK).with_body(value.to_string());
                let json = HeaderValue::from_static("application/json");
                response.headers.insert(header::CONTENT_TYPE, json);
                response
            }
            Err((status, reason)) => refusal(status, &reason),
        }
    }

    fn is_allowed(&self, request: &Request) -> bool {
        let digest = self.0.config.api_token.as_ref();
        digest.is_some_and(|digest| is_allowed(request, digest))
    }

    /// A result for each row; good rows go through beside bad ones.
    async fn register_rows(&self, body: &[u8]) -> Answer {
        let Devices { devices } = read(body)?;
        limit(devices.len())?;
        let mut results = Vec::new();
        for row in devices {
            let tre_id = row.tre_id.clone();
            let registered = match registration(row) {
                Ok(registration) => self.register(registration).await.map_err(|e| e.reason()),
                Err(reason) => Err(reason),
            };
            results.push(match registered {
                Ok(order_id) => json!({ "tre_id": tre_id, "order_id": order_id.to_string() }),
                Err(reason) => json!({ "tre_id": tre_id, "code": reason.code() }),
            });
        }
        Ok(json!({ "results": results }))
    }

    async fn issue_tokens(&self, body: &[u8]) -> Answer {
        let Tokens { to, tre_ids } = read(body)?;
        limit(tre_ids.len())?;
        let to: ShoId = to.parse().map_err(|_| malformed())?;
        let mut results = Vec::new();
        for text in tre_ids {
            let issued = match text.parse::<TreId>() {
                Ok(tre_id) => self.issue_token(&tre_id, &to).await.map_err(|e| e.reason()),
                Err(_) => Err(Reason::new("malformed")),
            };
            results.push(match issued {
                Ok(token) => json!({ "tre_id": text, "token": token.expose() }),
                Err(reason) => json!({ "tre_id": text, "code": reason.code() }),
            });
        }
        Ok(json!({ "results": results }))
    }

    async fn take_handover(&self, body: &[u8]) -> Answer {
        let rows = self.import_handover(body).await.map_err(failed)?;
        let results: Vec<Value> = rows
            .into_iter()
            .map(|(tre_id, result)| match result {
                Ok(()) => json!({ "tre_id": tre_id.as_str() }),
                Err(error) => {
                    json!({ "tre_id": tre_id.as_str(), "code": error.reason().code() })
                }
            })
            .collect();
        Ok(json!({ "results": results }))
    }

    async fn list_orders(&self, query: Option<&str>) -> Answer {
        let query = order_query(query.unwrap_or_default()).ok_or_else(malformed)?;
        let page = self.store().orders(query).await;
        let page = page.map_err(|error| failed(error.into()))?;
        let orders: Vec<Value> = page.orders.iter().map(summary).collect();
        Ok(json!({ "orders": orders, "next": page.next }))
    }

    async fn show_order(&self, order_id: &str) -> Answer {
        let order_id: OrderId = order_id.parse().map_err(|_| malformed())?;
        let known = self.store().order(order_id).await;
        let known = known.map_err(|error| failed(error.into()))?;
        let (order, _) = known.ok_or((404, Reason::new("unknown-order")))?;
        Ok(whole(&order.value))
    }
}

pub(super) fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, (u16, Reason)> {
    serde_json::from_slice(body).map_err(|_| malformed())
}

fn limit(rows: usize) -> Result<(), (u16, Reason)> {
    if rows <= MAX_ROWS {
        Ok(())
    } else {
        Err((413, Reason::new("too-many-rows")))
    }
}

pub(super) fn malformed() -> (u16, Reason) {
    (400, Reason::new("malformed"))
}

pub(super) fn failed(error: Error) -> (u16, Reason) {
    let status = match error {
        Error::Store(StoreError::Refused(_)) => 409,
        Error::Store(_) | Error::StoreFailed(_) | Error::Io(_) => 503,
        _ => 422,
    };
    (status, error.reason())
}

fn registration(row: DeviceRow) -> Result<Registration, Reason> {
    let octets = |text: &str, name| {
        BASE64
            .decode(text.as_bytes())
            .map_err(|_| Reason::new(name))
    };
    let envelope = octets(&row.cert_enc, "cert-enc-malformed")?;
    Ok(Registration {
        tre_id: row
            .tre_id
            .parse()
            .map_err(|_| Reason::new("tre-id-malformed"))?,
        from: row
            .sho_id
            .parse()
            .map_err(|_| Reason::new("sho-id-malformed"))?,
        certificates: TreCertificates {
            signature: octets(&row.cert_sig, "cert-sig-malformed")?,
            envelope: (!envelope.is_empty()).then_some(envelope),
        },
        token: row.token.map(Secret::new),
    })
}

fn order_query(query: &str) -> Option<OrderQuery> {
    let mut found = OrderQuery {
        limit: PAGE,
        ..OrderQuery::default()
    };
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=')? {
            ("state", name) => found.state = Some(OrderState::by_name(name)?),
            ("before", number) => found.before = Some(number.parse().ok()?),
            ("limit", number) => found.limit = number.parse().ok()?,
            _ => return None,
        }
    }
    Some(found)
}

fn summary(order: &OrderSummary) -> Value {
    json!({
        "order_id": order.order_id.to_string(),
        "tre_id": order.tre_id.as_str(),
        "from": order.from.to_string(),
        "to": order.to.to_string(),
        "state": order.state.name(),
        "reason": order.reason.as_ref().map(Reason::code),
        "created": order.created.to_string(),
    })
}

fn whole(order: &Order) -> Value {
    json!({
        "order_id": order.order_id().to_string(),
        "tre_id": order.tre_id().as_str(),
        "from": order.from().to_string(),
        "to": order.to().to_string(),
        "state": order.state().name(),
        "reason": order.reason().as_ref().map(Reason::code),
        "created": order.created().to_string(),
        "mcim_id": order.mcim_id().to_string(),
        "installs": order.installs(),
        "clone_suspected": order.clone_suspected(),
    })
}
