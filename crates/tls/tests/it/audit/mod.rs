//! The audit (OMA DM session security, sections 9.2 and B): of our own server in
//! the profile `dm`, of servers that are broken in one way each, and of Debian's
//! `openssl s_server`.

mod broken;
mod client;
mod client_faults;
mod device;
mod foreign;
mod front;
mod page;
mod recipe;

use std::time::Duration;

use tls::Error;
use tls::audit::{Audit, Login, Outcome, Requirement, SharedKey, Target};
use zeroize::Zeroizing;

use self::recipe::{IDENTITY, Recipe, SECRET, USER};
use crate::support::{listener, within};

/// The time of every audit: 2026-01-01.
const NOW: i64 = 1_767_225_600;

/// `localhost` with everything that the caller may have.
fn target(port: u16) -> Target {
    let key = SharedKey::new(IDENTITY, recipe::key()).unwrap();
    let secret = Zeroizing::new(SECRET.as_bytes().to_vec());
    let user = USER.to_owned();
    bare(port).with_key(key).with_login(Login { user, secret })
}

/// The same with nothing.
fn bare(port: u16) -> Target {
    Target::new(&format!("https://localhost:{port}/dm")).unwrap()
}

async fn audit(target: Target) -> Audit {
    Audit::of_server(&target, NOW).await.unwrap()
}

/// Places of the rows that failed.
fn failed(audit: &Audit) -> Vec<String> {
    let rows = audit.rows.iter();
    let failed = rows.filter(|judged| judged.outcome == Outcome::Fail);
    failed.map(|judged| judged.row.place()).collect()
}

/// A row's result and evidence, as one text.
fn row(audit: &Audit, place: &str) -> String {
    let mut rows = audit.rows.iter();
    let judged = rows.find(|judged| judged.row.place() == place).unwrap();
    let reason = match &judged.outcome {
        Outcome::NotApplicable(reason) => format!(" ({reason})"),
        _ => String::new(),
    };
    let evidence = judged.evidence.join("; ");
    format!("{}{reason}: {evidence}", judged.outcome.word())
}

/// What fails at a server of ours that is not broken: SSL 3.0, which builds without
/// the feature `ssl3` don't have.
const USUAL: [&str; 1] = ["B.2.1:8"];

#[tokio::test]
async fn our_server_in_the_profile_dm_passes() {
    within(async {
        let server = Recipe::whole().serve().await;
        let audit = audit(target(server.address().port())).await;
        assert_eq!(failed(&audit), USUAL, "{audit:#?}");
        assert!(!audit.has_failed());
        for judged in &audit.rows {
            let is_mandatory = judged.row.requirement == Requirement::Mandatory;
            let passed = judged.outcome == Outcome::Pass;
            assert!(passed || !is_mandatory, "{judged:#?}");
            assert!(!judged.evidence.is_empty(), "{judged:#?}");
        }
        // What was seen on the wire, as the paper writes it.
        let suites = row(&audit, "B.2.1:15");
        assert!(
            suites.contains("TLSv1.2 TLS_DHE_RSA_WITH_AES_128_CBC_SHA256 taken"),
            "{suites}"
        );
        let login = row(&audit, "B.2.1:2");
        assert!(
            login.contains("401, digest (SHA-256), digest (MD5), basic"),
            "{login}"
        );
        assert!(login.contains("login by Digest: status 200"), "{login}");
        let keys = row(&audit, "ours:1");
        assert!(keys.contains("Diffie-Hellman of 2048 bits"), "{keys}");
        assert!(keys.contains("certificate: RSA of 2048 bits"), "{keys}");
        let stapled = row(&audit, "ours:4");
        let evidence = ": a status came with the certificate";
        assert!(
            stapled.starts_with("pass: ") && stapled.ends_with(evidence),
            "{stapled}"
        );
        let ssl2 = row(&audit, "text:2");
        assert!(ssl2.starts_with("pass: SSL 2.0: "), "{ssl2}");
        assert_eq!(
            row(&audit, "B.2.1:9").split(':').next().unwrap(),
            "n/a (SSL 3.0 is not supported)"
        );
    })
    .await;
}

#[tokio::test]
async fn without_a_key_and_a_login_the_rest_is_still_judged() {
    within(async {
        let server = Recipe::whole().serve().await;
        let audit = audit(bare(server.address().port())).await;
        assert_eq!(failed(&audit), USUAL);
        for place in ["B.2.1:4", "B.2.1:12", "B.2.1:13"] {
            let row = row(&audit, place);
            assert!(
                row.starts_with("n/a (the server takes such suites"),
                "{row}"
            );
            assert!(row.contains("a ServerHello of TLS 1.2, then: "), "{row}");
        }
        // A server without any key does not take such a suite.
        let mut recipe = Recipe::whole();
        recipe.has_keys = false;
        let server = recipe.serve().await;
        let audit = Audit::of_server(&bare(server.address().port()), NOW).await;
        let row = row(&audit.unwrap(), "B.2.1:12");
        assert!(row.starts_with("fail"), "{row}");
        assert!(row.contains("handshake failure (40)"), "{row}");
    })
    .await;
}

/// A wrong login is no support.
#[tokio::test]
async fn a_login_that_is_refused_fails_its_rows() {
    within(async {
        let server = Recipe::whole().serve().await;
        let login = Login {
            user: USER.to_owned(),
            secret: Zeroizing::new(b"another".to_vec()),
        };
        let target = target(server.address().port()).with_login(login);
        let audit = audit(target).await;
        assert_eq!(failed(&audit), ["B.2.1:1", "B.2.1:2", "B.2.1:8"]);
        let row = row(&audit, "B.2.1:1");
        assert!(row.contains("login by Basic: status 401"), "{row}");
    })
    .await;
}

#[tokio::test]
async fn nobody_there_is_an_error() {
    within(async {
        let listener = listener().await;
        let port = listener.local_addr().unwrap().port();
        // It takes connections and says nothing.
        let silent = bare(port).with_patience(Duration::from_millis(300));
        let error = Audit::of_server(&silent, NOW).await.unwrap_err();
        assert_eq!(error, Error::Timeout("handshake"));
        drop(listener);
        let error = Audit::of_server(&bare(port), NOW).await.unwrap_err();
        assert_eq!(error.code(), "io-failed", "{error}");
    })
    .await;
}
