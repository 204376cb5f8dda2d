//! Builds without the feature `ssl3` have no SSL 3.0, no RC4 and no 3DES, neither
//! in this crate nor in the library below it (RFC 7568, RFC 7465), and say which
//! feature is missing.

use openssl::ssl::{SslContext, SslMethod, SslVersion};
use tls::{ClientConfig, ClientSettings, Error, Profile, ServerConfig, ServerSettings};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::raw::Raw;
use crate::support::{World, tcp_pair, within};

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

/// The library takes SSL 3.0 as a bound in silence, and then has nothing to speak.
#[tokio::test]
async fn the_library_has_no_method_for_it() {
    within(async {
        let raw = || Raw::new().suites("ALL").only(SslVersion::SSL3);
        let (ours, mut theirs) = tcp_pair().await;
        let error = raw().connect(ours).await.map(drop).unwrap_err();
        assert!(error.contains("no protocols available"), "{error}");
        let mut sent = Vec::new();
        theirs.read_to_end(&mut sent).await.unwrap();
        // An alert at most, no hello.
        assert!(matches!(sent.as_slice(), [] | [21, ..]), "{sent:?}");
        let (ours, mut theirs) = tcp_pair().await;
        // A ClientHello of SSL 3.0 (RFC 6101 clause 5.6.1.2) with RC4 and 3DES.
        let mut hello = vec![22, 3, 0, 0, 47, 1, 0, 0, 43, 3, 0];
        hello.extend([7; 32]);
        hello.extend([0, 0, 4, 0x00, 0x05, 0x00, 0x0a, 1, 0]);
        hello[4] = u8::try_from(hello.len() - 5).unwrap();
        hello[8] = u8::try_from(hello.len() - 9).unwrap();
        theirs.write_all(&hello).await.unwrap();
        let world = World::new();
        assert!(
            raw()
                .showing(&world.server, &[])
                .accept(ours)
                .await
                .is_err()
        );
        let mut answer = Vec::new();
        // It may be a reset: the hello was never read.
        let _ = theirs.read_to_end(&mut answer).await;
        assert!(matches!(answer.as_slice(), [] | [21, ..]), "{answer:?}");
    })
    .await;
}

#[test]
fn the_library_has_none_of_the_suites() {
    let mut builder = SslContext::builder(SslMethod::tls()).unwrap();
    builder.set_security_level(0);
    for suite in ["RC4-SHA", "DES-CBC3-SHA", "PSK-3DES-EDE-CBC-SHA"] {
        assert!(builder.set_cipher_list(suite).is_err(), "{suite}");
    }
    assert!(builder.set_cipher_list("AES128-SHA").is_ok());
}
