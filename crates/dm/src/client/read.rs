//! What a Get reads, and the Results that bring it (OMA DM RepPro 1.2 clauses
//! 6.6.7 and 6.6.12; OMA DM TND 1.2 clauses 7.4 and 8.2).

use syncml::{Command, Data, Item, Results, StatusCode};

use super::execute::{Executor, Outcome};
use super::item::{address, listed_item};
use crate::Error;
use crate::session::wire_item;
use crate::tree::{List, NodeUri, Part, Right, Value};

impl Executor<'_> {
    pub(super) fn get(&self, item: &Item, uri: &NodeUri, part: &Part) -> Result<Outcome, Error> {
        let target = item.target_uri().unwrap_or_default();
        Ok(match part {
            Part::Node => Outcome::Read(target.to_owned(), self.tree.get(self.by, uri)?),
            // It is a text; meta-information would say nothing (TND clause 7.4).
            Part::Property(property) => {
                let value = self.tree.property(self.by, uri, *property)?;
                let text = String::from_utf8_lossy(value.data()).into_owned();
                Outcome::Listed(vec![Item::source(target).with_data(Data::text(text))])
            }
            Part::List(List::Tnds(listing)) => {
                let value = self.tree.serialised(self.by, uri, listing)?;
                Outcome::Read(uri.to_string(), value)
            }
            Part::List(list) => {
                let with_data = *list == List::StructData;
                let nodes = self.tree.list(self.by, uri)?;
                let items = nodes.iter();
                let items = items.map(|node| listed_item(self.encoding, node, with_data));
                Outcome::Listed(items.collect::<Result<_, _>>()?)
            }
        })
    }

    /// The Status of a Get, then its Results: in chunks where one message has
    /// no room for them and the server takes objects as large; else 413.
    pub(super) fn results(
        &mut self,
        command: &Command,
        target: Option<&str>,
        source: &str,
        value: Value,
    ) {
        let status = match self.try_results(command, source, value) {
            Ok(Some(results)) => {
                self.answer(command, StatusCode::OK, target);
                return self.say(results);
            }
            Ok(None) => StatusCode::OK,
            Err(error) => refusal(&error),
        };
        self.answer(command, status, target);
    }

    /// The Results; `None` if they go out in chunks.
    fn try_results(
        &mut self,
        command: &Command,
        source: &str,
        value: Value,
    ) -> Result<Option<Command>, Error> {
        let item = wire_item(self.encoding, Item::source(source), &value)?;
        let results = self.results_of(command, vec![item]);
        let len = self.encoding.command_len(&results)?;
        self.check_peer_limit(value.size())?;
        if len <= self.room {
            return Ok(Some(results));
        }
        self.large_results(results, value).map(|()| None)
    }

    /// The Status of a Get of many things, then Results, one or more as there
    /// is room. An item that no message has room for makes it 413.
    pub(super) fn listed(&mut self, command: &Command, target: Option<&str>, items: Vec<Item>) {
        match self.pack(command, items) {
            Ok(results) => {
                self.answer(command, StatusCode::OK, target);
                results.into_iter().for_each(|results| self.say(results));
            }
            Err(error) => self.answer(command, refusal(&error), target),
        }
    }

    fn pack(&self, command: &Command, items: Vec<Item>) -> Result<Vec<Command>, Error> {
        let mut packed = Vec::new();
        let mut open = Vec::new();
        let mut left = self.room;
        for item in items {
            let alone = self.results_of(command, vec![item.clone()]);
            let len = self.encoding.command_len(&alone)?;
            if len > self.room {
                return Err(Error::TooLarge);
            }
            if len > left {
                packed.push(self.results_of(command, std::mem::take(&mut open)));
                left = self.room;
            }
            left -= len;
            open.push(item);
        }
        packed.push(self.results_of(command, open));
        Ok(packed)
    }

    fn results_of(&self, command: &Command, items: Vec<Item>) -> Command {
        Command::Results(Results {
            msg_ref: Some(self.msg_ref.clone()),
            cmd_ref: command.cmd_id().clone(),
            // Longer than any that is given, for the measure.
            cmd_id: u32::MAX.into(),
            items,
            ..Results::default()
        })
    }

    /// Why a command was denied, for people: which ACL counted, and what it
    /// says if the server may read that.
    pub(super) fn denial(&self, error: &Error, command: &Command, item: &Item) -> Vec<Item> {
        let right = match command {
            Command::Add(_) => Right::Add,
            Command::Delete(_) => Right::Delete,
            Command::Exec(_) => Right::Exec,
            Command::Get(_) => Right::Get,
            Command::Replace(_) => Right::Replace,
            _ => return Vec::new(),
        };
        let denied = matches!(error, Error::Denied)
            .then(|| address(item).ok())
            .flatten();
        let text = denied.and_then(|address| {
            let uri = self.tree.resolved(address.uri);
            self.tree.denial(self.by, right, &uri)
        });
        text.map(|text| Item::default().with_data(Data::text(text)))
            .into_iter()
            .collect()
    }
}

/// The status of a Get whose answer can't be sent.
const fn refusal(error: &Error) -> StatusCode {
    match error {
        Error::TooLarge => StatusCode::REQUEST_ENTITY_TOO_LARGE,
        Error::Busy => StatusCode::RETRY_LATER,
        _ => StatusCode::COMMAND_FAILED,
    }
}
