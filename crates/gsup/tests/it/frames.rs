//! IPA frames and connection control messages.

use gsup::ipa::{Control, FrameDecoder, IdTag, Identity, Stream, encode_frame};

use crate::support::{session, to_hex, unhex};

/// All frames in `octets`, given in pieces of `step` octets.
fn split(octets: &[u8], step: usize, limit: u16) -> Result<Vec<(Stream, Vec<u8>)>, &'static str> {
    let mut decoder = FrameDecoder::new(limit);
    let mut frames = Vec::new();
    for mut piece in octets.chunks(step) {
        while let Some(frame) = decoder.push(&mut piece).map_err(|error| error.code())? {
            frames.push((frame.stream, frame.payload.to_vec()));
        }
    }
    Ok(frames)
}

#[test]
fn frames_come_out_however_they_are_cut() {
    let octets = unhex(
        "0001fe00000cee05040108000101214365 87f90005ee00474554"
            .replace(' ', "")
            .as_str(),
    );
    for step in 1..=octets.len() {
        let frames = split(&octets, step, 100).unwrap();
        let seen: Vec<_> = frames
            .iter()
            .map(|(stream, payload)| (*stream, to_hex(payload)))
            .collect();
        assert_eq!(seen.len(), 2, "the last frame is not complete");
        assert_eq!(seen[0], (Stream::Control, "00".to_owned()));
        assert_eq!(
            seen[1],
            (Stream::Gsup, "0401080001012143658 7f9".replace(' ', ""))
        );
    }
}

#[test]
fn a_frame_that_is_cut_is_never_delivered() {
    let octets = session("client", "after_id_get");
    let first = octets.len() - session("hlr", "client_ack").len();
    for length in 0..first {
        assert_eq!(split(&octets[..length], 7, 4096), Ok(vec![]), "{length}");
    }
    assert_eq!(split(&octets, 7, 4096).unwrap().len(), 2);
}

#[test]
fn the_streams_are_those_of_libosmocore() {
    for (frame, id, extension, payload) in [
        ("0001fe01", 0xfe, None, "01"),
        ("0002ee0561", 0xee, Some(5), "61"),
        ("0001ee05", 0xee, Some(5), ""),
        ("0004ee00474554", 0xee, Some(0), "474554"),
        ("0002ee0661", 0xee, Some(6), "61"),
        ("00020061ff", 0x00, None, "61ff"),
        ("0001ff05", 0xff, None, "05"),
    ] {
        let frames = split(&unhex(frame), 3, 16).unwrap();
        let [(stream, read)] = frames.as_slice() else {
            panic!("{frame}: {frames:?}");
        };
        assert_eq!(
            (stream.id(), stream.extension()),
            (id, extension),
            "{frame}"
        );
        assert_eq!(to_hex(read), payload, "{frame}");
        let written = encode_frame(*stream, read).unwrap();
        assert_eq!(to_hex(written.expose()), frame);
    }
}

#[test]
fn a_frame_over_the_limit_is_refused_before_it_comes() {
    let at_limit = [&unhex("0010fe")[..], &[0; 16]].concat();
    assert_eq!(split(&at_limit, 5, 16).unwrap().len(), 1);
    assert_eq!(split(&unhex("0011fe"), 5, 16), Err("ipa-frame-too-long"));
    assert_eq!(split(&unhex("fffffe"), 1, 4096), Err("ipa-frame-too-long"));
    assert_eq!(split(&unhex("0001fe"), 1, 0), Err("ipa-frame-too-long"));
}

#[test]
fn a_frame_without_payload_is_refused() {
    for frame in ["0000fe", "0000ee", "000000"] {
        assert_eq!(split(&unhex(frame), 3, 16), Err("ipa-empty-frame"));
    }
}

#[test]
fn there_is_no_frame_after_a_bad_one() {
    let mut decoder = FrameDecoder::new(16);
    for input in ["0011fe", "0001fe00", "0001fe00"] {
        let octets = unhex(input);
        let error = decoder
            .push(&mut octets.as_slice())
            .map(|_| ())
            .unwrap_err();
        assert_eq!(error.code(), "ipa-frame-too-long");
    }
}

#[test]
fn a_payload_that_no_frame_can_carry_is_refused() {
    let payload = vec![0; 65_535];
    assert!(encode_frame(Stream::Control, &payload).is_ok());
    let error = encode_frame(Stream::Gsup, &payload)
        .map(|_| ())
        .unwrap_err();
    assert_eq!(error.code(), "ipa-payload-too-long");
}

fn control(frame: &[u8]) -> Result<Control, &'static str> {
    assert_eq!(frame[2], 0xfe);
    Control::decode(&frame[3..]).map_err(|error| error.code())
}

#[test]
fn the_control_messages_of_osmohlr_are_read_and_written() {
    let asked = IdTag::ASKED.to_vec();
    for (frame, message) in [
        (session("hlr", "ping"), Control::Ping),
        (session("hlr", "pong"), Control::Pong),
        (session("hlr", "client_ack"), Control::IdAck),
        (unhex("0001fe07"), Control::IdNack),
        (session("hlr", "id_get"), Control::IdGet(asked)),
    ] {
        assert_eq!(control(&frame), Ok(message.clone()));
        assert_eq!(*message.encode().unwrap().expose(), frame);
    }
}

#[test]
fn the_identity_of_a_real_client_is_read() {
    let frames = session("client", "after_id_get");
    let length = 3 + usize::from(frames[1]);
    let Control::IdResp(identity) = control(&frames[..length]).unwrap() else {
        panic!("not an ID_RESP");
    };
    assert_eq!(
        identity.name().unwrap().as_str(),
        "EUSE-foobar-00-00-00-00-00-00"
    );
    assert_eq!(identity.tag(IdTag::UNIT_ID), Some(&b"0/0/0\0"[..]));
    assert_eq!(identity.tag(IdTag(0x0c)), None);
    let again = Control::IdResp(identity).encode().unwrap();
    assert_eq!(*again.expose(), frames[..length]);
}

/// As libosmocore's ipa_ccm_make_id_resp lays it out for such a unit.
#[test]
fn our_identity_answers_what_was_asked() {
    let name = "SGSN".parse().unwrap();
    let answer = Identity::answer(&name, &IdTag::ASKED);
    let expected = concat!(
        "003ffe05",
        "000708302f302f3000",
        "00130730303a30303a30303a30303a30303a303000",
        "00020200",
        "00020300",
        "00020400",
        "00020500",
        "0006015347534e00",
        "0006005347534e00",
    );
    let frame = Control::IdResp(answer.clone()).encode().unwrap();
    assert_eq!(to_hex(frame.expose()), expected);
    // In the order of the question, once each, nothing unknown.
    let odd = [0x0b, 0x00, 0x08, 0x00, 0xff].map(IdTag);
    let frame = Control::IdResp(Identity::answer(&name, &odd))
        .encode()
        .unwrap();
    assert_eq!(
        to_hex(frame.expose()),
        "0012fe050006005347534e00000708302f302f3000"
    );
}

#[test]
fn the_name_is_the_serial_number_else_the_unit_name() {
    for (tags, name) in [
        ("000500414243 00".replace(' ', ""), Ok("ABC")),
        ("000400414243".into(), Ok("ABC")),
        ("000300 4200 00030141 00".replace(' ', ""), Ok("B")),
        ("00020000 00030141 00".replace(' ', ""), Ok("A")),
        ("000100 00020141".replace(' ', ""), Ok("A")),
        (String::new(), Err("ipa-identity-missing")),
        ("000708302f302f3000".into(), Err("ipa-identity-missing")),
        (
            "00020000 00020100".replace(' ', ""),
            Err("ipa-identity-missing"),
        ),
        ("000400410a42".into(), Err("gsup-name-malformed")),
        ("000400410042".into(), Err("gsup-name-malformed")),
        ("000300c3a4".into(), Err("gsup-name-malformed")),
        (
            format!("008200{}", "41".repeat(129)),
            Err("gsup-name-malformed"),
        ),
    ] {
        let payload = unhex(&format!("05{tags}"));
        let Ok(Control::IdResp(identity)) = Control::decode(&payload) else {
            panic!("{tags}: {:?}", Control::decode(&payload));
        };
        let read = identity.name().map_err(|error| error.code());
        let read = read.as_ref().map(gsup::PeerName::as_str);
        assert_eq!(read, name.as_ref().copied(), "{tags}");
    }
}

#[test]
fn malformed_control_messages_are_refused() {
    let many_asked = format!("04{}", "0108".repeat(33));
    let many_told = format!(
        "05{}",
        (0..33)
            .map(|tag| format!("0001{tag:02x}"))
            .collect::<String>()
    );
    for (payload, code) in [
        ("", "gsup-truncated"),
        ("0000", "ipa-control-malformed"),
        ("0100", "ipa-control-malformed"),
        ("0600", "ipa-control-malformed"),
        ("0700", "ipa-control-malformed"),
        ("0401", "ipa-control-malformed"),
        ("040008", "ipa-control-malformed"),
        ("040208", "ipa-control-malformed"),
        ("0500", "ipa-control-malformed"),
        ("050001", "ipa-control-malformed"),
        ("05000008", "ipa-control-malformed"),
        ("05000208", "ipa-control-malformed"),
        ("05ffff08", "ipa-control-malformed"),
        ("0500020041 00020042", "ipa-control-malformed"),
        (&many_asked, "ipa-control-malformed"),
        (&many_told, "ipa-control-malformed"),
        ("02", "ipa-control-unsupported"),
        ("08", "ipa-control-unsupported"),
        ("ff", "ipa-control-unsupported"),
    ] {
        let read = Control::decode(&unhex(&payload.replace(' ', "")));
        assert_eq!(read.map_err(|error| error.code()), Err(code), "{payload}");
    }
}

#[test]
fn every_truncation_of_an_identity_is_refused_or_ends_at_a_tag() {
    let frames = session("client", "after_id_get");
    let payload = &frames[3..3 + usize::from(frames[1])];
    let mut ends = vec![1];
    while ends[ends.len() - 1] < payload.len() {
        let at = ends[ends.len() - 1];
        ends.push(at + 2 + usize::from(payload[at + 1]));
    }
    for length in 1..payload.len() {
        let read = Control::decode(&payload[..length]);
        assert_eq!(read.is_ok(), ends.contains(&length), "{length}");
    }
}
