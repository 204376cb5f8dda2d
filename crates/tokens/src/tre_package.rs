//! What leaves the factory (TR 33.812 clause B.2.2.1; docs/operator-change.md
//! section 1): a TRE in a directory, with its keys, its CertTRE and its first
//! sealed state, and its row in `devices.csv`.

use std::path::Path;

use clock::{Random, Timestamp};
use data_encoding::BASE64;
use provisioning::McimId;
use provisioning::tre::{MadeTre, Pcid, Tre, TreKind};
use tre::{Backend, CertTre, KeyPairs, KeyUse, TreId, certificate_request};
use trust::issue::{CertificateRequest, issue_tre};
use trust::{Anchor, ShoId, TreUse};

use crate::file_backend::write_files;
use crate::os::OsRandom;
use crate::staged::StagedDir;
use crate::vault::Vault;
use crate::{FileBackend, Protection, SupplierKeyDir, TokenError, key_file};

const STATE: &str = "state.sealed";
const SIGNATURE_CERTIFICATE: &str = "cert-sig.pem";
const ENVELOPE_CERTIFICATE: &str = "cert-enc.pem";

/// What a TRE is made with.
pub struct TrePlan<'a> {
    /// Its name, of the supplier who makes it.
    pub tre_id: TreId,
    /// Its key pairs.
    pub keys: KeyPairs,
    /// What CertTRE says of it.
    pub limits: CertTre,
    /// What TreInfo says of the make.
    pub kind: TreKind,
    /// `CertSHO[0]`, the registration operator's.
    pub anchor: &'a Anchor,
    /// The initial credentials.
    pub pcid: Pcid,
    /// Their name among the MCIMs.
    pub pcid_mcim: McimId,
    /// From when on its certificates are valid; they have no end.
    pub made: Timestamp,
}

/// What the registration operator is told of a TRE that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrePackage {
    /// Its name.
    pub tre_id: TreId,
    /// `SHO[0]`.
    pub sho_id: ShoId,
    /// CertTRE for signatures, or for both uses, DER.
    pub signature_certificate: Vec<u8>,
    /// CertTRE for envelopes, DER, if there are two key pairs.
    pub envelope_certificate: Option<Vec<u8>>,
}

impl TrePackage {
    /// The first line of `devices.csv`, without its line end.
    pub const CSV_HEADER: &'static str = "tre_id,sho_id,cert_sig,cert_enc";

    /// Makes a TRE: the directory, which must not exist, has the files of a
    /// [`FileBackend`], `state.sealed`, `cert-sig.pem` and, for two key pairs,
    /// `cert-enc.pem`. It appears whole or not at all.
    ///
    /// # Errors
    /// [`TokenError::Exists`]; [`TokenError::Missing`] if the directory above
    /// it is; [`TokenError::Trust`] for a TRE_id of another supplier;
    /// [`TokenError::Tre`] for limits that contradict themselves;
    /// [`TokenError::Io`].
    pub fn manufacture(
        dir: &Path,
        supplier: &SupplierKeyDir,
        plan: TrePlan<'_>,
        protection: Protection<'_>,
        random: &mut dyn Random,
    ) -> Result<Self, TokenError> {
        let staged = StagedDir::begin(dir)?;
        let place = staged.path();
        write_files(place, &plan.keys, protection, random)?;
        let mut backend = FileBackend::open(place, protection, OsRandom)?;
        let package = Self::certify(&mut backend, supplier, &plan, random)?;
        package.write_certificates(place)?;
        let made = MadeTre {
            tre_id: plan.tre_id,
            signature_certificate: package.signature_certificate.clone(),
            envelope_certificate: package.envelope_certificate.clone(),
            sho_id: package.sho_id.clone(),
            anchor: plan.anchor.certificate().der().to_vec(),
            pcid: plan.pcid,
            pcid_mcim: plan.pcid_mcim,
            kind: plan.kind,
        };
        let mut tre = Tre::make(backend, made)?;
        Self::store(place, &mut tre)?;
        staged.commit()?;
        Ok(package)
    }

    /// Opens the TRE in a directory with the state that was stored there last.
    ///
    /// # Errors
    /// As [`FileBackend::open`]; [`TokenError::Provisioning`] for a state that
    /// this TRE did not seal. One that was restored is no error here: see
    /// [`Tre::is_restored`].
    pub fn open<R: Random>(
        dir: &Path,
        protection: Protection<'_>,
        random: R,
    ) -> Result<Tre<FileBackend<R>>, TokenError> {
        let backend = FileBackend::open(dir, protection, random)?;
        let sealed = key_file::read(&dir.join(STATE))?;
        Ok(Tre::open(backend, sealed.expose())?)
    }

    /// The sealed state in the directory, for a host that keeps it in a store
    /// of its own from then on.
    ///
    /// # Errors
    /// As [`key_file::read`].
    pub fn first_state(dir: &Path) -> Result<Vec<u8>, TokenError> {
        Ok(key_file::read(&dir.join(STATE))?.expose().clone())
    }

    /// Stores the TRE's state in its directory, if it changed: to be called
    /// before anything that the TRE returned leaves the device. For a host that
    /// keeps the state here and not in a store of its own.
    ///
    /// # Errors
    /// As [`key_file::replace`]; [`TokenError::Provisioning`] from the backend.
    pub fn store<B: Backend>(dir: &Path, tre: &mut Tre<B>) -> Result<(), TokenError> {
        if let Some(pending) = tre.stage()? {
            key_file::replace(&dir.join(STATE), pending.octets())?;
            tre.stored(pending)?;
        }
        Ok(())
    }

    /// This TRE's line in `devices.csv`, without its line end: no field has a
    /// comma or a quote in it, so none is quoted.
    #[must_use]
    pub fn csv_row(&self) -> String {
        let envelope = self.envelope_certificate.as_deref().unwrap_or_default();
        format!(
            "{},{},{},{}",
            self.tre_id,
            self.sho_id,
            BASE64.encode(&self.signature_certificate),
            BASE64.encode(envelope)
        )
    }

    fn certify(
        backend: &mut dyn Backend,
        supplier: &SupplierKeyDir,
        plan: &TrePlan<'_>,
        random: &mut dyn Random,
    ) -> Result<Self, TokenError> {
        let mut issue = |key_use, granted| -> Result<Vec<u8>, TokenError> {
            let request = certificate_request(backend, key_use, &plan.tre_id, &plan.limits)?;
            let request = CertificateRequest::from_der(&request)?;
            let (issuer, pva) = (&supplier.issuer, &supplier.pva);
            let leaf = issue_tre(issuer, pva, &request, granted, plan.made, random)?;
            Ok(leaf.der().to_vec())
        };
        let (signature, envelope) = match plan.keys {
            KeyPairs::One(_) => (issue(KeyUse::Both, TreUse::Both)?, None),
            KeyPairs::Two { .. } => (
                issue(KeyUse::Signature, TreUse::Signature)?,
                Some(issue(KeyUse::Envelope, TreUse::Encipherment)?),
            ),
        };
        Ok(Self {
            tre_id: plan.tre_id.clone(),
            sho_id: plan.anchor.sho_id().clone(),
            signature_certificate: signature,
            envelope_certificate: envelope,
        })
    }

    fn write_certificates(&self, dir: &Path) -> Result<(), TokenError> {
        let vault = Vault::new(dir, Protection::Plain);
        vault.write_certificate(SIGNATURE_CERTIFICATE, &self.signature_certificate)?;
        match &self.envelope_certificate {
            Some(der) => vault.write_certificate(ENVELOPE_CERTIFICATE, der),
            None => Ok(()),
        }
    }
}
