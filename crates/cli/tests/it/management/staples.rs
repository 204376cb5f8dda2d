//! The status of a management server's certificate from a file, in its handshakes
//! (RFC 6066 clause 8): what is sent, and what is no answer about it.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode, StatusType};

use super::certs::{Issued, Leaf, authority, now};
use super::node::{Server, prepared, text};
use crate::command::rehome;

const HANG: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

fn leaf(authority: &Issued) -> Issued {
    authority.leaf(&Leaf {
        host: Some("dm.rehome.test"),
        for_clients: false,
        ..Leaf::default()
    })
}

/// The leaf and the staple that a client of the library gets, in PEM and DER.
fn shown(server: &Server) -> (Vec<u8>, Option<Vec<u8>>) {
    let mut connector = SslConnector::builder(SslMethod::tls_client()).unwrap();
    connector.set_verify(SslVerifyMode::NONE);
    let mut asking = connector.build().configure().unwrap();
    asking.set_status_type(StatusType::OCSP).unwrap();
    let tcp = TcpStream::connect(server.address()).unwrap();
    tcp.set_read_timeout(Some(HANG)).unwrap();
    let stream = asking.connect("dm.rehome.test", tcp).unwrap();
    let leaf = stream.ssl().peer_certificate().unwrap();
    let staple = stream.ssl().ocsp_status().map(<[u8]>::to_vec);
    (leaf.to_pem().unwrap(), staple)
}

fn wait_for(server: &Server, wanted: &(Vec<u8>, Option<Vec<u8>>)) {
    let began = Instant::now();
    while shown(server) != *wanted {
        assert!(began.elapsed() < HANG, "the renewed files are not taken");
        sleep(Duration::from_millis(100));
    }
}

#[test]
fn the_answer_of_the_file_is_stapled_while_it_is_current_and_with_its_certificate() {
    let mut server = Server::start();
    let authority = authority("authority");
    let (old, new) = (leaf(&authority), leaf(&authority));
    let chain = |leaf: &Issued| [leaf.pem(), authority.pem()].concat();
    let status = |leaf: &Issued| authority.status(&leaf.certificate, now(), false);
    let first = status(&old);
    server.give_identity(&chain(&old), &old.key_pem());
    server.put("dm.ocsp", &first);
    server.configure("# staple =", "staple =");
    server.restart();
    assert_eq!(shown(&server), (old.pem(), Some(first.clone())));
    // One of yesterday ends an hour later: nothing is sent.
    let late = authority.status(&old.certificate, now().minus(DAY), false);
    server.put("dm.ocsp", &late);
    wait_for(&server, &(old.pem(), None));
    // So is one of tomorrow.
    let early = authority.status(&old.certificate, now().plus(DAY), false);
    server.put("dm.ocsp", &early);
    sleep(Duration::from_secs(5));
    assert_eq!(shown(&server), (old.pem(), None));
    // A certificate is taken with a status that is its own, not before.
    server.put("dm.ocsp", &first);
    wait_for(&server, &(old.pem(), Some(first.clone())));
    server.give_identity(&chain(&new), &new.key_pem());
    sleep(Duration::from_secs(5));
    assert_eq!(shown(&server), (old.pem(), Some(first)));
    let second = status(&new);
    server.put("dm.ocsp", &second);
    wait_for(&server, &(new.pem(), Some(second)));
}

/// What a server says that does not start.
fn refusal(config: &Path, chain: &[u8], key: &[u8], staple: &[u8]) -> String {
    let dir = config.parent().unwrap();
    fs::write(dir.join("dm.pem"), chain).unwrap();
    fs::write(dir.join("dm.ocsp"), staple).unwrap();
    let _ = fs::remove_file(dir.join("dm.key"));
    tokens::key_file::create(&dir.join("dm.key"), key).unwrap();
    let ran = rehome(&["serve", "--config", text(config)]);
    assert_eq!(ran.status, Some(1), "{}", ran.stdout);
    ran.stderr
}

#[test]
fn a_file_that_is_no_answer_about_the_certificate_is_refused() {
    let (_scratch, config, _) = prepared();
    let settings = fs::read_to_string(&config).unwrap();
    let staple_alone = settings
        .replace("# [dm.tls]", "[dm.tls]")
        .replace("# staple =", "staple =");
    let both = staple_alone
        .replace("# certificate =", "certificate =")
        .replace("# key =", "key =");
    fs::write(&config, &both).unwrap();
    let ours = authority("authority");
    // The same name with another key.
    let other = authority("authority");
    let (own, another) = (leaf(&ours), leaf(&ours));
    let chain = [own.pem(), ours.pem()].concat();
    let good = ours.status(&own.certificate, now(), false);
    let elsewhere = ours.status(&another.certificate, now(), false);
    let forged = other.status(&own.certificate, now(), false);
    let endless = ours.status(&own.certificate, now(), true);
    // The shortest answer of RFC 6960 clause 4.2.1: tryLater.
    let try_later = [0x30, 3, 10, 1, 3];
    for (chain, staple, wanted) in [
        (&chain, &b"nothing"[..], "no OCSP answer in DER"),
        (&chain, &try_later, "an OCSP error instead of an answer"),
        (&chain, &elsewhere, "an answer about another certificate"),
        (&chain, &forged, "not signed by the certificate's issuer"),
        (&chain, &endless, "an answer without nextUpdate"),
        (&own.pem(), &good, "the issuer has to follow the leaf"),
    ] {
        let told = refusal(&config, chain, &own.key_pem(), staple);
        assert!(told.contains(wanted), "{wanted}: {told}");
        assert!(told.contains("dm.ocsp"), "{told}");
    }
    fs::write(&config, &staple_alone).unwrap();
    let told = refusal(&config, &chain, &own.key_pem(), &good);
    assert!(told.contains("a staple without a certificate"), "{told}");
}
