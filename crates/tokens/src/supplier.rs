//! A module supplier's keys on disk (docs/operator-change.md section 1): the
//! certificate authority of its PVA, which certifies TREs.

use std::path::Path;

use clock::{Random, Timestamp};
use openssl::sha::Sha256;
use tre::KeyKind;
use trust::issue::{LeafRequest, Validity, issue_pva_anchor, issue_pva_leaf};
use trust::{Purpose, PvaAnchor, SupplierName, TimePolicy, verify_pva_leaf};

use crate::key_file::{self, malformed, write_new};
use crate::staged::StagedDir;
use crate::vault::Vault;
use crate::{Encipherment, FileKey, Protection, TlsIdentity, TokenError};

const PVA: &str = "pva.pem";
const ISSUER: &str = "issuer.key";
const NAME: &str = "supplier.txt";
/// The PVA's own leaves and the names of their files.
const LEAVES: [(Purpose, &str); 3] = [
    (Purpose::DpfServer, "pva-server"),
    (Purpose::PeerDocument, "pva-document"),
    (Purpose::PeerEncipherment, "pva-encipherment"),
];

/// What a supplier's directory is made with.
#[derive(Clone, Debug)]
pub struct SupplierPlan {
    /// The supplier.
    pub supplier: SupplierName,
    /// The hosts of its PVA: 1 to 15.
    pub pva_names: Vec<String>,
    /// Of the PVA's certificate and of its leaves.
    pub validity: Validity,
    /// Of every key.
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
    /// What signs the credentials that go to registration operators.
    pub document: TlsIdentity,
    /// What opens the batches of PCIDs that registration operators make for it.
    /// Directories made before there were any have none.
    pub encipherment: Option<Encipherment>,
}

impl SupplierKeyDir {
    /// Makes the directory, which must not exist: `pva.pem`, `issuer.key`, a
    /// `.pem` with its `.key` for each of the PVA's leaves, and `supplier.txt`
    /// with the supplier's name, which no authority's certificate carries. It
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
        for (purpose, name) in LEAVES {
            let server = purpose == Purpose::DpfServer;
            let key = FileKey::generate(plan.kind)?;
            let request = LeafRequest {
                purpose,
                public_key: key.public_key(),
                dns_names: if server { &plan.pva_names } else { &[] },
                validity: plan.validity,
                ocsp_url: None,
            };
            let leaf = issue_pva_leaf(&issuer, &pva, &request, random)?;
            vault.write_certificate(&format!("{name}.pem"), leaf.der())?;
            vault.write_key(&format!("{name}.key"), key.software_key(), random)?;
        }
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
        let identity = |purpose, name: &str| -> Result<TlsIdentity, TokenError> {
            let leaf = vault.read_certificate(&format!("{name}.pem"))?;
            // Dates are judged by whoever is shown the leaf.
            let undated = TimePolicy::Floor(Timestamp::default());
            verify_pva_leaf(&leaf, &pva, purpose, undated)?;
            let key = vault.read_key_of(&format!("{name}.key"), &leaf)?;
            Ok(TlsIdentity {
                leaf: leaf.der().to_vec(),
                key: key.to_pkey()?,
            })
        };
        let [
            (server, server_name),
            (document, document_name),
            (purpose, name),
        ] = LEAVES;
        let encipherment = if vault.exists(&format!("{name}.pem"))? {
            let leaf = vault.read_certificate(&format!("{name}.pem"))?;
            let undated = TimePolicy::Floor(Timestamp::default());
            verify_pva_leaf(&leaf, &pva, purpose, undated)?;
            let key = vault.read_key_of(&format!("{name}.key"), &leaf)?;
            Some(Encipherment {
                leaf: leaf.der().to_vec(),
                key: key.software_key().clone(),
            })
        } else {
            None
        };
        let server = identity(server, server_name)?;
        let document = identity(document, document_name)?;
        Ok(Self {
            pva,
            issuer,
            server,
            document,
            encipherment,
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
