//! TS 33.102 clause 6.3 and annex C for each algorithm that a subscriber may have:
//! freshness, AUTS with AMF* = 0, and what an attacker might replay.

use aka::auc::{MAX_VECTORS, SeqReservation};
use aka::usim::{self, Answer, Limits, SqnArray};
use aka::{
    AkaError, Algorithm, AlgorithmSet, Amf, AuthenticationVector, Auts, Challenge, Ind, Rand, Seq,
    Sqn,
};
use clock::Random;

use crate::support::{SplitMix, subscribers};

const AMF: Amf = Amf([0x80, 0]);

fn sqn(seq: u64, ind: u8) -> Sqn {
    Sqn::new(Seq::new(seq).unwrap(), Ind::new(ind).unwrap())
}

fn accepted(set: &Algorithm, array: &mut SqnArray, vector: &AuthenticationVector) -> bool {
    match usim::authenticate(set, array, &vector.rand, &vector.autn).unwrap() {
        Answer::Accepted(response) => {
            assert!(response.res.ct_eq(&vector.xres));
            assert!(response.ck.ct_eq(&vector.ck));
            assert!(response.ik.ct_eq(&vector.ik));
            true
        }
        Answer::SyncFailure(_) => false,
    }
}

#[test]
fn vectors_are_accepted_in_order_and_once() {
    for (name, set) in &subscribers() {
        let mut array = SqnArray::new();
        let mut auc = SeqReservation::from_bound(Seq::default());
        let issue = auc
            .issue(set, AMF, Ind::default(), MAX_VECTORS, &mut SplitMix(7))
            .unwrap();
        for vector in &issue.vectors {
            assert!(accepted(set, &mut array, vector), "{name}");
        }
        for vector in &issue.vectors {
            assert!(!accepted(set, &mut array, vector), "{name}");
        }
    }
}

#[test]
fn many_vectors_at_once_are_those_made_one_by_one() {
    let mut random = SplitMix(0x6d61_6e79);
    for (name, set) in &subscribers() {
        for count in (0..40).chain([64, 65, 200]) {
            let challenges: Vec<_> = (0..count)
                .map(|seq| Challenge {
                    rand: Rand(random.array()),
                    sqn: sqn(seq, 3),
                    amf: Amf(random.array()),
                })
                .collect();
            let mut vectors = Vec::new();
            set.vectors(&challenges, &mut vectors);
            assert_eq!(vectors.len(), challenges.len(), "{name}");
            for (many, Challenge { rand, sqn, amf }) in vectors.iter().zip(&challenges) {
                let one = AuthenticationVector::new(set, *rand, *sqn, *amf);
                assert_eq!(many.rand, one.rand, "{name}");
                assert_eq!(many.autn, one.autn, "{name}");
                assert!(many.xres.ct_eq(&one.xres), "{name}");
                assert!(many.ck.ct_eq(&one.ck), "{name}");
                assert!(many.ik.ct_eq(&one.ik), "{name}");
            }
        }
    }
}

#[test]
fn any_flipped_bit_of_autn_is_a_mac_failure() {
    for (name, set) in &subscribers() {
        let mut array = SqnArray::new();
        let vector = AuthenticationVector::new(set, Rand([5; 16]), sqn(9, 1), AMF);
        for bit in 0..128 {
            let mut autn = vector.autn;
            autn.0[bit / 8] ^= 1 << (bit % 8);
            let result = usim::authenticate(set, &mut array, &vector.rand, &autn);
            assert_eq!(
                result.err(),
                Some(AkaError::MacFailure),
                "{name}, bit {bit}"
            );
        }
        assert_eq!(array, SqnArray::new());
    }
}

#[test]
fn a_stale_number_gives_an_auts_that_brings_the_auc_forward_and_never_back() {
    for (name, set) in &subscribers() {
        let mut array = SqnArray::new();
        let ahead = AuthenticationVector::new(set, Rand([1; 16]), sqn(5000, 4), AMF);
        assert!(accepted(set, &mut array, &ahead));
        let mut auc = SeqReservation::from_bound(Seq::default());
        let ind = Ind::new(4).unwrap();
        let mut random = SplitMix(11);
        let stale = auc.issue(set, AMF, ind, 1, &mut random).unwrap().vectors;
        let answer = usim::authenticate(set, &mut array, &stale[0].rand, &stale[0].autn);
        let Ok(Answer::SyncFailure(auts)) = answer else {
            panic!("{name}: a stale number was accepted")
        };
        assert_eq!(auts.verify(set, &stale[0].rand), Ok(sqn(5000, 4)), "{name}");
        let bound = auc.resynchronise(set, &stale[0].rand, &auts).unwrap();
        assert!(bound.unwrap() > Seq::new(5000).unwrap(), "{name}");
        for _ in 0..100 {
            let issue = auc.issue(set, AMF, ind, 1, &mut random).unwrap();
            assert!(accepted(set, &mut array, &issue.vectors[0]), "{name}");
        }
        let before = auc;
        assert_eq!(
            auc.resynchronise(set, &stale[0].rand, &auts),
            Ok(None),
            "{name}: replayed"
        );
        assert_eq!(auc, before, "{name}: replayed");
    }
}

/// Clause 6.3.3: MAC-S is over AMF* = 0, whatever AMF the challenge had.
#[test]
fn an_auts_over_another_amf_is_refused() {
    for (name, set) in &subscribers() {
        let (rand, sqn) = (Rand([7; 16]), sqn(77, 2));
        let concealed = sqn.concealed(&set.f5_star(&rand));
        for (amf, expected) in [
            (Amf([0, 0]), Ok(sqn)),
            (AMF, Err(AkaError::AutsInvalid)),
            (Amf([0, 1]), Err(AkaError::AutsInvalid)),
        ] {
            let mac_s = set.f1_star(&Challenge { rand, sqn, amf });
            let octets: Vec<u8> = concealed.into_iter().chain(mac_s).collect();
            let auts = Auts(octets.try_into().unwrap());
            assert_eq!(auts.verify(set, &rand), expected, "{name} {amf:?}");
            assert_eq!(auts.examine(set, &rand), (sqn, expected.is_ok()), "{name}");
        }
        // MAC-A in place of MAC-S, for TUAK a permutation of its own.
        let mac_a = set.f1(&Challenge {
            rand,
            sqn,
            amf: Amf::RESYNC,
        });
        let octets: Vec<u8> = concealed.into_iter().chain(mac_a).collect();
        let forged = Auts(octets.try_into().unwrap());
        assert_eq!(forged.verify(set, &rand), Err(AkaError::AutsInvalid));
    }
}

/// Annex C.2.3: with L, a number is taken only if SEQ_MS − SEQ < L.
#[test]
fn an_age_limit_refuses_what_is_as_old_as_the_limit() {
    let limits = Limits {
        age: Some(10),
        ..Limits::PROFILE
    };
    for (name, set) in &subscribers() {
        let mut array = SqnArray::new();
        let mut take = |seq, ind, limits: &Limits| {
            let vector = AuthenticationVector::new(set, Rand([3; 16]), sqn(seq, ind), AMF);
            let answer =
                usim::authenticate_within(set, &mut array, &vector.rand, &vector.autn, limits);
            match answer.unwrap() {
                Answer::Accepted(_) => Ok(()),
                Answer::SyncFailure(auts) => Err(auts.verify(set, &vector.rand).unwrap()),
            }
        };
        assert_eq!(take(100, 1, &limits), Ok(()), "{name}");
        assert_eq!(take(90, 2, &limits), Err(sqn(100, 1)), "{name}");
        assert_eq!(take(91, 2, &limits), Ok(()), "{name}");
        assert_eq!(take(90, 3, &Limits::PROFILE), Ok(()), "{name}");
    }
}

/// Annex C.2.1: SEQ − SEQ_MS ≤ Δ, with the Δ that the caller sets.
#[test]
fn a_jump_limit_holds_at_its_edge() {
    let limits = Limits {
        jump: 1000,
        age: None,
    };
    let array = SqnArray::new();
    assert!(array.accepts_within(sqn(1000, 0), &limits));
    assert!(!array.accepts_within(sqn(1001, 0), &limits));
}
