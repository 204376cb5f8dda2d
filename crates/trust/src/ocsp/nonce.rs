//! The nonce that binds an answer to a question (RFC 9654: an OCTET STRING of 1
//! to 128 octets inside the extension's value, 32 by default).

use clock::Random;
use const_oid::db::rfc6960::ID_PKIX_OCSP_NONCE;
use der::Encode;
use der::asn1::OctetString;
use x509_cert::ext::Extension;

use super::OcspFault;
use crate::TrustError;
use crate::certificate::strictly;

const MAX: usize = 128;
const DEFAULT: usize = 32;
/// RFC 9654 clause 2.1: what a responder accepts begins at 16 octets; below
/// that an answer for each nonce could be collected beforehand.
const MIN_FOR_TIME: usize = 16;

/// 1 to 128 octets that nobody could know beforehand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonce(Vec<u8>);

impl Nonce {
    /// 32 random octets.
    #[must_use]
    pub fn random(rng: &mut dyn Random) -> Self {
        let mut octets = vec![0; DEFAULT];
        rng.fill(&mut octets);
        Self(octets)
    }

    /// These octets.
    ///
    /// # Errors
    /// [`OcspFault::RequestMalformed`] unless there are 1 to 128.
    pub fn new(octets: &[u8]) -> Result<Self, TrustError> {
        if (1..=MAX).contains(&octets.len()) {
            Ok(Self(octets.to_vec()))
        } else {
            Err(OcspFault::RequestMalformed("a nonce has 1 to 128 octets").into())
        }
    }

    /// The octets.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    /// Whether an answer with this nonce may tell the time: 16 octets or more.
    #[must_use]
    pub fn binds_time(&self) -> bool {
        self.0.len() >= MIN_FOR_TIME
    }

    pub(super) fn extension(&self) -> Result<Extension, TrustError> {
        let octets = |value: &[u8]| OctetString::new(value);
        octets(&self.0)
            .and_then(|nonce| nonce.to_der())
            .and_then(|value| octets(&value))
            .map(|extn_value| Extension {
                extn_id: ID_PKIX_OCSP_NONCE,
                critical: false,
                extn_value,
            })
            .map_err(|_| TrustError::EncodingFailed)
    }

    /// The nonce in an extension's value, if it is one.
    fn from_value(value: &[u8]) -> Option<Self> {
        let nonce: OctetString = strictly(value)?;
        Self::new(nonce.as_bytes()).ok()
    }
}

/// What is wrong with a list of extensions.
pub(super) enum ExtensionFault {
    /// A form that is not allowed.
    Malformed(&'static str),
    /// Critical and unknown.
    Unsupported(String),
}

/// The nonce among these extensions. All others are ignored, or a fault when
/// critical: none is processed here.
pub(super) fn nonce_among(extensions: &[Extension]) -> Result<Option<Nonce>, ExtensionFault> {
    let mut nonce = None;
    for extension in extensions {
        if extension.extn_id == ID_PKIX_OCSP_NONCE {
            let value = Nonce::from_value(extension.extn_value.as_bytes())
                .ok_or(ExtensionFault::Malformed("nonce"))?;
            if nonce.replace(value).is_some() {
                return Err(ExtensionFault::Malformed("two nonces"));
            }
        } else if extension.critical {
            return Err(ExtensionFault::Unsupported(extension.extn_id.to_string()));
        }
    }
    Ok(nonce)
}
