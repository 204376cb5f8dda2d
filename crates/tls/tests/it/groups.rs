//! Which group is agreed on, read from the ServerHello on the wire (RFC 8446
//! clauses 4.1.3 and 4.2.8; group numbers from IANA's registry).

use openssl::ssl::SslVersion;
use tls::{ClientAuthentication, ServerConfig};

use crate::support::raw::Raw;
use crate::support::relay::{Tape, relay};
use crate::support::{HOST, World, deadline, within};

const X25519MLKEM768: u16 = 0x11ec;
const X25519: u16 = 0x001d;
const SECP256R1: u16 = 0x0017;
const SECP384R1: u16 = 0x0018;

const KEY_SHARE: u16 = 51;

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

fn group_of_hello(hello: &[u8]) -> Option<u16> {
    let number = |at: &[u8]| u16::from_be_bytes([at[0], at[1]]);
    let session_id = usize::from(hello[4 + 2 + 32]);
    // After the session id: suite, compression, length of the extensions.
    let mut rest = &hello[4 + 2 + 32 + 1 + session_id + 2 + 1 + 2..];
    while !rest.is_empty() {
        let (kind, length) = (number(rest), usize::from(number(&rest[2..])));
        if kind == KEY_SHARE {
            return Some(number(&rest[4..]));
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
