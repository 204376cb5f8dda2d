//! The bearer token of an API (RFC 6750), of which a node knows the digest.

use provisioning::{Digest, Reason};
use secret::ct_eq;
use tls::http::header::{self, HeaderValue};
use tls::http::{Request, Response};

use crate::problem::refusal;

/// Whether the request shows the token with this SHA-256.
pub(crate) fn is_allowed(request: &Request, digest: &[u8; 32]) -> bool {
    request
        .headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.strip_prefix("Bearer "))
        .is_some_and(|shown| ct_eq(&Digest::of(shown.as_bytes()).0, digest))
}

/// The answer to a request without it.
pub(crate) fn token_wrong() -> Response {
    let mut response = refusal(401, &Reason::new("token-wrong"));
    let scheme = HeaderValue::from_static("Bearer");
    response.headers.insert(header::WWW_AUTHENTICATE, scheme);
    response
}
