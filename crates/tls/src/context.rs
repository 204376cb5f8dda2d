//! One reusable library context from a profile (TS 33.210 clause 6.2). Making
//! one costs far more than a handshake, so each configuration holds one.

use openssl::ssl::{SslContextBuilder, SslMethod, SslMode, SslOptions, SslSessionCacheMode};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509VerifyFlags;

use crate::profile::Rules;
use crate::{Credentials, Error};

/// How many certificates above the leaf the library may line up.
const MAX_ABOVE_LEAF: u32 = 4;

/// A context that speaks only what the profile allows, trusts nobody, resumes
/// nothing, and shows the credentials if there are any.
pub(crate) fn from_rules(
    rules: &Rules,
    method: SslMethod,
    credentials: Option<&Credentials>,
) -> Result<SslContextBuilder, Error> {
    let mut context = SslContextBuilder::new(method)?;
    // First: it also decides which of our own certificates may be loaded.
    context.set_security_level(rules.security_level);
    context.set_min_proto_version(Some(rules.oldest))?;
    context.set_max_proto_version(Some(rules.newest))?;
    context.set_cipher_list(rules.suites_1_2)?;
    context.set_ciphersuites(rules.suites_1_3)?;
    context.set_groups_list(rules.groups)?;
    context.set_sigalgs_list(rules.signature_algorithms)?;
    context.set_options(
        SslOptions::NO_COMPRESSION
            | SslOptions::NO_RENEGOTIATION
            | SslOptions::NO_TICKET
            | SslOptions::CIPHER_SERVER_PREFERENCE,
    );
    context.set_mode(SslMode::RELEASE_BUFFERS | SslMode::NO_AUTO_CHAIN);
    no_resumption(&mut context)?;
    trust_nobody(&mut context)?;
    if let Some(credentials) = credentials {
        credentials.install(&mut context)?;
    }
    Ok(context)
}

/// NO_TICKET alone leaves the stateful tickets of TLS 1.3, and the cache mode
/// alone the stateless ones of TLS 1.2.
fn no_resumption(context: &mut SslContextBuilder) -> Result<(), Error> {
    context.set_session_cache_mode(SslSessionCacheMode::OFF);
    context.set_num_tickets(0)?;
    Ok(())
}

/// An empty store, and no look at the system clock.
fn trust_nobody(context: &mut SslContextBuilder) -> Result<(), Error> {
    context.set_verify_cert_store(X509StoreBuilder::new()?.build())?;
    context.set_verify_depth(MAX_ABOVE_LEAF);
    context
        .verify_param_mut()
        .set_flags(X509VerifyFlags::NO_CHECK_TIME)?;
    Ok(())
}
