//! A TRE's PKCS#10 request (RFC 2986; docs/operator-change.md, section 1),
//! written by the tests' own DER writer.

use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use trust::issue::CertificateRequest;

use crate::support::build::{A16, ALTERNATIVE_NAME, ECDSA_SHA256, alternative_name};
use crate::support::der::{
    algorithm, bits, bits_with_unused, common_name, extension, oid, sequence, set, tlv,
};
use crate::support::random::Seeded;
use crate::support::test_keys::{p256, rsa2048, spki};
use crate::support::{LEAF_KEY, TRE_ID};

const EXTENSION_REQUEST: &str = "1.2.840.113549.1.9.14";
const CHALLENGE_PASSWORD: &str = "1.2.840.113549.1.9.7";

/// The extension A.16 as requests of these tests carry it: an INTEGER.
pub(crate) fn a16() -> Vec<u8> {
    extension(A16, None, &tlv(0x02, &[7]))
}

fn attribute(dotted: &str, values: &[Vec<u8>]) -> Vec<u8> {
    sequence(&[oid(dotted), set(values)])
}

fn asking_for(extensions: &[Vec<u8>]) -> Vec<u8> {
    attribute(EXTENSION_REQUEST, &[sequence(extensions)])
}

fn info(version: u8, key: &PKey<Private>, attributes: &[Vec<u8>]) -> Vec<u8> {
    sequence(&[
        tlv(0x02, &[version]),
        common_name("anything"),
        spki(key),
        tlv(0xa0, &attributes.concat()),
    ])
}

fn signed(info: &[u8], key: &PKey<Private>) -> Vec<u8> {
    let mut signer = Signer::new(MessageDigest::sha256(), key).unwrap();
    let signature = signer.sign_oneshot_to_vec(info).unwrap();
    sequence(&[info.to_vec(), algorithm(ECDSA_SHA256), bits(&signature)])
}

/// A right request of this TRE_id for this P-256 key.
pub(crate) fn request_for(tre_id: &str, key: &PKey<Private>) -> Vec<u8> {
    let extensions = [alternative_name(&[(6, tre_id)]), a16()];
    signed(&info(0, key, &[asking_for(&extensions)]), key)
}

fn refusal(attributes: &[Vec<u8>]) -> &'static str {
    let key = p256(LEAF_KEY);
    CertificateRequest::from_der(&signed(&info(0, &key, attributes), &key))
        .expect_err("a refusal")
        .code()
}

#[test]
fn a_right_request_tells_its_tre() {
    let key = p256(LEAF_KEY);
    let request = CertificateRequest::from_der(&request_for(TRE_ID, &key)).unwrap();
    assert_eq!(request.tre_id(), TRE_ID);
    assert_eq!(request.supplier().as_str(), "acme");
    assert_eq!(request.public_key().spki_der(), spki(&key));
    assert_eq!(request.tre_extension(), tlv(0x02, &[7]));
}

#[test]
fn other_attributes_and_extensions_change_nothing() {
    let key = p256(LEAF_KEY);
    let password = attribute(CHALLENGE_PASSWORD, &[tlv(0x0c, b"secret")]);
    let more = extension("2.5.29.19", Some(0xff), &sequence(&[tlv(0x01, &[0xff])]));
    let asked = asking_for(&[more, alternative_name(&[(6, TRE_ID)]), a16()]);
    // SET OF in DER: in the order of the encodings.
    let mut attributes = [password, asked];
    attributes.sort();
    let request = CertificateRequest::from_der(&signed(&info(0, &key, &attributes), &key));
    assert_eq!(
        request,
        CertificateRequest::from_der(&request_for(TRE_ID, &key))
    );
}

#[test]
fn a_request_asks_once_for_one_tre_id_with_its_extension() {
    let name = || alternative_name(&[(6, TRE_ID)]);
    let named = |names: &[(u8, &str)]| vec![asking_for(&[alternative_name(names), a16()])];
    let other = "urn:x-rehome:tre:acme:ffffffffffffffffffffffffffffffff";
    let malformed = "certificate-request-malformed";
    let list = sequence(&[name(), a16()]);
    let broken_name = extension(ALTERNATIVE_NAME, None, b"\x30\x05");
    for (what, code, attributes) in [
        ("nothing asked", malformed, Vec::new()),
        (
            "asked for nothing",
            malformed,
            vec![attribute(EXTENSION_REQUEST, &[])],
        ),
        ("no extensions", malformed, vec![asking_for(&[])]),
        (
            "two lists",
            malformed,
            vec![attribute(EXTENSION_REQUEST, &[list.clone(), a16()])],
        ),
        (
            "no list",
            malformed,
            vec![attribute(EXTENSION_REQUEST, &[tlv(0x04, &list)])],
        ),
        ("no name", malformed, vec![asking_for(&[a16()])]),
        (
            "name twice",
            malformed,
            vec![asking_for(&[name(), name(), a16()])],
        ),
        (
            "A.16 twice",
            malformed,
            vec![asking_for(&[name(), a16(), a16()])],
        ),
        (
            "broken name",
            malformed,
            vec![asking_for(&[broken_name, a16()])],
        ),
        ("two URIs", malformed, named(&[(6, TRE_ID), (6, other)])),
        (
            "a DNS name too",
            malformed,
            named(&[(6, TRE_ID), (2, "x.test")]),
        ),
        ("a DNS name", malformed, named(&[(2, "x.test")])),
        (
            "an address too",
            malformed,
            named(&[(6, TRE_ID), (7, "1234")]),
        ),
        (
            "an operator",
            "tre-id-malformed",
            named(&[(6, "urn:x-rehome:sho:001-01")]),
        ),
        (
            "a longer id",
            "tre-id-malformed",
            named(&[(6, &format!("{TRE_ID}0"))]),
        ),
        (
            "no A.16",
            "tre-extension-missing",
            vec![asking_for(&[name()])],
        ),
    ] {
        assert_eq!(refusal(&attributes), code, "{what}");
    }
}

#[test]
fn two_extension_requests_are_refused() {
    let mut both = [
        asking_for(&[alternative_name(&[(6, TRE_ID)]), a16()]),
        asking_for(&[a16()]),
    ];
    both.sort();
    assert_eq!(refusal(&both), "certificate-request-malformed");
}

#[test]
fn its_own_key_has_to_have_signed_it() {
    let key = p256(LEAF_KEY);
    let asked = [asking_for(&[alternative_name(&[(6, TRE_ID)]), a16()])];
    let code = |der: &[u8]| CertificateRequest::from_der(der).unwrap_err().code();
    let stolen = signed(&info(0, &key, &asked), &p256(99));
    assert_eq!(code(&stolen), "certificate-request-signature-invalid");
    let weak = rsa2048();
    assert_eq!(
        code(&signed(&info(0, &weak, &asked), &weak)),
        "certificate-key-unsupported"
    );
    let version_2 = signed(&info(1, &key, &asked), &key);
    assert_eq!(code(&version_2), "certificate-request-malformed");
    let octets = info(0, &key, &asked);
    let sha1 = sequence(&[octets.clone(), algorithm("1.2.840.10045.4.1"), bits(&[1])]);
    assert_eq!(code(&sha1), "certificate-algorithm-unsupported");
    let other = sequence(&[octets.clone(), algorithm("1.2.840.10045.4.3.3"), bits(&[1])]);
    assert_eq!(code(&other), "certificate-request-signature-invalid");
    let unused = sequence(&[octets, algorithm(ECDSA_SHA256), bits_with_unused(1, &[2])]);
    assert_eq!(code(&unused), "certificate-request-malformed");
}

#[test]
fn damage_is_refused_and_survived() {
    let der = request_for(TRE_ID, &p256(LEAF_KEY));
    for length in 0..der.len() {
        assert!(CertificateRequest::from_der(&der[..length]).is_err());
    }
    for at in 0..der.len() {
        for mask in [1, 0x80, 0xff] {
            let mut damaged = der.clone();
            damaged[at] ^= mask;
            assert!(
                CertificateRequest::from_der(&damaged).is_err(),
                "octet {at}"
            );
        }
    }
    let mut rng = Seeded::new(11);
    for _ in 0..5000 {
        let mut damaged = der.clone();
        for _ in 0..=rng.below(3) {
            let at = rng.below(damaged.len());
            damaged.insert(at, rng.next() as u8);
        }
        assert!(CertificateRequest::from_der(&damaged).is_err());
    }
    let long = [der, vec![0; 8192]].concat();
    assert_eq!(
        CertificateRequest::from_der(&long).unwrap_err().code(),
        "certificate-request-malformed"
    );
}
