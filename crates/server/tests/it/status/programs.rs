//! The responder, its list and the staples, as `openssl` and `curl` see them.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use server::operator::OperatorNode;
use tokens::RenewedKey;
use tre::KeyKind;
use trust::RevocationReason;
use trust::ocsp::Request;

use super::{HANG, Setup, Site, get, serial, talk, until};
use crate::world::{SHO, domain};

/// The program on the PATH; `None` if the test is to be skipped.
fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|file| file.is_file());
    let ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    assert!(found.is_some() || !ci, "{name} is not on PATH");
    if found.is_none() {
        eprintln!("SKIPPED: no {name} on PATH, so nothing independent was asked");
    }
    found
}

/// Runs a program to its end; whether it succeeded, and all that it printed.
async fn run(program: &OsStr, line: &[&str]) -> (bool, String) {
    let mut command = Command::new(program);
    command.args(line).stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output());
    let output = tokio::time::timeout(HANG, output).await;
    let output = output.expect("the program hangs").unwrap().unwrap();
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    let printed = text(&output.stdout) + &text(&output.stderr);
    (output.status.success(), printed)
}

/// What `openssl ocsp` says of a certificate: with a nonce, by POST.
async fn asked(openssl: &OsStr, site: &Site, node: &OperatorNode, which: &[&str]) -> String {
    let anchor = site.keys().join("anchor.pem");
    let anchor = anchor.to_str().unwrap();
    let url = format!("http://{}/", node.ocsp_address().unwrap());
    let line = ["ocsp", "-issuer", anchor, "-CAfile", anchor, "-url", &url];
    let (done, said) = run(openssl, &[&line, which].concat()).await;
    assert!(done, "{said}");
    assert!(said.contains("Response verify OK"), "{said}");
    // It warns when the nonce that it sent is not in the answer.
    assert!(!said.contains("WARNING"), "{said}");
    said
}

async fn openssl_asks(name: &str, kind: KeyKind) {
    let Some(openssl) = find("openssl") else {
        return;
    };
    let openssl = openssl.as_os_str();
    let setup = Setup {
        kind,
        ..Setup::default()
    };
    let site = Site::new(name, setup);
    let node = site.start().await;
    let file = site.keys().join("dpf.pem");
    let file = file.to_str().unwrap();
    let said = asked(openssl, &site, &node, &["-cert", file]).await;
    assert!(said.contains("dpf.pem: good"), "{said}");
    let said = asked(openssl, &site, &node, &["-serial", "0x4242"]).await;
    assert!(said.contains("0x4242: unknown"), "{said}");
    let leaf = site.read("dpf.pem");
    let reason = RevocationReason::KeyCompromise;
    let operator = node.operator();
    operator
        .revoke_certificate(leaf.serial(), reason)
        .await
        .unwrap();
    let said = asked(openssl, &site, &node, &["-cert", file]).await;
    assert!(said.contains("dpf.pem: revoked"), "{said}");
    assert!(said.contains("Reason: keyCompromise"), "{said}");
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_asks_with_a_nonce() {
    openssl_asks("openssl", KeyKind::EcP256).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_asks_a_responder_with_an_rsa_key() {
    openssl_asks("openssl-rsa", KeyKind::Rsa).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_gets_the_answer_that_openssl_reads() {
    let (Some(curl), Some(openssl)) = (find("curl"), find("openssl")) else {
        return;
    };
    let site = Site::new("curl", Setup::default());
    let node = site.start().await;
    let question: Request = site.question(site.read("dpf.pem").serial(), None);
    let path = question.to_path().unwrap().unwrap();
    let url = format!("http://{}/{path}", node.ocsp_address().unwrap());
    let answer = site.scratch.path().join("answer.der");
    let answer = answer.to_str().unwrap();
    let line = ["-sS", "--fail", "--noproxy", "*", "-o", answer, "-w"];
    let show = "%{http_code} %{content_type}";
    let (done, said) = run(curl.as_os_str(), &[&line[..], &[show, &url]].concat()).await;
    assert!(done, "{said}");
    assert_eq!(said, "200 application/ocsp-response");
    let (anchor, leaf) = (site.keys().join("anchor.pem"), site.keys().join("dpf.pem"));
    let (anchor, leaf) = (anchor.to_str().unwrap(), leaf.to_str().unwrap());
    let line = [
        "ocsp", "-respin", answer, "-issuer", anchor, "-CAfile", anchor,
    ];
    let (done, said) = run(openssl.as_os_str(), &[&line[..], &["-cert", leaf]].concat()).await;
    assert!(done && said.contains("Response verify OK"), "{said}");
    assert!(said.contains("dpf.pem: good"), "{said}");
    assert!(said.contains("Next Update:"), "{said}");
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_reads_the_revocation_list() {
    let Some(openssl) = find("openssl") else {
        return;
    };
    let site = Site::new("crl", Setup::default());
    let node = site.start().await;
    let at = node.ocsp_address().unwrap();
    let file = site.scratch.path().join("list.der");
    let anchor = site.keys().join("anchor.pem");
    let line = [
        "crl",
        "-inform",
        "DER",
        "-noout",
        "-text",
        "-in",
        file.to_str().unwrap(),
        "-CAfile",
        anchor.to_str().unwrap(),
    ];
    let leaf = site.read("dpf.pem");
    let mut before = String::new();
    for revoked in [false, true] {
        if revoked {
            let reason = RevocationReason::Superseded;
            let operator = node.operator();
            operator
                .revoke_certificate(leaf.serial(), reason)
                .await
                .unwrap();
        }
        let answer = talk(at, &get("/crl", "")).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.field("content-type"), Some("application/pkix-crl"));
        assert!(
            answer
                .field("cache-control")
                .unwrap()
                .starts_with("max-age=")
        );
        std::fs::write(&file, &answer.body).unwrap();
        let (done, said) = run(openssl.as_os_str(), &line).await;
        assert!(done && said.contains("verify OK"), "{said}");
        let listed = said.to_lowercase().contains(&serial(&leaf));
        assert_eq!(listed, revoked, "{said}");
        assert_eq!(said.contains("Superseded"), revoked, "{said}");
        assert_ne!(said, before);
        before = said;
        // The same octets while nothing changes.
        assert_eq!(talk(at, &get("/crl", "")).await.body, answer.body);
    }
    node.shutdown().await;
    // CertSHO's key is kept elsewhere.
    std::fs::remove_file(site.keys().join("issuer.key")).unwrap();
    let node = site.start().await;
    let answer = talk(node.ocsp_address().unwrap(), &get("/crl", "")).await;
    assert_eq!(answer.status, 404);
    node.shutdown().await;
}

/// What the DPF staples, as `openssl s_client` prints it.
async fn stapled(openssl: &OsStr, node: &OperatorNode) -> String {
    let at = node.dm_address().to_string();
    let name = format!("dpf.{}", domain(SHO));
    let line = ["s_client", "-connect", &at, "-servername", &name, "-status"];
    run(openssl, &line).await.1
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_reads_the_answer_in_the_handshake() {
    let Some(openssl) = find("openssl") else {
        return;
    };
    let openssl = openssl.as_os_str();
    let site = Site::new("staple", Setup::default());
    let node = site.start().await;
    let mut leaf = site.read("dpf.pem");
    until(async || stapled(openssl, &node).await.contains("Cert Status: good")).await;
    for key in [RenewedKey::Same, RenewedKey::New] {
        leaf = node.operator().renew_dpf(key).await.unwrap();
        // At once: the answer is ready before the leaf is shown.
        let said = stapled(openssl, &node).await;
        assert!(said.contains("Cert Status: good"), "{said}");
        let number = format!("Serial Number: {}", serial(&leaf).to_uppercase());
        assert!(said.contains(&number), "{said}");
    }
    let reason = RevocationReason::KeyCompromise;
    let operator = node.operator();
    operator
        .revoke_certificate(leaf.serial(), reason)
        .await
        .unwrap();
    let said = stapled(openssl, &node).await;
    assert!(said.contains("Cert Status: revoked"), "{said}");
    // When half of an hour is over, there is another one.
    let update = |said: &str| {
        let line = said.lines().find(|line| line.contains("This Update:"));
        line.unwrap().to_owned()
    };
    let before = update(&said);
    site.set_ahead(1900);
    until(async || update(&stapled(openssl, &node).await) != before).await;
    tokio::time::sleep(Duration::ZERO).await;
    node.shutdown().await;
}
