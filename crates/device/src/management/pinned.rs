//! A DM server that has to be the one of the account's pin (`<x>/Ext/rehome/Pin`,
//! docs/certificate-status.md): by the SHA-256 of its certificate or of its
//! SubjectPublicKeyInfo, beside all else that the device asks of it.

use std::sync::Arc;

use openssl::sha::sha256;
use openssl::x509::X509;
use tls::{Judging, PeerIdentity, PeerRole, PeerVerifier, Refusal};
use trust::status::{Pin, StatusFault};

use crate::Error;

/// A verifier and a pin; both have to be satisfied.
pub(super) struct Pinned {
    pub(super) pin: Pin,
    pub(super) verifier: Arc<dyn PeerVerifier>,
}

impl PeerVerifier for Pinned {
    fn verify(
        &self,
        leaf: &[u8],
        chain: &[Vec<u8>],
        role: PeerRole<'_>,
    ) -> Result<PeerIdentity, Refusal> {
        let identity = self.verifier.verify(leaf, chain, role)?;
        // Whether or not the crate `trust` reads such certificates.
        let shown = match self.pin {
            Pin::Certificate(digest) => sha256(leaf) == digest,
            Pin::Spki(digest) => X509::from_der(leaf)
                .and_then(|leaf| leaf.public_key()?.public_key_to_der())
                .is_ok_and(|spki| sha256(&spki) == digest),
        };
        if shown {
            return Ok(identity);
        }
        let fault = StatusFault::PinWrong;
        Err(Refusal::new(fault.code(), fault.to_string()))
    }

    fn wants_staple(&self) -> bool {
        self.verifier.wants_staple()
    }

    fn judge_status<'a>(
        &'a self,
        leaf: &'a [u8],
        chain: &'a [Vec<u8>],
        staple: Option<&'a [u8]>,
    ) -> Judging<'a> {
        self.verifier.judge_status(leaf, chain, staple)
    }
}

/// Reads an account's pin.
pub(super) fn read(text: &str) -> Result<Pin, Error> {
    text.parse().map_err(|_| Error::Login {
        code: StatusFault::PinMalformed.code(),
        text: "the account's pin is not sha256: or spki: and 64 hexadecimal digits",
    })
}
