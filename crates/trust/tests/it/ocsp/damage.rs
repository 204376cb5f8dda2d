//! Damaged answers: cut at every length, changed at random; nothing panics, and
//! nothing that is not the signer's word is believed.

use trust::ocsp::{Answer, ExpectedNonce, Request};

use crate::support::ocsp::{AnswerDraft, RESPONDER_KEY, World, nonce, responder_draft};
use crate::support::random::Seeded;
use crate::support::test_keys::p256;

fn whole() -> Vec<u8> {
    AnswerDraft::delegated(&responder_draft())
        .with_nonce(&nonce(1))
        .signed_by(&p256(RESPONDER_KEY))
}

fn accepted(world: &World, der: &[u8]) -> bool {
    let ours = nonce(1);
    Answer::verify(der, &world.check(ExpectedNonce::Required(&ours))).is_ok()
}

#[test]
fn an_answer_cut_anywhere_is_refused() {
    let (world, whole) = (World::new(), whole());
    assert!(accepted(&world, &whole));
    for length in 0..whole.len() {
        assert!(!accepted(&world, &whole[..length]), "{length}");
    }
}

#[test]
fn an_answer_with_any_bit_changed_is_refused() {
    let (world, whole) = (World::new(), whole());
    for bit in 0..whole.len() * 8 {
        let mut changed = whole.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(!accepted(&world, &changed), "bit {bit}");
    }
}

#[test]
fn random_damage_is_never_believed() {
    let (world, whole) = (World::new(), whole());
    let mut random = Seeded::new(6960);
    for _ in 0..20_000 {
        let mut changed = whole.clone();
        for _ in 0..=random.below(5) {
            let at = random.below(changed.len());
            match random.below(4) {
                0 => changed[at] = random.next() as u8,
                1 => drop(changed.remove(at)),
                2 => changed.insert(at, random.next() as u8),
                _ => changed[at] ^= 1 << random.below(8),
            }
        }
        assert!(changed == whole || !accepted(&world, &changed));
        // A request's reader sees the same octets.
        assert!(Request::from_der(&changed).is_err());
    }
}
