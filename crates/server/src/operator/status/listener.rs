//! The responder over HTTP: POST and GET (RFC 6960 appendix A), answers that
//! caches may keep (RFC 5019 clause 6), and the revocation list at `/crl` (RFC
//! 5280 clause 4.2.1.13; RFC 2585 for its media type). Plain HTTP: what is signed
//! needs no TLS, and the status of a TLS server could not be asked over TLS.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clock::Timestamp;
use provisioning::{Digest, Reason};
use tls::http::header::{self, HeaderName, HeaderValue};
use tls::http::{Handler, Method, Request, Response, ServerLimits, StatusCode};
use trust::ocsp::{self, ANSWER_TYPE, REQUEST_TYPE, Reply, ResponderError};

use super::date::http_date;
use super::{Answers, RevocationList};
use crate::problem::refusal;

const CRL: &str = "/crl";
const CRL_TYPE: &str = "application/pkix-crl";
/// What anybody may send: the engine looks at no more either.
const OCTETS: usize = 8192;
/// Anybody may connect, and a question is one packet.
const PATIENCE: Duration = Duration::from_secs(10);
const CONNECTIONS: usize = 512;

/// The limits of the responder's listener: the node's, and narrower ones.
pub(crate) fn limits(of_node: &ServerLimits) -> ServerLimits {
    ServerLimits {
        connections: of_node.connections.min(CONNECTIONS),
        head_octets: of_node.head_octets.min(OCTETS),
        body_octets: of_node.body_octets.min(OCTETS),
        request: of_node.request.min(PATIENCE),
        idle: of_node.idle.min(PATIENCE),
        ..of_node.clone()
    }
}

/// The responder's listener.
pub(crate) struct StatusListener {
    answers: Arc<Answers>,
    list: RevocationList,
    /// The path of the responder's URL without its last slash.
    base: String,
}

impl StatusListener {
    /// `url` is the one that leaves name, so that questions come below its path.
    pub(crate) fn new(answers: Arc<Answers>, list: RevocationList, url: Option<&str>) -> Self {
        let path = url
            .and_then(|url| url.split_once("://"))
            .and_then(|(_, rest)| {
                let (_, path) = rest.split_once('/')?;
                Some(format!("/{}", path.trim_end_matches('/')))
            });
        let base = path.filter(|path| path != "/").unwrap_or_default();
        Self {
            answers,
            list,
            base,
        }
    }

    async fn question(&self, request: &Request, below: &str) -> Response {
        let read = if request.method == Method::POST {
            if !is_question(request) {
                return refusal(415, &Reason::new("unsupported"));
            }
            ocsp::Request::from_der(&request.body)
        } else {
            ocsp::Request::from_path(below)
        };
        let now = self.answers.now();
        let reply = match read {
            Ok(question) => self.answers.answer(question).await,
            Err(_) => Reply::error(ResponderError::MalformedRequest),
        };
        let until = reply.cacheable_until();
        // No cache keeps the answer to a POST.
        let until = until.filter(|_| request.method != Method::POST);
        let life = until.map(|until| (reply.made_at(), until));
        respond(request, ANSWER_TYPE, reply.der(), life, now)
    }

    async fn revocation_list(&self, request: &Request) -> Response {
        let now = self.answers.now();
        match self.list.at(now).await {
            Some(list) => {
                let life = Some((list.this_update, list.next_update));
                respond(request, CRL_TYPE, &list.der, life, now)
            }
            None => refusal(404, &Reason::new("no-revocation-list")),
        }
    }
}

impl Handler for StatusListener {
    async fn handle(&self, request: Request) -> Response {
        let Some(path) = request.path.strip_prefix(&self.base) else {
            return refusal(404, &Reason::new("unknown-path"));
        };
        let reads = matches!(request.method, Method::GET | Method::HEAD);
        // The URL may end with a slash, and clients put one between. Base64 of a
        // question begins with M.
        let below = path.trim_start_matches('/');
        match below {
            _ if !reads && request.method != Method::POST => refusal(405, &Reason::new("method")),
            "" if !reads => self.question(&request, below).await,
            _ if !reads => refusal(404, &Reason::new("unknown-path")),
            "" => refusal(404, &Reason::new("unknown-path")),
            _ if path == CRL => self.revocation_list(&request).await,
            _ => self.question(&request, below).await,
        }
    }

    fn connection_failed(&self, remote: SocketAddr, error: &tls::Error) {
        tracing::debug!(%remote, %error, "a connection to the responder failed");
    }
}

fn is_question(request: &Request) -> bool {
    let value = request.headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(REQUEST_TYPE))
}

/// An answer of this media type. `life` is from when until when caches may keep
/// it; without one they may not.
fn respond(
    request: &Request,
    media_type: &'static str,
    der: &[u8],
    life: Option<(Timestamp, Timestamp)>,
    now: Timestamp,
) -> Response {
    let mut response = Response::new(StatusCode::OK);
    let mut set = |name: HeaderName, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, media_type.to_owned());
    let Some((from, until)) = life else {
        set(header::CACHE_CONTROL, "no-store".to_owned());
        return response.with_body(der.to_vec());
    };
    // RFC 5019 clause 6.2: earlier than nextUpdate.
    let age = until.since(now).as_secs().saturating_sub(1);
    let tag = format!("\"{}\"", Digest::of(der));
    let known = request.headers.get_all(header::IF_NONE_MATCH).iter();
    let known = known
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|value| [tag.as_str(), "*"].contains(&value.trim().trim_start_matches("W/")));
    set(
        header::CACHE_CONTROL,
        format!("max-age={age}, public, no-transform, must-revalidate"),
    );
    set(header::LAST_MODIFIED, http_date(from));
    set(header::EXPIRES, http_date(until));
    set(header::ETAG, tag);
    if known {
        response.status = StatusCode::NOT_MODIFIED;
        return response;
    }
    response.with_body(der.to_vec())
}
