//! What may be an anchor (docs/operator-change.md, sections 1 and 5).

use openssl::sha::sha256;
use trust::{Anchor, PvaAnchor, TrustError};

use crate::support::build::{
    ALTERNATIVE_NAME, BASIC_CONSTRAINTS, CRL_SIGN, DIGITAL_SIGNATURE, Draft, EXTENDED_KEY_USAGE,
    KEY_CERT_SIGN, KEY_USAGE, alternative_name, ca, extended_key_usage, key_usage,
};
use crate::support::der::{common_name, extension, sequence, tlv};
use crate::support::test_keys::{p256, rsa3072, spki};
use crate::support::{ANCHOR_KEY, parsed, pva, sho};

const SHO: &str = "001-01";

fn taken(draft: &Draft) -> Result<(), &'static str> {
    Anchor::new(sho(SHO), parsed(&draft.signed_by(&p256(ANCHOR_KEY))))
        .map(drop)
        .map_err(|error| error.code())
}

fn taken_as_pva(draft: &Draft) -> Result<(), &'static str> {
    let certificate = parsed(&draft.signed_by(&p256(ANCHOR_KEY)));
    PvaAnchor::new("acme".parse().unwrap(), certificate)
        .map(drop)
        .map_err(|error| error.code())
}

#[test]
fn a_cert_sho_is_a_ca_with_path_length_0_and_its_operators_uri() {
    assert_eq!(taken(&Draft::anchor(SHO)), Ok(()));
    let only_signs = Draft::anchor(SHO).with(KEY_USAGE, key_usage(KEY_CERT_SIGN));
    assert_eq!(taken(&only_signs), Ok(()));
}

#[test]
fn what_is_no_authority_is_no_anchor() {
    let ca_value = sequence(&[tlv(0x01, &[0xff]), tlv(0x02, &[0])]);
    let no_ca = extension(BASIC_CONSTRAINTS, Some(0xff), &sequence(&[]));
    let uncritical = extension(BASIC_CONSTRAINTS, None, &ca_value);
    let any_usage = extended_key_usage(&["1.3.6.1.5.5.7.3.1"]);
    for (what, change) in [
        ("not a CA", (BASIC_CONSTRAINTS, no_ca)),
        ("not critical", (BASIC_CONSTRAINTS, uncritical)),
        (
            "signs no certificates",
            (KEY_USAGE, key_usage(CRL_SIGN | DIGITAL_SIGNATURE)),
        ),
        ("has a leaf's purpose", (EXTENDED_KEY_USAGE, any_usage)),
    ] {
        let draft = Draft::anchor(SHO).with(change.0, change.1.clone());
        assert_eq!(taken(&draft), Err("anchor-invalid"), "{what}");
        let draft = Draft::pva().with(change.0, change.1);
        assert_eq!(taken_as_pva(&draft), Err("anchor-invalid"), "PVA {what}");
    }
    for absent in [BASIC_CONSTRAINTS, KEY_USAGE] {
        assert_eq!(
            taken(&Draft::anchor(SHO).without(absent)),
            Err("anchor-invalid")
        );
        assert_eq!(
            taken_as_pva(&Draft::pva().without(absent)),
            Err("anchor-invalid")
        );
    }
}

#[test]
fn any_other_path_length_is_refused() {
    for path_length in [None, Some(1), Some(127)] {
        let draft = Draft::anchor(SHO).with(BASIC_CONSTRAINTS, ca(path_length));
        assert_eq!(taken(&draft), Err("anchor-invalid"), "{path_length:?}");
        // A PVA's doesn't matter: nothing below a sub-CA is ever accepted.
        let draft = Draft::pva().with(BASIC_CONSTRAINTS, ca(path_length));
        assert_eq!(taken_as_pva(&draft), Ok(()), "{path_length:?}");
    }
}

#[test]
fn an_anchor_speaks_for_its_own_operator_only() {
    let uri = "urn:x-rehome:sho:001-01";
    let wrong: [&[(u8, &str)]; 5] = [
        &[(6, "urn:x-rehome:sho:001-011")],
        &[(6, "urn:x-rehome:sho:001-001")],
        &[(6, uri), (6, "urn:x-rehome:sho:001-02")],
        &[(6, "urn:x-rehome:tre:acme:00112233445566778899aabbccddeeff")],
        &[(2, "001-01")],
    ];
    for names in wrong {
        let draft = Draft::anchor(SHO).with(ALTERNATIVE_NAME, alternative_name(names));
        assert_eq!(taken(&draft), Err("anchor-identity-wrong"), "{names:?}");
    }
    assert_eq!(taken(&Draft::pva()), Err("anchor-identity-wrong"));
}

#[test]
fn one_that_names_itself_as_issuer_has_to_have_signed_itself() {
    let forged = Draft::anchor(SHO).changed(|draft| draft.spki = spki(&p256(9)));
    assert_eq!(taken(&forged), Err("anchor-invalid"));
    let under_a_root = Draft::anchor(SHO).changed(|draft| {
        draft.spki = spki(&p256(9));
        draft.subject = common_name("sub");
    });
    assert_eq!(taken(&under_a_root), Ok(()));
}

#[test]
fn an_announced_key_vouches_for_its_own_certificate_only() {
    let key = p256(ANCHOR_KEY);
    let announced = sha256(&spki(&key));
    let take = |draft: &Draft, signer| {
        let certificate = parsed(&draft.signed_by(signer));
        Anchor::with_announced_key(sho(SHO), &announced, certificate)
            .map(|anchor| anchor.sho_id().to_string())
            .map_err(|error| error.code())
    };
    assert_eq!(take(&Draft::anchor(SHO), &key), Ok(SHO.to_owned()));
    let other = rsa3072();
    let another_key = Draft::anchor(SHO).changed(|draft| draft.spki = spki(&other));
    assert_eq!(take(&another_key, &other), Err("anchor-key-wrong"));
    // The announced key in a certificate that somebody else made up around it.
    let made_up = Draft::anchor(SHO).changed(|draft| draft.issuer = common_name("mallory"));
    let stranger = p256(9);
    assert_eq!(take(&made_up, &stranger), Err("anchor-invalid"));
    let elsewhere = Draft::anchor("001-02");
    assert_eq!(take(&elsewhere, &key), Err("anchor-identity-wrong"));
    let deeper = Draft::anchor(SHO).with(BASIC_CONSTRAINTS, ca(Some(1)));
    assert_eq!(take(&deeper, &key), Err("anchor-invalid"));
}

#[test]
fn anchors_tell_their_names() {
    let pva = pva("acme");
    assert_eq!(pva.supplier().as_str(), "acme");
    assert!(pva.certificate().uris().next().is_none());
    assert!(matches!(
        Anchor::new(
            sho("001-02"),
            parsed(&Draft::anchor(SHO).signed_by(&p256(ANCHOR_KEY)))
        ),
        Err(TrustError::AnchorIdentityWrong)
    ));
}
