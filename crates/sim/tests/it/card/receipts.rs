//! Proofs of receipt (ETSI TS 102 225 clause 5.2, 3GPP TS 31.115 clause 4): every
//! combination of SPI's second octet, by report and by SUBMIT.

use sim::card::{Card, start};
use uicc::packet::{
    CipherAlgorithm, CommandHeader, Framing, KeySet, MacAlgorithm, Proof, SingleDes, Status, wrap,
};
use uicc::sms::{DeliverReport, PacketKind, packet_of};

use super::support::{
    OPEN, USIM, apdu, card, header, hex, packet, read, run, send, state, submitted, terms, text,
    tpdus,
};

/// Key set 2: its KID's low half is CRC-32 where an RC is asked for (table 4).
fn triple_des() -> KeySet {
    let kic = hex("00112233445566778899aabbccddeeff");
    let kid = hex("ffeeddccbbaa99887766554433221100");
    KeySet::new(2)
        .unwrap()
        .with_cipher(CipherAlgorithm::TripleDes2, &kic, SingleDes::Refused)
        .unwrap()
        .with_mac(MacAlgorithm::TripleDes2, &kid, SingleDes::Refused)
        .unwrap()
}

fn second(spi: u8, cntr: u64) -> CommandHeader {
    CommandHeader {
        kic: 0x25,
        kid: 0x25,
        ..header(0x1600 | u16::from(spi), USIM, cntr)
    }
}

/// Every second octet that is not reserved and asks for no digital signature.
fn every_receipt() -> impl Iterator<Item = u8> {
    (0..0x40).filter(|spi| spi & 3 != 3 && spi & 0x0c != 0x0c)
}

#[test]
fn every_combination() {
    let keys = triple_des();
    let mut card = card();
    let mut cntr = 0;
    for spi in every_receipt() {
        for fails in [false, true] {
            cntr += 1;
            let mut header = second(spi, cntr);
            if fails {
                header.tar.0 = [9, 9, 9];
            }
            let script = hex("00a4080c022fe2 00b000000a");
            let packet = wrap(Framing::Sms, &header, Some(&keys), &script).unwrap();
            let delivered = send(&mut card, &packet);
            assert_eq!(delivered.status.meaning(), uicc::apdu::Meaning::Done);
            let asked = match spi & 3 {
                0 => false,
                1 => true,
                _ => fails,
            };
            let by_submit = spi & 0x20 != 0;
            assert_eq!(
                delivered.receipt.is_empty(),
                !asked || by_submit,
                "{spi:02x}"
            );
            assert_eq!(delivered.submits.len(), usize::from(asked && by_submit));
            if !asked {
                continue;
            }
            let receipt = match by_submit {
                true => submitted(&delivered.submits),
                false => delivered.receipt,
            };
            let terms = terms(&header);
            let response = terms.read(Framing::Sms, Some(&keys), &receipt).unwrap();
            let proof = match spi & 0x0c {
                0 => Proof::NotAsked,
                _ => Proof::Verified,
            };
            assert_eq!(response.proof, proof, "{spi:02x}");
            assert_eq!((response.tar, response.cntr), (header.tar, header.cntr));
            let (status, data) = match fails {
                true => (Status::TarUnknown, Vec::new()),
                false => (Status::Ok, hex("02 9000 988812010000000010f1")),
            };
            assert_eq!(
                (response.status, response.data),
                (status, data),
                "{spi:02x}"
            );
            // In the clear the status can be seen: RPL, RHL, TAR, CNTR, PCNTR, status.
            let packet = receipt.strip_prefix(&hex("027100")[..]).unwrap_or(&receipt);
            let is_clear = packet[6..11] == header.cntr.to_octets();
            assert_eq!(is_clear, spi & 0x10 == 0, "{spi:02x}");
        }
    }
}

#[test]
fn a_failed_cc_is_answered_neither_signed_nor_ciphered() {
    let keys = triple_des();
    for spi in every_receipt() {
        let mut card = card();
        let header = second(spi, 1);
        let script = hex("00a4000c026f46 00d600010141");
        let mut packet = wrap(Framing::Sms, &header, Some(&keys), &script).unwrap();
        *packet.last_mut().unwrap() ^= 1;
        let before = card.state().files().clone();
        let delivered = send(&mut card, &packet);
        assert!(*card.state().files() == before);
        // Never by SUBMIT: the sender names its destination.
        assert!(delivered.submits.is_empty(), "{spi:02x}");
        let receipt = delivered.receipt;
        if spi & 3 == 0 {
            assert!(receipt.is_empty());
            continue;
        }
        // TS 102 225 clause 5.2: RPL 11, RHL 10 (no CC), TAR, CNTR 0 (it was ciphered),
        // no padding, 01.
        assert_eq!(
            text(&receipt),
            "027100000b0ab0001000000000000001",
            "{spi:02x}"
        );
    }
}

#[test]
fn a_receipt_in_the_report_of_the_mobile() {
    let mut card = card();
    let header = header(0x1619, USIM, 11);
    let delivered = send(&mut card, &packet(&header, "00a4000c026f46"));
    let (report, is_error) = delivered.report;
    assert!(!is_error);
    // TS 23.040 clause 9.2.2.1a: TP-UDHI, TP-PI with PID, DCS and user data, 7F, F6.
    assert!(text(&report).starts_with("40077ff6"), "{}", text(&report));
    let report = DeliverReport::parse(&report, false).unwrap();
    let carried = packet_of(&report.user_data.unwrap().1).unwrap();
    assert_eq!(carried.kind, PacketKind::Response);
    let response = read(&header, &carried.packet);
    assert_eq!(
        (response.status, response.proof),
        (Status::Ok, Proof::Verified)
    );
}

/// EF SMS has records of 176 octets: TS 31.115 clause 4.4, status 0B.
#[test]
fn what_is_too_long_for_a_report_comes_by_submit() {
    let mut card = card();
    let header = header(0x1619, USIM, 11);
    let script = "00a4000c026f3c 00b20104b0";
    let delivered = send(&mut card, &packet(&header, script));
    let notice = read(&header, &delivered.receipt);
    assert_eq!(notice.status, Status::ResponseBySubmit);
    assert_eq!((notice.proof, notice.data), (Proof::Verified, Vec::new()));
    assert_eq!(delivered.submits.len(), 2);
    let response = read(&header, &submitted(&delivered.submits));
    assert_eq!(
        (response.status, response.proof),
        (Status::Ok, Proof::Verified)
    );
    let record = format!("00{}", "ff".repeat(175));
    assert_eq!(response.data, hex(&format!("02 9000 {record}")));
    // Five records, each in an R-APDU.
    let read_record = |number: u8| format!("2205 00b2{number:02x}04b0");
    let reads: String = (1..=5).map(read_record).collect();
    let value = format!("2207 00a4000c026f3c {reads}");
    let length = hex(&value).len();
    let many = run(&mut card, USIM, 12, &format!("aa{length:02x}{value}"));
    let answer = format!("2381b2{record}9000").repeat(5);
    assert_eq!(
        many.data,
        hex(&format!("ab820390 800106 23029000 {answer}"))
    );
}

#[test]
fn the_terminal_fetches_when_it_can() {
    let mut card = Card::power_on(state());
    // TERMINAL PROFILE has not said that the terminal sends messages.
    let header = header(0x1639, USIM, 11);
    let tpdu = tpdus(&packet(&header, "00a4000c026f46"), 1).remove(0);
    let download = uicc::sms::SmsPpDownload {
        service_centre: None,
        tpdu,
    };
    let envelope = text(&download.command().unwrap());
    assert_eq!(apdu(&mut card, &envelope), "9000");
    assert_eq!(card.state().outbox().len(), 1);
    assert_eq!(apdu(&mut card, "8012000000"), "6985");
    assert_eq!(apdu(&mut card, "801000000400000000"), "9000");
    let announced = apdu(&mut card, "801000000400000002");
    let (sw1, length) = announced.split_at(2);
    assert_eq!(sw1, "91");
    assert_eq!(apdu(&mut card, "00a4000c023f00"), announced);
    assert_eq!(apdu(&mut card, "8012000001"), format!("6c{length}"));
    let command = apdu(&mut card, &format!("80120000{length}"));
    // D0, command details 13 (SEND SHORT MESSAGE), from the card to the network, TPDU.
    assert!(command.starts_with("d0"), "{command}");
    assert!(command.contains("8103011300820281838b"), "{command}");
    // Nothing else is announced while it is under way.
    assert_eq!(apdu(&mut card, "00a4000c023f00"), "9000");
    // Wrong details; the terminal is busy (20); fetched again, then it is sent.
    let other = "801400000c 810301250082028281830100";
    let busy = "801400000c 810301130082028281830120";
    let done = "801400000c 810301130082028281830100";
    assert_eq!(apdu(&mut card, other), "6a80");
    assert_eq!(apdu(&mut card, busy), announced);
    assert_eq!(apdu(&mut card, done), "6985");
    assert_eq!(apdu(&mut card, &format!("80120000{length}")), command);
    assert_eq!(apdu(&mut card, done), "9000");
    assert!(card.state().outbox().is_empty());
    assert_eq!(apdu(&mut card, done), "6985");
}

/// An RC on the way back has no name in a KID of AES: found out before anything is done.
#[test]
fn a_receipt_that_can_not_be_made_is_no_surprise() {
    let mut card = card();
    let header = header(0x1605, USIM, 11);
    let delivered = send(&mut card, &packet(&header, "00a4000c026f46 00d600010141"));
    assert_eq!(text(&delivered.receipt), "027100000b0ab00010000000000b0006");
    let name = card.state().files().find("3f00/7ff0/6f46").unwrap();
    assert_eq!(name.content.octets()[1], 0xff);
}

/// Commands without any security, where the target takes them: the receipt is as asked.
#[test]
fn a_command_in_the_clear_has_a_signed_receipt_where_it_is_taken() {
    let mut card = card();
    start(&mut card).unwrap();
    let header = header(0x0009, OPEN, 0);
    let delivered = send(&mut card, &packet(&header, "00a4000c026f46 00b0000001"));
    let response = read(&header, &delivered.receipt);
    assert_eq!(
        (response.status, response.proof),
        (Status::Ok, Proof::Verified)
    );
    assert_eq!(response.data, hex("02 9000 01"));
}
