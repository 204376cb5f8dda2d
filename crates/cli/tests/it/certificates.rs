//! `rehome certificate` against a node that `rehome serve` runs, and certificate
//! files of a management server renewed under its feet.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use openssl::x509::X509;
use serde_json::Value;

use crate::by_hand::{Node, operator, text};
use crate::command::{Ran, rehome};

struct Operator {
    node: Node,
    token: String,
}

impl Operator {
    fn run(&self, arguments: &[&str]) -> Ran {
        let api = self.node.api();
        let server = ["--operator", &api, "--token", &self.token];
        rehome(&[&["certificate"], arguments, &server].concat())
    }

    fn rows(&self) -> Vec<Value> {
        let ran = self.run(&["list", "--json"]);
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        let lines = ran.stdout.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// The leaf that a TLS server shows.
fn shown(at: &str) -> X509 {
    let mut connector = SslConnector::builder(SslMethod::tls()).unwrap();
    connector.set_verify(SslVerifyMode::NONE);
    let tcp = std::net::TcpStream::connect(at).unwrap();
    let stream = connector.build().connect("dpf", tcp).unwrap();
    stream.ssl().peer_certificate().unwrap()
}

fn file(path: &Path) -> X509 {
    X509::from_pem(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn certificates_are_listed_revoked_and_renewed() {
    let scratch = tempfile::tempdir().unwrap();
    let (config, token) = operator(scratch.path(), "001-01");
    let leaf = config.parent().unwrap().join("keys/dpf.pem");
    // `init` gives the leaf its responder.
    let urls = file(&leaf).ocsp_responders().unwrap();
    assert_eq!(
        &*urls[0].to_string(),
        "http://ocsp.mnc001.mcc001.rehome.test/"
    );
    let node = Node::start(&config);
    assert!(
        node.ready["ocsp"]
            .as_str()
            .unwrap()
            .starts_with("127.0.0.1:")
    );
    let dm = node.ready["dm"].as_str().unwrap().to_owned();
    let operator = Operator { node, token };
    let began = Instant::now();
    while operator.rows().len() < 8 {
        assert!(began.elapsed() < Duration::from_secs(60));
    }
    let dpf = |rows: &[Value]| -> Value {
        let row = rows.iter().find(|row| row["name"] == "dpf");
        row.unwrap().clone()
    };
    let old = dpf(&operator.rows());
    let serial = old["serial"].as_str().unwrap();
    let number = file(&leaf)
        .serial_number()
        .to_bn()
        .unwrap()
        .to_hex_str()
        .unwrap();
    assert_eq!(serial, number.to_lowercase());

    for (serial, reason, said, status) in [
        ("4242", "superseded", "unknown-certificate", 1),
        ("xyz", "superseded", "hex digits", 2),
        (serial, "boredom", "keyCompromise", 2),
        (
            serial,
            "certificateHold",
            "revocation-reason-unsupported",
            1,
        ),
    ] {
        let ran = operator.run(&["revoke", "--serial", serial, "--reason", reason]);
        assert_eq!(ran.status, Some(status), "{}", ran.stderr);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
    let ran = operator.run(&["revoke", "--serial", serial, "--reason", "keyCompromise"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert_eq!(dpf(&operator.rows())["revoked"]["reason"], "keyCompromise");
    let ran = operator.run(&["revoke", "--serial", serial, "--reason", "keyCompromise"]);
    assert!(
        ran.stderr.contains("certificate-revoked-before"),
        "{}",
        ran.stderr
    );

    let before = shown(&dm);
    let ran = operator.run(&["renew", "--new-key"]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let after = shown(&dm);
    assert_eq!(after.to_der().unwrap(), file(&leaf).to_der().unwrap());
    let spki = |x509: &X509| x509.public_key().unwrap().public_key_to_der().unwrap();
    assert_ne!(spki(&before), spki(&after));
    let listed = operator.run(&["list"]).stdout;
    assert_eq!(listed.lines().count(), 9, "{listed}");
    assert_eq!(listed.matches(" revoked ").count(), 1, "{listed}");
    let first = listed.lines().next().unwrap();
    let new = ran.stdout.split(' ').next().unwrap();
    assert!(first.starts_with(&format!("{new} dpf ")), "{listed}");
    assert!(text(&leaf).ends_with("dpf.pem"));
}

#[test]
fn a_length_of_time_that_is_none_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let (config, _) = operator(scratch.path(), "001-01");
    let good = fs::read_to_string(&config).unwrap();
    for (from, to, named) in [
        (
            "# dpf_validity = \"7d\"",
            "dpf_validity = \"7 days\"",
            "7 days",
        ),
        ("answers = \"1h\"", "answers = \"0h\"", "0h"),
        ("expired = \"revoked\"", "expired = \"ignored\"", "ignored"),
    ] {
        assert!(good.contains(from), "{from}");
        fs::write(&config, good.replace(from, to)).unwrap();
        let ran = rehome(&["serve", "--config", text(&config)]);
        assert_eq!(ran.status, Some(1), "{to}");
        assert!(ran.stderr.contains(named), "{to}: {}", ran.stderr);
    }
}
