//! Authority information access (RFC 5280 clause 4.2.2.1; RFC 6960 clause 3.1):
//! what a leaf says about its responder, and the `openssl` program as the other
//! reader and the other writer.

use trust::issue::{LeafRequest, issue_leaf, issue_pva_leaf};
use trust::{Certificate, Purpose, TrustError};

use crate::issuing_limits::{issued_anchor, issued_pva, issuer};
use crate::support::build::{CRITICAL, Draft};
use crate::support::der::{extension, oid, sequence, tlv};
use crate::support::program::{OpenSsl, pem};
use crate::support::random::Seeded;
use crate::support::test_keys::p256;
use crate::support::{ANCHOR_KEY, LEAF_KEY, at, leaf};

const URL: &str = "http://ocsp.mnc001.mcc001.rehome.test/";
const AIA: &str = "1.3.6.1.5.5.7.1.1";
const OCSP: &str = "1.3.6.1.5.5.7.48.1";
const CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";
/// Context tags of GeneralName (RFC 5280 clause 4.2.1.6).
const DNS_NAME: u8 = 0x82;
const URI: u8 = 0x86;

fn year() -> trust::issue::Validity {
    let (begin, end) = (at("2026-01-01T00:00:00Z"), at("2026-12-31T23:59:59Z"));
    trust::issue::Validity::new(begin, end).unwrap()
}

fn issued(url: Option<&str>) -> Result<Certificate, TrustError> {
    let key = issuer(p256(1));
    let public_key = trust::PublicKey::from_pkey(&p256(LEAF_KEY)).unwrap();
    let request = LeafRequest {
        purpose: Purpose::DpfServer,
        public_key: &public_key,
        dns_names: &["dpf.rehome.test".to_owned()],
        validity: year(),
        ocsp_url: url,
    };
    issue_leaf(&key, &issued_anchor(&key), &request, &mut Seeded::new(3))
}

/// A leaf whose extension has these (access method, tag of the name, name).
fn with_descriptions(critical: Option<u8>, list: &[(&str, u8, &str)]) -> Draft {
    let list: Vec<_> = list
        .iter()
        .map(|(method, tag, name)| sequence(&[oid(method), tlv(*tag, name.as_bytes())]))
        .collect();
    leaf("001-01", Purpose::DpfServer).with(AIA, extension(AIA, critical, &sequence(&list)))
}

fn url_of(draft: &Draft) -> Result<Option<String>, TrustError> {
    let certificate = Certificate::from_der(&draft.signed_by(&p256(ANCHOR_KEY)))?;
    Ok(certificate.ocsp_url().map(str::to_owned))
}

fn fault(draft: &Draft) -> &'static str {
    match url_of(draft) {
        Err(TrustError::CertificateMalformed(what)) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_leaf_says_where_its_status_is_asked() {
    assert_eq!(issued(Some(URL)).unwrap().ocsp_url(), Some(URL));
    assert_eq!(issued(None).unwrap().ocsp_url(), None);
    let key = issuer(p256(1));
    let public_key = trust::PublicKey::from_pkey(&p256(LEAF_KEY)).unwrap();
    let request = LeafRequest {
        purpose: Purpose::DpfServer,
        public_key: &public_key,
        dns_names: &["pva.rehome.test".to_owned()],
        validity: year(),
        ocsp_url: Some(URL),
    };
    let leaf = issue_pva_leaf(&key, &issued_pva(&key), &request, &mut Seeded::new(3));
    assert_eq!(leaf.unwrap().ocsp_url(), Some(URL));
}

#[test]
fn openssl_reads_the_url_that_we_write() {
    let Some(openssl) = OpenSsl::new("access-reads") else {
        return;
    };
    for url in [URL, "https://ocsp.rehome.test:8443/a?b=c"] {
        openssl.write("leaf.pem", pem(issued(Some(url)).unwrap().der()));
        let uri = openssl.run(&["x509", "-in", "leaf.pem", "-noout", "-ocsp_uri"]);
        assert_eq!(uri, Ok(format!("{url}\n")));
        let text = openssl.run(&["x509", "-in", "leaf.pem", "-noout", "-text"]);
        let text = text.unwrap();
        assert!(text.contains("Authority Information Access: \n"), "{text}");
        assert!(!text.contains("Authority Information Access: critical"));
    }
    openssl.write("leaf.pem", pem(issued(None).unwrap().der()));
    let uri = openssl.run(&["x509", "-in", "leaf.pem", "-noout", "-ocsp_uri"]);
    assert_eq!(uri, Ok(String::new()));
}

#[test]
fn the_url_that_openssl_writes_is_read() {
    let Some(openssl) = OpenSsl::new("access-writes") else {
        return;
    };
    openssl.write(
        "key.pem",
        p256(LEAF_KEY).private_key_to_pem_pkcs8().unwrap(),
    );
    let value = format!("authorityInfoAccess=caIssuers;URI:http://ca.test/,OCSP;URI:{URL}");
    let line = ["req", "-x509", "-key", "key.pem", "-subj", "/CN=other"];
    let rest = ["-addext", &value, "-outform", "DER", "-out", "leaf.der"];
    openssl.run(&[line, rest].concat()).unwrap();
    let certificate = Certificate::from_der(&openssl.read("leaf.der")).unwrap();
    assert_eq!(certificate.ocsp_url(), Some(URL));
}

#[test]
fn the_first_url_of_a_responder_counts_and_the_rest_is_passed_over() {
    let other = "http://other.test/";
    let upper = "HTTP://ocsp.rehome.test/";
    for (list, expected) in [
        (vec![(OCSP, URI, URL)], Some(URL)),
        (vec![(OCSP, URI, URL), (OCSP, URI, other)], Some(URL)),
        (vec![(CA_ISSUERS, URI, other), (OCSP, URI, URL)], Some(URL)),
        (vec![(OCSP, URI, "ldap://a/"), (OCSP, URI, URL)], Some(URL)),
        (vec![(OCSP, DNS_NAME, "a"), (OCSP, URI, URL)], Some(URL)),
        (vec![(OCSP, URI, upper)], Some(upper)),
        (vec![(CA_ISSUERS, URI, other)], None),
        (vec![(OCSP, URI, "ldap://a/")], None),
        (vec![(OCSP, URI, "a")], None),
        (vec![(OCSP, DNS_NAME, "a")], None),
    ] {
        let found = url_of(&with_descriptions(None, &list)).unwrap();
        assert_eq!(found.as_deref(), expected, "{list:?}");
    }
}

#[test]
fn a_malformed_extension_is_refused() {
    let form = "authority information access";
    let size = "authority information access empty or too long";
    let whole =
        |value: &[u8]| leaf("001-01", Purpose::DpfServer).with(AIA, extension(AIA, None, value));
    assert_eq!(fault(&whole(&[])), form);
    assert_eq!(fault(&whole(&tlv(0x31, &[]))), form);
    assert_eq!(fault(&whole(&sequence(&[oid(OCSP)]))), form);
    assert_eq!(fault(&whole(&sequence(&[sequence(&[oid(OCSP)])]))), form);
    let mut behind = sequence(&[sequence(&[oid(OCSP), tlv(URI, URL.as_bytes())])]);
    behind.push(0);
    assert_eq!(fault(&whole(&behind)), form);
    assert_eq!(fault(&whole(&sequence(&[]))), size);
    let many = vec![(OCSP, URI, URL); 17];
    assert_eq!(fault(&with_descriptions(None, &many)), size);
    let full = with_descriptions(None, &vec![(OCSP, URI, URL); 16]);
    assert_eq!(url_of(&full).unwrap().as_deref(), Some(URL));
    let critical = with_descriptions(CRITICAL, &[(OCSP, URI, URL)]);
    assert_eq!(fault(&critical), "authority information access critical");
    // IA5String has no octets above 127.
    let octet = [sequence(&[oid(OCSP), tlv(URI, b"http://a\xff/")])];
    assert_eq!(fault(&whole(&sequence(&octet))), form);
}

#[test]
fn a_wrong_url_is_neither_read_nor_issued() {
    let long = format!("http://ocsp.test/{}", "a".repeat(239));
    let longest = &long[..255];
    assert_eq!(issued(Some(longest)).unwrap().ocsp_url(), Some(longest));
    for url in [
        long.as_str(),
        "http://",
        "http:///path",
        "http://:80/",
        "http://?a",
        "http://user@host/",
        "http://host/#fragment",
        "http://host/a b",
        "http://host/\u{7f}",
        "http://host/<",
    ] {
        assert_eq!(issued(Some(url)), Err(TrustError::OcspUrlWrong), "{url}");
        let draft = with_descriptions(None, &[(OCSP, URI, url)]);
        assert_eq!(fault(&draft), "the URL of the OCSP responder", "{url}");
    }
    for url in ["", "ldap://host/", "ocsp.rehome.test", "http:/host/", "ü"] {
        let refused = issued(Some(url)).unwrap_err();
        assert_eq!(refused.code(), "ocsp-url-wrong", "{url}");
    }
}
