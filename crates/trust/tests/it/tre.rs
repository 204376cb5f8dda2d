//! CertTRE and the binding of its PVA (docs/operator-change.md, section 1).

use trust::{KeyKind, PvaAnchor, TreUse, verify_tre};

use crate::support::build::CRITICAL;
use crate::support::build::{
    A16, ALTERNATIVE_NAME, BASIC_CONSTRAINTS, CRL_SIGN, DATA_ENCIPHERMENT, DIGITAL_SIGNATURE,
    Draft, EXTENDED_KEY_USAGE, KEY_AGREEMENT, KEY_CERT_SIGN, KEY_ENCIPHERMENT, KEY_USAGE,
    NON_REPUDIATION, alternative_name, ca, extended_key_usage, key_usage, utc,
};
use crate::support::der::{common_name, extension};
use crate::support::test_keys::{p256, rsa3072, spki};
use crate::support::{ANCHOR_KEY, TRE_ID, at, exactly, in_date, parsed, pva};

use trust::TimePolicy;

const DIGITS: &str = "000102030405060708090a0b0c0d0e0f";

fn verdict(draft: &Draft, wanted: TreUse) -> Result<(), &'static str> {
    verdict_under(draft, &pva("acme"), wanted, TRE_ID)
}

fn verdict_under(
    draft: &Draft,
    pva: &PvaAnchor,
    wanted: TreUse,
    tre_id: &str,
) -> Result<(), &'static str> {
    let leaf = parsed(&draft.signed_by(&p256(ANCHOR_KEY)));
    verify_tre(&leaf, pva, wanted, tre_id, in_date())
        .map(drop)
        .map_err(|error| error.code())
}

#[test]
fn a_right_cert_tre_is_verified() {
    let leaf = parsed(&Draft::tre(DIGITAL_SIGNATURE).signed_by(&p256(ANCHOR_KEY)));
    let verified = verify_tre(&leaf, &pva("acme"), TreUse::Signature, TRE_ID, in_date()).unwrap();
    assert_eq!(verified.tre_id(), TRE_ID);
    assert_eq!(verified.supplier().as_str(), "acme");
    assert_eq!(verified.certificate(), &leaf);
    assert_eq!(leaf.tre_extension(), Some(&[0x30, 3, 2, 1, 1][..]));
}

#[test]
fn key_usage_fits_the_use() {
    let (sign, agree, transport) = (DIGITAL_SIGNATURE, KEY_AGREEMENT, KEY_ENCIPHERMENT);
    let uses = [TreUse::Signature, TreUse::Encipherment, TreUse::Both];
    for (kind, usage, right) in [
        (KeyKind::P256, sign, [true, false, false]),
        (KeyKind::P256, agree, [false, true, false]),
        (KeyKind::P256, sign | agree, [true, true, true]),
        (KeyKind::P256, transport, [false; 3]),
        (KeyKind::P256, sign | transport, [false; 3]),
        (KeyKind::P256, sign | NON_REPUDIATION, [false; 3]),
        (KeyKind::P256, sign | agree | DATA_ENCIPHERMENT, [false; 3]),
        (KeyKind::Rsa, sign, [true, false, false]),
        (KeyKind::Rsa, transport, [false, true, false]),
        (KeyKind::Rsa, sign | transport, [true, true, true]),
        (KeyKind::Rsa, agree, [false; 3]),
        (KeyKind::Rsa, sign | agree, [false; 3]),
    ] {
        for (wanted, right) in uses.into_iter().zip(right) {
            let draft = Draft::tre(usage).changed(|draft| {
                if kind == KeyKind::Rsa {
                    draft.spki = spki(&rsa3072());
                }
            });
            let expected = right.then_some(()).ok_or("certificate-purpose-wrong");
            assert_eq!(
                verdict(&draft, wanted),
                expected,
                "{kind:?} {usage:#x} {wanted:?}"
            );
        }
    }
    let none = Draft::tre(sign).without(KEY_USAGE);
    assert_eq!(
        verdict(&none, TreUse::Signature),
        Err("certificate-purpose-wrong")
    );
}

#[test]
fn a_cert_tre_has_no_extended_key_usage() {
    for usage in ["1.3.6.1.4.1.32473.7.1", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0"] {
        let draft =
            Draft::tre(DIGITAL_SIGNATURE).with(EXTENDED_KEY_USAGE, extended_key_usage(&[usage]));
        assert_eq!(
            verdict(&draft, TreUse::Signature),
            Err("certificate-purpose-wrong")
        );
    }
}

#[test]
fn a_pva_certifies_its_own_supplier_compared_whole() {
    for supplier in ["acme1", "acmee", "xacme", "acmx", "0acme", "acmeacme"] {
        let tre_id = format!("urn:x-rehome:tre:{supplier}:{DIGITS}");
        let draft =
            Draft::tre(DIGITAL_SIGNATURE).with(ALTERNATIVE_NAME, alternative_name(&[(6, &tre_id)]));
        let wanted = TreUse::Signature;
        let verdict = |pva: &str| {
            let pva = self::pva(pva);
            verdict_under(&draft, &pva, wanted, &tre_id)
        };
        assert_eq!(verdict("acme"), Err("pva-supplier-mismatch"), "{supplier}");
        assert_eq!(verdict(supplier), Ok(()), "{supplier}");
        // The other way round: acme's TRE under the other supplier's PVA.
        let own = Draft::tre(DIGITAL_SIGNATURE);
        let verdict = verdict_under(&own, &pva(supplier), wanted, TRE_ID);
        assert_eq!(verdict, Err("pva-supplier-mismatch"), "{supplier}");
    }
}

#[test]
fn the_only_uri_is_the_expected_tre_id() {
    let other = format!("urn:x-rehome:tre:acme:{}", "f".repeat(32));
    for (names, code) in [
        (vec![(6, other.clone())], "certificate-identity-wrong"),
        (
            vec![(6, TRE_ID.to_owned()), (6, other)],
            "certificate-identity-wrong",
        ),
        (
            vec![(2, "tre.rehome.test".to_owned())],
            "certificate-identity-wrong",
        ),
        (vec![(6, format!("{TRE_ID}0"))], "tre-id-malformed"),
        (vec![(6, TRE_ID.to_uppercase())], "tre-id-malformed"),
        (vec![(6, TRE_ID.replace("acme", "acm"))], "tre-id-malformed"),
        (
            vec![(6, "urn:x-rehome:sho:001-01".to_owned())],
            "tre-id-malformed",
        ),
    ] {
        let borrowed: Vec<_> = names
            .iter()
            .map(|(tag, text)| (*tag, text.as_str()))
            .collect();
        let draft =
            Draft::tre(DIGITAL_SIGNATURE).with(ALTERNATIVE_NAME, alternative_name(&borrowed));
        assert_eq!(verdict(&draft, TreUse::Signature), Err(code), "{names:?}");
    }
    let none = Draft::tre(DIGITAL_SIGNATURE).without(ALTERNATIVE_NAME);
    assert_eq!(
        verdict(&none, TreUse::Signature),
        Err("certificate-identity-wrong")
    );
}

#[test]
fn the_extension_has_to_be_there_and_is_not_looked_into() {
    let none = Draft::tre(DIGITAL_SIGNATURE).without(A16);
    assert_eq!(
        verdict(&none, TreUse::Signature),
        Err("tre-extension-missing")
    );
    let beside = Draft::tre(DIGITAL_SIGNATURE).without(A16).with(
        "1.3.6.1.4.1.32473.7.17",
        extension("1.3.6.1.4.1.32473.7.17", None, b"x"),
    );
    assert_eq!(
        verdict(&beside, TreUse::Signature),
        Err("tre-extension-missing")
    );
    for critical in [None, CRITICAL] {
        let opaque = Draft::tre(DIGITAL_SIGNATURE).with(A16, extension(A16, critical, b"\xff"));
        assert_eq!(verdict(&opaque, TreUse::Signature), Ok(()));
    }
}

#[test]
fn a_cert_tre_is_a_leaf_under_the_pva_itself() {
    let sign = || Draft::tre(DIGITAL_SIGNATURE);
    for draft in [
        sign().with(BASIC_CONSTRAINTS, ca(None)),
        sign().with(KEY_USAGE, key_usage(DIGITAL_SIGNATURE | KEY_CERT_SIGN)),
        sign().with(KEY_USAGE, key_usage(DIGITAL_SIGNATURE | CRL_SIGN)),
    ] {
        assert_eq!(
            verdict(&draft, TreUse::Signature),
            Err("certificate-is-authority")
        );
    }
    let foreign = sign().changed(|draft| draft.issuer = common_name("other"));
    assert_eq!(
        verdict(&foreign, TreUse::Signature),
        Err("certificate-chain-invalid")
    );
    let forged = parsed(&sign().signed_by(&p256(66)));
    let refused =
        verify_tre(&forged, &pva("acme"), TreUse::Signature, TRE_ID, in_date()).unwrap_err();
    assert_eq!(refused.code(), "certificate-chain-invalid");
}

#[test]
fn dates_follow_the_same_rules() {
    let draft =
        Draft::tre(DIGITAL_SIGNATURE).changed(|draft| draft.not_after = utc("260601000000Z"));
    let leaf = parsed(&draft.signed_by(&p256(ANCHOR_KEY)));
    for (policy, expected) in [
        (exactly("2026-06-01T00:00:00Z"), Ok(())),
        (exactly("2026-06-01T00:00:01Z"), Err("certificate-expired")),
        (
            exactly("2025-01-01T00:00:00Z"),
            Err("certificate-not-yet-valid"),
        ),
        (TimePolicy::Floor(at("2020-01-01T00:00:00Z")), Ok(())),
        (
            TimePolicy::Floor(at("2026-06-01T00:00:01Z")),
            Err("certificate-expired"),
        ),
    ] {
        let verdict = verify_tre(&leaf, &pva("acme"), TreUse::Signature, TRE_ID, policy)
            .map(drop)
            .map_err(|error| error.code());
        assert_eq!(verdict, expected, "{policy:?}");
    }
    let endless = parsed(&Draft::tre(DIGITAL_SIGNATURE).signed_by(&p256(ANCHOR_KEY)));
    let after_the_pva = exactly("2027-01-01T00:00:00Z");
    let refused = verify_tre(
        &endless,
        &pva("acme"),
        TreUse::Signature,
        TRE_ID,
        after_the_pva,
    );
    assert_eq!(refused.unwrap_err().code(), "anchor-expired");
}
