//! SMS-SUBMITs that a card has to send: the proactive command SEND SHORT MESSAGE (ETSI TS
//! 102 223 clauses 6.4.10 and 6.6.9, 3GPP TS 31.111), fetched by the terminal, answered
//! by TERMINAL RESPONSE.

use serde::{Deserialize, Serialize};
use uicc::UiccError;
use uicc::sms::{Address, DCS_CARD, PID_DOWNLOAD, PacketKind, Reference, Submit, Validity, parts};
use uicc::toolkit::{Outcome, SendShortMessage, TerminalResponse};

use super::octets::Octets;

/// Where this many TPDUs wait, no command is carried out whose receipt would be another;
/// the last receipt before that may have a few more. None is ever given up.
const MOST: usize = 255;
/// The same for commands without a CC: whoever knows no key leaves room for the others.
const MOST_WITHOUT_CC: usize = 64;
/// The header element that stands before a packet as it is made.
const RESPONSE_HEADER: [u8; 3] = [0x02, 0x71, 0x00];

/// TPDUs to be sent, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outbox {
    waiting: Vec<Octets>,
    /// TP-MR and the reference of parts, of the next message.
    reference: u8,
}

impl Outbox {
    /// How many wait.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether there is room for the receipt of another command, by whether it has a CC.
    pub(super) const fn has_room(&self, has_cc: bool) -> bool {
        let most = if has_cc { MOST } else { MOST_WITHOUT_CC };
        self.waiting.len() < most
    }

    /// Puts a response packet, `02 71 00` and on, into as few messages as it needs.
    ///
    /// # Errors
    /// [`UiccError::TooLong`].
    pub(super) fn post(&mut self, to: &Address, packet: &[u8]) -> Result<(), UiccError> {
        let bare = packet.strip_prefix(&RESPONSE_HEADER).unwrap_or(packet);
        let reference = Reference::Short(self.reference);
        for user_data in parts(PacketKind::Response, bare, reference)? {
            let submit = Submit {
                reject_duplicates: false,
                status_report: false,
                reply_path: false,
                reference: self.reference,
                destination: to.clone(),
                protocol: PID_DOWNLOAD,
                coding: DCS_CARD,
                validity: Validity::NotSaid,
                user_data,
            };
            self.waiting.push(Octets(submit.encode()?));
            self.reference = self.reference.wrapping_add(1);
        }
        Ok(())
    }

    /// The proactive command that a terminal fetches; always number 1.
    pub(super) fn command(&self) -> Option<Vec<u8>> {
        let command = SendShortMessage {
            number: 1,
            packing: false,
            service_centre: None,
            tpdu: self.waiting.first()?.0.clone(),
        };
        command.encode().ok()
    }

    /// TERMINAL RESPONSE; false for one that answers something else.
    pub(super) fn answered(&mut self, response: &[u8]) -> bool {
        let Ok(response) = TerminalResponse::parse(response) else {
            return false;
        };
        if response.details.kind != SendShortMessage::KIND || self.is_empty() {
            return false;
        }
        if response.outcome() != Outcome::Later {
            self.waiting.remove(0);
        }
        true
    }
}
