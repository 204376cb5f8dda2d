//! Reading and judging a list (RFC 5280 clauses 5.1 to 5.3 and 6.3.3).

use std::collections::BTreeMap;
use std::time::Duration;

use clock::Timestamp;
use const_oid::db::rfc5280::{
    ID_CE_AUTHORITY_KEY_IDENTIFIER, ID_CE_CERTIFICATE_ISSUER, ID_CE_CRL_NUMBER, ID_CE_CRL_REASONS,
    ID_CE_DELTA_CRL_INDICATOR, ID_CE_ISSUING_DISTRIBUTION_POINT,
};
use der::Encode;
use x509_cert::certificate::Version;
use x509_cert::crl::{CertificateList, RevokedCert, TbsCertList};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, CrlNumber, KeyUsages};

use super::{CrlFault, MAX_CRL};
use crate::certificate::strictly;
use crate::freshness::{Freshness, FreshnessFault};
use crate::key::SignatureAlgorithm;
use crate::{Certificate, Revocation, RevocationReason, TimePolicy, TrustError, moment};

const MAX_NUMBER: usize = 20;

/// A list that [`Crl::verify`] accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crl {
    number: Vec<u8>,
    this_update: Timestamp,
    next_update: Timestamp,
    revoked: BTreeMap<Vec<u8>, Revocation>,
}

/// What the extensions of a list say.
#[derive(Default)]
struct ListExtensions {
    number: Option<Vec<u8>>,
    authority_key: Option<Vec<u8>>,
}

impl Crl {
    /// Judges a list in DER, at most [`MAX_CRL`] octets, of this issuer.
    /// `tolerance` is what the issuer's clock may differ from ours.
    ///
    /// # Errors
    /// In this order: [`CrlFault::Malformed`], [`TrustError::AlgorithmUnsupported`],
    /// [`CrlFault::IssuerWrong`], [`CrlFault::SignatureWrong`],
    /// [`CrlFault::Unsupported`] for delta, indirect and partial lists,
    /// [`CrlFault::ExtensionUnsupported`], and of the dates [`CrlFault::Future`],
    /// [`CrlFault::Stale`] and [`CrlFault::Uncertain`].
    pub fn verify(
        der: &[u8],
        issuer: &Certificate,
        time: TimePolicy,
        tolerance: Duration,
    ) -> Result<Self, TrustError> {
        if der.len() > MAX_CRL {
            return Err(malformed("longer than 1048576 octets").into());
        }
        let list: CertificateList =
            strictly(der).ok_or(malformed("not a version 2 list in DER"))?;
        verify_signature(&list, issuer)?;
        let tbs = &list.tbs_cert_list;
        let extensions = ListExtensions::read(tbs.crl_extensions.as_deref().unwrap_or_default())?;
        if extensions
            .authority_key
            .is_some_and(|named| named != issuer.key_identifier())
        {
            return Err(CrlFault::IssuerWrong("another authority key identifier").into());
        }
        let (this_update, next_update) = dates(tbs)?;
        let freshness = Freshness {
            this_update,
            next_update: Some(next_update),
        };
        freshness.judge(time, tolerance).map_err(date_fault)?;
        Ok(Self {
            number: extensions.number.ok_or(malformed("no number"))?,
            this_update,
            next_update,
            revoked: entries(tbs.revoked_certificates.as_deref())?,
        })
    }

    /// When and why the certificate with this serial number, as
    /// [`Certificate::serial`] gives it, was revoked; `None` if it is not listed.
    #[must_use]
    pub fn revocation(&self, serial: &[u8]) -> Option<Revocation> {
        self.revoked.get(serial).copied()
    }

    /// The number, big-endian without leading zeros. Whoever keeps the last list
    /// refuses a lower one.
    #[must_use]
    pub fn number(&self) -> &[u8] {
        &self.number
    }

    /// Whether this list has a lower number than the other.
    #[must_use]
    pub fn is_older_than(&self, other: &Self) -> bool {
        (self.number.len(), &self.number) < (other.number.len(), &other.number)
    }

    /// When it was made.
    #[must_use]
    pub fn this_update(&self) -> Timestamp {
        self.this_update
    }

    /// When the next one is made at the latest.
    #[must_use]
    pub fn next_update(&self) -> Timestamp {
        self.next_update
    }

    /// How many certificates are listed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.revoked.len()
    }

    /// Whether none is listed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.revoked.is_empty()
    }
}

impl ListExtensions {
    fn read(extensions: &[Extension]) -> Result<Self, TrustError> {
        let mut read = Self::default();
        for extension in extensions {
            let value = extension.extn_value.as_bytes();
            match extension.extn_id {
                ID_CE_CRL_NUMBER => {
                    let CrlNumber(number) = strictly(value).ok_or(malformed("number"))?;
                    let octets = number.as_bytes();
                    if octets.len() > MAX_NUMBER || read.number.is_some() {
                        return Err(malformed("number too long or twice").into());
                    }
                    read.number = Some(octets.to_vec());
                }
                ID_CE_AUTHORITY_KEY_IDENTIFIER => {
                    let identifier: AuthorityKeyIdentifier =
                        strictly(value).ok_or(malformed("authority key identifier"))?;
                    if read.authority_key.is_some() {
                        return Err(malformed("authority key identifier twice").into());
                    }
                    read.authority_key = identifier
                        .key_identifier
                        .map(der::asn1::OctetString::into_bytes);
                }
                ID_CE_DELTA_CRL_INDICATOR => return Err(unsupported("a delta list")),
                ID_CE_ISSUING_DISTRIBUTION_POINT => {
                    return Err(unsupported("an indirect list or one of a part"));
                }
                other if extension.critical => {
                    return Err(CrlFault::ExtensionUnsupported(other.to_string()).into());
                }
                _ => {}
            }
        }
        Ok(read)
    }
}

fn malformed(what: &'static str) -> CrlFault {
    CrlFault::Malformed(what)
}

fn unsupported(what: &'static str) -> TrustError {
    CrlFault::Unsupported(what).into()
}

fn verify_signature(list: &CertificateList, issuer: &Certificate) -> Result<(), TrustError> {
    let encoding = |_| TrustError::EncodingFailed;
    let tbs = &list.tbs_cert_list;
    if tbs.version != Version::V2 {
        return Err(malformed("not version 2").into());
    }
    if tbs.signature != list.signature_algorithm {
        return Err(malformed("two different signature algorithms").into());
    }
    let algorithm = SignatureAlgorithm::from_identifier(&tbs.signature)?;
    if tbs.issuer.to_der().map_err(encoding)? != issuer.subject_der() {
        return Err(CrlFault::IssuerWrong("another name").into());
    }
    let signs_lists = |usage: x509_cert::ext::pkix::KeyUsage| usage.0.contains(KeyUsages::CRLSign);
    if !issuer.extensions().key_usage.is_some_and(signs_lists) {
        return Err(CrlFault::IssuerWrong("may not sign lists").into());
    }
    let key = issuer.public_key();
    // The whole re-encodes to the received octets, so the part does too.
    let signed = tbs.to_der().map_err(encoding)?;
    let verified = algorithm == SignatureAlgorithm::of_key(key.kind())
        && list
            .signature
            .as_bytes()
            .is_some_and(|signature| key.verifies(&signed, signature));
    if verified {
        Ok(())
    } else {
        Err(CrlFault::SignatureWrong.into())
    }
}

/// RFC 5280 clause 5.1.2.5: nextUpdate is not optional.
fn dates(tbs: &TbsCertList) -> Result<(Timestamp, Timestamp), TrustError> {
    let wrong = || malformed("GeneralizedTime for a year before 2050");
    let begin = moment::of_time(&tbs.this_update).ok_or_else(wrong)?;
    let end = tbs.next_update.as_ref().ok_or(malformed("no nextUpdate"))?;
    let end = moment::of_time(end).ok_or_else(wrong)?;
    if end < begin {
        return Err(malformed("nextUpdate before thisUpdate").into());
    }
    Ok((begin, end))
}

fn entries(revoked: Option<&[RevokedCert]>) -> Result<BTreeMap<Vec<u8>, Revocation>, TrustError> {
    if revoked.is_some_and(<[_]>::is_empty) {
        return Err(malformed("an empty list of certificates").into());
    }
    let mut entries = BTreeMap::new();
    for entry in revoked.unwrap_or_default() {
        let at = moment::of_time(&entry.revocation_date)
            .ok_or(malformed("GeneralizedTime for a year before 2050"))?;
        let reason = reason(entry.crl_entry_extensions.as_deref().unwrap_or_default())?;
        let serial = entry.serial_number.as_bytes().to_vec();
        if entries.insert(serial, Revocation { at, reason }).is_some() {
            return Err(malformed("a certificate twice").into());
        }
    }
    Ok(entries)
}

fn reason(extensions: &[Extension]) -> Result<Option<RevocationReason>, TrustError> {
    let mut reason = None;
    for extension in extensions {
        match extension.extn_id {
            ID_CE_CRL_REASONS => {
                let value: RevocationReason =
                    strictly(extension.extn_value.as_bytes()).ok_or(malformed("reason"))?;
                if value == RevocationReason::RemoveFromCrl || reason.replace(value).is_some() {
                    return Err(malformed("reason of a delta list or twice").into());
                }
            }
            ID_CE_CERTIFICATE_ISSUER => return Err(unsupported("another issuer's certificate")),
            other if extension.critical => {
                return Err(CrlFault::ExtensionUnsupported(other.to_string()).into());
            }
            _ => {}
        }
    }
    Ok(reason)
}

/// A list without an end was refused before.
fn date_fault(fault: FreshnessFault) -> TrustError {
    match fault {
        FreshnessFault::Future => CrlFault::Future,
        FreshnessFault::Stale | FreshnessFault::Endless => CrlFault::Stale,
        FreshnessFault::Uncertain => CrlFault::Uncertain,
    }
    .into()
}
