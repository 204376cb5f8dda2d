//! Servers under authorities that the caller names, as on the web: a chain to
//! one of them, in date, for server authentication, and the host's name in the
//! leaf (RFC 5280 clause 6; RFC 9525 for the name). For servers outside of the
//! operator change, whose certificates the crate `trust` does not know.

use openssl::error::ErrorStack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::{X509CheckFlags, X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509PurposeId, X509VerifyResult};

use crate::{Error, PeerIdentity, PeerRole, PeerVerifier, Refusal, chain};

/// Judges servers by a list of authorities and the caller's clock.
pub struct Roots {
    roots: Vec<X509>,
    now: Box<dyn Fn() -> i64 + Send + Sync>,
}

impl Roots {
    /// The authorities in `pem`, one or more certificates. `now` tells the
    /// time in seconds since 1970 whenever a server is judged.
    ///
    /// # Errors
    /// [`Error::ConfigurationWrong`] if there is none or one can't be read.
    pub fn from_pem(
        pem: &[u8],
        now: impl Fn() -> i64 + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let wrong = |text: String| Error::ConfigurationWrong(text);
        let roots = X509::stack_from_pem(pem)
            .map_err(|error| wrong(format!("authorities can't be read: {error}")))?;
        if roots.is_empty() {
            return Err(wrong("no authority in the file".to_owned()));
        }
        Ok(Self {
            roots,
            now: Box::new(now),
        })
    }

    fn store(&self, host: &str) -> Result<X509Store, ErrorStack> {
        let mut param = X509VerifyParam::new()?;
        // An authority may itself be below another one.
        param.set_flags(X509VerifyFlags::PARTIAL_CHAIN)?;
        param.set_time(self.now_seconds());
        match host.parse() {
            Ok(address) => param.set_ip(address)?,
            Err(_) => {
                param.set_hostflags(X509CheckFlags::NO_PARTIAL_WILDCARDS);
                param.set_host(host)?;
            }
        }
        let mut store = X509StoreBuilder::new()?;
        for root in &self.roots {
            store.add_cert(root.clone())?;
        }
        store.set_purpose(X509PurposeId::SSL_SERVER)?;
        store.set_param(&param)?;
        Ok(store.build())
    }

    fn now_seconds(&self) -> i64 {
        (self.now)()
    }

    /// What the library says of the chain.
    fn judge(
        &self,
        leaf: &[u8],
        chain: &[Vec<u8>],
        host: &str,
    ) -> Result<X509VerifyResult, ErrorStack> {
        chain::judge(&*self.store(host)?, leaf, chain)
    }
}

impl PeerVerifier for Roots {
    fn verify(
        &self,
        leaf: &[u8],
        chain: &[Vec<u8>],
        role: PeerRole<'_>,
    ) -> Result<PeerIdentity, Refusal> {
        let PeerRole::Server { name } = role else {
            return Err(Refusal::new(
                "role-wrong",
                "these are authorities of servers",
            ));
        };
        match self.judge(leaf, chain, name) {
            Ok(X509VerifyResult::OK) => Ok(PeerIdentity::new(name)),
            Ok(verdict) => Err(Refusal::unknown_authority(
                "server-certificate-refused",
                verdict.error_string(),
            )),
            Err(error) => Err(Refusal::new(
                "server-certificate-malformed",
                error.to_string(),
            )),
        }
    }
}
