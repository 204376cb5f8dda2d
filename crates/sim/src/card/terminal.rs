//! What a terminal can ask a card (ETSI TS 102 221 clauses 10 and 11, TS 102 223 clauses
//! 5 and 6, 3GPP TS 31.111 clause 7.1): files and PINs on the basic channel, ENVELOPE,
//! and the commands of the toolkit.

use uicc::apdu::{CommandApdu, ResponseApdu, StatusWord};
use uicc::sms::SmsPpDownload;

use super::session::Session;
use super::state::State;
use super::{commands, download};

/// TERMINAL PROFILE: the octet and bit of SEND SHORT MESSAGE (TS 102 223 clause 5.2).
const SENDS_MESSAGES: (usize, u8) = (3, 0x02);

/// A card under power: what it keeps, and what the terminal has selected.
#[derive(Clone)]
pub struct Card {
    state: State,
    session: Session,
    /// Whether the terminal can send messages.
    sends_messages: bool,
    /// Whether it has fetched one that it has not answered yet.
    has_fetched: bool,
}

impl Card {
    /// Power on.
    #[must_use]
    pub fn power_on(state: State) -> Self {
        let session = Session::of_terminal(&state.files);
        Self {
            state,
            session,
            sends_messages: false,
            has_fetched: false,
        }
    }

    /// What it keeps without power.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Power off and on.
    pub fn reset(&mut self) {
        self.session = Session::of_terminal(&self.state.files);
        self.sends_messages = false;
        self.has_fetched = false;
    }

    /// Carries out one command in memory. What [`Self::state`] says then has to be
    /// stored before the answer leaves ([`super::StoredCard`]).
    pub fn handle_apdu(&mut self, octets: &[u8]) -> ResponseApdu {
        let Ok(command) = CommandApdu::parse(octets) else {
            return StatusWord::WRONG_LENGTH.into();
        };
        let response = match (command.class, command.instruction) {
            (0x80, 0xc2) => {
                self.session.pending.forget();
                let given = self.envelope(&command);
                self.session.pending.hand_over(&command, given)
            }
            (0x80, 0x12) => self.fetch(&command),
            (0x80, 0x14) => self.terminal_response(&command),
            (0x80, 0x10) => self.terminal_profile(&command),
            _ => {
                let State { files, pins, .. } = &mut self.state;
                commands::execute(files, pins, &mut self.session, &command)
            }
        };
        self.with_notice(response)
    }

    /// 91XX in place of 9000 where a proactive command waits (TS 102 221 clause 7.4.2),
    /// and none is under way.
    fn with_notice(&self, response: ResponseApdu) -> ResponseApdu {
        let is_done = response.status == StatusWord::OK && !self.has_fetched;
        let waiting = self.proactive().filter(|_| is_done);
        let Some(length) = waiting.and_then(|command| u8::try_from(command.len()).ok()) else {
            return response;
        };
        ResponseApdu {
            status: StatusWord(0x9100 | u16::from(length)),
            ..response
        }
    }

    fn proactive(&self) -> Option<Vec<u8>> {
        match self.sends_messages {
            true => self.state.outbox.command(),
            false => None,
        }
    }

    fn envelope(&mut self, command: &CommandApdu) -> ResponseApdu {
        if (command.p1, command.p2) != (0, 0) {
            return StatusWord::WRONG_P1_P2.into();
        }
        let Ok(message) = SmsPpDownload::parse(&command.data) else {
            return StatusWord::WRONG_DATA.into();
        };
        match download::download(&mut self.state, &message.tpdu) {
            Ok(data) => ResponseApdu {
                data,
                status: StatusWord::OK,
            },
            Err(status) => status.into(),
        }
    }

    fn fetch(&mut self, command: &CommandApdu) -> ResponseApdu {
        self.session.pending.forget();
        if (command.p1, command.p2) != (0, 0) {
            return StatusWord::WRONG_P1_P2.into();
        }
        let Some(data) = self.proactive() else {
            return StatusWord::CONDITIONS.into();
        };
        let there = u16::try_from(data.len()).unwrap_or(0);
        match command.expected {
            Some(le) if le == there || le == 256 => {
                self.has_fetched = true;
                ResponseApdu {
                    data,
                    status: StatusWord::OK,
                }
            }
            _ => StatusWord(0x6c00 | there).into(),
        }
    }

    fn terminal_response(&mut self, command: &CommandApdu) -> ResponseApdu {
        self.session.pending.forget();
        if (command.p1, command.p2) != (0, 0) {
            return StatusWord::WRONG_P1_P2.into();
        }
        if !self.has_fetched {
            return StatusWord::CONDITIONS.into();
        }
        match self.state.outbox.answered(&command.data) {
            true => {
                self.has_fetched = false;
                StatusWord::OK.into()
            }
            false => StatusWord::WRONG_DATA.into(),
        }
    }

    fn terminal_profile(&mut self, command: &CommandApdu) -> ResponseApdu {
        self.session.pending.forget();
        let (octet, bit) = SENDS_MESSAGES;
        let found = command.data.get(octet);
        self.sends_messages = found.is_some_and(|octet| octet & bit != 0);
        StatusWord::OK.into()
    }
}
