//! A server's word on the status of its own certificate (RFC 6066 clause 8, RFC
//! 8446 clause 4.4.2.1).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use openssl::error::ErrorStack;
use openssl::ocsp::OcspResponse;
use openssl::ssl::{SslContextBuilder, SslRef};

use crate::Error;

/// What a server has ready to staple.
pub trait Staples: Send + Sync {
    /// The OCSP answer about this leaf, both DER; `None` where there is no fresh
    /// one. One that is no DER is not sent. Runs inside the handshake, so it must not block.
    fn staple(&self, leaf: &[u8]) -> Option<Vec<u8>>;
}

pub(crate) fn install(
    context: &mut SslContextBuilder,
    staples: Arc<dyn Staples>,
) -> Result<(), Error> {
    context.set_status_callback(move |ssl| {
        // A panic must not run into the library's C frames.
        let found = catch_unwind(AssertUnwindSafe(|| find(ssl, &*staples)));
        // The library takes octets that it can't send, and fails later.
        let is_answer = |answer: &Vec<u8>| OcspResponse::from_der(answer).is_ok();
        match found.unwrap_or_default().filter(is_answer) {
            Some(answer) => {
                ssl.set_ocsp_status(&answer)?;
                Ok::<bool, ErrorStack>(true)
            }
            None => Ok(false),
        }
    })?;
    Ok(())
}

fn find(ssl: &SslRef, staples: &dyn Staples) -> Option<Vec<u8>> {
    staples.staple(&ssl.certificate()?.to_der().ok()?)
}
