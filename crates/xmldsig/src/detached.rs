//! Detached signatures over bootstrap documents, whose octets are signed as
//! they are (docs/operator-change.md section 5: one Reference to
//! `cid:rehome-bootstrap-TYPE`, no transform; RFC 2392 for the scheme).

use openssl::sha::sha256;

use crate::algorithm::SignatureAlgorithm;
use crate::error::{Fault, XmlDsigError};
use crate::key::VerifyingKey;
use crate::limits::Limits;
use crate::scan::scan;
use crate::signature::{self, ReferenceForm, Signature};
use crate::signer::Signer;
use crate::tree::{self, Node};

/// The type octet of the bootstrap container. It is signed with the document,
/// through the Reference's URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BootstrapType {
    /// 1: the document is XML text.
    Xml,
    /// 2: the document is WBXML.
    Wbxml,
}

impl BootstrapType {
    /// The type's number in the container.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Xml => 1,
            Self::Wbxml => 2,
        }
    }

    /// The Reference's URI.
    #[must_use]
    pub const fn reference_uri(self) -> &'static str {
        match self {
            Self::Xml => "cid:rehome-bootstrap-1",
            Self::Wbxml => "cid:rehome-bootstrap-2",
        }
    }

    const fn form(self) -> ReferenceForm {
        ReferenceForm {
            uri: self.reference_uri(),
            canonical: false,
        }
    }
}

impl TryFrom<u8> for BootstrapType {
    type Error = XmlDsigError;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        match number {
            1 => Ok(Self::Xml),
            2 => Ok(Self::Wbxml),
            _ => Err(Fault::BootstrapType.into()),
        }
    }
}

/// Signs the octets of a bootstrap document and returns the `ds:Signature`
/// document that follows it in the container. `leaf` is the DER of the
/// signer's certificate.
///
/// # Errors
/// [`XmlDsigError::Misuse`] without a leaf, [`XmlDsigError::LimitExceeded`]
/// when the signature would be too large to be read,
/// [`XmlDsigError::SignerFailed`] when the signer fails or gives a value of the
/// wrong shape.
pub fn sign_detached(
    document: &[u8],
    bootstrap_type: BootstrapType,
    signer: &dyn Signer,
    leaf: &[u8],
) -> Result<Vec<u8>, XmlDsigError> {
    if leaf.is_empty() {
        return Err(XmlDsigError::Misuse("a bootstrap without a leaf"));
    }
    let signature = signature::sign(document, &bootstrap_type.form(), signer, Some(leaf))?;
    match UnverifiedDetached::parse(
        signature.as_bytes(),
        document,
        bootstrap_type,
        &Limits::default(),
    ) {
        Ok(_) => Ok(signature.into_bytes()),
        Err(limit @ XmlDsigError::LimitExceeded(_)) => Err(limit),
        Err(_) => Err(XmlDsigError::Bug("a detached signature that is refused")),
    }
}

/// A detached signature of the right form, not verified yet, with the document
/// that it is said to cover. Shows what chooses the key, and nothing of the
/// document.
pub struct UnverifiedDetached<'a> {
    document: &'a [u8],
    bootstrap_type: BootstrapType,
    signature: Signature,
}

impl<'a> UnverifiedDetached<'a> {
    /// Reads `signature` as the signature over exactly the octets `document`
    /// of this type. `limits` bounds the signature; the document is only
    /// hashed, so its bound is the container's.
    ///
    /// # Errors
    /// [`XmlDsigError::LimitExceeded`], [`XmlDsigError::Malformed`] or
    /// [`XmlDsigError::AlgorithmNotAllowed`] for everything outside the
    /// profile.
    pub fn parse(
        signature: &[u8],
        document: &'a [u8],
        bootstrap_type: BootstrapType,
        limits: &Limits,
    ) -> Result<Self, XmlDsigError> {
        let text = scan(signature, limits)?;
        let tree = tree::parse(text)?;
        let root = Node::root(&tree)?;
        root.check_namespaces(None)?;
        Ok(Self {
            document,
            bootstrap_type,
            signature: Signature::read(root, &bootstrap_type.form(), true)?,
        })
    }

    /// DER of the leaf certificate, as the sender gave it: chain, purpose and
    /// identity are unchecked.
    #[must_use]
    pub fn leaf(&self) -> &[u8] {
        self.signature.leaf.as_deref().unwrap_or_default()
    }

    /// The algorithm that the sender says it used.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.signature.algorithm
    }

    /// Verifies the signature under `key`, the leaf's after the caller has
    /// verified its chain and purpose.
    ///
    /// # Errors
    /// [`XmlDsigError::AlgorithmNotAllowed`] when the key is of the other
    /// algorithm, [`XmlDsigError::SignatureInvalid`],
    /// [`XmlDsigError::DigestMismatch`].
    pub fn verify(self, key: &VerifyingKey) -> Result<VerifiedDetached<'a>, XmlDsigError> {
        self.signature.verify(key, self.document)?;
        Ok(VerifiedDetached {
            document: self.document,
            bootstrap_type: self.bootstrap_type,
        })
    }
}

/// Document octets that the holder of the verifying key signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedDetached<'a> {
    document: &'a [u8],
    bootstrap_type: BootstrapType,
}

impl<'a> VerifiedDetached<'a> {
    /// The document, octet by octet as it was signed.
    #[must_use]
    pub const fn document_octets(&self) -> &'a [u8] {
        self.document
    }

    /// The type that was signed with it.
    #[must_use]
    pub const fn bootstrap_type(&self) -> BootstrapType {
        self.bootstrap_type
    }

    /// SHA-256 over the document.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        sha256(self.document)
    }
}
