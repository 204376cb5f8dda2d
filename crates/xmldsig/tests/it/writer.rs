//! What the writer writes, and what it refuses.

use xmldsig::{DocumentType, ObjectWriter, XmlDsigError};

#[test]
fn the_octets_are_the_documented_form() {
    let mut object = ObjectWriter::new(DocumentType::M2mmObj);
    object
        .field("TreId", "urn:x")
        .unwrap()
        .field("NonceA", "00ff")
        .unwrap();
    object
        .group("TreInfo", |info| info.field("Type", "java").map(drop))
        .unwrap();
    object.field("Cause", "").unwrap();
    let object = object.finish();
    assert_eq!(
        String::from_utf8_lossy(object.octets()),
        "<M2MMobj xmlns=\"urn:x-rehome:m2mmobj:1\" Id=\"o\"><TreId>urn:x</TreId>\
         <NonceA>00ff</NonceA><TreInfo><Type>java</Type></TreInfo><Cause></Cause></M2MMobj>"
    );
}

#[test]
fn what_would_need_escaping_is_not_written() {
    for text in [
        "a&b", "a<b", "a>b", "a\rb", "a\nb", "a\tb", "\0", "\u{7f}", "\u{85}", "\u{feff}",
        "\u{fffe}", "\u{ffff}", "]]>",
    ] {
        let mut object = ObjectWriter::new(DocumentType::Refusal);
        let error = object.field("Reason", text).map(drop).unwrap_err();
        assert_eq!(error.code(), "signing-misuse", "{text:?}");
        let in_group = object.group("Group", |group| group.field("Reason", text).map(drop));
        assert!(in_group.is_err(), "{text:?}");
        assert_eq!(
            object.finish(),
            ObjectWriter::new(DocumentType::Refusal).finish()
        );
    }
}

#[test]
fn names_are_plain() {
    for name in [
        "", "1a", "a b", "a:b", "a-b", "a/", "/a", "é", "a\"", "a>", "_a", "Id=\"o\"",
    ] {
        let mut object = ObjectWriter::new(DocumentType::Refusal);
        assert!(object.field(name, "x").is_err(), "{name:?}");
        let in_group = object.group(name, |group| group.field("a", "x").map(drop));
        assert!(in_group.is_err(), "{name:?}");
        assert_eq!(
            object.finish(),
            ObjectWriter::new(DocumentType::Refusal).finish()
        );
    }
}

#[test]
fn a_failed_or_empty_group_leaves_nothing_behind() {
    let mut object = ObjectWriter::new(DocumentType::Refusal);
    assert!(object.group("Group", |_| Ok(())).is_err());
    let failed = object.group("Group", |group| {
        group.field("a", "x")?;
        Err(XmlDsigError::Misuse("the caller's own"))
    });
    assert!(failed.is_err());
    assert_eq!(
        object.finish(),
        ObjectWriter::new(DocumentType::Refusal).finish()
    );
}
