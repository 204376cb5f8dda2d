//! The status of a leaf from a file, for handshakes: an OCSP answer of the leaf's
//! authority in DER (RFC 6960 clause 4.2.1; RFC 6066 clause 8).

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};
use openssl::hash::MessageDigest;
use openssl::ocsp::{
    OcspBasicResponse, OcspCertId, OcspCertStatus, OcspFlag, OcspResponse, OcspResponseStatus,
};
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509VerifyFlags;
use openssl::x509::{X509, X509VerifyResult};
use tls::Staples;

/// An answer about a leaf, signed by who may.
pub(super) struct Staple {
    leaf: Vec<u8>,
    der: Vec<u8>,
    answer: OcspBasicResponse,
    id: OcspCertId,
    /// Whether it was said that it is out of date.
    told: AtomicBool,
}

impl Staple {
    /// Refuses what is no answer, not about the leaf (the first of the chain), not
    /// by its issuer or one that it certified for that, or without a nextUpdate.
    /// One that is out of date is taken, and not sent.
    pub(super) fn read(der: Vec<u8>, chain: &[X509]) -> Result<Self> {
        let (leaf, issuer) = match chain {
            [leaf, issuer, ..] => (leaf, issuer),
            [alone] if alone.issued(alone) == X509VerifyResult::OK => (alone, alone),
            _ => bail!("the issuer has to follow the leaf in the certificate's file"),
        };
        let response = OcspResponse::from_der(&der).context("no OCSP answer in DER")?;
        if response.status() != OcspResponseStatus::SUCCESSFUL {
            bail!("an OCSP error instead of an answer");
        }
        let answer = response.basic().context("not a basic OCSP answer")?;
        let mut store = X509StoreBuilder::new()?;
        store.add_cert(issuer.clone())?;
        store.set_flags(X509VerifyFlags::PARTIAL_CHAIN)?;
        let mut signers = Stack::new()?;
        signers.push(issuer.clone())?;
        answer
            .verify(&signers, &store.build(), OcspFlag::empty())
            .context("not signed by the certificate's issuer")?;
        let mut found = None;
        for digest in [MessageDigest::sha1(), MessageDigest::sha256()] {
            let id = OcspCertId::from_cert(digest, leaf, issuer)?;
            if let Some(status) = answer.find_status(&id) {
                if status.next_update().is_none() {
                    bail!("an answer without nextUpdate");
                }
                if status.status != OcspCertStatus::GOOD {
                    tracing::warn!("the status to be stapled is not good");
                }
                found = Some(id);
                break;
            }
        }
        Ok(Self {
            leaf: leaf.to_der()?,
            der,
            answer,
            id: found.context("an answer about another certificate")?,
            told: AtomicBool::new(false),
        })
    }

    /// Whether it is between thisUpdate and nextUpdate.
    fn is_current(&self) -> bool {
        let status = self.answer.find_status(&self.id);
        status.is_some_and(|status| status.check_validity(0, None).is_ok())
    }
}

/// Answers from files.
pub(super) struct Stapled(pub(super) Vec<Staple>);

impl Staples for Stapled {
    fn staple(&self, leaf: &[u8]) -> Option<Vec<u8>> {
        let staple = self.0.iter().find(|staple| staple.leaf == leaf)?;
        if staple.is_current() {
            return Some(staple.der.clone());
        }
        if !staple.told.swap(true, Ordering::Relaxed) {
            tracing::warn!("the status to be stapled is out of date");
        }
        None
    }
}
