//! Debian's `openssl s_server` under audit: another program, with faults that our
//! own server can't be given.

use tls::audit::Audit;

use super::recipe::HOST;
use super::{audit, bare, failed, row, target};
use crate::support::certificates::{ALWAYS, Authority, ec, p256, rsa};
use crate::support::program::{OpenSsl, accepting_port};
use crate::support::within;

/// A server of the program with two certificates; `-www` answers 200 to all.
struct Stage(OpenSsl);

impl Stage {
    fn new(test: &str) -> Option<Self> {
        let openssl = OpenSsl::new(test)?;
        let authority = Authority::new("authority");
        let short = ec(openssl::nid::Nid::SECP224R1);
        for (name, key) in [("ec", p256()), ("rsa", rsa(2048)), ("short", short)] {
            let issued = authority.leaf_with(HOST, key, ALWAYS);
            openssl.certificate(&format!("{name}.pem"), &issued.certificate);
            openssl.key(&format!("{name}.key"), &issued.key);
        }
        Some(Self(openssl))
    }

    /// `certificate` is that of EC; `rest` comes last.
    async fn audit(&self, certificate: &str, has_key: bool, rest: &[&str]) -> Audit {
        let (pem, key) = (format!("{certificate}.pem"), format!("{certificate}.key"));
        let mut line = vec![
            "s_server",
            "-accept",
            "127.0.0.1:0",
            "-www",
            "-cert",
            &pem,
            "-key",
            &key,
            "-dcert",
            "rsa.pem",
            "-dkey",
            "rsa.key",
        ];
        line.extend(rest);
        let mut child = self.0.start(&line);
        let port = accepting_port(&mut child).await;
        let audit = audit(if has_key { target(port) } else { bare(port) }).await;
        drop(child);
        audit
    }
}

/// The program at its level 0 with all suites and a key.
const WHOLE: [&str; 6] = [
    "-cipher",
    "ALL:PSK:@SECLEVEL=0",
    "-psk_identity",
    "urn:imei:490154203237518",
    "-psk",
    "000102030405060708090a0b0c0d0e0f",
];

#[tokio::test]
async fn s_server_without_tls_1_2_fails_the_rows_about_it() {
    let Some(stage) = Stage::new("audit-no-tls1_2") else {
        return;
    };
    within(async {
        let audit = stage.audit("ec", false, &["-no_tls1_2"]).await;
        assert!(audit.has_failed());
        let failed = failed(&audit);
        // No HTTP authentication, no TLS 1.0 to 1.2, no key, no staple. X.509 goes in TLS 1.3,
        // which has none of the suites.
        let fails = [
            "B.2.1:1", "B.2.1:2", "B.2.1:7", "B.2.1:8", "B.2.1:10", "B.2.1:11", "B.2.1:12",
            "B.2.1:15", "ours:4",
        ];
        assert_eq!(failed, fails, "{audit:#?}");
        let row = row(&audit, "B.2.1:11");
        let evidence = "fail: TLS 1.2: the peer broke off with the alert ";
        assert!(row.starts_with(evidence), "{row}");
    })
    .await;
}

#[tokio::test]
async fn short_curves_and_short_groups_are_faults_and_no_errors() {
    let Some(stage) = Stage::new("audit-short") else {
        return;
    };
    within(async {
        let line = ["genpkey", "-genparam", "-algorithm", "DH"];
        let to = ["-pkeyopt", "group:ffdhe2048", "-out", "2048.pem"];
        assert!(stage.0.run(&[line, to].concat()).await.0);
        let run = |certificate, more: &'static [&'static str]| {
            let line: Vec<&str> = WHOLE.iter().chain(more).copied().collect();
            let stage = &stage;
            async move { stage.audit(certificate, true, &line).await }
        };
        // It never answers a POST, so each takes the time of one connection.
        let (whole, curve, certificate, group) = tokio::join!(
            run("ec", &["-dhparam", "2048.pem"]),
            run("ec", &["-dhparam", "2048.pem", "-curves", "P-256:P-224"]),
            run("short", &["-dhparam", "2048.pem", "-curves", "P-256:P-224"]),
            // With a key and no certificate its own choice is a group of 1024 bits.
            run("ec", &[]),
        );
        // It has no HTTP authentication, no SSL 3.0 and no staple.
        let usual = ["B.2.1:1", "B.2.1:2", "B.2.1:8", "ours:4"];
        assert_eq!(failed(&whole), usual, "{whole:#?}");
        for (broken, place, evidence) in [
            (curve, "text:3", ": elliptic curve of 224 bits"),
            (
                certificate,
                "text:3",
                "certificate: elliptic curve of 224 bits",
            ),
            (group, "ours:1", "Diffie-Hellman of 1024 bits"),
        ] {
            let mut more = failed(&broken);
            more.retain(|place| !usual.contains(&place.as_str()));
            assert_eq!(more, [place], "{broken:#?}");
            let row = row(&broken, place);
            assert!(row.contains(evidence), "{row}");
        }
    })
    .await;
}
