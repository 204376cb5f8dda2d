//! The DPF's leaf renewed while the node runs: connections go on, new handshakes
//! see the new leaf with a fresh answer about it, a failure keeps the old one.

use std::time::Duration;

use tls::TlsStream;
use tokens::RenewedKey;
use tokens::os::{self, OsRandom};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use trust::issue::Validity;

use super::{HANG, Setup, Site, connect, serial, shown, until};

const HOUR: Duration = Duration::from_secs(3600);

/// A request over an open connection; the status of its answer.
async fn exchange(stream: &mut TlsStream) -> String {
    let request = b"GET /nothing HTTP/1.1\r\nHost: d\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut octets = Vec::new();
    let mut answer = [0; 1024];
    while !octets.ends_with(b"}") {
        let read = timeout(HANG, stream.read(&mut answer)).await;
        let read = read.expect("the node is silent").unwrap();
        assert_ne!(read, 0, "the connection ended");
        octets.extend_from_slice(&answer[..read]);
    }
    String::from_utf8(octets[9..12].to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_goes_on_across_a_renewal() {
    let site = Site::new("across", Setup::default());
    let node = site.start().await;
    let old = site.read("dpf.pem");
    let (mut stream, first) = connect(&node).await;
    assert_eq!(first, serial(&old));
    assert_eq!(exchange(&mut stream).await, "404");
    let mut found = vec![old.clone()];
    for key in [RenewedKey::Same, RenewedKey::New] {
        let new = node.operator().renew_dpf(key).await.unwrap();
        assert_eq!(site.read("dpf.pem"), new);
        let same = new.public_key() == old.public_key();
        assert_eq!(same, key == RenewedKey::Same);
        assert_eq!(shown(&node).await, serial(&new));
        assert_eq!(exchange(&mut stream).await, "404");
        let page = node.operator().certificates(None, 1).await.unwrap();
        assert_eq!(page.certificates[0].serial, new.serial());
        assert_eq!(page.certificates[0].name, "dpf");
        found.push(new);
    }
    found.dedup();
    assert_eq!(found.len(), 3);
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaf_is_renewed_by_itself_when_a_third_is_left() {
    let setup = Setup {
        dpf_validity: Some(HOUR),
        ..Setup::default()
    };
    let site = Site::new("by-itself", setup);
    let before = site.read("dpf.pem");
    let node = site.start().await;
    // The one in the directory is longer than wanted.
    until(async || shown(&node).await != serial(&before)).await;
    let first = site.read("dpf.pem");
    assert_eq!(first.not_after().since(first.not_before()), HOUR);
    assert!(first.not_before() <= os::now());
    assert_eq!(first.public_key(), before.public_key());
    let left = first.not_after().since(os::now());
    // A minute before two thirds are over, and a minute after.
    site.set_ahead(left.as_secs() - 1200 - 60);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(shown(&node).await, serial(&first));
    site.set_ahead(left.as_secs() - 1200 + 60);
    until(async || shown(&node).await != serial(&first)).await;
    let second = site.read("dpf.pem");
    assert_eq!(shown(&node).await, serial(&second));
    assert!(second.not_after() > first.not_after());
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_that_fails_leaves_the_old_leaf() {
    let setup = Setup {
        dpf_validity: Some(HOUR),
        ..Setup::default()
    };
    let site = Site::new("fails", setup);
    let before = site.read("dpf.pem");
    let issuer = site.keys().join("issuer.key");
    let aside = site.scratch.path().join("aside.key");
    std::fs::rename(&issuer, &aside).unwrap();
    let node = site.start().await;
    let refused = node.operator().renew_dpf(RenewedKey::Same).await;
    assert_eq!(refused.unwrap_err().reason().code(), "key-file-missing");
    assert_eq!(shown(&node).await, serial(&before));
    assert_eq!(site.read("dpf.pem"), before);
    std::fs::rename(&aside, &issuer).unwrap();
    let new = node.operator().renew_dpf(RenewedKey::Same).await.unwrap();
    assert_eq!(shown(&node).await, serial(&new));
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaf_that_was_renewed_elsewhere_is_taken_from_its_file() {
    let site = Site::new("elsewhere", Setup::default());
    let node = site.start().await;
    let (mut stream, _) = connect(&node).await;
    let now = os::now();
    let validity = Validity::new(now.minus(HOUR), now.plus(HOUR)).unwrap();
    let place = site.place();
    place
        .renew_dpf(validity, RenewedKey::New, &mut OsRandom)
        .unwrap();
    let new = site.read("dpf.pem");
    until(async || shown(&node).await == serial(&new)).await;
    assert_eq!(exchange(&mut stream).await, "404");
    let page = node.operator().certificates(None, 1).await.unwrap();
    assert_eq!(page.certificates[0].serial, new.serial());
    // One that is over already, and a file that is none, are not taken.
    let over = Validity::new(now.minus(2 * HOUR), now.minus(HOUR)).unwrap();
    place
        .renew_dpf(over, RenewedKey::Same, &mut OsRandom)
        .unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(shown(&node).await, serial(&new));
    std::fs::write(site.keys().join("dpf.pem"), "nothing").unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(shown(&node).await, serial(&new));
    node.shutdown().await;
}
