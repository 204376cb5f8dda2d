//! The responder over HTTP (RFC 6960 appendix A; RFC 5019 clause 6): what it
//! answers, what caches may keep, what it refuses, and how long it waits.

use std::time::Duration;

use store::IssuedCertificate;
use tls::http::ServerLimits;
use tokens::os::OsRandom;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use trust::ocsp::{
    Answer as Ocsp, CertId, CertificateStatus, Check, ExpectedNonce, ExpiryPolicy, IssuerHash,
    Nonce, Request,
};
use trust::{Certificate, RevocationReason, TimeInterval, TimePolicy};

use super::{HANG, Setup, Site, get, post, talk, with_type};

/// An unsigned error: SEQUENCE { ENUMERATED } (RFC 6960 clause 4.2.1).
fn error(code: u8) -> Vec<u8> {
    vec![0x30, 3, 0x0a, 1, code]
}

/// The status in an answer about the certificate, verified.
fn status(site: &Site, leaf: &Certificate, nonce: Option<&Nonce>, der: &[u8]) -> CertificateStatus {
    let check = Check {
        certificate: leaf,
        issuer: &site.anchor(),
        nonce: nonce.map_or(ExpectedNonce::NotAsked, ExpectedNonce::Required),
        time: TimePolicy::Trusted(TimeInterval::exactly(tokens::os::now())),
        tolerance: Duration::from_secs(5),
        round_trip: Duration::from_secs(5),
    };
    Ocsp::verify(der, &check).unwrap().status()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_get_is_answered_with_what_caches_may_keep() {
    let site = Site::new("get", Setup::default());
    let node = site.start().await;
    let at = node.ocsp_address().unwrap();
    let leaf = site.read("dpf.pem");
    let path = site
        .question(leaf.serial(), None)
        .to_path()
        .unwrap()
        .unwrap();
    let first = talk(at, &get(&format!("/{path}"), "")).await;
    assert_eq!(first.status, 200);
    assert_eq!(
        first.field("content-type"),
        Some("application/ocsp-response")
    );
    assert_eq!(
        status(&site, &leaf, None, &first.body),
        CertificateStatus::Good
    );
    let control = first.field("cache-control").unwrap();
    let age = control.strip_prefix("max-age=").unwrap();
    let (age, rest) = age.split_once(", ").unwrap();
    let age: u64 = age.parse().unwrap();
    assert!((3590..3600).contains(&age), "{age}");
    assert_eq!(rest, "public, no-transform, must-revalidate");
    for name in ["last-modified", "expires"] {
        assert!(first.field(name).unwrap().ends_with(" GMT"), "{name}");
    }
    let tag = first.field("etag").unwrap().to_owned();
    let digest = data_encoding::HEXLOWER.encode(&openssl::sha::sha256(&first.body));
    assert_eq!(tag, format!("\"{digest}\""));
    // The same octets, with a slash more too, and unescaped.
    for target in [format!("/{path}"), format!("//{path}")] {
        assert_eq!(talk(at, &get(&target, "")).await.body, first.body);
    }
    let known = format!("If-None-Match: \"a\", {tag}\r\n");
    let unchanged = talk(at, &get(&format!("/{path}"), &known)).await;
    assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));
    assert_eq!(unchanged.field("etag"), Some(tag.as_str()));
    let other = talk(at, &get(&format!("/{path}"), "If-None-Match: \"a\"\r\n")).await;
    assert_eq!(other.body, first.body);
    // A revocation is told at once.
    let operator = node.operator();
    let reason = RevocationReason::KeyCompromise;
    operator
        .revoke_certificate(leaf.serial(), reason)
        .await
        .unwrap();
    let revoked = talk(at, &get(&format!("/{path}"), &known)).await;
    assert_eq!(revoked.status, 200);
    let told = status(&site, &leaf, None, &revoked.body);
    let CertificateStatus::Revoked(revocation) = told else {
        panic!("{told:?}");
    };
    assert_eq!(revocation.reason, Some(reason));
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_is_repeated_and_nobody_keeps_the_answer() {
    let site = Site::new("nonce", Setup::default());
    let node = site.start().await;
    let at = node.ocsp_address().unwrap();
    let leaf = site.read("dpf.pem");
    let nonce = Nonce::random(&mut OsRandom);
    let question = site.question(leaf.serial(), Some(nonce.clone()));
    let answer = talk(at, &post(&question.to_der().unwrap())).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.field("cache-control"), Some("no-store"));
    let told = status(&site, &leaf, Some(&nonce), &answer.body);
    assert_eq!(told, CertificateStatus::Good);
    let path = question.to_path().unwrap().unwrap();
    let answer = talk(at, &get(&format!("/{path}"), "")).await;
    assert_eq!(answer.field("cache-control"), Some("no-store"));
    assert_eq!(answer.field("etag"), None);
    // No cache keeps the answer to a POST either, nonce or not.
    let question = site.question(leaf.serial(), None).to_der().unwrap();
    let answer = talk(at, &post(&question)).await;
    assert_eq!(answer.field("cache-control"), Some("no-store"));
    node.shutdown().await;
}

/// What is said of a certificate that is over and was not revoked, and of one
/// that nobody recorded.
async fn said_of(name: &str, expiry: ExpiryPolicy) -> (CertificateStatus, CertificateStatus) {
    let setup = Setup {
        expiry,
        ..Setup::default()
    };
    let site = Site::new(name, setup);
    let (over, strange) = (site.issue_over(), site.issue_over());
    let record = IssuedCertificate {
        serial: over.serial().to_vec(),
        name: "dpf".to_owned(),
        not_before: over.not_before(),
        not_after: over.not_after(),
        revocation: None,
    };
    let store = site.store();
    store.record_issued(vec![record]).await.unwrap();
    store.close().await;
    let node = site.start().await;
    let at = node.ocsp_address().unwrap();
    let ask = async |leaf: &Certificate| {
        let nonce = Nonce::random(&mut OsRandom);
        let question = site.question(leaf.serial(), Some(nonce.clone()));
        let answer = talk(at, &post(&question.to_der().unwrap())).await;
        status(&site, leaf, Some(&nonce), &answer.body)
    };
    let said = (ask(&over).await, ask(&strange).await);
    node.shutdown().await;
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_is_revoked_by_policy_and_a_strange_one_unknown() {
    let (expired, strange) = said_of("expired", ExpiryPolicy::RevokeOnExpiry).await;
    let CertificateStatus::Revoked(revocation) = expired else {
        panic!("{expired:?}");
    };
    let reason = Some(RevocationReason::CessationOfOperation);
    assert_eq!(revocation.reason, reason);
    assert_eq!(strange, CertificateStatus::Unknown);
    let (expired, strange) = said_of("expired-good", ExpiryPolicy::GoodAfterExpiry).await;
    assert_eq!(expired, CertificateStatus::Good, "the paper's hole");
    assert_eq!(strange, CertificateStatus::Unknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_question_is_refused() {
    let site = Site::new("refused", Setup::default());
    let node = site.start().await;
    let at = node.ocsp_address().unwrap();
    let leaf = site.read("dpf.pem");
    let question = site.question(leaf.serial(), None).to_der().unwrap();
    let large = vec![0x30; 8193];
    for (octets, expected) in [
        (with_type("text/plain", &question), 415),
        (post(&large), 413),
        (get("/", ""), 404),
        (
            b"PUT / HTTP/1.1\r\nHost: o\r\nConnection: close\r\n\r\n".to_vec(),
            405,
        ),
        (
            String::from_utf8(post(b""))
                .unwrap()
                .replace("POST /", "POST /a")
                .into_bytes(),
            404,
        ),
        (get(&format!("/{}", "M".repeat(9000)), ""), 431),
    ] {
        assert_eq!(talk(at, &octets).await.status, expected);
    }
    // OCSP has words of its own for these.
    let elsewhere = CertId::new(&leaf, leaf.serial(), IssuerHash::Sha1).unwrap();
    let elsewhere = Request::new(elsewhere, None).to_der().unwrap();
    for (octets, code) in [
        (post(b"no question"), 1),
        (post(&question[..question.len() - 1]), 1),
        (get("/MAA%3D", ""), 1),
        (get("/%%%", ""), 1),
        (post(&elsewhere), 6),
    ] {
        let answer = talk(at, &octets).await;
        assert_eq!((answer.status, answer.body.clone()), (200, error(code)));
        assert_eq!(answer.field("cache-control"), Some("no-store"));
    }
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_or_silent_client_costs_a_bounded_time() {
    let limits = ServerLimits {
        request: Duration::from_secs(1),
        idle: Duration::from_secs(1),
        ..ServerLimits::default()
    };
    let setup = Setup {
        limits,
        ..Setup::default()
    };
    let site = Site::new("slow", setup);
    let node = site.start().await;
    let at = node.ocsp_address().unwrap();
    let began = Instant::now();
    let mut clients = Vec::new();
    for octets in [
        "",
        "POST / HTTP/1.1\r\nHos",
        "POST / HTTP/1.1\r\nHost: o\r\n\
        Content-Type: application/ocsp-request\r\nContent-Length: 100\r\n\r\nab",
    ] {
        let mut tcp = TcpStream::connect(at).await.unwrap();
        tcp.write_all(octets.as_bytes()).await.unwrap();
        clients.push(tcp);
    }
    // Others are answered meanwhile.
    let leaf = site.read("dpf.pem");
    let question = site.question(leaf.serial(), None).to_der().unwrap();
    assert_eq!(talk(at, &post(&question)).await.status, 200);
    for mut tcp in clients {
        let mut rest = Vec::new();
        let ended = timeout(HANG, tcp.read_to_end(&mut rest)).await;
        ended.expect("the node waits for ever").unwrap();
        let text = String::from_utf8(rest).unwrap();
        assert!(
            text.is_empty() || text.starts_with("HTTP/1.1 408"),
            "{text}"
        );
    }
    assert!(began.elapsed() < HANG);
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_from_before_ocsp_runs_without_a_responder() {
    let site = Site::new("older", Setup::default());
    for name in ["ocsp.pem", "ocsp.key"] {
        std::fs::remove_file(site.keys().join(name)).unwrap();
    }
    let node = site.start_only().await;
    assert_eq!(node.ocsp_address(), None);
    assert_eq!(
        super::shown(&node).await,
        super::serial(&site.read("dpf.pem"))
    );
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_outlives_the_node() {
    let site = Site::new("restart", Setup::default());
    let node = site.start().await;
    let leaf = site.read("dpf.pem");
    let operator = node.operator();
    let reason = RevocationReason::Superseded;
    operator
        .revoke_certificate(leaf.serial(), reason)
        .await
        .unwrap();
    node.shutdown().await;
    let node = site.start().await;
    let question = site.question(leaf.serial(), None).to_der().unwrap();
    let answer = talk(node.ocsp_address().unwrap(), &post(&question)).await;
    let told = status(&site, &leaf, None, &answer.body);
    let CertificateStatus::Revoked(revocation) = told else {
        panic!("{told:?}");
    };
    assert_eq!(revocation.reason, Some(reason));
    let page = node.operator().certificates(None, 100).await.unwrap();
    assert_eq!(page.certificates.len(), 8, "recorded once");
    node.shutdown().await;
}
