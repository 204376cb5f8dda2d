//! The decision about one certificate, from all that is at hand.

use std::time::Duration;

use super::{StatusConfig, StatusFault, ValidationPolicy};
use crate::anchor::{check_dates, check_issued};
use crate::ocsp::{Answer, CertificateStatus, Check, ExpectedNonce, Nonce, OcspFault};
use crate::secure_clock::reconciled;
use crate::{Certificate, TimeInterval, TimePolicy, TrustError};

/// A server's certificate and what is at hand to judge it by. That the server
/// is the right one, by name and purpose, is judged elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The server's certificate.
    pub certificate: &'a Certificate,
    /// The authority that the device trusts for it.
    pub issuer: &'a Certificate,
    /// What the secure clock shows for this chain
    /// ([`SecureClock::read`](crate::secure_clock::SecureClock::read)).
    pub now: TimePolicy,
    /// What is said of its status.
    pub evidence: Evidence<'a>,
}

/// What is said of a certificate's status.
#[derive(Clone, Copy, Debug)]
pub enum Evidence<'a> {
    /// Nothing: not asked, no answer, or nothing stapled.
    Nothing,
    /// What a responder answered.
    Answer {
        /// The octets.
        der: &'a [u8],
        /// The nonce of the question, if it had one.
        nonce: Option<&'a Nonce>,
        /// From sending the question to having the answer, by the tick.
        round_trip: Duration,
    },
    /// What the server stapled.
    Staple(&'a [u8]),
}

/// The decision, and the time that was learnt on the way. The time is as good
/// after a refusal: that the certificate has expired is known by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Accepted, or why not.
    pub verdict: Result<Outcome, TrustError>,
    /// The time when the answer arrived, for
    /// [`SecureClock::hear`](crate::secure_clock::SecureClock::hear).
    pub time: Option<TimeInterval>,
}

/// How a certificate came to be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The responder calls it good.
    Good,
    /// The clock alone says so; no status was asked.
    InDate,
    /// There was no answer, and the configuration lets that pass.
    Unanswered,
}

/// Decides by the policy. In this order: that the issuer issued it; the pin; the
/// clock that the policy needs; the answer; the time from it; the dates; the
/// status. A certificate that has expired is called so whatever its status.
#[must_use]
pub fn decide(config: &StatusConfig, case: &Case<'_>) -> Decision {
    let mut time = None;
    let verdict = judge(config, case, &mut time);
    Decision { verdict, time }
}

fn judge(
    config: &StatusConfig,
    case: &Case<'_>,
    learnt: &mut Option<TimeInterval>,
) -> Result<Outcome, TrustError> {
    check_issued(case.certificate, case.issuer)?;
    if config.pin.is_some_and(|pin| !pin.matches(case.certificate)) {
        return Err(StatusFault::PinWrong.into());
    }
    if needs_clock(config.policy) && matches!(case.now, TimePolicy::Floor(_)) {
        return Err(StatusFault::ClockNotSet.into());
    }
    if config.policy == ValidationPolicy::Clock {
        check_dates(case.certificate, case.issuer, case.now)?;
        check_validity(case.certificate, config.max_validity)?;
        return Ok(Outcome::InDate);
    }
    let answer = match answer(config, case) {
        Err(error) if config.soft_fail && is_no_answer(&error) => {
            check_dates(case.certificate, case.issuer, case.now)?;
            return Ok(Outcome::Unanswered);
        }
        answer => answer?,
    };
    let now = time_of(config, case, &answer)?;
    if config.policy != ValidationPolicy::Ocsp {
        *learnt = answer.time();
    }
    check_dates(case.certificate, case.issuer, now)?;
    match answer.status() {
        CertificateStatus::Good => Ok(Outcome::Good),
        CertificateStatus::Revoked(revocation) => Err(StatusFault::Revoked(revocation).into()),
        CertificateStatus::Unknown => Err(StatusFault::Unknown.into()),
    }
}

/// Without a clock a stapled answer could be an old one for ever.
const fn needs_clock(policy: ValidationPolicy) -> bool {
    match policy {
        ValidationPolicy::Clock | ValidationPolicy::ClockOcsp | ValidationPolicy::Staple => true,
        ValidationPolicy::Ocsp | ValidationPolicy::OcspNonceTime => false,
    }
}

fn check_validity(certificate: &Certificate, most: Duration) -> Result<(), TrustError> {
    // As issuers count: from the first second to the last.
    let validity = certificate.not_after().since(certificate.not_before());
    if validity > most {
        return Err(StatusFault::ValidityTooLong.into());
    }
    Ok(())
}

/// The answer that the policy wants, judged by what is known of the time.
fn answer(config: &StatusConfig, case: &Case<'_>) -> Result<Answer, TrustError> {
    let (der, nonce, round_trip) = match (config.policy, case.evidence) {
        // Where the responder can't be reached, the server brings its answer.
        (ValidationPolicy::Staple | ValidationPolicy::ClockOcsp, Evidence::Staple(der)) => {
            (der, ExpectedNonce::NotAsked, Duration::ZERO)
        }
        (
            ValidationPolicy::OcspNonceTime,
            Evidence::Answer {
                der,
                nonce,
                round_trip,
            },
        ) => {
            let Some(nonce) = nonce.filter(|nonce| nonce.binds_time()) else {
                return Err(StatusFault::NonceTooShort.into());
            };
            (der, ExpectedNonce::Required(nonce), round_trip)
        }
        (
            ValidationPolicy::Ocsp | ValidationPolicy::ClockOcsp,
            Evidence::Answer {
                der,
                nonce,
                round_trip,
            },
        ) => {
            let nonce = nonce.map_or(ExpectedNonce::NotAsked, ExpectedNonce::IfRepeated);
            (der, nonce, round_trip)
        }
        _ => return Err(StatusFault::NoAnswer.into()),
    };
    let check = Check {
        certificate: case.certificate,
        issuer: case.issuer,
        nonce,
        time: case.now,
        tolerance: config.tolerance,
        round_trip,
    };
    Answer::verify(der, &check)
}

/// A responder that can't answer says so without a signature, so anybody can:
/// that is no more than silence.
fn is_no_answer(error: &TrustError) -> bool {
    matches!(
        error,
        TrustError::Status(StatusFault::NoAnswer) | TrustError::Ocsp(OcspFault::Responder(_))
    )
}

/// What the dates are judged by.
fn time_of(
    config: &StatusConfig,
    case: &Case<'_>,
    answer: &Answer,
) -> Result<TimePolicy, TrustError> {
    match config.policy {
        ValidationPolicy::Ocsp => Ok(TimePolicy::Floor(case.now.floor())),
        ValidationPolicy::OcspNonceTime => {
            let observed = answer.time().ok_or(OcspFault::NonceMissing)?;
            let now = reconciled(case.now, observed, config.tolerance)?;
            Ok(TimePolicy::Trusted(now))
        }
        _ => Ok(case.now),
    }
}
