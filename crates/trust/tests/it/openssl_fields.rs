//! The `openssl` program as an independent judge of each field and purpose (RFC
//! 5280 clause 4.2), and as an independent issuer of a DPF's leaf and a CertTRE.

use trust::issue::CertificateRequest;
use trust::{
    Anchor, Certificate, Purpose, PvaAnchor, TimeInterval, TimePolicy, TreUse, dpf_name_matches,
    verify_leaf, verify_tre,
};

use crate::issuing_limits::{issued_anchor, issued_leaf, issued_pva, issued_tre, issuer};
use crate::support::program::{OpenSsl, pem};
use crate::support::test_keys::{p256, p384, rsa3072};
use crate::support::{LEAF_KEY, TRE_ID, parsed, sho};

/// 2026-06-01T00:00:00Z, within what `issuing` issues.
const MOMENT: &str = "1780272000";

fn verify(openssl: &OpenSsl, purpose: &str) -> Result<String, String> {
    openssl.run(&[
        "verify",
        "-CAfile",
        "ca.pem",
        "-x509_strict",
        "-check_ss_sig",
        "-attime",
        MOMENT,
        "-purpose",
        purpose,
        "leaf.pem",
    ])
}

fn text(openssl: &OpenSsl, file: &str) -> String {
    openssl
        .run(&["x509", "-in", file, "-noout", "-text"])
        .unwrap()
}

/// Whether the line after the one with `title` has `contents`.
fn has(text: &str, title: &str, contents: &str) -> bool {
    let mut lines = text.lines().skip_while(|line| !line.contains(title));
    lines.next().is_some() && lines.next().is_some_and(|line| line.contains(contents))
}

#[test]
fn openssl_verifies_what_we_issue() {
    let Some(openssl) = OpenSsl::new("fields-verifies") else {
        return;
    };
    for ca_key in [p256(1), p384(1), rsa3072()] {
        let key = issuer(ca_key);
        let anchor = issued_anchor(&key);
        openssl.write("ca.pem", pem(anchor.certificate().der()));
        for purpose in Purpose::ALL {
            for leaf_key in [p256(LEAF_KEY), rsa3072()] {
                let leaf = issued_leaf(&key, &anchor, purpose, &leaf_key);
                openssl.write("leaf.pem", pem(leaf.der()));
                let verdict = verify(&openssl, "any");
                assert_eq!(verdict, Ok("leaf.pem: OK\n".to_owned()), "{purpose:?}");
                let server = matches!(purpose, Purpose::DpfServer | Purpose::Peer);
                assert_eq!(verify(&openssl, "sslserver").is_ok(), server, "{purpose:?}");
                let client = purpose == Purpose::Peer;
                assert_eq!(verify(&openssl, "sslclient").is_ok(), client, "{purpose:?}");
            }
        }
        let pva = issued_pva(&key);
        openssl.write("ca.pem", pem(pva.certificate().der()));
        for granted in [TreUse::Signature, TreUse::Encipherment, TreUse::Both] {
            openssl.write("leaf.pem", pem(issued_tre(&key, &pva, granted).der()));
            assert!(verify(&openssl, "any").is_ok(), "{granted:?}");
        }
        // The judge does judge: the other authority's leaf is refused.
        let leaf = issued_leaf(&key, &anchor, Purpose::Object, &p256(LEAF_KEY));
        openssl.write("leaf.pem", pem(leaf.der()));
        assert!(verify(&openssl, "any").is_err());
    }
}

#[test]
fn openssl_prints_the_fields_of_an_anchor() {
    let Some(openssl) = OpenSsl::new("fields-prints-anchor") else {
        return;
    };
    openssl.write(
        "ca.pem",
        pem(issued_anchor(&issuer(p256(1))).certificate().der()),
    );
    let text = text(&openssl, "ca.pem");
    assert!(text.contains("Version: 3 (0x2)"));
    assert!(text.contains("Signature Algorithm: ecdsa-with-SHA256"));
    assert!(text.contains("Not After : Dec 31 23:59:59 2026 GMT"));
    for (title, contents) in [
        ("X509v3 Basic Constraints: critical", "CA:TRUE, pathlen:0"),
        ("X509v3 Key Usage: critical", "Certificate Sign, CRL Sign"),
        (
            "X509v3 Subject Alternative Name: critical",
            "URI:urn:x-rehome:sho:001-01",
        ),
        ("X509v3 Subject Key Identifier:", ":"),
    ] {
        assert!(has(&text, title, contents), "{title} {contents} in\n{text}");
    }
}

#[test]
fn openssl_prints_the_fields_of_each_leaf() {
    let Some(openssl) = OpenSsl::new("fields-prints-leaf") else {
        return;
    };
    let key = issuer(p256(1));
    let anchor = issued_anchor(&key);
    let uri = "URI:urn:x-rehome:sho:001-01";
    let named = "URI:urn:x-rehome:sho:001-01, DNS:dpf.mnc001.mcc001.rehome.test";
    for (purpose, usage, extended, name) in [
        (
            Purpose::DpfServer,
            "Digital Signature",
            "TLS Web Server Authentication",
            named,
        ),
        (
            Purpose::Peer,
            "Digital Signature",
            "TLS Web Client Authentication, TLS Web Server Authentication",
            named,
        ),
        (
            Purpose::OcspSigning,
            "Digital Signature",
            "OCSP Signing",
            uri,
        ),
        (
            Purpose::Bootstrap,
            "Digital Signature",
            "1.3.6.1.4.1.32473.7.1",
            uri,
        ),
        (
            Purpose::Object,
            "Digital Signature",
            "1.3.6.1.4.1.32473.7.2",
            uri,
        ),
        (
            Purpose::PeerDocument,
            "Digital Signature",
            "1.3.6.1.4.1.32473.7.3",
            uri,
        ),
        (
            Purpose::Decision,
            "Digital Signature",
            "1.3.6.1.4.1.32473.7.4",
            uri,
        ),
        (
            Purpose::PeerEncipherment,
            "Key Agreement",
            "1.3.6.1.4.1.32473.7.5",
            uri,
        ),
    ] {
        let leaf = issued_leaf(&key, &anchor, purpose, &p256(LEAF_KEY));
        openssl.write("leaf.pem", pem(leaf.der()));
        let text = text(&openssl, "leaf.pem");
        let exactly = |title: &str, contents: &str| {
            let mut lines = text.lines().skip_while(|line| line.trim() != title);
            assert!(lines.next().is_some(), "{title} in\n{text}");
            assert_eq!(lines.next().map(str::trim), Some(contents), "{title}");
        };
        exactly("X509v3 Key Usage: critical", usage);
        exactly("X509v3 Extended Key Usage:", extended);
        exactly("X509v3 Subject Alternative Name: critical", name);
        assert!(!text.contains("Basic Constraints"), "{text}");
        let identifier = |title: &str| {
            let mut lines = text.lines().skip_while(|line| !line.contains(title));
            lines.nth(1).map(|line| line.trim().to_owned())
        };
        openssl.write("ca.pem", pem(anchor.certificate().der()));
        let ca = self::text(&openssl, "ca.pem");
        let authority = identifier("Authority Key Identifier").unwrap();
        assert!(has(&ca, "Subject Key Identifier", &authority));
        assert_ne!(identifier("Subject Key Identifier"), Some(authority));
    }
}

#[test]
fn openssl_prints_the_fields_of_a_cert_tre() {
    let Some(openssl) = OpenSsl::new("fields-prints-tre") else {
        return;
    };
    let key = issuer(p256(1));
    let leaf = issued_tre(&key, &issued_pva(&key), TreUse::Both);
    openssl.write("leaf.pem", pem(leaf.der()));
    let text = text(&openssl, "leaf.pem");
    assert!(text.contains("Not After : Dec 31 23:59:59 9999 GMT"));
    assert!(has(
        &text,
        "Key Usage: critical",
        "Digital Signature, Key Agreement"
    ));
    let uri = format!("URI:{TRE_ID}");
    assert!(has(&text, "Subject Alternative Name: critical", &uri));
    assert!(text.contains("1.3.6.1.4.1.32473.7.16"));
    assert!(!text.contains("Extended Key Usage"));
}

const CONFIG: &str = "
[req]
distinguished_name = dn
prompt = no
[dn]
CN = made by the openssl program
[ca]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
subjectAltName = critical, URI:urn:x-rehome:sho:001-01
[deep]
basicConstraints = critical, CA:TRUE, pathlen:1
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
subjectAltName = critical, URI:urn:x-rehome:sho:001-01
[pva]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[dpf]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid, issuer
subjectAltName = URI:urn:x-rehome:sho:001-01, DNS:dpf.rehome.test
[object]
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, 1.3.6.1.4.1.32473.7.2
authorityKeyIdentifier = keyid:always
subjectAltName = critical, URI:urn:x-rehome:sho:001-01
[tre]
keyUsage = critical, digitalSignature, keyAgreement
subjectAltName = critical, URI:urn:x-rehome:tre:acme:000102030405060708090a0b0c0d0e0f
1.3.6.1.4.1.32473.7.16 = DER:30:03:02:01:01
";

/// An authority's name and the digest of its key.
type Issuer = (&'static str, &'static str);

/// Makes `NAME.key` and `NAME.der`: self-signed, or issued by `issuer`.
fn make(openssl: &OpenSsl, name: &str, section: &str, key: &[&str], issuer: Option<Issuer>) {
    let (key_file, csr) = (format!("{name}.key"), format!("{name}.csr"));
    let (pem_file, der) = (format!("{name}.pem"), format!("{name}.der"));
    let mut generate = vec!["genpkey", "-out", &key_file, "-algorithm"];
    generate.extend(key);
    openssl.run(&generate).unwrap();
    // Each kind of key has one digest in this profile.
    let digest = if key == P384 { "-sha384" } else { "-sha256" };
    let request = ["req", "-new", digest, "-config", "c.cnf", "-key", &key_file];
    let subject = format!("/CN={name}");
    match issuer {
        None => {
            let line = [
                "-x509",
                "-days",
                "30",
                "-extensions",
                section,
                "-out",
                &pem_file,
            ];
            openssl
                .run(&[&request[..], &line, &["-subj", &subject]].concat())
                .unwrap();
        }
        Some((issuer, digest)) => {
            let line = ["-subj", &subject, "-out", &csr];
            openssl.run(&[&request[..], &line].concat()).unwrap();
            let (ca, ca_key) = (format!("{issuer}.pem"), format!("{issuer}.key"));
            let line = [
                "x509",
                "-req",
                digest,
                "-in",
                &csr,
                "-CA",
                &ca,
                "-CAkey",
                &ca_key,
                "-days",
                "7",
                "-extfile",
                "c.cnf",
                "-extensions",
                section,
                "-out",
                &pem_file,
            ];
            openssl.run(&line).unwrap();
        }
    }
    openssl
        .run(&["x509", "-in", &pem_file, "-outform", "DER", "-out", &der])
        .unwrap();
}

const P256: &[&str] = &["EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
const P384: &[&str] = &["EC", "-pkeyopt", "ec_paramgen_curve:P-384"];

/// A moment at which the certificate is in date.
fn begin_of(certificate: &Certificate) -> TimePolicy {
    TimePolicy::Trusted(TimeInterval::exactly(certificate.not_before()))
}

#[test]
fn what_openssl_issues_is_accepted_when_right() {
    let Some(openssl) = OpenSsl::new("fields-issues") else {
        return;
    };
    openssl.write("c.cnf", CONFIG);
    make(&openssl, "ca", "ca", P256, None);
    make(&openssl, "dpf", "dpf", P384, Some(("ca", "-sha256")));
    make(&openssl, "object", "object", P256, Some(("ca", "-sha256")));
    make(&openssl, "foreign", "ca", P256, None);
    make(&openssl, "deep", "deep", P256, None);
    let read = |name: &str| parsed(&openssl.read(&format!("{name}.der")));
    let operator = sho("001-01");
    let anchor = Anchor::new(operator.clone(), read("ca")).unwrap();
    let (dpf, object) = (read("dpf"), read("object"));
    let verdict = |leaf: &Certificate, anchor: &Anchor, purpose| {
        verify_leaf(leaf, anchor, purpose, &operator, begin_of(leaf)).map_err(|error| error.code())
    };
    let verified = verdict(&dpf, &anchor, Purpose::DpfServer).unwrap();
    assert_eq!(dpf_name_matches(&verified, "DPF.rehome.test"), Ok(()));
    assert!(verdict(&object, &anchor, Purpose::Object).is_ok());
    let refused = verdict(&dpf, &anchor, Purpose::Object);
    assert_eq!(refused.unwrap_err(), "certificate-purpose-wrong");
    let foreign = Anchor::new(operator.clone(), read("foreign")).unwrap();
    let refused = verdict(&object, &foreign, Purpose::Object);
    assert_eq!(refused.unwrap_err(), "certificate-chain-invalid");
    let refused = Anchor::new(operator.clone(), read("deep")).unwrap_err();
    assert_eq!(refused.code(), "anchor-invalid");
}

#[test]
fn a_cert_tre_and_a_request_of_openssl_are_accepted_when_right() {
    let Some(openssl) = OpenSsl::new("fields-tre") else {
        return;
    };
    openssl.write("c.cnf", CONFIG);
    make(&openssl, "pva", "pva", P384, None);
    make(&openssl, "tre", "tre", P256, Some(("pva", "-sha384")));
    let read = |name: &str| openssl.read(&format!("{name}.der"));
    let pva = PvaAnchor::new("acme".parse().unwrap(), parsed(&read("pva"))).unwrap();
    let leaf = parsed(&read("tre"));
    let verified = verify_tre(&leaf, &pva, TreUse::Both, TRE_ID, begin_of(&leaf)).unwrap();
    assert_eq!(
        verified.certificate().tre_extension(),
        Some(&[0x30, 3, 2, 1, 1][..])
    );
    let other = PvaAnchor::new("acme1".parse().unwrap(), parsed(&read("pva"))).unwrap();
    let refused = verify_tre(&leaf, &other, TreUse::Both, TRE_ID, begin_of(&leaf));
    assert_eq!(refused.unwrap_err().code(), "pva-supplier-mismatch");
    let line = [
        "req", "-new", "-config", "c.cnf", "-key", "tre.key", "-reqexts", "tre", "-outform", "DER",
        "-out", "tre.csr",
    ];
    openssl.run(&line).unwrap();
    let request = CertificateRequest::from_der(&openssl.read("tre.csr")).unwrap();
    assert_eq!(request.tre_id(), TRE_ID);
    assert_eq!(request.tre_extension(), [0x30, 3, 2, 1, 1]);
    assert_eq!(request.public_key(), leaf.public_key());
}
