//! Debian's `openssl crl` and `openssl verify -crl_check` use our lists, and we
//! read those of `openssl ca -gencrl`.

use std::time::Duration;

use trust::crl::{Crl, CrlContents, RevokedCertificate, issue_crl};
use trust::issue::SoftwareIssuer;
use trust::{Certificate, Revocation, RevocationReason, TimePolicy};

use crate::support::ocsp::{issuer, server};
use crate::support::program::{OpenSsl, pem};
use crate::support::test_keys::p256;
use crate::support::{ANCHOR_KEY, at};

fn run(openssl: &OpenSsl, line: &str) -> Result<String, String> {
    openssl.run(&line.split_whitespace().collect::<Vec<_>>())
}

fn revoked(serial: &[u8]) -> RevokedCertificate {
    RevokedCertificate {
        serial: serial.to_vec(),
        revocation: Revocation {
            at: at("2026-05-01T12:00:00Z"),
            reason: Some(RevocationReason::KeyCompromise),
        },
    }
}

#[test]
fn it_reads_and_uses_our_lists() {
    let Some(openssl) = OpenSsl::new("crl-ours") else {
        return;
    };
    openssl.write("ca.pem", pem(issuer().der()));
    openssl.write("server.pem", pem(server().der()));
    let key = SoftwareIssuer::new(p256(ANCHOR_KEY)).unwrap();
    for (listed, verdict) in [
        (vec![revoked(&[5])], Ok("server.pem: OK")),
        (vec![], Ok("server.pem: OK")),
        (
            vec![revoked(&[5]), revoked(server().serial())],
            Err("certificate revoked"),
        ),
    ] {
        let contents = CrlContents {
            number: 0x1234,
            this_update: at("2026-06-01T00:00:00Z"),
            next_update: at("2026-07-01T00:00:00Z"),
            revoked: &listed,
        };
        openssl.write("list.der", issue_crl(&key, &issuer(), &contents).unwrap());
        let text = run(
            &openssl,
            "crl -inform DER -in list.der -noout -text -CAfile ca.pem",
        )
        .unwrap();
        assert!(text.contains("Version 2"), "{text}");
        assert!(
            text.contains("Next Update: Jul  1 00:00:00 2026 GMT"),
            "{text}"
        );
        assert!(text.contains("X509v3 CRL Number"), "{text}");
        assert!(text.contains("4660"), "{text}");
        assert!(text.contains("X509v3 Authority Key Identifier"), "{text}");
        assert_eq!(
            text.contains("Key Compromise"),
            !listed.is_empty(),
            "{text}"
        );
        run(&openssl, "crl -inform DER -in list.der -out list.pem").unwrap();
        let moment = at("2026-06-15T00:00:00Z").unix_seconds();
        let judged = run(
            &openssl,
            &format!(
                "verify -crl_check -attime {moment} -CRLfile list.pem -CAfile ca.pem server.pem"
            ),
        );
        match (judged, verdict) {
            (Ok(text), Ok(words)) | (Err(text), Err(words)) => {
                assert!(text.contains(words), "{text}");
            }
            (judged, _) => panic!("{judged:?} instead of {verdict:?}"),
        }
    }
}

const CONFIGURATION: &str = "\
[ca]
default_ca = own
[own]
database = index.txt
crlnumber = number
default_md = sha256
crl_extensions = extensions
[extensions]
authorityKeyIdentifier = keyid
[authority]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
";

#[test]
fn its_lists_are_read() {
    let Some(openssl) = OpenSsl::new("crl-theirs") else {
        return;
    };
    openssl.write("ca.cnf", CONFIGURATION);
    openssl.write("number", "0A01\n");
    openssl.write(
        "index.txt",
        "R\t350101000000Z\t260501120000Z,keyCompromise\t1000\tunknown\t/CN=a\n\
         R\t350101000000Z\t260502120000Z\t00FF\tunknown\t/CN=b\n\
         V\t350101000000Z\t\t1001\tunknown\t/CN=c\n",
    );
    for line in [
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ca.key",
        "req -new -key ca.key -subj /CN=ca -out ca.csr -config /dev/null",
        "x509 -req -in ca.csr -key ca.key -sha256 -days 100 -extfile ca.cnf -extensions authority -out ca.pem",
        "x509 -in ca.pem -outform DER -out ca.der",
        "ca -config ca.cnf -gencrl -keyfile ca.key -cert ca.pem -crldays 7 -out list.pem",
        "crl -in list.pem -outform DER -out list.der",
    ] {
        run(&openssl, line).unwrap();
    }
    let ca = Certificate::from_der(&openssl.read("ca.der")).unwrap();
    let time = TimePolicy::Floor(ca.not_before());
    let list = Crl::verify(&openssl.read("list.der"), &ca, time, Duration::ZERO).unwrap();
    assert_eq!(list.len(), 2);
    assert_eq!(list.number(), [0x0a, 0x01]);
    let week = list.next_update().since(list.this_update());
    assert_eq!(week, Duration::from_secs(7 * 86_400));
    let first = Revocation {
        at: at("2026-05-01T12:00:00Z"),
        reason: Some(RevocationReason::KeyCompromise),
    };
    assert_eq!(list.revocation(&[0x10, 0x00]), Some(first));
    let second = Revocation {
        at: at("2026-05-02T12:00:00Z"),
        reason: None,
    };
    assert_eq!(list.revocation(&[0x00, 0xff]), Some(second));
    assert_eq!(list.revocation(&[0x10, 0x01]), None);
}
