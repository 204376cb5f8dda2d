//! AKA between an AuC and a USIM, TS 33.102 clause 6.3 and annex C: freshness,
//! resynchronisation, restarts, and what an attacker might replay.

use aka::auc::{Issue, MAX_VECTORS, SeqReservation};
use aka::usim::{self, Answer, SqnArray};
use aka::{AkaError, Amf, AuthenticationVector, Auts, Ind, Milenage, Seq, Sqn};

use crate::support::{SplitMix, milenage, vectors};

const AMF: Amf = Amf([0x80, 0]);

fn subscriber() -> Milenage {
    milenage(&vectors()["umts"][0], "K")
}

fn ind(value: u8) -> Ind {
    Ind::new(value).unwrap()
}

fn issue(auc: &mut SeqReservation, node: u8, count: usize, seed: u64) -> Issue {
    auc.issue(&subscriber(), AMF, ind(node), count, &mut SplitMix(seed))
        .unwrap()
}

fn answer(array: &mut SqnArray, vector: &AuthenticationVector) -> Result<Answer, AkaError> {
    usim::authenticate(&subscriber(), array, &vector.rand, &vector.autn)
}

fn accepted(array: &mut SqnArray, vector: &AuthenticationVector) -> bool {
    match answer(array, vector).unwrap() {
        Answer::Accepted(response) => {
            assert!(response.res.ct_eq(&vector.xres));
            assert!(response.ck.ct_eq(&vector.ck));
            assert!(response.ik.ct_eq(&vector.ik));
            true
        }
        Answer::SyncFailure(_) => false,
    }
}

fn sqn_of(vector: &AuthenticationVector) -> Sqn {
    let (concealed, ..) = vector.autn.parts();
    let ak = subscriber().outputs(&vector.rand, Sqn::default(), AMF).ak;
    Sqn::revealed(concealed, &ak)
}

#[test]
fn vectors_of_one_answer_are_distinct_and_all_accepted_in_order() {
    let (mut auc, mut array) = (SeqReservation::from_bound(Seq::default()), SqnArray::new());
    for round in 0..10 {
        let issue = issue(&mut auc, 3, MAX_VECTORS, round);
        assert_eq!(issue.vectors.len(), MAX_VECTORS);
        assert!(
            issue
                .vectors
                .iter()
                .all(|vector| accepted(&mut array, vector))
        );
    }
}

#[test]
fn a_vector_is_accepted_once() {
    let (mut auc, mut array) = (SeqReservation::from_bound(Seq::default()), SqnArray::new());
    let issue = issue(&mut auc, 0, 1, 1);
    assert!(accepted(&mut array, &issue.vectors[0]));
    assert!(!accepted(&mut array, &issue.vectors[0]));
}

#[test]
fn two_nodes_may_use_their_vectors_in_any_order() {
    let (mut auc, mut array) = (SeqReservation::from_bound(Seq::default()), SqnArray::new());
    let first = issue(&mut auc, 1, 3, 1);
    let second = issue(&mut auc, 2, 3, 2);
    for (a, b) in second.vectors.iter().zip(&first.vectors) {
        assert!(accepted(&mut array, a));
        assert!(
            accepted(&mut array, b),
            "an older SEQ under another IND is fresh (annex C.2.2)"
        );
    }
}

/// 1,000 requests for five vectors: under 0.05 stored bounds for each, the goal
/// of the HLR.
#[test]
fn a_busy_subscriber_is_stored_seldom() {
    let mut auc = SeqReservation::from_bound(Seq::default());
    let stored: usize = (0..1000)
        .map(|request| issue(&mut auc, 0, 5, request))
        .filter(|issue| issue.store_bound.is_some())
        .count();
    assert!((1..50).contains(&stored), "{stored}");
}

#[test]
fn a_restarted_auc_goes_on_above_what_it_may_have_used() {
    let mut array = SqnArray::new();
    let mut stored = Seq::default();
    let mut last = Sqn::default();
    for restart in 0..20 {
        let mut auc = SeqReservation::from_bound(stored);
        for request in 0..(restart % 7) {
            let issue = issue(&mut auc, 5, 5, restart * 100 + request);
            stored = issue.store_bound.unwrap_or(stored);
            for vector in &issue.vectors {
                assert!(sqn_of(vector) > last, "SQN never goes back");
                assert!(
                    sqn_of(vector).seq() < stored,
                    "no vector at or above the stored bound"
                );
                last = sqn_of(vector);
                assert!(accepted(&mut array, vector));
            }
        }
    }
}

#[test]
fn an_auc_that_lost_its_numbers_is_resynchronised_by_one_auts() {
    let (mut auc, mut array) = (SeqReservation::from_bound(Seq::default()), SqnArray::new());
    for round in 0..5 {
        assert!(accepted(
            &mut array,
            &issue(&mut auc, 4, 1, round).vectors[0]
        ));
    }
    let mut restored = SeqReservation::from_bound(Seq::default());
    let stale = issue(&mut restored, 4, 1, 99);
    let Answer::SyncFailure(auts) = answer(&mut array, &stale.vectors[0]).unwrap() else {
        panic!("an SQN that was used before was accepted")
    };
    let bound = restored
        .resynchronise(&subscriber(), &stale.vectors[0].rand, &auts)
        .unwrap();
    assert_eq!(
        bound, None,
        "five numbers lie within the first block's bound"
    );
    assert!(accepted(
        &mut array,
        &issue(&mut restored, 4, 1, 100).vectors[0]
    ));
}

#[test]
fn a_replayed_auts_does_not_rewind_the_auc() {
    let (mut auc, mut array) = (SeqReservation::from_bound(Seq::default()), SqnArray::new());
    let first = issue(&mut auc, 4, 1, 1);
    assert!(accepted(&mut array, &first.vectors[0]));
    let old = Auts::new(&subscriber(), &first.vectors[0].rand, array.highest());
    for round in 2..80 {
        assert!(accepted(
            &mut array,
            &issue(&mut auc, 4, 1, round).vectors[0]
        ));
    }
    let before = auc;
    assert_eq!(
        auc.resynchronise(&subscriber(), &first.vectors[0].rand, &old),
        Ok(None)
    );
    assert_eq!(auc, before);
}

#[test]
fn an_auts_for_another_rand_or_with_a_flipped_bit_is_refused() {
    let milenage = subscriber();
    let mut auc = SeqReservation::from_bound(Seq::default());
    let vectors = issue(&mut auc, 0, 2, 7).vectors;
    let auts = Auts::new(
        &milenage,
        &vectors[0].rand,
        Sqn::new(Seq::new(1 << 30).unwrap(), ind(0)),
    );
    let before = auc;
    assert_eq!(
        auc.resynchronise(&milenage, &vectors[1].rand, &auts),
        Err(AkaError::AutsInvalid)
    );
    for bit in 0..14 * 8 {
        let mut flipped = auts;
        flipped.0[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            auc.resynchronise(&milenage, &vectors[0].rand, &flipped),
            Err(AkaError::AutsInvalid)
        );
    }
    assert_eq!(auc, before);
    assert!(
        auc.resynchronise(&milenage, &vectors[0].rand, &auts)
            .unwrap()
            .is_some()
    );
}

#[test]
fn a_challenge_with_any_flipped_bit_is_a_mac_failure_and_changes_nothing() {
    let (mut auc, mut array) = (SeqReservation::from_bound(Seq::default()), SqnArray::new());
    let vector = &issue(&mut auc, 0, 1, 3).vectors[0];
    for bit in 0..16 * 8 {
        let mut autn = vector.autn;
        autn.0[bit / 8] ^= 1 << (bit % 8);
        let result = usim::authenticate(&subscriber(), &mut array, &vector.rand, &autn);
        assert_eq!(result.err(), Some(AkaError::MacFailure), "bit {bit}");
    }
    assert_eq!(array, SqnArray::new());
}

#[test]
fn a_usim_refuses_a_jump_beyond_delta() {
    let mut array = SqnArray::new();
    let far = Sqn::new(Seq::new((1 << 28) + 1).unwrap(), ind(0));
    assert!(!array.accepts(far));
    let near = Sqn::new(Seq::new(1 << 28).unwrap(), ind(0));
    assert!(array.accepts(near));
    let vector = AuthenticationVector::new(&subscriber(), aka::Rand([9; 16]), near, AMF);
    assert!(accepted(&mut array, &vector));
    assert!(array.accepts(far));
}

#[test]
fn the_last_numbers_are_refused_rather_than_wrapped() {
    let mut auc = SeqReservation::from_bound(Seq::new(Seq::MAX.to_u64() - 2).unwrap());
    let mut random = SplitMix(1);
    let result = auc.issue(&subscriber(), AMF, ind(0), 3, &mut random);
    assert_eq!(result.err(), Some(AkaError::SequenceExhausted));
    assert!(
        auc.issue(&subscriber(), AMF, ind(0), 2, &mut random)
            .is_ok()
    );
    let result = auc.issue(&subscriber(), AMF, ind(0), 1, &mut random);
    assert_eq!(result.err(), Some(AkaError::SequenceExhausted));
}

#[test]
fn an_answer_carries_one_to_five_vectors() {
    let mut auc = SeqReservation::from_bound(Seq::default());
    for count in [0, MAX_VECTORS + 1] {
        let result = auc.issue(&subscriber(), AMF, ind(0), count, &mut SplitMix(1));
        assert_eq!(
            result.err(),
            Some(AkaError::VectorCount {
                asked: count,
                max: MAX_VECTORS
            })
        );
    }
}
