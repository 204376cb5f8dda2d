//! A module supplier's keys on disk (docs/operator-change.md section 1): the
//! certificate authority of its PVA, which certifies TREs.

use std::path::Path;

use clock::{Random, Timestamp};
use openssl::sha::Sha256;
use tre::KeyKind;
use trust::issue::{Validity, issue_pva_anchor, issue_pva_server};
use trust::{PvaAnchor, SupplierName, TimePolicy, verify_pva_server};

use crate::key_file::{self, malformed, write_new};
use crate::staged::StagedDir;
use crate::vault::Vault;
use crate::{FileKey, Protection, TlsIdentity, TokenError};

const PVA: &str = "pva.pem";
const ISSUER: &str = "issuer.key";
const NAME: &str = "supplier.txt";
const SERVER: &str = "pva-server.pem";
const SERVER_KEY: &str = "pva-server.key";

/// What a supplier's directory is made with.
#[derive(Clone, Debug)]
pub struct SupplierPlan {
    /// The supplier.
    pub supplier: SupplierName,
    /// The hosts of its PVA: 1 to 15.
    pub pva_names: Vec<String>,
    /// Of the PVA's certificate and of its server leaf.
    pub validity: Validity,
    /// Of both keys.
    pub kind: KeyKind,
}

/// A supplier's PVA with its key.
pub struct SupplierKeyDir {
    /// The PVA's certificate, bound to the supplier.
    pub pva: PvaAnchor,
    /// Its key.
    pub issuer: FileKey,
    /// The TLS server of the PVA.
    pub server: TlsIdentity,
}

impl SupplierKeyDir {
    /// Makes the directory, which must not exist: `pva.pem`, `issuer.key`,
    /// `pva-server.pem` and `pva-server.key` for TLS, and `supplier.txt` with
    /// the supplier's name, which no authority's certificate carries. It
    /// appears whole or not at all.
    ///
    /// # Errors
    /// [`TokenError::Exists`]; [`TokenError::Missing`] if the directory above
    /// it is; [`TokenError::Trust`] for names that a leaf can't carry;
    /// [`TokenError::Io`].
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
        let server = FileKey::generate(plan.kind)?;
        let leaf = issue_pva_server(
            &issuer,
            &pva,
            server.public_key(),
            &plan.pva_names,
            plan.validity,
            random,
        )?;
        vault.write_certificate(SERVER, leaf.der())?;
        vault.write_key(SERVER_KEY, server.software_key(), random)?;
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
        let leaf = vault.read_certificate(SERVER)?;
        // Dates are judged by whoever is shown the leaf.
        let undated = TimePolicy::Floor(Timestamp::default());
        let host = leaf.dns_names().next().unwrap_or_default();
        verify_pva_server(&leaf, &pva, host, undated)?;
        let server = TlsIdentity {
            leaf: leaf.der().to_vec(),
            key: vault.read_key_of(SERVER_KEY, &leaf)?.to_pkey()?,
        };
        Ok(Self {
            pva,
            issuer,
            server,
        })
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
