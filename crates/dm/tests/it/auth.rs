//! Credentials, challenges and nonces (OMA DM Security 1.2 clause 5.3, OMA DM
//! Protocol 1.2 clause 9), without sessions.

use dm::auth::{
    Answer, Credentials, Nonce, ProofRefused, Prover, Requirement, Scope, Verdict, Verifier,
};
use secret::{Secret, SecretBytes};
use sim::net::SimRandom;
use syncml::{Chal, Cred, Format, NextNonce, StatusCode};

use crate::kit::{md5, nonce};

const MD5_TYPE: &str = "syncml:auth-md5";

fn secret(text: &str) -> SecretBytes {
    SecretBytes::new(text.as_bytes().to_vec())
}

/// What `credentials` send over `nonce`.
fn shown(credentials: Credentials, nonce: Option<Nonce>) -> Option<Cred> {
    Prover::new(Some(credentials), nonce).cred()
}

/// OMA DM Protocol 1.2 clause 9.4.2: user "Bruce2", password "OhBehave", nonce
/// "Nonce" (the octets; `Tm9uY2U=` in base64). OMA DM RepPro 1.2 clause 6.1.6
/// has the same.
#[test]
fn the_md5_example_of_the_specification() {
    let nonce = Nonce::from_octets(*b"Nonce").unwrap();
    let cred = shown(md5("Bruce2", "OhBehave"), Some(nonce)).unwrap();
    assert_eq!(cred.data, "Zz6EivR3yeaaENcRN6lpAQ==");
    assert_eq!(cred.type_(), Some(MD5_TYPE));
    assert_eq!(cred.meta.unwrap().format, Some(Format::B64));
}

/// OMA DM Protocol 1.2 clause 9.4.1.
#[test]
fn the_basic_example_of_the_specification() {
    let basic = Credentials::basic("Bruce2", &secret("OhBehave")).unwrap();
    let cred = shown(basic, None).unwrap();
    assert_eq!(cred.data, "QnJ1Y2UyOk9oQmVoYXZl");
    assert_eq!(cred.type_(), Some("syncml:auth-basic"));
}

/// The challenge of clause 9.4.2 carries base64; its octets count.
#[test]
fn the_nonce_is_what_the_base64_text_stands_for() {
    let written = NextNonce::read("Tm9uY2U=", Some(&Format::B64));
    let nonce = Nonce::from_challenge(&written).unwrap();
    assert_eq!(nonce.octets(), b"Nonce");
    let cred = shown(md5("Bruce2", "OhBehave"), Some(nonce)).unwrap();
    assert_eq!(cred.data, "Zz6EivR3yeaaENcRN6lpAQ==");
}

#[test]
fn the_stored_key_serves_as_well_as_the_secret() {
    let key = md5("Bruce2", "OhBehave").stored_key().expose().clone();
    let again = Credentials::md5_from_key("Bruce2", Secret::new(key)).unwrap();
    let nonce = Nonce::from_octets(*b"Nonce").unwrap();
    assert_eq!(
        shown(again, Some(nonce)).unwrap().data,
        "Zz6EivR3yeaaENcRN6lpAQ=="
    );
}

#[test]
fn names_that_would_be_ambiguous_are_refused() {
    for name in ["", "a:b", ":"] {
        assert!(Credentials::md5(name, &secret("s")).is_err(), "{name}");
        assert!(Credentials::basic(name, &secret("s")).is_err(), "{name}");
    }
}

#[test]
fn nonces_have_their_bounds() {
    assert!(Nonce::from_octets(Vec::new()).is_err());
    assert!(Nonce::from_octets(vec![0; 256]).is_ok());
    assert!(Nonce::from_octets(vec![0; 257]).is_err());
    let bad = NextNonce::read("not base64!", Some(&Format::B64));
    assert!(Nonce::from_challenge(&bad).is_none());
    let mut random = SimRandom::from_seed(3);
    let (one, other) = (Nonce::random(&mut random), Nonce::random(&mut random));
    assert_ne!(one, other);
    assert!(one.octets().len() >= 16);
    assert!(one.octets().iter().all(u8::is_ascii_graphic));
    assert_eq!(format!("{one:?}"), "Nonce(***)");
}

fn verifier(scope: Scope, stored: Option<Nonce>) -> Verifier {
    Verifier::new(Requirement::Credentials(md5("u", "s")), scope, stored)
}

fn challenge_nonce(chal: &Chal) -> Nonce {
    assert_eq!(chal.type_.as_deref(), Some(MD5_TYPE));
    assert_eq!(chal.format, Some(Format::B64));
    Nonce::from_challenge(chal.next_nonce.as_ref().unwrap()).unwrap()
}

fn challenged(verdict: &Verdict) -> (u16, Nonce) {
    match verdict {
        Verdict::Challenged { code, chal } => (code.0, challenge_nonce(chal)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn right_credentials_over_the_stored_nonce_are_accepted_at_once() {
    let mut random = SimRandom::from_seed(1);
    let mut verifier = verifier(Scope::Session, Some(nonce(1)));
    let cred = shown(md5("u", "s"), Some(nonce(1)));
    let Verdict::Accepted { code, chal, next } = verifier.check(cred.as_ref(), &mut random) else {
        panic!("refused");
    };
    assert_eq!(code.0, 212);
    let next = next.unwrap();
    assert_eq!(challenge_nonce(&chal.unwrap()), next);
    assert_ne!(next, nonce(1));
    assert!(verifier.is_satisfied());
    // 212 frees the rest of the session.
    for cred in [None, shown(md5("u", "wrong"), Some(nonce(9)))] {
        let verdict = verifier.check(cred.as_ref(), &mut random);
        let free = Verdict::Accepted {
            code: StatusCode::AUTHENTICATION_ACCEPTED,
            chal: None,
            next: None,
        };
        assert_eq!(verdict, free);
    }
}

/// Clause 5.3.3: a stale nonce is met with exactly one more challenge.
#[test]
fn a_stale_nonce_costs_one_challenge() {
    let mut random = SimRandom::from_seed(1);
    let mut verifier = verifier(Scope::Session, Some(nonce(1)));
    let stale = shown(md5("u", "s"), Some(nonce(2)));
    let (code, fresh) = challenged(&verifier.check(stale.as_ref(), &mut random));
    assert_eq!(code, 401);
    let cred = shown(md5("u", "s"), Some(fresh));
    let verdict = verifier.check(cred.as_ref(), &mut random);
    assert!(matches!(verdict, Verdict::Accepted { .. }), "{verdict:?}");
}

#[test]
fn a_wrong_secret_meets_401_twice_and_no_more() {
    let mut random = SimRandom::from_seed(1);
    let mut verifier = verifier(Scope::Session, None);
    let (code, first) = challenged(&verifier.check(None, &mut random));
    assert_eq!(code, 407);
    let wrong = |nonce| shown(md5("u", "wrong"), Some(nonce));
    let (code, second) = challenged(&verifier.check(wrong(first).as_ref(), &mut random));
    assert_eq!(code, 401);
    let refused = Verdict::Failed {
        code: StatusCode::UNAUTHORIZED,
    };
    assert_eq!(
        verifier.check(wrong(second.clone()).as_ref(), &mut random),
        refused
    );
    // Even the right secret comes too late.
    let right = shown(md5("u", "s"), Some(second));
    assert_eq!(verifier.check(right.as_ref(), &mut random), refused);
    assert!(!verifier.is_satisfied());
}

#[test]
fn credentials_that_never_come_are_asked_for_once() {
    let mut random = SimRandom::from_seed(1);
    let mut verifier = verifier(Scope::Session, Some(nonce(1)));
    assert_eq!(challenged(&verifier.check(None, &mut random)).0, 407);
    let refused = Verdict::Failed {
        code: StatusCode::AUTHENTICATION_REQUIRED,
    };
    assert_eq!(verifier.check(None, &mut random), refused);
}

#[test]
fn a_nonce_serves_once() {
    let mut random = SimRandom::from_seed(1);
    let cred = shown(md5("u", "s"), Some(nonce(1)));
    // A recorded message replayed against the next session's nonce.
    let mut first = verifier(Scope::Session, Some(nonce(1)));
    let Verdict::Accepted { next, .. } = first.check(cred.as_ref(), &mut random) else {
        panic!("refused");
    };
    let mut second = verifier(Scope::Session, next);
    assert_eq!(challenged(&second.check(cred.as_ref(), &mut random)).0, 401);
    // And against a challenge.
    assert!(matches!(
        second.check(cred.as_ref(), &mut random),
        Verdict::Failed { .. }
    ));
}

#[test]
fn credentials_for_each_message_rotate_the_nonce() {
    let mut random = SimRandom::from_seed(1);
    let mut verifier = verifier(Scope::Message, Some(nonce(1)));
    let mut current = nonce(1);
    for _ in 0..3 {
        let cred = shown(md5("u", "s"), Some(current.clone()));
        let verdict = verifier.check(cred.as_ref(), &mut random);
        let Verdict::Accepted { code, chal, next } = verdict else {
            panic!("refused");
        };
        assert_eq!(code.0, 200);
        assert_eq!(challenge_nonce(&chal.unwrap()), next.clone().unwrap());
        current = next.unwrap();
    }
    assert_eq!(challenged(&verifier.check(None, &mut random)).0, 407);
    assert!(!verifier.is_satisfied());
}

#[test]
fn other_schemes_and_malformed_credentials_are_refused() {
    let stored = nonce(1);
    let right = shown(md5("u", "s"), Some(stored.clone())).unwrap();
    let basic = Credentials::basic("u", &secret("s")).unwrap();
    let mut untyped = right.clone();
    untyped.meta = None;
    let mut other_type = right.clone();
    other_type.meta.as_mut().unwrap().type_ = Some("syncml:auth-MAC".to_owned());
    let cut = Cred::b64(MD5_TYPE, &right.data[..right.data.len() - 4]);
    let empty = Cred::b64(MD5_TYPE, "");
    let padding = Cred::b64(MD5_TYPE, "==");
    for cred in [
        shown(basic, None).unwrap(),
        untyped,
        other_type,
        cut,
        empty,
        padding,
        shown(md5("v", "s"), Some(stored.clone())).unwrap(),
    ] {
        let mut verifier = verifier(Scope::Session, Some(stored.clone()));
        let verdict = verifier.check(Some(&cred), &mut SimRandom::from_seed(1));
        assert_eq!(challenged(&verdict).0, 401, "{}", cred.data);
    }
    // Spelled otherwise it is the same.
    let mut spelled = right.clone();
    spelled.meta.as_mut().unwrap().type_ = Some("SyncML:auth-MD5".to_owned());
    spelled.data = format!(" {}\n", right.data.trim_end_matches('='));
    let mut verifier = verifier(Scope::Session, Some(stored));
    let verdict = verifier.check(Some(&spelled), &mut SimRandom::from_seed(1));
    assert!(matches!(verdict, Verdict::Accepted { .. }));
}

/// From outside a device without an account looks like one whose secret is
/// wrong.
#[test]
fn an_unknown_peer_is_treated_like_a_wrong_secret() {
    let run = |requirement| {
        let mut random = SimRandom::from_seed(1);
        let mut verifier = Verifier::new(requirement, Scope::Session, None);
        let mut verdicts = vec![verifier.check(None, &mut random)];
        for _ in 0..3 {
            let cred = shown(md5("u", "guess"), Some(nonce(5)));
            verdicts.push(verifier.check(cred.as_ref(), &mut random));
        }
        verdicts
    };
    let known = run(Requirement::Credentials(md5("u", "s")));
    assert_eq!(run(Requirement::Unknown), known);
}

#[test]
fn basic_is_accepted_by_an_account_made_for_it_alone() {
    let basic = || Credentials::basic("u", &secret("s")).unwrap();
    let mut verifier = Verifier::new(Requirement::Credentials(basic()), Scope::Session, None);
    let cred = shown(basic(), None);
    let verdict = verifier.check(cred.as_ref(), &mut SimRandom::from_seed(1));
    let accepted = Verdict::Accepted {
        code: StatusCode::AUTHENTICATION_ACCEPTED,
        chal: None,
        next: None,
    };
    assert_eq!(verdict, accepted);
}

fn chal(type_: &str, nonce: Option<&Nonce>) -> Chal {
    Chal::b64(
        type_,
        nonce.map(|nonce| NextNonce::from_octets(nonce.octets())),
    )
}

/// A prover that has sent credentials, or nothing if it has no nonce.
fn prover(stored: Option<Nonce>) -> Prover {
    let mut prover = Prover::new(Some(md5("u", "s")), stored);
    let sent = prover.cred().is_some();
    prover.note_sent(sent);
    prover
}

#[test]
fn a_challenge_is_answered_over_its_nonce_once() {
    let mut prover = prover(Some(nonce(1)));
    let first = chal(MD5_TYPE, Some(&nonce(2)));
    let answer = prover.handle_status(StatusCode::UNAUTHORIZED, Some(&first));
    assert_eq!(answer, Answer::Again);
    assert_eq!(
        prover.cred().map(|cred| cred.data),
        shown(md5("u", "s"), Some(nonce(2))).map(|cred| cred.data)
    );
    prover.note_sent(true);
    let second = chal(MD5_TYPE, Some(&nonce(3)));
    let answer = prover.handle_status(StatusCode::UNAUTHORIZED, Some(&second));
    assert_eq!(answer, Answer::Refused(ProofRefused::WrongCredentials));
    assert!(prover.take_next().is_none());
}

#[test]
fn challenges_that_are_not_answered() {
    let md5_chal = chal(MD5_TYPE, Some(&nonce(2)));
    let basic = chal("syncml:auth-basic", None);
    let mac = chal("syncml:auth-MAC", Some(&nonce(2)));
    let no_nonce = chal(MD5_TYPE, None);
    let mut bad_nonce = chal(MD5_TYPE, None);
    bad_nonce.next_nonce = Some(NextNonce::read("???", Some(&Format::B64)));
    let mut empty_nonce = chal(MD5_TYPE, None);
    empty_nonce.next_nonce = Some(NextNonce::from_octets(b""));
    let code = StatusCode::UNAUTHORIZED;
    let refused = |stored: Option<Nonce>, chal: Option<&Chal>| match prover(stored)
        .handle_status(code, chal)
    {
        Answer::Refused(why) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        refused(Some(nonce(1)), Some(&basic)),
        ProofRefused::OtherScheme
    );
    assert_eq!(refused(None, Some(&basic)), ProofRefused::OtherScheme);
    assert_eq!(refused(None, Some(&mac)), ProofRefused::OtherScheme);
    assert_eq!(refused(None, Some(&no_nonce)), ProofRefused::NoNonce);
    assert_eq!(refused(None, Some(&bad_nonce)), ProofRefused::NoNonce);
    assert_eq!(refused(None, Some(&empty_nonce)), ProofRefused::NoNonce);
    assert_eq!(
        refused(Some(nonce(1)), None),
        ProofRefused::WrongCredentials
    );
    assert_eq!(refused(None, None), ProofRefused::OtherScheme);
    let mut nothing = Prover::new(None, None);
    let answer = nothing.handle_status(code, Some(&md5_chal));
    assert_eq!(answer, Answer::Refused(ProofRefused::NoCredentials));
    for bad in [0, 404, 500, 503] {
        let answer = prover(None).handle_status(StatusCode(bad), None);
        assert_eq!(
            answer,
            Answer::Refused(ProofRefused::Status(StatusCode(bad)))
        );
    }
}

#[test]
fn the_answers_212_and_200_differ_in_what_follows() {
    let mut session = prover(Some(nonce(1)));
    let next = chal(MD5_TYPE, Some(&nonce(2)));
    let answer = session.handle_status(StatusCode::AUTHENTICATION_ACCEPTED, Some(&next));
    assert_eq!(answer, Answer::Accepted);
    assert!(session.cred().is_none());
    assert_eq!(session.take_next(), Some(nonce(2)));
    assert_eq!(session.take_next(), None);
    // A later 200 does not bring credentials back.
    session.note_sent(false);
    assert_eq!(
        session.handle_status(StatusCode::OK, None),
        Answer::Accepted
    );
    assert!(session.cred().is_none());

    let mut message = prover(Some(nonce(1)));
    assert_eq!(
        message.handle_status(StatusCode::OK, Some(&next)),
        Answer::Accepted
    );
    let wanted = shown(md5("u", "s"), Some(nonce(2))).unwrap();
    assert_eq!(message.cred().unwrap().data, wanted.data);
    // Without a new nonce the same credentials go again.
    message.note_sent(true);
    assert_eq!(
        message.handle_status(StatusCode::OK, None),
        Answer::Accepted
    );
    assert_eq!(message.cred().unwrap().data, wanted.data);
}

#[test]
fn a_basic_account_shows_its_secret_once() {
    let basic = Credentials::basic("u", &secret("s")).unwrap();
    let mut prover = Prover::new(Some(basic), None);
    prover.note_sent(true);
    let again = chal("syncml:auth-basic", None);
    let answer = prover.handle_status(StatusCode::UNAUTHORIZED, Some(&again));
    assert_eq!(answer, Answer::Refused(ProofRefused::WrongCredentials));
}
