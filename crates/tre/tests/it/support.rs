//! A seeded random source, keys, certificates, and a refusal's code.

use clock::Random;
use openssl::asn1::{Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::SubjectKeyIdentifier;
use openssl::x509::{X509, X509Builder, X509Extension, X509NameBuilder};
use tre::{KeyKind, KeyPairs, MemoryBackend, SoftwareKey, TreError};

pub(crate) const KINDS: [KeyKind; 2] = [KeyKind::EcP256, KeyKind::Rsa];
pub(crate) const SUITES: [tre::Suite; 2] = [tre::Suite::One, tre::Suite::Two];
const RSA: &[u8] = include_bytes!("../fixtures/rsa-3072.pem");

/// Steele, Lea and Flood's SplitMix64: enough for test data, seeded.
pub(crate) struct SplitMix(pub(crate) u64);

impl Random for SplitMix {
    fn fill(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            chunk.copy_from_slice(&z.to_le_bytes()[..chunk.len()]);
        }
    }
}

impl SplitMix {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(u64::from_le_bytes(self.array()) % u64::try_from(bound).unwrap()).unwrap()
    }
}

/// Hands out the octets that it was given, and nothing more.
pub(crate) struct Script(pub(crate) Vec<u8>);

impl Random for Script {
    fn fill(&mut self, out: &mut [u8]) {
        assert!(self.0.len() >= out.len(), "the script is used up");
        let rest = self.0.split_off(out.len());
        out.copy_from_slice(&self.0);
        self.0 = rest;
    }
}

/// A new P-256 key, or the RSA key of the fixtures.
pub(crate) fn key(kind: KeyKind) -> SoftwareKey {
    match kind {
        KeyKind::EcP256 => SoftwareKey::generate(kind).unwrap(),
        KeyKind::Rsa => SoftwareKey::from_pem(RSA).unwrap(),
    }
}

pub(crate) fn backend(key: SoftwareKey) -> MemoryBackend<SplitMix> {
    MemoryBackend::new(KeyPairs::One(key), SplitMix(1))
}

/// The code of a refusal; panics where there was none.
pub(crate) fn code<T>(result: Result<T, TreError>) -> &'static str {
    match result {
        Ok(_) => panic!("was not refused"),
        Err(error) => error.code(),
    }
}

pub(crate) fn pkey(key: &SoftwareKey) -> PKey<Private> {
    PKey::private_key_from_pkcs8(key.to_pkcs8().unwrap().expose()).unwrap()
}

/// A self-signed certificate as OpenSSL makes it.
pub(crate) struct Certificate {
    builder: X509Builder,
    key: PKey<Private>,
}

impl Certificate {
    pub(crate) fn of(key: &SoftwareKey) -> Self {
        Self::of_pkey(pkey(key))
    }

    pub(crate) fn of_pkey(key: PKey<Private>) -> Self {
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_text("CN", "tre").unwrap();
        let name = name.build();
        let mut builder = X509Builder::new().unwrap();
        builder.set_version(2).unwrap();
        let serial = BigNum::from_u32(7).unwrap().to_asn1_integer().unwrap();
        builder.set_serial_number(&serial).unwrap();
        builder.set_subject_name(&name).unwrap();
        builder.set_issuer_name(&name).unwrap();
        builder.set_pubkey(&key).unwrap();
        let (from, to) = ("20260101000000Z", "99991231235959Z");
        builder
            .set_not_before(&Asn1Time::from_str(from).unwrap())
            .unwrap();
        builder
            .set_not_after(&Asn1Time::from_str(to).unwrap())
            .unwrap();
        Self { builder, key }
    }

    /// With `subjectKeyIdentifier = hash`.
    pub(crate) fn identified(mut self) -> Self {
        let context = self.builder.x509v3_context(None, None);
        let extension = SubjectKeyIdentifier::new().build(&context).unwrap();
        self.builder.append_extension(extension).unwrap();
        self
    }

    pub(crate) fn with(mut self, oid: &str, value: &[u8]) -> Self {
        let oid = Asn1Object::from_str(oid).unwrap();
        let value = Asn1OctetString::new_from_bytes(value).unwrap();
        let extension = X509Extension::new_from_der(&oid, false, &value).unwrap();
        self.builder.append_extension(extension).unwrap();
        self
    }

    pub(crate) fn build(mut self) -> X509 {
        self.builder
            .sign(&self.key, MessageDigest::sha256())
            .unwrap();
        self.builder.build()
    }

    pub(crate) fn der(self) -> Vec<u8> {
        self.build().to_der().unwrap()
    }
}
