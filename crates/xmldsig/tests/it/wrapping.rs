//! Signature wrapping (data/wrapping.json): valid parts put together in other
//! ways never bring other content under a signature.

use serde::Deserialize;
use xmldsig::{DocumentType, Limits, ObjectWriter, Unverified, sign_object};

use crate::support::{Key, sample, signed};

#[derive(Deserialize)]
struct Wrapping {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    document: String,
    expect: String,
}

/// The `ds:Signature` of a document.
fn signature(document: &[u8]) -> String {
    let text = std::str::from_utf8(document).unwrap();
    let start = text.find("<ds:Signature ").unwrap();
    let end = text.rfind("</Signed").unwrap();
    text[start..end].to_owned()
}

fn parts(key: &Key) -> Vec<(&'static str, String)> {
    let object = String::from_utf8(sample(DocumentType::M2mmObj).octets().to_vec()).unwrap();
    let document = signed(DocumentType::M2mmObj, key, &[]);
    let own = signature(&document);
    let mut forged = ObjectWriter::new(DocumentType::M2mmObj);
    forged.field("TreId", "forged").unwrap();
    let forged = String::from_utf8(forged.finish().octets().to_vec()).unwrap();
    let mut other = ObjectWriter::new(DocumentType::M2mmObj);
    other.field("TreId", "other").unwrap();
    let other = sign_object(&other.finish(), key, None).unwrap();
    let stranger = signed(DocumentType::M2mmObj, &Key::p256(), &[]);
    let content = object.split_once('>').unwrap().1;
    let content = content.strip_suffix("</M2MMobj>").unwrap();
    let with_object = own.replace("</ds:SignedInfo>", &format!("{object}</ds:SignedInfo>"));
    vec![
        ("{document}", String::from_utf8(document).unwrap()),
        ("{object content}", content.to_owned()),
        (
            "{signature head}",
            own.strip_suffix("</ds:Signature>").unwrap().to_owned(),
        ),
        ("{signature with object in SignedInfo}", with_object),
        ("{signature}", own),
        ("{object}", object),
        ("{other signature}", signature(&other)),
        ("{stranger signature}", signature(&stranger)),
        ("{forged without id}", forged.replace(" Id=\"o\"", "")),
        ("{forged}", forged),
    ]
}

#[test]
fn no_arrangement_of_valid_parts_is_accepted_but_one() {
    let key = Key::p256();
    let parts = parts(&key);
    let wrapping: Wrapping = serde_json::from_str(include_str!("../data/wrapping.json")).unwrap();
    assert!(wrapping.cases.len() > 35);
    let mut wrong = Vec::new();
    for case in &wrapping.cases {
        let mut document = case.document.clone();
        for (name, text) in &parts {
            document = document.replace(name, text);
        }
        assert!(!document.contains('{'), "{}: {document}", case.name);
        let read = Unverified::parse(
            document.as_bytes(),
            DocumentType::M2mmObj,
            &Limits::default(),
        );
        let result = match read.and_then(|read| read.verify(&key.verifying())) {
            Ok(verified) => {
                assert_eq!(
                    verified.canonical_octets(),
                    sample(DocumentType::M2mmObj).octets()
                );
                "verified".to_owned()
            }
            Err(error) => format!("{error:?}"),
        };
        if result != case.expect {
            wrong.push(format!(
                "{}: {result} in place of {}",
                case.name, case.expect
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
