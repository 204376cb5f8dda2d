//! `rehome audit` as a user types it: what is printed, and the exit status (OMA DM
//! session security, sections 9.2 and B.2.1). What each row takes is the crate
//! `tls`'s to test.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::X509;
use serde_json::Value;
use tls::http::auth::{Authenticator, DigestAlgorithm, Offer};
use tls::http::header::WWW_AUTHENTICATE;
use tls::http::{Request, Response, Server, ServerLimits, StatusCode, Transport, serve};
use tls::{
    ClientConfig, ClientSettings, Credentials, PeerIdentity, Profile, Psk, PskKey, PskKeys,
    ServerConfig, ServerSettings,
};
use tokio::runtime::Runtime;

use crate::command::{Ran, rehome};

const PSK: &str = "urn:imei:490154203237518:000102030405060708090a0b0c0d0e0f";

struct OneKey;

impl PskKeys for OneKey {
    fn find(&self, identity: &[u8]) -> Option<PskKey> {
        (identity == b"urn:imei:490154203237518").then(|| PskKey {
            key: (0..16).collect::<Vec<u8>>().into(),
            client: PeerIdentity::new("the device"),
        })
    }
}

fn certified(key: PKey<Private>) -> Credentials {
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let (from, to) = ("20000101000000Z", "99991231235959Z");
    builder
        .set_not_before(&Asn1Time::from_str(from).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::from_str(to).unwrap())
        .unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    Credentials::new(&builder.build().to_der().unwrap(), &[], key).unwrap()
}

/// A server of the profile `dm` with these offers; it runs as long as both live.
fn server(offers: &[Offer]) -> (Runtime, Server) {
    let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let ec = PKey::from_ec_key(EcKey::generate(&curve).unwrap()).unwrap();
    let rsa = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let mut settings = ServerSettings::new(Profile::Dm, vec![certified(ec), certified(rsa)]);
    settings.keys = Some(Arc::new(OneKey));
    let transport = Transport::Tls(ServerConfig::of(&settings).unwrap());
    let authenticator = Authenticator::new("dm", offers, Duration::from_secs(300)).unwrap();
    let authenticator = Arc::new(authenticator);
    let handler = move |request: Request| {
        let judged = authenticator.read(&request).unwrap().and_then(|claim| {
            let judged = authenticator.judge(claim, Some(b"a:secret"), &request);
            judged.unwrap()
        });
        let mut response = Response::new(StatusCode::OK);
        if let Err(denied) = judged {
            response.status = StatusCode::UNAUTHORIZED;
            let fields = denied.challenges.into_iter();
            response
                .headers
                .extend(fields.map(|value| (WWW_AUTHENTICATE, value)));
        }
        async move { response }
    };
    let runtime = Runtime::new().unwrap();
    let server = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        serve(listener, transport, ServerLimits::default(), handler).unwrap()
    });
    (runtime, server)
}

fn audit(server: &Server, more: &[&str]) -> Ran {
    let url = format!("https://{}/dm", server.address());
    rehome(&[&["audit", &url], more].concat())
}

const MD5: Offer = Offer::Digest(DigestAlgorithm::Md5);

#[test]
fn a_server_that_has_all_of_it() {
    let (_runtime, server) = server(&[MD5, Offer::Basic]);
    let ran = audit(&server, &["--psk", PSK, "--login", "device:a:secret"]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.stdout, ran.stderr);
    for wanted in [
        "B.2.1:1  DM-SEC-S-001-M  M pass Support for Basic Authentication Schema\n",
        "         TLSv1.2 TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256 taken\n",
        "B.2.1:4  DM-SEC-C-004-M  M pass ",
        "         login by Digest: status 200\n",
        "\n         n/a because: SSL 3.0 is not supported\n",
        "\nmandatory: 11 pass, 0 fail, 0 n/a\noptional: 2 pass, 1 fail, 1 n/a\n",
    ] {
        assert!(ran.stdout.contains(wanted), "no {wanted:?}\n{}", ran.stdout);
    }
    assert_eq!(ran.stderr, "");
}

#[test]
fn a_mandatory_row_that_fails_is_the_exit_status() {
    let (_runtime, server) = server(&[Offer::Basic]);
    let ran = audit(&server, &["--json", "--psk", PSK]);
    assert_eq!(ran.status, Some(1), "{}{}", ran.stdout, ran.stderr);
    let object: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(object["failed"], true);
    assert_eq!(object["sums"]["M"]["fail"], 1);
    let rows = object["rows"].as_array().unwrap();
    let failed = rows.iter().filter(|row| row["result"] == "fail");
    let mut failed = failed.filter(|row| row["requirement"] == "M");
    let row = failed.next().unwrap();
    assert_eq!(row["item"], "DM-SEC-S-002-M");
    assert_eq!((&row["table"], &row["line"]), (&"B.2.1".into(), &2.into()));
    assert_eq!(row["evidence"][0], "POST without a login: 401, basic");
    assert_eq!(row["reason"], Value::Null);
    assert!(failed.next().is_none());
    let none = rows.iter().find(|row| row["result"] == "n/a").unwrap();
    assert_eq!(none["reason"], "SSL 3.0 is not supported");
}

#[test]
fn a_target_that_is_not_there_and_arguments_that_can_not_be() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    drop(listener);
    for more in [&[][..], &["--json"]] {
        let ran = rehome(&[&["audit", &url], more].concat());
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""));
        assert!(ran.stderr.contains("was not reachable"), "{}", ran.stderr);
    }
    for (wrong, word) in [
        (&["http://localhost/"][..], "https://HOST:PORT/PATH"),
        (&[&url, "--psk", "5ec4e7"], "--psk wants ID:HEX"),
        (&[&url, "--psk", "a:5ec4e7x"], "--psk wants ID:HEX"),
        (&[&url, "--login", "5ec4e7"], "--login wants USER:SECRET"),
        (&[&url, "--client-cert", "x.pem"], "--client-key"),
    ] {
        let ran = rehome(&[&["audit"], wrong].concat());
        assert_eq!(ran.status, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains(word), "{}", ran.stderr);
        assert!(!ran.stderr.contains("5ec4e7"), "{}", ran.stderr);
    }
}

#[test]
fn a_client_that_comes_again_and_again() {
    let line = ["audit", "--client", "--listen", "127.0.0.1:0", "--psk", PSK];
    let mut child = Command::new(env!("CARGO_BIN_EXE_rehome"))
        .args(line)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = told.next().unwrap().unwrap();
    let address = first.strip_prefix("listening on ").unwrap().to_owned();
    let mut settings = ClientSettings::new(Profile::Dm);
    let key = (0..16).collect::<Vec<u8>>().into();
    let server = PeerIdentity::new("the server");
    settings.psk = Some(Psk::new(b"urn:imei:490154203237518", key, server).unwrap());
    let config = ClientConfig::of(&settings).unwrap();
    let runtime = Runtime::new().unwrap();
    runtime.spawn(async move {
        loop {
            let tcp = tokio::net::TcpStream::connect(&address).await.unwrap();
            let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
            // It says nothing in HTTP.
            drop(tls::connect(&config, tcp, "localhost", deadline).await);
        }
    });
    let told: Vec<String> = told.map(Result::unwrap).collect();
    let waiting = "waiting for the client: DM-SEC-C-008-M Support of TLS1.1".to_owned();
    assert!(told.contains(&waiting), "{told:?}");
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    for wanted in [
        "B.1.1:1  DM-SEC-C-001-M  M fail ",
        "B.1.1:4  DM-SEC-C-004-M  M pass ",
        "B.1.1:8  DM-SEC-C-008-M  M pass Support of TLS1.1\n",
        "B.1.1:14 DM-SEC-C-014-M  M pass ",
    ] {
        assert!(text.contains(wanted), "no {wanted:?}\n{text}");
    }
}

#[test]
fn a_client_that_never_comes_and_a_site_without_anything() {
    let line = ["audit", "--client", "--listen", "127.0.0.1:0"];
    let ran = rehome(&[&line[..], &["--psk", PSK, "--patience", "1"]].concat());
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""));
    assert!(ran.stderr.contains("was not reachable"), "{}", ran.stderr);
    for (wrong, word) in [
        (&line[..], "a client is shown a --cert"),
        (&["audit", "--client"], "--listen"),
        (&["audit"], "<URL>"),
        (&[&line[..], &["--cert", "x"]].concat(), "its --key"),
    ] {
        let ran = rehome(wrong);
        assert_eq!(ran.status, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains(word), "{}", ran.stderr);
    }
}
