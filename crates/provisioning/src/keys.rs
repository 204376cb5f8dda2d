//! An operator's signing keys by purpose (docs/operator-change.md section 1).

use xmldsig::Signer;

/// A key for one purpose and the leaf that says so.
pub struct SigningKey {
    signer: Box<dyn Signer + Send + Sync>,
    leaf: Vec<u8>,
}

/// All keys with which an operator signs documents. Each has its own leaf; a
/// leaf of one purpose is refused for another.
pub struct OperatorKeys {
    /// CertSHO, DER: what TREs hold as their anchor.
    pub anchor: Vec<u8>,
    /// Purpose A.1.
    pub bootstrap: SigningKey,
    /// Purpose A.2.
    pub object: SigningKey,
    /// Purpose A.3.
    pub peer_document: SigningKey,
    /// Purpose A.4.
    pub decision: SigningKey,
}

impl SigningKey {
    /// A key with its leaf in DER.
    #[must_use]
    pub fn new(signer: Box<dyn Signer + Send + Sync>, leaf: Vec<u8>) -> Self {
        Self { signer, leaf }
    }

    /// What signs.
    #[must_use]
    pub fn signer(&self) -> &dyn Signer {
        self.signer.as_ref()
    }

    /// The leaf, DER.
    #[must_use]
    pub fn leaf(&self) -> &[u8] {
        &self.leaf
    }
}
