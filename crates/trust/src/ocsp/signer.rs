//! Who may sign an answer (RFC 6960 clauses 2.6 and 4.2.2.2): the issuer of the
//! certificate in question, or one that it certified for nothing but this.

use clock::Timestamp;
use const_oid::db::rfc5280::ID_KP_OCSP_SIGNING;
use der::{Any, Encode};
use x509_cert::ext::pkix::KeyUsages;

use super::answer::signed_octets;
use super::asn1::{BasicOcspResponse, ResponderId};
use super::{OcspFault, asn1};
use crate::anchor::check_issued;
use crate::key::SignatureAlgorithm;
use crate::{Certificate, PublicKey, TimeInterval, TimePolicy, TrustError};

const MAX_CERTIFICATES: usize = 8;

/// The key that signed.
pub(super) enum AnswerSigner {
    /// The issuer's own.
    Issuer,
    /// That of a certificate which the issuer issued for it.
    Delegated(Box<Certificate>),
}

/// Finds the signer and verifies the signature.
pub(super) fn verify(
    basic: &BasicOcspResponse,
    issuer: &Certificate,
) -> Result<AnswerSigner, TrustError> {
    let id = &basic.tbs_response_data.responder_id;
    let certificates = basic.certs.as_deref().unwrap_or_default();
    if certificates.len() > MAX_CERTIFICATES {
        return Err(OcspFault::AnswerMalformed("more than 8 certificates").into());
    }
    if names(id, issuer) {
        verify_signature(basic, issuer.public_key())?;
        return Ok(AnswerSigner::Issuer);
    }
    // Certificates that we can't read are somebody else's.
    let delegated = certificates
        .iter()
        .filter_map(|certificate: &Any| Certificate::from_der(&certificate.to_der().ok()?).ok())
        .find(|certificate| names(id, certificate))
        .ok_or(OcspFault::ResponderWrong("its certificate is not there"))?;
    check_delegated(&delegated, issuer)?;
    verify_signature(basic, delegated.public_key())?;
    Ok(AnswerSigner::Delegated(Box::new(delegated)))
}

impl AnswerSigner {
    pub(super) fn is_delegated(&self) -> bool {
        matches!(self, Self::Delegated(_))
    }

    /// The signer's certificate must be in date now, as far as that is known,
    /// and at producedAt: who claims a time at which its own certificate is not
    /// valid is refused by its own word.
    pub(super) fn judge_dates(
        &self,
        issuer: &Certificate,
        produced_at: Timestamp,
        time: TimePolicy,
    ) -> Result<(), TrustError> {
        let claimed = TimePolicy::Trusted(TimeInterval::exactly(produced_at));
        let fault = match self {
            Self::Issuer => issuer.period().leaf_fault(claimed),
            Self::Delegated(own) => own
                .period()
                .leaf_fault(time)
                .or_else(|| own.period().leaf_fault(claimed)),
        };
        fault.map_or(Ok(()), |fault| Err(OcspFault::ResponderDate(fault).into()))
    }
}

fn names(id: &ResponderId, certificate: &Certificate) -> bool {
    match id {
        ResponderId::ByName(name) => name
            .to_der()
            .is_ok_and(|name| name == certificate.subject_der()),
        ResponderId::ByKey(key) => key.as_bytes() == certificate.public_key().key_identifier(),
    }
}

/// Checks that `issuer` lets this one sign answers. It says nothing about dates.
pub(super) fn check_delegated(
    delegated: &Certificate,
    issuer: &Certificate,
) -> Result<(), TrustError> {
    let wrong = |what| Err(OcspFault::ResponderWrong(what).into());
    if check_issued(delegated, issuer).is_err() {
        return wrong("not certified by the certificate's issuer");
    }
    let extensions = delegated.extensions();
    let for_ocsp = extensions
        .extended_key_usages
        .as_ref()
        .is_some_and(|usages| usages.contains(&ID_KP_OCSP_SIGNING));
    if !for_ocsp {
        return wrong("not certified for OCSP signing");
    }
    let signs =
        |usage: x509_cert::ext::pkix::KeyUsage| usage.0.contains(KeyUsages::DigitalSignature);
    if !extensions.key_usage.is_some_and(signs) {
        return wrong("its key usage is not digitalSignature");
    }
    if !extensions.ocsp_no_check {
        return wrong("without id-pkix-ocsp-nocheck its own status would have to be asked");
    }
    Ok(())
}

fn verify_signature(basic: &BasicOcspResponse, key: &PublicKey) -> Result<(), TrustError> {
    let asn1::BasicOcspResponse {
        tbs_response_data,
        signature_algorithm,
        signature,
        ..
    } = basic;
    let algorithm = SignatureAlgorithm::from_identifier(signature_algorithm)?;
    let verified = algorithm == SignatureAlgorithm::of_key(key.kind())
        && signature.as_bytes().is_some_and(|octets| {
            signed_octets(tbs_response_data).is_ok_and(|signed| key.verifies(&signed, octets))
        });
    if verified {
        Ok(())
    } else {
        Err(OcspFault::SignatureWrong.into())
    }
}
