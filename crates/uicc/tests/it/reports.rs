//! SMS-DELIVER-REPORT: its room and what it reserves (3GPP TS 23.040 clauses 9.2.2.1a and
//! 9.2.3.27).

use uicc::UiccError;
use uicc::sms::{DeliverReport, UserData};

/// TS 23.040 clause 9.2.2.1a: 159 octets of user data in RP-ACK, 158 in RP-ERROR.
#[test]
fn a_report_holds_more_than_a_message() {
    for (failure, most) in [(None, 159), (Some(0xd5), 158)] {
        for (octets, is_taken) in [(141, true), (most, true), (most + 1, false)] {
            let length = u8::try_from(octets).unwrap();
            let mut tpdu = vec![0];
            tpdu.extend(failure);
            tpdu.extend([7, 0x7f, 0xf6, length]);
            tpdu.extend(vec![0x5a; octets]);
            let report = DeliverReport {
                failure,
                protocol: Some(0x7f),
                user_data: Some((0xf6, UserData::plain(vec![0x5a; octets]))),
            };
            let read = DeliverReport::parse(&tpdu, failure.is_some());
            if is_taken {
                assert_eq!(read.unwrap(), report);
                assert_eq!(report.encode().unwrap(), tpdu);
            } else {
                assert_eq!(read, Err(UiccError::Length("TP-UDL")));
                assert_eq!(report.encode(), Err(UiccError::TooLong));
            }
        }
    }
    // 159 octets are 181 septets.
    let septets = [&[0, 4, 181][..], &[0; 159]].concat();
    assert!(DeliverReport::parse(&septets, false).is_ok());
    let septets = [&[0, 4, 182][..], &[0; 160]].concat();
    let refused = DeliverReport::parse(&septets, false);
    assert_eq!(refused, Err(UiccError::Length("TP-UDL")));
}

/// TS 23.040 clause 9.2.3.27: reserved bits of TP-PI are ignored, and so is what stands
/// behind the user data then; b8 says that another octet of TP-PI follows.
#[test]
fn what_a_report_reserves_is_passed_over() {
    let body = [0x7f, 0xf6, 2, 0xaa, 0xbb];
    let plain = DeliverReport::parse(&[&[0, 7][..], &body].concat(), false).unwrap();
    for present in [
        &[0x0f][..],
        &[0x17],
        &[0x27],
        &[0x47],
        &[0x87, 0],
        &[0x87, 0x7f],
        &[0x87, 0x80, 0x01],
        &[0xff, 0xff, 0x00],
    ] {
        for behind in [&[][..], &[1, 2, 3]] {
            let tpdu = [&[0], present, &body, behind].concat();
            let read = DeliverReport::parse(&tpdu, false);
            assert_eq!(read.as_ref(), Ok(&plain), "{present:02x?}");
            let failed = [&[0, 0xd5], present, &body, behind].concat();
            let read = DeliverReport::parse(&failed, true).unwrap();
            assert_eq!(read.user_data, plain.user_data);
        }
    }
    // Octets behind what a report with none of these says are too many.
    for present in [0, 1, 2, 7] {
        let given: &[u8] = match present {
            0 => &[],
            1 => &[0x7f],
            2 => &[0xf6],
            _ => &body,
        };
        let tpdu = [&[0, present], given].concat();
        assert!(DeliverReport::parse(&tpdu, false).is_ok(), "{present}");
        let longer = [tpdu.as_slice(), &[0]].concat();
        let refused = DeliverReport::parse(&longer, false);
        assert_eq!(refused, Err(UiccError::Length("TP-UDL")), "{present}");
    }
    let refused = DeliverReport::parse(&[0, 0x80, 0x80], false);
    assert_eq!(refused, Err(UiccError::Truncated("TP-PI")));
}
