//! Writing commands and items (SyncML RepPro 1.2 DTD, the protocol command
//! elements, `Status`, `Results` and `Item`).

use data_encoding::BASE64;

use super::{Sink, Writer, unwritable};
use crate::{
    Alert, Command, Data, Error, Exec, Format, Group, Item, ItemCommand, Meta, Results, Status,
    Unwritable,
};

impl<S: Sink> Writer<S> {
    pub(super) fn command(&mut self, command: &Command) -> Result<(), Error> {
        match command {
            Command::Add(command) => self.item_command("Add", command),
            Command::Alert(alert) => self.alert(alert),
            Command::Atomic(group) => self.group("Atomic", group),
            Command::Copy(command) => self.item_command("Copy", command),
            Command::Delete(command) => self.item_command("Delete", command),
            Command::Exec(exec) => self.exec(exec),
            Command::Get(command) => self.item_command("Get", command),
            Command::Replace(command) => self.item_command("Replace", command),
            Command::Results(results) => self.results(results),
            Command::Sequence(group) => self.group("Sequence", group),
            Command::Status(status) => self.status(status),
            Command::Unsupported(command) => Err(unwritable(command.name, Unwritable::Command)),
        }
    }

    fn item_command(&mut self, name: &'static str, command: &ItemCommand) -> Result<(), Error> {
        self.open(name);
        self.filled("CmdID", command.cmd_id.as_str())?;
        self.flag("NoResp", command.no_resp);
        self.meta(command.meta.as_ref())?;
        self.items(name, command.meta.as_ref(), &command.items)?;
        self.close(name);
        Ok(())
    }

    fn alert(&mut self, alert: &Alert) -> Result<(), Error> {
        let code = alert.code.ok_or(unwritable("Alert", Unwritable::Empty))?;
        self.open("Alert");
        self.filled("CmdID", alert.cmd_id.as_str())?;
        self.flag("NoResp", alert.no_resp);
        self.text("Data", &code.0.to_string())?;
        self.optional("Correlator", alert.correlator.as_deref())?;
        self.each_item(None, &alert.items)?;
        self.close("Alert");
        Ok(())
    }

    fn exec(&mut self, exec: &Exec) -> Result<(), Error> {
        self.open("Exec");
        self.filled("CmdID", exec.cmd_id.as_str())?;
        self.flag("NoResp", exec.no_resp);
        self.meta(exec.meta.as_ref())?;
        self.optional("Correlator", exec.correlator.as_deref())?;
        self.items("Exec", exec.meta.as_ref(), &exec.items)?;
        self.close("Exec");
        Ok(())
    }

    fn group(&mut self, name: &'static str, group: &Group) -> Result<(), Error> {
        self.open(name);
        self.filled("CmdID", group.cmd_id.as_str())?;
        self.flag("NoResp", group.no_resp);
        self.meta(group.meta.as_ref())?;
        let report =
            |command: &Command| matches!(command, Command::Status(_) | Command::Results(_));
        if group.commands.iter().any(report) {
            return Err(unwritable(name, Unwritable::Command));
        }
        self.commands(name, &group.commands)?;
        self.close(name);
        Ok(())
    }

    fn status(&mut self, status: &Status) -> Result<(), Error> {
        self.open("Status");
        self.filled("CmdID", status.cmd_id.as_str())?;
        self.filled("MsgRef", status.msg_ref.as_str())?;
        self.filled("CmdRef", status.cmd_ref.as_str())?;
        self.filled("Cmd", &status.cmd)?;
        for target in &status.target_refs {
            self.text("TargetRef", target)?;
        }
        for source in &status.source_refs {
            self.text("SourceRef", source)?;
        }
        self.cred(status.cred.as_ref())?;
        self.chal(status.chal.as_ref())?;
        self.text("Data", &status.code.0.to_string())?;
        self.each_item(None, &status.items)?;
        self.close("Status");
        Ok(())
    }

    fn results(&mut self, results: &Results) -> Result<(), Error> {
        self.open("Results");
        self.filled("CmdID", results.cmd_id.as_str())?;
        if let Some(msg_ref) = &results.msg_ref {
            self.filled("MsgRef", msg_ref.as_str())?;
        }
        self.filled("CmdRef", results.cmd_ref.as_str())?;
        self.meta(results.meta.as_ref())?;
        self.optional("TargetRef", results.target_ref.as_deref())?;
        self.optional("SourceRef", results.source_ref.as_deref())?;
        self.items("Results", results.meta.as_ref(), &results.items)?;
        self.close("Results");
        Ok(())
    }

    /// The items of `element`, one or more.
    fn items(
        &mut self,
        element: &'static str,
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
        self.open("Item");
        self.location("Target", item.target.as_ref())?;
        self.location("Source", item.source.as_ref())?;
        self.meta(item.meta.as_ref())?;
        if let Some(data) = &item.data {
            self.open("Data");
            self.data(data, item.format(command))?;
            self.close("Data");
        }
        self.flag("MoreData", item.more_data);
        self.close("Item");
        Ok(())
    }

    fn data(&mut self, data: &Data, format: Option<&Format>) -> Result<(), Error> {
        match data {
            Data::Text(text) => self.characters("Data", text),
            Data::Xml(text) => self.markup("Data", text),
            Data::Opaque(octets) if format.is_some_and(Format::is_base64_in_xml) => {
                self.out.put(&BASE64.encode(octets));
                Ok(())
            }
            Data::Opaque(octets) => {
                let text = std::str::from_utf8(octets);
                self.characters(
                    "Data",
                    text.map_err(|_| unwritable("Data", Unwritable::Octets))?,
                )
            }
        }
    }
}
