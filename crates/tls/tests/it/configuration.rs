//! Configurations that can't be made, and names that can't be connected to
//! (TS 33.210 clause 6.2 for the strength of keys).

use openssl::nid::Nid;
use tls::{
    ClientAuthentication, Credentials, CustomProfile, Error, Profile, ServerConfig, Version,
};
use zeroize::Zeroizing;

use crate::support::certificates::{ALWAYS, ec, p256, rsa};
use crate::support::{World, client_config, deadline, shake, tcp_pair, within};

fn is_misuse<T>(result: Result<T, Error>) -> bool {
    matches!(result, Err(Error::ConfigurationWrong(_)))
}

#[test]
fn credentials_that_do_not_fit_together_are_refused() {
    let world = World::new();
    let leaf = world.server.der();
    assert!(is_misuse(Credentials::new(&leaf, &[], p256())));
    assert!(is_misuse(Credentials::new(b"no DER", &[], p256())));
    let key = world.server.key.clone();
    assert!(is_misuse(Credentials::new(
        &leaf,
        &[b"no DER".to_vec()],
        key
    )));
    for octets in [&b""[..], b"no DER", &leaf] {
        let key = Zeroizing::new(octets.to_vec());
        assert!(is_misuse(Credentials::from_pkcs8(&leaf, &[], &key)));
    }
}

#[test]
fn credentials_below_the_profiles_strength_are_refused() {
    let world = World::new();
    for key in [rsa(1024), ec(Nid::SECP224R1)] {
        let weak = world.authority.leaf_with("weak.example", key, ALWAYS);
        assert!(is_misuse(Credentials::new(&weak.der(), &[], weak.key)));
    }
    assert_eq!(Profile::default().name(), "3gpp");
}

/// With and without the feature.
#[test]
fn no_custom_profile_has_ssl_3_or_its_suites() {
    use Version::{Ssl3, Tls1_0, Tls1_2};
    let aes = "TLS_RSA_WITH_AES_128_CBC_SHA";
    let rc4 = "SSL_RSA_WITH_RC4_128_SHA";
    for (versions, suites, what) in [
        ((Ssl3, Tls1_2), vec![aes], "SSL 3.0"),
        ((Ssl3, Ssl3), vec![aes], "SSL 3.0"),
        ((Tls1_0, Tls1_2), vec![aes, rc4], rc4),
    ] {
        let error = CustomProfile::new(versions, suites, false).unwrap_err();
        let text = format!(
            "TLS configuration wrong: {what} is for the profile `dm` alone, in builds with \
             the feature `ssl3`"
        );
        assert_eq!(error.to_string(), text);
    }
    assert!(CustomProfile::new((Tls1_0, Tls1_2), [aes], false).is_ok());
}

#[tokio::test]
async fn a_key_from_pkcs8_serves() {
    within(async {
        let world = World::new();
        let key = Zeroizing::new(world.server.key.private_key_to_pkcs8().unwrap());
        let above = [world.authority.certificate.to_der().unwrap()];
        let credentials = Credentials::from_pkcs8(&world.server.der(), &above, &key).unwrap();
        let config = ServerConfig::new(Profile::ThreeGpp, &credentials, ClientAuthentication::None);
        let judge = world.authority.judge();
        let client = client_config(None, judge.clone());
        let (client, _server) = shake(&client, &config.unwrap()).await;
        client.unwrap();
        assert_eq!(judge.seen(), (world.server.der(), above.to_vec()));
    })
    .await;
}

#[tokio::test]
async fn names_that_are_no_hosts_are_not_connected_to() {
    within(async {
        let world = World::new();
        let long = "a".repeat(254);
        for name in [
            "",
            "a b",
            "host:443",
            "nul\0",
            ".x",
            "x.",
            "-x",
            "müller.example",
            &long,
        ] {
            let (ours, _theirs) = tcp_pair().await;
            let config = world.client_config();
            let error = tls::connect(&config, ours, name, deadline()).await;
            assert!(matches!(error, Err(Error::RequestInvalid(_))), "{name:?}");
        }
    })
    .await;
}
