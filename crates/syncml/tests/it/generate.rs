//! Messages of any shape that XML can carry unchanged: texts are trimmed, and
//! octets stand as base64 (SyncML RepPro 1.2 DTD).

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use syncml::{
    Alert, AlertCode, Anchor, Chal, CmdId, Command, Cred, Data, Exec, Format, Group, Item,
    ItemCommand, Location, Message, Meta, MsgId, NextNonce, Rare, RareMeta, Results, SessionId,
    Status, StatusCode, SyncBody, SyncHdr,
};

/// Any text that XML can hold, with its special characters made likely.
fn text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        4 => any::<char>().prop_map(|c| {
            let allowed = matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
            if allowed { c } else { 'x' }
        }),
        1 => prop::sample::select(vec!['<', '>', '&', '"', '\'', ']', '\r', '\n', ' ', ';', '#']),
    ];
    vec(character, 0..12).prop_map(|chars| chars.into_iter().collect())
}

fn trimmed() -> impl Strategy<Value = String> {
    text().prop_map(|text| text.trim_matches([' ', '\t', '\r', '\n']).to_owned())
}

fn filled() -> impl Strategy<Value = String> {
    trimmed().prop_map(|text| {
        if text.is_empty() {
            "1".to_owned()
        } else {
            text
        }
    })
}

fn cmd_id() -> impl Strategy<Value = CmdId> {
    filled().prop_map(CmdId::new)
}

fn format() -> impl Strategy<Value = Format> {
    prop_oneof![
        prop::sample::select(vec![
            "b64", "bin", "chr", "int", "node", "null", "xml", "Float"
        ])
        .prop_map(Format::read),
        trimmed().prop_map(|text| Format::read(&text)),
    ]
}

fn nonce(format: Option<Format>) -> impl Strategy<Value = Option<NextNonce>> {
    option::of(trimmed())
        .prop_map(move |written| written.map(|written| NextNonce::read(written, format.as_ref())))
}

fn meta() -> impl Strategy<Value = Meta> {
    let typed = option::of(format()).prop_flat_map(|format| (Just(format.clone()), nonce(format)));
    let texts = (
        option::of(trimmed()),
        option::of(trimmed()),
        option::of(trimmed()),
    );
    let sizes = (
        option::of(any::<u64>()),
        option::of(any::<u64>()),
        option::of(any::<u64>()),
    );
    let anchor = (option::of(trimmed()), trimmed()).prop_map(|(last, next)| Anchor { last, next });
    (
        typed,
        texts,
        sizes,
        option::of(anchor),
        vec(trimmed(), 0..2),
    )
        .prop_map(
            |((format, next_nonce), (type_, mark, version), sizes, anchor, emi)| Meta {
                format,
                type_,
                size: sizes.0,
                rare: Rare::from(RareMeta {
                    mark,
                    anchor,
                    version,
                    next_nonce,
                    max_msg_size: sizes.1,
                    max_obj_size: sizes.2,
                    emi,
                }),
            },
        )
}

fn location() -> impl Strategy<Value = Location> {
    (filled(), option::of(trimmed())).prop_map(|(uri, name)| Location { uri, name })
}

fn cred() -> impl Strategy<Value = Cred> {
    (option::of(meta()), trimmed()).prop_map(|(meta, data)| Cred { meta, data })
}

fn chal() -> impl Strategy<Value = Chal> {
    let typed = option::of(format()).prop_flat_map(|format| (Just(format.clone()), nonce(format)));
    (option::of(trimmed()), typed).prop_map(|(type_, (format, next_nonce))| Chal {
        type_,
        format,
        next_nonce,
    })
}

fn data() -> impl Strategy<Value = Data> {
    let markup = [
        "<MgmtTree xmlns=\"syncml:dmddf1.2\"><VerDTD>1.2</VerDTD></MgmtTree>",
        " text <a:b xmlns:a='urn:a' a:c=\"&lt;&#65;\"/> ]] <![CDATA[<&]]>\r\n",
        "<a><!-- - --><?b c?>&amp;</a><a/>",
    ];
    prop_oneof![
        4 => text().prop_map(Data::Text),
        1 => prop::sample::select(markup.to_vec()).prop_map(|text| Data::Xml(text.to_owned())),
    ]
}

fn item() -> impl Strategy<Value = Item> {
    (
        option::of(location()),
        option::of(location()),
        option::of(meta()),
        option::of(data()),
        any::<bool>(),
    )
        .prop_map(|(target, source, meta, data, more_data)| Item {
            target,
            source,
            meta,
            data,
            more_data,
        })
}

fn item_command() -> impl Strategy<Value = ItemCommand> {
    (
        cmd_id(),
        any::<bool>(),
        option::of(meta()),
        vec(item(), 1..3),
    )
        .prop_map(|(cmd_id, no_resp, meta, items)| ItemCommand {
            cmd_id,
            no_resp,
            meta,
            items,
        })
}

/// A command that may stand in a group.
fn plain() -> impl Strategy<Value = Command> {
    let correlated = || (item_command(), option::of(trimmed()));
    let code = (any::<u16>(), correlated()).prop_map(|(code, (command, correlator))| {
        Command::Alert(Alert {
            cmd_id: command.cmd_id,
            no_resp: command.no_resp,
            code: Some(AlertCode(code)),
            correlator,
            items: command.items,
        })
    });
    let exec = correlated().prop_map(|(command, correlator)| {
        Command::Exec(Exec {
            cmd_id: command.cmd_id,
            no_resp: command.no_resp,
            meta: command.meta,
            correlator,
            items: command.items,
        })
    });
    prop_oneof![
        item_command().prop_map(Command::Add),
        item_command().prop_map(Command::Copy),
        item_command().prop_map(Command::Delete),
        item_command().prop_map(Command::Get),
        item_command().prop_map(Command::Replace),
        code,
        exec,
    ]
}

fn group() -> impl Strategy<Value = Command> {
    plain().prop_recursive(3, 8, 3, |inner| {
        (
            cmd_id(),
            option::of(meta()),
            vec(inner, 1..3),
            any::<bool>(),
        )
            .prop_map(|(cmd_id, meta, commands, atomic)| {
                let group = Group {
                    cmd_id,
                    no_resp: atomic,
                    meta,
                    commands,
                };
                if atomic {
                    Command::Atomic(group)
                } else {
                    Command::Sequence(group)
                }
            })
    })
}

fn status() -> impl Strategy<Value = Command> {
    let refs = (
        filled(),
        cmd_id(),
        filled(),
        vec(trimmed(), 0..3),
        vec(trimmed(), 0..3),
    );
    let rest = (
        option::of(cred()),
        option::of(chal()),
        any::<u16>(),
        vec(item(), 0..2),
    );
    (cmd_id(), refs, rest).prop_map(|(cmd_id, refs, rest)| {
        Command::Status(Box::new(Status {
            cmd_id,
            msg_ref: MsgId::new(refs.0),
            cmd_ref: refs.1,
            cmd: refs.2,
            target_refs: refs.3,
            source_refs: refs.4,
            cred: rest.0,
            chal: rest.1,
            code: StatusCode(rest.2),
            items: rest.3,
        }))
    })
}

fn results() -> impl Strategy<Value = Command> {
    let refs = (
        option::of(filled()),
        cmd_id(),
        option::of(trimmed()),
        option::of(trimmed()),
    );
    (cmd_id(), refs, option::of(meta()), vec(item(), 1..3)).prop_map(
        |(cmd_id, refs, meta, items)| {
            Command::Results(Results {
                cmd_id,
                msg_ref: refs.0.map(MsgId::new),
                cmd_ref: refs.1,
                meta,
                target_ref: refs.2,
                source_ref: refs.3,
                items,
            })
        },
    )
}

/// Any command.
pub(crate) fn command() -> impl Strategy<Value = Command> {
    prop_oneof![3 => group(), 1 => status(), 1 => results()]
}

fn header() -> impl Strategy<Value = SyncHdr> {
    let ids = (filled(), filled(), filled(), filled());
    let rest = (
        option::of(trimmed()),
        any::<bool>(),
        option::of(cred()),
        option::of(meta()),
    );
    (ids, location(), location(), rest).prop_map(|(ids, target, source, rest)| SyncHdr {
        ver_dtd: ids.0,
        ver_proto: ids.1,
        session_id: SessionId::new(ids.2),
        msg_id: MsgId::new(ids.3),
        target,
        source,
        resp_uri: rest.0,
        no_resp: rest.1,
        cred: rest.2,
        meta: rest.3,
    })
}

/// Any message.
pub(crate) fn message() -> impl Strategy<Value = Message> {
    (header(), vec(command(), 1..4), any::<bool>()).prop_map(|(header, commands, is_final)| {
        Message {
            header,
            body: SyncBody { commands, is_final },
        }
    })
}
