//! Authorities and certificates for the tests (RFC 5280).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clock::Timestamp;
use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};
use trust::Certificate;
use trust::issue::SoftwareIssuer;
use trust::ocsp::{
    CertId, ExpiryPolicy, IssuerHash, Record, Request, Responder, ResponderConfig, SourceError,
    StatusSource,
};

/// In date at any time that a test may run; UTCTime before 2050 (RFC 5280 clause
/// 4.1.2.5).
pub(super) const ALWAYS: (&str, &str) = ("000101000000Z", "99991231235959Z");

/// What a leaf is to be.
pub(super) struct Leaf<'a> {
    pub(super) uris: &'a [&'a str],
    pub(super) host: Option<&'a str>,
    pub(super) dates: (&'a str, &'a str),
    /// id-kp-clientAuth, else id-kp-serverAuth.
    pub(super) for_clients: bool,
}

impl Default for Leaf<'_> {
    fn default() -> Self {
        Self {
            uris: &[],
            host: None,
            dates: ALWAYS,
            for_clients: true,
        }
    }
}

pub(super) struct Issued {
    pub(super) certificate: X509,
    pub(super) key: PKey<Private>,
}

fn key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

/// Who signs; a certificate without it signs itself.
fn issue(name: &str, key: PKey<Private>, by: Option<&Issued>, leaf: Option<&Leaf<'_>>) -> Issued {
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_text("CN", name).unwrap();
    let subject = subject.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(120, MsbOption::ONE, false).unwrap();
    let serial = Asn1Integer::from_bn(&serial).unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&subject).unwrap();
    let issuer = by.map_or(&*subject, |by| by.certificate.subject_name());
    builder.set_issuer_name(issuer).unwrap();
    builder.set_pubkey(&key).unwrap();
    let (from, to) = leaf.map_or(ALWAYS, |leaf| leaf.dates);
    let from = Asn1Time::from_str(from).unwrap();
    let to = Asn1Time::from_str(to).unwrap();
    builder.set_not_before(&from).unwrap();
    builder.set_not_after(&to).unwrap();
    match leaf {
        None => {
            let ca = BasicConstraints::new().critical().ca().build().unwrap();
            builder.append_extension(ca).unwrap();
        }
        Some(leaf) => {
            let mut usage = ExtendedKeyUsage::new();
            let usage = match leaf.for_clients {
                true => usage.client_auth(),
                false => usage.server_auth(),
            };
            builder.append_extension(usage.build().unwrap()).unwrap();
            let mut names = SubjectAlternativeName::new();
            for uri in leaf.uris {
                names.uri(uri);
            }
            if let Some(host) = leaf.host {
                names.dns(host);
            }
            if leaf.host.is_some() || !leaf.uris.is_empty() {
                let names = names.build(&builder.x509v3_context(None, None)).unwrap();
                builder.append_extension(names).unwrap();
            }
        }
    }
    let signer = by.map_or(&key, |by| &by.key);
    builder.sign(signer, MessageDigest::sha256()).unwrap();
    let certificate = builder.build();
    Issued { certificate, key }
}

pub(super) fn authority(name: &str) -> Issued {
    issue(name, key(), None, None)
}

impl Issued {
    pub(super) fn leaf(&self, leaf: &Leaf<'_>) -> Issued {
        issue("leaf", key(), Some(self), Some(leaf))
    }

    /// Another certificate of the same key, which signs itself.
    pub(super) fn renewed(&self, leaf: &Leaf<'_>) -> Issued {
        issue("renewed", self.key.clone(), None, Some(leaf))
    }

    pub(super) fn pem(&self) -> Vec<u8> {
        self.certificate.to_pem().unwrap()
    }

    pub(super) fn key_pem(&self) -> Vec<u8> {
        self.key.private_key_to_pem_pkcs8().unwrap()
    }

    /// The files `NAME.pem` and `NAME.key`.
    pub(super) fn write(&self, dir: &Path, name: &str) -> (PathBuf, PathBuf) {
        let (pem, key) = (
            dir.join(format!("{name}.pem")),
            dir.join(format!("{name}.key")),
        );
        fs::write(&pem, self.pem()).unwrap();
        fs::write(&key, self.key_pem()).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        (pem, key)
    }
}

/// A certificate that signs itself.
pub(super) fn alone(leaf: &Leaf<'_>) -> Issued {
    issue("alone", key(), None, Some(leaf))
}

/// What a responder knows of every certificate: that it ends then.
struct Ends(Timestamp);

impl StatusSource for Ends {
    fn record(&self, _: &[u8]) -> Result<Option<Record>, SourceError> {
        Ok(Some(Record {
            not_after: self.0,
            revocation: None,
        }))
    }
}

impl Issued {
    /// An OCSP answer of this authority about a leaf in DER, good for an hour from
    /// `made`, or without an end if the leaf is held to have `ended`.
    pub(super) fn status(&self, leaf: &X509, made: Timestamp, ended: bool) -> Vec<u8> {
        let issuer = Certificate::from_der(&self.certificate.to_der().unwrap()).unwrap();
        let key = SoftwareIssuer::new(self.key.clone()).unwrap();
        let config = ResponderConfig {
            // What is good has no end then; what is revoked has.
            expiry: ExpiryPolicy::GoodAfterExpiry,
            ..ResponderConfig::default()
        };
        let hour = config.validity;
        let responder = Responder::new(key, issuer.clone(), None, config).unwrap();
        let mut serial = leaf.serial_number().to_bn().unwrap().to_vec();
        if serial[0] >= 0x80 {
            serial.insert(0, 0);
        }
        let id = CertId::new(&issuer, &serial, IssuerHash::Sha1).unwrap();
        let end = match ended {
            true => made.minus(hour),
            false => made.plus(100 * hour),
        };
        let reply = responder.answer_request(&Request::new(id, None), made, &Ends(end));
        assert_eq!(reply.responder_error(), None);
        reply.der().to_vec()
    }
}

/// This second.
pub(super) fn now() -> Timestamp {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    Timestamp::from_unix_seconds(since.as_secs())
}
