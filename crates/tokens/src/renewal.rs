//! The DPF's leaf, renewed in an operator's key directory (the papers on
//! certificate validation: with a clock, certificates have a short validity;
//! docs/certificate-status.md).
//!
//! Leaf and key are two files, and no system renames both at once. A new key is
//! written to `dpf.next.key` first, then the leaf is put in place: from there on
//! the new key counts, wherever it lies. Last it gets its own name.

use std::path::PathBuf;

use clock::Random;
use trust::issue::{LeafRequest, Validity, issue_leaf};
use trust::{Anchor, Certificate, Purpose};

use crate::operator::{key_name, next_key_name, open, pem, read_leaf};
use crate::vault::Vault;
use crate::{FileKey, NodeKey, OperatorKeyDir, Protection, TlsIdentity, TokenError, key_file};

const DPF: &str = "dpf";

/// An operator's key directory and what opens it, for those who come back to it.
pub struct OperatorKeyPlace {
    dir: PathBuf,
    key: Option<NodeKey>,
}

/// The key of a renewed leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenewedKey {
    /// The same, so that a pin of the key holds.
    Same,
    /// A new one of the same kind.
    New,
}

impl OperatorKeyPlace {
    /// A directory whose private files are encrypted under `key`, or not at all.
    #[must_use]
    pub fn new(dir: PathBuf, key: Option<NodeKey>) -> Self {
        Self { dir, key }
    }

    fn protection(&self) -> Protection<'_> {
        self.key
            .as_ref()
            .map_or(Protection::Plain, Protection::Encrypted)
    }

    /// CertSHO and its key, if that is kept here.
    ///
    /// # Errors
    /// As [`OperatorKeyDir::load_issuer`].
    pub fn issuer(&self) -> Result<(Anchor, FileKey), TokenError> {
        OperatorKeyDir::load_issuer(&self.dir, self.protection())
    }

    /// The DPF's leaf as it is now.
    ///
    /// # Errors
    /// As [`OperatorKeyDir::load`], but for its key and who issued it, which are
    /// not looked at.
    pub fn dpf_leaf(&self) -> Result<Certificate, TokenError> {
        key_file::check_directory(&self.dir)?;
        Vault::new(&self.dir, self.protection()).read_certificate(&pem(DPF))
    }

    /// The DPF's leaf and key as they are now.
    ///
    /// # Errors
    /// As [`OperatorKeyDir::load`].
    pub fn dpf(&self) -> Result<TlsIdentity, TokenError> {
        let (anchor, vault) = open(&self.dir, self.protection())?;
        let (key, leaf) = read_leaf(&vault, &anchor, Purpose::DpfServer)?;
        Ok(TlsIdentity {
            leaf: leaf.der().to_vec(),
            key: key.to_pkey()?,
        })
    }

    /// Issues the DPF's leaf anew, with the same hosts and responder, and puts it
    /// in place of the old one. After a crash there is the old leaf with its key
    /// or the new one with its. For one caller at a time.
    ///
    /// # Errors
    /// As [`OperatorKeyDir::load_issuer`], [`TokenError::Missing`] if the
    /// issuer's key is kept elsewhere; [`TokenError::Trust`] if it does not
    /// issue; [`TokenError::Io`].
    pub fn renew_dpf(
        &self,
        validity: Validity,
        key: RenewedKey,
        random: &mut dyn Random,
    ) -> Result<TlsIdentity, TokenError> {
        let (anchor, issuer) = self.issuer()?;
        let (_, vault) = open(&self.dir, self.protection())?;
        let (old_key, old) = read_leaf(&vault, &anchor, Purpose::DpfServer)?;
        let dns_names: Vec<String> = old.dns_names().map(str::to_owned).collect();
        let new = match key {
            RenewedKey::Same => old_key,
            RenewedKey::New => FileKey::generate(old_key.kind())?,
        };
        let request = LeafRequest {
            purpose: Purpose::DpfServer,
            public_key: new.public_key(),
            dns_names: &dns_names,
            validity,
            ocsp_url: old.ocsp_url(),
        };
        let leaf = issue_leaf(&issuer, &anchor, &request, random)?;
        if key == RenewedKey::New {
            vault.replace_key(&next_key_name(DPF), &new, random)?;
        }
        vault.replace_certificate(&pem(DPF), leaf.der())?;
        // A renewal before this one may have ended here.
        if vault.read_key_of(&key_name(DPF), &leaf).is_err() {
            vault.replace_key(&key_name(DPF), &new, random)?;
        }
        vault.remove(&next_key_name(DPF))?;
        Ok(TlsIdentity {
            leaf: leaf.der().to_vec(),
            key: new.to_pkey()?,
        })
    }
}
