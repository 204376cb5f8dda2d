//! What a mobile gives to its card, and what it reports (3GPP TS 31.111 clause 7.1.1.1, TS
//! 23.038 clause 4, TS 23.040 clauses 9.2.2.1a and 9.2.3.22).

use sim::card::{CardError, Chip, deliver};
use uicc::apdu::{ResponseApdu, StatusWord};
use uicc::packet::Status;
use uicc::sms::{Deliver, SmsPpDownload};

use super::support::{USIM, apdu, card, header, hex, packet, read, text, tpdus};

/// A command that writes one letter, with another TP-PID and TP-DCS.
fn message(protocol: u8, coding: u8) -> Vec<u8> {
    let sealed = packet(&header(0x1619, USIM, 11), "00a4000c026f46 00d600010141");
    let mut message = Deliver::parse(&tpdus(&sealed, 1).remove(0)).unwrap();
    (message.protocol, message.coding) = (protocol, coding);
    let mut tpdu = message.encode().unwrap();
    if is_septets(coding) {
        // TP-UDL, behind TP-SCTS, counts septets: as many as have the same octets.
        let octets = tpdu.len() - 16;
        assert_eq!(usize::from(tpdu[15]), octets);
        tpdu[15] = u8::try_from(octets * 8 / 7).unwrap();
    }
    tpdu
}

/// TS 23.038 clause 4: the alphabet where it is not compressed; 11 is reserved.
fn is_septets(coding: u8) -> bool {
    match coding >> 4 {
        0x0 | 0x1 | 0x4 | 0x5 => [0x00, 0x0c].contains(&(coding & 0x0c)),
        0x2 | 0x3 | 0x6 | 0x7 | 0xe => false,
        0xf => coding & 4 == 0,
        _ => true,
    }
}

/// Every TP-DCS: `00x1 xx10` and `01x1 xx10` (general, and to be deleted), `1111 xx10`.
#[test]
fn only_class_2_is_for_the_card() {
    let class_2 = "12161a1e 32363a3e 52565a5e 72767a7e f2f6fafe";
    let class_2 = hex(class_2);
    for coding in 0..=0xff {
        let mut card = card();
        let tpdu = message(0x7f, coding);
        let name = |card: &sim::card::Card| {
            let file = card.state().files().find("3f00/7ff0/6f46").unwrap();
            file.content.octets()[1]
        };
        match deliver(&mut card, &tpdu) {
            Err(error) => {
                assert!(!class_2.contains(&coding), "{coding:02x}");
                assert_eq!(error.code(), "message-not-for-card");
                assert!(error.to_string().contains(&format!("TP-DCS {coding:02x}")));
                assert_eq!(name(&card), 0xff);
            }
            // Septets are no packet.
            Ok(delivered) if is_septets(coding) => {
                assert!(class_2.contains(&coding), "{coding:02x}");
                assert_eq!(delivered.status, StatusWord::WRONG_DATA);
                assert_eq!(name(&card), 0xff);
            }
            Ok(delivered) => {
                assert!(class_2.contains(&coding), "{coding:02x}");
                assert_eq!(name(&card), 0x41);
                let response = read(&header(0x1619, USIM, 11), &delivered.receipt);
                assert_eq!(response.status, Status::Ok);
                // TP-UDHI, TP-PI with PID, DCS and user data; those of the message.
                let expected = format!("40077f{coding:02x}");
                assert!(text(&delivered.report.0).starts_with(&expected));
            }
        }
    }
}

#[test]
fn only_data_download_is_for_the_card() {
    for protocol in [0x00, 0x3f, 0x40, 0x7c, 0x7e, 0xff] {
        let error = deliver(&mut card(), &message(protocol, 0xf6)).unwrap_err();
        assert!(
            matches!(error, CardError::NotForCard { protocol: said, coding: 0xf6 } if said == protocol)
        );
    }
    // A TPDU that ends too early.
    let tpdu = message(0x7f, 0xf6);
    let error = deliver(&mut card(), &tpdu[..20]).unwrap_err();
    assert!(matches!(error, CardError::Message(_)), "{error}");
}

/// A card leaves that to its mobile.
#[test]
fn a_card_takes_what_an_envelope_brings() {
    let download = SmsPpDownload {
        service_centre: None,
        tpdu: message(0x00, 0x04),
    };
    let mut card = card();
    let answer = apdu(&mut card, &text(&download.command().unwrap()));
    assert_eq!(&answer[..2], "61");
    let file = card.state().files().find("3f00/7ff0/6f46").unwrap();
    assert_eq!(file.content.octets()[1], 0x41);
}

/// Answers everything with one status word.
struct Always(u16);

impl Chip for Always {
    fn apdu(&mut self, _: &[u8]) -> Result<ResponseApdu, CardError> {
        Ok(StatusWord(self.0).into())
    }
}

#[test]
fn errors_of_the_card_in_the_report() {
    for (status, report) in [
        (0x9000, "0000"),
        (0x9300, "00d400"),
        (0x9301, "00d500"),
        (0x6f00, "00d500"),
        (0x6a80, "00d500"),
        (0x6200, "00d500"),
    ] {
        let delivered = deliver(&mut Always(status), &message(0x7f, 0xf6)).unwrap();
        let expected = (hex(report), status != 0x9000);
        assert_eq!(delivered.report, expected, "{status:04x}");
    }
}
