//! Certificates made for a test (RFC 5280), with P-256 keys unless a test is
//! about another kind.

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509Name};
use std::sync::Arc;
use tls::Credentials;

use super::judge::Judge;

/// In date at any time that a test may run; UTCTime before 2050 (RFC 5280 clause
/// 4.1.2.5).
pub(crate) const ALWAYS: (&str, &str) = ("000101000000Z", "99991231235959Z");

pub(crate) fn p256() -> PKey<Private> {
    ec(Nid::X9_62_PRIME256V1)
}

pub(crate) fn ec(curve: Nid) -> PKey<Private> {
    let group = EcGroup::from_curve_name(curve).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

pub(crate) fn rsa(bits: u32) -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap()
}

/// A leaf and its key.
#[derive(Clone)]
pub(crate) struct Issued {
    pub(crate) certificate: X509,
    pub(crate) key: PKey<Private>,
}

impl Issued {
    pub(crate) fn der(&self) -> Vec<u8> {
        self.certificate.to_der().unwrap()
    }

    /// With further certificates to send after the leaf.
    pub(crate) fn credentials(&self, above: &[&X509]) -> Credentials {
        let above: Vec<_> = above.iter().map(|one| one.to_der().unwrap()).collect();
        Credentials::new(&self.der(), &above, self.key.clone()).unwrap()
    }
}

/// A certificate authority.
pub(crate) struct Authority {
    pub(crate) certificate: X509,
    key: PKey<Private>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let key = p256();
        let certificate = build(name, name, &key, &key, ALWAYS, true);
        Self { certificate, key }
    }

    pub(crate) fn key(&self) -> &PKey<Private> {
        &self.key
    }

    /// The same name and key in another certificate.
    pub(crate) fn renewed(&self, dates: (&str, &str)) -> X509 {
        let name = common_name(&self.certificate);
        build(&name, &name, &self.key, &self.key, dates, true)
    }

    /// A leaf with this common name, which is its dNSName too.
    pub(crate) fn leaf(&self, name: &str) -> Issued {
        self.leaf_with(name, p256(), ALWAYS)
    }

    pub(crate) fn leaf_with(&self, name: &str, key: PKey<Private>, dates: (&str, &str)) -> Issued {
        let issuer = common_name(&self.certificate);
        let certificate = build(name, &issuer, &key, &self.key, dates, false);
        Issued { certificate, key }
    }

    /// A verifier that admits this authority's leaves.
    pub(crate) fn judge(&self) -> Arc<Judge> {
        Arc::new(Judge::new(&self.certificate))
    }
}

pub(crate) fn common_name(certificate: &X509) -> String {
    let names = certificate.subject_name();
    let entry = names.entries_by_nid(Nid::COMMONNAME).next().unwrap();
    String::from_utf8(entry.data().as_slice().to_vec()).unwrap()
}

fn name(text: &str) -> X509Name {
    let mut builder = X509Name::builder().unwrap();
    builder.append_entry_by_text("CN", text).unwrap();
    builder.build()
}

fn build(
    subject: &str,
    issuer: &str,
    key: &PKey<Private>,
    signer: &PKey<Private>,
    (from, to): (&str, &str),
    is_authority: bool,
) -> X509 {
    let mut serial = BigNum::new().unwrap();
    serial.rand(120, MsbOption::ONE, false).unwrap();
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    let serial = Asn1Integer::from_bn(&serial).unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&name(subject)).unwrap();
    builder.set_issuer_name(&name(issuer)).unwrap();
    let time = |text| Asn1Time::from_str(text).unwrap();
    builder.set_not_before(&time(from)).unwrap();
    builder.set_not_after(&time(to)).unwrap();
    builder.set_pubkey(key).unwrap();
    if is_authority {
        let extension = BasicConstraints::new().critical().ca().build().unwrap();
        builder.append_extension(extension).unwrap();
    } else {
        let context = builder.x509v3_context(None, None);
        let names = SubjectAlternativeName::new().dns(subject).build(&context);
        builder.append_extension(names.unwrap()).unwrap();
    }
    builder.sign(signer, MessageDigest::sha256()).unwrap();
    builder.build()
}
