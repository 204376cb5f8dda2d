//! Certificate requests: contents and signature as libcrypto reads them.

use const_oid::ObjectIdentifier;
use der::asn1::OctetString;
use der::{Decode, Encode};
use openssl::x509::X509Req;
use secret::SecretBytes;
use tre::{
    Backend, CertTre, KeyKind, KeyPairs, KeySlot, KeyUse, MemoryBackend, TreError, TreId,
    certificate_request,
};
use x509_cert::ext::Extension;
use x509_cert::request::CertReq;

use crate::support::{KINDS, SplitMix, backend, code, key};

const TRE_ID: &str = "urn:x-rehome:tre:acme:00112233445566778899aabbccddeeff";

pub(crate) fn tre_id() -> TreId {
    TRE_ID.parse().unwrap()
}

pub(crate) fn cert_tre() -> CertTre {
    CertTre {
        suites: vec![1, 2],
        min_suite: 2,
        algorithms: vec![1],
        slots: 2,
        t_attach_min: 60,
        t_ack_min: 30,
    }
}

fn extensions(request: &[u8]) -> Vec<Extension> {
    let request = CertReq::from_der(request).unwrap();
    assert!(request.info.subject.0.is_empty());
    let attributes = request.info.attributes;
    assert_eq!(attributes.len(), 1);
    let attribute = attributes.get(0).unwrap();
    // extensionRequest (RFC 2985 clause 5.4.2)
    assert_eq!(attribute.oid.to_string(), "1.2.840.113549.1.9.14");
    assert_eq!(attribute.values.len(), 1);
    let value = attribute.values.get(0).unwrap().to_der().unwrap();
    Vec::from_der(&value).unwrap()
}

fn extension(oid: &str, critical: bool, value: &[u8]) -> Extension {
    Extension {
        extn_id: ObjectIdentifier::new(oid).unwrap(),
        critical,
        extn_value: OctetString::new(value).unwrap(),
    }
}

/// keyUsage is a named BIT STRING: digitalSignature 0, keyEncipherment 2,
/// keyAgreement 4 (RFC 5280 clause 4.2.1.3).
#[test]
fn a_request_holds_name_usage_and_extension_and_proves_the_key() {
    let table: [(KeyKind, KeyUse, [u8; 4]); 6] = [
        (KeyKind::EcP256, KeyUse::Signature, [3, 2, 7, 0x80]),
        (KeyKind::EcP256, KeyUse::Envelope, [3, 2, 3, 0x08]),
        (KeyKind::EcP256, KeyUse::Both, [3, 2, 3, 0x88]),
        (KeyKind::Rsa, KeyUse::Signature, [3, 2, 7, 0x80]),
        (KeyKind::Rsa, KeyUse::Envelope, [3, 2, 5, 0x20]),
        (KeyKind::Rsa, KeyUse::Both, [3, 2, 5, 0xa0]),
    ];
    let mut name = vec![0x30, 56, 0x86, 54];
    name.extend(TRE_ID.as_bytes());
    for (kind, key_use, usage) in table {
        let mut backend = backend(key(kind));
        let request = certificate_request(&mut backend, key_use, &tre_id(), &cert_tre()).unwrap();
        let expected = [
            extension("2.5.29.15", true, &usage),
            extension("2.5.29.17", true, &name),
            extension(
                "1.3.6.1.4.1.32473.7.16",
                false,
                &cert_tre().encode().unwrap(),
            ),
        ];
        assert_eq!(extensions(&request), expected, "{kind:?} {key_use:?}");
        let request = X509Req::from_der(&request).unwrap();
        let public = request.public_key().unwrap();
        assert!(request.verify(&public).unwrap());
        let slot = KeySlot::Envelope;
        assert_eq!(
            public.public_key_to_der().unwrap(),
            backend.public_key(slot).unwrap()
        );
    }
}

#[test]
fn each_of_two_pairs_has_its_own_request() {
    for kind in KINDS {
        let keys = KeyPairs::Two {
            signature: key(KeyKind::EcP256),
            envelope: key(kind),
        };
        let mut backend = MemoryBackend::new(keys, SplitMix(1));
        for (key_use, slot) in [
            (KeyUse::Signature, KeySlot::Signature),
            (KeyUse::Envelope, KeySlot::Envelope),
        ] {
            let request =
                certificate_request(&mut backend, key_use, &tre_id(), &cert_tre()).unwrap();
            let request = X509Req::from_der(&request).unwrap();
            let public = request.public_key().unwrap();
            assert!(request.verify(&public).unwrap());
            assert_eq!(
                public.public_key_to_der().unwrap(),
                backend.public_key(slot).unwrap()
            );
        }
        let both = certificate_request(&mut backend, KeyUse::Both, &tre_id(), &cert_tre());
        assert_eq!(code(both), "key-pairs-differ");
    }
}

#[test]
fn contents_that_contradict_themselves_make_no_request() {
    let mut wrong = cert_tre();
    wrong.min_suite = 9;
    let mut backend = backend(key(KeyKind::EcP256));
    let request = certificate_request(&mut backend, KeyUse::Both, &tre_id(), &wrong);
    assert_eq!(code(request), "cert-tre-malformed");
}

/// A token whose envelope key may not sign, and that answers nonsense else.
struct Token(MemoryBackend<SplitMix>);

impl Backend for Token {
    fn public_key(&self, slot: KeySlot) -> Result<Vec<u8>, TreError> {
        match slot {
            KeySlot::Envelope => self.0.public_key(slot),
            KeySlot::Signature => Ok(vec![0x30, 0]),
        }
    }
    fn sign(&mut self, _: KeySlot, _: &[u8]) -> Result<Vec<u8>, TreError> {
        Err(TreError::KeyOperationUnsupported)
    }
    fn agree(&mut self, slot: KeySlot, peer_point: &[u8]) -> Result<SecretBytes, TreError> {
        self.0.agree(slot, peer_point)
    }
    fn oaep_decrypt(&mut self, slot: KeySlot, ciphertext: &[u8]) -> Result<SecretBytes, TreError> {
        self.0.oaep_decrypt(slot, ciphertext)
    }
    fn seal(&mut self, plaintext: &[u8]) -> Result<Vec<u8>, TreError> {
        self.0.seal(plaintext)
    }
    fn unseal(&mut self, sealed: &[u8]) -> Result<SecretBytes, TreError> {
        self.0.unseal(sealed)
    }
    fn counter(&mut self) -> Result<u64, TreError> {
        self.0.counter()
    }
    fn increment_counter(&mut self) -> Result<u64, TreError> {
        self.0.increment_counter()
    }
}

#[test]
fn what_a_token_refuses_is_passed_on() {
    let mut token = Token(backend(key(KeyKind::EcP256)));
    let request = certificate_request(&mut token, KeyUse::Envelope, &tre_id(), &cert_tre());
    assert_eq!(code(request), "key-operation-unsupported");
    let request = certificate_request(&mut token, KeyUse::Signature, &tre_id(), &cert_tre());
    assert_eq!(code(request), "key-unsupported");
}
