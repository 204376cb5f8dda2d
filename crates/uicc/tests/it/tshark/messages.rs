//! TPDUs and ENVELOPEs with secured packets (3GPP TS 23.040, TS 31.115 clause 4, TS
//! 31.111 clause 7.1.1).

use data_encoding::HEXLOWER;
use uicc::packet::{CommandHeader, Framing, KeySet, ReceiptTerms, Status, wrap};
use uicc::sms::{
    Deliver, DeliverReport, PacketKind, Reference, SmsPpDownload, Submit, Timestamp, UserData,
    Validity, parts,
};

use super::{Capture, Frame, Way};
use crate::support::{all, header, keys};

const FIELDS: [&str; 26] = [
    "gsm_sms.tp-mti",
    "gsm_sms.tp-mms",
    "gsm_sms.tp-udhi",
    "gsm_sms.tp-oa",
    "gsm_sms.tp-da",
    "gsm_sms.tp-mr",
    "gsm_sms.tp-pid",
    "gsm_sms.tp-dcs",
    "gsm_sms.tp.parameter_indicator",
    "gsm_sms.vp.validity_period",
    "gsm_sms.scts.year",
    "gsm_sms.scts.day",
    "gsm_sms.scts.hour",
    "gsm_sms.tp.user_data_length",
    "gsm_sms.ie_identifier",
    "gsm_sms.udh.mm.msg_id",
    "gsm_sms.udh.mm.msg_parts",
    "gsm_sms.udh.mm.msg_part",
    "gsm_sms.reassembled.length",
    "gsm_sms.sms_body",
    "gsm_sim.apdu.ins",
    "gsm_sim.apdu.sw",
    "etsi_cat.comp_tlv.src_dev",
    "etsi_cat.comp_tlv.dst_dev",
    "etsi_cat.comp_tlv.address.ton",
    "etsi_cat.comp_tlv.address.npi",
];

/// 24-05-12 15:10:30, in semi-octets.
const STAMP: Timestamp = Timestamp([0x42, 0x50, 0x21, 0x51, 0x01, 0x03, 0x00]);

/// A command of AES with a CC, ciphered, and the keys for it.
fn agreed() -> (CommandHeader, KeySet) {
    let vector = &all("commands")[10];
    (header(vector), keys(vector, 2))
}

fn command(octets: usize) -> Vec<u8> {
    let (header, keys) = agreed();
    wrap(Framing::Sms, &header, Some(&keys), &vec![0x5a; octets]).unwrap()
}

fn response(octets: usize) -> Vec<u8> {
    let (header, keys) = agreed();
    let terms = ReceiptTerms {
        spi: header.spi,
        kic: header.kic,
        kid: header.kid,
        tar: header.tar,
    };
    let data = vec![7; octets];
    let keys = Some(&keys);
    let made = terms.write(Framing::Sms, keys, header.cntr, Status::Ok, &data);
    // Without its 02 71 00.
    made.unwrap().split_off(3)
}

fn deliver(part: UserData) -> Vec<u8> {
    let message = Deliver::to_card("12345".parse().unwrap(), STAMP, part);
    message.encode().unwrap()
}

fn submit(part: UserData) -> Vec<u8> {
    let message = Submit {
        reject_duplicates: false,
        status_report: false,
        reply_path: false,
        reference: 3,
        destination: "+4670123456".parse().unwrap(),
        protocol: 0x7f,
        coding: 0xf6,
        // A day (TS 23.040 clause 9.2.3.12.1).
        validity: Validity::Relative(0xa7),
        user_data: part,
    };
    message.encode().unwrap()
}

/// What the frame says, field by field (without `gsm_sms.`).
fn says(frame: &Frame, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        let name = format!("gsm_sms.{name}");
        assert_eq!(frame[name.as_str()], *value, "{name} of {frame:#?}");
    }
}

/// One message with all of the packet.
fn is_whole(frame: &Frame, kind: &str, packet: &[u8]) {
    says(
        frame,
        &[
            ("tp-udhi", "1"),
            ("ie_identifier", kind),
            ("tp.user_data_length", &(packet.len() + 3).to_string()),
            ("sms_body", &HEXLOWER.encode(packet)),
            ("udh.mm.msg_parts", ""),
        ],
    );
}

/// The elements, the numbers and the body of the parts of one message.
fn are_parts(frames: &[Frame], kind: &str, reference: Reference, packet: &[u8]) {
    // UDHL and the element for parts.
    let (element, number, header) = match reference {
        Reference::Short(number) => ("0x00", u16::from(number), 6),
        Reference::Long(number) => ("0x08", number, 7),
    };
    let all_headers = header * frames.len() + 2;
    let (mut rest, count) = (packet.len() + all_headers, frames.len());
    let (number, total) = (number.to_string(), count.to_string());
    for (place, frame) in (1..=count).zip(frames) {
        let length = rest.min(140);
        rest -= length;
        let elements = match place {
            1 => format!("{element},{kind}"),
            _ => element.to_owned(),
        };
        says(
            frame,
            &[
                ("tp-udhi", "1"),
                ("ie_identifier", &elements),
                ("udh.mm.msg_id", &number),
                ("udh.mm.msg_parts", &total),
                ("udh.mm.msg_part", &place.to_string()),
                ("tp.user_data_length", &length.to_string()),
            ],
        );
    }
    assert_eq!(rest, 0);
    // tshark puts the parts together in the last one.
    let length = packet.len().to_string();
    says(
        frames.last().unwrap(),
        &[
            ("reassembled.length", &length),
            ("sms_body", &HEXLOWER.encode(packet)),
        ],
    );
}

#[test]
fn commands_in_one_message_and_in_several() {
    let (one, three) = (command(20), command(300));
    let (short, long) = (Reference::Short(2), Reference::Long(0x0102));
    let mut capture = Capture::new();
    for (packet, reference) in [(&one, short), (&three, short), (&three, long)] {
        for part in parts(PacketKind::Command, packet, reference).unwrap() {
            capture.add("gsm_sms", Way::Down, &deliver(part));
        }
    }
    let Some(frames) = capture.sound(&FIELDS) else {
        return;
    };
    assert_eq!(frames.len(), 7);
    for frame in &frames {
        says(
            frame,
            &[
                ("tp-mti", "0"),
                ("tp-mms", "1"),
                ("tp-udhi", "1"),
                ("tp-oa", "12345"),
                ("tp-pid", "127"),
                ("tp-dcs", "246"),
                ("scts.year", "24"),
                ("scts.day", "12"),
                ("scts.hour", "15"),
                ("tp.parameter_indicator", ""),
            ],
        );
    }
    is_whole(&frames[0], "0x70", &one);
    are_parts(&frames[1..4], "0x70", short, &three);
    are_parts(&frames[4..], "0x70", long, &three);
}

#[test]
fn responses_by_submit_and_by_report() {
    let (one, two) = (response(20), response(200));
    let (short, long) = (Reference::Short(9), Reference::Long(0xfffe));
    let mut capture = Capture::new();
    for (packet, reference) in [(&one, short), (&two, short), (&two, long)] {
        for part in parts(PacketKind::Response, packet, reference).unwrap() {
            capture.add("gsm_sms", Way::Up, &submit(part));
        }
    }
    let part = parts(PacketKind::Response, &one, short).unwrap().remove(0);
    let report = DeliverReport {
        failure: None,
        protocol: Some(0x7f),
        user_data: Some((0xf6, part)),
    };
    capture.add("gsm_sms", Way::Up, &report.encode().unwrap());
    let Some(frames) = capture.sound(&FIELDS) else {
        return;
    };
    assert_eq!(frames.len(), 6);
    for frame in &frames {
        says(
            frame,
            &[("tp-udhi", "1"), ("tp-pid", "127"), ("tp-dcs", "246")],
        );
    }
    for frame in &frames[..5] {
        says(
            frame,
            &[
                ("tp-mti", "1"),
                ("tp-mr", "3"),
                ("tp-da", "4670123456"),
                ("vp.validity_period", "167"),
                ("tp.parameter_indicator", ""),
            ],
        );
    }
    is_whole(&frames[0], "0x71", &one);
    is_whole(&frames[5], "0x71", &one);
    are_parts(&frames[1..3], "0x71", short, &two);
    are_parts(&frames[3..5], "0x71", long, &two);
    // PID, DCS and user data are there.
    says(
        &frames[5],
        &[("tp-mti", "0"), ("tp.parameter_indicator", "0x07")],
    );
}

/// The short form of lengths and the long one.
#[test]
fn envelopes() {
    let mut capture = Capture::new();
    let packets = [command(20), command(90)];
    for packet in &packets {
        let part = parts(PacketKind::Command, packet, Reference::Short(0)).unwrap();
        let download = SmsPpDownload {
            service_centre: Some("+49123".parse().unwrap()),
            tpdu: deliver(part[0].clone()),
        };
        // With the card's answer behind it, as a trace has it.
        let exchange = [download.command().unwrap(), vec![0x90, 0]].concat();
        capture.add("gsm_sim", Way::Down, &exchange);
    }
    let Some(frames) = capture.sound(&FIELDS) else {
        return;
    };
    assert_eq!(frames.len(), 2);
    for (frame, packet) in frames.iter().zip(&packets) {
        for (name, value) in [
            ("gsm_sim.apdu.ins", "0xc2"),
            ("gsm_sim.apdu.sw", "0x9000"),
            // The network, the card.
            ("etsi_cat.comp_tlv.src_dev", "0x83"),
            ("etsi_cat.comp_tlv.dst_dev", "0x81"),
            ("etsi_cat.comp_tlv.address.ton", "0x01"),
            ("etsi_cat.comp_tlv.address.npi", "0x01"),
        ] {
            assert_eq!(frame[name], value, "{name} of {frame:#?}");
        }
        says(frame, &[("tp-mti", "0"), ("tp-oa", "12345")]);
        is_whole(frame, "0x70", packet);
    }
}

/// Otherwise no mark would mean nothing.
#[test]
fn what_is_malformed_is_marked() {
    let part = parts(PacketKind::Command, &command(20), Reference::Short(0)).unwrap();
    let whole = deliver(part[0].clone());
    // First octet, address, PID, DCS, SCTS, UDL, UDHL.
    let header = 1 + 5 + 2 + 7 + 1;
    let mut element = whole.clone();
    element[header + 2] = 0x7f;
    for bad in [&whole[..header + 1], &whole[..6], &element] {
        let mut capture = Capture::new();
        capture.add("gsm_sms", Way::Down, bad);
        let Some(frames) = capture.dissected(&[]) else {
            return;
        };
        assert_ne!(frames[0]["_ws.malformed"], "", "{:#?}", frames[0]);
    }
}
