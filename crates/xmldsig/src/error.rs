//! Why a document was refused or could not be signed, with stable reason codes
//! (docs/operator-change.md section 3: everything that the profile forbids).

use thiserror::Error;

use crate::signer::SignerError;

/// Every failure of this crate. The texts name clauses, never content.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum XmlDsigError {
    /// The sender's fault: the octets do not have the profile's form.
    #[error("signed document is malformed: {0}")]
    Malformed(Fault),
    /// The sender's fault, or an unsupported peer: an algorithm outside the
    /// profile, or one that is not the key's. Names the element.
    #[error("algorithm of {0} is not allowed")]
    AlgorithmNotAllowed(&'static str),
    /// The sender's fault: larger than the caller's [`Limits`](crate::Limits).
    /// Names the limit.
    #[error("signed document exceeds the limit on {0}")]
    LimitExceeded(&'static str),
    /// Peer violation: SignedInfo is authentic, but the octets that it names
    /// are others.
    #[error("digest does not match the signed octets")]
    DigestMismatch,
    /// Peer violation: the signature was not made with this key.
    #[error("signature is not valid under this key")]
    SignatureInvalid,
    /// Unsupported: a public key that is neither P-256 nor RSA of 3072 bits or
    /// more.
    #[error("public key is not allowed for signatures")]
    KeyNotAllowed,
    /// The signer's fault: its authentic object lacks a field, or has one that
    /// its type doesn't.
    #[error("field {name} {problem}")]
    Field {
        /// The field's element name, without namespace.
        name: String,
        /// What is wrong with it.
        problem: FieldProblem,
    },
    /// The caller's fault: it asked for something that the profile can't hold.
    #[error("not signed: {0}")]
    Misuse(&'static str),
    /// The key's owner did not sign.
    #[error("signer failed")]
    SignerFailed(#[source] SignerError),
    /// Our fault.
    #[error("bug in xmldsig: {0}")]
    Bug(&'static str),
}

impl XmlDsigError {
    /// The stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "signed-document-malformed",
            Self::AlgorithmNotAllowed(_) => "algorithm-not-allowed",
            Self::LimitExceeded(_) => "signed-document-too-large",
            Self::DigestMismatch => "digest-mismatch",
            Self::SignatureInvalid => "signature-invalid",
            Self::KeyNotAllowed => "signature-key-not-allowed",
            Self::Field { problem, .. } => problem.code(),
            Self::Misuse(_) => "signing-misuse",
            Self::SignerFailed(_) => "signer-failed",
            Self::Bug(_) => "xmldsig-bug",
        }
    }
}

impl From<Fault> for XmlDsigError {
    fn from(fault: Fault) -> Self {
        Self::Malformed(fault)
    }
}

/// What is malformed. For logs and tests; peers see the code only.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Not UTF-8.
    #[error("not UTF-8")]
    Encoding,
    /// A byte order mark at the start.
    #[error("byte order mark")]
    ByteOrderMark,
    /// `<!` or `<?`: declaration, comment, CDATA section, DTD or processing
    /// instruction.
    #[error("`<!` or `<?`")]
    Markup,
    /// `&`.
    #[error("entity or character reference")]
    Reference,
    /// CR, TAB, LF or another control character, or a non-character.
    #[error("control character")]
    ControlCharacter,
    /// Tags whose extent two readers could see differently: `<` or `>` in an
    /// attribute or a text, an open quote, an end without a start.
    #[error("tag syntax")]
    TagSyntax,
    /// Something before or after the root element.
    #[error("octets outside the root element")]
    OutsideRoot,
    /// Elements nested deeper than [`MAX_DEPTH`](crate::MAX_DEPTH).
    #[error("elements nested too deeply")]
    Depth,
    /// The XML parser refused it.
    #[error("not well-formed")]
    NotWellFormed,
    /// A namespace declaration other than the profile's.
    #[error("namespace declaration")]
    Namespace,
    /// An element that does not belong in its place, or one that is missing.
    #[error("element missing or out of place")]
    Element,
    /// An attribute missing, unexpected, or with a value other than the
    /// profile's.
    #[error("attribute")]
    Attribute,
    /// Text beside elements.
    #[error("text between elements")]
    Text,
    /// The Reference points elsewhere.
    #[error("reference to something else than the signed object")]
    ReferenceUri,
    /// Base64 with line breaks, white space, wrong padding or stray bits.
    #[error("base64 is not in its canonical form")]
    Base64,
    /// A digest of a length other than 32 octets.
    #[error("digest length")]
    DigestLength,
    /// A signature value that no key of its algorithm can have made.
    #[error("signature value out of range")]
    SignatureValue,
    /// KeyInfo where none belongs, or none where a leaf belongs, or anything
    /// but one certificate in it.
    #[error("KeyInfo does not fit the document type")]
    KeyInfo,
    /// An object's field name or structure outside what
    /// [`ObjectWriter`](crate::ObjectWriter) writes.
    #[error("object structure")]
    ObjectStructure,
    /// A bootstrap type number other than 1 and 2.
    #[error("bootstrap type number")]
    BootstrapType,
}

/// What is wrong with a field of an authentic object.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldProblem {
    /// It is not there, or it is a group where a text belongs, or the reverse.
    #[error("is missing")]
    Missing,
    /// It is there more than once.
    #[error("is repeated")]
    Repeated,
    /// The type has no such field.
    #[error("is unknown")]
    Unknown,
}

impl FieldProblem {
    const fn code(self) -> &'static str {
        match self {
            Self::Missing => "signed-field-missing",
            Self::Repeated => "signed-field-repeated",
            Self::Unknown => "signed-field-unknown",
        }
    }
}
