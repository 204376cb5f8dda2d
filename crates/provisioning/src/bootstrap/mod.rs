//! The signed bootstrap of steps 0' and 3 (TR 33.812 B.2.3.3;
//! docs/operator-change.md section 5): `version u8 | type u8 | length u32 BE |
//! document | signature`. Nothing is sniffed.

mod characteristic;
mod document;

use ::tre::TreId;
use clock::Timestamp;
use serde::{Deserialize, Serialize};
use trust::{Anchor, Certificate, Purpose, ShoId, TimePolicy};
use xmldsig::{BootstrapType, Limits, UnverifiedDetached, VerifyingKey};

use crate::{OrderId, ProvisioningError, SigningKey, Terms};

const VERSION: u8 = 1;
/// Container: version, type and length.
const HEAD: usize = 1 + 1 + 4;
/// The longest container that is looked at.
pub const MAX_CONTAINER: usize = 128 * 1024;

/// Packet-switched network parameters (NAPDEF of OMA ProvCont 1.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkAccess {
    /// NAPID, the name by which applications refer to it.
    pub id: String,
    /// The access point name.
    pub apn: String,
}

/// What a bootstrap document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bootstrap {
    /// The TRE that it is for.
    pub tre_id: TreId,
    /// CTXVER.
    pub ctx_version: u32,
    /// SWITCH: the SwitchCounter that the signer knows.
    pub switch_counter: u64,
    /// FROM: the signer.
    pub from: ShoId,
    /// Where refusals go: the signer's DRF, or in a change the new operator's
    /// from commit on.
    pub drf_url: String,
    /// The signer's network.
    pub access: NetworkAccess,
    /// TYPE `change`; without it TYPE `connectivity`.
    pub change: Option<Change>,
}

/// What TYPE `change` adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The order.
    pub order_id: OrderId,
    /// The new operator.
    pub to: ShoId,
    /// Its DPF, in order of preference.
    pub prov_urls: Vec<String>,
    /// Its CertSHO, DER.
    pub anchor: Vec<u8>,
    /// The agreed times.
    pub terms: Terms,
    /// When the order ends.
    pub expires: Timestamp,
    /// The envelope with the credentials.
    pub credentials: Vec<u8>,
}

impl Bootstrap {
    /// The signed container.
    ///
    /// # Errors
    /// A text that XML would have to escape, or a key that can't be used.
    pub fn seal(&self, key: &SigningKey) -> Result<Vec<u8>, ProvisioningError> {
        let document = document::write(self)?;
        let signature = xmldsig::sign_detached(
            document.as_bytes(),
            BootstrapType::Xml,
            key.signer(),
            key.leaf(),
        )?;
        let length = u32::try_from(document.len())
            .map_err(|_| ProvisioningError::Malformed("a bootstrap longer than 4 GiB"))?;
        let mut container = Vec::with_capacity(HEAD + document.len() + signature.len());
        container.extend([VERSION, BootstrapType::Xml.number()]);
        container.extend(length.to_be_bytes());
        container.extend(document.as_bytes());
        container.extend(signature);
        Ok(container)
    }

    /// Verifies a container against the current SHO's anchor and reads it.
    ///
    /// # Errors
    /// `bootstrap-malformed`, `bootstrap-unsigned`, `bootstrap-signature-invalid`,
    /// the leaf's fault, or `unsupported` for other versions and types.
    pub fn open(
        container: &[u8],
        current: &Anchor,
        time: TimePolicy,
    ) -> Result<Self, ProvisioningError> {
        let (document, signature) = split(container)?;
        if signature.is_empty() {
            return Err(ProvisioningError::refused("bootstrap-unsigned"));
        }
        let invalid = |_| ProvisioningError::refused("bootstrap-signature-invalid");
        let unverified =
            UnverifiedDetached::parse(signature, document, BootstrapType::Xml, &Limits::default())
                .map_err(invalid)?;
        let leaf = Certificate::from_der(unverified.leaf())?;
        let leaf = trust::verify_leaf(&leaf, current, Purpose::Bootstrap, current.sho_id(), time)?;
        let key = VerifyingKey::from_spki_der(leaf.certificate().public_key().spki_der())?;
        unverified.verify(&key).map_err(invalid)?;
        document::read(document)
    }
}

fn split(container: &[u8]) -> Result<(&[u8], &[u8]), ProvisioningError> {
    let malformed = ProvisioningError::refused("bootstrap-malformed");
    if container.len() > MAX_CONTAINER {
        return Err(malformed);
    }
    let Some(([version, kind, length @ ..], rest)) = container.split_first_chunk::<HEAD>() else {
        return Err(malformed);
    };
    if *version != VERSION {
        return Err(ProvisioningError::Unsupported(
            "bootstrap containers of another version",
        ));
    }
    match *kind {
        1 => {}
        2 => {
            return Err(ProvisioningError::Unsupported(
                "bootstrap documents in WBXML",
            ));
        }
        _ => return Err(malformed),
    }
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    rest.split_at_checked(length).ok_or(malformed)
}
