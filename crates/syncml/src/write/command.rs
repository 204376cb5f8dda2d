//! Writing commands and items (SyncML RepPro 1.2 DTD, the protocol command
//! elements, `Status`, `Results` and `Item`).

use super::{Sink, Writer, unwritable};
use crate::element::Element;
use crate::{
    Alert, Command, Error, Exec, Group, Item, ItemCommand, Meta, Results, Status, Unwritable,
};

impl<S: Sink> Writer<'_, S> {
    pub(super) fn command(&mut self, command: &Command) -> Result<(), Error> {
        let written = self.any_command(command);
        self.out.settle();
        written
    }

    fn any_command(&mut self, command: &Command) -> Result<(), Error> {
        match command {
            Command::Add(command) => self.item_command(Element::Add, command),
            Command::Alert(alert) => self.alert(alert),
            Command::Atomic(group) => self.group(Element::Atomic, group),
            Command::Copy(command) => self.item_command(Element::Copy, command),
            Command::Delete(command) => self.item_command(Element::Delete, command),
            Command::Exec(exec) => self.exec(exec),
            Command::Get(command) => self.item_command(Element::Get, command),
            Command::Replace(command) => self.item_command(Element::Replace, command),
            Command::Results(results) => self.results(results),
            Command::Sequence(group) => self.group(Element::Sequence, group),
            Command::Status(status) => self.status(status),
            Command::Unsupported(command) => Err(Error::Unwritable {
                element: command.name,
                cause: Unwritable::Command,
            }),
        }
    }

    fn item_command(&mut self, name: Element, command: &ItemCommand) -> Result<(), Error> {
        self.out.open(name);
        self.filled(Element::CmdId, command.cmd_id.as_str())?;
        self.flag(Element::NoResp, command.no_resp);
        self.meta(command.meta.as_ref())?;
        self.items(name, command.meta.as_ref(), &command.items)?;
        self.out.close(name);
        Ok(())
    }

    fn alert(&mut self, alert: &Alert) -> Result<(), Error> {
        let code = alert
            .code
            .ok_or(unwritable(Element::Alert, Unwritable::Empty))?;
        self.out.open(Element::Alert);
        self.filled(Element::CmdId, alert.cmd_id.as_str())?;
        self.flag(Element::NoResp, alert.no_resp);
        self.text(Element::Data, &code.0.to_string())?;
        self.optional(Element::Correlator, alert.correlator.as_deref())?;
        self.each_item(None, &alert.items)?;
        self.out.close(Element::Alert);
        Ok(())
    }

    fn exec(&mut self, exec: &Exec) -> Result<(), Error> {
        self.out.open(Element::Exec);
        self.filled(Element::CmdId, exec.cmd_id.as_str())?;
        self.flag(Element::NoResp, exec.no_resp);
        self.meta(exec.meta.as_ref())?;
        self.optional(Element::Correlator, exec.correlator.as_deref())?;
        self.items(Element::Exec, exec.meta.as_ref(), &exec.items)?;
        self.out.close(Element::Exec);
        Ok(())
    }

    fn group(&mut self, name: Element, group: &Group) -> Result<(), Error> {
        self.out.open(name);
        self.filled(Element::CmdId, group.cmd_id.as_str())?;
        self.flag(Element::NoResp, group.no_resp);
        self.meta(group.meta.as_ref())?;
        let report =
            |command: &Command| matches!(command, Command::Status(_) | Command::Results(_));
        if group.commands.iter().any(report) {
            return Err(unwritable(name, Unwritable::Command));
        }
        self.commands(name, &group.commands)?;
        self.out.close(name);
        Ok(())
    }

    fn status(&mut self, status: &Status) -> Result<(), Error> {
        self.out.open(Element::Status);
        self.filled(Element::CmdId, status.cmd_id.as_str())?;
        self.filled(Element::MsgRef, status.msg_ref.as_str())?;
        self.filled(Element::CmdRef, status.cmd_ref.as_str())?;
        self.filled(Element::Cmd, &status.cmd)?;
        for target in &status.target_refs {
            self.text(Element::TargetRef, target)?;
        }
        for source in &status.source_refs {
            self.text(Element::SourceRef, source)?;
        }
        self.cred(status.cred.as_ref())?;
        self.chal(status.chal.as_ref())?;
        self.text(Element::Data, &status.code.0.to_string())?;
        self.each_item(None, &status.items)?;
        self.out.close(Element::Status);
        Ok(())
    }

    fn results(&mut self, results: &Results) -> Result<(), Error> {
        self.out.open(Element::Results);
        self.filled(Element::CmdId, results.cmd_id.as_str())?;
        if let Some(msg_ref) = &results.msg_ref {
            self.filled(Element::MsgRef, msg_ref.as_str())?;
        }
        self.filled(Element::CmdRef, results.cmd_ref.as_str())?;
        self.meta(results.meta.as_ref())?;
        self.optional(Element::TargetRef, results.target_ref.as_deref())?;
        self.optional(Element::SourceRef, results.source_ref.as_deref())?;
        self.items(Element::Results, results.meta.as_ref(), &results.items)?;
        self.out.close(Element::Results);
        Ok(())
    }

    /// The items of `element`, one or more.
    fn items(
        &mut self,
        element: Element,
        meta: Option<&Meta>,
        items: &[Item],
    ) -> Result<(), Error> {
        if items.is_empty() {
            return Err(unwritable(element, Unwritable::NoContent));
        }
        self.each_item(meta, items)
    }

    fn each_item(&mut self, meta: Option<&Meta>, items: &[Item]) -> Result<(), Error> {
        items.iter().try_for_each(|item| self.item(meta, item))
    }

    fn item(&mut self, command: Option<&Meta>, item: &Item) -> Result<(), Error> {
        self.out.open(Element::Item);
        self.location(Element::Target, item.target.as_ref())?;
        self.location(Element::Source, item.source.as_ref())?;
        let exchanged = self.out.exchange(item, command);
        let (meta, data) = match &exchanged {
            Some((meta, data)) => (Some(meta), Some(data)),
            None => (item.meta.as_ref(), item.data.as_ref()),
        };
        self.meta(meta)?;
        if let Some(data) = data {
            self.out.open(Element::Data);
            self.out.data(data, item.format(command))?;
            self.out.close(Element::Data);
        }
        self.flag(Element::MoreData, item.more_data);
        self.out.close(Element::Item);
        Ok(())
    }
}
