//! What targets begin with: the samples of other programs in
//! `vectors/oma-dm` and `vectors/gsup.json`, our own descriptions in `docs/ddf`, and documents that our
//! writers and engines give.

use clock::Tick;
use dm::bootstrap::ProvisioningDoc;
use dm::notification::{Initiator, Notification, SessionId, UiMode};
use dm::server::Request;
use dm::session::{Encoding, Received};
use dm::tree::{NodeKind, Value};
use gsup::ipa::{Stream, encode_frame};
use syncml::{Limits, Message, wbxml, xml};

use crate::documents::key;
use crate::engines::{device, get, management, tree};
use crate::mutate::Dice;

const PACKAGE_1: &[u8] = include_bytes!("../../vectors/oma-dm/libdmclient-package1.xml");
const PACKAGE_3: &[u8] = include_bytes!("../../vectors/oma-dm/libdmclient-package3.xml");
const PACKAGE_1_WBXML: &[u8] = include_bytes!("../../vectors/oma-dm/libdmclient-package1.wbxml");
const PACKAGE_3_WBXML: &[u8] = include_bytes!("../../vectors/oma-dm/libdmclient-package3.wbxml");
const PROVISIONING: &[u8] = include_bytes!("../../vectors/oma-dm/client-provisioning.xml");
const TNDS: &[u8] = include_bytes!("../../vectors/oma-dm/tnds-bootstrap.xml");
const GSUP: &[u8] = include_bytes!("../../vectors/gsup.json");
const CAPS: &[u8] = include_bytes!("../../vectors/cap.json");
const FILES: &[u8] = include_bytes!("../../vectors/uicc-files.json");
const PACKETS: &[u8] = include_bytes!("../../vectors/secured-packets.json");
const PUSHES: &[u8] = include_bytes!("../../vectors/wap-push.json");
const DDF: [&[u8]; 2] = [
    include_bytes!("../../docs/ddf/m2mcimm.ddf.xml"),
    include_bytes!("../../docs/ddf/m2mm.ddf.xml"),
];

/// A session of the two engines with commands of every kind: the server's
/// messages, then the device's.
fn session(encoding: Encoding, proves: bool) -> [Vec<Vec<u8>>; 2] {
    let (mut device, mut server) = (device(encoding), management(proves));
    let (mut tree, mut dice) = (tree(), Dice(1));
    let (mut to_client, mut to_server) = (Vec::new(), Vec::new());
    device.start(&tree).unwrap();
    for request in commands() {
        server.push(request).unwrap();
    }
    while let Some(asked) = device.poll_transmit(Tick::ZERO) {
        let received = Received::read(encoding, &asked.octets).unwrap();
        server
            .handle_message(Tick::ZERO, &received, &mut dice)
            .unwrap();
        let answer = server.poll_transmit(Tick::ZERO).unwrap();
        let received = Received::read(encoding, &answer.octets).unwrap();
        let handled = device.handle_message(Tick::ZERO, &mut tree, &received, &mut dice);
        handled.unwrap();
        to_client.push(answer.octets);
        to_server.push(asked.octets);
    }
    [to_client, to_server]
}

fn commands() -> Vec<Request> {
    let at = |text: &str| text.to_owned();
    let add = |target: &str, kind| Request::Add {
        target: at(target),
        kind,
    };
    let set = |target: &str, text: &str| Request::Replace {
        target: at(target),
        value: Value::text(text),
    };
    let delete = Request::Delete {
        target: at("./A/y"),
    };
    let copy = Request::Copy {
        source: at("./A/x"),
        target: at("./A/y"),
    };
    let list = |what: &str| Request::Get {
        target: format!("./A?list={what}"),
    };
    let interior = || NodeKind::Interior { type_: None };
    vec![
        get(),
        Request::Get {
            target: at("./A/m&m"),
        },
        add("./A/B", interior()),
        add("./A/B/c", NodeKind::Leaf(Value::octets(vec![1, 0, 200]))),
        Request::Atomic(vec![set("./A/x", "<2>"), copy, delete]),
        Request::Sequence(vec![set("./A/x?prop=ACL", "Get=*"), list("Struct")]),
        list("TNDS"),
    ]
}

/// All messages of sessions with and without proof of the server.
fn talk(encoding: Encoding) -> [Vec<Vec<u8>>; 2] {
    let [mut to_client, mut to_server] = session(encoding, true);
    let [unproved, answers] = session(encoding, false);
    to_client.extend(unproved);
    to_server.extend(answers);
    [to_client, to_server]
}

pub(crate) fn xml_messages() -> Vec<Vec<u8>> {
    let mut all = talk(Encoding::Xml).concat();
    all.extend([PACKAGE_1.to_vec(), PACKAGE_3.to_vec()]);
    all
}

pub(crate) fn wbxml_messages() -> Vec<Vec<u8>> {
    let mut all = talk(Encoding::Wbxml).concat();
    all.extend([PACKAGE_1_WBXML.to_vec(), PACKAGE_3_WBXML.to_vec()]);
    let read = |octets: &[u8]| -> Message { xml::decode(octets, &Limits::default()).unwrap() };
    all.push(wbxml::encode(&read(PACKAGE_1)).unwrap());
    all
}

pub(crate) fn xml_trees() -> Vec<Vec<u8>> {
    let mut all = vec![PROVISIONING.to_vec(), TNDS.to_vec(), PACKAGE_1.to_vec()];
    all.extend(DDF.map(<[u8]>::to_vec));
    all
}

pub(crate) fn wbxml_trees() -> Vec<Vec<u8>> {
    let trees = [TNDS, PROVISIONING].into_iter().filter_map(|document| {
        let tree = xml::read_tree(document, &Limits::default()).ok()?;
        wbxml::write_tree(&tree).ok()
    });
    let mut all: Vec<Vec<u8>> = trees.collect();
    all.push(PACKAGE_1_WBXML.to_vec());
    all
}

pub(crate) fn tnds() -> Vec<Vec<u8>> {
    let whole = tree();
    let server = "server".parse().unwrap();
    let listing = dm::tree::Listing::default();
    let own = whole.serialised(&server, &"./A".parse().unwrap(), &listing);
    vec![TNDS.to_vec(), own.unwrap().data().to_vec()]
}

pub(crate) fn ddf() -> Vec<Vec<u8>> {
    DDF.map(<[u8]>::to_vec).to_vec()
}

pub(crate) fn notifications() -> Vec<Vec<u8>> {
    let (key, nonce) = key();
    let write = |ui_mode, initiator, vendor: &[u8]| {
        let mut notification = Notification::new(key.server_id().clone(), SessionId(0x1234));
        notification.ui_mode = ui_mode;
        notification.initiator = initiator;
        notification.vendor = vendor.to_vec();
        notification.write(&key, &nonce).unwrap()
    };
    vec![
        write(UiMode::NotSpecified, Initiator::Server, b""),
        write(UiMode::NotSpecified, Initiator::Client, b"vendor's own"),
    ]
}

pub(crate) fn provisioning() -> Vec<Vec<u8>> {
    let limits = dm::bootstrap::DocumentLimits::default();
    let document = ProvisioningDoc::read(PROVISIONING, &limits).unwrap();
    vec![PROVISIONING.to_vec(), document.write().unwrap()]
}

fn gsup() -> serde_json::Value {
    serde_json::from_slice(GSUP).unwrap()
}

fn unhex(value: &serde_json::Value) -> Vec<u8> {
    data_encoding::HEXLOWER
        .decode(value.as_str().unwrap().as_bytes())
        .unwrap()
}

pub(crate) fn gsup_messages() -> Vec<Vec<u8>> {
    let file = gsup();
    ["messages", "loose", "unsupported", "refused"]
        .into_iter()
        .flat_map(|kind| file[kind].as_array().unwrap())
        .map(|case| unhex(&case["octets"]))
        .collect()
}

/// Recorded sessions of both sides with messages after them, in one piece, in
/// short ones and octet by octet.
pub(crate) fn ipa_streams() -> Vec<Vec<u8>> {
    let sessions = &gsup()["sessions"];
    let all = |side: &str, names: &[&str]| -> Vec<u8> {
        let octets = names.iter().map(|name| unhex(&sessions[side][name]));
        octets.collect::<Vec<_>>().concat()
    };
    let framed = |message: &Vec<u8>| {
        let frame = encode_frame(Stream::Gsup, message).unwrap();
        frame.expose().clone()
    };
    let messages: Vec<u8> = gsup_messages()
        .iter()
        .filter(|message| !message.is_empty())
        .flat_map(framed)
        .collect();
    let to_server = all("client", &["on_connect", "after_id_get", "after_ping"]);
    let to_sgsn = [all("sgsn", &["id_resp"]), all("hlr", &["client_ack"])].concat();
    let to_client = all("hlr", &["id_get", "server_ack", "ping", "pong"]);
    // Many pings, and a frame that is longer than any may be.
    let pings = [&[1][..], &all("hlr", &["ping"]).repeat(400)].concat();
    let long = [&[255, 0x1f, 0xff, 0xfe][..], &[0; 0x1fff]].concat();
    let mut streams = vec![pings, long];
    for begun in [to_server, to_sgsn, to_client] {
        for piece in [1, 7, 255] {
            streams.push([&[piece], begun.as_slice()].concat());
            streams.push([&[piece], begun.as_slice(), messages.as_slice()].concat());
        }
    }
    streams
}

fn secured() -> serde_json::Value {
    serde_json::from_slice(PACKETS).unwrap()
}

/// Commands and responses, and some that nothing secures in either framing.
pub(crate) fn packets() -> Vec<Vec<u8>> {
    use uicc::packet::{Cntr, CommandHeader, Framing, Spi, Tar, wrap};
    let file = secured();
    let of = |kind: &str, name: &str| -> Vec<Vec<u8>> {
        let rows = file[kind].as_array().unwrap().iter();
        rows.map(|row| unhex(&row[name])).collect()
    };
    let mut packets = of("commands", "command_packet");
    packets.extend(of("responses", "response_with_udh"));
    for (framing, spi) in [
        (Framing::Sms, 0),
        (Framing::Sms, 1),
        (Framing::Ber, 0),
        (Framing::Ber, 1),
        (Framing::Ussd, 0),
        (Framing::Ussd, 1),
    ] {
        let header = CommandHeader {
            spi: Spi::from_octets([spi, 1]).unwrap(),
            kic: 0,
            kid: 1,
            tar: Tar([0xb0, 0, 0x11]),
            cntr: Cntr::default(),
        };
        packets.push(wrap(framing, &header, None, &[7; 140]).unwrap());
    }
    packets.extend(crate::uicc::made());
    packets
}

/// Those of other programs, a SUBMIT, reports, an ENVELOPE, and what a card and a terminal
/// say of a SUBMIT.
pub(crate) fn tpdus() -> Vec<Vec<u8>> {
    use uicc::sms::{DeliverReport, SmsPpDownload, Submit, UserData, Validity};
    use uicc::toolkit::{SendShortMessage, TerminalResponse};
    let file = secured();
    let rows = file["framing"].as_array().unwrap().iter();
    let mut tpdus: Vec<Vec<u8>> = rows
        .filter(|row| !row["tpdu"].is_null())
        .map(|row| unhex(&row["tpdu"]))
        .collect();
    let download = SmsPpDownload {
        service_centre: Some("+491".parse().unwrap()),
        tpdu: tpdus[0].clone(),
    };
    let submit = Submit {
        reject_duplicates: false,
        status_report: true,
        reply_path: false,
        reference: 1,
        destination: "+491".parse().unwrap(),
        protocol: 0,
        coding: 4,
        validity: Validity::Relative(9),
        user_data: UserData::plain(vec![1, 2, 3]),
    };
    let report = DeliverReport {
        failure: None,
        protocol: Some(0x7f),
        user_data: Some((0xf6, UserData::plain(vec![1, 2, 3]))),
    };
    tpdus.push(download.encode().unwrap());
    tpdus.push(submit.encode().unwrap());
    tpdus.push(report.encode().unwrap());
    let send = SendShortMessage {
        number: 1,
        packing: false,
        service_centre: Some("+491".parse().unwrap()),
        tpdu: submit.encode().unwrap(),
    };
    let response = TerminalResponse {
        details: send.details(),
        result: 0x20,
    };
    tpdus.push(send.encode().unwrap());
    tpdus.push(response.encode().unwrap());
    tpdus
}

/// Pushes of other programs, and a notification.
pub(crate) fn pushes() -> Vec<Vec<u8>> {
    let file: serde_json::Value = serde_json::from_slice(PUSHES).unwrap();
    let rows = file["pushes"].as_array().unwrap().iter();
    let mut pushes: Vec<Vec<u8>> = rows.map(|row| unhex(&row["pdu"])).collect();
    pushes.push(dm::notification::to_push(1, &[7; 60]));
    pushes
}

/// Messages of several parts, each part behind its length.
pub(crate) fn parts() -> Vec<Vec<u8>> {
    use uicc::sms::{Deliver, PacketKind, Reference, Timestamp, parts};
    [Reference::Short(1), Reference::Long(300)]
        .into_iter()
        .map(|reference| {
            let made = parts(PacketKind::Command, &[7; 300], reference).unwrap();
            let framed = made.into_iter().flat_map(|part| {
                let deliver = Deliver::to_card("1".parse().unwrap(), Timestamp([0; 7]), part);
                let octets = deliver.encode().unwrap();
                [vec![u8::try_from(octets.len()).unwrap()], octets].concat()
            });
            framed.collect()
        })
        .collect()
}

/// Scripts and answers of other programs in octets, scripts of every statement in words.
pub(crate) fn scripts() -> Vec<Vec<u8>> {
    let file = secured();
    let rows = file["expanded_format"].as_array().unwrap().iter();
    let mut scripts: Vec<Vec<u8>> = rows
        .filter(|row| !row["script"].is_null())
        .map(|row| unhex(&row["script"]))
        .collect();
    scripts.push(b"\x04\x90\x00\x08\x09\x10\x10\x10\x32\x54\x76\x98".to_vec());
    for text in [
        "select imsi\nread-binary 0 9\nupdate-binary imsi 001010123456789\nactivate-file\n",
        "limit 140\nselect smsp # one\nread-record 1 28\nupdate-record 1 smsp \"a b\" pad 42\n",
        "format expanded\nselect aid a0000000871002\nget-status isd a0 next\nget-data FF21 9\n",
        "packets one\nupdate-binary 0x10 00ff\nraw 00b0870009\nraw 80d800000101\nread-binary\n",
        "install for-load a000000003 domain a000000151 hash 01 parameters c900 token 02\n\
         load-block 0 c40101\nload-block 1 02 last\nload a.cap block 9\n",
        "install for-install a000000003 a000000004 a000000005 privileges 80c000\n\
         delete a000000003 related\nlock a000000005\nunlock a000000005\ndeactivate-file\n",
        // Long enough for what it asks for to show.
        &"select 6F07\nupdate-binary 00\n".repeat(200),
    ] {
        scripts.push(text.as_bytes().to_vec());
        let script = uicc::script::Script::parse(text, uicc::script::no_files);
        for format in uicc::remote::Format::ALL {
            let packets = script
                .as_ref()
                .ok()
                .map(|script| script.packets(format, 9999));
            let packets = packets.and_then(Result::ok).unwrap_or_default();
            scripts.extend(packets.into_iter().map(|packet| packet.data));
        }
    }
    scripts
}

/// An octet for the file before each content, also of those that are refused.
pub(crate) fn files() -> Vec<Vec<u8>> {
    use uicc::files::Name;
    let vectors: serde_json::Value = serde_json::from_slice(FILES).unwrap();
    let rows = ["read", "refused"].map(|kind| vectors[kind].as_array().unwrap().clone());
    let content = |row: &serde_json::Value| {
        let name = Name::parse(row["file"].as_str().unwrap()).unwrap();
        let place = Name::ALL.iter().position(|known| *known == name).unwrap();
        [vec![u8::try_from(place).unwrap()], unhex(&row["octets"])].concat()
    };
    rows.concat().iter().map(content).collect()
}

/// Archives, components and Load File Data Blocks but the longest, and what is refused.
pub(crate) fn caps() -> Vec<Vec<u8>> {
    let vectors: serde_json::Value = serde_json::from_slice(CAPS).unwrap();
    let rows = |kind: &str| vectors[kind].as_array().unwrap().clone();
    let mut caps = Vec::new();
    for package in &rows("packages")[..4] {
        let [archive, loaded, head] =
            ["archive", "load_file", "block_head"].map(|name| expanded(&package[name]));
        caps.extend([[head, loaded.clone()].concat(), archive, loaded]);
    }
    caps.extend(rows("refused").iter().map(|row| expanded(&row["octets"])));
    caps
}

/// Hexadecimal with runs of one octet: `(COUNT*HEX)`.
fn expanded(text: &serde_json::Value) -> Vec<u8> {
    let parts = text.as_str().unwrap().split_inclusive(')');
    let octets = parts.flat_map(|part| {
        let (plain, run) = part.split_once('(').unwrap_or((part, ""));
        let mut octets = data_encoding::HEXLOWER.decode(plain.as_bytes()).unwrap();
        if let Some((count, octet)) = run.trim_end_matches(')').split_once('*') {
            let octet = data_encoding::HEXLOWER.decode(octet.as_bytes()).unwrap();
            octets.extend(octet.repeat(count.parse().unwrap()));
        }
        octets
    });
    octets.collect()
}

pub(crate) fn to_client() -> Vec<Vec<u8>> {
    let [xml, _] = talk(Encoding::Xml);
    let [wbxml, _] = talk(Encoding::Wbxml);
    [xml, wbxml].concat()
}

pub(crate) fn to_server() -> Vec<Vec<u8>> {
    let [_, xml] = talk(Encoding::Xml);
    let [_, wbxml] = talk(Encoding::Wbxml);
    [xml, wbxml, vec![PACKAGE_1.to_vec()]].concat()
}
