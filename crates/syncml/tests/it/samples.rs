//! What a real client sends (`vectors/oma-dm/README.md`), against infosets
//! that were written down from reading the files.

use syncml::{
    Alert, AlertCode, CmdId, Command, Cred, Data, Format, Item, ItemCommand, Limits, Location,
    Message, Meta, MsgId, RareMeta, SessionId, Status, StatusCode, SyncBody, SyncHdr, xml,
};

const PACKAGE_1: &[u8] = include_bytes!("../../../../vectors/oma-dm/libdmclient-package1.xml");
const PACKAGE_3: &[u8] = include_bytes!("../../../../vectors/oma-dm/libdmclient-package3.xml");
const TNDS: &[u8] = include_bytes!("../../../../vectors/oma-dm/tnds-bootstrap.xml");

/// The samples by name, for tests that take them all.
pub(crate) const ALL: [(&str, &[u8]); 3] = [
    ("libdmclient-package1", PACKAGE_1),
    ("libdmclient-package3", PACKAGE_3),
    ("tnds-bootstrap", TNDS),
];

pub(crate) fn read(octets: &[u8]) -> Message {
    xml::decode(octets, &Limits::default()).unwrap()
}

fn header(msg_id: &str, cred: Option<Cred>) -> SyncHdr {
    SyncHdr {
        ver_dtd: "1.2".to_owned(),
        ver_proto: "DM/1.2".to_owned(),
        session_id: SessionId::new("1"),
        msg_id: MsgId::new(msg_id),
        target: Location::new("http://127.0.0.1:8090/palmcsext/swupdateserver"),
        source: Location::new("DMCtest"),
        resp_uri: None,
        no_resp: false,
        cred,
        meta: Some(Meta::from(RareMeta {
            max_msg_size: Some(16384),
            ..RareMeta::default()
        })),
    }
}

/// An item of the sample's `Replace`: a leaf of type text/plain, or a node.
fn item(uri: &str, leaf: bool, data: &str) -> Item {
    let meta = Meta {
        format: Some(if leaf { Format::Chr } else { Format::Node }),
        type_: leaf.then(|| "text/plain".to_owned()),
        ..Meta::default()
    };
    Item {
        target: None,
        source: Some(Location::new(uri)),
        meta: Some(meta),
        data: Some(Data::text(data)),
        more_data: false,
    }
}

#[test]
fn package_1_is_read_as_written() {
    let cred = Cred {
        meta: Some(Meta {
            format: Some(Format::B64),
            type_: Some("syncml:auth-basic".to_owned()),
            ..Meta::default()
        }),
        data: "ZnVuYW1ib2w6ZnVuYW1ib2w=".to_owned(),
    };
    let items = vec![
        item("./DevInfo/Ext/other/test3", true, "data of test3"),
        item("./DevInfo/Ext/other", false, "test3"),
        item("./DevInfo/Ext/Intel/test2", true, "data of test2"),
        item("./DevInfo/Ext/Intel/test1", true, "data of test1"),
        item("./DevInfo/Ext/Intel", false, "test1/test2"),
        item("./DevInfo/Ext", false, "Intel/other"),
        item("./DevInfo/Bearer/test", true, "test bearer"),
        item("./DevInfo/Bearer", false, "test"),
        item("./DevInfo/DmV", true, "1.0"),
        item("./DevInfo/Lang", true, "test language"),
        item("./DevInfo/DevId", true, "DMCtest"),
        item("./DevInfo/Man", true, "test manufacturer"),
        item("./DevInfo/Mod", true, "test model"),
    ];
    let expected = Message {
        header: header("1", Some(cred)),
        body: SyncBody {
            commands: vec![
                Command::Alert(Alert {
                    cmd_id: CmdId::new("1"),
                    no_resp: false,
                    code: Some(AlertCode(1201)),
                    correlator: None,
                    items: vec![],
                }),
                Command::Replace(ItemCommand {
                    cmd_id: CmdId::new("2"),
                    no_resp: false,
                    meta: None,
                    items,
                }),
            ],
            is_final: true,
        },
    };
    assert_eq!(read(PACKAGE_1), expected);
}

#[test]
fn package_3_is_read_as_written() {
    let status = |id: &str, cmd_ref: &str, cmd: &str, refs: Option<(&str, &str)>| {
        Command::Status(Box::new(Status {
            cmd_id: CmdId::new(id),
            msg_ref: MsgId::new("1"),
            cmd_ref: CmdId::new(cmd_ref),
            cmd: cmd.to_owned(),
            target_refs: refs
                .iter()
                .map(|(target, _)| (*target).to_owned())
                .collect(),
            source_refs: refs
                .iter()
                .map(|(_, source)| (*source).to_owned())
                .collect(),
            cred: None,
            chal: None,
            code: StatusCode(0),
            items: vec![],
        }))
    };
    let expected = Message {
        header: header("2", None),
        body: SyncBody {
            commands: vec![
                status(
                    "1",
                    "0",
                    "SyncHdr",
                    Some(("DMCtest", "webos-update-server")),
                ),
                status("2", "1", "Get", None),
            ],
            is_final: true,
        },
    };
    assert_eq!(read(PACKAGE_3), expected);
}

#[test]
fn a_tnds_bootstrap_keeps_its_tree_as_it_stands() {
    let message = read(TNDS);
    assert_eq!(message.header.target, Location::new("IMEI:1"));
    assert_eq!(message.header.meta, None);
    assert!(message.body.is_final);
    let [Command::Add(add)] = &message.body.commands[..] else {
        panic!("one Add expected");
    };
    let [item] = &add.items[..] else {
        panic!("one item expected");
    };
    assert_eq!(item.target_uri(), Some("./Inbox"));
    assert_eq!(item.format(None), Some(&Format::Xml));
    assert_eq!(item.type_(None), Some("application/vnd.syncml.dmtnds+xml"));
    let Some(Data::Xml(tree)) = &item.data else {
        panic!("markup expected");
    };
    assert!(tree.starts_with("<MgmtTree xmlns=\"syncml:dmddf1.2\"><VerDTD>1.2</VerDTD><Node>"));
    assert!(tree.ends_with("<Value>w7</Value></Node></Node></MgmtTree>"));
}
