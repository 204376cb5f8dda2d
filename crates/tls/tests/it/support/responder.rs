//! Answers about leaves, signed by their authority (RFC 6960), for servers to staple.

use std::collections::HashMap;

use clock::Timestamp;
use openssl::x509::X509;
use tls::Staples;
use trust::Certificate;
use trust::issue::SoftwareIssuer;
use trust::ocsp::{
    CertId, IssuerHash, Record, Request, Responder, ResponderConfig, SourceError, StatusSource,
};

use super::certificates::{Authority, Issued};

/// When the answers were made: 2026-01-01.
const MADE: u64 = 1_767_225_600;
/// 9999-12-31T23:59:59Z.
const END: u64 = 253_402_300_799;

/// Each leaf in DER with its answer.
pub(crate) struct Answers(HashMap<Vec<u8>, Vec<u8>>);

impl Answers {
    /// Good ones.
    pub(crate) fn about(authority: &Authority, leaves: &[Issued]) -> Self {
        let issuer = Certificate::from_der(&authority.certificate.to_der().unwrap()).unwrap();
        let key = SoftwareIssuer::new(authority.key().clone()).unwrap();
        let responder =
            Responder::new(key, issuer.clone(), None, ResponderConfig::default()).unwrap();
        let answer = |leaf: &Issued| {
            let serial = serial(&leaf.certificate);
            let id = CertId::new(&issuer, &serial, IssuerHash::Sha1).unwrap();
            let now = Timestamp::from_unix_seconds(MADE);
            let reply = responder.answer_request(&Request::new(id, None), now, &AllGood);
            assert_eq!(reply.responder_error(), None);
            (leaf.der(), reply.der().to_vec())
        };
        Self(leaves.iter().map(answer).collect())
    }
}

impl Staples for Answers {
    fn staple(&self, leaf: &[u8]) -> Option<Vec<u8>> {
        self.0.get(leaf).cloned()
    }
}

/// The octets of the INTEGER.
fn serial(certificate: &X509) -> Vec<u8> {
    let number = certificate.serial_number().to_bn().unwrap().to_vec();
    match number[0] < 0x80 {
        true => number,
        false => [vec![0], number].concat(),
    }
}

struct AllGood;

impl StatusSource for AllGood {
    fn record(&self, _: &[u8]) -> Result<Option<Record>, SourceError> {
        Ok(Some(Record {
            not_after: Timestamp::from_unix_seconds(END),
            revocation: None,
        }))
    }
}
