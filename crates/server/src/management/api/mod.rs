//! The management server's API, version 1: accounts, groups, commands and
//! sessions under `/api/v1/dm`. JSON over HTTP on a loopback address, with a
//! bearer token (RFC 6750); refusals are problems (RFC 9457) with the reason as
//! `code`. Names in paths and queries are percent-encoded (RFC 3986 clause 2.1).

mod accounts;
mod commands;
mod groups;
mod notifications;
mod sessions;
mod text;

use provisioning::Reason;
use serde::Deserialize;
use serde_json::Value;
use tls::http::header::{self, HeaderValue};
use tls::http::{Method, Request, Response, StatusCode};

use super::Shared;
use crate::Error;
use crate::bearer::{is_allowed, token_wrong};
use crate::problem::refusal;
use text::{Query, decode};

const BASE: &str = "/api/v1/dm/";
/// Rows on a page, unless asked otherwise.
const PAGE: usize = 100;
/// The longest name of a device, a group or a user, in octets.
const MAX_NAME: usize = 512;

type Refused = (u16, Reason);
type Answer = Result<Value, Refused>;

impl Shared {
    pub(super) async fn answer_api(&self, request: &Request) -> Response {
        if !is_allowed(request, &self.config.api_token) {
            return token_wrong();
        }
        match self.route(request).await {
            Ok(value) => {
                let mut response = Response::new(StatusCode::OK).with_body(value.to_string());
                let json = HeaderValue::from_static("application/json");
                response.headers.insert(header::CONTENT_TYPE, json);
                response
            }
            Err((status, reason)) => refusal(status, &reason),
        }
    }

    async fn route(&self, request: &Request) -> Answer {
        let path = request.path.strip_prefix(BASE).ok_or_else(unknown_path)?;
        let names = path.split('/').map(decode).collect::<Option<Vec<_>>>();
        let names = names.ok_or_else(malformed)?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let query = Query::read(request.query.as_deref()).ok_or_else(malformed)?;
        let body = &request.body;
        match (&request.method, names.as_slice()) {
            (&Method::POST, ["accounts"]) => self.add_account(body).await,
            (&Method::GET, ["accounts"]) => self.list_accounts(&query).await,
            (&Method::DELETE, ["accounts", device]) => self.remove_account(device).await,
            (&Method::POST, ["groups"]) => self.add_to_group(body).await,
            (&Method::GET, ["groups"]) => self.list_groups().await,
            (&Method::DELETE, ["groups", name]) => self.leave_group(name, None).await,
            (&Method::DELETE, ["groups", name, device]) => {
                self.leave_group(name, Some(device)).await
            }
            (&Method::POST, ["commands"]) => self.queue_commands(body).await,
            (&Method::GET, ["commands"]) => self.list_commands(&query).await,
            (&Method::GET, ["commands", id]) => self.show_command(id).await,
            (&Method::DELETE, ["commands", id]) => self.cancel_command(id).await,
            (&Method::POST, ["notifications"]) => self.make_notification(body).await,
            (&Method::GET, ["sessions"]) => self.list_sessions(&query).await,
            (&Method::GET, ["sessions", id]) => self.show_session(id).await,
            _ => Err(unknown_path()),
        }
    }
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|_| malformed())
}

fn unknown_path() -> Refused {
    (404, Reason::new("unknown-path"))
}

fn malformed() -> Refused {
    (400, Reason::new("malformed"))
}

fn failed(error: impl Into<Error>) -> Refused {
    let error = error.into();
    let status = match error {
        Error::Refused(_) => 422,
        Error::StoreFailed(store::Error::QueueFull) => 409,
        _ => 503,
    };
    (status, error.reason())
}

/// A name as devices, users and groups have it.
fn check_name(name: &str) -> Result<(), Refused> {
    let short = (1..=MAX_NAME).contains(&name.len());
    if short && !name.chars().any(char::is_control) {
        Ok(())
    } else {
        Err((400, Reason::new("name-malformed")))
    }
}
