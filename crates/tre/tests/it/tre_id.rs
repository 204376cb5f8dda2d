//! TRE_id: what is one and what only looks like it.

use tre::TreId;

use crate::support::code;

const SERIAL: &str = "00112233445566778899aabbccddeeff";

#[test]
fn a_tre_id_tells_its_supplier_and_serial() {
    for supplier in ["acme", "a1b2", "sixteen0letters0"] {
        let text = format!("urn:x-rehome:tre:{supplier}:{SERIAL}");
        let id: TreId = text.parse().unwrap();
        assert_eq!(id.supplier(), supplier);
        assert_eq!(id.serial(), SERIAL);
        assert_eq!(id.as_str(), text);
        assert_eq!(id.to_string(), text);
        assert_eq!(id, text.parse().unwrap());
    }
}

#[test]
fn ids_are_compared_octet_by_octet() {
    let id = |supplier: &str, last: char| -> TreId {
        format!("urn:x-rehome:tre:{supplier}:{}{last}", &SERIAL[..31])
            .parse()
            .unwrap()
    };
    assert_ne!(id("acme", 'f'), id("acme", 'e'));
    assert_ne!(id("acme", 'f'), id("acme0", 'f'));
}

#[test]
fn everything_else_is_malformed() {
    let of = |supplier: &str, serial: &str| format!("urn:x-rehome:tre:{supplier}:{serial}");
    for text in [
        String::new(),
        "urn:x-rehome:tre:".to_owned(),
        format!("urn:x-rehome:tre:acme{SERIAL}"),
        of("acm", SERIAL),
        of("seventeen0letters", SERIAL),
        of("", SERIAL),
        of("Acme", SERIAL),
        of("ac-me", SERIAL),
        of("ac me", SERIAL),
        of("ac%6de", SERIAL),
        of("acmé", SERIAL),
        of("acme", &SERIAL[1..]),
        of("acme", &format!("{SERIAL}0")),
        of("acme", &SERIAL.to_uppercase()),
        of("acme", &SERIAL.replace('f', "g")),
        of("acme", ""),
        of("acme:evil", SERIAL),
        format!("{}:", of("acme", SERIAL)),
        format!("{}\n", of("acme", SERIAL)),
        format!(" {}", of("acme", SERIAL)),
        of("acme", SERIAL).replace("urn", "URN"),
        of("acme", SERIAL).replace("tre", "sho"),
    ] {
        assert_eq!(code(text.parse::<TreId>()), "tre-id-malformed", "{text:?}");
    }
}
