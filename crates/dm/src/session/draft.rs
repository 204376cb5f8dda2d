//! A message in the making: commands go in as long as the receiver's
//! `MaxMsgSize` has room (SyncML MetaInfo 1.2 clause 5.7; OMA DM Protocol 1.2
//! clause 6.1: a command fits into one message whole).

use syncml::{Alert, AlertCode, CmdId, Command, Message, SyncBody, SyncHdr};

use super::Encoding;
use crate::Error;

/// A message that is not sent yet.
pub(crate) struct Draft {
    message: Message,
    encoding: Encoding,
    /// Octets left.
    room: usize,
    /// The next CmdID.
    next: u32,
}

impl Draft {
    /// A message with `header` and no commands, of at most `max` octets.
    /// `None` if not even the header and a small command fit.
    pub(crate) fn new(
        header: SyncHdr,
        encoding: Encoding,
        max: usize,
    ) -> Result<Option<Self>, Error> {
        // A body may not be empty, so the frame is measured with a command.
        let probe = Command::Alert(Alert::new("1", AlertCode::NEXT_MESSAGE));
        let mut message = Message {
            header,
            body: SyncBody {
                commands: vec![probe.clone()],
                is_final: true,
            },
        };
        let smallest = encoding.message_len(&message)?;
        message.body.commands.clear();
        let frame = smallest.saturating_sub(encoding.command_len(&probe)?);
        Ok((smallest <= max).then(|| Self {
            message,
            encoding,
            room: max.saturating_sub(frame),
            next: 1,
        }))
    }

    /// The octets left for commands.
    pub(crate) const fn room(&self) -> usize {
        self.room
    }

    /// Whether the header has credentials.
    pub(crate) const fn has_credentials(&self) -> bool {
        self.message.header.cred.is_some()
    }

    /// Keeps room for the alert 1222 that is to end the message.
    pub(crate) fn reserve_next_message(&mut self) -> Result<(), Error> {
        let alert = Command::Alert(Alert::new("4294967295", AlertCode::NEXT_MESSAGE));
        let len = self.encoding.command_len(&alert)?;
        self.room = self.room.saturating_sub(len);
        Ok(())
    }

    /// Puts `command` in under the next CmdID, those inside it under the ones
    /// that follow; `None` if there is no room.
    pub(crate) fn push(&mut self, mut command: Command) -> Result<Option<u32>, Error> {
        let first = self.next;
        let mut next = first;
        number(&mut command, &mut next);
        let len = self.encoding.command_len(&command)?;
        if len > self.room {
            return Ok(None);
        }
        self.room -= len;
        self.next = next;
        self.message.body.commands.push(command);
        Ok(Some(first))
    }

    /// The octets that `command` would take.
    pub(crate) fn len_of(&self, command: &Command) -> Result<usize, Error> {
        let mut command = command.clone();
        let mut next = self.next;
        number(&mut command, &mut next);
        self.encoding.command_len(&command)
    }

    /// Puts alert 1222 in, for which [`reserve_next_message`] has kept room.
    ///
    /// [`reserve_next_message`]: Self::reserve_next_message
    pub(crate) fn push_next_message(&mut self) -> u32 {
        let first = self.next;
        self.next += 1;
        let alert = Alert::new(first, AlertCode::NEXT_MESSAGE);
        self.message.body.commands.push(Command::Alert(alert));
        first
    }

    /// The message as octets.
    pub(crate) fn write(mut self, is_final: bool) -> Result<Vec<u8>, Error> {
        self.message.body.is_final = is_final;
        self.encoding.write(&self.message)
    }
}

/// Gives a command and those inside it their CmdIDs, parents first.
fn number(command: &mut Command, next: &mut u32) {
    let cmd_id = CmdId::from(*next);
    *next += 1;
    match command {
        Command::Add(command)
        | Command::Copy(command)
        | Command::Delete(command)
        | Command::Get(command)
        | Command::Replace(command) => command.cmd_id = cmd_id,
        Command::Alert(alert) => alert.cmd_id = cmd_id,
        Command::Exec(exec) => exec.cmd_id = cmd_id,
        Command::Results(results) => results.cmd_id = cmd_id,
        Command::Status(status) => status.cmd_id = cmd_id,
        Command::Atomic(group) | Command::Sequence(group) => {
            group.cmd_id = cmd_id;
            for inner in &mut group.commands {
                number(inner, next);
            }
        }
        // Commands that are only ever read, and those of later versions of the
        // model, are never written.
        _ => {}
    }
}
