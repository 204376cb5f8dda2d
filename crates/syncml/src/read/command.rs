//! Reading commands (SyncML RepPro 1.2, "Protocol Management Elements" and
//! "Protocol Command Elements"; OMA DM RepPro 1.2 for those that device
//! management does not use).

use super::{MessageReader, Source};
use crate::element::Element;
use crate::{
    Alert, AlertCode, Chal, CmdId, Command, Cred, Error, Exec, Group, Item, ItemCommand, Limit,
    Malformed, Meta, Results, Status, StatusCode, UnsupportedCommand,
};

/// The children that the DTD gives a command of device management; `None` for
/// what is none.
const fn children(command: Element) -> Option<&'static [Element]> {
    Some(match command {
        Element::Add | Element::Copy | Element::Replace => {
            &[Element::NoResp, Element::Cred, Element::Meta, Element::Item]
        }
        Element::Alert => &[
            Element::NoResp,
            Element::Cred,
            Element::Data,
            Element::Correlator,
            Element::Item,
        ],
        Element::Atomic | Element::Sequence => &[Element::NoResp, Element::Meta],
        Element::Delete => &[
            Element::NoResp,
            Element::Archive,
            Element::SftDel,
            Element::Cred,
            Element::Meta,
            Element::Item,
        ],
        Element::Exec => &[
            Element::NoResp,
            Element::Cred,
            Element::Meta,
            Element::Correlator,
            Element::Item,
        ],
        Element::Get => &[
            Element::NoResp,
            Element::Lang,
            Element::Cred,
            Element::Meta,
            Element::Item,
        ],
        Element::Results => &[
            Element::MsgRef,
            Element::CmdRef,
            Element::Meta,
            Element::TargetRef,
            Element::SourceRef,
            Element::Item,
        ],
        Element::Status => &[
            Element::MsgRef,
            Element::CmdRef,
            Element::Cmd,
            Element::TargetRef,
            Element::SourceRef,
            Element::Cred,
            Element::Chal,
            Element::Data,
            Element::Item,
        ],
        _ => return None,
    })
}

/// Whether SyncML has this command and device management does not. Nothing but
/// its `CmdID` is read.
const fn is_foreign(command: Element) -> bool {
    matches!(
        command,
        Element::Map | Element::Move | Element::Put | Element::Search | Element::Sync
    )
}

/// Children of a command, until its end shows which are there.
#[derive(Default)]
struct Parts {
    cmd_id: Option<String>,
    no_resp: bool,
    meta: Option<Meta>,
    items: Vec<Item>,
    commands: Vec<Command>,
    code: Option<u16>,
    correlator: Option<String>,
    msg_ref: Option<String>,
    cmd_ref: Option<String>,
    cmd: Option<String>,
    target_refs: Vec<String>,
    source_refs: Vec<String>,
    cred: Option<Cred>,
    chal: Option<Chal>,
    foreign: Option<&'static str>,
}

impl<S: Source> MessageReader<S> {
    /// Reads the open element `name` as a command, in an `Atomic` or `Sequence` if
    /// `grouped`.
    pub(super) fn command(&mut self, name: Element, grouped: bool) -> Result<Command, Error> {
        let children = match children(name) {
            Some(_) if grouped && matches!(name, Element::Status | Element::Results) => None,
            Some(children) => Some(children),
            None => is_foreign(name).then_some(&[] as &[Element]),
        };
        let Some(children) = children else {
            return Err(self.source.unexpected());
        };
        self.commands += 1;
        if self.commands > self.source.limits().max_commands {
            return Err(self.limit(Limit::Commands));
        }
        let mut parts = Parts::default();
        while let Some(child) = self.source.child()? {
            match child {
                Element::CmdId => self.text(child, &mut parts.cmd_id)?,
                _ if is_foreign(name) => self.source.skip()?,
                _ if children.contains(&child) => self.part(name, child, &mut parts)?,
                _ if matches!(name, Element::Atomic | Element::Sequence) => {
                    parts.commands.push(self.command(child, true)?);
                }
                _ => return Err(self.source.unexpected()),
            }
        }
        for item in &mut parts.items {
            self.source.settle(item, parts.meta.as_ref());
        }
        let cmd_id = self.cmd_id(name, parts.cmd_id.take());
        if parts.foreign.is_some() || is_foreign(name) {
            return Ok(Command::Unsupported(UnsupportedCommand {
                name: name.name(),
                cmd_id,
                element: parts.foreign,
            }));
        }
        self.assemble(name, cmd_id, parts)
    }

    /// The identifier of the command `name` that ended. An empty one counts as
    /// missing.
    fn cmd_id(&mut self, name: Element, text: Option<String>) -> CmdId {
        let text = text.unwrap_or_default();
        if text.is_empty() && self.missing_cmd_id.is_none() {
            self.missing_cmd_id = Some((self.source.place(), name.name()));
        }
        CmdId::new(text)
    }

    /// Reads the open `child`, which the DTD allows here.
    fn part(&mut self, command: Element, child: Element, parts: &mut Parts) -> Result<(), Error> {
        match child {
            Element::NoResp => self.flag(child, &mut parts.no_resp),
            Element::Meta => self.meta(&mut parts.meta),
            Element::Item => {
                self.count_item()?;
                // Read where it stays: an item is large to move.
                let item = parts.items.push_mut(Item::default());
                self.item(item, &mut parts.foreign)
            }
            Element::Data => self.number(child, &mut parts.code),
            Element::Correlator => self.text(child, &mut parts.correlator),
            Element::MsgRef => self.text(child, &mut parts.msg_ref),
            Element::CmdRef => self.text(child, &mut parts.cmd_ref),
            Element::Cmd => self.text(child, &mut parts.cmd),
            Element::TargetRef => self.reference(command, child, &mut parts.target_refs),
            Element::SourceRef => self.reference(command, child, &mut parts.source_refs),
            Element::Cred if command == Element::Status => self.cred(&mut parts.cred),
            Element::Chal => self.chal(&mut parts.chal),
            // The language of results: no device management object has any.
            Element::Lang => self.source.skip(),
            Element::Archive => self.skip_foreign(child, &mut parts.foreign),
            Element::SftDel => self.skip_foreign(child, &mut parts.foreign),
            // OMA DM has credentials in the header only; running the command
            // under the session's would not be what its sender asked for.
            Element::Cred => self.skip_foreign(child, &mut parts.foreign),
            _ => Err(self.source.unexpected()),
        }
    }

    /// A `TargetRef` or `SourceRef`: any number in a Status, one in Results.
    fn reference(
        &mut self,
        command: Element,
        name: Element,
        references: &mut Vec<String>,
    ) -> Result<(), Error> {
        if command == Element::Results && !references.is_empty() {
            return Err(self.malformed(Malformed::Duplicate(name.name())));
        }
        self.count_item()?;
        references.push(self.source.text_value()?.into_owned());
        Ok(())
    }

    fn assemble(&self, command: Element, cmd_id: CmdId, parts: Parts) -> Result<Command, Error> {
        Ok(match command {
            Element::Add => Command::Add(item_command(cmd_id, parts)),
            Element::Copy => Command::Copy(item_command(cmd_id, parts)),
            Element::Delete => Command::Delete(item_command(cmd_id, parts)),
            Element::Get => Command::Get(item_command(cmd_id, parts)),
            Element::Replace => Command::Replace(item_command(cmd_id, parts)),
            Element::Atomic => Command::Atomic(group(cmd_id, parts)),
            Element::Sequence => Command::Sequence(group(cmd_id, parts)),
            Element::Alert => Command::Alert(Alert {
                cmd_id,
                no_resp: parts.no_resp,
                code: parts.code.map(AlertCode),
                correlator: parts.correlator,
                items: parts.items,
            }),
            Element::Exec => Command::Exec(Exec {
                cmd_id,
                no_resp: parts.no_resp,
                meta: parts.meta,
                correlator: parts.correlator,
                items: parts.items,
            }),
            Element::Results => Command::Results(self.results(cmd_id, parts)?),
            Element::Status => Command::Status(Box::new(self.status(cmd_id, parts)?)),
            _ => return Err(self.source.unexpected()),
        })
    }

    fn results(&self, cmd_id: CmdId, parts: Parts) -> Result<Results, Error> {
        Ok(Results {
            cmd_id,
            msg_ref: parts.msg_ref.map(Into::into),
            cmd_ref: self.need(Element::CmdRef, parts.cmd_ref)?.into(),
            meta: parts.meta,
            target_ref: parts.target_refs.into_iter().next(),
            source_ref: parts.source_refs.into_iter().next(),
            items: parts.items,
        })
    }

    fn status(&self, cmd_id: CmdId, parts: Parts) -> Result<Status, Error> {
        Ok(Status {
            cmd_id,
            msg_ref: self.need(Element::MsgRef, parts.msg_ref)?.into(),
            cmd_ref: self.need(Element::CmdRef, parts.cmd_ref)?.into(),
            cmd: self.need(Element::Cmd, parts.cmd)?,
            target_refs: parts.target_refs,
            source_refs: parts.source_refs,
            cred: parts.cred,
            chal: parts.chal,
            code: StatusCode(self.need(Element::Data, parts.code)?),
            items: parts.items,
        })
    }
}

fn item_command(cmd_id: CmdId, parts: Parts) -> ItemCommand {
    ItemCommand {
        cmd_id,
        no_resp: parts.no_resp,
        meta: parts.meta,
        items: parts.items,
    }
}

fn group(cmd_id: CmdId, parts: Parts) -> Group {
    Group {
        cmd_id,
        no_resp: parts.no_resp,
        meta: parts.meta,
        commands: parts.commands,
    }
}
