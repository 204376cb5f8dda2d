//! The messages of vectors/gsup.json: read, written again, cut at every octet,
//! and refused.

use gsup::{GsupError, Message, Preamble, RoutingName};

use crate::support::{cases, describe, hex, to_hex, unhex};

#[test]
fn messages_mean_what_their_source_says() {
    for case in cases("messages").iter().chain(cases("loose")) {
        let message = Message::decode(&hex(&case["octets"]))
            .unwrap_or_else(|error| panic!("{}: {error}", case["name"]));
        assert_eq!(describe(&message), case["expect"], "{}", case["name"]);
    }
}

#[test]
fn messages_are_written_octet_by_octet_as_libosmocore_does() {
    for case in cases("messages") {
        let message = Message::decode(&hex(&case["octets"])).unwrap();
        let octets = message.encode().unwrap();
        assert_eq!(to_hex(octets.expose()), case["octets"], "{}", case["name"]);
    }
}

#[test]
fn other_orders_are_read_and_written_in_ours() {
    for case in cases("loose") {
        let octets = hex(&case["octets"]);
        let message = Message::decode(&octets).unwrap();
        let ours = message.encode().unwrap();
        assert_ne!(*ours.expose(), octets, "{}: not loose", case["name"]);
        assert_eq!(Message::decode(ours.expose()), Ok(message));
    }
}

#[test]
fn forbidden_messages_are_refused_with_their_reason() {
    for case in cases("refused") {
        let error = Message::decode(&hex(&case["octets"]));
        let code = error.as_ref().map_err(GsupError::code);
        let expected = case["code"].as_str().unwrap();
        assert_eq!(code.err(), Some(expected), "{}: {error:?}", case["name"]);
    }
}

#[test]
fn unsupported_messages_say_what_they_are_and_can_be_answered() {
    for case in cases("unsupported") {
        let (name, octets) = (&case["name"], hex(&case["octets"]));
        let error = Message::decode(&octets).expect_err("unsupported");
        let GsupError::UnsupportedMessage { message_type, imsi } = &error else {
            panic!("{name}: {error:?}");
        };
        assert_eq!(*message_type, case["message_type"], "{name}");
        assert_eq!(imsi.as_str(), case["imsi"], "{name}");
        assert_eq!(error.cause().code(), 97, "{name}");
        let preamble = Preamble::decode(&octets).unwrap();
        assert_eq!(preamble.message_type, *message_type, "{name}");
        assert_eq!(preamble.is_request(), !case["answer"].is_null(), "{name}");
    }
}

/// The places where an element begins or the message ends, found without the
/// crate under test.
fn boundaries(octets: &[u8]) -> Vec<usize> {
    let mut found = vec![];
    let mut at = 1;
    while at < octets.len() {
        at += 2 + usize::from(octets[at + 1]);
        found.push(at);
    }
    assert_eq!(at, octets.len());
    found
}

/// A message cut inside an element is refused. One cut between elements is a
/// message of its own or lacks something mandatory; the frame around it tells
/// that it was cut (`frames::a_frame_that_is_cut_is_never_delivered`).
#[test]
fn every_truncation_is_refused_or_is_a_shorter_message() {
    for case in cases("messages") {
        let octets = hex(&case["octets"]);
        let ends = boundaries(&octets);
        for length in 0..octets.len() {
            let cut = &octets[..length];
            match Message::decode(cut) {
                Err(error) if ends.contains(&length) => assert!(
                    ["gsup-element-missing", "gsup-element-incomplete"].contains(&error.code()),
                    "{}: {error}",
                    case["name"]
                ),
                Err(error) => assert!(
                    ["gsup-truncated", "gsup-element-missing"].contains(&error.code()),
                    "{} cut to {length}: {error}",
                    case["name"]
                ),
                Ok(shorter) => {
                    assert!(ends.contains(&length), "{} cut to {length}", case["name"]);
                    assert_eq!(*shorter.encode().unwrap().expose(), cut);
                }
            }
        }
    }
}

/// Elements inside a vector or a PDP info: cutting one with both lengths made
/// right leaves a message that lacks something, never one with half a key.
#[test]
fn a_vector_cut_anywhere_is_refused() {
    for case in cases("messages") {
        let octets = hex(&case["octets"]);
        if octets[0] != 0x0a || octets[11] != 0x03 {
            continue;
        }
        let (head, tuple) = (&octets[..11], &octets[13..13 + usize::from(octets[12])]);
        for length in 0..tuple.len() {
            let cut = [
                head,
                &[0x03, u8::try_from(length).unwrap()],
                &tuple[..length],
            ]
            .concat();
            let read = Message::decode(&cut);
            // RAND, SRES and Kc alone are a vector of GSM.
            assert_eq!(read.is_ok(), length == 18 + 6 + 10, "{length}: {read:?}");
        }
    }
}

#[test]
fn a_preamble_is_readable_where_the_message_is_not() {
    let imsi = "01080001012143 6587f9".replace(' ', "");
    let octets = |rest: &str| unhex(&format!("08{imsi}{rest}"));
    for (rest, source) in [
        // Before and after AUTS of one octet, after a CN domain 0.
        ("6003414243260101", Some("ABC")),
        ("2601016003414243", Some("ABC")),
        ("2801006003414243", Some("ABC")),
        ("60034142436003444546", Some("ABC")),
        ("60006003414243", Some("ABC")),
        // After an element that is longer than the message; cut itself.
        ("28ff6003414243", None),
        ("60034142", None),
    ] {
        assert!(Message::decode(&octets(rest)).is_err(), "{rest}");
        let header = Preamble::decode(&octets(rest)).unwrap().header;
        assert_eq!(header.source_name.as_ref().map(RoutingName::as_str), source);
    }
    for (hex, code) in [
        ("", "gsup-truncated"),
        ("08", "gsup-element-missing"),
        ("080103aaaaaa", "imsi-malformed"),
        ("080108000101", "gsup-truncated"),
    ] {
        let error = Preamble::decode(&unhex(hex)).unwrap_err();
        assert_eq!(error.code(), code, "{hex}");
    }
}
