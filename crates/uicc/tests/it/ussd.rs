//! Commands over USSD (3GPP TS 31.115 clause 6.1, annex A). The checksum is that of
//! Python's `zlib.crc32` over CPI, CPL, CHL and what follows without RC.

use uicc::UiccError;
use uicc::packet::{Cntr, CommandHeader, Framing, SealedCommand, Spi, Status, Tar, wrap};
use uicc::ussd::{packet_of, string_of};

use crate::support::hex;

const PACKET: &str = "03191101000005b0001100000000000046c31cb000a40004023f00";

fn header(spi: [u8; 2]) -> CommandHeader {
    CommandHeader {
        spi: Spi::from_octets(spi).unwrap(),
        kic: 0,
        kid: 5,
        tar: Tar([0xb0, 0, 0x11]),
        cntr: Cntr::default(),
    }
}

#[test]
fn the_checksum_covers_identifier_and_length() {
    let data = hex("00a40004023f00");
    let packet = wrap(Framing::Ussd, &header([1, 0]), None, &data).unwrap();
    assert_eq!(packet, hex(PACKET));
    let sealed = SealedCommand::parse(Framing::Ussd, &packet).unwrap();
    assert_eq!(sealed.open(None).unwrap().data, data);
    for place in 0..packet.len() {
        let mut changed = packet.clone();
        changed[place] ^= 1;
        let opened = SealedCommand::parse(Framing::Ussd, &changed);
        assert!(opened.and_then(|sealed| sealed.open(None)).is_err());
    }
    // Each way has its own identifier.
    let other = SealedCommand::parse(Framing::Ber, &packet).err();
    assert_eq!(other, Some(UiccError::Reserved("the packet's identifier")));
    let other = wrap(Framing::Ber, &header([1, 0]), None, &data).unwrap();
    let other = SealedCommand::parse(Framing::Ussd, &other).err();
    assert_eq!(other, Some(UiccError::Reserved("the packet's identifier")));
}

#[test]
fn a_string_says_what_it_carries() {
    let packet = hex(PACKET);
    let string = string_of(&packet).unwrap();
    assert_eq!((string[0], &string[1..]), (1, &packet[..]));
    assert_eq!(packet_of(&string), Ok(&packet[..]));
    let several = UiccError::Unsupported("a packet of several USSD strings");
    assert_eq!(string_of(&[0; 159]).unwrap().len(), 160);
    assert_eq!(string_of(&[0; 160]), Err(several.clone()));
    let another = UiccError::Unsupported("a USSD string of another format");
    let reserved = UiccError::Reserved("the format of the USSD string");
    for (format, error) in [
        (0x05, several),
        (0x00, another.clone()),
        (0x04, another),
        (0x02, reserved.clone()),
        (0x03, reserved.clone()),
        (0x09, reserved.clone()),
        (0x81, reserved),
    ] {
        assert_eq!(packet_of(&[format, 3, 0]), Err(error), "{format:02x}");
    }
    assert_eq!(packet_of(&[]), Err(UiccError::Truncated("the USSD string")));
    let long = [&[1], &[0; 160][..]].concat();
    let error = UiccError::Length("length of the USSD string");
    assert_eq!(packet_of(&long), Err(error));
}

/// Nobody here knows their identifier: nothing is made and nothing is read.
#[test]
fn a_response_is_refused_by_name() {
    let packet = wrap(Framing::Ussd, &header([0, 1]), None, &[]).unwrap();
    let sealed = SealedCommand::parse(Framing::Ussd, &packet).unwrap();
    let command = sealed.open(None).unwrap();
    let error = UiccError::Unsupported("a response over USSD");
    let made = command.receipt(None, Status::Ok, &[]);
    assert_eq!(made, Err(error.clone()));
    let read = command.terms().read(Framing::Ussd, None, &[4, 0]);
    assert_eq!(read, Err(error));
    assert_eq!(sealed.refusal(&UiccError::CheckFailed), None);
}
