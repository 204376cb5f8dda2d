//! Builds without the feature `ssl3` have no SSL 3.0, no RC4 and no 3DES, neither
//! in this crate nor in the library below it (RFC 7568, RFC 7465), and say which
//! feature is missing.

use openssl::ssl::{SslContext, SslMethod, SslVersion};
use tls::{ClientConfig, ClientSettings, Error, Profile, ServerConfig, ServerSettings};

use crate::support::World;

#[test]
fn a_configuration_that_asks_for_it_is_told_the_feature() {
    let world = World::new();
    let credentials = vec![world.server.credentials(&[])];
    let server = ServerConfig::of(&ServerSettings::new(Profile::DmSsl3, credentials));
    let mut settings = ClientSettings::new(Profile::DmSsl3);
    settings.verifier = Some(world.authority.judge());
    let client = ClientConfig::of(&settings);
    let text = "TLS configuration wrong: SSL 3.0 needs a build with the feature `ssl3`";
    for error in [server.map(drop), client.map(drop)] {
        assert_eq!(
            error.map_err(|error: Error| error.to_string()),
            Err(text.into())
        );
    }
}

/// `SSL_CTX_set_max_proto_version` refuses a version that was left out of the
/// library; a least version below all that it has is raised in silence.
#[test]
fn the_library_has_neither_the_version_nor_the_suites() {
    let mut builder = SslContext::builder(SslMethod::tls()).unwrap();
    builder.set_security_level(0);
    assert!(
        builder
            .set_max_proto_version(Some(SslVersion::SSL3))
            .is_err()
    );
    assert!(
        builder
            .set_max_proto_version(Some(SslVersion::TLS1))
            .is_ok()
    );
    for suite in ["RC4-SHA", "DES-CBC3-SHA", "PSK-3DES-EDE-CBC-SHA"] {
        assert!(builder.set_cipher_list(suite).is_err(), "{suite}");
    }
    assert!(builder.set_cipher_list("AES128-SHA").is_ok());
}
