//! An OCSP answer writer for the tests, each field open to any octets (RFC 6960
//! clause 4.2.1), and the certificates around it: a CertSHO, a DM server's
//! certificate and a delegated responder's.

use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::sha::{sha1, sha256};
use openssl::sign::Signer;
use trust::ocsp::{Check, ExpectedNonce, Nonce};
use trust::{Certificate, Purpose, TimeInterval, TimePolicy};

use super::build::{Draft, ECDSA_SHA256, EXTENDED_KEY_USAGE, generalized, utc};
use super::der::{algorithm, algorithm_null, bits, extension, oid, sequence, tlv};
use super::test_keys::{p256, spki};
use super::{ANCHOR_KEY, at, parsed};

pub(crate) const NOW: &str = "2026-06-01T00:00:00Z";
pub(crate) const NONCE: &str = "1.3.6.1.5.5.7.48.1.2";
pub(crate) const NO_CHECK: &str = "1.3.6.1.5.5.7.48.1.5";
pub(crate) const RESPONDER_KEY: u32 = 3;
/// [`Draft`]'s serial number, contents of the INTEGER.
pub(crate) const SERIAL: &[u8] = &[0x11, 0x22];

/// The CertSHO, from 2020 to 2099.
pub(crate) fn issuer() -> Certificate {
    parsed(&issuer_draft().signed_by(&p256(ANCHOR_KEY)))
}

pub(crate) fn issuer_draft() -> Draft {
    Draft::anchor("001-01").changed(|draft| {
        draft.not_before = utc("200101000000Z");
        draft.not_after = generalized("20991231235959Z");
    })
}

/// A DM server's certificate, in date in 2026.
pub(crate) fn server() -> Certificate {
    parsed(&server_draft().signed_by(&p256(ANCHOR_KEY)))
}

pub(crate) fn server_draft() -> Draft {
    Draft::leaf("001-01", Purpose::DpfServer)
}

/// A delegated responder's certificate, in date in 2026.
pub(crate) fn responder_draft() -> Draft {
    let mut draft = Draft::leaf("001-01", Purpose::OcspSigning);
    draft.serial = vec![0x33];
    draft.subject = super::der::common_name("responder");
    draft.spki = spki(&p256(RESPONDER_KEY));
    draft.with(NO_CHECK, extension(NO_CHECK, None, &tlv(0x05, &[])))
}

pub(crate) fn without_usage() -> Draft {
    responder_draft().without(EXTENDED_KEY_USAGE)
}

/// A CertID under SHA-1 of a certificate with this serial number.
pub(crate) fn cert_id(issuer: &Certificate, serial: &[u8]) -> Vec<u8> {
    let key = issuer.public_key().spki_der();
    // P-256: the point is the last 65 octets.
    let point = &key[key.len() - 65..];
    sequence(&[
        algorithm_null("1.3.14.3.2.26"),
        tlv(0x04, &sha1(issuer.subject_der())),
        tlv(0x04, &sha1(point)),
        tlv(0x02, serial),
    ])
}

/// The same under SHA-256.
pub(crate) fn cert_id_256(issuer: &Certificate, serial: &[u8]) -> Vec<u8> {
    let key = issuer.public_key().spki_der();
    let point = &key[key.len() - 65..];
    sequence(&[
        algorithm_null("2.16.840.1.101.3.4.2.1"),
        tlv(0x04, &sha256(issuer.subject_der())),
        tlv(0x04, &sha256(point)),
        tlv(0x02, serial),
    ])
}

pub(crate) fn good() -> Vec<u8> {
    tlv(0x80, &[])
}

pub(crate) fn unknown() -> Vec<u8> {
    tlv(0x82, &[])
}

/// Revoked since this GeneralizedTime, for keyCompromise.
pub(crate) fn revoked(since: &str) -> Vec<u8> {
    tlv(
        0xa1,
        &[generalized(since), tlv(0xa0, &tlv(0x0a, &[1]))].concat(),
    )
}

/// The fields of a basic response about one certificate.
#[derive(Clone)]
pub(crate) struct AnswerDraft {
    pub(crate) responder_id: Vec<u8>,
    pub(crate) produced_at: &'static str,
    pub(crate) cert_id: Vec<u8>,
    pub(crate) status: Vec<u8>,
    pub(crate) this_update: &'static str,
    pub(crate) next_update: Option<&'static str>,
    /// Whole extensions of the single response.
    pub(crate) single_extensions: Vec<Vec<u8>>,
    /// More single responses.
    pub(crate) others: Vec<Vec<u8>>,
    /// Whole extensions of the response.
    pub(crate) extensions: Vec<Vec<u8>>,
    pub(crate) certificates: Vec<Vec<u8>>,
    pub(crate) algorithm: Vec<u8>,
}

/// byKey with the SHA-1 of this key's point.
pub(crate) fn by_key(key: &PKey<Private>) -> Vec<u8> {
    let spki = spki(key);
    tlv(0xa2, &tlv(0x04, &sha1(&spki[spki.len() - 65..])))
}

/// byName with this Name.
pub(crate) fn by_name(name: &[u8]) -> Vec<u8> {
    tlv(0xa1, name)
}

/// The extension with these octets as its nonce.
pub(crate) fn nonce_extension(octets: &[u8]) -> Vec<u8> {
    extension(NONCE, None, &tlv(0x04, octets))
}

impl AnswerDraft {
    /// Good, made now for an hour, signed by the issuer, without a nonce.
    pub(crate) fn new() -> Self {
        Self {
            responder_id: by_key(&p256(ANCHOR_KEY)),
            produced_at: "20260601000000Z",
            cert_id: cert_id(&issuer(), SERIAL),
            status: good(),
            this_update: "20260601000000Z",
            next_update: Some("20260601010000Z"),
            single_extensions: Vec::new(),
            others: Vec::new(),
            extensions: Vec::new(),
            certificates: Vec::new(),
            algorithm: algorithm(ECDSA_SHA256),
        }
    }

    /// The same by the delegated responder of this certificate.
    pub(crate) fn delegated(responder: &Draft) -> Self {
        let mut draft = Self::new();
        draft.responder_id = by_key(&p256(RESPONDER_KEY));
        draft.certificates = vec![responder.signed_by(&p256(ANCHOR_KEY))];
        draft
    }

    pub(crate) fn with_nonce(mut self, nonce: &Nonce) -> Self {
        self.extensions.push(nonce_extension(nonce.octets()));
        self
    }

    pub(crate) fn changed(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub(crate) fn single(&self) -> Vec<u8> {
        let mut parts = vec![
            self.cert_id.clone(),
            self.status.clone(),
            generalized(self.this_update),
        ];
        if let Some(next) = self.next_update {
            parts.push(tlv(0xa0, &generalized(next)));
        }
        if !self.single_extensions.is_empty() {
            parts.push(tlv(0xa1, &sequence(&self.single_extensions)));
        }
        sequence(&parts)
    }

    fn data(&self) -> Vec<u8> {
        let singles = [vec![self.single()], self.others.clone()].concat();
        let mut parts = vec![
            self.responder_id.clone(),
            generalized(self.produced_at),
            sequence(&singles),
        ];
        if !self.extensions.is_empty() {
            parts.push(tlv(0xa1, &sequence(&self.extensions)));
        }
        sequence(&parts)
    }

    /// A whole OCSPResponse, signed by a P-256 key.
    pub(crate) fn signed_by(&self, key: &PKey<Private>) -> Vec<u8> {
        successful(&self.basic_by(key))
    }

    /// The BasicOCSPResponse in it.
    pub(crate) fn basic_by(&self, key: &PKey<Private>) -> Vec<u8> {
        let data = self.data();
        let signature = Signer::new(MessageDigest::sha256(), key)
            .unwrap()
            .sign_oneshot_to_vec(&data)
            .unwrap();
        let mut parts = vec![data, self.algorithm.clone(), bits(&signature)];
        if !self.certificates.is_empty() {
            parts.push(tlv(0xa0, &sequence(&self.certificates)));
        }
        sequence(&parts)
    }

    /// Signed by the issuer's key.
    pub(crate) fn signed(&self) -> Vec<u8> {
        self.signed_by(&p256(ANCHOR_KEY))
    }
}

/// An OCSPResponse around a basic response.
pub(crate) fn successful(basic: &[u8]) -> Vec<u8> {
    let bytes = sequence(&[oid("1.3.6.1.5.5.7.48.1.1"), tlv(0x04, basic)]);
    sequence(&[tlv(0x0a, &[0]), tlv(0xa0, &bytes)])
}

/// The nonce of the tests: 32 octets, the first of which says which one.
pub(crate) fn nonce(first: u8) -> Nonce {
    let mut octets = [0x5a; 32];
    octets[0] = first;
    Nonce::new(&octets).unwrap()
}

/// The code of a refusal, or nothing.
pub(crate) fn code<T>(verdict: Result<T, trust::TrustError>) -> Option<&'static str> {
    verdict.err().map(|error| error.code())
}

/// What is needed to judge: the two certificates, and now as a trusted moment.
pub(crate) struct World {
    pub(crate) issuer: Certificate,
    pub(crate) server: Certificate,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            issuer: issuer(),
            server: server(),
        }
    }

    /// A check at [`NOW`] without tolerance or round trip.
    pub(crate) fn check<'a>(&'a self, nonce: ExpectedNonce<'a>) -> Check<'a> {
        Check {
            certificate: &self.server,
            issuer: &self.issuer,
            nonce,
            time: TimePolicy::Trusted(TimeInterval::exactly(at(NOW))),
            tolerance: std::time::Duration::ZERO,
            round_trip: std::time::Duration::ZERO,
        }
    }
}
