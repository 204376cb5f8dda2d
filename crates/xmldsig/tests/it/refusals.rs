//! Documents that break one rule each (data/refusals.json), refused for that
//! rule and no other.

use serde::Deserialize;
use xmldsig::{
    BootstrapType, DocumentType, Limits, Unverified, UnverifiedDetached, XmlDsigError,
    sign_detached,
};

use crate::support::{Key, between, chain, signed};

#[derive(Deserialize)]
struct Refusals {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    base: Base,
    find: String,
    replace: String,
    expect: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Base {
    Tre,
    Operator,
    Detached,
}

const DOCUMENT: &[u8] = b"<wap-provisioningdoc/>";

/// Fills the names in braces with the valid document's own parts.
fn filled(template: &str, valid: &str) -> String {
    let part = |name: &str| {
        let (start, end) = (format!("<ds:{name}>"), format!("</ds:{name}>"));
        if valid.contains(&start) {
            between(valid, &start, &end)
        } else {
            ""
        }
    };
    template
        .replace("{value}", part("SignatureValue"))
        .replace("{digest}", part("DigestValue"))
        .replace("{leaf}", part("X509Certificate"))
}

fn read(base: Base, document: &[u8], key: &Key) -> Result<(), XmlDsigError> {
    let limits = Limits::default();
    let object = |document_type| {
        let read = Unverified::parse(document, document_type, &limits)?;
        read.verify(&key.verifying()).map(drop)
    };
    match base {
        Base::Tre => object(DocumentType::M2mmObj),
        Base::Operator => object(DocumentType::Decision),
        Base::Detached => {
            let read = UnverifiedDetached::parse(document, DOCUMENT, BootstrapType::Xml, &limits)?;
            read.verify(&key.verifying()).map(drop)
        }
    }
}

#[test]
fn each_broken_rule_is_the_reason() {
    let key = Key::p256();
    let leaf = chain(&key).leaf;
    let valid = |base| {
        let octets = match base {
            Base::Tre => signed(DocumentType::M2mmObj, &key, &leaf),
            Base::Operator => signed(DocumentType::Decision, &key, &leaf),
            Base::Detached => sign_detached(DOCUMENT, BootstrapType::Xml, &key, &leaf).unwrap(),
        };
        read(base, &octets, &key).unwrap();
        String::from_utf8(octets).unwrap()
    };
    let refusals: Refusals = serde_json::from_str(include_str!("../data/refusals.json")).unwrap();
    assert!(refusals.cases.len() > 150);
    let mut wrong = Vec::new();
    for case in &refusals.cases {
        let valid = valid(case.base);
        let find = filled(&case.find, &valid);
        assert_eq!(valid.matches(&find).count(), 1, "{}: {find}", case.name);
        let broken = valid.replace(&find, &filled(&case.replace, &valid));
        let result = read(case.base, broken.as_bytes(), &key);
        let result = result.map_or_else(|error| format!("{error:?}"), |()| "verified".to_owned());
        if result != case.expect {
            wrong.push(format!(
                "{}: {result} in place of {}",
                case.name, case.expect
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_not_utf_8_is_refused() {
    let key = Key::p256();
    for octets in [&b"\xff"[..], b"\xc0\x80", b"\xed\xa0\x80", b"\xc3"] {
        let mut document = signed(DocumentType::M2mmObj, &key, &[]);
        let at = document.windows(2).position(|pair| pair == b"A1").unwrap();
        document.splice(at..at, octets.iter().copied());
        let error = read(Base::Tre, &document, &key).unwrap_err();
        assert_eq!(format!("{error:?}"), "Malformed(Encoding)");
    }
    let utf16: Vec<u8> = signed(DocumentType::M2mmObj, &key, &[])
        .into_iter()
        .flat_map(|octet| [octet, 0])
        .collect();
    assert!(read(Base::Tre, &utf16, &key).is_err());
    assert!(read(Base::Tre, b"", &key).is_err());
}

/// The stable codes, as other parts and peers know them.
#[test]
fn codes_are_kebab_case_and_distinct() {
    let key = Key::p256();
    let valid = String::from_utf8(signed(DocumentType::M2mmObj, &key, &[])).unwrap();
    let code = |find: &str, replace: &str| {
        assert!(valid.contains(find), "{find}");
        let broken = valid.replacen(find, replace, 1);
        read(Base::Tre, broken.as_bytes(), &key).unwrap_err().code()
    };
    assert_eq!(code("A1", "A&1"), "signed-document-malformed");
    assert_eq!(code("ecdsa-sha256", "ecdsa-sha1"), "algorithm-not-allowed");
    assert_eq!(code("A1", "A2"), "digest-mismatch");
    let digest = between(&valid, "<ds:DigestValue>", "</ds:DigestValue>");
    assert_eq!(
        code(digest, &format!("{}=", "A".repeat(43))),
        "signature-invalid"
    );
}
