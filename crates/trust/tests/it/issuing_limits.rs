//! The limits of issuing: every kind of key, faulty keys, hosts, dates, and
//! another supplier's TRE (docs/operator-change.md, section 1).

use clock::{Random, Timestamp};
use openssl::pkey::{PKey, Private};
use trust::issue::{
    CertificateRequest, IssuerKey, IssuerKeyError, LeafRequest, SoftwareIssuer, Validity,
    issue_leaf, issue_pva_anchor, issue_sho_anchor, issue_tre,
};
use trust::{
    Anchor, Certificate, PublicKey, Purpose, PvaAnchor, SignatureAlgorithm, TreUse, TrustError,
    dpf_name_matches, verify_leaf, verify_tre,
};

use crate::request_forms::request_for;
use crate::support::der::tlv;
use crate::support::random::Seeded;
use crate::support::test_keys::{p256, p384, rsa2048, rsa3072};
use crate::support::{LEAF_KEY, TRE_ID, at, in_date, parsed, sho};

const HOST: &str = "dpf.mnc001.mcc001.rehome.test";

pub(crate) fn year_2026() -> Validity {
    Validity::new(at("2026-01-01T00:00:00Z"), at("2026-12-31T23:59:59Z")).unwrap()
}

pub(crate) fn issuer(key: PKey<Private>) -> SoftwareIssuer {
    SoftwareIssuer::new(key).unwrap()
}

pub(crate) fn issued_anchor(key: &dyn IssuerKey) -> Anchor {
    issue_sho_anchor(key, &sho("001-01"), year_2026(), &mut Seeded::new(1)).unwrap()
}

pub(crate) fn issued_pva(key: &dyn IssuerKey) -> PvaAnchor {
    let supplier = "acme".parse().unwrap();
    issue_pva_anchor(key, &supplier, year_2026(), &mut Seeded::new(2)).unwrap()
}

pub(crate) fn issued_leaf(
    key: &dyn IssuerKey,
    anchor: &Anchor,
    purpose: Purpose,
    leaf_key: &PKey<Private>,
) -> Certificate {
    let dns_names = match purpose {
        Purpose::DpfServer | Purpose::Peer => vec![HOST.to_owned()],
        _ => Vec::new(),
    };
    let request = LeafRequest {
        purpose,
        public_key: &PublicKey::from_pkey(leaf_key).unwrap(),
        dns_names: &dns_names,
        validity: year_2026(),
        ocsp_url: None,
    };
    issue_leaf(key, anchor, &request, &mut Seeded::new(3)).unwrap()
}

pub(crate) fn issued_tre(key: &dyn IssuerKey, pva: &PvaAnchor, granted: TreUse) -> Certificate {
    let request = CertificateRequest::from_der(&request_for(TRE_ID, &p256(LEAF_KEY))).unwrap();
    let begin = at("2026-01-01T00:00:00Z");
    issue_tre(key, pva, &request, granted, begin, &mut Seeded::new(4)).unwrap()
}

#[test]
fn a_leaf_of_each_purpose_serves_its_own_and_no_other() {
    for ca_key in [p256(1), p384(1), rsa3072()] {
        let key = issuer(ca_key);
        let anchor = issued_anchor(&key);
        for leaf_key in [p256(LEAF_KEY), rsa3072()] {
            for own in Purpose::ALL {
                let leaf = issued_leaf(&key, &anchor, own, &leaf_key);
                for asked in Purpose::ALL {
                    let verdict = verify_leaf(&leaf, &anchor, asked, &sho("001-01"), in_date())
                        .map(drop)
                        .map_err(|error| error.code());
                    let expected = (own == asked)
                        .then_some(())
                        .ok_or("certificate-purpose-wrong");
                    assert_eq!(verdict, expected, "{own:?} as {asked:?}");
                }
            }
        }
    }
}

#[test]
fn a_leaf_carries_its_hosts_and_its_issuers_key_identifier() {
    let key = issuer(p256(1));
    let anchor = issued_anchor(&key);
    let leaf = issued_leaf(&key, &anchor, Purpose::DpfServer, &p256(LEAF_KEY));
    let verified = verify_leaf(
        &leaf,
        &anchor,
        Purpose::DpfServer,
        &sho("001-01"),
        in_date(),
    )
    .unwrap();
    assert_eq!(dpf_name_matches(&verified, HOST), Ok(()));
    assert_eq!(leaf.serial().len(), 16);
    assert_eq!(leaf.issuer_der(), anchor.certificate().subject_der());
    assert_eq!(leaf.not_after(), at("2026-12-31T23:59:59Z"));
    // A key identifier by method (1): SHA-1 over the point.
    let spki = leaf.public_key().spki_der();
    let point = &spki[spki.len() - 65..];
    assert_eq!(leaf.key_identifier(), openssl::sha::sha1(point));
}

#[test]
fn an_issued_anchor_stands_for_its_operator_only() {
    let key = issuer(p256(1));
    let anchor = issued_anchor(&key);
    let certificate = anchor.certificate().clone();
    assert!(Anchor::new(sho("001-01"), certificate.clone()).is_ok());
    let hash = certificate.public_key().spki_sha256();
    assert!(Anchor::with_announced_key(sho("001-01"), &hash, certificate.clone()).is_ok());
    assert_eq!(
        Anchor::new(sho("001-011"), certificate),
        Err(TrustError::AnchorIdentityWrong)
    );
    let pva = issued_pva(&key);
    assert_eq!(
        Anchor::new(sho("001-01"), pva.certificate().clone()),
        Err(TrustError::AnchorIdentityWrong)
    );
}

#[test]
fn serial_numbers_are_positive_random_and_16_octets_long() {
    struct Constant(u8);
    impl Random for Constant {
        fn fill(&mut self, out: &mut [u8]) {
            out.fill(self.0);
        }
    }
    let key = issuer(p256(1));
    for octet in [0x00, 0x7f, 0x80, 0xff] {
        let anchor =
            issue_sho_anchor(&key, &sho("001-01"), year_2026(), &mut Constant(octet)).unwrap();
        let serial = anchor.certificate().serial();
        assert_eq!(serial.len(), 16, "{octet:#x}");
        assert!((0x40..0x80).contains(&serial[0]), "{octet:#x}");
        assert!(serial[1..].iter().all(|own| *own == octet));
    }
}

#[test]
fn a_cert_tre_follows_its_request_and_ends_never() {
    let key = issuer(p256(1));
    let pva = issued_pva(&key);
    for (granted, serves) in [
        (TreUse::Signature, [true, false, false]),
        (TreUse::Encipherment, [false, true, false]),
        (TreUse::Both, [true, true, true]),
    ] {
        let leaf = issued_tre(&key, &pva, granted);
        assert_eq!(leaf.tre_extension(), Some(&tlv(0x02, &[7])[..]));
        assert_eq!(leaf.not_after(), Timestamp::NO_EXPIRY);
        assert_eq!(leaf.uris().collect::<Vec<_>>(), [TRE_ID]);
        let wanted = [TreUse::Signature, TreUse::Encipherment, TreUse::Both];
        for (wanted, right) in wanted.into_iter().zip(serves) {
            let verified = verify_tre(&leaf, &pva, wanted, TRE_ID, in_date());
            assert_eq!(verified.is_ok(), right, "{granted:?} as {wanted:?}");
        }
    }
}

#[test]
fn a_pva_issues_for_its_own_supplier_only() {
    let key = issuer(p256(1));
    let pva = issued_pva(&key);
    for supplier in ["acme1", "acmee", "xacme"] {
        let tre_id = TRE_ID.replace("acme", supplier);
        let request = CertificateRequest::from_der(&request_for(&tre_id, &p256(LEAF_KEY))).unwrap();
        let begin = at("2026-01-01T00:00:00Z");
        let both = TreUse::Both;
        let result = issue_tre(&key, &pva, &request, both, begin, &mut Seeded::new(4));
        assert_eq!(result, Err(TrustError::PvaSupplierMismatch), "{supplier}");
    }
}

#[test]
fn dns_names_fit_the_purpose() {
    let key = issuer(p256(1));
    let anchor = issued_anchor(&key);
    let public_key = PublicKey::from_pkey(&p256(LEAF_KEY)).unwrap();
    let code = |purpose, dns_names: &[&str]| {
        let dns_names: Vec<_> = dns_names.iter().map(|name| (*name).to_owned()).collect();
        let request = LeafRequest {
            purpose,
            public_key: &public_key,
            dns_names: &dns_names,
            validity: year_2026(),
            ocsp_url: None,
        };
        issue_leaf(&key, &anchor, &request, &mut Seeded::new(5))
            .map(drop)
            .map_err(|error| error.code())
    };
    let wrong = Err("dns-names-wrong");
    assert_eq!(code(Purpose::DpfServer, &[HOST, "b.test"]), Ok(()));
    assert_eq!(code(Purpose::DpfServer, &[HOST; 15]), Ok(()));
    assert_eq!(code(Purpose::DpfServer, &[HOST; 16]), wrong);
    assert_eq!(code(Purpose::DpfServer, &[]), wrong);
    assert_eq!(code(Purpose::Peer, &[]), Ok(()));
    for purpose in Purpose::ALL {
        if !matches!(purpose, Purpose::DpfServer | Purpose::Peer) {
            assert_eq!(code(purpose, &[HOST]), wrong, "{purpose:?}");
        }
    }
    let long_label = format!("{}.test", "a".repeat(64));
    let long_name = format!("{}test", "a.".repeat(125));
    for name in [
        "",
        "*",
        "*.rehome.test",
        "a..test",
        ".test",
        "test.",
        "-a.test",
        "a-.test",
        "a_b.test",
        "a b.test",
        "é.test",
        "192.0.2.1",
        &long_label,
        &long_name,
        "a.test\0",
    ] {
        assert_eq!(code(Purpose::Peer, &[name]), wrong, "{name:?}");
    }
}

#[test]
fn only_the_anchors_own_key_issues_under_it() {
    let anchor = issued_anchor(&issuer(p256(1)));
    let other = issuer(p256(9));
    let public_key = PublicKey::from_pkey(&p256(LEAF_KEY)).unwrap();
    let request = LeafRequest {
        purpose: Purpose::Object,
        public_key: &public_key,
        dns_names: &[],
        validity: year_2026(),
        ocsp_url: None,
    };
    let result = issue_leaf(&other, &anchor, &request, &mut Seeded::new(6));
    assert_eq!(result, Err(TrustError::IssuerKeyMismatch));
    let pva = issued_pva(&issuer(p256(1)));
    let csr = CertificateRequest::from_der(&request_for(TRE_ID, &p256(LEAF_KEY))).unwrap();
    let begin = at("2026-01-01T00:00:00Z");
    let both = TreUse::Both;
    let result = issue_tre(&other, &pva, &csr, both, begin, &mut Seeded::new(6));
    assert_eq!(result, Err(TrustError::IssuerKeyMismatch));
}

/// A key as a device might have it, with a fault.
struct Faulty {
    key: SoftwareIssuer,
    algorithm: SignatureAlgorithm,
    answer: Result<Vec<u8>, IssuerKeyError>,
}

impl IssuerKey for Faulty {
    fn public_key_der(&self) -> Vec<u8> {
        self.key.public_key_der()
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, IssuerKeyError> {
        self.answer.clone()
    }
}

#[test]
fn a_key_that_fails_issues_nothing() {
    let other = issuer(p256(1)).sign(b"something else").unwrap();
    for (algorithm, answer, code) in [
        (
            SignatureAlgorithm::EcdsaP256Sha256,
            Err(IssuerKeyError("the token was pulled out".to_owned())),
            "issuer-key-failed",
        ),
        (
            SignatureAlgorithm::EcdsaP256Sha256,
            Ok(Vec::new()),
            "issuer-key-failed",
        ),
        (
            SignatureAlgorithm::EcdsaP256Sha256,
            Ok(other.clone()),
            "issuer-key-failed",
        ),
        (
            SignatureAlgorithm::RsaSha256,
            Ok(other),
            "issuer-key-mismatch",
        ),
    ] {
        let key = Faulty {
            key: issuer(p256(1)),
            algorithm,
            answer,
        };
        let result = issue_sho_anchor(&key, &sho("001-01"), year_2026(), &mut Seeded::new(7));
        assert_eq!(result.unwrap_err().code(), code);
    }
}

#[test]
fn a_weak_key_is_no_issuer() {
    let refused = SoftwareIssuer::new(rsa2048()).map(drop).unwrap_err();
    assert_eq!(refused, TrustError::KeyUnsupported);
}

#[test]
fn a_validity_ends_no_earlier_than_it_begins() {
    let (early, late) = (at("2026-01-01T00:00:00Z"), at("2026-01-01T00:00:01Z"));
    assert!(Validity::new(early, early).is_ok());
    assert_eq!(
        Validity::new(late, early),
        Err(TrustError::IntervalInverted)
    );
}

#[test]
fn dates_around_2050_change_their_form() {
    let key = issuer(p256(1));
    for (text, tag) in [
        ("1970-01-01T00:00:00Z", 0x17),
        ("2049-12-31T23:59:59Z", 0x17),
        ("2050-01-01T00:00:00Z", 0x18),
        ("9999-12-31T23:59:59Z", 0x18),
    ] {
        let validity = Validity::new(at("1970-01-01T00:00:00Z"), at(text)).unwrap();
        let anchor = issue_sho_anchor(&key, &sho("001-01"), validity, &mut Seeded::new(8)).unwrap();
        assert_eq!(anchor.certificate().not_after(), at(text));
        let compact: String = text.chars().filter(char::is_ascii_digit).collect();
        let written = if tag == 0x17 { &compact[2..] } else { &compact };
        let field = tlv(tag, format!("{written}Z").as_bytes());
        let der = parsed(anchor.certificate().der()).der().to_vec();
        assert!(der.windows(field.len()).any(|part| part == field), "{text}");
    }
}
