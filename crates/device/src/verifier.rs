//! Which DPF or DRF a device talks to (docs/operator-change.md section 5): the
//! one under the anchor that the order, or the current operator, gives, with
//! the purpose DPF and exactly the URL's host in its certificate, and whose
//! certificate still holds by the device's policy (docs/certificate-status.md).

use tls::{Judging, PeerIdentity, PeerRole, PeerVerifier, Refusal};
use trust::{Anchor, Certificate, Purpose, TrustError};

use crate::validation::{Judge, Server};

pub(crate) struct OperatorServer {
    anchor: Anchor,
    /// The operator's name, by which the clock knows its chain.
    chain: String,
    judge: Judge,
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

    fn wants_staple(&self) -> bool {
        self.judge.wants_staple()
    }

    fn judge_status<'a>(
        &'a self,
        leaf: &'a [u8],
        _chain: &'a [Vec<u8>],
        staple: Option<&'a [u8]>,
    ) -> Judging<'a> {
        Box::pin(async move {
            let leaf = Certificate::from_der(leaf)
                .map_err(|error| Refusal::new(error.code(), error.to_string()))?;
            let server = Server {
                chain: &self.chain,
                certificate: &leaf,
                issuer: self.anchor.certificate(),
            };
            self.judge.judge(server, staple).await
        })
    }
}

impl OperatorServer {
    pub(crate) fn new(anchor: Anchor, judge: Judge) -> Self {
        Self {
            chain: anchor.sho_id().to_string(),
            anchor,
            judge,
        }
    }

    fn judge(&self, leaf: &[u8], host: &str) -> Result<PeerIdentity, TrustError> {
        let leaf = Certificate::from_der(leaf)?;
        let sho_id = self.anchor.sho_id();
        let policy = self.judge.dates(&self.chain);
        let leaf = trust::verify_leaf(&leaf, &self.anchor, Purpose::DpfServer, sho_id, policy)?;
        trust::dpf_name_matches(&leaf, host)?;
        Ok(PeerIdentity::new(&self.chain))
    }
}
