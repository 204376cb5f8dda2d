//! A module supplier's keys on disk (docs/operator-change.md section 1): the
//! certificate authority of its PVA, which certifies TREs.

use std::path::Path;

use clock::Random;
use openssl::sha::Sha256;
use tre::KeyKind;
use trust::issue::{Validity, issue_pva_anchor};
use trust::{PvaAnchor, SupplierName};

use crate::key_file::{self, malformed, write_new};
use crate::staged::StagedDir;
use crate::vault::Vault;
use crate::{FileKey, Protection, TokenError};

const PVA: &str = "pva.pem";
const ISSUER: &str = "issuer.key";
const NAME: &str = "supplier.txt";

/// What a supplier's directory is made with.
#[derive(Clone, Debug)]
pub struct SupplierPlan {
    /// The supplier.
    pub supplier: SupplierName,
    /// Of the PVA's certificate.
    pub validity: Validity,
    /// Of its key.
    pub kind: KeyKind,
}

/// A supplier's PVA with its key.
pub struct SupplierKeyDir {
    /// The PVA's certificate, bound to the supplier.
    pub pva: PvaAnchor,
    /// Its key.
    pub issuer: FileKey,
}

impl SupplierKeyDir {
    /// Makes the directory, which must not exist: `pva.pem`, `issuer.key` and
    /// `supplier.txt` with the supplier's name, which no certificate of a PVA
    /// carries. It appears whole or not at all.
    ///
    /// # Errors
    /// [`TokenError::Exists`]; [`TokenError::Missing`] if the directory above
    /// it is; [`TokenError::Io`].
    pub fn create(
        dir: &Path,
        plan: &SupplierPlan,
        protection: Protection<'_>,
        random: &mut dyn Random,
    ) -> Result<PvaAnchor, TokenError> {
        let staged = StagedDir::begin(dir)?;
        let issuer = FileKey::generate(plan.kind)?;
        let pva = issue_pva_anchor(&issuer, &plan.supplier, plan.validity, random)?;
        let vault = Vault::new(staged.path(), protection).bound_to(owner(&pva));
        vault.write_certificate(PVA, pva.certificate().der())?;
        vault.write_key(ISSUER, issuer.software_key(), random)?;
        let line = format!("{}\n", plan.supplier);
        write_new(&vault.path(NAME), line.as_bytes())?;
        staged.commit()?;
        Ok(pva)
    }

    /// Reads the directory.
    ///
    /// # Errors
    /// As [`OperatorKeyDir::load`](crate::OperatorKeyDir::load);
    /// [`TokenError::Malformed`] if `supplier.txt` has no supplier's name.
    pub fn load(dir: &Path, protection: Protection<'_>) -> Result<Self, TokenError> {
        key_file::check_directory(dir)?;
        let vault = Vault::new(dir, protection);
        let path = vault.path(NAME);
        let line = key_file::read(&path)?;
        let name = std::str::from_utf8(line.expose())
            .ok()
            .and_then(|text| text.trim_end().parse().ok())
            .ok_or_else(|| malformed(&path, "not a supplier's name"))?;
        let pva = PvaAnchor::new(name, vault.read_certificate(PVA)?)?;
        let vault = vault.bound_to(owner(&pva));
        let issuer = vault.read_key_of(ISSUER, pva.certificate())?;
        Ok(Self { pva, issuer })
    }
}

/// What the private file is bound to: the name too, since it says for whom the
/// key certifies and stands in a file of its own.
fn owner(pva: &PvaAnchor) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(&pva.certificate().public_key().spki_sha256());
    hash.update(pva.supplier().as_str().as_bytes());
    hash.finish()
}
