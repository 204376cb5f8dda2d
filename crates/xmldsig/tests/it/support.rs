//! Keys, certificates and sample documents for the other tests.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::sha::sha256;
use openssl::x509::extension::{BasicConstraints, KeyUsage};
use openssl::x509::{X509, X509Builder, X509NameBuilder};
use xmldsig::{
    DocumentType, Object, ObjectWriter, SignatureAlgorithm, Signer, SignerError, VerifyingKey,
};

/// A private key with its two ways to sign, as XML Signature wants them.
pub(crate) struct Key(pub(crate) PKey<Private>);

impl Key {
    /// A new P-256 key.
    pub(crate) fn p256() -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        Self(PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap())
    }

    /// The RSA key of 3072 bits among the fixtures.
    pub(crate) fn rsa() -> Self {
        Self(PKey::private_key_from_pem(include_bytes!("../fixtures/rsa-3072.pem")).unwrap())
    }

    pub(crate) fn spki(&self) -> Vec<u8> {
        self.0.public_key_to_der().unwrap()
    }

    pub(crate) fn verifying(&self) -> VerifyingKey {
        VerifyingKey::from_spki_der(&self.spki()).unwrap()
    }

    pub(crate) fn private_pem(&self) -> Vec<u8> {
        self.0.private_key_to_pem_pkcs8().unwrap()
    }

    pub(crate) fn public_pem(&self) -> Vec<u8> {
        self.0.public_key_to_pem().unwrap()
    }
}

impl Signer for Key {
    fn algorithm(&self) -> SignatureAlgorithm {
        if self.0.ec_key().is_ok() {
            SignatureAlgorithm::EcdsaP256Sha256
        } else {
            SignatureAlgorithm::RsaPkcs1Sha256
        }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        let Ok(ec) = self.0.ec_key() else {
            let mut signer = openssl::sign::Signer::new(MessageDigest::sha256(), &self.0).unwrap();
            return signer
                .sign_oneshot_to_vec(message)
                .map_err(SignerError::new);
        };
        let signature = EcdsaSig::sign(&sha256(message), &ec).map_err(SignerError::new)?;
        let mut value = signature.r().to_vec_padded(32).unwrap();
        value.extend(signature.s().to_vec_padded(32).unwrap());
        Ok(value)
    }
}

/// A certificate of `key`, and the PEM of the CA that issued it.
pub(crate) struct Chain {
    pub(crate) ca_pem: Vec<u8>,
    pub(crate) leaf: Vec<u8>,
}

pub(crate) fn chain(key: &Key) -> Chain {
    let ca_key = Key::p256();
    let ca = certificate("rehome test CA", &ca_key, None);
    let leaf = certificate("rehome test leaf", key, Some((&ca, &ca_key)));
    Chain {
        ca_pem: ca.to_pem().unwrap(),
        leaf: leaf.to_der().unwrap(),
    }
}

fn certificate(name: &str, key: &Key, issuer: Option<(&X509, &Key)>) -> X509 {
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_text("CN", name).unwrap();
    let subject = subject.build();
    let mut serial = BigNum::new().unwrap();
    serial.rand(127, MsbOption::ONE, false).unwrap();
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    builder
        .set_serial_number(&serial.to_asn1_integer().unwrap())
        .unwrap();
    builder.set_subject_name(&subject).unwrap();
    let issuer_name = issuer.map_or(subject.as_ref(), |(ca, _)| ca.subject_name());
    builder.set_issuer_name(issuer_name).unwrap();
    builder
        .set_not_before(&Asn1Time::from_str("20200101000000Z").unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::from_str("20491231235959Z").unwrap())
        .unwrap();
    builder.set_pubkey(&key.0).unwrap();
    let mut usage = KeyUsage::new();
    usage.critical();
    if issuer.is_none() {
        let constraints = BasicConstraints::new().critical().ca().pathlen(0).build();
        builder.append_extension(constraints.unwrap()).unwrap();
        usage.key_cert_sign();
    } else {
        usage.digital_signature();
    }
    builder.append_extension(usage.build().unwrap()).unwrap();
    let signing_key = issuer.map_or(key, |(_, ca_key)| ca_key);
    builder
        .sign(&signing_key.0, MessageDigest::sha256())
        .unwrap();
    builder.build()
}

/// An object of any type with texts, a list, a group and an empty field.
pub(crate) fn sample(document_type: DocumentType) -> Object {
    let mut object = ObjectWriter::new(document_type);
    object
        .field(
            "TreId",
            "urn:x-rehome:tre:acme:00112233445566778899aabbccddeeff",
        )
        .unwrap();
    object
        .field("OrderId", "0f0e0d0c0b0a09080706050403020100")
        .unwrap();
    object
        .field("Url", "https://dpf.mnc001.mcc001.rehome.test/dm")
        .unwrap();
    object
        .field("Url", "https://dpf2.mnc001.mcc001.rehome.test/dm")
        .unwrap();
    object
        .group("TreInfo", |info| {
            info.field("Type", "native")?.field("Model", "A1")?;
            Ok(())
        })
        .unwrap();
    object.field("Cause", "").unwrap();
    object.finish()
}

/// Signs a sample of `document_type`, with `leaf` if the type carries one.
pub(crate) fn signed(document_type: DocumentType, key: &Key, leaf: &[u8]) -> Vec<u8> {
    let leaf = document_type.carries_leaf().then_some(leaf);
    xmldsig::sign_object(&sample(document_type), key, leaf).unwrap()
}

/// What stands between `start` and `end`, which must be there once.
pub(crate) fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap();
    let (found, rest) = rest.split_once(end).unwrap();
    assert!(!rest.contains(start), "{start} more than once");
    found
}

/// A directory for files of one test, removed at its end.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("xmldsig-{}-{number}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Writes a file and returns its path.
    pub(crate) fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
