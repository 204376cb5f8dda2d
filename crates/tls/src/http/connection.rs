//! One server connection: requests in turn, each read whole, handled and
//! answered within its time (RFC 9112 clauses 2, 6 and 9; the statuses by
//! RFC 9110 clauses 15.5 and 15.6, 431 by RFC 6585).

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{StatusCode, Version};
use hyper_util::rt::TokioIo;
use tokio::time::timeout_at;

use super::limits::LEAST_BUFFER;
use super::message::Whole;
use super::phase::{Kind, Phase};
use super::stop::Stopped;
use super::transport::{Link, Watched};
use super::{Handler, Request, Response, ServerLimits, failure};
use crate::{Error, PeerIdentity};

/// What all connections of a listener share.
pub(crate) struct Shared<H> {
    pub(crate) handler: H,
    pub(crate) limits: ServerLimits,
}

/// Who is at the other end of one connection.
#[derive(Clone)]
pub(crate) struct Origin {
    pub(crate) peer: Option<PeerIdentity>,
    pub(crate) remote: SocketAddr,
}

/// Serves a connection to its end: the peer's close, a limit, or the order to end, which
/// lets the request under way finish.
pub(crate) async fn run<H: Handler>(
    shared: Arc<Shared<H>>,
    link: Link,
    origin: Origin,
    mut stopped: Stopped,
) -> Result<(), Error> {
    let limits = &shared.limits;
    let phase = Phase::new(limits.idle, limits.request);
    let io = TokioIo::new(Watched::new(link, phase.clone()));
    let service = service_fn(|request| {
        Box::pin(respond(&shared, &origin, &phase, request))
            as Pin<Box<dyn Future<Output = _> + Send + '_>>
    });
    let mut http = builder(limits).serve_connection(io, service);
    let mut stopping = false;
    let ended = loop {
        tokio::select! {
            ended = poll_fn(|cx| http.poll_without_shutdown(cx)) => break ended_by(ended, &phase),
            overdue = phase.overdue() => break overdue_in(overdue),
            _ = stopped.ordered(), if !stopping => {
                if phase.kind() == Kind::Idle {
                    break Ok(());
                }
                stopping = true;
                Pin::new(&mut http).graceful_shutdown();
            }
        }
    };
    http.into_parts().io.into_inner().close().await;
    ended
}

fn ended_by(ended: hyper::Result<()>, phase: &Phase) -> Result<(), Error> {
    match ended.map_err(|error| failure(&error)) {
        // Many clients leave without a goodbye when all is done.
        Err(Error::Closed) if phase.kind() == Kind::Idle => Ok(()),
        ended => ended,
    }
}

fn overdue_in(kind: Kind) -> Result<(), Error> {
    match kind {
        Kind::Idle => Ok(()),
        Kind::Head | Kind::Request => Err(Error::Timeout("request")),
        Kind::Answer => Err(Error::Timeout("answer")),
    }
}

/// Time limits are [`Phase`]'s, so hyper gets none.
fn builder(limits: &ServerLimits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .keep_alive(limits.keep_alive)
        // A client may say that it sends no more and still wait for its answer.
        .half_close(true)
        .header_read_timeout(None)
        .max_headers(limits.header_fields)
        .max_header_size(limits.head_octets)
        .max_buf_size(limits.head_octets.max(LEAST_BUFFER));
    builder
}

async fn respond<H: Handler>(
    shared: &Shared<H>,
    origin: &Origin,
    phase: &Phase,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Whole>, Infallible> {
    let deadline = phase.head_came();
    let read = timeout_at(deadline, read(request, origin, &shared.limits)).await;
    let response = match read {
        Err(_) => last(StatusCode::REQUEST_TIMEOUT),
        Ok(Err(status)) => last(status),
        Ok(Ok(request)) => timeout_at(deadline, shared.handler.handle(request))
            .await
            .unwrap_or_else(|_| last(StatusCode::SERVICE_UNAVAILABLE)),
    };
    phase.answered();
    let mut answer = hyper::Response::new(Whole::new(response.body));
    *answer.status_mut() = response.status;
    *answer.headers_mut() = response.headers;
    // The body is known, so its length is hyper's to say.
    answer.headers_mut().remove(header::CONTENT_LENGTH);
    answer.headers_mut().remove(header::TRANSFER_ENCODING);
    Ok(answer)
}

/// An answer after which the connection closes: what is left of the request
/// can't be told from a next one, or is not worth waiting for.
fn last(status: StatusCode) -> Response {
    let mut response = Response::new(status);
    let close = HeaderValue::from_static("close");
    response.headers.insert(header::CONNECTION, close);
    response
}

/// Reads a request whole, or says with which status it is refused.
async fn read(
    request: hyper::Request<Incoming>,
    origin: &Origin,
    limits: &ServerLimits,
) -> Result<Request, StatusCode> {
    let (head, body) = request.into_parts();
    // RFC 9112 clause 3.2.
    let hosts = head.headers.get_all(header::HOST).iter().count();
    if hosts > 1 || (hosts == 0 && head.version == Version::HTTP_11) {
        return Err(StatusCode::BAD_REQUEST);
    }
    let limit = limits.body_octets;
    // The length that is announced comes first: nothing is read in vain.
    if body.size_hint().lower() > limit as u64 {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let body = Limited::new(body, limit).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() {
            StatusCode::PAYLOAD_TOO_LARGE
        } else {
            StatusCode::BAD_REQUEST
        }
    })?;
    Ok(Request {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        headers: head.headers,
        body: body.to_bytes(),
        peer: origin.peer.clone(),
        remote: origin.remote,
    })
}
