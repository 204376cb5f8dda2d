//! `rehome audit` at `rehome serve`: the program's own server in the profile `dm`
//! gives what docs/conformance/dm-security.md says (OMA DM session security, section
//! B.2.1).

use std::collections::BTreeMap;
use std::fs;

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::{X509, X509Name};
use serde_json::Value;

use super::certs::{ALWAYS, Issued, authority, now};
use super::node::{Server, text};
use crate::command::rehome;

const PAGE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/conformance/dm-security.md"
);
const DEVICE: &str = "urn:imei:490154203237518";
const KEY: &str = "000102030405060708090a0b0c0d0e0f";

/// A certificate for the loopback address and its authority's, its key, and its
/// status: files of the server.
fn certified(by: &Issued, key: &PKey<Private>) -> [Vec<u8>; 3] {
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("CN", "dm.rehome.test").unwrap();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(120, MsbOption::ONE, false).unwrap();
    let serial = Asn1Integer::from_bn(&serial).unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&name.build()).unwrap();
    let issuer = by.certificate.subject_name();
    builder.set_issuer_name(issuer).unwrap();
    let date = |text| Asn1Time::from_str(text).unwrap();
    builder.set_not_before(&date(ALWAYS.0)).unwrap();
    builder.set_not_after(&date(ALWAYS.1)).unwrap();
    builder.set_pubkey(key).unwrap();
    let context = builder.x509v3_context(None, None);
    let names = SubjectAlternativeName::new()
        .ip("127.0.0.1")
        .build(&context);
    builder.append_extension(names.unwrap()).unwrap();
    builder.sign(&by.key, MessageDigest::sha256()).unwrap();
    let leaf = builder.build();
    let chain = [leaf.to_pem().unwrap(), by.pem()].concat();
    let status = by.status(&leaf, now(), false);
    [chain, key.private_key_to_pem_pkcs8().unwrap(), status]
}

/// A server with all that the profile `dm` can have.
fn whole() -> Server {
    let mut server = Server::start();
    let authority = authority("authority");
    let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let ec = PKey::from_ec_key(EcKey::generate(&curve).unwrap()).unwrap();
    let [certificate, key, status] = certified(&authority, &ec);
    server.give_identity(&certificate, &key);
    server.put("dm.ocsp", &status);
    let rsa = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let files = certified(&authority, &rsa);
    for (name, content) in ["rsa.pem", "rsa.key", "rsa.ocsp"].iter().zip(&files) {
        server.put(name, content);
    }
    for (from, to) in [
        (
            "http_authentication = \"none\"",
            "http_authentication = \"digest-or-basic\"",
        ),
        ("# profile = \"3gpp\"", "profile = \"dm\""),
        ("# psk = false", "psk = true"),
        ("# staple =", "staple ="),
        (
            "# more = []",
            "more = [{ certificate = \"rsa.pem\", key = \"rsa.key\", staple = \"rsa.ocsp\" }]",
        ),
    ] {
        server.configure(from, to);
    }
    server.restart();
    let secret = server.put("psk.hex", KEY.as_bytes());
    let login = ["--login", "psk", "--login-name", DEVICE];
    let secret = ["--login-secret-file", text(&secret)];
    server.ok(&[&["account", "add", DEVICE], &login[..], &secret].concat());
    server
}

#[test]
fn the_audit_of_a_management_server_gives_what_the_page_says() {
    let server = whole();
    let url = server.url().replace("http://", "https://");
    let ran = rehome(&["audit", &url, "--json", "--psk", &format!("{DEVICE}:{KEY}")]);
    assert_eq!(ran.status, Some(0), "{}{}", ran.stdout, ran.stderr);
    let object: Value = serde_json::from_str(&ran.stdout).unwrap();
    let mut found = BTreeMap::new();
    for row in object["rows"].as_array().unwrap() {
        let of = |name: &str| row[name].as_str().unwrap().to_owned();
        // Each says item, requirement, result and evidence, and why it has none.
        assert!(!of("item").is_empty() && !of("requirement").is_empty());
        let is_none = of("result") == "n/a";
        let reason = row["reason"].as_str().unwrap_or_default();
        assert_eq!(is_none, !reason.is_empty(), "{row}");
        assert!(
            is_none || !row["evidence"].as_array().unwrap().is_empty(),
            "{row}"
        );
        found.insert(format!("{}:{}", of("table"), row["line"]), of("result"));
    }
    assert_eq!(found, of_page());
}

/// Row and result in the page's part about the server of the default build.
fn of_page() -> BTreeMap<String, String> {
    let page = fs::read_to_string(PAGE).unwrap();
    let part = page.split("<!-- server, default build -->").nth(1).unwrap();
    let part = part.split("<!-- end -->").next().unwrap();
    let rows = part.lines().filter_map(|line| line.strip_prefix("| "));
    let rows = rows.filter(|row| row.contains(':'));
    rows.map(|row| {
        let cells: Vec<&str> = row.split(" | ").collect();
        let result = cells[4].trim_matches('*').split(':').next().unwrap();
        (cells[0].to_owned(), result.to_owned())
    })
    .collect()
}
