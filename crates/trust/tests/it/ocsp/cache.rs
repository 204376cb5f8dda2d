//! Answers that were signed before (RFC 5019 clause 3): as long as half of their
//! life is left, never for a nonce, never after a revocation.

use std::time::Duration;

use trust::ocsp::{AnswerCache, CertId, ExpiryPolicy, IssuerHash, Request};
use trust::{Revocation, RevocationReason};

use crate::support::at;
use crate::support::ocsp::{NOW, World, nonce};
use crate::support::records::{Records, own};

fn request(hash: IssuerHash) -> Request {
    let world = World::new();
    let id = CertId::new(&world.issuer, world.server.serial(), hash).unwrap();
    Request::new(id, None)
}

#[test]
fn the_same_octets_answer_until_half_of_their_life() {
    let world = World::new();
    let records = Records::of(&world.server);
    let responder = own(ExpiryPolicy::RevokeOnExpiry);
    let mut cache = AnswerCache::new(4);
    let request = request(IssuerHash::Sha1);
    let mut ask = |after: u64| {
        let now = at(NOW).plus(Duration::from_secs(after));
        let reply = cache.answer(&responder, &request, now, &records);
        (reply.der().to_vec(), records.asked.get())
    };
    let (first, _) = ask(0);
    assert_eq!(ask(1799), (first.clone(), 1));
    let (second, asked) = ask(1800);
    assert_eq!(asked, 2);
    assert_ne!(first, second);
    assert_eq!(ask(1801), (second, 2));
    // A clock that was set back.
    assert_eq!(ask(1).1, 3);
}

#[test]
fn nonces_unknown_certificates_and_errors_are_never_kept() {
    let world = World::new();
    let responder = own(ExpiryPolicy::RevokeOnExpiry);
    let mut cache = AnswerCache::new(4);
    let records = Records::of(&world.server);
    let id = CertId::new(&world.issuer, world.server.serial(), IssuerHash::Sha1).unwrap();
    let with_nonce = Request::new(id, Some(nonce(1)));
    let plain = request(IssuerHash::Sha1);
    let broken = Records {
        broken: true,
        ..Records::default()
    };
    for (request, records) in [
        (&with_nonce, &records),
        (&plain, &Records::default()),
        (&plain, &broken),
    ] {
        for _ in 0..2 {
            cache.answer(&responder, request, at(NOW), records);
        }
        assert!(cache.is_empty());
        assert_eq!(records.asked.get(), 2);
    }
    // A kept answer is not for a question with a nonce.
    cache.answer(&responder, &plain, at(NOW), &records);
    let asked = records.asked.get();
    cache.answer(&responder, &with_nonce, at(NOW), &records);
    assert_eq!((cache.len(), records.asked.get()), (1, asked + 1));
}

#[test]
fn a_revocation_is_told_at_once_after_forgetting() {
    let world = World::new();
    let mut records = Records::of(&world.server);
    let responder = own(ExpiryPolicy::RevokeOnExpiry);
    let mut cache = AnswerCache::new(4);
    for hash in [IssuerHash::Sha1, IssuerHash::Sha256] {
        cache.answer(&responder, &request(hash), at(NOW), &records);
    }
    assert_eq!(cache.len(), 2);
    let before = cache.answer(&responder, &request(IssuerHash::Sha1), at(NOW), &records);
    records.put(
        &world.server,
        Some(Revocation {
            at: at(NOW),
            reason: Some(RevocationReason::Superseded),
        }),
    );
    cache.forget(&[0x55]);
    assert_eq!(cache.len(), 2);
    cache.forget(world.server.serial());
    assert!(cache.is_empty());
    let after = cache.answer(&responder, &request(IssuerHash::Sha1), at(NOW), &records);
    assert_ne!(before.der(), after.der());
}

#[test]
fn a_full_cache_drops_what_ends_first() {
    let world = World::new();
    let responder = own(ExpiryPolicy::RevokeOnExpiry);
    let mut records = Records::default();
    let record = Records::of(&world.server).list[world.server.serial()];
    let requests: Vec<_> = (1..=3u8)
        .map(|serial| {
            records.list.insert(vec![serial], record);
            let id = CertId::new(&world.issuer, &[serial], IssuerHash::Sha1).unwrap();
            Request::new(id, None)
        })
        .collect();
    let mut cache = AnswerCache::new(2);
    for (after, request) in requests.iter().enumerate() {
        let now = at(NOW).plus(Duration::from_secs(after as u64));
        cache.answer(&responder, request, now, &records);
    }
    assert_eq!(cache.len(), 2);
    let now = at(NOW).plus(Duration::from_secs(3));
    let asked = records.asked.get();
    cache.answer(&responder, &requests[1], now, &records);
    cache.answer(&responder, &requests[2], now, &records);
    assert_eq!(records.asked.get(), asked, "the later two were kept");
    cache.answer(&responder, &requests[0], now, &records);
    assert_eq!(records.asked.get(), asked + 1);
    let mut none = AnswerCache::new(0);
    none.answer(&responder, &requests[0], now, &records);
    assert!(none.is_empty());
}

/// What a node does that signs elsewhere than under the cache's lock.
#[test]
fn an_answer_from_before_a_revocation_is_not_kept_after_it() {
    let world = World::new();
    let records = Records::of(&world.server);
    let responder = own(ExpiryPolicy::RevokeOnExpiry);
    let mut cache = AnswerCache::new(4);
    let request = request(IssuerHash::Sha1);
    assert_eq!(cache.kept(&request, at(NOW)), None);
    let generation = cache.generation();
    let reply = responder.answer_request(&request, at(NOW), &records);
    cache.forget(world.server.serial());
    cache.keep(&request, &reply, at(NOW), generation);
    assert!(cache.is_empty());
    cache.keep(&request, &reply, at(NOW), cache.generation());
    assert_eq!(cache.kept(&request, at(NOW)), Some(reply));
}
