//! Leaves of an operator: purpose, identity and chain (docs/
//! operator-change.md, section 1; RFC 5280 clause 6.1.3).

use openssl::hash::MessageDigest;
use trust::{Anchor, Certificate, KeyKind, Purpose, TimePolicy, verify_leaf};

use crate::support::build::{
    ALTERNATIVE_NAME, AUTHORITY_KEY, BASIC_CONSTRAINTS, CRL_SIGN, DATA_ENCIPHERMENT,
    DIGITAL_SIGNATURE, Draft, ECDSA_SHA256, ECDSA_SHA384, EXTENDED_KEY_USAGE, KEY_AGREEMENT,
    KEY_CERT_SIGN, KEY_ENCIPHERMENT, KEY_USAGE, NON_REPUDIATION, SUBJECT_KEY, alternative_name, ca,
    extended_key_usage, key_usage, usages,
};
use crate::support::der::{algorithm, common_name, extension, sequence, tlv};
use crate::support::test_keys::{p256, p384, rsa3072, spki};
use crate::support::{ANCHOR_KEY, LEAF_KEY, anchor, at, in_date, leaf, parsed, sho};

const SHO: &str = "001-01";

fn verdict(draft: &Draft, purpose: Purpose) -> Result<(), &'static str> {
    verdict_of(
        &parsed(&draft.signed_by(&p256(ANCHOR_KEY))),
        &anchor(SHO),
        purpose,
    )
}

fn verdict_of(leaf: &Certificate, anchor: &Anchor, purpose: Purpose) -> Result<(), &'static str> {
    verify_leaf(leaf, anchor, purpose, &sho(SHO), in_date())
        .map(drop)
        .map_err(|error| error.code())
}

#[test]
fn a_leaf_of_each_purpose_is_refused_for_each_other() {
    for own in Purpose::ALL {
        let draft = leaf(SHO, own);
        for asked in Purpose::ALL {
            let expected = if own == asked {
                Ok(())
            } else {
                Err("certificate-purpose-wrong")
            };
            assert_eq!(verdict(&draft, asked), expected, "{own:?} as {asked:?}");
        }
        let certificate = parsed(&draft.signed_by(&p256(ANCHOR_KEY)));
        assert_eq!(certificate.purpose(), Some(own));
    }
}

#[test]
fn extended_key_usages_are_compared_for_equality() {
    let any = "2.5.29.37.0";
    for purpose in Purpose::ALL {
        let own = usages(purpose);
        let mut sets = vec![
            vec![any],
            [own, &[any]].concat(),
            [own, &["1.3.6.1.5.5.7.3.3"]].concat(),
            [own, &["1.3.6.1.4.1.32473.7.6"]].concat(),
            vec!["1.3.6.1.4.1.32473.7"],
        ];
        if let [first, _] = own {
            sets.push(vec![first]);
        }
        for set in sets {
            let draft = leaf(SHO, purpose).with(EXTENDED_KEY_USAGE, extended_key_usage(&set));
            let refused = Err("certificate-purpose-wrong");
            assert_eq!(verdict(&draft, purpose), refused, "{purpose:?} {set:?}");
        }
        let draft = leaf(SHO, purpose).without(EXTENDED_KEY_USAGE);
        assert_eq!(verdict(&draft, purpose), Err("certificate-purpose-wrong"));
    }
    let turned = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"];
    let draft = leaf(SHO, Purpose::Peer).with(EXTENDED_KEY_USAGE, extended_key_usage(&turned));
    assert_eq!(verdict(&draft, Purpose::Peer), Ok(()), "a set has no order");
}

#[test]
fn key_usage_fits_the_purpose() {
    let sign = DIGITAL_SIGNATURE;
    for (purpose, usage, right) in [
        (Purpose::Object, sign, true),
        (Purpose::Object, sign | NON_REPUDIATION, true),
        (Purpose::Object, NON_REPUDIATION, false),
        (Purpose::Object, sign | KEY_AGREEMENT, false),
        (Purpose::Object, KEY_AGREEMENT, false),
        (Purpose::Bootstrap, sign | KEY_ENCIPHERMENT, false),
        (Purpose::Decision, sign | DATA_ENCIPHERMENT, false),
        (Purpose::OcspSigning, KEY_AGREEMENT, false),
        (Purpose::DpfServer, sign | KEY_AGREEMENT, true),
        (Purpose::DpfServer, sign | KEY_ENCIPHERMENT, true),
        (Purpose::DpfServer, KEY_AGREEMENT, false),
        (Purpose::Peer, KEY_ENCIPHERMENT, false),
        (Purpose::Peer, sign | DATA_ENCIPHERMENT, false),
        (Purpose::PeerEncipherment, KEY_AGREEMENT, true),
        (Purpose::PeerEncipherment, KEY_ENCIPHERMENT, false),
        (Purpose::PeerEncipherment, sign, false),
        (Purpose::PeerEncipherment, sign | KEY_AGREEMENT, false),
    ] {
        let draft = leaf(SHO, purpose).with(KEY_USAGE, key_usage(usage));
        let expected = right.then_some(()).ok_or("certificate-purpose-wrong");
        assert_eq!(verdict(&draft, purpose), expected, "{purpose:?} {usage:#x}");
    }
    let none = leaf(SHO, Purpose::Object).without(KEY_USAGE);
    assert_eq!(
        verdict(&none, Purpose::Object),
        Err("certificate-purpose-wrong")
    );
}

#[test]
fn an_rsa_key_enciphers_by_transport() {
    for (usage, right) in [(KEY_ENCIPHERMENT, true), (KEY_AGREEMENT, false)] {
        let draft = leaf(SHO, Purpose::PeerEncipherment)
            .changed(|draft| draft.spki = spki(&rsa3072()))
            .with(KEY_USAGE, key_usage(usage));
        let expected = right.then_some(()).ok_or("certificate-purpose-wrong");
        assert_eq!(verdict(&draft, Purpose::PeerEncipherment), expected);
    }
}

#[test]
fn the_only_uri_is_the_operators() {
    let uri = "urn:x-rehome:sho:001-01";
    let tricks: [&[(u8, &str)]; 10] = [
        &[(6, "urn:x-rehome:sho:001-011")],
        &[(6, "urn:x-rehome:sho:001-0")],
        &[(6, "urn:x-rehome:sho:001-001")],
        &[(6, "urn:x-rehome:sho:001-01/")],
        &[(6, "URN:X-REHOME:SHO:001-01")],
        &[(6, "urn:x-rehome:tre:001-01")],
        &[(6, uri), (6, "urn:x-rehome:sho:001-02")],
        &[(6, uri), (6, uri)],
        &[(6, "urn:x-rehome:sho:001-02"), (2, "001-01")],
        &[(2, uri)],
    ];
    for names in tricks {
        let draft = leaf(SHO, Purpose::Object).with(ALTERNATIVE_NAME, alternative_name(names));
        let refused = Err("certificate-identity-wrong");
        assert_eq!(verdict(&draft, Purpose::Object), refused, "{names:?}");
    }
    let none = leaf(SHO, Purpose::Object).without(ALTERNATIVE_NAME);
    assert_eq!(
        verdict(&none, Purpose::Object),
        Err("certificate-identity-wrong")
    );
}

#[test]
fn one_operators_leaf_is_not_anothers_though_their_names_begin_alike() {
    // Both anchors have the same key and subject, the worst case.
    for (own, other) in [("001-01", "001-011"), ("001-011", "001-01")] {
        let leaf = parsed(&leaf(own, Purpose::Object).signed_by(&p256(ANCHOR_KEY)));
        let verify = |anchored: &str, expected: &str| {
            let (anchor, expected) = (anchor(anchored), sho(expected));
            verify_leaf(&leaf, &anchor, Purpose::Object, &expected, in_date())
                .map(drop)
                .map_err(|error| error.code())
        };
        assert_eq!(verify(own, own), Ok(()));
        for (anchored, expected) in [(other, other), (other, own), (own, other)] {
            let refused = Err("certificate-identity-wrong");
            assert_eq!(
                verify(anchored, expected),
                refused,
                "{own} {anchored} {expected}"
            );
        }
    }
}

#[test]
fn another_key_under_the_same_name_did_not_issue() {
    let forged = leaf(SHO, Purpose::Object).signed_by(&p256(77));
    let verdict = verdict_of(&parsed(&forged), &anchor(SHO), Purpose::Object);
    assert_eq!(verdict, Err("certificate-chain-invalid"));
}

#[test]
fn the_same_key_under_another_name_did_not_issue() {
    let renamed = leaf(SHO, Purpose::Object).changed(|draft| draft.issuer = common_name("Root"));
    assert_eq!(
        verdict(&renamed, Purpose::Object),
        Err("certificate-chain-invalid")
    );
}

#[test]
fn an_authority_key_identifier_has_to_be_the_anchors() {
    let identifier =
        |octets: &[u8]| extension(AUTHORITY_KEY, None, &sequence(&[tlv(0x80, octets)]));
    // Without a subject key identifier the anchor's is SHA-1 of its key bits.
    let key = spki(&p256(ANCHOR_KEY));
    let computed = openssl::sha::sha1(&key[key.len() - 65..]);
    let right = leaf(SHO, Purpose::Object).with(AUTHORITY_KEY, identifier(&computed));
    assert_eq!(verdict(&right, Purpose::Object), Ok(()));
    for wrong in [&computed[1..], &[0; 20], &[]] {
        let draft = leaf(SHO, Purpose::Object).with(AUTHORITY_KEY, identifier(wrong));
        assert_eq!(
            verdict(&draft, Purpose::Object),
            Err("certificate-chain-invalid")
        );
    }
    // With one, only that one counts.
    let key = p256(ANCHOR_KEY);
    let named = Draft::anchor(SHO)
        .with(
            SUBJECT_KEY,
            extension(SUBJECT_KEY, None, &tlv(0x04, b"key")),
        )
        .signed_by(&key);
    let named = Anchor::new(sho(SHO), parsed(&named)).unwrap();
    for (octets, expected) in [
        (&b"key"[..], Ok(())),
        (&computed, Err("certificate-chain-invalid")),
    ] {
        let draft = leaf(SHO, Purpose::Object).with(AUTHORITY_KEY, identifier(octets));
        let leaf = parsed(&draft.signed_by(&key));
        assert_eq!(verdict_of(&leaf, &named, Purpose::Object), expected);
    }
}

#[test]
fn an_authority_is_no_leaf() {
    let object = || leaf(SHO, Purpose::Object);
    for draft in [
        object().with(BASIC_CONSTRAINTS, ca(Some(0))),
        object().with(BASIC_CONSTRAINTS, ca(None)),
        object().with(KEY_USAGE, key_usage(DIGITAL_SIGNATURE | KEY_CERT_SIGN)),
        object().with(KEY_USAGE, key_usage(DIGITAL_SIGNATURE | CRL_SIGN)),
        Draft::anchor(SHO),
    ] {
        assert_eq!(
            verdict(&draft, Purpose::Object),
            Err("certificate-is-authority")
        );
    }
    let no_ca = extension(BASIC_CONSTRAINTS, Some(0xff), &sequence(&[]));
    let draft = object().with(BASIC_CONSTRAINTS, no_ca);
    assert_eq!(verdict(&draft, Purpose::Object), Ok(()));
}

#[test]
fn a_leaf_is_issued_by_the_anchor_itself() {
    // A leaf under a sub-CA of the anchor.
    let sub = leaf(SHO, Purpose::Object)
        .changed(|draft| draft.issuer = common_name("leaf"))
        .signed_by(&p256(LEAF_KEY));
    let verdict = verdict_of(&parsed(&sub), &anchor(SHO), Purpose::Object);
    assert_eq!(verdict, Err("certificate-chain-invalid"));
}

#[test]
fn each_kind_of_anchor_key_signs_by_its_own_algorithm_only() {
    for key in [p256(5), p384(5), rsa3072()] {
        let anchor = Draft::anchor(SHO).changed(|draft| draft.spki = spki(&key));
        let anchor = Anchor::new(sho(SHO), parsed(&anchor.signed_by(&key))).unwrap();
        let leaf = parsed(&leaf(SHO, Purpose::Object).signed_by(&key));
        assert_eq!(verdict_of(&leaf, &anchor, Purpose::Object), Ok(()));
    }
    // Right signatures, but by another digest than the key's own.
    for (digest, named) in [
        (MessageDigest::sha384(), ECDSA_SHA384),
        (MessageDigest::sha384(), ECDSA_SHA256),
        (MessageDigest::sha1(), ECDSA_SHA256),
    ] {
        let leaf = leaf(SHO, Purpose::Object);
        let leaf = leaf.signed_with(&p256(ANCHOR_KEY), digest, &algorithm(named));
        let verdict = verdict_of(&parsed(&leaf), &anchor(SHO), Purpose::Object);
        assert_eq!(verdict, Err("certificate-chain-invalid"), "{named}");
    }
    assert_eq!(anchor(SHO).certificate().public_key().kind(), KeyKind::P256);
}

#[test]
fn a_verified_leaf_says_what_it_was_verified_for() {
    let leaf = parsed(&leaf(SHO, Purpose::Decision).signed_by(&p256(ANCHOR_KEY)));
    let floor = TimePolicy::Floor(at("2026-01-01T00:00:00Z"));
    let verified = verify_leaf(&leaf, &anchor(SHO), Purpose::Decision, &sho(SHO), floor).unwrap();
    assert_eq!(verified.certificate(), &leaf);
    assert_eq!(verified.purpose(), Purpose::Decision);
    assert_eq!(verified.sho_id(), &sho(SHO));
}

#[test]
fn nothing_unsigned_decides_the_refusal() {
    // Wrong in every way: what is told is that this anchor didn't issue it.
    let draft = Draft::tre(KEY_AGREEMENT).changed(|draft| {
        draft.issuer = common_name("somebody");
        draft.not_after = draft.not_before.clone();
    });
    assert_eq!(
        verdict(&draft, Purpose::Object),
        Err("certificate-chain-invalid")
    );
}
