//! Values in the model: base64, formats, nonces and codes (SyncML RepPro 1.2
//! clause 10; OMA DM RepPro 1.2, "Chal", "Alert Codes").

use syncml::{
    AlertCode, Chal, CmdId, Cred, Data, Error, Format, Item, Meta, NextNonce, RareMeta, StatusCode,
};

use super::document::{command, with_add, with_body};

#[test]
fn octets_follow_the_format() {
    let bin = Some(Format::Bin);
    let b64 = Some(Format::B64);
    // The test vectors of RFC 4648 clause 10.
    for (text, format, expected) in [
        ("", &bin, Some(&b""[..])),
        ("Zg==", &bin, Some(b"f")),
        ("Zm8=", &b64, Some(b"fo")),
        ("Zm9v\r\n YmFy\t", &b64, Some(b"foobar")),
        ("Zm9vYg==", &Some(Format::Chr), Some(b"Zm9vYg==")),
        ("Zm9vYg==", &None, Some(b"Zm9vYg==")),
        ("Zg", &bin, None),
        ("Zg=", &bin, None),
        ("Zh==", &bin, None),
        ("Zg==Zg==", &b64, None),
        ("Zm9v!", &b64, None),
        ("Zm-_", &b64, None),
    ] {
        let data = Data::text(text);
        let octets = data.octets(format.as_ref());
        match expected {
            Some(expected) => assert_eq!(octets.unwrap(), expected, "{text}"),
            None => assert!(matches!(octets, Err(Error::NotBase64)), "{text}"),
        }
    }
    let opaque = Data::Opaque(vec![0, 255]);
    assert_eq!(*opaque.octets(Some(&Format::B64)).unwrap(), [0, 255]);
    let markup = Data::Xml("<a/>".to_owned());
    assert_eq!(*markup.octets(Some(&Format::Bin)).unwrap(), *b"<a/>");
    assert_eq!(Data::base64(b"foob"), Data::text("Zm9vYg=="));
}

#[test]
fn an_item_has_its_own_format_or_that_of_its_command() {
    let command = Meta::typed(Format::B64, "a/b");
    let item = Item::target("./a").with_data(Data::text("Zg=="));
    assert_eq!(item.octets(Some(&command)).unwrap().unwrap(), &b"f"[..]);
    assert_eq!(item.type_(Some(&command)), Some("a/b"));
    let item = item.with_meta(Meta::formatted(Format::Chr));
    assert_eq!(item.octets(Some(&command)).unwrap().unwrap(), &b"Zg=="[..]);
    assert_eq!(item.type_(Some(&command)), Some("a/b"));
    assert_eq!(Item::source("./a").octets(None).unwrap(), None);
}

#[test]
fn meta_that_was_emptied_is_as_it_was_before() {
    let plain = Meta::formatted(Format::Chr);
    let mut meta = plain.clone();
    meta.rare.max_msg_size = Some(1);
    assert_ne!(meta, plain);
    assert_eq!(format!("{:?}", meta.rare), format!("{:?}", *meta.rare));
    meta.rare.max_msg_size = None;
    assert_eq!(meta, plain);
    assert_eq!(meta.rare.into_inner(), RareMeta::default());
}

/// The challenge of OMA DM RepPro 1.2, "Chal": `ZG9iZWhhdmUNCg==`, which is
/// `dobehave` with CR LF.
#[test]
fn a_nonce_is_its_octets_and_its_text() {
    let chal = |nonce: &str, format: &str| {
        let body = format!(
            "<Status><CmdID>1</CmdID><MsgRef>0</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd>\
             <Chal><Meta><NextNonce xmlns='syncml:metinf'>{nonce}</NextNonce>\
             <Type xmlns='syncml:metinf'>syncml:auth-md5</Type>{format}</Meta></Chal>\
             <Data>401</Data></Status>"
        );
        let syncml::Command::Status(status) = command(&with_body(&body)) else {
            panic!("Status expected");
        };
        status.chal.unwrap()
    };
    let b64 = "<Format xmlns='syncml:metinf'>b64</Format>";
    let sample = chal("ZG9iZWhhdmUNCg==", b64);
    let nonce = NextNonce::from_octets(b"dobehave\r\n");
    assert_eq!(sample, Chal::b64(Cred::MD5, Some(nonce.clone())));
    assert_eq!(nonce.as_written(), "ZG9iZWhhdmUNCg==");
    let octets = |chal: Chal| chal.next_nonce.unwrap().octets().map(<[u8]>::to_vec);
    assert_eq!(
        octets(chal("ZG9iZWhhdmUNCg==", "")),
        Some(b"dobehave\r\n".to_vec())
    );
    let chr = "<Format xmlns='syncml:metinf'>chr</Format>";
    assert_eq!(octets(chal("Nonce", chr)), Some(b"Nonce".to_vec()));
    assert_eq!(octets(chal("No nonce!", b64)), None);
    assert_eq!(format!("{nonce:?}"), "NextNonce(***)");
}

#[test]
fn debug_of_credentials_hides_the_data() {
    let cred = Cred::b64(Cred::BASIC, "ZnVuYW1ib2w6ZnVuYW1ib2w=");
    let shown = format!("{cred:?}");
    assert!(shown.contains("syncml:auth-basic"), "{shown}");
    assert!(!shown.contains("ZnVu"), "{shown}");
    assert_eq!(cred.type_(), Some("syncml:auth-basic"));
}

#[test]
fn codes_have_the_names_of_the_specification() {
    for (code, text) in [
        (StatusCode::OK, "200 ok"),
        (
            StatusCode::AUTHENTICATION_ACCEPTED,
            "212 authentication accepted",
        ),
        (StatusCode::NOT_EXECUTED, "215 not executed"),
        (StatusCode::UNAUTHORIZED, "401 unauthorized"),
        (
            StatusCode::AUTHENTICATION_REQUIRED,
            "407 authentication required",
        ),
        (StatusCode::SIZE_MISMATCH, "424 size mismatch"),
        (StatusCode::PERMISSION_DENIED, "425 permission denied"),
        (
            StatusCode::ATOMIC_ROLL_BACK_FAILED,
            "516 atomic roll back failed",
        ),
        (StatusCode(599), "599"),
    ] {
        assert_eq!(code.to_string(), text);
    }
    let successes: Vec<u16> = (0..1000)
        .filter(|code| StatusCode(*code).is_success())
        .collect();
    let expected: Vec<u16> = (200..300)
        .filter(|code| ![215, 216].contains(code))
        .collect();
    assert_eq!(successes, expected);
    assert_eq!(AlertCode::GENERIC_ALERT.to_string(), "1226 generic alert");
    assert_eq!(AlertCode(1221).to_string(), "1221");
}

#[test]
fn formats_keep_their_names() {
    for name in [
        "b64", "bin", "bool", "chr", "int", "node", "null", "xml", "date", "time", "float",
    ] {
        let format = Format::read(&name.to_uppercase());
        assert!(!matches!(format, Format::Other(_)), "{name}");
        assert_eq!(format.to_string(), name);
    }
    assert_eq!(Format::read("Own").to_string(), "Own");
}

#[test]
fn a_cmd_ref_may_name_the_header() {
    assert!(CmdId::new("0").is_header());
    assert!(!CmdId::new("00").is_header());
    let add = command(&with_add("<Item/>"));
    assert_eq!((add.name(), add.cmd_id().number()), ("Add", Some(2)));
}
