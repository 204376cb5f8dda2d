//! SEND SHORT MESSAGE and TERMINAL RESPONSE (ETSI TS 102 223 clauses 6.6.9, 6.8, 8.6, 8.7
//! and 8.12), octet by octet from the clauses.

use uicc::UiccError;
use uicc::toolkit::{CommandDetails, Outcome, SendShortMessage, TerminalResponse};

use crate::support::hex;

/// Command details, device identities (card to network), an SMS-SUBMIT.
const COMMAND: &str = "d0118103011300820281838b06010281214300";

fn command() -> SendShortMessage {
    SendShortMessage {
        number: 1,
        packing: false,
        service_centre: None,
        tpdu: hex("010281214300"),
    }
}

#[test]
fn a_card_asks_for_a_message() {
    assert_eq!(command().encode().unwrap(), hex(COMMAND));
    assert_eq!(SendShortMessage::parse(&hex(COMMAND)).unwrap(), command());
    // A text for the user, an address (91, +49), tags without the bit, packing.
    let other = "d01b0103021301 02028183 0502 4869 0604 9194 7100 0b06010281214300";
    let other = SendShortMessage::parse(&hex(&other.replace(' ', ""))).unwrap();
    assert_eq!((other.number, other.packing), (2, true));
    assert_eq!(other.service_centre, Some("+491700".parse().unwrap()));
    assert_eq!(other.tpdu, command().tpdu);
    // 128 octets of a TPDU: lengths of two octets; 5 + 4 + 5 + 131.
    let long = SendShortMessage {
        tpdu: vec![1; 128],
        service_centre: Some("+491".parse().unwrap()),
        packing: true,
        number: 9,
    };
    let octets = long.encode().unwrap();
    assert_eq!(octets[..3], [0xd0, 0x81, 145]);
    assert_eq!(SendShortMessage::parse(&octets).unwrap(), long);
    for end in 0..octets.len() {
        assert!(SendShortMessage::parse(&octets[..end]).is_err(), "{end}");
    }
    let longer = SendShortMessage {
        tpdu: vec![1; 250],
        ..long
    };
    assert_eq!(longer.encode(), Err(UiccError::TooLong));
}

#[test]
fn what_is_no_send_short_message() {
    let devices = UiccError::Reserved("the device identities");
    let ends = UiccError::Truncated("the proactive command");
    let reserved = UiccError::Reserved("the proactive command");
    for (octets, error) in [
        // DISPLAY TEXT.
        (
            "d0118103012100820281838b06010281214300",
            UiccError::Unsupported("this proactive command"),
        ),
        // To the display; nobody.
        ("d0118103011300820281028b06010281214300", devices.clone()),
        ("d00d81030113008b06010281214300", devices),
        // No details, no TPDU.
        ("d00c820281838b06010281214300", ends.clone()),
        ("d009810301130082028183", ends),
        // An object that wants to be known, and one that does not mind.
        (
            "d0138103011300820281838b06010281214300ff00",
            reserved.clone(),
        ),
        ("d1118103011300820281838b06010281214300", reserved),
        (
            "d0108102011382028183 8b06010281214300",
            UiccError::Length("command details"),
        ),
    ] {
        let octets = hex(&octets.replace(' ', ""));
        assert_eq!(SendShortMessage::parse(&octets).err(), Some(error));
    }
    let known = hex("d0138103011300820281838b060102812143007f00");
    assert_eq!(SendShortMessage::parse(&known).unwrap(), command());
}

#[test]
fn a_terminal_answers() {
    let response = TerminalResponse {
        details: command().details(),
        result: 0,
    };
    let octets = hex("810301130082028281830100");
    assert_eq!(response.encode().unwrap(), octets);
    assert_eq!(TerminalResponse::parse(&octets).unwrap(), response);
    // Tags without the bit, more behind the result, an object of other commands.
    let other = TerminalResponse::parse(&hex("01030113000202828103022001 8d0104"
        .replace(' ', "")
        .as_str()));
    assert_eq!(other.unwrap().result, 0x20);
    for (result, outcome) in [
        (0x00, Outcome::Done),
        (0x1f, Outcome::Done),
        (0x20, Outcome::Later),
        (0x2f, Outcome::Later),
        (0x30, Outcome::Never),
        (0xff, Outcome::Never),
    ] {
        let response = TerminalResponse { result, ..response };
        assert_eq!(response.outcome(), outcome, "{result:02x}");
    }
    let ends = Err(UiccError::Truncated("the terminal's response"));
    for octets in ["", "8103011300", "830100", "81030113008300", "810301"] {
        assert_eq!(TerminalResponse::parse(&hex(octets)), ends, "{octets}");
    }
    let details = CommandDetails {
        number: 1,
        kind: SendShortMessage::KIND,
        qualifier: 0,
    };
    assert_eq!(response.details, details);
}
