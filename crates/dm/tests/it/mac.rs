//! The HMAC scheme without sessions: its header, and both sides of it (OMA DM
//! Security 1.2 clause 5.4).

use dm::auth::{
    Answer, Credentials, MacHeader, Nonce, ProofRefused, Prover, Requirement, Scope, Shown,
    Verdict, Verifier,
};
use secret::{Secret, SecretBytes};
use sim::net::SimRandom;
use syncml::{Chal, Cred, NextNonce, StatusCode};

use crate::kit::{md5, nonce};

const MAC: &str = "syncml:auth-MAC";
const MD5: &str = "syncml:auth-md5";
const BODY: &[u8] = b"<SyncML>\r\n<SyncHdr/> \xc3\xa9</SyncML>";

pub(crate) fn mac(user: &str, secret: &str) -> Credentials {
    Credentials::mac(user, &SecretBytes::new(secret.as_bytes().to_vec())).unwrap()
}

fn chal(type_: &str, given: Option<&Nonce>) -> Chal {
    Chal::b64(
        type_,
        given.map(|nonce| NextNonce::from_octets(nonce.octets())),
    )
}

/// The header over [`BODY`].
fn header(credentials: Credentials, nonce: Nonce) -> String {
    Prover::new(Some(credentials), Some(nonce))
        .mac(BODY)
        .unwrap()
}

fn shown<'a>(mac: Option<&'a str>, octets: &'a [u8]) -> Shown<'a> {
    Shown {
        cred: None,
        mac,
        name: Some("u"),
        octets,
    }
}

fn verifier(stored: Option<Nonce>) -> Verifier {
    Verifier::new(
        Requirement::Credentials(mac("u", "s")),
        Scope::Session,
        stored,
    )
}

/// The nonce of a challenge with this code.
fn challenged(verdict: &Verdict, wanted: u16) -> Nonce {
    match verdict {
        Verdict::Challenged { code, chal } if code.0 == wanted => {
            assert_eq!(chal.type_.as_deref(), Some(MAC));
            Nonce::from_challenge(chal.next_nonce.as_ref().unwrap()).unwrap()
        }
        other => panic!("{other:?}"),
    }
}

fn failed(verdict: &Verdict) -> bool {
    let code = StatusCode::UNAUTHORIZED;
    *verdict == Verdict::Failed { code }
}

#[test]
fn headers_are_read_as_peers_write_them() {
    // The first is the example of clause 5.4.3, on one line.
    let example = "NTI2OTJhMDAwNjYxODkwYmQ3NWUxN2RhN2ZmYmJlMzk";
    let table = [
        (
            format!("algorithm=MD5, username=\"Robert Jordan\", mac={example}"),
            "Robert Jordan",
            example,
        ),
        ("username=\"u\",mac=QQ==".into(), "u", "QQ=="),
        ("mac=QQ==,username=u".into(), "u", "QQ=="),
        ("  MAC = \"QQ==\" ,, UserName = u v ,".into(), "u v", "QQ=="),
        (
            "username=\"a,b\\\"c\\\\=\",\r\n mac=QQ".into(),
            "a,b\"c\\=",
            "QQ",
        ),
        (
            "algorithm=\"md5\",realm=x,username=ü,mac=Q".into(),
            "ü",
            "Q",
        ),
    ];
    for (value, user, mac) in table {
        let read = MacHeader::read(&value).unwrap();
        assert_eq!((read.user(), read.mac()), (user, mac), "{value}");
    }
}

#[test]
fn headers_that_are_none_are_refused() {
    let long = format!("username=\"{}\", mac=QQ==", "u".repeat(2048));
    let malformed = [
        "",
        " , ",
        "MD5",
        "username=u",
        "mac=QQ==",
        "username=, mac=QQ==",
        "username=\"\", mac=QQ==",
        "username=u, mac=",
        "username=u, mac=QQ==, mac=QQ==",
        "username=u, username=v, mac=QQ==",
        "username=\"u, mac=QQ==",
        "username=\"u\\",
        "username=\"u\" mac=QQ==",
        "=u, mac=QQ==",
        "u, username=u, mac=QQ==",
        long.as_str(),
    ];
    for value in malformed {
        let error = MacHeader::read(value).unwrap_err();
        assert_eq!(error.code(), "dm-mac-header-malformed", "{value}");
    }
    for algorithm in ["SHA1", "MD-5", "\"\""] {
        let value = format!("algorithm={algorithm}, username=u, mac=QQ==");
        assert_eq!(
            MacHeader::read(&value).unwrap_err().code(),
            "dm-unsupported"
        );
    }
}

#[test]
fn what_is_written_is_read() {
    for user in ["u", "Robert Jordan", "a\"b\\c, mac=x", "ü=", "u\\"] {
        let written = header(mac(user, "s"), nonce(1));
        let read = MacHeader::read(&written).unwrap();
        assert_eq!(read.user(), user);
        assert_eq!(written, read.to_string());
        assert!(!format!("{read:?}").contains(read.mac()));
    }
}

#[test]
fn names_that_a_header_can_not_have_are_refused() {
    let secret = SecretBytes::new(b"s".to_vec());
    let long = "u".repeat(513);
    for name in ["", "a:b", "a\r\nb", "a\0", "\u{85}", long.as_str()] {
        assert!(Credentials::mac(name, &secret).is_err(), "{name:?}");
    }
    let longest = "\"".repeat(512);
    let written = header(
        Credentials::mac(longest.as_str(), &secret).unwrap(),
        nonce(1),
    );
    assert_eq!(MacHeader::read(&written).unwrap().user(), longest);
    // Basic has no key for it.
    let basic = Credentials::basic("u", &secret).unwrap();
    assert!(basic.or_mac().is_err());
}

#[test]
fn the_stored_key_makes_the_same_hmac() {
    let key = mac("u", "s").stored_key().expose().clone();
    assert_eq!(key, *md5("u", "s").stored_key().expose());
    let again = Credentials::mac_from_key("u", Secret::new(key)).unwrap();
    assert_eq!(header(again, nonce(1)), header(mac("u", "s"), nonce(1)));
}

/// Clauses 5.4.3 and 5.4.4: 200 and a new nonce every time, whatever the scope.
#[test]
fn each_message_is_accepted_by_itself() {
    let mut random = SimRandom::from_seed(1);
    let mut verifier = verifier(Some(nonce(1)));
    let mut current = nonce(1);
    for _ in 0..3 {
        let value = header(mac("u", "s"), current.clone());
        let Verdict::Accepted { code, chal, next } =
            verifier.check(shown(Some(&value), BODY), &mut random)
        else {
            panic!("refused");
        };
        assert_eq!(code.0, 200);
        let chal = chal.unwrap();
        assert_eq!(chal.type_.as_deref(), Some(MAC));
        let given = Nonce::from_challenge(chal.next_nonce.as_ref().unwrap());
        assert_eq!(given, next);
        assert_ne!(next, Some(current));
        current = next.unwrap();
        assert!(verifier.is_satisfied());
    }
}

/// The HMAC covers every octet, and what is before and behind them.
#[test]
fn a_changed_octet_is_noticed() {
    let value = header(mac("u", "s"), nonce(1));
    let mut bodies: Vec<Vec<u8>> = (0..BODY.len())
        .map(|at| {
            let mut body = BODY.to_vec();
            body[at] ^= 1;
            body
        })
        .collect();
    bodies.push([BODY, b"\n"].concat());
    bodies.push([b"\n", BODY].concat());
    bodies.push(BODY[..BODY.len() - 1].to_vec());
    bodies.push(Vec::new());
    for body in bodies {
        let verdict = verifier(Some(nonce(1)))
            .check(shown(Some(&value), &body), &mut SimRandom::from_seed(1));
        challenged(&verdict, 401);
    }
}

#[test]
fn headers_that_prove_nothing() {
    let right = header(mac("u", "s"), nonce(1));
    let read = MacHeader::read(&right).unwrap();
    let value = |user: &str, mac: &str| format!("username=\"{user}\", mac={mac}");
    for wrong in [
        value("v", read.mac()),
        value("U", read.mac()),
        value("u", "QQ=="),
        value("u", &read.mac()[..20]),
        format!("mac={}", read.mac()),
        format!("algorithm=SHA1, {}", value("u", read.mac())),
        header(mac("v", "s"), nonce(1)),
        header(mac("u", "t"), nonce(1)),
        header(mac("u", "s"), nonce(2)),
        String::new(),
        "x".into(),
    ] {
        let verdict =
            verifier(Some(nonce(1))).check(shown(Some(&wrong), BODY), &mut SimRandom::from_seed(1));
        challenged(&verdict, 401);
    }
    // No nonce was given yet.
    let mut random = SimRandom::from_seed(1);
    challenged(
        &verifier(None).check(shown(Some(&right), BODY), &mut random),
        401,
    );
    // Spelled otherwise it is the same.
    let spelled = format!("MAC=\"{}\" ,username=u", read.mac().trim_end_matches('='));
    let verdict = verifier(Some(nonce(1))).check(shown(Some(&spelled), BODY), &mut random);
    assert!(matches!(verdict, Verdict::Accepted { .. }));
}

/// Clause 5.4.3: the name is that of the Source LocName.
#[test]
fn the_name_in_the_message_is_no_other() {
    let value = header(mac("u", "s"), nonce(1));
    let check = |name| {
        let mut shown = shown(Some(&value), BODY);
        shown.name = name;
        verifier(Some(nonce(1))).check(shown, &mut SimRandom::from_seed(1))
    };
    challenged(&check(Some("v")), 401);
    challenged(&check(Some("")), 401);
    // Some peers leave it out; the HMAC's key has the name in it.
    assert!(matches!(check(None), Verdict::Accepted { .. }));
}

/// Without a LocName it is the header's name alone that must be the account's.
#[test]
fn the_name_in_the_header_is_the_accounts() {
    let right = header(mac("u", "s"), nonce(1));
    for (from, to) in [("\"u\"", "\"v\""), ("\"u\"", "\"U\""), ("\"u\"", "\"u \"")] {
        let value = right.replace(from, to);
        assert_ne!(value, right);
        let mut shown = shown(Some(&value), BODY);
        shown.name = None;
        let verdict = verifier(Some(nonce(1))).check(shown, &mut SimRandom::from_seed(1));
        challenged(&verdict, 401);
    }
}

/// Clause 5.4.3: where it is expected, a missing HMAC is like a wrong one; and
/// clause 5.4.1: a challenge is answered as asked, or the session ends.
#[test]
fn a_challenge_is_answered_with_an_hmac_or_not_at_all() {
    let mut random = SimRandom::from_seed(1);
    let mut silent = verifier(None);
    challenged(&silent.check(shown(None, BODY), &mut random), 407);
    assert!(failed(&silent.check(shown(None, BODY), &mut random)));

    let mut late = verifier(Some(nonce(1)));
    let stale = header(mac("u", "s"), nonce(2));
    let fresh = challenged(&late.check(shown(Some(&stale), BODY), &mut random), 401);
    assert!(failed(&late.check(shown(None, BODY), &mut random)));
    let right = header(mac("u", "s"), fresh);
    assert!(failed(&late.check(shown(Some(&right), BODY), &mut random)));

    let mut other = verifier(None);
    let fresh = challenged(&other.check(shown(None, BODY), &mut random), 407);
    let digest = Prover::new(Some(md5("u", "s")), Some(fresh)).cred();
    assert!(failed(&other.check(digest.as_ref(), &mut random)));
}

/// Clause 5.4.3: once used it is used to the end.
#[test]
fn after_an_hmac_the_first_fault_is_the_last() {
    let value = header(mac("u", "s"), nonce(1));
    let accepted = || {
        let mut verifier = verifier(Some(nonce(1)));
        let verdict = verifier.check(shown(Some(&value), BODY), &mut SimRandom::from_seed(1));
        let Verdict::Accepted { next, .. } = verdict else {
            panic!("refused");
        };
        (verifier, next.unwrap())
    };
    let mut random = SimRandom::from_seed(2);
    let (mut missing, _) = accepted();
    assert!(failed(&missing.check(shown(None, BODY), &mut random)));
    assert!(!missing.is_satisfied());
    // The same once more.
    let (mut replayed, _) = accepted();
    let verdict = replayed.check(shown(Some(&value), BODY), &mut random);
    assert!(failed(&verdict));
    let (mut digest, next) = accepted();
    let cred = Prover::new(Some(md5("u", "s")), Some(next)).cred();
    assert!(failed(&digest.check(cred.as_ref(), &mut random)));
}

/// A prover of the account whose last message had an HMAC.
fn proving(credentials: Credentials) -> Prover {
    let mut prover = Prover::new(Some(credentials), Some(nonce(1)));
    prover.note_sent(prover.cred().is_some());
    prover.mac(BODY);
    assert!(prover.was_sent());
    prover
}

#[test]
fn a_prover_has_one_hmac_for_each_nonce() {
    let mut prover = proving(mac("u", "s"));
    assert!(prover.cred().is_none() && !prover.is_proving());
    assert!(prover.mac(BODY).is_none());
    let next = chal(MAC, Some(&nonce(2)));
    let answer = prover.handle_status(StatusCode::OK, Some(&next));
    assert_eq!(answer, Answer::Accepted);
    assert_eq!(prover.take_next(), Some(nonce(2)));
    assert!(prover.is_proving());
    assert_eq!(prover.mac(BODY), Some(header(mac("u", "s"), nonce(2))));
    // Without a nonce it waits for the challenge.
    let mut waiting = Prover::new(Some(mac("u", "s")), None);
    assert!(!waiting.is_proving() && waiting.mac(BODY).is_none());
    assert!(!waiting.was_sent());
    let answer = waiting.handle_status(StatusCode::AUTHENTICATION_REQUIRED, Some(&next));
    assert_eq!(answer, Answer::Again);
    assert_eq!(waiting.mac(BODY), Some(header(mac("u", "s"), nonce(2))));
}

/// Clause 5.4.3: 200 and NextNonce, or the session ends.
#[test]
fn a_prover_goes_on_with_200_and_a_nonce_alone() {
    let next = chal(MAC, Some(&nonce(2)));
    let refused = |code: u16, chal: Option<&Chal>| match proving(mac("u", "s"))
        .handle_status(StatusCode(code), chal)
    {
        Answer::Refused(why) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(212, Some(&next)), ProofRefused::MacRule);
    assert_eq!(refused(202, Some(&next)), ProofRefused::MacRule);
    assert_eq!(refused(200, None), ProofRefused::NoNonce);
    assert_eq!(refused(200, Some(&chal(MAC, None))), ProofRefused::NoNonce);
    let digest = chal(MD5, Some(&nonce(2)));
    assert_eq!(refused(200, Some(&digest)), ProofRefused::OtherScheme);
    assert_eq!(
        proving(mac("u", "s")).handle_no_status(),
        Answer::Refused(ProofRefused::NoNonce)
    );
    assert_eq!(proving(md5("u", "s")).handle_no_status(), Answer::Accepted);
}

#[test]
fn a_prover_answers_what_its_account_allows() {
    let code = StatusCode::UNAUTHORIZED;
    let (to_mac, to_md5) = (chal(MAC, Some(&nonce(2))), chal(MD5, Some(&nonce(2))));
    let to_basic = chal("syncml:auth-basic", None);
    let other = Answer::Refused(ProofRefused::OtherScheme);
    let of_mac = |chal| proving(mac("u", "s")).handle_status(code, Some(chal));
    assert_eq!(of_mac(&to_mac), Answer::Again);
    assert_eq!(of_mac(&to_md5), other);
    assert_eq!(of_mac(&to_basic), other);
    let of_md5 = |chal| proving(md5("u", "s")).handle_status(code, Some(chal));
    assert_eq!(of_md5(&to_mac), other);

    let both = || md5("u", "s").or_mac().unwrap();
    let mut prover = proving(both());
    assert!(prover.cred().is_some());
    assert_eq!(prover.handle_status(code, Some(&to_basic)), other);
    assert_eq!(prover.handle_status(code, Some(&to_mac)), Answer::Again);
    assert!(prover.cred().is_none());
    assert_eq!(prover.mac(BODY), Some(header(mac("u", "s"), nonce(2))));
    // The scheme of the session is chosen now (Protocol 9.1).
    let next = chal(MAC, Some(&nonce(3)));
    let answer = prover.handle_status(StatusCode::OK, Some(&next));
    assert_eq!(answer, Answer::Accepted);
    assert_eq!(prover.handle_status(code, Some(&to_md5)), other);
    // And the other way round.
    let mut prover = proving(both());
    let answer = prover.handle_status(StatusCode::OK, Some(&to_md5));
    assert_eq!(answer, Answer::Accepted);
    assert_eq!(prover.handle_status(code, Some(&to_mac)), other);
    // A peer who takes an HMAC and then refuses one ends it (clause 5.4.3).
    let mut prover = proving(mac("u", "s"));
    prover.handle_status(StatusCode::OK, Some(&next));
    prover.mac(BODY);
    let wrong = Answer::Refused(ProofRefused::WrongCredentials);
    assert_eq!(prover.handle_status(code, Some(&to_mac)), wrong);
}

/// `MD5(key ":" nonce)` with a nonce `N ":" B64(MD5(body))` is the HMAC of
/// that body over N. Nobody who may choose a nonce gets it:
///
/// ```python
/// b = base64.b64encode; h = lambda x: hashlib.md5(x).digest()
/// b"N:" + b(h(b"body"))
/// ```
#[test]
fn a_digest_never_serves_as_an_hmac() {
    let crafted = Nonce::from_octets(*b"N:hBotaJrYa9FhFEdFPCLG/A==").unwrap();
    let code = StatusCode::AUTHENTICATION_REQUIRED;
    let mut prover = Prover::new(Some(md5("u", "s")), None);
    let answer = prover.handle_status(code, Some(&chal(MD5, Some(&crafted))));
    assert_eq!(answer, Answer::Refused(ProofRefused::NoNonce));
    // Other nonces with colons are good.
    let harmless = Nonce::from_octets(*b"N:hBotaJrYa9FhFEdFPCLG").unwrap();
    let answer = prover.handle_status(code, Some(&chal(MD5, Some(&harmless))));
    assert_eq!(answer, Answer::Again);
}

#[test]
fn the_schemes_have_their_names() {
    use dm::auth::Scheme;
    assert_eq!(Scheme::read("SyncML:auth-mac"), Some(Scheme::Mac));
    assert_eq!(Scheme::Mac.type_(), Cred::MAC);
    assert_eq!(Scheme::read("syncml:auth-x"), None);
}
