//! What we issue is what we verify, for every purpose, and what must not be
//! issued is refused.

use openssl::pkey::{PKey, Private};
use trust::issue::{LeafRequest, SoftwareIssuer, Validity, issue_leaf, issue_sho_anchor};
use trust::{Anchor, Certificate, PublicKey, Purpose, dpf_name_matches, verify_leaf};

use crate::support::random::Seeded;
use crate::support::test_keys::{p256, rsa3072, spki};
use crate::support::{at, in_date, sho};

pub(crate) fn validity() -> Validity {
    Validity::new(at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z")).unwrap()
}

pub(crate) fn authority(key: PKey<Private>) -> (SoftwareIssuer, Anchor) {
    let issuer = SoftwareIssuer::new(key).unwrap();
    let anchor =
        issue_sho_anchor(&issuer, &sho("001-01"), validity(), &mut Seeded::new(1)).unwrap();
    (issuer, anchor)
}

fn names(purpose: Purpose) -> Vec<String> {
    match purpose {
        Purpose::DpfServer | Purpose::Peer => vec!["dpf.mnc001.mcc001.rehome.test".to_owned()],
        _ => Vec::new(),
    }
}

pub(crate) fn issued(issuer: &SoftwareIssuer, anchor: &Anchor, purpose: Purpose) -> Certificate {
    let public_key = PublicKey::from_spki_der(&spki(&p256(2))).unwrap();
    let dns_names = names(purpose);
    let request = LeafRequest {
        purpose,
        public_key: &public_key,
        dns_names: &dns_names,
        validity: validity(),
        ocsp_url: None,
    };
    issue_leaf(issuer, anchor, &request, &mut Seeded::new(2)).unwrap()
}

#[test]
fn every_purpose_verifies_for_itself_and_for_no_other() {
    for key in [p256(1), rsa3072()] {
        let (issuer, anchor) = authority(key);
        for purpose in Purpose::ALL {
            let leaf = issued(&issuer, &anchor, purpose);
            let again = Certificate::from_der(leaf.der()).unwrap();
            for wanted in Purpose::ALL {
                let verdict = verify_leaf(&again, &anchor, wanted, &sho("001-01"), in_date());
                match verdict {
                    Ok(verified) => assert_eq!((wanted, verified.purpose()), (purpose, purpose)),
                    Err(error) => {
                        assert_ne!(wanted, purpose);
                        assert_eq!(
                            error.code(),
                            "certificate-purpose-wrong",
                            "{purpose:?} for {wanted:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_dpf_leaf_has_its_names_and_others_have_none() {
    let (issuer, anchor) = authority(p256(1));
    let leaf = issued(&issuer, &anchor, Purpose::DpfServer);
    let leaf = verify_leaf(
        &leaf,
        &anchor,
        Purpose::DpfServer,
        &sho("001-01"),
        in_date(),
    )
    .unwrap();
    assert!(dpf_name_matches(&leaf, "dpf.mnc001.mcc001.rehome.test").is_ok());
    assert!(dpf_name_matches(&leaf, "x.mnc001.mcc001.rehome.test").is_err());
    let public_key = PublicKey::from_spki_der(&spki(&p256(2))).unwrap();
    for (purpose, dns_names) in [
        (Purpose::DpfServer, vec![]),
        (Purpose::DpfServer, vec!["*.rehome.test".to_owned()]),
        (Purpose::Object, vec!["dpf.rehome.test".to_owned()]),
    ] {
        let request = LeafRequest {
            purpose,
            public_key: &public_key,
            dns_names: &dns_names,
            validity: validity(),
            ocsp_url: None,
        };
        let refused = issue_leaf(&issuer, &anchor, &request, &mut Seeded::new(2));
        assert_eq!(
            refused.err().map(|error| error.code()),
            Some("dns-names-wrong"),
            "{purpose:?} {dns_names:?}"
        );
    }
}

#[test]
fn another_key_than_the_anchors_issues_nothing() {
    let (_, anchor) = authority(p256(1));
    let stranger = SoftwareIssuer::new(p256(9)).unwrap();
    let public_key = PublicKey::from_spki_der(&spki(&p256(2))).unwrap();
    let request = LeafRequest {
        purpose: Purpose::Object,
        public_key: &public_key,
        dns_names: &[],
        validity: validity(),
        ocsp_url: None,
    };
    let refused = issue_leaf(&stranger, &anchor, &request, &mut Seeded::new(3));
    assert_eq!(
        refused.err().map(|error| error.code()),
        Some("issuer-key-mismatch")
    );
}

#[test]
fn serials_are_positive_differ_and_fit_into_20_octets() {
    let (issuer, anchor) = authority(p256(1));
    let public_key = PublicKey::from_spki_der(&spki(&p256(2))).unwrap();
    let mut random = Seeded::new(5);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..50 {
        let request = LeafRequest {
            purpose: Purpose::Object,
            public_key: &public_key,
            dns_names: &[],
            validity: validity(),
            ocsp_url: None,
        };
        let leaf = issue_leaf(&issuer, &anchor, &request, &mut random).unwrap();
        assert!(leaf.serial().len() <= 20 && leaf.serial().iter().any(|octet| *octet != 0));
        assert!(seen.insert(leaf.serial().to_vec()));
    }
}
