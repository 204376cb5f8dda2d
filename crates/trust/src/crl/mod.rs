//! Certificate revocation lists, version 2, complete and by the issuer itself
//! (RFC 5280 clause 5). Delta lists, indirect lists and lists of a part of the
//! certificates are refused as unsupported.

mod build;
mod fault;
mod read;

pub use build::{CrlContents, RevokedCertificate, issue_crl};
pub use fault::CrlFault;
pub use read::Crl;

/// The longest list that is looked at, in octets: some 25,000 certificates.
pub const MAX_CRL: usize = 1_048_576;
