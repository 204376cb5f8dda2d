//! A certificate writer for the tests, each field open to any octets (RFC 5280
//! clause 4.1). What it writes by default is right by docs/operator-change.md.

use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey, Private};
use openssl::sign::Signer;
use trust::Purpose;

use super::der::{
    algorithm, algorithm_null, bits, bits_with_unused, common_name, extension, oid, sequence, tlv,
};
use super::test_keys::{p256, spki};
use super::{LEAF_KEY, TRE_ID};

pub(crate) const KEY_USAGE: &str = "2.5.29.15";
pub(crate) const BASIC_CONSTRAINTS: &str = "2.5.29.19";
pub(crate) const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
pub(crate) const ALTERNATIVE_NAME: &str = "2.5.29.17";
pub(crate) const AUTHORITY_KEY: &str = "2.5.29.35";
pub(crate) const SUBJECT_KEY: &str = "2.5.29.14";
pub(crate) const A16: &str = "1.3.6.1.4.1.32473.7.16";

pub(crate) const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";
pub(crate) const ECDSA_SHA384: &str = "1.2.840.10045.4.3.3";
pub(crate) const RSA_SHA256: &str = "1.2.840.113549.1.1.11";
pub(crate) const RSA_SHA1: &str = "1.2.840.113549.1.1.5";

pub(crate) const CRITICAL: Option<u8> = Some(0xff);

/// Bits of KeyUsage, the first named bit leftmost.
pub(crate) const DIGITAL_SIGNATURE: u8 = 0x80;
pub(crate) const NON_REPUDIATION: u8 = 0x40;
pub(crate) const KEY_ENCIPHERMENT: u8 = 0x20;
pub(crate) const DATA_ENCIPHERMENT: u8 = 0x10;
pub(crate) const KEY_AGREEMENT: u8 = 0x08;
pub(crate) const KEY_CERT_SIGN: u8 = 0x04;
pub(crate) const CRL_SIGN: u8 = 0x02;

/// The fields of a TBSCertificate, as octets.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) version: Vec<u8>,
    /// Contents of the INTEGER.
    pub(crate) serial: Vec<u8>,
    /// By the signing key, unless set.
    pub(crate) algorithm: Option<Vec<u8>>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) not_before: Vec<u8>,
    pub(crate) not_after: Vec<u8>,
    pub(crate) subject: Vec<u8>,
    pub(crate) spki: Vec<u8>,
    /// Whatever stands between the key and the extensions.
    pub(crate) unique: Vec<u8>,
    /// OID and whole extension.
    pub(crate) extensions: Vec<(&'static str, Vec<u8>)>,
}

pub(crate) fn utc(text: &str) -> Vec<u8> {
    tlv(0x17, text.as_bytes())
}

pub(crate) fn generalized(text: &str) -> Vec<u8> {
    tlv(0x18, text.as_bytes())
}

pub(crate) fn key_usage(octet: u8) -> Vec<u8> {
    let value = bits_with_unused(octet.trailing_zeros() as u8, &[octet]);
    extension(KEY_USAGE, CRITICAL, &value)
}

pub(crate) fn extended_key_usage(usages: &[&str]) -> Vec<u8> {
    let usages: Vec<_> = usages.iter().map(|usage| oid(usage)).collect();
    extension(EXTENDED_KEY_USAGE, None, &sequence(&usages))
}

/// A subject alternative name of (context tag, contents).
pub(crate) fn alternative_name(names: &[(u8, &str)]) -> Vec<u8> {
    let names: Vec<_> = names
        .iter()
        .map(|(tag, text)| tlv(0x80 | tag, text.as_bytes()))
        .collect();
    extension(ALTERNATIVE_NAME, CRITICAL, &sequence(&names))
}

pub(crate) fn ca(path_length: Option<u8>) -> Vec<u8> {
    let mut parts = vec![tlv(0x01, &[0xff])];
    if let Some(length) = path_length {
        parts.push(tlv(0x02, &[length]));
    }
    extension(BASIC_CONSTRAINTS, CRITICAL, &sequence(&parts))
}

/// The extended key usages of section 1, written out.
pub(crate) fn usages(purpose: Purpose) -> &'static [&'static str] {
    match purpose {
        Purpose::DpfServer => &["1.3.6.1.5.5.7.3.1"],
        Purpose::Peer => &["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1"],
        Purpose::OcspSigning => &["1.3.6.1.5.5.7.3.9"],
        Purpose::Bootstrap => &["1.3.6.1.4.1.32473.7.1"],
        Purpose::Object => &["1.3.6.1.4.1.32473.7.2"],
        Purpose::PeerDocument => &["1.3.6.1.4.1.32473.7.3"],
        Purpose::Decision => &["1.3.6.1.4.1.32473.7.4"],
        Purpose::PeerEncipherment => &["1.3.6.1.4.1.32473.7.5"],
    }
}

impl Draft {
    /// A leaf's or CA's fields without extensions, in date in 2026.
    fn bare(issuer: &str, subject: &str) -> Self {
        Self {
            version: tlv(0xa0, &tlv(0x02, &[2])),
            serial: vec![0x11, 0x22],
            algorithm: None,
            issuer: common_name(issuer),
            not_before: utc("260101000000Z"),
            not_after: utc("261231235959Z"),
            subject: common_name(subject),
            spki: spki(&p256(LEAF_KEY)),
            unique: Vec::new(),
            extensions: Vec::new(),
        }
    }

    /// The CertSHO of an operator, for the key of [`super::ANCHOR_KEY`].
    pub(crate) fn anchor(sho_id: &str) -> Self {
        let uri = format!("urn:x-rehome:sho:{sho_id}");
        let mut draft = Self::pva();
        draft.replace(ALTERNATIVE_NAME, alternative_name(&[(6, &uri)]));
        draft
    }

    /// A supplier's CA, for the key of [`super::ANCHOR_KEY`].
    pub(crate) fn pva() -> Self {
        let mut draft = Self::bare("root", "root");
        draft.spki = spki(&p256(super::ANCHOR_KEY));
        draft.replace(BASIC_CONSTRAINTS, ca(Some(0)));
        draft.replace(KEY_USAGE, key_usage(KEY_CERT_SIGN | CRL_SIGN));
        draft
    }

    /// A leaf of an operator.
    pub(crate) fn leaf(sho_id: &str, purpose: Purpose) -> Self {
        let uri = format!("urn:x-rehome:sho:{sho_id}");
        let usage = match purpose {
            Purpose::PeerEncipherment => KEY_AGREEMENT,
            _ => DIGITAL_SIGNATURE,
        };
        let mut draft = Self::bare("root", "leaf");
        draft.replace(KEY_USAGE, key_usage(usage));
        draft.replace(EXTENDED_KEY_USAGE, extended_key_usage(usages(purpose)));
        draft.replace(ALTERNATIVE_NAME, alternative_name(&[(6, &uri)]));
        draft
    }

    /// A CertTRE of [`TRE_ID`] with this key usage.
    pub(crate) fn tre(usage: u8) -> Self {
        let mut draft = Self::bare("root", "tre");
        draft.not_after = generalized("99991231235959Z");
        draft.replace(KEY_USAGE, key_usage(usage));
        draft.replace(ALTERNATIVE_NAME, alternative_name(&[(6, TRE_ID)]));
        draft.replace(A16, extension(A16, None, &sequence(&[tlv(0x02, &[1])])));
        draft
    }

    /// Sets an extension, or puts another in its place.
    pub(crate) fn replace(&mut self, dotted: &'static str, whole: Vec<u8>) {
        match self.extensions.iter_mut().find(|(own, _)| *own == dotted) {
            Some((_, value)) => *value = whole,
            None => self.extensions.push((dotted, whole)),
        }
    }

    /// [`Self::replace`] in a chain.
    pub(crate) fn with(mut self, dotted: &'static str, whole: Vec<u8>) -> Self {
        self.replace(dotted, whole);
        self
    }

    pub(crate) fn without(mut self, dotted: &str) -> Self {
        self.extensions.retain(|(own, _)| *own != dotted);
        self
    }

    /// Changes any field in a chain.
    pub(crate) fn changed(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn tbs(&self, algorithm: &[u8]) -> Vec<u8> {
        let extensions: Vec<_> = self
            .extensions
            .iter()
            .map(|(_, whole)| whole.clone())
            .collect();
        let mut parts = vec![
            self.version.clone(),
            tlv(0x02, &self.serial),
            algorithm.to_vec(),
            self.issuer.clone(),
            sequence(&[self.not_before.clone(), self.not_after.clone()]),
            self.subject.clone(),
            self.spki.clone(),
            self.unique.clone(),
        ];
        if !extensions.is_empty() {
            parts.push(tlv(0xa3, &sequence(&extensions)));
        }
        sequence(&parts)
    }

    /// Signs by the algorithm of the key's kind.
    pub(crate) fn signed_by(&self, key: &PKey<Private>) -> Vec<u8> {
        let (own, digest) = match (key.id(), key.bits()) {
            (Id::RSA, _) => (algorithm_null(RSA_SHA256), MessageDigest::sha256()),
            (_, 384) => (algorithm(ECDSA_SHA384), MessageDigest::sha384()),
            _ => (algorithm(ECDSA_SHA256), MessageDigest::sha256()),
        };
        let named = self.algorithm.clone().unwrap_or(own);
        self.signed_with(key, digest, &named)
    }

    /// Signs by any digest under any outer algorithm; the inner one is the
    /// draft's, or the same.
    pub(crate) fn signed_with(
        &self,
        key: &PKey<Private>,
        digest: MessageDigest,
        outer: &[u8],
    ) -> Vec<u8> {
        let inner = self.algorithm.clone().unwrap_or_else(|| outer.to_vec());
        let tbs = self.tbs(&inner);
        let signature = Signer::new(digest, key)
            .unwrap()
            .sign_oneshot_to_vec(&tbs)
            .unwrap();
        sequence(&[tbs, outer.to_vec(), bits(&signature)])
    }
}
