//! Statuses (OMA DM RepPro 1.2 clause 6.5.1) and values in items (clause 6.3).

use syncml::{Chal, Command, Data, Format, Item, Meta, MsgId, Status, StatusCode, SyncHdr};

use super::Encoding;
use crate::Error;
use crate::tree::Value;

/// The Status for a header. The CmdID is given when it is sent.
pub(crate) fn header_status(header: &SyncHdr, code: StatusCode, chal: Option<Chal>) -> Status {
    let mut status = Status::new("1", header.msg_id.clone(), "0", "SyncHdr", code);
    status.target_refs = vec![header.target.uri.clone()];
    status.source_refs = vec![header.source.uri.clone()];
    status.chal = chal;
    status
}

/// The Status for a command, about `target` if that is one of several items or
/// the only one.
pub(crate) fn command_status(
    msg_ref: &MsgId,
    command: &Command,
    code: StatusCode,
    target: Option<&str>,
) -> Command {
    let mut status = Status::new(
        "1",
        msg_ref.clone(),
        command.cmd_id().clone(),
        command.name(),
        code,
    );
    status.target_refs = target.into_iter().map(str::to_owned).collect();
    Command::Status(Box::new(status))
}

/// One Status with `code` for every command of a message that asks for one:
/// all but Statuses, those inside groups included (OMA DM Protocol 1.2 clause
/// 9.1).
pub(crate) fn refuse_all(header: &SyncHdr, commands: &[Command], code: StatusCode) -> Vec<Command> {
    let mut statuses = Vec::new();
    each_command(commands, &mut |command| {
        // One without a CmdID can't be referred to.
        if !matches!(command, Command::Status(_)) && !command.cmd_id().as_str().is_empty() {
            statuses.push(command_status(&header.msg_id, command, code, None));
        }
    });
    statuses
}

/// Calls `visit` with every command, groups before what is in them. The depth
/// is what the reader of messages has allowed.
pub(crate) fn each_command(commands: &[Command], visit: &mut impl FnMut(&Command)) {
    for command in commands {
        visit(command);
        if let Command::Atomic(group) | Command::Sequence(group) = command {
            each_command(&group.commands, visit);
        }
    }
}

/// The value that an item carries; `None` without `Data`.
pub(crate) fn item_value(item: &Item, command: Option<&Meta>) -> Result<Option<Value>, Error> {
    let Some(octets) = item.octets(command)? else {
        return Ok(None);
    };
    let format = item.format(command).cloned().unwrap_or(Format::Chr);
    let type_ = item.type_(command).map(str::to_owned);
    Ok(Some(Value::new(format, type_, octets.into_owned())))
}

/// `item` with a value. In XML octets travel as base64 with the format `b64`
/// (OMA DM TND 1.2 clause 7.7.2), in WBXML as they are.
pub(crate) fn wire_item(encoding: Encoding, item: Item, value: &Value) -> Result<Item, Error> {
    let text = |octets: &[u8]| {
        std::str::from_utf8(octets)
            .map(Data::text)
            .map_err(|_| Error::Failed("a text value is not UTF-8"))
    };
    let (format, data) = match value.format() {
        Format::Bin if encoding.is_wbxml() => (Format::Bin, Data::Opaque(value.data().to_vec())),
        Format::Bin => (Format::B64, Data::base64(value.data())),
        // A tree is markup in the message, which WBXML has tokens for.
        Format::Xml if value.type_() == Some(crate::tnds::MEDIA_TYPE_XML) => {
            match text(value.data())? {
                Data::Text(markup) => (Format::Xml, Data::Xml(markup)),
                other => (Format::Xml, other),
            }
        }
        format => (format.clone(), text(value.data())?),
    };
    let meta = Meta {
        format: Some(format),
        type_: value.type_().map(str::to_owned),
        ..Meta::default()
    };
    Ok(item.with_meta(meta).with_data(data))
}
