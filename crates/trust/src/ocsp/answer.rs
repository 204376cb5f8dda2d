//! An answer, judged (RFC 6960 clauses 3.2 and 4.2; RFC 9654 clause 2).

use std::time::Duration;

use clock::Timestamp;
use const_oid::db::rfc6960::ID_PKIX_OCSP_BASIC;
use der::Encode;

use super::asn1::{self, BasicOcspResponse, CertStatus, OcspResponse, ResponseStatus};
use super::nonce::{ExtensionFault, nonce_among};
use super::{CertId, Nonce, OcspFault, ResponderError, signer};
use crate::certificate::strictly;
use crate::freshness::{Freshness, FreshnessFault};
use crate::{Certificate, Revocation, TimeInterval, TimePolicy, TrustError, moment};

/// The longest answer that is looked at, in octets.
pub const MAX_ANSWER: usize = 65_536;
/// The media type of an answer.
pub const ANSWER_TYPE: &str = "application/ocsp-response";

const MAX_SINGLE: usize = 32;
/// producedAt has whole seconds, of which a part may have passed.
const ROUNDING: Duration = Duration::from_millis(999);

/// What an answer is judged against.
#[derive(Clone, Copy, Debug)]
pub struct Check<'a> {
    /// The certificate in question.
    pub certificate: &'a Certificate,
    /// Its issuer, which is trusted.
    pub issuer: &'a Certificate,
    /// What was asked.
    pub nonce: ExpectedNonce<'a>,
    /// What is known of the time.
    pub time: TimePolicy,
    /// How far the responder's clock may be from ours, for thisUpdate,
    /// producedAt and nextUpdate. OpenSSL's usual value is five minutes.
    pub tolerance: Duration,
    /// From sending the question to having the answer, by a monotonic clock;
    /// zero for an answer that was not asked for.
    pub round_trip: Duration,
}

/// The nonce that an answer has to repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedNonce<'a> {
    /// None was sent, as for a stapled answer. One in the answer is ignored.
    NotAsked,
    /// This one, or none: pre-signed answers are taken.
    IfRepeated(&'a Nonce),
    /// This one.
    Required(&'a Nonce),
}

/// What an answer says about a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateStatus {
    /// Not revoked. It may be expired, if the responder does not care.
    Good,
    /// Revoked.
    Revoked(Revocation),
    /// The responder does not know it.
    Unknown,
}

/// An answer that [`Answer::verify`] accepted: signed by who may, about the
/// certificate in question, current, with the right nonce. What it says may be
/// anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    status: CertificateStatus,
    produced_at: Timestamp,
    freshness: Freshness,
    delegated: bool,
    time: Option<TimeInterval>,
    repeats_nonce: bool,
}

impl Answer {
    /// Judges an answer in DER, at most 65,536 octets. The signature comes
    /// before all that is signed, so that nobody else's words decide.
    ///
    /// # Errors
    /// In this order: [`OcspFault::AnswerMalformed`], [`OcspFault::Responder`]
    /// for an error instead of an answer, [`OcspFault::ResponderWrong`],
    /// [`TrustError::AlgorithmUnsupported`], [`OcspFault::SignatureWrong`],
    /// [`OcspFault::ExtensionUnsupported`], [`OcspFault::CertificateOther`],
    /// [`OcspFault::NonceMissing`], [`OcspFault::NonceWrong`], faults of the
    /// dates: [`OcspFault::Future`], [`OcspFault::Stale`],
    /// [`OcspFault::Endless`], [`OcspFault::Uncertain`],
    /// [`OcspFault::ResponderDate`].
    pub fn verify(der: &[u8], check: &Check<'_>) -> Result<Self, TrustError> {
        let basic = basic_of(der)?;
        let signer = signer::verify(&basic, check.issuer)?;
        let data = basic.tbs_response_data;
        let nonce = read_extensions(data.response_extensions.as_deref())?;
        let single = single_about(check, data.responses)?;
        if read_extensions(single.single_extensions.as_deref())?.is_some() {
            return Err(malformed("a nonce for one certificate"));
        }
        let repeats_nonce = check.nonce.judge(nonce.as_ref())?;
        let produced_at = moment::of_generalized(data.produced_at);
        let freshness = Freshness {
            this_update: moment::of_generalized(single.this_update),
            next_update: single.next_update.map(moment::of_generalized),
        };
        check_order(produced_at, freshness)?;
        let made = TimeInterval::new(
            produced_at,
            produced_at.plus(ROUNDING).plus(check.round_trip),
        )?;
        if let TimePolicy::Trusted(now) = check.time
            && now.latest().plus(check.tolerance) < produced_at
        {
            return Err(OcspFault::Future.into());
        }
        if repeats_nonce {
            judge_bound(made, freshness, check)?;
        } else {
            freshness
                .judge(check.time, check.tolerance)
                .map_err(date_fault)?;
        }
        signer.judge_dates(check.issuer, produced_at, check.time)?;
        let binds_time = nonce.as_ref().is_some_and(Nonce::binds_time);
        Ok(Self {
            status: status_of(single.cert_status),
            produced_at,
            freshness,
            delegated: signer.is_delegated(),
            time: (repeats_nonce && binds_time).then_some(made),
            repeats_nonce,
        })
    }

    /// What it says about the certificate.
    #[must_use]
    pub fn status(&self) -> CertificateStatus {
        self.status
    }

    /// When it was signed, by the responder's clock, in whole seconds.
    #[must_use]
    pub fn produced_at(&self) -> Timestamp {
        self.produced_at
    }

    /// Since when this status is known to be right.
    #[must_use]
    pub fn this_update(&self) -> Timestamp {
        self.freshness.this_update
    }

    /// Until when nothing newer will be known, if that is told.
    #[must_use]
    pub fn next_update(&self) -> Option<Timestamp> {
        self.freshness.next_update
    }

    /// Whether a delegated responder signed it, not the issuer itself.
    #[must_use]
    pub fn is_delegated(&self) -> bool {
        self.delegated
    }

    /// Whether it repeats our nonce, so that it was made for this question.
    #[must_use]
    pub fn repeats_nonce(&self) -> bool {
        self.repeats_nonce
    }

    /// The time when it arrived: from producedAt to the end of that second and
    /// the round trip behind it. `None` unless it repeats our nonce of 16 octets
    /// or more: all other answers may be old ones, and never tell the time.
    #[must_use]
    pub fn time(&self) -> Option<TimeInterval> {
        self.time
    }
}

impl ExpectedNonce<'_> {
    /// Whether the answer's nonce repeats ours.
    fn judge(self, answered: Option<&Nonce>) -> Result<bool, OcspFault> {
        match (self, answered) {
            (Self::NotAsked, _) | (Self::IfRepeated(_), None) => Ok(false),
            (Self::Required(_), None) => Err(OcspFault::NonceMissing),
            (Self::IfRepeated(ours) | Self::Required(ours), Some(theirs)) if ours == theirs => {
                Ok(true)
            }
            _ => Err(OcspFault::NonceWrong),
        }
    }
}

fn malformed(what: &'static str) -> TrustError {
    OcspFault::AnswerMalformed(what).into()
}

/// Since structures re-encode to the same octets, so does each part of them.
fn basic_of(der: &[u8]) -> Result<BasicOcspResponse, TrustError> {
    if der.len() > MAX_ANSWER {
        return Err(malformed("longer than 65536 octets"));
    }
    let response: OcspResponse = strictly(der).ok_or(malformed("not an answer in DER"))?;
    let error = match response.response_status {
        ResponseStatus::Successful => None,
        ResponseStatus::MalformedRequest => Some(ResponderError::MalformedRequest),
        ResponseStatus::InternalError => Some(ResponderError::InternalError),
        ResponseStatus::TryLater => Some(ResponderError::TryLater),
        ResponseStatus::SigRequired => Some(ResponderError::SigRequired),
        ResponseStatus::Unauthorized => Some(ResponderError::Unauthorized),
    };
    if let Some(error) = error {
        return Err(OcspFault::Responder(error).into());
    }
    let bytes = response
        .response_bytes
        .ok_or(malformed("successful without an answer"))?;
    if bytes.response_type != ID_PKIX_OCSP_BASIC {
        return Err(malformed("not a basic response"));
    }
    let basic: BasicOcspResponse =
        strictly(bytes.response.as_bytes()).ok_or(malformed("not a basic response in DER"))?;
    if basic.tbs_response_data.version != 0 {
        return Err(malformed("not version 1"));
    }
    if basic.tbs_response_data.responses.len() > MAX_SINGLE {
        return Err(malformed("about more than 32 certificates"));
    }
    Ok(basic)
}

/// The octets that are signed.
pub(super) fn signed_octets(data: &asn1::ResponseData) -> Result<Vec<u8>, TrustError> {
    data.to_der().map_err(|_| TrustError::EncodingFailed)
}

fn read_extensions(
    extensions: Option<&[x509_cert::ext::Extension]>,
) -> Result<Option<Nonce>, TrustError> {
    nonce_among(extensions.unwrap_or_default()).map_err(|fault| match fault {
        ExtensionFault::Malformed(what) => malformed(what),
        ExtensionFault::Unsupported(oid) => OcspFault::ExtensionUnsupported(oid).into(),
    })
}

/// The one that is about the certificate; the issuer's hash may be any that we
/// know, since a stapled answer is to somebody else's question.
fn single_about(
    check: &Check<'_>,
    responses: Vec<asn1::SingleResponse>,
) -> Result<asn1::SingleResponse, TrustError> {
    let mut about = responses.into_iter().filter(|single| {
        CertId::from_asn1(single.cert_id.clone()).names(check.certificate, check.issuer)
    });
    match (about.next(), about.next()) {
        (Some(single), None) => Ok(single),
        (Some(_), Some(_)) => Err(malformed("two answers about one certificate")),
        (None, _) => Err(OcspFault::CertificateOther.into()),
    }
}

fn check_order(produced_at: Timestamp, freshness: Freshness) -> Result<(), TrustError> {
    if produced_at < freshness.this_update {
        return Err(malformed("thisUpdate after producedAt"));
    }
    if freshness
        .next_update
        .is_some_and(|end| end < freshness.this_update)
    {
        return Err(malformed("nextUpdate before thisUpdate"));
    }
    Ok(())
}

/// An answer to our nonce was made during the round trip; a responder whose
/// clock is behind ours by more than the tolerance is refused.
fn judge_bound(
    made: TimeInterval,
    freshness: Freshness,
    check: &Check<'_>,
) -> Result<(), OcspFault> {
    freshness
        .judge_new(check.time, check.tolerance)
        .map_err(date_fault)?;
    if made.latest().plus(check.tolerance) < check.time.floor() {
        return Err(OcspFault::Stale);
    }
    Ok(())
}

fn date_fault(fault: FreshnessFault) -> OcspFault {
    match fault {
        FreshnessFault::Future => OcspFault::Future,
        FreshnessFault::Stale => OcspFault::Stale,
        FreshnessFault::Uncertain => OcspFault::Uncertain,
        FreshnessFault::Endless => OcspFault::Endless,
    }
}

fn status_of(status: CertStatus) -> CertificateStatus {
    match status {
        CertStatus::Good(_) => CertificateStatus::Good,
        CertStatus::Unknown(_) => CertificateStatus::Unknown,
        CertStatus::Revoked(info) => CertificateStatus::Revoked(Revocation {
            at: moment::of_generalized(info.revocation_time),
            reason: info.revocation_reason,
        }),
    }
}
