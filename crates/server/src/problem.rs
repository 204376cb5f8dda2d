//! What a node refuses over HTTP, as a problem (RFC 9457).

use provisioning::Reason;
use serde_json::json;
use tls::http::header::{self, HeaderValue};
use tls::http::{Response, StatusCode};

/// A refusal as a problem (RFC 9457) whose `code` is the reason.
pub(crate) fn refusal(status: u16, reason: &Reason) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = json!({ "status": status.as_u16(), "code": reason.code() });
    let mut response = Response::new(status).with_body(body.to_string());
    response.headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    response
}

/// The reason code of a peer's refusal, if it gave one.
pub(crate) fn reason_of(response: &Response) -> Option<Reason> {
    let problem: serde_json::Value = serde_json::from_slice(&response.body).ok()?;
    Reason::parse(problem.get("code")?.as_str()?)
}
