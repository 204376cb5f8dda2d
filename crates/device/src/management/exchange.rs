//! A message of a session and its answer over HTTP
//! (OMA-TS-SyncML_HTTPBinding-V1_2; OMA DM Security 1.2 clause 5.4.3 for the
//! header of the HMAC scheme).

use dm::auth::MAC_HEADER;
use dm::session::{Encoding, Transmit};
use tls::http::header::{self, HeaderValue};
use tls::http::{Answer, ClientRequest, Method};

use super::endpoint::Endpoint;
use super::network::may_pass;
use crate::Error;

/// A server's message as it came.
pub(super) struct Message {
    pub(super) encoding: Encoding,
    pub(super) mac: Option<String>,
    pub(super) octets: Vec<u8>,
}

/// Why a message has no answer.
pub(super) enum Unanswered {
    /// It may be sent again.
    Yet(Error),
    /// It may not.
    Ever(Error),
}

impl From<Error> for Unanswered {
    fn from(error: Error) -> Self {
        if may_pass(&error) {
            Self::Yet(error)
        } else {
            Self::Ever(error)
        }
    }
}

/// A message as HTTP takes it.
pub(super) fn request(
    endpoint: &Endpoint,
    transmit: &Transmit,
) -> Result<ClientRequest, Unanswered> {
    let mut request = ClientRequest::new(Method::POST, &endpoint.host, &endpoint.target)
        .with_body(transmit.octets.clone());
    let media_type = HeaderValue::from_static(transmit.encoding.content_type());
    for name in [header::CONTENT_TYPE, header::ACCEPT] {
        request.headers.insert(name, media_type.clone());
    }
    if let Some(mac) = &transmit.mac {
        let mac = HeaderValue::from_bytes(mac.as_bytes())
            .map_err(|_| Unanswered::Ever(Error::Answer("an HMAC that no header can have")))?;
        request.headers.insert(MAC_HEADER, mac);
    }
    Ok(request)
}

/// How an answer is written, if it is one.
pub(super) fn check(answer: &Answer) -> Result<Encoding, Unanswered> {
    if answer.status.is_server_error() {
        return Err(Unanswered::Yet(Error::Answer("the server failed")));
    }
    if !answer.status.is_success() {
        let refused = Error::Answer("an HTTP status that is no success");
        return Err(Unanswered::Ever(refused));
    }
    let media_type = answer.headers.get(header::CONTENT_TYPE);
    media_type
        .and_then(|value| value.to_str().ok())
        .and_then(Encoding::of_content_type)
        .ok_or(Unanswered::Ever(Error::Answer("another media type")))
}
