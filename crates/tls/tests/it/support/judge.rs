//! A verifier as a caller would write one, which also counts and remembers
//! what it was asked.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use openssl::x509::X509;
use tls::{PeerIdentity, PeerRole, PeerVerifier, Refusal};

use super::certificates::common_name;

/// Admits leaves signed by one authority, servers only under their own name.
/// It looks at no date.
pub(crate) struct Judge {
    anchor: X509,
    calls: AtomicUsize,
    /// The last leaf and chain.
    seen: Mutex<(Vec<u8>, Vec<Vec<u8>>)>,
}

impl Judge {
    pub(crate) fn new(anchor: &X509) -> Self {
        Self {
            anchor: anchor.clone(),
            calls: AtomicUsize::new(0),
            seen: Mutex::default(),
        }
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    pub(crate) fn seen(&self) -> (Vec<u8>, Vec<Vec<u8>>) {
        self.seen.lock().unwrap().clone()
    }
}

impl PeerVerifier for Judge {
    fn verify(
        &self,
        leaf: &[u8],
        chain: &[Vec<u8>],
        role: PeerRole<'_>,
    ) -> Result<PeerIdentity, Refusal> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        *self.seen.lock().unwrap() = (leaf.to_vec(), chain.to_vec());
        let malformed = |_| Refusal::new("certificate-malformed", "not DER");
        let leaf = X509::from_der(leaf).map_err(malformed)?;
        let anchor = self.anchor.public_key().unwrap();
        if !leaf.verify(&anchor).unwrap_or(false) {
            return Err(Refusal::unknown_authority(
                "certificate-chain-invalid",
                "not signed by the anchor",
            ));
        }
        let name = common_name(&leaf);
        match role {
            PeerRole::Server { name: wanted } if wanted != name => {
                Err(Refusal::new("certificate-host-wrong", "another host"))
            }
            _ => Ok(PeerIdentity::new(&name)),
        }
    }
}

/// A verifier in one function.
pub(crate) struct Says(pub(crate) fn() -> Result<PeerIdentity, Refusal>);

impl PeerVerifier for Says {
    fn verify(&self, _: &[u8], _: &[Vec<u8>], _: PeerRole<'_>) -> Result<PeerIdentity, Refusal> {
        (self.0)()
    }
}
