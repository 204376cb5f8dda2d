//! Debian's `openssl` agrees: it verifies what we issue, and we verify what it
//! issues by the same profile.

use trust::{Anchor, Certificate, Purpose, verify_leaf};

use crate::issuing::{authority, issued};
use crate::support::program::{OpenSsl, pem};
use crate::support::test_keys::{p256, rsa3072};
use crate::support::{at, sho};

#[test]
fn it_verifies_what_we_issue() {
    let Some(openssl) = OpenSsl::new("issued") else {
        return;
    };
    for (name, key) in [("ec", p256(1)), ("rsa", rsa3072())] {
        let (issuer, anchor) = authority(key);
        let ca = format!("{name}-ca.pem");
        openssl.write(&ca, pem(anchor.certificate().der()));
        for purpose in Purpose::ALL {
            let file = format!("{name}-{purpose:?}.pem");
            openssl.write(&file, pem(issued(&issuer, &anchor, purpose).der()));
            let moment = at("2026-06-01T00:00:00Z").unix_seconds().to_string();
            let line = [
                "verify",
                "-x509_strict",
                "-attime",
                &moment,
                "-CAfile",
                &ca,
                &file,
            ];
            let verdict = openssl.run(&line).unwrap();
            assert!(verdict.contains(": OK"), "{verdict}");
            let text = openssl
                .run(&["x509", "-in", &file, "-noout", "-text"])
                .unwrap();
            assert!(text.contains("URI:urn:x-rehome:sho:001-01"), "{text}");
            assert!(text.contains("X509v3 Key Usage: critical"), "{text}");
        }
    }
}

const PROFILE: &str = "\
[ca]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
subjectAltName = URI:urn:x-rehome:sho:001-01
[object]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = 1.3.6.1.4.1.32473.7.2
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = URI:urn:x-rehome:sho:001-01
";

#[test]
fn what_it_issues_is_verified() {
    let Some(openssl) = OpenSsl::new("theirs") else {
        return;
    };
    openssl.write("profile.cnf", PROFILE);
    let run = |line: &str| openssl.run(&line.split(' ').collect::<Vec<_>>()).unwrap();
    for name in ["ca", "leaf"] {
        run(&format!(
            "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {name}.key"
        ));
        run(&format!(
            "req -new -key {name}.key -subj /CN={name} -out {name}.csr -config /dev/null"
        ));
    }
    run(
        "x509 -req -in ca.csr -key ca.key -sha256 -days 100 -extfile profile.cnf -extensions ca -outform DER -out ca.der",
    );
    run(
        "x509 -req -in leaf.csr -CA ca.der -CAform DER -CAkey ca.key -sha256 -days 90 -extfile profile.cnf -extensions object -outform DER -out leaf.der",
    );
    let anchor = Certificate::from_der(&openssl.read("ca.der")).unwrap();
    let anchor = Anchor::new(sho("001-01"), anchor).unwrap();
    let leaf = Certificate::from_der(&openssl.read("leaf.der")).unwrap();
    let now = trust::TimePolicy::Trusted(trust::TimeInterval::exactly(
        leaf.not_before().plus(std::time::Duration::from_secs(60)),
    ));
    assert!(verify_leaf(&leaf, &anchor, Purpose::Object, &sho("001-01"), now).is_ok());
    let other = verify_leaf(&leaf, &anchor, Purpose::Bootstrap, &sho("001-01"), now);
    assert_eq!(
        other.err().map(|error| error.code()),
        Some("certificate-purpose-wrong")
    );
}
