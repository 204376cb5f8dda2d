//! One reusable library context from a profile (TS 33.210 clause 6.2). Making
//! one costs far more than a handshake, so each configuration holds one.

use openssl::bn::BigNum;
use openssl::dh::Dh;
use openssl::ssl::{SslContextBuilder, SslMethod, SslMode, SslOptions, SslSessionCacheMode};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509VerifyFlags;

use crate::profile::Rules;
use crate::{Credentials, Error, Version, ssl3};

/// How many certificates above the leaf the library may line up.
const MAX_ABOVE_LEAF: u32 = 4;

/// A context that speaks only what the profile allows, trusts nobody, resumes
/// nothing as yet, and shows the credentials if there are any.
pub(crate) fn from_rules(
    rules: &Rules,
    method: SslMethod,
    credentials: &[Credentials],
) -> Result<SslContextBuilder, Error> {
    let has_ssl3 = rules.oldest == Version::Ssl3;
    if has_ssl3 {
        ssl3::prepare()?;
    }
    let mut context = SslContextBuilder::new(method)?;
    // First: it also decides which of our own certificates may be loaded.
    context.set_security_level(rules.security_level);
    context.set_min_proto_version(Some(rules.oldest.library()))?;
    context.set_max_proto_version(Some(rules.newest.library()))?;
    if has_ssl3 {
        context.clear_options(SslOptions::NO_SSLV3);
    }
    check_suites(&mut context, rules)?;
    let (older, of_1_3) = rules.lists();
    // The library takes no empty list; without one the versions begin at 1.3.
    if !older.is_empty() {
        context.set_cipher_list(&older)?;
    }
    context.set_ciphersuites(&of_1_3)?;
    context.set_groups_list(&rules.groups)?;
    context.set_sigalgs_list(&rules.signature_algorithms)?;
    context.set_options(
        SslOptions::NO_COMPRESSION
            | SslOptions::NO_RENEGOTIATION
            | SslOptions::NO_TICKET
            | SslOptions::CIPHER_SERVER_PREFERENCE,
    );
    context.set_mode(SslMode::RELEASE_BUFFERS | SslMode::NO_AUTO_CHAIN);
    no_resumption(&mut context)?;
    trust_nobody(&mut context)?;
    let mut kinds = Vec::new();
    for own in credentials {
        if kinds.contains(&own.kind()) {
            return Err(Error::ConfigurationWrong(
                "two certificates have keys of the same kind".to_owned(),
            ));
        }
        kinds.push(own.kind());
        own.install(&mut context)?;
    }
    Ok(context)
}

/// The library skips suites that it was built without, in silence.
fn check_suites(context: &mut SslContextBuilder, rules: &Rules) -> Result<(), Error> {
    for suite in rules.suites.iter().filter(|suite| !suite.is_1_3()) {
        let name = suite.name;
        context.set_cipher_list(suite.library).map_err(|_| {
            Error::ConfigurationWrong(format!(
                "the suite {name} needs a build with the feature `ssl3`"
            ))
        })?;
    }
    Ok(())
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

/// A server's group for Diffie-Hellman over integers: ffdhe2048 (RFC 7919
/// appendix A.1), as strong as the least that the profiles ask for. A context of
/// ours is without the library's own choice, which follows the certificate.
pub(crate) fn install_dh(context: &mut SslContextBuilder) -> Result<(), Error> {
    let prime = BigNum::from_hex_str(FFDHE2048)?;
    let group = Dh::from_pqg(prime, None, BigNum::from_u32(2)?)?;
    Ok(context.set_tmp_dh(&group)?)
}

const FFDHE2048: &str = "\
    FFFFFFFFFFFFFFFFADF85458A2BB4A9AAFDC5620273D3CF1D8B9C583CE2D3695\
    A9E13641146433FBCC939DCE249B3EF97D2FE363630C75D8F681B202AEC4617A\
    D3DF1ED5D5FD65612433F51F5F066ED0856365553DED1AF3B557135E7F57C935\
    984F0C70E0E68B77E2A689DAF3EFE8721DF158A136ADE73530ACCA4F483A797A\
    BC0AB182B324FB61D108A94BB2C8E3FBB96ADAB760D7F4681D4F42A3DE394DF4\
    AE56EDE76372BB190B07A7C8EE0A6D709E02FCE1CDF7E2ECC03404CD28342F61\
    9172FE9CE98583FF8E4F1232EEF28183C3FE3B1B4C6FAD733BB5FCBC2EC22005\
    C58EF1837D1683B2C6F34A26C1B2EFFA886B423861285C97FFFFFFFFFFFFFFFF";
