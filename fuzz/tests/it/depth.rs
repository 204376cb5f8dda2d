//! The claim on depth: nested without end is an error, and neither it nor what
//! is as deep as may be needs a deep stack.

use dm::bootstrap::{DocumentLimits, ProvisioningDoc};
use dm::session::{Encoding, Received};
use dm::tnds::TreeDocumentLimits;
use syncml::{Alert, AlertCode, Command, Limits, wbxml, xml};

use crate::alone;

/// In a thread that has little to stand on: with the limits of a session on
/// 384 KiB, with no limit of the caller's on half of what a thread has.
fn on_small_stacks(run: fn(Limits)) {
    let unlimited = Limits {
        max_depth: usize::MAX,
        ..Limits::default()
    };
    for (kib, limits) in [(384, Limits::default()), (1024, unlimited)] {
        let thread = std::thread::Builder::new().stack_size(kib << 10);
        thread.spawn(move || run(limits)).unwrap().join().unwrap();
    }
}

/// 200 kB of this.
fn much(word: &str) -> String {
    word.repeat(200_000 / word.len())
}

fn message(body: &str) -> String {
    format!(
        "<SyncML><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto>\
         <SessionID>1</SessionID><MsgID>1</MsgID><Target><LocURI>a</LocURI></Target>\
         <Source><LocURI>b</LocURI></Source></SyncHdr><SyncBody>{body}<Final/></SyncBody></SyncML>"
    )
}

#[test]
fn tags_without_end_are_errors() {
    let _alone = alone();
    on_small_stacks(|limits| {
        for word in [
            "<a>",
            "<Atomic>",
            "<Sequence>",
            "<Item>",
            "<Data>",
            "<Node>",
        ] {
            for document in [much(word), message(&much(word))] {
                let octets = document.as_bytes();
                assert!(xml::decode(octets, &limits).is_err(), "{word}");
                assert!(xml::read_tree(octets, &limits).is_err(), "{word}");
                assert!(Received::read(Encoding::Xml, octets).is_err(), "{word}");
            }
        }
        let node = "<Node><NodeName>a</NodeName>";
        let tree = format!("<MgmtTree><VerDTD>1.2</VerDTD>{}", much(node));
        let nodes = TreeDocumentLimits {
            max_depth: usize::MAX,
            max_nodes: usize::MAX,
            ..TreeDocumentLimits::default()
        };
        assert!(dm::tnds::read(&tree, &nodes).is_err());
        assert!(dm::ddf::read(&tree, &nodes).is_err());
        let word = "<characteristic type=\"a\">";
        let document = format!("<wap-provisioningdoc version=\"1.1\">{}", much(word));
        let any = DocumentLimits {
            max_octets: usize::MAX,
            max_depth: usize::MAX,
            max_elements: usize::MAX,
        };
        assert!(ProvisioningDoc::read(document.as_bytes(), &any).is_err());
    });
}

#[test]
fn tokens_without_end_are_errors() {
    let _alone = alone();
    on_small_stacks(|limits| {
        // Elements with their ends, too many levels of them.
        let levels = limits.max_depth.min(128) + 1;
        let octets = [
            b"\x02\xa4\x01\x6a\x00",
            &[0x48; 129][..levels],
            &[0x01; 129][..levels],
        ];
        assert!(wbxml::read_tree(&octets.concat(), &limits).is_err());
        let octets = [
            b"\x02\xa4\x01\x6a\x00",
            &[0x48; 129][1..levels],
            &[0x01; 129][1..levels],
        ];
        assert!(wbxml::read_tree(&octets.concat(), &limits).is_ok());
        // SyncML, Atomic, Sequence, Item, Data, SyncBody, each with content.
        for token in [0x6d, 0x48, 0x64, 0x54, 0x4f, 0x6b] {
            for head in [
                &b"\x02\xa4\x01\x6a\x00"[..],
                b"\x02\xa4\x01\x6a\x00\x6d\x6b",
            ] {
                let octets = [head, &[token; 200_000]].concat();
                assert!(wbxml::decode(&octets, &limits).is_err(), "{token:#x}");
                assert!(wbxml::read_tree(&octets, &limits).is_err(), "{token:#x}");
                assert!(wbxml::to_markup(&octets, &limits).is_err(), "{token:#x}");
                assert!(
                    Received::read(Encoding::Wbxml, &octets).is_err(),
                    "{token:#x}"
                );
            }
        }
    });
}

/// Groups in groups: 64 levels of elements, two of which are the message's own
/// and one the innermost Get; 128 whatever the caller says.
#[test]
fn groups_have_an_end() {
    let _alone = alone();
    on_small_stacks(|limits| {
        let deepest = limits.max_depth.min(128) - 2;
        let groups = |name: &str, depth: usize| {
            let open = format!("<{name}><CmdID>1</CmdID>").repeat(depth);
            let close = format!("</{name}>").repeat(depth);
            message(&format!("{open}{close}"))
        };
        for name in ["Atomic", "Sequence"] {
            for depth in [deepest, 128, 200] {
                let document = groups(name, depth);
                let read = xml::decode(document.as_bytes(), &limits);
                assert!(read.is_err(), "{name} {depth}");
            }
            let document = groups(name, deepest - 1);
            let mut read = xml::decode(document.as_bytes(), &limits).unwrap();
            innermost(&mut read.body.commands);
            let octets = xml::encode(&read).unwrap();
            assert!(xml::decode(&octets, &limits).unwrap() == read);
            let octets = wbxml::encode(&read).unwrap();
            assert!(wbxml::decode(&octets, &limits).unwrap() == read);
        }
    });
}

/// An empty group can't be written; this makes an alert of the last.
fn innermost(commands: &mut [Command]) {
    if let Some(Command::Atomic(group) | Command::Sequence(group)) = commands.first_mut() {
        if group.commands.is_empty() {
            commands[0] = Command::Alert(Alert::new(1, AlertCode::NEXT_MESSAGE));
        } else {
            innermost(&mut group.commands);
        }
    }
}
