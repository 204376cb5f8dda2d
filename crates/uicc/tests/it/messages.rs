//! TPDUs, parts and their reassembly, the ENVELOPE (3GPP TS 23.040, TS 31.115 clause
//! 4, TS 31.111 clause 7.1.1).

use std::time::Duration;

use clock::Tick;
use uicc::UiccError;
use uicc::packet::{Framing, SealedCommand, wrap};
use uicc::sms::{
    Address, Concatenation, Deliver, DeliverReport, Element, Limits, PacketKind, Ports,
    Reassembler, Reference, SmsPpDownload, Submit, Taken, Timestamp, UserData, Validity, packet_of,
    parts,
};

use crate::support::{all, field, header, keys};

const STAMP: Timestamp = Timestamp([0x24, 0x05, 0x12, 0x15, 0x17, 0x30, 0x00]);

fn sender() -> Address {
    "12345".parse().unwrap()
}

fn at(seconds: u64) -> Tick {
    Tick::from_origin(Duration::from_secs(seconds))
}

#[test]
fn deliver_tpdus_of_other_programs_are_read_and_made() {
    let vectors = all("framing");
    let mut read = 0;
    for vector in vectors.iter().filter(|vector| !vector["tpdu"].is_null()) {
        let tpdu = field(vector, "tpdu");
        let deliver = Deliver::parse(&tpdu).unwrap();
        assert_eq!((deliver.protocol, deliver.coding), (0x7f, 0xf6));
        assert_eq!(deliver.encode().unwrap(), tpdu, "{}", vector["name"]);
        if !vector["packet"].is_null() {
            assert_eq!(deliver.originator.digits().unwrap(), "12345");
            let carried = packet_of(&deliver.user_data).unwrap();
            assert_eq!(carried.kind, PacketKind::Command);
            assert_eq!(carried.packet, field(vector, "packet"));
            let mut ours = Deliver::to_card(sender(), STAMP, deliver.user_data.clone());
            // TP-MMS is 0 there: more messages wait.
            ours.has_more = true;
            assert_eq!(ours.encode().unwrap(), tpdu);
        }
        read += 1;
    }
    assert_eq!(read, 4);
    // Those of pySim's tests have a TP-UDL of 3 for 37 octets; with the right one they
    // are what we make.
    for vector in all("commands") {
        let Some(tpdu) = vector["sms_deliver_tpdu"].as_str() else {
            continue;
        };
        let mut tpdu = crate::support::hex(tpdu);
        let error = Deliver::parse(&tpdu);
        assert_eq!(error.unwrap_err(), UiccError::Length("TP-UDL"));
        // First octet, address of eight digits, PID, DCS, SCTS, UDL.
        let length = 1 + 6 + 2 + 7 + 1;
        tpdu[length - 1] = u8::try_from(tpdu.len() - length).unwrap();
        let deliver = Deliver::parse(&tpdu).unwrap();
        assert_eq!(deliver.encode().unwrap(), tpdu);
        let packet = packet_of(&deliver.user_data).unwrap().packet;
        assert_eq!(packet, field(&vector, "command_packet"));
    }
}

#[test]
fn parts_of_other_programs_are_recognised() {
    let vectors = all("framing");
    let part = |number: usize| Deliver::parse(&field(&vectors[number], "tpdu")).unwrap();
    let (first, second) = (part(1), part(2));
    let reference = Reference::Short(1);
    for (deliver, number) in [(&first, 1), (&second, 2)] {
        let found = deliver.user_data.concatenation().unwrap();
        assert_eq!(
            found,
            Concatenation {
                reference,
                total: 3,
                number
            }
        );
    }
    assert!(first.user_data.element(0x70).is_some());
    assert!(second.user_data.element(0x70).is_none());
}

#[test]
fn a_message_takes_137_octets_and_its_parts_132_and_134() {
    let sizes = |length: usize, reference| -> Vec<usize> {
        let made = parts(PacketKind::Command, &vec![7; length], reference).unwrap();
        made.iter().map(|part| part.body.len()).collect()
    };
    let short = Reference::Short(9);
    assert_eq!(sizes(0, short), [0]);
    assert_eq!(sizes(137, short), [137]);
    assert_eq!(sizes(138, short), [132, 6]);
    assert_eq!(sizes(266, short), [132, 134]);
    assert_eq!(sizes(267, short), [132, 134, 1]);
    // A 16-bit reference costs an octet in each part.
    assert_eq!(sizes(266, Reference::Long(9)), [131, 133, 2]);
    let most = 132 + 254 * 134;
    assert_eq!(sizes(most, short).len(), 255);
    let more = parts(PacketKind::Command, &vec![7; most + 1], short);
    assert_eq!(more, Err(UiccError::TooLong));
}

/// Every order of three parts, each part twice.
#[test]
fn parts_come_together_in_any_order() {
    let packet: Vec<u8> = (0..=255).chain(0..90).collect();
    for reference in [Reference::Short(7), Reference::Long(0x0107)] {
        let made = parts(PacketKind::Command, &packet, reference).unwrap();
        assert_eq!(made.len(), 3);
        for order in [
            [0, 1, 2],
            [0, 2, 1],
            [1, 0, 2],
            [1, 2, 0],
            [2, 0, 1],
            [2, 1, 0],
        ] {
            let mut reassembler = Reassembler::new(Limits::default());
            let [a, b, c] = order.map(|number| made[number].clone());
            let mut take = |part: &UserData| reassembler.take(at(1), &sender(), part.clone());
            assert_eq!(take(&a), Taken::Waits);
            assert_eq!(take(&a), Taken::Again);
            assert_eq!(take(&b), Taken::Waits);
            let Taken::Whole(whole) = take(&c) else {
                panic!("{order:?}")
            };
            let carried = packet_of(&whole).unwrap();
            assert_eq!(
                (carried.kind, &carried.packet),
                (PacketKind::Command, &packet)
            );
            // A late double begins a message that stays alone.
            assert_eq!(take(&b), Taken::Waits);
        }
    }
}

#[test]
fn another_message_under_the_same_reference_takes_its_place() {
    let reference = Reference::Short(7);
    let old = parts(PacketKind::Command, &[1; 200], reference).unwrap();
    let new = parts(PacketKind::Command, &[2; 200], reference).unwrap();
    let longer = parts(PacketKind::Command, &[3; 300], reference).unwrap();
    let mut reassembler = Reassembler::new(Limits::default());
    let mut take = |sender: &str, part: &UserData| {
        reassembler.take(at(1), &sender.parse().unwrap(), part.clone())
    };
    assert_eq!(take("1", &old[0]), Taken::Waits);
    // Another sender's is another message.
    assert_eq!(take("2", &new[1]), Taken::Waits);
    assert_eq!(take("1", &new[0]), Taken::Waits);
    let Taken::Whole(whole) = take("1", &new[1]) else {
        panic!()
    };
    assert_eq!(packet_of(&whole).unwrap().packet, [2; 200]);
    assert_eq!(take("1", &old[1]), Taken::Waits);
    for part in &longer[..2] {
        assert_eq!(take("1", part), Taken::Waits);
    }
    let Taken::Whole(whole) = take("1", &longer[2]) else {
        panic!()
    };
    assert_eq!(packet_of(&whole).unwrap().packet, [3; 300]);
}

#[test]
fn what_waits_has_bounds_in_messages_octets_and_time() {
    let limits = Limits {
        messages: 2,
        parts: 4,
        octets: 400,
        patience: Duration::from_secs(60),
    };
    let mut reassembler = Reassembler::new(limits);
    let part = |reference, number: usize| {
        parts(PacketKind::Command, &[1; 300], Reference::Short(reference)).unwrap()[number].clone()
    };
    let mut take =
        |now, reference, number| reassembler.take(at(now), &sender(), part(reference, number));
    assert_eq!(take(0, 1, 0), Taken::Waits);
    assert_eq!(take(10, 2, 0), Taken::Waits);
    // A third message; octets: 132 + 132 + 134 and then 34 more.
    assert_eq!(take(10, 3, 0), Taken::Full);
    assert_eq!(take(20, 1, 1), Taken::Waits);
    assert_eq!(take(20, 2, 2), Taken::Full);
    // The second has waited for a minute: its place and its octets are free.
    assert_eq!(reassembler.poll_timeout(), Some(at(70)));
    assert_eq!(reassembler.handle_timeout(at(69)), 0);
    assert_eq!(reassembler.handle_timeout(at(70)), 1);
    assert_eq!(reassembler.poll_timeout(), Some(at(80)));
    let last = reassembler.take(at(79), &sender(), part(1, 2));
    assert!(matches!(last, Taken::Whole(_)));
    let third = reassembler.take(at(79), &sender(), part(3, 0));
    assert_eq!(third, Taken::Waits);
}

/// Parts without a body cost no octets.
#[test]
fn what_waits_has_a_bound_in_parts() {
    let limits = Limits {
        parts: 4,
        ..Limits::default()
    };
    let mut reassembler = Reassembler::new(limits);
    let mut take = |reference, number| {
        let element = Element {
            identifier: 0,
            value: vec![reference, 3, number],
        };
        let user_data = UserData {
            elements: vec![element],
            ..UserData::default()
        };
        reassembler.take(at(0), &sender(), user_data)
    };
    for (reference, number) in [(1, 1), (1, 2), (2, 1), (3, 1)] {
        assert_eq!(take(reference, number), Taken::Waits);
    }
    assert_eq!(take(4, 1), Taken::Full);
    assert_eq!(take(2, 2), Taken::Full);
    assert_eq!(take(2, 1), Taken::Again);
    // The last one of a message is taken: it frees three places, and no more.
    assert!(matches!(take(1, 3), Taken::Whole(_)));
    for (reference, number) in [(4, 1), (4, 2)] {
        assert_eq!(take(reference, number), Taken::Waits);
    }
    assert_eq!(take(5, 1), Taken::Full);
}

#[test]
fn a_part_whose_numbers_can_not_be_is_a_message() {
    for (total, number) in [(0, 0), (0, 1), (3, 0), (3, 4)] {
        let element = Element {
            identifier: 0,
            value: vec![1, total, number],
        };
        let user_data = UserData {
            elements: vec![element],
            body: vec![1],
            septets: None,
        };
        assert_eq!(user_data.concatenation(), None);
        let mut reassembler = Reassembler::new(Limits::default());
        let taken = reassembler.take(at(0), &sender(), user_data.clone());
        assert_eq!(taken, Taken::Whole(user_data));
    }
}

/// A reference, the packet's element and one that nobody knows, in every order and with
/// references of both lengths, through their TPDUs.
#[test]
fn elements_come_in_any_order() {
    let packet: Vec<u8> = (0..200).collect();
    let element = |identifier, value: &[u8]| Element {
        identifier,
        value: value.to_vec(),
    };
    for is_long in [false, true] {
        let place = |number| match is_long {
            false => element(0x00, &[7, 2, number]),
            true => element(0x08, &[1, 7, 2, number]),
        };
        let unknown = element(0x24, &[1]);
        let first = [place(1), element(0x70, &[]), unknown.clone()];
        for order in [
            [0, 1, 2],
            [0, 2, 1],
            [1, 0, 2],
            [1, 2, 0],
            [2, 0, 1],
            [2, 1, 0],
        ] {
            let second = vec![unknown.clone(), place(2)];
            let elements = order.map(|number| first[number].clone()).to_vec();
            let mut reassembler = Reassembler::new(Limits::default());
            let mut taken = Vec::new();
            for (elements, body) in [(elements, &packet[..120]), (second, &packet[120..])] {
                let user_data = UserData {
                    elements,
                    body: body.to_vec(),
                    septets: None,
                };
                let tpdu = Deliver::to_card(sender(), STAMP, user_data)
                    .encode()
                    .unwrap();
                let deliver = Deliver::parse(&tpdu).unwrap();
                taken.push(reassembler.take(at(0), &deliver.originator, deliver.user_data));
            }
            let [Taken::Waits, Taken::Whole(whole)] = &taken[..] else {
                panic!("{order:?}: {taken:?}")
            };
            let carried = packet_of(whole).unwrap();
            assert_eq!(
                (carried.kind, &carried.packet),
                (PacketKind::Command, &packet)
            );
        }
    }
}

/// Clause 9.2.3.24: an element that comes twice, and those that exclude one another (a
/// reference of 8 and one of 16 bits): the last one counts. What clause 9.2.3.24.1
/// ignores does not.
#[test]
fn of_elements_that_come_twice_the_last_one_counts() {
    let short = |reference, total, number| Element {
        identifier: 0,
        value: vec![reference, total, number],
    };
    let long = Element {
        identifier: 8,
        value: vec![1, 2, 5, 4],
    };
    let packet = Element {
        identifier: 0x70,
        value: Vec::new(),
    };
    let ports = |destination| {
        let originator = 1;
        Ports {
            destination,
            originator,
        }
        .element()
    };
    for (elements, reference) in [
        (vec![short(1, 3, 2), short(9, 5, 4)], Reference::Short(9)),
        (vec![short(9, 3, 2), long.clone()], Reference::Long(0x0102)),
        (
            vec![long.clone(), packet, short(9, 5, 4)],
            Reference::Short(9),
        ),
        (vec![long.clone(), short(9, 5, 6)], Reference::Long(0x0102)),
        (vec![long, short(9, 0, 0)], Reference::Long(0x0102)),
    ] {
        let elements = [&[ports(1), ports(2948)], elements.as_slice()].concat();
        let user_data = UserData {
            elements,
            ..UserData::default()
        };
        let found = user_data.concatenation().unwrap();
        assert_eq!(
            (found.reference, found.total, found.number),
            (reference, 5, 4)
        );
        assert_eq!(user_data.ports().unwrap().destination, 2948);
    }
}

#[test]
fn a_response_comes_with_or_without_a_header_of_the_message() {
    let response = field(&all("responses")[0], "response_with_udh");
    let plain = packet_of(&UserData::plain(response.clone())).unwrap();
    let submit = Submit {
        reject_duplicates: false,
        status_report: true,
        reply_path: false,
        reference: 3,
        destination: "+4670123456".parse().unwrap(),
        protocol: 0,
        coding: 0x04,
        validity: Validity::Relative(0xa7),
        user_data: parts(PacketKind::Response, &response[3..], Reference::Short(0)).unwrap()[0]
            .clone(),
    };
    let octets = submit.encode().unwrap();
    // UDHI, SRR, relative validity, SUBMIT; ten digits, international.
    assert_eq!(octets[..4], [0x71, 3, 10, 0x91]);
    let read = Submit::parse(&octets).unwrap();
    assert_eq!(read, submit);
    assert_eq!(packet_of(&read.user_data).unwrap(), plain);
    assert_eq!(plain.kind, PacketKind::Response);
    assert_eq!(plain.packet, response[3..]);
    assert_eq!(packet_of(&UserData::plain(vec![2, 0x70, 0, 1])), None);
}

#[test]
fn every_form_of_submit_and_report_comes_back() {
    let user_data = UserData {
        elements: vec![
            Ports {
                destination: 2948,
                originator: 9200,
            }
            .element(),
        ],
        body: vec![1, 2, 3],
        septets: None,
    };
    assert_eq!(user_data.ports().unwrap().destination, 2948);
    for validity in [
        Validity::NotSaid,
        Validity::Relative(1),
        Validity::Enhanced([2; 7]),
        Validity::Absolute([3; 7]),
    ] {
        let submit = Submit {
            reject_duplicates: true,
            status_report: false,
            reply_path: true,
            reference: 255,
            destination: "*100#".parse().unwrap(),
            protocol: 0,
            coding: 0xf4,
            validity,
            user_data: user_data.clone(),
        };
        let octets = submit.encode().unwrap();
        assert_eq!(Submit::parse(&octets).unwrap(), submit);
        for end in 0..octets.len() {
            assert!(Submit::parse(&octets[..end]).is_err());
        }
    }
    for (failure, protocol, data) in [
        (None, Some(0x7f), Some((0xf6, user_data.clone()))),
        (Some(0xd5), None, None),
        (Some(0xd5), None, Some((0xf6, UserData::plain(vec![9])))),
    ] {
        let report = DeliverReport {
            failure,
            protocol,
            user_data: data,
        };
        let octets = report.encode().unwrap();
        let read = DeliverReport::parse(&octets, failure.is_some());
        assert_eq!(read.unwrap(), report);
    }
}

/// A text in the GSM alphabet is counted in septets: "hello" has five, in five octets.
#[test]
fn septets_are_counted_as_such() {
    let tpdu = crate::support::hex("0405812143f500002405121517300005e8329bfd06");
    let deliver = Deliver::parse(&tpdu).unwrap();
    assert_eq!(deliver.user_data.septets, Some(5));
    assert_eq!(deliver.user_data.body.len(), 5);
    assert_eq!(deliver.encode().unwrap(), tpdu);
}

/// TS 23.038 clause 4: which codings count septets. Nine of
/// them take eight octets.
#[test]
fn reserved_alphabets_are_the_default_one() {
    for (coding, is_septets) in [
        // General: default alphabet, 8 bits, UCS2, reserved; classes; compressed.
        (0x00, true),
        (0x04, false),
        (0x08, false),
        (0x0c, true),
        (0x10, true),
        (0x16, false),
        (0x1e, true),
        (0x20, false),
        (0x4c, true),
        // Reserved groups; waiting messages in the default alphabet and in UCS2.
        (0x84, true),
        (0xc0, true),
        (0xd8, true),
        (0xe0, false),
        // Data coding and class: default alphabet, 8 bits.
        (0xf2, true),
        (0xf6, false),
    ] {
        let octets = if is_septets { 8 } else { 9 };
        let head = [0x04, 0x02, 0x81, 0x21, 0x00, coding];
        let tpdu = [&head[..], &[0; 7], &[9], &vec![0x2a; octets]].concat();
        let deliver = Deliver::parse(&tpdu).unwrap();
        assert_eq!(
            deliver.user_data.septets,
            is_septets.then_some(9),
            "{coding:02x}"
        );
        assert_eq!(deliver.encode().unwrap(), tpdu);
    }
}

#[test]
fn an_envelope_brings_a_message_into_a_card() {
    let vector = &all("commands")[10];
    let packet = field(vector, "command_packet");
    let user_data = parts(PacketKind::Command, &packet, Reference::Short(0)).unwrap();
    let tpdu = Deliver::to_card(sender(), STAMP, user_data[0].clone())
        .encode()
        .unwrap();
    let download = SmsPpDownload {
        service_centre: Some("+49123".parse().unwrap()),
        tpdu: tpdu.clone(),
    };
    let command = download.command().unwrap();
    assert_eq!(command[..4], [0x80, 0xc2, 0, 0]);
    assert_eq!(usize::from(command[4]), command.len() - 5);
    // D1 L, 82 02 83 81, 06 L 91 94 21 F3, 8B L TPDU.
    let inner = [
        &[0x82, 2, 0x83, 0x81, 0x06, 4, 0x91, 0x94, 0x21, 0xf3, 0x8b][..],
        &[u8::try_from(tpdu.len()).unwrap()],
        &tpdu,
    ]
    .concat();
    assert_eq!(command[7..], inner[..][..command.len() - 7]);
    assert_eq!(SmsPpDownload::parse(&command[5..]).unwrap(), download);
    // Over 127 octets a length has two.
    let full = Deliver::to_card(sender(), STAMP, UserData::plain(vec![1; 140]));
    let long = SmsPpDownload {
        service_centre: None,
        tpdu: full.encode().unwrap(),
    };
    let data = long.encode().unwrap();
    assert_eq!(data[..2], [0xd1, 0x81]);
    assert_eq!(SmsPpDownload::parse(&data).unwrap(), long);
    for end in 0..data.len() {
        assert!(SmsPpDownload::parse(&data[..end]).is_err());
    }
}

/// The way of a command that needs three messages, to its data.
#[test]
fn a_command_of_three_messages_is_opened() {
    let vector = &all("commands")[10];
    let (header, keys) = (header(vector), keys(vector, 2));
    let data = vec![0x5a; 300];
    let packet = wrap(Framing::Sms, &header, Some(&keys), &data).unwrap();
    let mut reassembler = Reassembler::new(Limits::default());
    let mut whole = None;
    for part in parts(PacketKind::Command, &packet, Reference::Long(77)).unwrap() {
        let tpdu = Deliver::to_card(sender(), STAMP, part).encode().unwrap();
        let deliver = Deliver::parse(&tpdu).unwrap();
        if let Taken::Whole(found) = reassembler.take(at(0), &deliver.originator, deliver.user_data)
        {
            whole = Some(found);
        }
    }
    let carried = packet_of(&whole.unwrap()).unwrap();
    let sealed = SealedCommand::parse(Framing::Sms, &carried.packet).unwrap();
    assert_eq!(sealed.open(Some(&keys)).unwrap().data, data);
}
