//! Signed documents: a root with exactly two children, the object and the
//! signature over its canonical octets (docs/operator-change.md section 3).

use openssl::sha::sha256;

use crate::algorithm::SignatureAlgorithm;
use crate::canonical::canonical_octets;
use crate::document_type::DocumentType;
use crate::error::XmlDsigError;
use crate::fields::{self, Fields};
use crate::key::VerifyingKey;
use crate::limits::Limits;
use crate::object::Object;
use crate::scan::scan;
use crate::signature::{self, ReferenceForm, Signature};
use crate::signer::Signer;
use crate::tree::{self, Node};

const FORM: ReferenceForm = ReferenceForm {
    uri: "#o",
    canonical: true,
};

/// Signs `object` and returns the whole document, within the default
/// [`Limits`]. `leaf` is the DER of the signer's certificate, for the types
/// that carry one ([`DocumentType::carries_leaf`]), and `None` for the others.
///
/// # Errors
/// [`XmlDsigError::Misuse`] when `leaf` does not fit the type,
/// [`XmlDsigError::LimitExceeded`] when the document would be too large to be
/// read, [`XmlDsigError::SignerFailed`] when the signer fails or gives a value
/// of the wrong shape.
pub fn sign_object(
    object: &Object,
    signer: &dyn Signer,
    leaf: Option<&[u8]>,
) -> Result<Vec<u8>, XmlDsigError> {
    let document_type = object.document_type();
    if leaf.is_some() != document_type.carries_leaf() || leaf.is_some_and(<[u8]>::is_empty) {
        return Err(XmlDsigError::Misuse(
            "a leaf certificate for a type without, or the reverse",
        ));
    }
    let signature = signature::sign(object.octets(), &FORM, signer, leaf)?;
    let (root, namespace) = (document_type.root_name(), document_type.namespace());
    let object_text = object.text();
    let document =
        format!(r#"<{root} xmlns="{namespace}">{object_text}{signature}</{root}>"#).into_bytes();
    // What we sign we must also accept, as exactly the object that was given.
    let read = match Unverified::parse(&document, document_type, &Limits::default()) {
        Ok(read) => read,
        Err(limit @ XmlDsigError::LimitExceeded(_)) => return Err(limit),
        Err(_) => return Err(XmlDsigError::Bug("a signed document that is refused")),
    };
    if read.canonical != object.octets() {
        return Err(XmlDsigError::Bug("an object that is not canonical"));
    }
    Ok(document)
}

/// A document of the right form whose signature is not verified yet. Shows
/// what chooses the key, and nothing of the object.
pub struct Unverified {
    document_type: DocumentType,
    octets: Vec<u8>,
    canonical: Vec<u8>,
    fields: Fields,
    signature: Signature,
}

impl Unverified {
    /// Reads `octets` as a document of `expected` type.
    ///
    /// # Errors
    /// [`XmlDsigError::LimitExceeded`], [`XmlDsigError::Malformed`] or
    /// [`XmlDsigError::AlgorithmNotAllowed`] for everything outside the
    /// profile.
    pub fn parse(
        octets: &[u8],
        expected: DocumentType,
        limits: &Limits,
    ) -> Result<Self, XmlDsigError> {
        let text = scan(octets, limits)?;
        let document = tree::parse(text)?;
        let namespace = expected.namespace();
        let root = Node::root(&document)?;
        root.check_namespaces(Some(namespace))?;
        let [object, signature] = root
            .named(namespace, expected.root_name())?
            .plain()?
            .exactly()?;
        let canonical = canonical_octets(object)?;
        Ok(Self {
            document_type: expected,
            fields: fields::read(&canonical, expected)?,
            signature: Signature::read(signature, &FORM, expected.carries_leaf())?,
            canonical,
            octets: octets.to_vec(),
        })
    }

    /// DER of the leaf certificate, as the sender gave it: chain, purpose and
    /// identity are unchecked. `None` for types without one.
    #[must_use]
    pub fn leaf(&self) -> Option<&[u8]> {
        self.signature.leaf.as_deref()
    }

    /// The algorithm that the sender says it used.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.signature.algorithm
    }

    /// Verifies the signature under `key`, which the caller has found to be
    /// the right one: the leaf's after its chain and purpose were verified, or
    /// the pinned certificate's.
    ///
    /// # Errors
    /// [`XmlDsigError::AlgorithmNotAllowed`] when the key is of the other
    /// algorithm, [`XmlDsigError::SignatureInvalid`],
    /// [`XmlDsigError::DigestMismatch`].
    pub fn verify(self, key: &VerifyingKey) -> Result<VerifiedObject, XmlDsigError> {
        self.signature.verify(key, &self.canonical)?;
        Ok(VerifiedObject {
            document_type: self.document_type,
            octets: self.octets,
            canonical: self.canonical,
            fields: self.fields,
        })
    }
}

/// An object that the holder of the verifying key signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedObject {
    document_type: DocumentType,
    octets: Vec<u8>,
    canonical: Vec<u8>,
    fields: Fields,
}

impl VerifiedObject {
    /// The type that was asked for.
    #[must_use]
    pub const fn document_type(&self) -> DocumentType {
        self.document_type
    }

    /// The object's fields.
    #[must_use]
    pub const fn fields(&self) -> &Fields {
        &self.fields
    }

    /// The text of the field that is there exactly once; see
    /// [`Fields::field`].
    ///
    /// # Errors
    /// [`XmlDsigError::Field`] when it is missing, repeated, or a group.
    pub fn field(&self, name: &str) -> Result<&str, XmlDsigError> {
        self.fields.field(name)
    }

    /// The group that is there exactly once; see [`Fields::group`].
    ///
    /// # Errors
    /// [`XmlDsigError::Field`] when it is missing, repeated, or a text.
    pub fn group(&self, name: &str) -> Result<&Fields, XmlDsigError> {
        self.fields.group(name)
    }

    /// The canonical octets of the object, which were signed.
    #[must_use]
    pub fn canonical_octets(&self) -> &[u8] {
        &self.canonical
    }

    /// SHA-256 over the canonical octets of the object, its signature left out:
    /// the digest by which other documents name this one.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        sha256(&self.canonical)
    }

    /// The whole document as it was received, for storing and passing on.
    #[must_use]
    pub fn document_octets(&self) -> &[u8] {
        &self.octets
    }
}
