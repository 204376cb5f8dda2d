//! From a typed document to signed octets and back (docs/operator-change.md
//! section 3).

use xmldsig::{
    DocumentType, Fields, Limits, ObjectWriter, Signer, Unverified, VerifyingKey, XmlDsigError,
};

use crate::{Digest, ProvisioningError, SigningKey};

/// A document that one party signs and others verify.
pub trait SignedDocument: Sized {
    /// Its type: namespace, root and whether it carries a leaf certificate.
    const TYPE: DocumentType;
    /// The names of its fields, in the order in which they are written.
    const FIELDS: &'static [&'static str];

    /// Writes the fields in order.
    ///
    /// # Errors
    /// A text that XML would have to escape.
    fn write(&self, writer: &mut ObjectWriter) -> Result<(), XmlDsigError>;

    /// Reads the fields.
    ///
    /// # Errors
    /// A field that is missing, repeated or malformed.
    fn read(fields: &Fields) -> Result<Self, ProvisioningError>;
}

/// A verified document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed<D> {
    /// What it says.
    pub document: D,
    /// SHA-256 over the object, by which other documents name it.
    pub digest: Digest,
}

/// Signs with an operator's key; the leaf goes with it.
///
/// # Errors
/// A field that can't be written, or a key that can't be used.
pub fn sign<D: SignedDocument>(
    document: &D,
    key: &SigningKey,
) -> Result<Vec<u8>, ProvisioningError> {
    let mut writer = ObjectWriter::new(D::TYPE);
    document.write(&mut writer)?;
    Ok(xmldsig::sign_object(
        &writer.finish(),
        key.signer(),
        Some(key.leaf()),
    )?)
}

/// Signs with a TRE's key, whose certificate the verifier has pinned. Returns
/// the signed octets and the object's digest.
///
/// # Errors
/// A field that can't be written, or a key that can't be used.
pub fn sign_without_leaf<D: SignedDocument>(
    document: &D,
    signer: &dyn Signer,
) -> Result<(Vec<u8>, Digest), ProvisioningError> {
    let mut writer = ObjectWriter::new(D::TYPE);
    document.write(&mut writer)?;
    let object = writer.finish();
    Ok((
        xmldsig::sign_object(&object, signer, None)?,
        Digest(object.digest()),
    ))
}

/// The first stage of reading: structure only. The caller finds the key.
///
/// # Errors
/// Anything that the profile does not allow.
pub fn unverified<D: SignedDocument>(octets: &[u8]) -> Result<Unverified, ProvisioningError> {
    Ok(Unverified::parse(octets, D::TYPE, &Limits::default())?)
}

impl<D: SignedDocument> Signed<D> {
    /// The second stage: the signature, then the fields.
    ///
    /// # Errors
    /// A wrong signature, or a field that is missing, unknown or malformed.
    pub fn verify(document: Unverified, key: &VerifyingKey) -> Result<Self, ProvisioningError> {
        let verified = document.verify(key)?;
        verified.fields().expect_only(D::FIELDS)?;
        Ok(Self {
            document: D::read(verified.fields())?,
            digest: Digest(verified.digest()),
        })
    }

    /// Both stages for a document of a TRE, under its pinned signature
    /// certificate's public key (SubjectPublicKeyInfo, DER).
    ///
    /// # Errors
    /// As the two stages.
    pub fn verify_pinned(octets: &[u8], spki: &[u8]) -> Result<Self, ProvisioningError> {
        Self::verify(
            unverified::<D>(octets)?,
            &VerifyingKey::from_spki_der(spki)?,
        )
    }
}
