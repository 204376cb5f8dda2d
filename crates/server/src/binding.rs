//! SyncML over HTTP (OMA-TS-SyncML_HTTPBinding-V1_2): the media type that says
//! how a message is written, and the HMAC in a header beside it (OMA DM
//! Security 1.2 clause 5.4.3).

use dm::auth::MAC_HEADER;
use dm::session::{Encoding, Transmit};
use provisioning::Reason;
use tls::http::header::{self, HeaderValue};
use tls::http::{Method, Request, Response, StatusCode};

use crate::Error;
use crate::problem::refusal;

/// Answers a device's request: `take` is given the message's form, its octets
/// and the HMAC beside it, and returns our message if there is one.
pub(crate) async fn answer<'a, F>(
    request: &'a Request,
    take: impl FnOnce(Encoding, &'a [u8], Option<&'a str>) -> F,
) -> Response
where
    F: Future<Output = Result<Option<Transmit>, Error>>,
{
    if request.method != Method::POST {
        return refusal(405, &Reason::new("method"));
    }
    let Some(encoding) = encoding_of(request) else {
        return refusal(415, &Reason::new("unsupported"));
    };
    match take(encoding, &request.body, mac_of(request)).await {
        Ok(Some(transmit)) => with_message(transmit),
        Ok(None) => Response::new(StatusCode::NO_CONTENT),
        Err(error @ (Error::OtherDevice | Error::LoginMissing)) => {
            tracing::warn!(reason = %error.reason(), "refused a DM message");
            refusal(403, &error.reason())
        }
        Err(error @ (Error::Refused(_) | Error::Unknown(_))) => {
            tracing::info!(reason = %error.reason(), "refused a DM message");
            refusal(400, &error.reason())
        }
        Err(error) => {
            tracing::warn!(reason = %error.reason(), "a DM message could not be answered");
            refusal(503, &error.reason())
        }
    }
}

/// How a device's message is written, and its answer will be.
fn encoding_of(request: &Request) -> Option<Encoding> {
    let value = request.headers.get(header::CONTENT_TYPE)?;
    Encoding::of_content_type(value.to_str().ok()?)
}

/// The HMAC beside the message; one that is no text is wrong, not missing.
fn mac_of(request: &Request) -> Option<&str> {
    let value = request.headers.get(MAC_HEADER)?;
    Some(std::str::from_utf8(value.as_bytes()).unwrap_or_default())
}

fn with_message(transmit: Transmit) -> Response {
    let mac = transmit.mac.as_deref().map(str::as_bytes);
    let mac = mac.and_then(|mac| HeaderValue::from_bytes(mac).ok());
    let mut response = Response::new(StatusCode::OK).with_body(transmit.octets);
    let media_type = HeaderValue::from_static(transmit.encoding.content_type());
    response.headers.insert(header::CONTENT_TYPE, media_type);
    if let Some(mac) = mac {
        response.headers.insert(MAC_HEADER, mac);
    }
    response
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use tls::http::{Bytes, HeaderMap};

    use super::*;

    const MAC: &str = "algorithm=MD5, username=\"ü\", mac=QQ==";

    fn request(mac: Option<&[u8]>) -> Request {
        let mut headers = HeaderMap::new();
        if let Some(mac) = mac {
            headers.insert("X-SyncML-HMAC", HeaderValue::from_bytes(mac).unwrap());
        }
        Request {
            method: Method::POST,
            path: "/dm".to_owned(),
            query: None,
            headers,
            body: Bytes::new(),
            peer: None,
            remote: SocketAddr::from((Ipv4Addr::LOCALHOST, 1)),
        }
    }

    /// OMA DM Security 1.2 clause 5.4.3: the HMAC stands in the transport's
    /// header, in both directions.
    #[test]
    fn the_hmac_passes_through() {
        assert_eq!(mac_of(&request(Some(MAC.as_bytes()))), Some(MAC));
        assert_eq!(mac_of(&request(None)), None);
        assert_eq!(mac_of(&request(Some(b"mac=\xff"))), Some(""));
        let answer = |mac: Option<&str>| {
            let transmit = Transmit {
                to: None,
                encoding: Encoding::Xml,
                octets: vec![1],
                mac: mac.map(str::to_owned),
            };
            let response = with_message(transmit);
            response
                .headers
                .get(MAC_HEADER)
                .map(|mac| mac.as_bytes().to_vec())
        };
        assert_eq!(answer(Some(MAC)), Some(MAC.as_bytes().to_vec()));
        assert_eq!(answer(None), None);
    }
}
