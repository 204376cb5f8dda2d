//! Which certificate is judged, how often, and what plays no part in it
//! (RFC 8446 clause 4.4.2: the sender's certificate comes first).

use std::sync::Arc;

use openssl::ssl::SslVersion;
use openssl::x509::X509;
use tls::{ClientAuthentication, Error, PeerIdentity};
use tokio::io::AsyncReadExt;

use crate::support::certificates::{Authority, Issued, p256};
use crate::support::judge::{Judge, Says};
use crate::support::raw::Raw;
use crate::support::{World, deadline, tcp_pair, within};

/// Our server's answer to a client that shows `client` and `above`.
async fn judged(
    world: &World,
    judge: &Arc<Judge>,
    version: SslVersion,
    client: &Issued,
    above: &[&X509],
) -> Result<PeerIdentity, Error> {
    let config = world.server_config(ClientAuthentication::Required(judge.clone()));
    let (ours, theirs) = tcp_pair().await;
    let raw = Raw::new().only(version).showing(client, above);
    // It takes its tickets, and leaves when the server does.
    let client = async {
        if let Ok(mut stream) = raw.connect(theirs).await {
            let _ = stream.read_u8().await;
        }
    };
    let server = async {
        let stream = tls::accept(&config, ours, deadline()).await?;
        Ok(stream.peer().unwrap().clone())
    };
    tokio::join!(client, server).1
}

const BOTH: [SslVersion; 2] = [SslVersion::TLS1_2, SslVersion::TLS1_3];

#[tokio::test]
async fn the_first_certificate_is_judged_once_whatever_else_is_sent() {
    within(async {
        let world = World::new();
        let anchor = &world.authority.certificate;
        let other = Authority::new("other");
        let namesake = Authority::new("authority");
        let others_leaf = other.leaf("victim.example").certificate;
        let more: Vec<_> = (0..20)
            .map(|_| Authority::new("more").certificate)
            .collect();
        let more: Vec<_> = more.iter().collect();
        let sent: [(&[&X509], &[&X509]); 6] = [
            (&[], &[]),
            (&[anchor], &[anchor]),
            (&[&other.certificate, anchor], &[anchor]),
            (&[&others_leaf, &other.certificate], &[]),
            (&[&namesake.certificate], &[&namesake.certificate]),
            (&more, &[]),
        ];
        for version in BOTH {
            for (above, chain) in sent {
                let judge = world.authority.judge();
                let peer = judged(&world, &judge, version, &world.client, above).await;
                assert_eq!(peer.unwrap().name(), "peer.example");
                assert_eq!(judge.calls(), 1);
                let chain: Vec<_> = chain.iter().map(|one| one.to_der().unwrap()).collect();
                assert_eq!(judge.seen(), (world.client.der(), chain));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn somebody_elses_certificate_sent_along_helps_nobody() {
    within(async {
        let world = World::new();
        let thief = Authority::new("thief").leaf("thief.example");
        let mimic = Authority::new("authority").leaf("peer.example");
        let anchor = &world.authority.certificate;
        let victim = &world.client.certificate;
        for version in BOTH {
            for shown in [&thief, &mimic] {
                for above in [&[victim][..], &[victim, anchor], &[anchor, victim]] {
                    let judge = world.authority.judge();
                    let refused = judged(&world, &judge, version, shown, above).await;
                    assert_eq!(refused.unwrap_err().code(), "certificate-chain-invalid");
                    assert_eq!(judge.calls(), 1);
                    assert_eq!(judge.seen().0, shown.der());
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_system_clock_plays_no_part() {
    within(async {
        let world = World::new();
        for dates in [
            ("19990101000000Z", "19991231235959Z"),
            ("29990101000000Z", "29991231235959Z"),
        ] {
            let client = world.authority.leaf_with("peer.example", p256(), dates);
            for version in BOTH {
                let judge = world.authority.judge();
                let anchor = &world.authority.certificate;
                let old = &world.authority.renewed(dates);
                let peer = judged(&world, &judge, version, &client, &[old, anchor]).await;
                assert_eq!(peer.unwrap().name(), "peer.example");
                // By the clock the second would be the better issuer.
                assert_eq!(judge.seen().1, [old.to_der().unwrap()]);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_unknown_issuer_is_the_verifiers_business() {
    within(async {
        let world = World::new();
        let yes = || Ok(PeerIdentity::new("whoever"));
        let config = world.server_config(ClientAuthentication::Required(Arc::new(Says(yes))));
        let stranger = Authority::new("stranger");
        let leaf = stranger.leaf("stranger.example");
        let above = &stranger.certificate;
        for version in BOTH {
            for above in [&[][..], &[above]] {
                let (ours, theirs) = tcp_pair().await;
                let raw = Raw::new().only(version).showing(&leaf, above);
                let (_client, server) =
                    tokio::join!(raw.connect(theirs), tls::accept(&config, ours, deadline()));
                let peer = server.unwrap().peer().unwrap().clone();
                assert_eq!(
                    (peer.name(), peer.leaf()),
                    ("whoever", leaf.der().as_slice())
                );
            }
        }
    })
    .await;
}
