//! Who is admitted to a TLS connection (docs/operator-change.md sections 1, 4
//! and 6): registered operators by a leaf for peers, PVAs by their own leaf.

use tls::{PeerIdentity, PeerRole, PeerVerifier, Refusal};
use trust::{Certificate, Purpose, ShoId, TrustError};

use crate::time::time;
use crate::{PeerBook, RegisteredPva};

/// Admits the operators of a book, in both roles.
pub struct OperatorVerifier {
    peers: PeerBook,
}

impl OperatorVerifier {
    /// A verifier for these operators.
    #[must_use]
    pub fn new(peers: PeerBook) -> Self {
        Self { peers }
    }

    fn judge(&self, leaf: &[u8], role: PeerRole<'_>) -> Result<ShoId, Refusal> {
        let leaf = Certificate::from_der(leaf).map_err(|error| refused(&error))?;
        let named = leaf.uris().next().unwrap_or_default();
        let sho_id = ShoId::from_uri(named).map_err(|error| refused(&error))?;
        let peer = self.peers.by_sho_id(&sho_id).ok_or_else(|| {
            Refusal::unknown_authority("peer-unknown", format!("{sho_id} is not registered"))
        })?;
        let anchor = &peer.peer.anchor;
        let leaf = trust::verify_leaf(&leaf, anchor, Purpose::Peer, &sho_id, time())
            .map_err(|error| refused(&error))?;
        if let PeerRole::Server { name } = role {
            trust::peer_name_matches(&leaf, name).map_err(|error| refused(&error))?;
        }
        Ok(sho_id)
    }
}

impl PeerVerifier for OperatorVerifier {
    fn verify(
        &self,
        leaf: &[u8],
        _chain: &[Vec<u8>],
        role: PeerRole<'_>,
    ) -> Result<PeerIdentity, Refusal> {
        let sho_id = self.judge(leaf, role)?;
        Ok(PeerIdentity::new(&sho_id.to_string()))
    }
}

/// Admits the PVAs that are registered, each at its own host.
pub struct PvaVerifier {
    pvas: Vec<RegisteredPva>,
}

impl PvaVerifier {
    /// A verifier for these PVAs.
    #[must_use]
    pub fn new(pvas: Vec<RegisteredPva>) -> Self {
        Self { pvas }
    }
}

impl PeerVerifier for PvaVerifier {
    fn verify(
        &self,
        leaf: &[u8],
        _chain: &[Vec<u8>],
        role: PeerRole<'_>,
    ) -> Result<PeerIdentity, Refusal> {
        let PeerRole::Server { name } = role else {
            return Err(Refusal::new("pva-is-no-client", "a PVA does not connect"));
        };
        let pva = self
            .pvas
            .iter()
            .find(|pva| pva.host == name)
            .ok_or_else(|| Refusal::unknown_authority("pva-unknown", name))?;
        let leaf = Certificate::from_der(leaf).map_err(|error| refused(&error))?;
        trust::verify_pva_server(&leaf, &pva.anchor, name, time())
            .map_err(|error| refused(&error))?;
        Ok(PeerIdentity::new(pva.anchor.supplier().as_str()))
    }
}

fn refused(error: &TrustError) -> Refusal {
    match error {
        TrustError::ChainInvalid(_) => Refusal::unknown_authority(error.code(), error.to_string()),
        _ => Refusal::new(error.code(), error.to_string()),
    }
}
