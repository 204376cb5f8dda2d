//! Which DPF or DRF a device talks to (docs/operator-change.md section 5): the
//! one under the anchor that the order, or the current operator, gives, with
//! the purpose DPF and exactly the URL's host in its certificate.

use tls::{PeerIdentity, PeerRole, PeerVerifier, Refusal};
use trust::{Anchor, Certificate, Purpose, TrustError};

use crate::Clock;

pub(crate) struct OperatorServer {
    pub(crate) anchor: Anchor,
    pub(crate) clock: Clock,
}

impl PeerVerifier for OperatorServer {
    fn verify(
        &self,
        leaf: &[u8],
        _chain: &[Vec<u8>],
        role: PeerRole<'_>,
    ) -> Result<PeerIdentity, Refusal> {
        let PeerRole::Server { name } = role else {
            return Err(Refusal::new("role-wrong", "a DPF is a server"));
        };
        self.judge(leaf, name).map_err(|error| match error {
            TrustError::ChainInvalid(_) => {
                Refusal::unknown_authority(error.code(), error.to_string())
            }
            _ => Refusal::new(error.code(), error.to_string()),
        })
    }
}

impl OperatorServer {
    fn judge(&self, leaf: &[u8], host: &str) -> Result<PeerIdentity, TrustError> {
        let leaf = Certificate::from_der(leaf)?;
        let sho_id = self.anchor.sho_id();
        let policy = self.clock.policy();
        let leaf = trust::verify_leaf(&leaf, &self.anchor, Purpose::DpfServer, sho_id, policy)?;
        trust::dpf_name_matches(&leaf, host)?;
        Ok(PeerIdentity::new(&sho_id.to_string()))
    }
}
