//! Which group is agreed on, read from the ServerHello on the wire (RFC 8446
//! clauses 4.1.3 and 4.2.8; group numbers from IANA's registry).

use std::sync::Arc;

use openssl::ssl::SslVersion;
use tls::{
    ClientAuthentication, ClientConfig, ClientSettings, PeerIdentity, Profile, Psk, PskKey,
    PskKeys, ServerConfig, ServerSettings,
};
use zeroize::Zeroizing;

use crate::support::raw::Raw;
use crate::support::relay::{Tape, relay};
use crate::support::{HOST, World, deadline, within};

const X25519MLKEM768: u16 = 0x11ec;
const X25519: u16 = 0x001d;
const SECP256R1: u16 = 0x0017;
const SECP384R1: u16 = 0x0018;

const KEY_SHARE: u16 = 51;
const PRE_SHARED_KEY: u16 = 41;

/// The groups that the server's hellos name, a HelloRetryRequest's first.
fn agreed(tape: &Tape) -> Vec<u16> {
    let octets = tape.octets();
    let mut rest = octets.as_slice();
    let mut groups = Vec::new();
    while let [kind, _, _, high, low, tail @ ..] = rest {
        let (record, next) = tail.split_at(usize::from(u16::from_be_bytes([*high, *low])));
        if *kind == 22 && record[0] == 2 {
            groups.extend(group_of_hello(record));
        }
        rest = next;
    }
    groups
}

/// Whether the server's last hello takes a pre-shared key.
fn takes_key(tape: &Tape) -> bool {
    let octets = tape.octets();
    let mut rest = octets.as_slice();
    let mut takes = false;
    while let [kind, _, _, high, low, tail @ ..] = rest {
        let (record, next) = tail.split_at(usize::from(u16::from_be_bytes([*high, *low])));
        if *kind == 22 && record[0] == 2 {
            takes = extension(record, PRE_SHARED_KEY).is_some();
        }
        rest = next;
    }
    takes
}

fn group_of_hello(hello: &[u8]) -> Option<u16> {
    let share = extension(hello, KEY_SHARE)?;
    Some(u16::from_be_bytes([share[0], share[1]]))
}

fn extension(hello: &[u8], wanted: u16) -> Option<&[u8]> {
    let number = |at: &[u8]| u16::from_be_bytes([at[0], at[1]]);
    let session_id = usize::from(hello[4 + 2 + 32]);
    // After the session id: suite, compression, length of the extensions.
    let mut rest = &hello[4 + 2 + 32 + 1 + session_id + 2 + 1 + 2..];
    while !rest.is_empty() {
        let (kind, length) = (number(rest), usize::from(number(&rest[2..])));
        if kind == wanted {
            return Some(&rest[4..4 + length]);
        }
        rest = &rest[4 + length..];
    }
    None
}

async fn with_client(raw: Raw, config: &ServerConfig) -> Vec<u16> {
    let (client, server, tape) = relay().await;
    let raw = raw.only(SslVersion::TLS1_3);
    let (client, server) =
        tokio::join!(raw.connect(client), tls::accept(config, server, deadline()));
    client.unwrap();
    server.unwrap();
    agreed(&tape)
}

#[tokio::test]
async fn both_of_ours_agree_on_the_hybrid_group_at_once() {
    within(async {
        let world = World::new();
        let (client, server, tape) = relay().await;
        let (server_config, client_config) = (world.strict_server(), world.client_config());
        let (client, server) = tokio::join!(
            tls::connect(&client_config, client, HOST, deadline()),
            tls::accept(&server_config, server, deadline())
        );
        client.unwrap();
        server.unwrap();
        assert_eq!(agreed(&tape), [X25519MLKEM768]);
    })
    .await;
}

struct OneKey;

impl PskKeys for OneKey {
    fn find(&self, _: &[u8]) -> Option<PskKey> {
        Some(PskKey {
            key: Zeroizing::new(vec![7; 16]),
            client: PeerIdentity::new("the device"),
        })
    }
}

/// In `dm` as in `3gpp`; with a pre-shared key as with a certificate: psk_dhe_ke,
/// RFC 8446 clause 4.2.9.
#[tokio::test]
async fn each_profile_with_tls_1_3_prefers_the_hybrid_group() {
    within(async {
        let world = World::new();
        for profile in [Profile::ThreeGpp, Profile::Dm] {
            for with_key in [false, true] {
                let own = vec![world.server.credentials(&[])];
                let mut settings = ServerSettings::new(profile.clone(), own);
                settings.keys = with_key.then(|| Arc::new(OneKey) as Arc<dyn PskKeys>);
                let server = ServerConfig::of(&settings).unwrap();
                let mut settings = ClientSettings::new(profile.clone());
                if with_key {
                    let key = Zeroizing::new(vec![7; 16]);
                    let peer = PeerIdentity::new("the server");
                    settings.psk = Some(Psk::new(b"device", key, peer).unwrap());
                } else {
                    settings.verifier = Some(world.authority.judge());
                }
                let client = ClientConfig::of(&settings).unwrap();
                let (ours, theirs, tape) = relay().await;
                let (ours, theirs) = tokio::join!(
                    tls::connect(&client, ours, HOST, deadline()),
                    tls::accept(&server, theirs, deadline())
                );
                assert_eq!(ours.unwrap().version(), "TLSv1.3");
                theirs.unwrap();
                assert_eq!(agreed(&tape), [X25519MLKEM768], "{}", profile.name());
                assert_eq!(takes_key(&tape), with_key, "{}", profile.name());
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_server_asks_for_the_hybrid_group_where_the_client_has_it() {
    within(async {
        let world = World::new();
        let config = world.server_config(ClientAuthentication::None);
        for (offered, groups) in [
            (
                "X25519:X25519MLKEM768",
                &[X25519MLKEM768, X25519MLKEM768][..],
            ),
            ("P-521:P-384:X25519", &[X25519, X25519]),
            ("X25519", &[X25519]),
            ("P-256", &[SECP256R1]),
            ("P-384", &[SECP384R1]),
        ] {
            let agreed = with_client(Raw::new().groups(offered), &config).await;
            assert_eq!(agreed, groups, "{offered}");
        }
    })
    .await;
}
