//! One fixed XML signature profile, and nothing else of XML Signature: the
//! signed documents of docs/operator-change.md section 3 (an object and its
//! `ds:Signature` under one root) and the detached signatures over bootstrap
//! documents of section 5. Underneath: W3C XML Signature Syntax and Processing
//! 1.1, Exclusive XML Canonicalization 1.0, RFC 4051 (algorithm URIs).
//!
//! Reading takes two steps. [`Unverified`] and [`UnverifiedDetached`] show only
//! what is needed to choose a key: the leaf certificate and the algorithm. The
//! content appears after `verify`, read from the canonical octets that were
//! signed. Whether the key is the right one (chain, purpose, pinned
//! certificate) is the caller's decision, taken before `verify`.
//!
//! Writing goes through [`ObjectWriter`], which can only write canonical form,
//! so that what is signed is what is sent. Private keys stay behind [`Signer`].

mod algorithm;
mod canonical;
mod detached;
mod document;
mod document_type;
mod error;
mod fields;
mod key;
mod limits;
mod object;
mod scan;
mod signature;
mod signer;
mod tree;

pub use algorithm::SignatureAlgorithm;
pub use detached::{BootstrapType, UnverifiedDetached, VerifiedDetached, sign_detached};
pub use document::{Unverified, VerifiedObject, sign_object};
pub use document_type::DocumentType;
pub use error::{Fault, FieldProblem, XmlDsigError};
pub use fields::Fields;
pub use key::VerifyingKey;
pub use limits::{Limits, MAX_DEPTH};
pub use object::{GroupWriter, Object, ObjectWriter};
pub use signer::{Signer, SignerError};
