//! From the library's error queue to a typed error: who broke off, and over
//! what (RFC 8446 clause 6.2; reason codes by OpenSSL's `sslerr.h`).

use std::io;

use openssl::ssl::{self, SslRef};

use crate::wire::Wire;
use crate::{Alert, Error, offer, psk};

/// `ERR_LIB_SSL`.
const LIBRARY_SSL: i32 = 20;

const NO_SUITABLE_KEY_SHARE: i32 = 101;
const NO_SUITABLE_SIGNATURE_ALGORITHM: i32 = 118;
const DIGEST_CHECK_FAILED: i32 = 149;
const NO_SHARED_CIPHER: i32 = 193;
const PEER_DID_NOT_RETURN_A_CERTIFICATE: i32 = 199;
const BINDER_DOES_NOT_VERIFY: i32 = 253;
const UNSUPPORTED_PROTOCOL: i32 = 258;
const DECRYPTION_FAILED_OR_BAD_RECORD_MAC: i32 = 281;
const UNEXPECTED_EOF: i32 = 294;
const NO_SUITABLE_GROUPS: i32 = 295;
const NO_SHARED_SIGNATURE_ALGORITHMS: i32 = 376;
const VERSION_TOO_LOW: i32 = 396;
const NO_SHARED_GROUPS: i32 = 410;

/// What a failed handshake means. The verifier's refusal is the caller's to
/// look for first.
pub(crate) fn of_handshake(error: &ssl::Error, ssl: &SslRef, wire: &Wire) -> Error {
    let Some(reason) = first_reason(error) else {
        return of_stream(error);
    };
    match reason {
        PEER_DID_NOT_RETURN_A_CERTIFICATE => Error::RefusedByUs {
            code: "certificate-missing",
            text: "the peer has to show a certificate".to_owned(),
        },
        BINDER_DOES_NOT_VERIFY | DIGEST_CHECK_FAILED | DECRYPTION_FAILED_OR_BAD_RECORD_MAC
            if ssl.is_server() && psk::is_known(ssl) =>
        {
            Error::RefusedByUs {
                code: "psk-wrong",
                text: "the peer has another pre-shared key".to_owned(),
            }
        }
        UNSUPPORTED_PROTOCOL | VERSION_TOO_LOW => Error::VersionMismatch {
            offered: wire
                .server_version()
                .filter(|_| !ssl.is_server())
                .unwrap_or_else(|| offer::version(ssl)),
        },
        NO_SHARED_CIPHER => Error::SuiteMismatch {
            offered: offer::suites(ssl),
        },
        NO_SUITABLE_KEY_SHARE | NO_SUITABLE_GROUPS | NO_SHARED_GROUPS => {
            Error::ParameterMismatch("group")
        }
        NO_SUITABLE_SIGNATURE_ALGORITHM | NO_SHARED_SIGNATURE_ALGORITHMS => {
            Error::ParameterMismatch("signature algorithm")
        }
        _ => of_stream(error),
    }
}

/// What a failure on an established connection means.
pub(crate) fn of_stream(error: &ssl::Error) -> Error {
    if let Some(error) = error.io_error() {
        return Error::from(io::Error::new(error.kind(), error.to_string()));
    }
    let Some(reason) = first_reason(error) else {
        return Error::Closed;
    };
    match Alert::from_reason(reason) {
        Some(alert) => Error::RefusedByPeer { alert },
        None if reason == UNEXPECTED_EOF => Error::Closed,
        None => Error::PeerViolation(words(error)),
    }
}

/// The first reason that TLS itself gave; the queue may go on with what it led
/// to.
fn first_reason(error: &ssl::Error) -> Option<i32> {
    let stack = error.ssl_error()?;
    let mut reasons = stack
        .errors()
        .iter()
        .filter(|error| error.library_code() == LIBRARY_SSL);
    reasons.next().map(openssl::error::Error::reason_code)
}

fn words(error: &ssl::Error) -> String {
    error
        .ssl_error()
        .and_then(|stack| stack.errors().first())
        .and_then(openssl::error::Error::reason)
        .unwrap_or("unknown reason")
        .to_owned()
}
