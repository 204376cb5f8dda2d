//! WAP Push (WAP-230-WSP clauses 8.2.1, 8.2.4.1 and 8.4) in short messages, against
//! what other programs send (`vectors/wap-push.json`).

use std::time::Duration;

use clock::Tick;
use serde_json::Value;
use uicc::UiccError;
use uicc::sms::push::{Application, Content, Media, PORT, Push, Security};
use uicc::sms::{Limits, Ports, Reassembler, Reference, Taken, UserData};

use crate::support::{array, field, hex};

const VECTORS: &str = include_str!("../../../../vectors/wap-push.json");

pub(crate) fn vectors() -> Value {
    serde_json::from_str(VECTORS).unwrap()
}

/// One with this media type and nothing else.
fn push(content: Content) -> Push {
    Push {
        transaction: 7,
        content,
        application: None,
        body: vec![0xaa],
    }
}

/// The headers of a PDU whose body is AA.
fn headers(headers: &str) -> Vec<u8> {
    let headers = hex(headers);
    let length = u8::try_from(headers.len()).unwrap();
    [&[7, 6, length], headers.as_slice(), &[0xaa]].concat()
}

#[test]
fn pushes_of_other_programs_are_read() {
    let vectors = vectors();
    let mut written = 0;
    for vector in vectors["pushes"].as_array().unwrap() {
        let (name, pdu) = (&vector["name"], field(vector, "pdu"));
        let read = Push::parse(&pdu).unwrap();
        assert_eq!(u64::from(read.transaction), vector["transaction"]);
        let media = match vector["media"].as_str() {
            Some(_) => Media::Number(array::<1>(vector, "media")[0].into()),
            None => Media::Name(vector["media_name"].as_str().unwrap().to_owned()),
        };
        assert_eq!(read.content.media, media, "{name}");
        let at = usize::try_from(vector["body_at"].as_u64().unwrap()).unwrap();
        assert_eq!(read.body, pdu[at..], "{name}");
        assert_eq!(read.application, None);
        let mac = vector["mac"].as_str().map(|_| array(vector, "mac"));
        assert_eq!(read.content.mac, mac, "{name}");
        let security = mac.map(|_| Security::UserPin);
        assert_eq!(read.content.security, security, "{name}");
        // Those without a character set are what we write.
        let again = read.encode().unwrap();
        if !pdu[..at].ends_with(&[0x81, 0xea]) {
            assert_eq!(again, pdu, "{name}");
            written += 1;
        }
        assert_eq!(Push::parse(&again).unwrap(), read);
        for end in 0..at {
            assert!(Push::parse(&pdu[..end]).is_err(), "{name} to {end}");
        }
    }
    assert_eq!(written, 3);
}

/// OMA-TS-DM_Notification-V1_2 clause 7.1: C4, AF 87.
#[test]
fn a_notification_is_for_device_management() {
    let mut made = push(Media::NOTIFICATION.into());
    made.application = Some(Application::DEVICE_MANAGEMENT);
    assert_eq!(made.encode().unwrap(), headers("c4af87"));
    // Beyond 127 a number is long; a name is a text.
    for (application, octets) in [
        (Application::Number(0x80), "c4af0180"),
        (Application::Number(0x9009), "c4af029009"),
        (Application::Name("x:y".to_owned()), "c4af783a7900"),
    ] {
        made.application = Some(application);
        assert_eq!(made.encode().unwrap(), headers(octets));
        assert_eq!(Push::parse(&headers(octets)), Ok(made.clone()));
    }
}

/// By clause 8.4.2.24: a number alone, a name alone, else a length before them.
#[test]
fn media_types_have_one_form_each() {
    let mac = Some([0xa5; 20]);
    for (media, security, octets) in [
        (Media::SYNCML_DM_WBXML, None, "c2"),
        (Media::SYNCML_DM_XML, None, "c3"),
        (Media::Number(0x0310), None, "03020310"),
        (Media::Number(0x90), None, "020190"),
        (Media::Name("a/b".to_owned()), None, "612f6200"),
        (Media::PROVISIONING, Some(Security::NetworkPin), "03b69180"),
        (
            Media::PROVISIONING,
            Some(Security::UserNetworkPin),
            "03b69182",
        ),
        (
            Media::Name("a/b".to_owned()),
            Some(Security::UserPinMac),
            "06612f62009183",
        ),
    ] {
        let content = Content {
            security,
            ..media.into()
        };
        let made = push(content);
        assert_eq!(made.encode().unwrap(), headers(octets), "{octets}");
        assert_eq!(Push::parse(&headers(octets)), Ok(made));
    }
    let content = Content {
        mac,
        ..Media::PROVISIONING.into()
    };
    // 1 + 1 + 40 + 1 octets: more than thirty.
    let text = "4135".repeat(20);
    let octets = headers(&format!("1f2bb692{text}00"));
    assert_eq!(push(content.clone()).encode().unwrap(), octets);
    // Digits of either case, and a quoted string, are the same.
    for other in [
        format!("1f2bb692{}00", "6135".repeat(20)),
        format!("1f2cb69222{text}00"),
        // A length in two octets.
        format!("1f802bb692{text}00"),
    ] {
        assert_eq!(Push::parse(&headers(&other)), Ok(push(content.clone())));
    }
}

#[test]
fn what_is_not_known_is_passed_over() {
    let notification = push(Media::NOTIFICATION.into());
    for other in [
        // A character set; Q of 0.2 and of two octets, each before the flag Secure; a
        // parameter by its name; a date.
        "03c481ea",
        "05c480159000",
        "06c48084019000",
        "05c478007900",
        "07c49304386ae1f2",
    ] {
        let read = Push::parse(&headers(other));
        assert_eq!(read, Ok(notification.clone()), "{other}");
    }
    // X-Wap-Application-Id by its code among other headers, a page that has another
    // 2F, and by its name.
    let mut addressed = notification.clone();
    addressed.application = Some(Application::DEVICE_MANAGEMENT);
    for around in [
        "c4af87b480",
        "c4b480af87",
        "c48d0401020304af87",
        "c4b91f0101af87",
        "c47f02af8805af897f01af87",
        "c402af8801af87",
        "c47800790082617f00af87",
    ] {
        let read = Push::parse(&headers(around));
        assert_eq!(read, Ok(addressed.clone()), "{around}");
    }
    addressed.application = Some(Application::Name("9".to_owned()));
    let name = "782d7761702d6170706c69636174696f6e2d6964";
    let read = Push::parse(&headers(&format!("c4{name}003900")));
    assert_eq!(read, Ok(addressed));
}

#[test]
fn what_can_not_be_is_refused() {
    let text = UiccError::Reserved("a text of the headers");
    let number = UiccError::Reserved("a number of the headers");
    let twice = UiccError::Reserved("a parameter that comes twice");
    let cut = UiccError::Truncated("the headers");
    let mac = "4135".repeat(20);
    for (octets, error) in [
        ("03b69184", UiccError::Reserved("SEC")),
        ("0ab692414200", cut.clone()),
        ("05b692414200", UiccError::Reserved("MAC")),
        ("06b69241475100", UiccError::Reserved("MAC")),
        ("05b691809181", twice.clone()),
        (&format!("1f55b692{mac}0092{mac}00"), twice),
        ("05b69200af87", text.clone()),
        ("04c3a9af87", cut.clone()),
        ("7fc3a900", text.clone()),
        ("7f00", text.clone()),
        ("0403010203", number),
        ("c400", UiccError::Reserved("a header")),
        ("c4af7f00", text),
        (
            "c4af87af87",
            UiccError::Reserved("a header that comes twice"),
        ),
        ("c4af", cut.clone()),
        ("c47f", cut.clone()),
        ("c46162", cut),
    ] {
        assert_eq!(Push::parse(&headers(octets)), Err(error), "{octets}");
    }
    // Another PDU (ConfirmedPush), and no number of headers.
    let other = Push::parse(&[1, 7, 1, 0xc4]);
    assert_eq!(other, Err(UiccError::Reserved("the type of the PDU")));
    let long = Push::parse(&[1, 6, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xc4]);
    assert_eq!(long, Err(UiccError::Reserved("a number of the headers")));
    let empty = Push::parse(&[1, 6, 0]);
    assert_eq!(empty, Err(UiccError::Truncated("the headers")));
    // A name that would be read as another one.
    for name in ["", "\"a", "a\0b", "é"] {
        let made = push(Media::Name(name.to_owned()).into()).encode();
        let error = UiccError::Reserved("a text of the headers");
        assert_eq!(made, Err(error), "{name:?}");
    }
}

/// The ports stand in each part, 133 octets in one message and 128 in each of several.
#[test]
fn a_push_comes_in_parts() {
    let vectors = vectors();
    let one = Ports::PUSH
        .datagram(&[7; 133], Reference::Short(4))
        .unwrap();
    assert_eq!(one.len(), 1);
    let udh = |part: &UserData| part.encoded_header().unwrap();
    assert_eq!(udh(&one[0]), field(&vectors["ports"], "single"));
    assert_eq!(one[0].ports().unwrap().destination, PORT);
    let octets: Vec<u8> = (0..=255).chain(0..=255).collect();
    for (length, sizes) in [(134, vec![128, 6]), (512, vec![128, 128, 128, 128])] {
        let made = Ports::PUSH.datagram(&octets[..length], Reference::Short(4));
        let made = made.unwrap();
        let bodies: Vec<usize> = made.iter().map(|part| part.body.len()).collect();
        assert_eq!(bodies, sizes);
        let first = udh(&made[0]);
        if made.len() == 4 {
            assert_eq!(first, field(&vectors["ports"], "part"));
        }
        let mut reassembler = Reassembler::new(Limits::default());
        let (now, sender) = (Tick::from_origin(Duration::ZERO), "1".parse().unwrap());
        let mut whole = None;
        for part in made.into_iter().rev() {
            if let Taken::Whole(found) = reassembler.take(now, &sender, part) {
                whole = Some(found);
            }
        }
        let whole = whole.unwrap();
        assert_eq!(whole.ports(), Some(Ports::PUSH));
        assert_eq!(whole.body, octets[..length]);
    }
    let long = Ports::PUSH.datagram(&vec![7; 127 * 255], Reference::Long(4));
    assert_eq!(long.unwrap().len(), 255);
    let longer = Ports::PUSH.datagram(&vec![7; 127 * 255 + 1], Reference::Long(4));
    assert_eq!(longer, Err(UiccError::TooLong));
}
