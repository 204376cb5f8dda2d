//! What a responder sends back (RFC 6960 clause 4.2.1).

use clock::Timestamp;
use const_oid::db::rfc6960::ID_PKIX_OCSP_BASIC;
use der::asn1::{Any, BitString, OctetString};
use der::{Decode, Encode};

use crate::issue::IssuerKey;
use crate::ocsp::ResponderError;
use crate::ocsp::answer::signed_octets;
use crate::ocsp::asn1::{
    BasicOcspResponse, OcspResponse, ResponseBytes, ResponseData, ResponseStatus,
};
use crate::{Certificate, TrustError};

/// A whole OCSPResponse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    der: Vec<u8>,
    error: Option<ResponderError>,
    made_at: Timestamp,
    cacheable_until: Option<Timestamp>,
}

impl Reply {
    pub(super) fn answer(
        der: Vec<u8>,
        made_at: Timestamp,
        cacheable_until: Option<Timestamp>,
    ) -> Self {
        Self {
            der,
            error: None,
            made_at,
            cacheable_until,
        }
    }

    /// An unsigned error: SEQUENCE { ENUMERATED }.
    #[must_use]
    pub fn error(error: ResponderError) -> Self {
        let code = match error {
            ResponderError::MalformedRequest => ResponseStatus::MalformedRequest,
            ResponderError::InternalError => ResponseStatus::InternalError,
            ResponderError::TryLater => ResponseStatus::TryLater,
            ResponderError::SigRequired => ResponseStatus::SigRequired,
            ResponderError::Unauthorized => ResponseStatus::Unauthorized,
        };
        Self {
            der: vec![0x30, 3, 0x0a, 1, code as u8],
            error: Some(error),
            made_at: Timestamp::default(),
            cacheable_until: None,
        }
    }

    /// The octets to send.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The error, if it is one.
    #[must_use]
    pub fn responder_error(&self) -> Option<ResponderError> {
        self.error
    }

    /// When it was made: thisUpdate. An error tells no time.
    #[must_use]
    pub fn made_at(&self) -> Timestamp {
        self.made_at
    }

    /// Until when the same octets may answer the same question: nextUpdate, for
    /// a question about one certificate without a nonce. `None` for all others.
    #[must_use]
    pub fn cacheable_until(&self) -> Option<Timestamp> {
        self.cacheable_until
    }
}

/// Signs an answer. The delegated certificate goes with it.
pub(super) fn sign(
    data: ResponseData,
    key: &dyn IssuerKey,
    delegated: Option<&Certificate>,
) -> Result<Vec<u8>, TrustError> {
    let encoding = |_| TrustError::EncodingFailed;
    let signature = key
        .sign(&signed_octets(&data)?)
        .map_err(|error| TrustError::IssuerKeyFailed(error.0))?;
    let certs = delegated
        .map(|certificate| Any::from_der(certificate.der()).map(|certificate| vec![certificate]))
        .transpose()
        .map_err(encoding)?;
    let basic = BasicOcspResponse {
        tbs_response_data: data,
        signature_algorithm: key.algorithm().identifier(),
        signature: BitString::from_bytes(&signature).map_err(encoding)?,
        certs,
    };
    let response = OctetString::new(basic.to_der().map_err(encoding)?).map_err(encoding)?;
    let whole = OcspResponse {
        response_status: ResponseStatus::Successful,
        response_bytes: Some(ResponseBytes {
            response_type: ID_PKIX_OCSP_BASIC,
            response,
        }),
    };
    whole.to_der().map_err(encoding)
}
