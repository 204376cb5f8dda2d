//! An operator's keys on disk (docs/operator-change.md section 1): CertSHO with
//! its key, and a key with its own leaf for each purpose.

use std::path::Path;

use clock::{Random, Timestamp};
use openssl::pkey::{PKey, Private};
use provisioning::{OperatorKeys, SigningKey};
use tre::{KeyKind, SoftwareKey};
use trust::issue::{LeafRequest, Validity, issue_leaf, issue_sho_anchor};
use trust::{Anchor, Certificate, Purpose, ShoId, TimePolicy, verify_leaf};

use crate::key_file;
use crate::staged::StagedDir;
use crate::vault::Vault;
use crate::{FileKey, Protection, TokenError};

const ANCHOR: &str = "anchor.pem";
const ISSUER: &str = "issuer.key";

/// What an operator's directory is made with.
#[derive(Clone, Debug)]
pub struct OperatorPlan {
    /// The operator.
    pub sho_id: ShoId,
    /// The hosts of its DPF and DRF: 1 to 15.
    pub dpf_names: Vec<String>,
    /// The hosts of its peer interface: up to 15.
    pub peer_names: Vec<String>,
    /// Where the status of the DPF's and the peer's leaf is asked: a URL of http
    /// or https, which those leaves carry.
    pub ocsp_url: Option<String>,
    /// Of CertSHO and of every leaf.
    pub validity: Validity,
    /// Of every key.
    pub kind: KeyKind,
}

/// A leaf and its key for one end of TLS.
#[derive(Clone)]
pub struct TlsIdentity {
    /// The leaf, DER.
    pub leaf: Vec<u8>,
    /// Its private key.
    pub key: PKey<Private>,
}

/// What an operator's node needs to run. The key of CertSHO is not among it:
/// `issuer.key` may lie elsewhere than on the node.
pub struct OperatorKeyDir {
    /// CertSHO, bound to the operator.
    pub anchor: Anchor,
    /// What signs documents.
    pub keys: OperatorKeys,
    /// The TLS server of DPF and DRF.
    pub dpf: TlsIdentity,
    /// Both ends of the peer interface.
    pub peer: TlsIdentity,
    /// What signs what it hands to suppliers.
    pub document: TlsIdentity,
    /// What opens the messages that suppliers and peers encipher for it.
    pub encipherment: Encipherment,
    /// What signs answers about the status of its certificates. Directories made
    /// before there was a responder have none.
    pub ocsp: Option<OcspSigner>,
    /// Every leaf in the directory.
    pub leaves: Vec<NamedLeaf>,
}

/// A leaf for OCSP signing and its key.
#[derive(Clone)]
pub struct OcspSigner {
    /// The leaf.
    pub leaf: Certificate,
    /// Its private key.
    pub key: FileKey,
}

/// A leaf and the name of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedLeaf {
    /// The file's name without its ending: `dpf`, for example.
    pub name: &'static str,
    /// The leaf.
    pub certificate: Certificate,
}

/// A leaf of purpose A.5 and its key.
pub struct Encipherment {
    /// The leaf, DER.
    pub leaf: Vec<u8>,
    /// Its private key.
    pub key: SoftwareKey,
}

impl OperatorKeyDir {
    /// Makes the directory, which must not exist: `anchor.pem`, `issuer.key`,
    /// and a `.pem` with its `.key` for each purpose. It appears whole or not
    /// at all. Returns CertSHO.
    ///
    /// # Errors
    /// [`TokenError::Exists`]; [`TokenError::Missing`] if the directory above
    /// it is; [`TokenError::Trust`] for names or a URL that a leaf
    /// can't carry;
    /// [`TokenError::Io`].
    pub fn create(
        dir: &Path,
        plan: &OperatorPlan,
        protection: Protection<'_>,
        random: &mut dyn Random,
    ) -> Result<Anchor, TokenError> {
        let staged = StagedDir::begin(dir)?;
        let issuer = FileKey::generate(plan.kind)?;
        let anchor = issue_sho_anchor(&issuer, &plan.sho_id, plan.validity, random)?;
        let vault = Vault::new(staged.path(), protection).bound_to(owner(&anchor));
        vault.write_certificate(ANCHOR, anchor.certificate().der())?;
        vault.write_key(ISSUER, issuer.software_key(), random)?;
        for (purpose, name) in LEAVES {
            let dns_names = match purpose {
                Purpose::DpfServer => plan.dpf_names.as_slice(),
                Purpose::Peer => plan.peer_names.as_slice(),
                _ => &[],
            };
            let key = FileKey::generate(plan.kind)?;
            let request = LeafRequest {
                purpose,
                public_key: key.public_key(),
                dns_names,
                validity: plan.validity,
                ocsp_url: plan.ocsp_url.as_deref().filter(|_| is_asked(purpose)),
            };
            let leaf = issue_leaf(&issuer, &anchor, &request, random)?;
            vault.write_certificate(&pem(name), leaf.der())?;
            vault.write_key(&key_name(name), key.software_key(), random)?;
        }
        staged.commit()?;
        Ok(anchor)
    }

    /// Reads the directory. Each leaf must be CertSHO's for the purpose that
    /// its file name says, and each key its leaf's. Dates are not judged here,
    /// but by whoever is shown a leaf.
    ///
    /// # Errors
    /// As [`key_file::read`] and [`key_file::check_directory`];
    /// [`TokenError::Trust`] for a certificate that is refused;
    /// [`TokenError::KeyMismatch`]; [`TokenError::NotOpened`],
    /// [`TokenError::Encrypted`] or [`TokenError::NotEncrypted`] by
    /// `protection`.
    pub fn load(dir: &Path, protection: Protection<'_>) -> Result<Self, TokenError> {
        let (anchor, vault) = open(dir, protection)?;
        let ocsp = if vault.exists(&pem(OCSP))? {
            let (key, leaf) = read_leaf(&vault, &anchor, Purpose::OcspSigning)?;
            Some(OcspSigner { leaf, key })
        } else {
            None
        };
        let mut leaves = Vec::new();
        for (purpose, name) in LEAVES {
            if purpose != Purpose::OcspSigning || ocsp.is_some() {
                let certificate = read_leaf(&vault, &anchor, purpose)?.1;
                leaves.push(NamedLeaf { name, certificate });
            }
        }
        let signing = |purpose| -> Result<SigningKey, TokenError> {
            let (key, leaf) = read_leaf(&vault, &anchor, purpose)?;
            Ok(SigningKey::new(Box::new(key), leaf.der().to_vec()))
        };
        let tls = |purpose| -> Result<TlsIdentity, TokenError> {
            let (key, leaf) = read_leaf(&vault, &anchor, purpose)?;
            Ok(TlsIdentity {
                leaf: leaf.der().to_vec(),
                key: key.to_pkey()?,
            })
        };
        Ok(Self {
            keys: OperatorKeys {
                anchor: anchor.certificate().der().to_vec(),
                bootstrap: signing(Purpose::Bootstrap)?,
                object: signing(Purpose::Object)?,
                peer_document: signing(Purpose::PeerDocument)?,
                decision: signing(Purpose::Decision)?,
            },
            dpf: tls(Purpose::DpfServer)?,
            peer: tls(Purpose::Peer)?,
            document: tls(Purpose::PeerDocument)?,
            encipherment: {
                let (key, leaf) = read_leaf(&vault, &anchor, Purpose::PeerEncipherment)?;
                Encipherment {
                    leaf: leaf.der().to_vec(),
                    key: key.software_key().clone(),
                }
            },
            ocsp,
            leaves,
            anchor,
        })
    }

    /// Reads CertSHO and its key, with which leaves are issued.
    ///
    /// # Errors
    /// As [`OperatorKeyDir::load`].
    pub fn load_issuer(
        dir: &Path,
        protection: Protection<'_>,
    ) -> Result<(Anchor, FileKey), TokenError> {
        let (anchor, vault) = open(dir, protection)?;
        let key = vault.read_key_of(ISSUER, anchor.certificate())?;
        Ok((anchor, key))
    }
}

const OCSP: &str = "ocsp";
/// The leaves of an operator and the names of their files.
const LEAVES: [(Purpose, &str); 8] = [
    (Purpose::Bootstrap, "bootstrap"),
    (Purpose::Object, "object"),
    (Purpose::PeerDocument, "peer-document"),
    (Purpose::Decision, "decision"),
    (Purpose::DpfServer, "dpf"),
    (Purpose::Peer, "peer"),
    (Purpose::PeerEncipherment, "encipherment"),
    (Purpose::OcspSigning, OCSP),
];

/// Whether others ask about the status of its leaf when they connect.
fn is_asked(purpose: Purpose) -> bool {
    matches!(purpose, Purpose::DpfServer | Purpose::Peer)
}

pub(crate) fn pem(name: &str) -> String {
    format!("{name}.pem")
}

pub(crate) fn key_name(name: &str) -> String {
    format!("{name}.key")
}

/// What the private files are bound to.
fn owner(anchor: &Anchor) -> [u8; 32] {
    anchor.certificate().public_key().spki_sha256()
}

pub(crate) fn open<'a>(
    dir: &Path,
    protection: Protection<'a>,
) -> Result<(Anchor, Vault<'a>), TokenError> {
    key_file::check_directory(dir)?;
    let vault = Vault::new(dir, protection);
    let certificate = vault.read_certificate(ANCHOR)?;
    let sho_id = ShoId::from_uri(certificate.uris().next().unwrap_or_default())?;
    let anchor = Anchor::new(sho_id, certificate)?;
    let vault = vault.bound_to(owner(&anchor));
    Ok((anchor, vault))
}

/// The key of a leaf while a renewal is on its way: see [`crate::renewal`].
pub(crate) fn next_key_name(name: &str) -> String {
    format!("{name}.next.key")
}

pub(crate) fn read_leaf(
    vault: &Vault<'_>,
    anchor: &Anchor,
    wanted: Purpose,
) -> Result<(FileKey, Certificate), TokenError> {
    let name = LEAVES
        .iter()
        .find(|(purpose, _)| *purpose == wanted)
        .map_or("", |(_, name)| name);
    let leaf = vault.read_certificate(&pem(name))?;
    let undated = TimePolicy::Floor(Timestamp::default());
    verify_leaf(&leaf, anchor, wanted, anchor.sho_id(), undated)?;
    let key = match vault.read_key_of(&key_name(name), &leaf) {
        Err(mismatch @ TokenError::KeyMismatch(_)) => vault
            .read_key_of(&next_key_name(name), &leaf)
            .map_err(|_| mismatch)?,
        read => read?,
    };
    Ok((key, leaf))
}
