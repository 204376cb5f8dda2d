//! Commands that a card does not carry out (ETSI TS 102 225 clause 5.2 table 5, TS 102
//! 226 clause 8.2.1.3.2.4): each with its status, signed where its CC was right.

use uicc::packet::{CommandHeader, Proof, Status, Tar};

use super::support::{ISSUER, OPEN, USIM, apdu, card, header, hex, packet, read, run, send, text};

/// A packet whose header says something else than what it was made with.
fn changed(header: &CommandHeader, place: usize, octet: u8) -> Vec<u8> {
    let mut packet = packet(header, "00a4000c026f46 00d600010141");
    packet[place] = octet;
    packet
}

/// Octets of a packet: CPL 0, CHL 2, SPI 3, KIc 5, KID 6, TAR 7, CNTR 10.
#[test]
fn key_sets_that_are_not_the_cards() {
    let header = header(0x1619, USIM, 11);
    for (place, octet, name) in [
        (5, 0x22, "KIc names another key set than KID"),
        (6, 0x22, "KID names another key set than KIc"),
        (5, 0x15, "KIc names 3DES"),
        (5, 0x11, "KIc names DES"),
        (6, 0x15, "KID names a MAC of 3DES"),
        (5, 0x13, "KIc names an algorithm of somebody's own"),
    ] {
        let mut card = card();
        let delivered = send(&mut card, &changed(&header, place, octet));
        // In the clear, whatever was asked for: 06, and no counter of a ciphered header.
        let expected = "027100000b0ab0001000000000000006";
        assert_eq!(text(&delivered.receipt), expected, "{name}");
        assert_eq!(card.state().key_sets()[0].counter().to_u64(), 10);
    }
    // Key set 5 is not there; both octets name it.
    let mut card = card();
    let mut other = packet(&header, "00a4000c026f46");
    (other[5], other[6]) = (0x52, 0x52);
    let delivered = send(&mut card, &other);
    assert_eq!(text(&delivered.receipt), "027100000b0ab0001000000000000006");
}

/// A CC of four octets where the key set has eight: CHL says 11 in place of 15.
#[test]
fn a_cut_cc() {
    let mut card = card();
    let header = header(0x1219, USIM, 11);
    let mut cut = packet(&header, "00a4000c026f46");
    cut.drain(20..24);
    cut[1] -= 4;
    cut[2] -= 4;
    let delivered = send(&mut card, &cut);
    // Not ciphered: the counter could be read.
    assert_eq!(text(&delivered.receipt), "027100000b0ab00010000000000b0006");
    assert_eq!(card.state().key_sets()[0].counter().to_u64(), 10);
}

#[test]
fn targets_and_their_levels() {
    let mut card = card();
    let unknown = run(&mut card, Tar([0xb0, 0xff, 0xff]), 11, "00a4000c026f46");
    assert_eq!(unknown.status, Status::TarUnknown);
    assert_eq!(unknown.proof, Proof::Verified);
    // MSL 16: CC, ciphered, a counter that rises. One of them is missing.
    for (spi, cntr) in [(0x1219, 12), (0x0e19, 13), (0x0619, 14)] {
        for tar in [USIM, ISSUER] {
            let header = header(spi, tar, cntr);
            let delivered = send(&mut card, &packet(&header, "00a4000c026f46 00d600010141"));
            let response = read(&header, &delivered.receipt);
            if spi == 0x1219 && tar == ISSUER {
                // The same counter again.
                assert_eq!(response.status, Status::CounterLow);
            } else {
                assert_eq!(
                    response.status,
                    Status::InsufficientSecurityLevel,
                    "{spi:04x}"
                );
            }
            assert_eq!(response.proof, Proof::Verified);
        }
    }
    let name = card.state().files().find("3f00/7ff0/6f46").unwrap();
    assert_eq!(name.content.octets()[1], 0xff);
}

/// Whoever has no key gets no signature: an error of a command without a CC.
#[test]
fn errors_of_commands_without_a_cc_are_in_the_clear() {
    let mut card = card();
    for (tar, status) in [(USIM, "0a"), (Tar([1, 2, 3]), "09")] {
        let header = header(0x1019, tar, 77);
        let delivered = send(&mut card, &packet(&header, "00a4000c026f46"));
        let expected = format!("027100000b0a{}000000004d00{status}", text(&tar.0));
        assert_eq!(text(&delivered.receipt), expected);
    }
    // A key set that is not there, for a counter.
    let mut header = header(0x1001, OPEN, 77);
    header.kid = 0x70;
    let delivered = send(&mut card, &packet(&header, "00a4000c026f46"));
    assert_eq!(text(&delivered.receipt), "027100000b0ab00020000000004d0006");
}

#[test]
fn access_conditions_by_target() {
    let mut card = card();
    // EF IMSI: read with PIN1, update with ADM1. EF ICCID: never.
    for (tar, path, condition, executed) in [
        (OPEN, "7fff6f07", "00b0000001", "02 9000 08"),
        (OPEN, "7fff6f07", "00d600000108", "02 6982"),
        (USIM, "7fff6f07", "00d600000108", "02 9000"),
        (USIM, "2fe2", "00d600000198", "02 6982"),
        (OPEN, "2fe2", "00b0000001", "02 9000 98"),
        (OPEN, "7fff6f46", "00040000", "02 6982"),
    ] {
        let cntr = card.state().key_sets()[0].counter().to_u64() + 1;
        let length = path.len() / 2;
        // In the compact format every command has a P3.
        let command = match condition {
            "00040000" => "0004000000",
            other => other,
        };
        let script = format!("00a4080c{length:02x}{path} {command}");
        let response = run(&mut card, tar, cntr, &script);
        assert_eq!(response.data, hex(executed), "{path} {condition}");
    }
}

#[test]
fn what_is_no_packet() {
    let mut card = card();
    for (envelope, status) in [
        // No ENVELOPE of SMS-PP, another P1, a DELIVER without a packet.
        ("80c2000003d60100", "6a80"),
        ("80c2010003d10100", "6a86"),
        ("80c2000002d100", "6a80"),
        (
            "80c2000020 d11e 82028381 8b18 04 0491 2143 7f f6 00000000000000 0a 00010203040506070809",
            "6a80",
        ),
    ] {
        assert_eq!(apdu(&mut card, envelope), status, "{envelope}");
    }
    // Reserved bits of SPI: no receipt can be made for such a packet.
    let header = header(0x1619, USIM, 11);
    let delivered = send(&mut card, &changed(&header, 3, 0x96));
    assert_eq!(delivered.status.0, 0x6a80);
    let (report, is_error) = delivered.report;
    // TP-FCS D5: error of the card in data download.
    assert_eq!((text(&report).as_str(), is_error), ("00d500", true));
}

/// Octets of a command that somebody has heard, as the first block of one of his own that
/// is ciphered without a CC: what they decipher to is not in the answer, nor whether the
/// padding could be.
#[test]
fn what_octets_decipher_to_is_told_to_nobody() {
    let mut card = card();
    for cntr in 1000..1064 {
        let script = "00a4000c026f46 00d6000110 53544543524554534543524554534543";
        let heard = packet(&header(0x1619, USIM, cntr), script);
        for (block, spi) in heard[10..].chunks(16).zip([4, 5, 4, 5]) {
            // CHL 13, with an RC of two octets 15.
            let head = [[13, 15][usize::from(spi & 1)], spi, 0x01, 0x12, 0x11];
            let body = [&head[..], &USIM.0, block, &heard[10..26]].concat();
            let forged = [&[0, body.len() as u8], body.as_slice()].concat();
            let answer = text(&send(&mut card, &forged).receipt);
            assert_eq!(answer, "027100000b0ab000100000000000000a");
        }
    }
}
