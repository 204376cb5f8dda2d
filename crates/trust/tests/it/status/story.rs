//! The hole that the papers describe, and its three ways out: "If the DM server
//! certificate has expired but has not been revoked, the OCSP server will not
//! reply with certificate verification failure. Possible ways to overcome this
//! are that expired DM server certificates are also revoked or that the MTC
//! device sends a nonce to the OCSP server who then replies with correct time
//! and the MTC device can make the certificate verification itself." (clause
//! 7.7.1) The other choice there is the secure clock.

use std::time::Duration;

use trust::TimePolicy;
use trust::ocsp::{CertId, ExpiryPolicy, IssuerHash, Nonce, Request};
use trust::secure_clock::{ClockConfig, SecureClock, TimeSource};
use trust::status::{Case, Decision, Evidence, Outcome, StatusConfig, ValidationPolicy, decide};
use trust::{Certificate, TimeInterval};

use clock::{Tick, Timestamp};

use crate::support::at;
use crate::support::ocsp::{World, code};
use crate::support::random::Seeded;
use crate::support::records::{Records, delegated_for_long};

/// The device's firmware is older than the certificate; it has no other clock.
const BUILT: &str = "2025-06-01T00:00:00Z";
/// The DM server's certificate ended with 2026. It was never revoked.
const TODAY: &str = "2027-03-01T09:30:00Z";

/// The device asks the operator's responder and decides.
fn device_decides(
    policy: ValidationPolicy,
    responder_policy: ExpiryPolicy,
    server: &Certificate,
    issuer: &Certificate,
    now: TimePolicy,
) -> Decision {
    let nonce = Nonce::random(&mut Seeded::new(42));
    let id = CertId::new(issuer, server.serial(), IssuerHash::Sha1).unwrap();
    let question = Request::new(id, Some(nonce.clone())).to_der().unwrap();
    let responder = delegated_for_long(responder_policy);
    let reply = responder.answer(&question, at(TODAY), &Records::of(server));
    let evidence = Evidence::Answer {
        der: reply.der(),
        nonce: Some(&nonce),
        round_trip: Duration::from_millis(800),
    };
    let case = Case {
        certificate: server,
        issuer,
        now,
        evidence: if policy.asks() {
            evidence
        } else {
            Evidence::Nothing
        },
    };
    decide(&StatusConfig::new(policy), &case)
}

#[test]
fn an_expired_unrevoked_server_passes_plain_ocsp_and_nothing_else() {
    let World { issuer, server } = World::new();
    let no_clock = TimePolicy::Floor(at(BUILT));
    let ask = |policy, responder_policy, now| {
        device_decides(policy, responder_policy, &server, &issuer, now)
    };

    // The hole: the responder calls it good, and the device doesn't know the time.
    let plain = ask(
        ValidationPolicy::Ocsp,
        ExpiryPolicy::GoodAfterExpiry,
        no_clock,
    );
    assert_eq!(plain.verdict, Ok(Outcome::Good));

    // First way out: the responder revokes what expires.
    let revoked = ask(
        ValidationPolicy::Ocsp,
        ExpiryPolicy::RevokeOnExpiry,
        no_clock,
    );
    assert_eq!(code(revoked.verdict), Some("certificate-revoked"));

    // Second: the device takes the time from the answer to its nonce, and sees
    // for itself. The responder still says good.
    let itself = ask(
        ValidationPolicy::OcspNonceTime,
        ExpiryPolicy::GoodAfterExpiry,
        no_clock,
    );
    assert_eq!(code(itself.verdict), Some("certificate-expired"));
    assert_eq!(itself.time.map(TimeInterval::earliest), Some(at(TODAY)));

    // Third: a secure clock. Nobody is asked.
    let start = Tick::ZERO;
    let mut clock = SecureClock::anew(ClockConfig::new(at(BUILT)), 0, start);
    let today = TimeInterval::exactly(at(TODAY));
    clock.hear(&TimeSource::Hardware, today, start).unwrap();
    let an_hour_later = start.plus(Duration::from_secs(3600));
    let now = clock.read(None, an_hour_later);
    let by_clock = ask(ValidationPolicy::Clock, ExpiryPolicy::GoodAfterExpiry, now);
    assert_eq!(code(by_clock.verdict), Some("certificate-expired"));
}

#[test]
fn the_same_server_in_date_passes_by_each_way() {
    let World { issuer, server } = World::new();
    let in_date = at("2026-06-01T00:00:00Z");
    let nonce = Nonce::random(&mut Seeded::new(43));
    let id = CertId::new(&issuer, server.serial(), IssuerHash::Sha1).unwrap();
    let question = Request::new(id, Some(nonce.clone())).to_der().unwrap();
    let responder = delegated_for_long(ExpiryPolicy::RevokeOnExpiry);
    let reply = responder.answer(&question, in_date, &Records::of(&server));
    let trusted = |moment: Timestamp| TimePolicy::Trusted(TimeInterval::exactly(moment));
    for (policy, now, outcome) in [
        (
            ValidationPolicy::Ocsp,
            TimePolicy::Floor(at(BUILT)),
            Outcome::Good,
        ),
        (
            ValidationPolicy::OcspNonceTime,
            TimePolicy::Floor(at(BUILT)),
            Outcome::Good,
        ),
        (ValidationPolicy::ClockOcsp, trusted(in_date), Outcome::Good),
        (ValidationPolicy::Clock, trusted(in_date), Outcome::InDate),
    ] {
        let evidence = Evidence::Answer {
            der: reply.der(),
            nonce: Some(&nonce),
            round_trip: Duration::from_millis(800),
        };
        let case = Case {
            certificate: &server,
            issuer: &issuer,
            now,
            evidence,
        };
        let mut config = StatusConfig::new(policy);
        // The certificate of these tests lives for a year.
        config.max_validity = Duration::from_secs(366 * 86_400);
        assert_eq!(decide(&config, &case).verdict, Ok(outcome), "{policy}");
    }
}
