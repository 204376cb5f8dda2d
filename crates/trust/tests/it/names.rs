//! SHO_id, supplier's name and TRE_id (docs/operator-change.md, section 1).

use trust::{ShoId, SupplierName, TrustError};

#[test]
fn a_sho_id_keeps_its_digits_as_written() {
    for (text, mcc, mnc, prefix) in [
        ("001-01", "001", "01", "00101"),
        ("001-001", "001", "001", "001001"),
        ("310-410", "310", "410", "310410"),
    ] {
        let sho_id: ShoId = text.parse().unwrap();
        assert_eq!((sho_id.mcc(), sho_id.mnc()), (mcc, mnc));
        assert_eq!(sho_id.prefix(), prefix);
        assert_eq!(sho_id.to_string(), text);
        assert_eq!(sho_id.uri(), format!("urn:x-rehome:sho:{text}"));
        assert_eq!(ShoId::from_uri(&sho_id.uri()), Ok(sho_id));
    }
    let two: ShoId = "001-01".parse().unwrap();
    assert_ne!(two, "001-001".parse().unwrap());
    assert_ne!(two, "001-010".parse().unwrap());
}

#[test]
fn other_texts_are_no_sho_id() {
    for text in [
        "",
        "-",
        "00101",
        "001-1",
        "001-0001",
        "01-01",
        "0001-01",
        "001-",
        "-01",
        "001-0a",
        "00a-01",
        "001-01-",
        "001--01",
        "001-01 ",
        " 001-01",
        "001_01",
        "001-0١",
        "+01-01",
        "001-+1",
        "001\u{2010}01",
    ] {
        assert_eq!(
            text.parse::<ShoId>(),
            Err(TrustError::ShoIdMalformed),
            "{text:?}"
        );
    }
}

#[test]
fn other_uris_are_no_sho_uri() {
    for uri in [
        "001-01",
        "urn:x-rehome:sho:",
        "urn:x-rehome:sho:001-0",
        "urn:x-rehome:sho:001-01/",
        "URN:x-rehome:sho:001-01",
        "urn:x-rehome:tre:001-01",
        " urn:x-rehome:sho:001-01",
    ] {
        assert_eq!(
            ShoId::from_uri(uri),
            Err(TrustError::ShoIdMalformed),
            "{uri:?}"
        );
    }
}

#[test]
fn a_supplier_has_4_to_16_lower_case_letters_and_digits() {
    for text in ["acme", "0000", "a1b2c3d4e5f6g7h8"] {
        assert_eq!(text.parse::<SupplierName>().unwrap().as_str(), text);
    }
    for text in [
        "",
        "acm",
        "a1b2c3d4e5f6g7h8i",
        "Acme",
        "ac-me",
        "acme:",
        "acme ",
        "acmé",
    ] {
        assert_eq!(
            text.parse::<SupplierName>(),
            Err(TrustError::SupplierNameMalformed),
            "{text:?}"
        );
    }
}

#[test]
fn a_tre_id_names_its_supplier_only_if_it_is_whole() {
    let digits = "00112233445566778899aabbccddeeff";
    let supplier = SupplierName::of_tre_id(&format!("urn:x-rehome:tre:acme:{digits}"));
    assert_eq!(supplier.unwrap().as_str(), "acme");
    for text in [
        format!("urn:x-rehome:tre:acme:{digits}0"),
        format!("urn:x-rehome:tre:acme:{}", &digits[1..]),
        format!("urn:x-rehome:tre:acme:{}", digits.to_uppercase()),
        format!("urn:x-rehome:tre:acme:acme:{digits}"),
        format!("urn:x-rehome:tre:acme::{digits}"),
        format!("urn:x-rehome:tre:acm:{digits}"),
        format!("urn:x-rehome:tre:ACME:{digits}"),
        format!("urn:x-rehome:tre::{digits}"),
        format!("urn:x-rehome:tre:{digits}"),
        format!("urn:x-rehome:sho:acme:{digits}"),
        format!("URN:x-rehome:tre:acme:{digits}"),
        format!("acme:{digits}"),
        String::new(),
    ] {
        assert_eq!(
            SupplierName::of_tre_id(&text),
            Err(TrustError::TreIdMalformed),
            "{text:?}"
        );
    }
}
