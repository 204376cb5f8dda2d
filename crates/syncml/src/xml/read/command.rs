//! Reading commands (SyncML RepPro 1.2, "Protocol Management Elements" and
//! "Protocol Command Elements"; OMA DM RepPro 1.2 for those that device
//! management does not use).

use super::MessageReader;
use crate::{
    Alert, AlertCode, Chal, CmdId, Command, Cred, Error, Exec, Group, Item, ItemCommand, Limit,
    Malformed, Meta, Results, Status, StatusCode, UnsupportedCommand,
};

/// The commands of SyncML.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Add,
    Alert,
    Atomic,
    Copy,
    Delete,
    Exec,
    Get,
    Replace,
    Results,
    Sequence,
    Status,
    /// Not of device management; nothing but its `CmdID` is read.
    Foreign,
}

/// Element name, kind, and the children that the DTD gives it.
const COMMANDS: [(&str, Kind, &[&str]); 16] = [
    ("Add", Kind::Add, &["NoResp", "Cred", "Meta", "Item"]),
    (
        "Alert",
        Kind::Alert,
        &["NoResp", "Cred", "Data", "Correlator", "Item"],
    ),
    ("Atomic", Kind::Atomic, &["NoResp", "Meta"]),
    ("Copy", Kind::Copy, &["NoResp", "Cred", "Meta", "Item"]),
    (
        "Delete",
        Kind::Delete,
        &["NoResp", "Archive", "SftDel", "Cred", "Meta", "Item"],
    ),
    (
        "Exec",
        Kind::Exec,
        &["NoResp", "Cred", "Meta", "Correlator", "Item"],
    ),
    (
        "Get",
        Kind::Get,
        &["NoResp", "Lang", "Cred", "Meta", "Item"],
    ),
    (
        "Replace",
        Kind::Replace,
        &["NoResp", "Cred", "Meta", "Item"],
    ),
    (
        "Results",
        Kind::Results,
        &["MsgRef", "CmdRef", "Meta", "TargetRef", "SourceRef", "Item"],
    ),
    ("Sequence", Kind::Sequence, &["NoResp", "Meta"]),
    (
        "Status",
        Kind::Status,
        &[
            "MsgRef",
            "CmdRef",
            "Cmd",
            "TargetRef",
            "SourceRef",
            "Cred",
            "Chal",
            "Data",
            "Item",
        ],
    ),
    ("Map", Kind::Foreign, &[]),
    ("Move", Kind::Foreign, &[]),
    ("Put", Kind::Foreign, &[]),
    ("Search", Kind::Foreign, &[]),
    ("Sync", Kind::Foreign, &[]),
];

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

impl MessageReader<'_> {
    /// Reads the open element `name` as a command, in an `Atomic` or `Sequence` if
    /// `grouped`.
    pub(super) fn command(&mut self, name: &str, grouped: bool) -> Result<Command, Error> {
        let known = COMMANDS.iter().find(|(known, ..)| *known == name);
        let Some((name, kind, children)) = known else {
            return Err(self.xml.unexpected());
        };
        if grouped && matches!(kind, Kind::Status | Kind::Results) {
            return Err(self.xml.unexpected());
        }
        self.commands += 1;
        if self.commands > self.xml.limits.max_commands {
            return Err(self.xml.limit(Limit::Commands));
        }
        let mut parts = Parts::default();
        while let Some(child) = self.xml.child()? {
            match child {
                "CmdID" => self.text("CmdID", &mut parts.cmd_id)?,
                _ if *kind == Kind::Foreign => self.xml.skip()?,
                _ if children.contains(&child) => self.part(*kind, child, &mut parts)?,
                _ if matches!(kind, Kind::Atomic | Kind::Sequence) => {
                    parts.commands.push(self.command(child, true)?);
                }
                _ => return Err(self.xml.unexpected()),
            }
        }
        let cmd_id = self.cmd_id(name, parts.cmd_id.take());
        let kind = parts.foreign.map_or(*kind, |_| Kind::Foreign);
        self.assemble(kind, name, cmd_id, parts)
    }

    /// The identifier of the command `name` that ended. An empty one counts as
    /// missing.
    fn cmd_id(&mut self, name: &'static str, text: Option<String>) -> CmdId {
        let text = text.unwrap_or_default();
        if text.is_empty() && self.missing_cmd_id.is_none() {
            self.missing_cmd_id = Some((self.xml.place(), name));
        }
        CmdId::new(text)
    }

    /// Reads the open `child`, which the DTD allows here.
    fn part(&mut self, kind: Kind, child: &str, parts: &mut Parts) -> Result<(), Error> {
        match child {
            "NoResp" => self.flag("NoResp", &mut parts.no_resp),
            "Meta" => self.meta(&mut parts.meta),
            "Item" => {
                let item = self.item(&mut parts.foreign)?;
                parts.items.push(item);
                Ok(())
            }
            "Data" => self.number("Data", &mut parts.code),
            "Correlator" => self.text("Correlator", &mut parts.correlator),
            "MsgRef" => self.text("MsgRef", &mut parts.msg_ref),
            "CmdRef" => self.text("CmdRef", &mut parts.cmd_ref),
            "Cmd" => self.text("Cmd", &mut parts.cmd),
            "TargetRef" => self.reference(kind, "TargetRef", &mut parts.target_refs),
            "SourceRef" => self.reference(kind, "SourceRef", &mut parts.source_refs),
            "Cred" if kind == Kind::Status => self.cred(&mut parts.cred),
            "Chal" => self.chal(&mut parts.chal),
            // The language of results: no device management object has any.
            "Lang" => self.xml.skip(),
            "Archive" => self.skip_foreign("Archive", &mut parts.foreign),
            "SftDel" => self.skip_foreign("SftDel", &mut parts.foreign),
            // OMA DM has credentials in the header only; running the command
            // under the session's would not be what its sender asked for.
            "Cred" => self.skip_foreign("Cred", &mut parts.foreign),
            _ => Err(self.xml.unexpected()),
        }
    }

    /// A `TargetRef` or `SourceRef`: any number in a Status, one in Results.
    fn reference(
        &mut self,
        kind: Kind,
        name: &'static str,
        references: &mut Vec<String>,
    ) -> Result<(), Error> {
        if kind == Kind::Results && !references.is_empty() {
            return Err(self.xml.malformed(Malformed::Duplicate(name)));
        }
        self.count_item()?;
        references.push(self.xml.text_value()?);
        Ok(())
    }

    fn assemble(
        &self,
        kind: Kind,
        name: &'static str,
        cmd_id: CmdId,
        parts: Parts,
    ) -> Result<Command, Error> {
        Ok(match kind {
            Kind::Add => Command::Add(item_command(cmd_id, parts)),
            Kind::Copy => Command::Copy(item_command(cmd_id, parts)),
            Kind::Delete => Command::Delete(item_command(cmd_id, parts)),
            Kind::Get => Command::Get(item_command(cmd_id, parts)),
            Kind::Replace => Command::Replace(item_command(cmd_id, parts)),
            Kind::Atomic => Command::Atomic(group(cmd_id, parts)),
            Kind::Sequence => Command::Sequence(group(cmd_id, parts)),
            Kind::Alert => Command::Alert(Alert {
                cmd_id,
                no_resp: parts.no_resp,
                code: parts.code.map(AlertCode),
                correlator: parts.correlator,
                items: parts.items,
            }),
            Kind::Exec => Command::Exec(Exec {
                cmd_id,
                no_resp: parts.no_resp,
                meta: parts.meta,
                correlator: parts.correlator,
                items: parts.items,
            }),
            Kind::Results => Command::Results(self.results(cmd_id, parts)?),
            Kind::Status => Command::Status(Box::new(self.status(cmd_id, parts)?)),
            Kind::Foreign => Command::Unsupported(UnsupportedCommand {
                name,
                cmd_id,
                element: parts.foreign,
            }),
        })
    }

    fn results(&self, cmd_id: CmdId, parts: Parts) -> Result<Results, Error> {
        Ok(Results {
            cmd_id,
            msg_ref: parts.msg_ref.map(Into::into),
            cmd_ref: self.need("CmdRef", parts.cmd_ref)?.into(),
            meta: parts.meta,
            target_ref: parts.target_refs.into_iter().next(),
            source_ref: parts.source_refs.into_iter().next(),
            items: parts.items,
        })
    }

    fn status(&self, cmd_id: CmdId, parts: Parts) -> Result<Status, Error> {
        Ok(Status {
            cmd_id,
            msg_ref: self.need("MsgRef", parts.msg_ref)?.into(),
            cmd_ref: self.need("CmdRef", parts.cmd_ref)?.into(),
            cmd: self.need("Cmd", parts.cmd)?,
            target_refs: parts.target_refs,
            source_refs: parts.source_refs,
            cred: parts.cred,
            chal: parts.chal,
            code: StatusCode(self.need("Data", parts.code)?),
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
