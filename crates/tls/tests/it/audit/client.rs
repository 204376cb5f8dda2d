//! Clients under audit: our own in the profile `dm`, such with something missing,
//! and one by hand that takes anything (OMA DM session security, sections 9.2 and
//! B.1.1).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tls::audit::Audit;
use tls::http::auth::LoginScheme;
use tls::{CustomProfile, Profile, Version};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::client_faults::before;
use super::device::{Device, Stage, come, come_to, stage};
use super::{failed, row};
use crate::support::within;

pub(super) async fn audit(stage: &Stage) -> Audit {
    Audit::of_client(&stage.site, |_| {}).await.unwrap()
}

fn without(versions: (Version, Version)) -> Profile {
    let suites = Profile::Dm.suites().into_iter().map(|suite| suite.name);
    Profile::Custom(Arc::new(
        CustomProfile::new(versions, suites, false).unwrap(),
    ))
}

#[tokio::test]
async fn our_client_passes_and_each_fault_fails_the_rows_about_it() {
    within(async {
        let mut of_keys = Device::new(Profile::Dm);
        of_keys.has_x509 = false;
        for (device, fails) in [
            (Device::new(Profile::Dm), &[][..]),
            (Device::with(&[LoginScheme::Basic]), &["B.1.1:2"]),
            (Device::with(&[LoginScheme::Digest]), &["B.1.1:1"]),
            // One mode of the two is enough for row 4.
            (of_keys, &["B.1.1:3", "B.1.1:12"]),
            (
                Device::new(without((Version::Tls1_1, Version::Tls1_3))),
                &["B.1.1:5"],
            ),
            (
                Device::new(without((Version::Tls1_2, Version::Tls1_3))),
                &["B.1.1:5", "B.1.1:8"],
            ),
        ] {
            let stage = stage().await;
            let site = stage.site.listener.local_addr().unwrap();
            let (address, relay) = before(site, &[]).await;
            let client = come_to(&stage, &device, address, Vec::new());
            let audit = audit(&stage).await;
            client.abort();
            relay.abort();
            assert_eq!(failed(&audit), fails, "{audit:#?}");
            let mandatory = ["B.1.1:1", "B.1.1:3", "B.1.1:8"];
            let expected = fails.iter().any(|place| mandatory.contains(place));
            assert_eq!(audit.has_failed(), expected, "{fails:?}");
            let check = row(&audit, "B.1.1:14");
            assert_eq!(
                check,
                "pass: a ServerHello of version 2.0: alert protocol version (70)"
            );
            assert!(row(&audit, "text:1").starts_with("n/a (not to be seen"));
            assert!(row(&audit, "text:2").contains(" 0 with a CLIENT-HELLO"));
        }
    })
    .await;
}

/// Optional, and what builds without the feature `ssl3` don't have.
#[tokio::test]
async fn without_ssl_3_row_6_fails_and_row_7_does_not_apply() {
    within(async {
        let stage = stage().await;
        let client = come(&stage, &Device::new(Profile::Dm));
        let audit = audit(&stage).await;
        client.abort();
        assert_eq!(failed(&audit), ["B.1.1:6"], "{audit:#?}");
        assert!(!audit.has_failed());
        let ssl3 = row(&audit, "B.1.1:7");
        assert!(
            ssl3.starts_with("n/a (SSL 3.0 is not supported)")
                && ssl3.contains("suite 0x0005: alert protocol version"),
            "{ssl3}"
        );
    })
    .await;
}

/// A client that offers SSL 2.0 first, then a hello of TLS 1.0, and goes on with
/// whatever comes.
async fn reckless(address: SocketAddr) {
    let mut old = vec![0x80, 37, 1, 0, 2, 0, 12, 0, 0, 0, 16];
    old.extend([7; 28]);
    let mut hello = vec![22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 1];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0, 0x2f, 1, 0]);
    for hello in [old, hello] {
        let Ok(mut tcp) = TcpStream::connect(address).await else {
            return;
        };
        tcp.write_all(&hello).await.unwrap();
        let mut some = [0; 4096];
        if tcp.read(&mut some).await.is_ok_and(|count| count > 0) && some[0] == 22 {
            // ClientKeyExchange.
            let _ = tcp.write_all(&[22, 3, 1, 0, 4, 16, 0, 0, 0]).await;
            let _ = tcp.read(&mut some).await;
        }
    }
}

#[tokio::test]
async fn a_client_that_goes_on_with_anything_fails_the_checks() {
    within(async {
        let stage = stage().await;
        let address = stage.site.listener.local_addr().unwrap();
        let client = tokio::spawn(async move {
            loop {
                reckless(address).await;
            }
        });
        let audit = audit(&stage).await;
        client.abort();
        let check = row(&audit, "B.1.1:14");
        assert_eq!(
            check,
            "fail: a ServerHello of version 2.0: the client went on"
        );
        assert!(row(&audit, "text:2").starts_with("fail: "));
        assert!(row(&audit, "B.1.1:6").starts_with("pass: "));
        // No handshake of it was ever finished.
        assert!(row(&audit, "B.1.1:4").starts_with("fail: "));
        assert!(audit.has_failed());
    })
    .await;
}

#[tokio::test]
async fn nobody_comes() {
    within(async {
        let mut stage = stage().await;
        stage.site.patience = Duration::from_millis(200);
        let error = Audit::of_client(&stage.site, |_| {}).await.unwrap_err();
        assert_eq!(error.code(), "timeout");
    })
    .await;
}
