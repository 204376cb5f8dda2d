//! From a TRE's certificate request (RFC 2986) to its CertTRE. The requests come
//! from the `openssl` program.

use trust::issue::{CertificateRequest, SoftwareIssuer, issue_pva_anchor, issue_tre};
use trust::{PvaAnchor, TreUse, verify_tre};

use crate::issuing::validity;
use crate::support::program::OpenSsl;
use crate::support::random::Seeded;
use crate::support::test_keys::p256;
use crate::support::{TRE_ID, at, in_date};

fn supplier(name: &str) -> (SoftwareIssuer, PvaAnchor) {
    let issuer = SoftwareIssuer::new(p256(1)).unwrap();
    let pva = issue_pva_anchor(
        &issuer,
        &name.parse().unwrap(),
        validity(),
        &mut Seeded::new(1),
    )
    .unwrap();
    (issuer, pva)
}

/// A request with these lines as its extensions.
fn request(openssl: &OpenSsl, extensions: &str) -> Vec<u8> {
    openssl.write(
        "req.cnf",
        format!("[req]\ndistinguished_name = dn\nreq_extensions = e\nprompt = no\n[dn]\nCN = tre\n[e]\n{extensions}"),
    );
    let run = |line: &str| openssl.run(&line.split(' ').collect::<Vec<_>>()).unwrap();
    run("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out tre.key");
    run("req -new -key tre.key -sha256 -config req.cnf -outform DER -out tre.csr");
    openssl.read("tre.csr")
}

fn usual() -> String {
    format!(
        "subjectAltName = critical,URI:{TRE_ID}\n\
         keyUsage = critical,digitalSignature\n\
         1.3.6.1.4.1.32473.7.16 = DER:30:03:02:01:01\n"
    )
}

#[test]
fn a_request_becomes_a_certificate_without_an_end() {
    let Some(openssl) = OpenSsl::new("request") else {
        return;
    };
    let request = CertificateRequest::from_der(&request(&openssl, &usual())).unwrap();
    assert_eq!(request.tre_id(), TRE_ID);
    assert_eq!(request.tre_extension(), [0x30, 0x03, 0x02, 0x01, 0x01]);
    let (issuer, pva) = supplier("acme");
    let made = at("2026-01-01T00:00:00Z");
    let certificate = issue_tre(
        &issuer,
        &pva,
        &request,
        TreUse::Signature,
        made,
        &mut Seeded::new(2),
    )
    .unwrap();
    assert_eq!(certificate.not_after().to_string(), "9999-12-31T23:59:59Z");
    assert!(verify_tre(&certificate, &pva, TreUse::Signature, TRE_ID, in_date()).is_ok());
    let other = verify_tre(&certificate, &pva, TreUse::Encipherment, TRE_ID, in_date());
    assert_eq!(
        other.err().map(|error| error.code()),
        Some("certificate-purpose-wrong")
    );
}

#[test]
fn a_pva_certifies_only_its_own_name() {
    let Some(openssl) = OpenSsl::new("request-name") else {
        return;
    };
    let request = CertificateRequest::from_der(&request(&openssl, &usual())).unwrap();
    for name in ["acme1", "acm3", "other"] {
        let (issuer, pva) = supplier(name);
        let made = at("2026-01-01T00:00:00Z");
        let refused = issue_tre(
            &issuer,
            &pva,
            &request,
            TreUse::Signature,
            made,
            &mut Seeded::new(2),
        );
        assert_eq!(
            refused.err().map(|error| error.code()),
            Some("pva-supplier-mismatch"),
            "{name}"
        );
    }
}

#[test]
fn a_request_with_any_bit_changed_is_refused() {
    let Some(openssl) = OpenSsl::new("request-bits") else {
        return;
    };
    let whole = request(&openssl, &usual());
    for bit in 0..whole.len() * 8 {
        let mut changed = whole.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(CertificateRequest::from_der(&changed).is_err(), "bit {bit}");
    }
}

#[test]
fn requests_without_what_is_needed_are_refused() {
    let Some(openssl) = OpenSsl::new("request-parts") else {
        return;
    };
    let a16 = "1.3.6.1.4.1.32473.7.16 = DER:30:03:02:01:01\n";
    for extensions in [
        "keyUsage = critical,digitalSignature\n".to_owned() + a16,
        format!("subjectAltName = URI:{TRE_ID}\nkeyUsage = critical,digitalSignature\n"),
        format!("subjectAltName = URI:{TRE_ID},URI:{TRE_ID}\n{a16}"),
        format!("subjectAltName = DNS:tre.test\n{a16}"),
        format!("subjectAltName = URI:urn:x-rehome:tre:acme:00\n{a16}"),
        format!("subjectAltName = URI:{}\n{a16}", TRE_ID.to_uppercase()),
    ] {
        assert!(
            CertificateRequest::from_der(&request(&openssl, &extensions)).is_err(),
            "{extensions}"
        );
    }
}
