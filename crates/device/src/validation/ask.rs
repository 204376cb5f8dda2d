//! A question to an OCSP responder over HTTP (RFC 6960 appendix A.1): POST with a
//! nonce, GET without one. Plain HTTP, since answers are signed. Redirects are not
//! followed: they would lead the device to hosts that nobody named.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use thiserror::Error as ThisError;
use tls::http::header::{self, HeaderValue};
use tls::http::{
    ClientLimits, ClientRequest, ClientTransport, Hosts, Method, StatusCode, exchange,
};
use tokens::os::{OsRandom, Uptime};
use tokio::net::lookup_host;
use tokio::time::{Instant, timeout_at};
use trust::ocsp::{ANSWER_TYPE, CertId, IssuerHash, MAX_ANSWER, Nonce, REQUEST_TYPE, Request};
use trust::{Certificate, TrustError};

use crate::management::Endpoint;

/// Octets of the head of an answer.
const HEAD: usize = 8 * 1024;

/// A responder and how it is reached.
#[derive(Clone, Copy)]
pub struct Responder<'a> {
    /// Its URL, `http`.
    pub url: &'a str,
    /// Where hosts are reached.
    pub hosts: &'a Hosts,
    /// Whether DNS is asked for a host that the table does not have. An address
    /// needs neither.
    pub dns: bool,
    /// Whether the question has a nonce.
    pub nonce: bool,
    /// For all of it.
    pub patience: Duration,
}

/// What came back.
pub struct Reply {
    /// The octets, not judged yet.
    pub der: Vec<u8>,
    /// The nonce of the question.
    pub nonce: Option<Nonce>,
    /// From the beginning of the question to the end of the answer.
    pub round_trip: Duration,
    /// The end, by [`Uptime`].
    pub at: clock::Tick,
}

/// Why there is no answer. Each variant's first word says who is to blame.
#[derive(Clone, Debug, ThisError, PartialEq, Eq)]
#[non_exhaustive]
pub enum AskFault {
    /// Misuse: neither the certificate nor the configuration names a responder.
    #[error("neither the certificate nor the configuration names an OCSP responder")]
    UrlMissing,
    /// Unsupported: a responder is asked by plain HTTP.
    #[error("`{0}` is not the http URL of an OCSP responder")]
    UrlUnsupported(String),
    /// Network: no connection, because of no route, no listener or no such host.
    #[error("the OCSP responder can't be reached: {0}")]
    Unreachable(String),
    /// Network or responder: nothing came in time.
    #[error("the OCSP responder is silent")]
    Silent,
    /// Network or responder: an answer began, and did not end in time.
    #[error("the OCSP responder is too slow")]
    Slow,
    /// Responder: another status than 200; a redirect too.
    #[error("the OCSP responder answers with the HTTP status {0}")]
    HttpStatus(u16),
    /// Responder: another media type than `application/ocsp-response`.
    #[error("the OCSP responder answers with another media type")]
    ContentType,
    /// Responder: no HTTP/1.1.
    #[error("the OCSP responder speaks no HTTP: {0}")]
    NotHttp(String),
    /// Responder: more than 65,536 octets.
    #[error("the OCSP answer is too large")]
    TooLarge,
    /// Network or responder: the connection ended before the answer did.
    #[error("the OCSP answer is cut off")]
    CutOff,
    /// Bug: the question can't be written.
    #[error("the OCSP question can't be written: {0}")]
    Question(TrustError),
}

impl AskFault {
    /// The stable reason code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UrlMissing => "ocsp-url-missing",
            Self::UrlUnsupported(_) => "ocsp-url-unsupported",
            Self::Unreachable(_) => "ocsp-responder-unreachable",
            Self::Silent => "ocsp-responder-silent",
            Self::Slow => "ocsp-responder-slow",
            Self::HttpStatus(_) => "ocsp-http-status",
            Self::ContentType => "ocsp-content-type-wrong",
            Self::NotHttp(_) => "ocsp-http-malformed",
            Self::TooLarge => "ocsp-answer-too-large",
            Self::CutOff => "ocsp-answer-cut-off",
            Self::Question(error) => error.code(),
        }
    }
}

/// Asks about a certificate of this issuer.
///
/// # Errors
/// [`AskFault`]. What the answer says is not looked at.
pub async fn ask(
    responder: &Responder<'_>,
    certificate: &Certificate,
    issuer: &Certificate,
) -> Result<Reply, AskFault> {
    let unsupported = || AskFault::UrlUnsupported(responder.url.to_owned());
    let endpoint = Endpoint::parse(responder.url)
        .filter(|endpoint| !endpoint.secure)
        .ok_or_else(unsupported)?;
    let nonce = responder.nonce.then(|| Nonce::random(&mut OsRandom));
    let id = CertId::new(issuer, certificate.serial(), IssuerHash::default());
    let request = id.map(|id| Request::new(id, nonce.clone()));
    let request = request
        .and_then(|request| written(&endpoint, &request))
        .map_err(AskFault::Question)?;
    let began = Uptime.now();
    let deadline = Instant::now() + responder.patience;
    let addresses = timeout_at(deadline, addresses(responder, &endpoint))
        .await
        .map_err(|_| AskFault::Silent)??;
    let limits = ClientLimits {
        request: deadline.saturating_duration_since(Instant::now()),
        head_octets: HEAD,
        ..ClientLimits::default()
    };
    let plain = ClientTransport::Plain;
    let answer = exchange(&plain, &addresses, &endpoint.authority, request, &limits)
        .await
        .map_err(|error| fault(error, AskFault::Silent))?;
    if answer.status != StatusCode::OK {
        return Err(AskFault::HttpStatus(answer.status.as_u16()));
    }
    let media_type = answer.headers.get(header::CONTENT_TYPE);
    let media_type = media_type.and_then(|value| value.to_str().ok());
    if !media_type.is_some_and(is_answer_type) {
        return Err(AskFault::ContentType);
    }
    let left = deadline.saturating_duration_since(Instant::now());
    let der = answer
        .whole(MAX_ANSWER, left)
        .await
        .map_err(|error| fault(error, AskFault::Slow))?;
    let at = Uptime.now();
    Ok(Reply {
        der,
        nonce,
        round_trip: at.since(began),
        at,
    })
}

/// The question as a request: by GET where nothing in it is secret of a nonce's kind
/// and it is short enough.
fn written(endpoint: &Endpoint, request: &Request) -> Result<ClientRequest, TrustError> {
    let (host, target) = (&endpoint.host, &endpoint.target);
    if request.nonce().is_none()
        && let Some(path) = request.to_path()?
    {
        let target = format!("{}/{path}", target.trim_end_matches('/'));
        return Ok(ClientRequest::new(Method::GET, host, &target));
    }
    let mut post = ClientRequest::new(Method::POST, host, target).with_body(request.to_der()?);
    post.headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(REQUEST_TYPE));
    Ok(post)
}

/// A media type has no case, and may have parameters.
fn is_answer_type(value: &str) -> bool {
    let media_type = value.split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case(ANSWER_TYPE)
}

async fn addresses(
    responder: &Responder<'_>,
    endpoint: &Endpoint,
) -> Result<Vec<SocketAddr>, AskFault> {
    let host = endpoint.host.as_str();
    let unreachable = |why: &dyn ToString| AskFault::Unreachable(why.to_string());
    match responder.hosts.resolve(host).await {
        Ok(found) => return Ok(found),
        Err(error) => {
            if let Ok(address) = host.parse::<IpAddr>() {
                return Ok(vec![SocketAddr::new(address, endpoint.port)]);
            }
            if !responder.dns || !matches!(error, tls::Error::HostUnknown(_)) {
                return Err(unreachable(&error));
            }
        }
    }
    let found = lookup_host((host, endpoint.port)).await;
    let found: Vec<SocketAddr> = found.map_err(|error| unreachable(&error))?.collect();
    if found.is_empty() {
        return Err(unreachable(&"DNS does not know the host"));
    }
    Ok(found)
}

/// What a failed exchange means; `late` if it was not done in time.
fn fault(error: tls::Error, late: AskFault) -> AskFault {
    match error {
        tls::Error::Timeout(_) => late,
        tls::Error::Closed => AskFault::CutOff,
        tls::Error::BodyTooLarge { .. } | tls::Error::HeadTooLarge => AskFault::TooLarge,
        tls::Error::Io { .. } => AskFault::Unreachable(error.to_string()),
        other => AskFault::NotHttp(other.to_string()),
    }
}
