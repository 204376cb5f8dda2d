//! Our responder, judged by our client, whose answers other writers made in the
//! tests beside this one (RFC 6960 clauses 2.2 to 2.7, RFC 9654 clause 2.1).

use clock::Timestamp;
use trust::issue::{IssuerKey, IssuerKeyError, SoftwareIssuer};
use trust::ocsp::{
    Answer, CertId, CertificateStatus, Check, ExpectedNonce, ExpiryPolicy, IssuerHash, Nonce,
    Reply, Request, Responder, ResponderConfig, ResponderError,
};
use trust::{
    Certificate, Revocation, RevocationReason, SignatureAlgorithm, TimeInterval, TimePolicy,
};

use crate::support::build::Draft;
use crate::support::der::{sequence, tlv};
use crate::support::ocsp::{
    NOW, RESPONDER_KEY, World, cert_id, code, nonce, nonce_extension, responder_draft,
    without_usage,
};
use crate::support::records::{Records, config, delegated, own};
use crate::support::test_keys::{p256, p384};
use crate::support::{ANCHOR_KEY, at, parsed};

fn request(nonce: Option<&Nonce>) -> Request {
    let world = World::new();
    let id = CertId::new(&world.issuer, world.server.serial(), IssuerHash::Sha1).unwrap();
    Request::new(id, nonce.cloned())
}

fn revocation() -> Revocation {
    Revocation {
        at: at("2026-05-01T12:00:00Z"),
        reason: Some(RevocationReason::KeyCompromise),
    }
}

/// Our client's reading of a reply, at the moment it was made.
fn read(reply: &Reply, nonce: Option<&Nonce>, now: Timestamp) -> Result<Answer, trust::TrustError> {
    let world = World::new();
    let mut check: Check<'_> = world.check(match nonce {
        Some(nonce) => ExpectedNonce::Required(nonce),
        None => ExpectedNonce::NotAsked,
    });
    check.time = TimePolicy::Trusted(TimeInterval::exactly(now));
    Answer::verify(reply.der(), &check)
}

#[test]
fn good_revoked_and_unknown_are_told_by_the_issuer_and_its_delegate() {
    let world = World::new();
    let mut revoked = Records::default();
    revoked.put(&world.server, Some(revocation()));
    let ours = nonce(1);
    for responder in [
        own(ExpiryPolicy::RevokeOnExpiry),
        delegated(ExpiryPolicy::RevokeOnExpiry),
    ] {
        for (records, status) in [
            (&Records::of(&world.server), CertificateStatus::Good),
            (&revoked, CertificateStatus::Revoked(revocation())),
            (&Records::default(), CertificateStatus::Unknown),
        ] {
            let request = request(Some(&ours)).to_der().unwrap();
            let reply = responder.answer(&request, at(NOW), records);
            assert_eq!(reply.responder_error(), None);
            assert_eq!(reply.cacheable_until(), None, "it repeats a nonce");
            let answer = read(&reply, Some(&ours), at(NOW)).unwrap();
            assert_eq!(answer.status(), status);
            assert_eq!(answer.produced_at(), at(NOW));
            let end = (status != CertificateStatus::Unknown).then(|| at("2026-06-01T01:00:00Z"));
            assert_eq!(answer.next_update(), end);
        }
    }
}

#[test]
fn a_get_is_answered_like_a_post() {
    let records = Records::of(&World::new().server);
    let ours = nonce(1);
    let path = request(Some(&ours)).to_path().unwrap().unwrap();
    let reply = delegated(ExpiryPolicy::RevokeOnExpiry).answer_path(&path, at(NOW), &records);
    let answer = read(&reply, Some(&ours), at(NOW)).unwrap();
    assert_eq!(answer.status(), CertificateStatus::Good);
    let reply = delegated(ExpiryPolicy::RevokeOnExpiry).answer_path("%", at(NOW), &records);
    assert_eq!(
        reply.responder_error(),
        Some(ResponderError::MalformedRequest)
    );
}

#[test]
fn every_nonce_of_1_to_128_octets_is_repeated() {
    let records = Records::of(&World::new().server);
    let responder = own(ExpiryPolicy::RevokeOnExpiry);
    for length in [1, 16, 32, 128] {
        let ours = Nonce::new(&vec![0xa5; length]).unwrap();
        let reply = responder.answer_request(&request(Some(&ours)), at(NOW), &records);
        assert!(read(&reply, Some(&ours), at(NOW)).unwrap().repeats_nonce());
    }
}

#[test]
fn what_has_expired_is_good_or_revoked_by_policy() {
    let world = World::new();
    let records = Records::of(&world.server);
    let ours = nonce(1);
    let last = at("2026-12-31T23:59:59Z");
    let expired = Revocation {
        at: last,
        reason: Some(RevocationReason::CessationOfOperation),
    };
    for (now, plain, revoking) in [
        (
            "2026-12-31T23:59:59Z",
            CertificateStatus::Good,
            CertificateStatus::Good,
        ),
        (
            "2027-01-01T00:00:00Z",
            CertificateStatus::Good,
            CertificateStatus::Revoked(expired),
        ),
        (
            "2036-01-01T00:00:00Z",
            CertificateStatus::Good,
            CertificateStatus::Revoked(expired),
        ),
    ] {
        for (policy, status) in [
            (ExpiryPolicy::GoodAfterExpiry, plain),
            (ExpiryPolicy::RevokeOnExpiry, revoking),
        ] {
            let reply = own(policy).answer_request(&request(Some(&ours)), at(now), &records);
            let answer = read(&reply, Some(&ours), at(now)).unwrap();
            assert_eq!(answer.status(), status, "{now} {policy:?}");
        }
    }
    // What was revoked before says when and why, by either policy.
    let mut records = records;
    records.put(&world.server, Some(revocation()));
    for policy in [ExpiryPolicy::GoodAfterExpiry, ExpiryPolicy::RevokeOnExpiry] {
        let now = at("2027-06-01T00:00:00Z");
        let reply = own(policy).answer_request(&request(Some(&ours)), now, &records);
        let status = read(&reply, Some(&ours), now).unwrap().status();
        assert_eq!(status, CertificateStatus::Revoked(revocation()));
    }
}

#[test]
fn a_good_answer_never_outlives_the_certificate() {
    let records = Records::of(&World::new().server);
    let responder = own(ExpiryPolicy::GoodAfterExpiry);
    for (now, end) in [
        ("2026-12-31T22:59:59Z", Some("2026-12-31T23:59:59Z")),
        ("2026-12-31T22:59:58Z", Some("2026-12-31T23:59:58Z")),
        ("2026-12-31T23:30:00Z", Some("2026-12-31T23:59:59Z")),
        ("2026-12-31T23:59:59Z", Some("2026-12-31T23:59:59Z")),
        // Nobody may keep it, and nobody without a nonce may believe it.
        ("2027-01-01T00:00:00Z", None),
    ] {
        let reply = responder.answer_request(&request(None), at(now), &records);
        assert_eq!(reply.cacheable_until(), end.map(at), "{now}");
        let answer = read(&reply, None, at(now));
        match end {
            Some(end) => assert_eq!(answer.unwrap().next_update(), Some(at(end))),
            None => assert_eq!(code(answer), Some("ocsp-answer-endless")),
        }
    }
}

#[test]
fn several_certificates_are_answered_up_to_a_limit() {
    let world = World::new();
    let records = Records::of(&world.server);
    let responder = own(ExpiryPolicy::RevokeOnExpiry);
    let ask = |ids: &[Vec<u8>]| {
        let singles: Vec<_> = ids
            .iter()
            .map(|id| sequence(std::slice::from_ref(id)))
            .collect();
        let der = sequence(&[sequence(&[
            sequence(&singles),
            tlv(0xa2, &sequence(&[nonce_extension(nonce(1).octets())])),
        ])]);
        responder.answer(&der, at(NOW), &records)
    };
    let ours = cert_id(&world.issuer, &[0x11, 0x22]);
    let others: Vec<_> = (1..16).map(|n| cert_id(&world.issuer, &[n])).collect();
    let sixteen = [vec![ours.clone()], others].concat();
    let answer = read(&ask(&sixteen), Some(&nonce(1)), at(NOW)).unwrap();
    assert_eq!(answer.status(), CertificateStatus::Good);
    let seventeen = [sixteen, vec![cert_id(&world.issuer, &[99])]].concat();
    let reply = ask(&seventeen);
    assert_eq!(
        reply.responder_error(),
        Some(ResponderError::MalformedRequest)
    );
    // Another issuer's certificate is unknown beside ours, and alone not ours
    // to speak of.
    let foreign = cert_id(&world.server, &[0x11, 0x22]);
    let answer = read(&ask(&[foreign.clone(), ours]), Some(&nonce(1)), at(NOW)).unwrap();
    assert_eq!(answer.status(), CertificateStatus::Good);
    let reply = ask(&[foreign]);
    assert_eq!(reply.responder_error(), Some(ResponderError::Unauthorized));
}

#[test]
fn errors_are_five_octets_and_signed_by_nobody() {
    let world = World::new();
    let records = Records::of(&world.server);
    let broken = Records {
        broken: true,
        ..Records::default()
    };
    let responder = delegated(ExpiryPolicy::RevokeOnExpiry);
    let asked = request(None).to_der().unwrap();
    for (reply, error, last) in [
        (
            responder.answer(&[1, 2, 3], at(NOW), &records),
            ResponderError::MalformedRequest,
            1,
        ),
        (
            responder.answer(&asked, at(NOW), &broken),
            ResponderError::TryLater,
            3,
        ),
        // Its own certificate has expired, or not begun.
        (
            responder.answer(&asked, at("2027-01-01T00:00:00Z"), &records),
            ResponderError::InternalError,
            2,
        ),
        (
            responder.answer(&asked, at("2025-12-31T23:59:59Z"), &records),
            ResponderError::InternalError,
            2,
        ),
        (
            Reply::error(ResponderError::SigRequired),
            ResponderError::SigRequired,
            5,
        ),
        (
            Reply::error(ResponderError::Unauthorized),
            ResponderError::Unauthorized,
            6,
        ),
    ] {
        assert_eq!(reply.responder_error(), Some(error));
        assert_eq!(reply.der(), [0x30, 0x03, 0x0a, 0x01, last]);
        assert_eq!(reply.cacheable_until(), None);
    }
}

/// A key that says it signed.
struct Failing(SoftwareIssuer);

impl IssuerKey for Failing {
    fn public_key_der(&self) -> Vec<u8> {
        self.0.public_key_der()
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.0.algorithm()
    }

    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, IssuerKeyError> {
        Err(IssuerKeyError("out of order".to_owned()))
    }
}

#[test]
fn a_key_that_does_not_sign_is_an_internal_error() {
    let world = World::new();
    let key = Failing(SoftwareIssuer::new(p256(ANCHOR_KEY)).unwrap());
    let responder =
        Responder::new(key, world.issuer.clone(), None, ResponderConfig::default()).unwrap();
    let records = Records::of(&world.server);
    let reply = responder.answer_request(&request(None), at(NOW), &records);
    assert_eq!(reply.responder_error(), Some(ResponderError::InternalError));
}

#[test]
fn key_and_certificate_of_a_responder_belong_together() {
    let made = |seed: Option<u32>, delegated: Option<Certificate>| {
        let key = seed.map_or_else(|| p384(ANCHOR_KEY), p256);
        Responder::new(
            SoftwareIssuer::new(key).unwrap(),
            World::new().issuer,
            delegated,
            config(ExpiryPolicy::RevokeOnExpiry),
        )
        .map(drop)
    };
    let certificate = |draft: Draft| Some(parsed(&draft.signed_by(&p256(ANCHOR_KEY))));
    assert_eq!(code(made(Some(ANCHOR_KEY), None)), None);
    assert_eq!(
        code(made(Some(RESPONDER_KEY), certificate(responder_draft()))),
        None
    );
    for seed in [Some(RESPONDER_KEY), None] {
        assert_eq!(code(made(seed, None)), Some("ocsp-key-mismatch"));
    }
    let verdict = made(Some(ANCHOR_KEY), certificate(responder_draft()));
    assert_eq!(code(verdict), Some("ocsp-key-mismatch"));
    let verdict = made(Some(RESPONDER_KEY), certificate(without_usage()));
    assert_eq!(code(verdict), Some("ocsp-responder-wrong"));
}
