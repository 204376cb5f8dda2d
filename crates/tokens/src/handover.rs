//! What a supplier and a registration operator hand to each other, sealed (docs/
//! operator-change.md section 1, docs/pcids.md): CMS AuthEnvelopedData (RFC 5083)
//! for the receiver's leaf of purpose A.5, inside CMS SignedData (RFC 5652 clause
//! 5) by the sender's leaf of purpose A.3. `openssl cms` reads both.

use clock::Random;
use openssl::cms::{CMSOptions, CmsContentInfo};
use openssl::stack::Stack;
use openssl::x509::X509;
use secret::SecretBytes;
use tre::envelope::{open_message, seal_message};
use tre::{KeyPairs, MemoryBackend, Recipient};
use trust::{Anchor, Certificate, Purpose, PvaAnchor, TimePolicy, verify_leaf, verify_pva_leaf};

use crate::{Encipherment, TlsIdentity, TokenError};

/// Seals `plain` for whose A.5 leaf this is, signed by `signer`.
///
/// # Errors
/// [`TokenError::Tre`] for a leaf that can't receive; [`TokenError::Library`].
pub fn seal(
    plain: &SecretBytes,
    recipient: &Certificate,
    signer: &TlsIdentity,
    random: &mut dyn Random,
) -> Result<Vec<u8>, TokenError> {
    let recipient = Recipient::from_certificate(recipient.der())?;
    let sealed = seal_message(&recipient, plain, random)?;
    let leaf = X509::from_der(&signer.leaf)?;
    let flags = CMSOptions::BINARY;
    let signed = CmsContentInfo::sign(Some(&leaf), Some(&signer.key), None, Some(&sealed), flags)?;
    Ok(signed.to_der()?)
}

/// Opens what [`seal`] made, if `signer` is the PVA's leaf for handovers and it
/// signed these octets. No certificate in them is used.
///
/// # Errors
/// [`TokenError::Trust`] for a leaf that is not the PVA's, or not in date;
/// [`TokenError::HandoverSignature`]; [`TokenError::Tre`] where the envelope is
/// for somebody else, or altered.
pub fn open(
    octets: &[u8],
    signer: &Certificate,
    pva: &PvaAnchor,
    time: TimePolicy,
    own: &Encipherment,
    random: &mut dyn Random,
) -> Result<SecretBytes, TokenError> {
    verify_pva_leaf(signer, pva, Purpose::PeerDocument, time)?;
    opened(octets, signer, own, random)
}

/// Opens what an operator sealed for this supplier, if `signer` is the
/// operator's leaf for documents and it signed these octets.
///
/// # Errors
/// As [`open`].
pub fn open_batch(
    octets: &[u8],
    signer: &Certificate,
    operator: &Anchor,
    time: TimePolicy,
    own: &Encipherment,
    random: &mut dyn Random,
) -> Result<SecretBytes, TokenError> {
    let purpose = Purpose::PeerDocument;
    verify_leaf(signer, operator, purpose, operator.sho_id(), time)?;
    opened(octets, signer, own, random)
}

fn opened(
    octets: &[u8],
    signer: &Certificate,
    own: &Encipherment,
    random: &mut dyn Random,
) -> Result<SecretBytes, TokenError> {
    let sealed = verified(octets, signer).map_err(|_| TokenError::HandoverSignature)?;
    let recipient = Recipient::from_certificate(&own.leaf)?;
    let keys = KeyPairs::One(own.key.clone());
    // The key is in this node's memory as it is; nothing of it is kept.
    let mut backend = MemoryBackend::new(keys, crate::os::OsRandom);
    Ok(open_message(&mut backend, &recipient, &sealed, random)?)
}

fn verified(octets: &[u8], signer: &Certificate) -> Result<Vec<u8>, openssl::error::ErrorStack> {
    let mut signed = CmsContentInfo::from_der(octets)?;
    let mut signers = Stack::new()?;
    signers.push(X509::from_der(signer.der())?)?;
    let mut content = Vec::new();
    // The leaf was judged by us; those inside the message are not looked at.
    let flags = CMSOptions::BINARY | CMSOptions::NOINTERN | CMSOptions::NO_SIGNER_CERT_VERIFY;
    signed.verify(Some(&signers), None, None, Some(&mut content), flags)?;
    Ok(content)
}
