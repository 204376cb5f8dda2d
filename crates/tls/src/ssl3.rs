//! SSL 3.0 (RFC 6101), which RFC 7568 forbids: nothing of it without the feature
//! `ssl3`, and then only what the profile `dm` asks for, with a warning. Each use of
//! the feature is an expression, so that both builds compile the same code.

use std::sync::OnceLock;

use openssl::provider::Provider;
use openssl::ssl::{SslRef, SslVersion};

use crate::{Error, Refusal, Suite};

/// RC4 is the library's `legacy` provider's, which has to stay loaded.
static LEGACY: OnceLock<Provider> = OnceLock::new();

/// Makes the library ready for a context with SSL 3.0, and warns.
///
/// # Errors
/// [`Error::ConfigurationWrong`] in builds without the feature;
/// [`Error::LibraryFailed`].
pub(crate) fn prepare() -> Result<(), Error> {
    if !cfg!(feature = "ssl3") {
        return Err(Error::ConfigurationWrong(
            "SSL 3.0 needs a build with the feature `ssl3`".to_owned(),
        ));
    }
    if LEGACY.get().is_none() {
        // A second thread's is dropped, which only counts down its uses.
        let loaded = Provider::try_load(None, "legacy", true)?;
        let _ = LEGACY.set(loaded);
    }
    tracing::warn!(
        "SSL 3.0 with RC4 and 3DES is on in the profile dm: \
         it protects nothing from who can change what is sent (RFC 7568)"
    );
    Ok(())
}

/// Refuses a connection of TLS on a suite of SSL 3.0: the library has one list of
/// suites for all versions.
///
/// # Errors
/// [`Error::RefusedByUs`].
pub(crate) fn check_suite(ssl: &SslRef) -> Result<(), Error> {
    let suite = ssl.current_cipher().map(|cipher| cipher.name());
    let mut old = Suite::all().iter().filter(|suite| suite.is_ssl3_alone());
    let is_old = old.any(|old| suite == Some(old.library));
    if is_old && ssl.version2() != Some(SslVersion::SSL3) {
        return Err(Error::from(&Refusal::new(
            "suite-of-ssl-3.0",
            "TLS with a suite that is for SSL 3.0 alone",
        )));
    }
    Ok(())
}
