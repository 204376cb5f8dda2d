//! Who the peer is: the caller's decision, taken anew in each handshake
//! (RFC 8446 clause 4.4.2.4, RFC 5246 clause 7.4.2; house rule: certificates
//! see only the caller's time).
//!
//! OpenSSL calls back many times while it looks at a chain: for each fault that
//! it finds, at any depth, and once for each certificate that it has passed,
//! from the top down to the leaf. Its store is empty here, so it always finds
//! an unknown issuer; its opinion is overridden. The one call that counts is
//! the last of the walk: no fault, depth 0, the leaf whose key must then sign
//! the handshake.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use openssl::x509::{X509Ref, X509StoreContextRef, X509VerifyResult};

/// `X509_V_ERR_EE_KEY_TOO_SMALL`: the leaf's key is below the profile's level.
const LEAF_KEY_TOO_WEAK: i32 = 66;
/// `X509_V_ERR_*` that become the alert unknown_ca: no issuer found (2, 20,
/// 21), self-signed leaf (18), self-signed certificate above it (19).
const ISSUER_FAULTS: [i32; 5] = [2, 18, 19, 20, 21];

/// Decides whether a peer is admitted, and who it is.
pub trait PeerVerifier: Send + Sync {
    /// Judges a leaf. `leaf` is DER. `chain` is those certificates that the peer
    /// sent which lead upwards from the leaf by their names, DER, nearest first;
    /// nothing has been verified, and unrelated ones have been left out. All of
    /// it is the peer's word: signatures, purpose, names and time are the
    /// implementation's to check.
    ///
    /// It is asked in every handshake: where a session is resumed, about what the
    /// peer showed when it began.
    ///
    /// This runs inside the handshake, so it must not block for long. The peer
    /// proves that it holds the leaf's key only afterwards: an acceptance means
    /// nothing until the handshake has succeeded, so implementations record
    /// nothing here.
    ///
    /// # Errors
    /// The refusal; the handshake ends with an alert.
    fn verify(
        &self,
        leaf: &[u8],
        chain: &[Vec<u8>],
        role: PeerRole<'_>,
    ) -> Result<PeerIdentity, Refusal>;

    /// Whether a server is asked for its certificate's status (RFC 6066 clause 8,
    /// RFC 8446 clause 4.4.2.1).
    fn wants_staple(&self) -> bool {
        false
    }

    /// Judges the status of a server's certificate: by what the server stapled, an
    /// OCSP answer in DER, where a staple was [wanted](Self::wants_staple), or by
    /// asking elsewhere, which is why this may wait. Called once in each connection
    /// to a server, with what [`verify`](Self::verify) was called with, after the
    /// handshake and before anything else goes over the connection; the
    /// handshake's deadline counts for this too.
    ///
    /// # Errors
    /// The refusal; the connection is closed.
    fn judge_status<'a>(
        &'a self,
        leaf: &'a [u8],
        chain: &'a [Vec<u8>],
        staple: Option<&'a [u8]>,
    ) -> Judging<'a> {
        let _ = (leaf, chain, staple);
        Box::pin(std::future::ready(Ok(())))
    }
}

/// A judgement that may have to wait for somebody's answer.
pub type Judging<'a> = Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send + 'a>>;

/// What the peer is in this connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerRole<'a> {
    /// We connected to it under this name, which its certificate has to carry.
    Server {
        /// The host name or address that was given to [`connect`](crate::connect).
        name: &'a str,
    },
    /// It connected to us.
    Client,
}

/// A peer that a [`PeerVerifier`] admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerIdentity {
    name: Arc<str>,
    leaf: Arc<[u8]>,
}

impl PeerIdentity {
    /// An identity by the name that the verifier found proved, for example the
    /// URI `urn:x-rehome:sho:001-01`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            leaf: Arc::default(),
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The DER leaf that was judged and whose key signed the handshake; empty
    /// until the verifier's answer has been taken.
    #[must_use]
    pub fn leaf(&self) -> &[u8] {
        &self.leaf
    }
}

/// Why a peer is not admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Stable kebab-case reason code.
    pub code: &'static str,
    /// The reason in words, for our own log; the peer sees only an alert.
    pub text: String,
    unknown_authority: bool,
}

impl Refusal {
    /// A refusal that the peer sees as the alert handshake_failure.
    #[must_use]
    pub fn new(code: &'static str, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
            unknown_authority: false,
        }
    }

    /// A refusal for want of a known issuer; the peer sees unknown_ca.
    #[must_use]
    pub fn unknown_authority(code: &'static str, text: impl Into<String>) -> Self {
        Self {
            unknown_authority: true,
            ..Self::new(code, text)
        }
    }
}

/// One handshake's decision about the peer's certificate.
pub(crate) struct Verdict {
    verifier: Arc<dyn PeerVerifier>,
    /// The server's name, if the peer is the server.
    server_name: Option<String>,
    decision: OnceLock<Result<PeerIdentity, Refusal>>,
    /// What stood above the leaf that was judged.
    chain: OnceLock<Vec<Vec<u8>>>,
    /// The library's own complaint about the issuer, as it words unknown_ca.
    issuer_fault: OnceLock<X509VerifyResult>,
}

impl Verdict {
    pub(crate) fn new(verifier: Arc<dyn PeerVerifier>, server_name: Option<String>) -> Self {
        Self {
            verifier,
            server_name,
            decision: OnceLock::new(),
            chain: OnceLock::new(),
            issuer_fault: OnceLock::new(),
        }
    }

    /// What is decided today about certificates that a session began with.
    pub(crate) fn again(&self, leaf: &[u8], chain: Vec<Vec<u8>>) -> Self {
        let again = Self::new(Arc::clone(&self.verifier), self.server_name.clone());
        let decision = again.decide(leaf, &chain);
        // Both are empty: nobody else has them yet.
        let _ = again.chain.set(chain);
        let _ = again.decision.set(decision);
        again
    }

    /// The certificates above the leaf that was judged.
    pub(crate) fn chain(&self) -> &[Vec<u8>] {
        self.chain.get().map(Vec::as_slice).unwrap_or_default()
    }

    /// What was decided, `None` as long as no certificate was judged.
    pub(crate) fn decision(&self) -> Option<&Result<PeerIdentity, Refusal>> {
        self.decision.get()
    }

    /// Whether the peer is a server whose status is wanted.
    pub(crate) fn wants_staple(&self) -> bool {
        self.server_name.is_some() && self.verifier.wants_staple()
    }

    /// Has the verifier judge the status of the server's certificate.
    pub(crate) async fn judge_status(
        &self,
        leaf: &[u8],
        staple: Option<&[u8]>,
    ) -> Result<(), Refusal> {
        if self.server_name.is_none() {
            return Ok(());
        }
        let staple = staple.filter(|_| self.verifier.wants_staple());
        self.verifier.judge_status(leaf, self.chain(), staple).await
    }

    /// OpenSSL's verify callback; `true` goes on.
    pub(crate) fn on_certificate(&self, passed: bool, context: &mut X509StoreContextRef) -> bool {
        if !passed {
            return self.on_fault(context);
        }
        if context.error_depth() != 0 {
            return true;
        }
        let leaf = context.current_cert().map(X509Ref::to_der);
        let Some(Ok(leaf)) = leaf else {
            return false;
        };
        let decision = self
            .decision
            .get_or_init(|| self.decide(&leaf, self.chain.get_or_init(|| above(context))));
        match decision {
            // A second flight of certificates can't borrow the first's verdict.
            Ok(peer) if peer.leaf() == leaf => {
                context.set_error(X509VerifyResult::OK);
                true
            }
            Ok(_) => false,
            Err(refusal) => {
                context.set_error(self.alert_for(refusal));
                false
            }
        }
    }

    /// A fault that the library found: overridden, but for the strength of the
    /// leaf's key, which is the profile's matter. Some come after the decision.
    fn on_fault(&self, context: &X509StoreContextRef) -> bool {
        let fault = context.error();
        if fault.as_raw() == LEAF_KEY_TOO_WEAK {
            let weak = Refusal::new("peer-key-too-weak", fault.error_string());
            return self.decision.get_or_init(|| Err(weak)).is_ok();
        }
        if ISSUER_FAULTS.contains(&fault.as_raw()) {
            let _ = self.issuer_fault.set(fault);
        }
        !matches!(self.decision.get(), Some(Err(_)))
    }

    fn decide(&self, leaf: &[u8], chain: &[Vec<u8>]) -> Result<PeerIdentity, Refusal> {
        let role = match &self.server_name {
            Some(name) => PeerRole::Server { name },
            None => PeerRole::Client,
        };
        // A panic must not run into the library's C frames, which would end the
        // process: whoever can cause it could end us.
        catch_unwind(AssertUnwindSafe(|| self.verifier.verify(leaf, chain, role)))
            .unwrap_or_else(|_| Err(Refusal::new("verifier-failed", "the verifier panicked")))
            .map(|peer| PeerIdentity {
                leaf: leaf.into(),
                ..peer
            })
    }

    fn alert_for(&self, refusal: &Refusal) -> X509VerifyResult {
        match self.issuer_fault.get() {
            Some(fault) if refusal.unknown_authority => *fault,
            _ => X509VerifyResult::APPLICATION_VERIFICATION,
        }
    }
}

/// What stands above the leaf in the path that the library put together from
/// the certificates sent; its store is empty, so no other one gets in.
fn above(context: &X509StoreContextRef) -> Vec<Vec<u8>> {
    context
        .chain()
        .into_iter()
        .flatten()
        .skip(1)
        .map_while(|certificate| certificate.to_der().ok())
        .collect()
}
