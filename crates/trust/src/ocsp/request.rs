//! A question about certificates (RFC 6960 clause 4.1), its body for POST and
//! its path for GET (appendix A.1).

use data_encoding::BASE64;
use der::Encode;

use super::nonce::{ExtensionFault, nonce_among};
use super::{CertId, Nonce, OcspFault, asn1};
use crate::TrustError;
use crate::certificate::strictly;

/// The longest request that is looked at, in octets.
const MAX_REQUEST: usize = 8192;
/// RFC 6960 appendix A.1: GET is for requests of less than 255 octets after
/// encoding.
const MAX_PATH: usize = 254;

/// The media type of a request's body.
pub const REQUEST_TYPE: &str = "application/ocsp-request";

/// Which certificates are asked about, and the nonce that the answer repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    certificates: Vec<CertId>,
    nonce: Option<Nonce>,
}

impl Request {
    /// Asks about one certificate.
    #[must_use]
    pub fn new(certificate: CertId, nonce: Option<Nonce>) -> Self {
        Self {
            certificates: vec![certificate],
            nonce,
        }
    }

    /// The certificates, in order; at least one.
    #[must_use]
    pub fn certificates(&self) -> &[CertId] {
        &self.certificates
    }

    /// The nonce.
    #[must_use]
    pub fn nonce(&self) -> Option<&Nonce> {
        self.nonce.as_ref()
    }

    /// The request in DER: the body of a POST.
    ///
    /// # Errors
    /// [`TrustError::EncodingFailed`], which would be a bug.
    pub fn to_der(&self) -> Result<Vec<u8>, TrustError> {
        let single = |id: &CertId| asn1::SingleRequest {
            req_cert: id.as_asn1().clone(),
            single_request_extensions: None,
        };
        let extensions = self.nonce.as_ref().map(Nonce::extension).transpose()?;
        let request = asn1::OcspRequest {
            tbs_request: asn1::TbsRequest {
                version: 0,
                requestor_name: None,
                request_list: self.certificates.iter().map(single).collect(),
                request_extensions: extensions.map(|nonce| vec![nonce]),
            },
            optional_signature: None,
        };
        request.to_der().map_err(|_| TrustError::EncodingFailed)
    }

    /// What follows the responder's URL and a slash in a GET: base64 with `+`,
    /// `/` and `=` escaped. `None` if that is too long, so that POST is due.
    ///
    /// # Errors
    /// As [`Self::to_der`].
    pub fn to_path(&self) -> Result<Option<String>, TrustError> {
        let mut path = String::new();
        for character in BASE64.encode(&self.to_der()?).chars() {
            match character {
                '+' => path.push_str("%2B"),
                '/' => path.push_str("%2F"),
                '=' => path.push_str("%3D"),
                other => path.push(other),
            }
        }
        Ok((path.len() <= MAX_PATH).then_some(path))
    }

    /// Reads a request in DER, at most 8192 octets. A signature and a
    /// requestor's name are not looked at.
    ///
    /// # Errors
    /// [`OcspFault::RequestMalformed`], and
    /// [`OcspFault::ExtensionUnsupported`] for a critical extension other than
    /// the nonce.
    pub fn from_der(der: &[u8]) -> Result<Self, TrustError> {
        if der.len() > MAX_REQUEST {
            return Err(malformed("longer than 8192 octets"));
        }
        let request: asn1::OcspRequest = strictly(der).ok_or(malformed("not a request in DER"))?;
        let tbs = request.tbs_request;
        if tbs.version != 0 {
            return Err(malformed("not version 1"));
        }
        if tbs.request_list.is_empty() {
            return Err(malformed("asks about nothing"));
        }
        for single in &tbs.request_list {
            let extensions = single.single_request_extensions.as_deref();
            if nonce_among(extensions.unwrap_or_default())
                .map_err(fault)?
                .is_some()
            {
                return Err(malformed("a nonce for one certificate"));
            }
        }
        let extensions = tbs.request_extensions.unwrap_or_default();
        Ok(Self {
            nonce: nonce_among(&extensions).map_err(fault)?,
            certificates: tbs
                .request_list
                .into_iter()
                .map(|single| CertId::from_asn1(single.req_cert))
                .collect(),
        })
    }

    /// Reads what follows the responder's URL and a slash in a GET. Escapes are
    /// undone first, so that senders who escape less are understood too.
    ///
    /// # Errors
    /// [`OcspFault::RequestMalformed`] if it is not percent-encoded base64, and
    /// as [`Self::from_der`].
    pub fn from_path(path: &str) -> Result<Self, TrustError> {
        if path.len() > 4 * MAX_REQUEST {
            return Err(malformed("path too long"));
        }
        let text = unescaped(path).ok_or(malformed("path with a wrong escape"))?;
        let der = BASE64
            .decode(&text)
            .map_err(|_| malformed("path is not base64"))?;
        Self::from_der(&der)
    }
}

fn malformed(what: &'static str) -> TrustError {
    OcspFault::RequestMalformed(what).into()
}

fn fault(fault: ExtensionFault) -> TrustError {
    match fault {
        ExtensionFault::Malformed(what) => malformed(what),
        ExtensionFault::Unsupported(oid) => OcspFault::ExtensionUnsupported(oid).into(),
    }
}

fn unescaped(path: &str) -> Option<Vec<u8>> {
    let digit = |octet: u8| char::from(octet).to_digit(16);
    let mut octets = path.bytes();
    let mut text = Vec::with_capacity(path.len());
    while let Some(octet) = octets.next() {
        if octet == b'%' {
            let value = digit(octets.next()?)? * 16 + digit(octets.next()?)?;
            text.push(u8::try_from(value).ok()?);
        } else {
            text.push(octet);
        }
    }
    Some(text)
}
