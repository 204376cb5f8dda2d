//! A command packet from its message to its receipt (ETSI TS 102 225 clauses 5.1 and 5.2,
//! 3GPP TS 31.115 clause 4), in this order: the message whole, the packet, its key set
//! and CC, the counter, the target, its security level, the script.
//!
//! What could not be opened is answered in the clear and changes nothing. So is an error
//! of a command without a CC: whoever sent it may know no key, and a receipt that is
//! signed all the same would be a gift (a known text under the key). Neither makes the
//! card send a message to whatever number the sender names, nor does a packet that comes
//! again: such answers are in the report, whatever SPI asks for.

use uicc::UiccError;
use uicc::apdu::StatusWord;
use uicc::packet::{
    Carrier, Cntr, Command, Framing, Integrity, KeySet, Receipt, ReceiptTerms, SealedCommand,
    Status,
};
use uicc::sms::{Deliver, PacketKind, packet_of};

use super::commands;
use super::script;
use super::session::Session;
use super::state::State;
use super::target::{Kind, Target};

/// Octets of a receipt in the answer to an ENVELOPE (TS 31.111 clause 7.1.1.2).
const MOST_IN_REPORT: usize = 128;

/// Takes an SMS-DELIVER: what goes into the report. Nothing for a part that waits for
/// others and where no receipt is asked for.
///
/// # Errors
/// 6A80 for what is no command packet at all. TP-PID and the class are the mobile's to look
/// at; but septets are no packet.
pub(super) fn download(state: &mut State, tpdu: &[u8]) -> Result<Vec<u8>, StatusWord> {
    let deliver = Deliver::parse(tpdu).map_err(|_| StatusWord::WRONG_DATA)?;
    if deliver.user_data.septets.is_some() {
        return Err(StatusWord::WRONG_DATA);
    }
    let Some(message) = state.waiting.take(tpdu, &deliver) else {
        return Ok(Vec::new());
    };
    let carried = packet_of(&message).filter(|it| it.kind == PacketKind::Command);
    let carried = carried.ok_or(StatusWord::WRONG_DATA)?;
    let sealed = SealedCommand::parse(Framing::Sms, &carried.packet);
    let sealed = sealed.map_err(|_| StatusWord::WRONG_DATA)?;
    if let Some(status) = unwelcome(state, sealed.terms()) {
        return Ok(sealed.refused(status).unwrap_or_default());
    }
    let number = sealed.key_set().ok().flatten();
    let keys = number.and_then(|number| state.key_set(number));
    match sealed.open(keys.as_ref()) {
        Ok(command) => Ok(Opened::new(state, command, number).answer(state, &deliver)),
        Err(error) => Ok(sealed.refusal(&error).unwrap_or_default()),
    }
}

/// Why a command without a CC is not even opened: what it deciphers to would be told to
/// somebody who may know no key.
fn unwelcome(state: &State, terms: &ReceiptTerms) -> Option<Status> {
    if terms.spi.integrity == Integrity::Checksum {
        return None;
    }
    match state.target(terms.tar) {
        None => Some(Status::TarUnknown),
        Some(target) if !target.takes(terms.spi) => Some(Status::InsufficientSecurityLevel),
        Some(_) => None,
    }
}

/// A command whose RC or CC, if it has one, was right.
struct Opened {
    command: Command,
    /// The key set whose counter counts.
    number: u8,
    /// The keys of its receipt.
    keys: Option<KeySet>,
}

/// What becomes of it.
type Verdict = Result<Target, Status>;

impl Opened {
    fn new(state: &State, command: Command, number: Option<u8>) -> Self {
        let terms = command.terms();
        // Without CC and ciphering the receipt's security names the key set.
        let named = match terms.spi.receipt_is_ciphered {
            true => terms.kic >> 4,
            false => terms.kid >> 4,
        };
        let number = number.unwrap_or(named);
        let keys = state.key_set(number);
        Self {
            command,
            number,
            keys,
        }
    }

    fn has_cc(&self) -> bool {
        self.command.terms().spi.integrity == Integrity::Checksum
    }

    fn answer(self, state: &mut State, deliver: &Deliver) -> Vec<u8> {
        let verdict = self.judged(state);
        let is_proven = self.has_cc() || verdict.is_ok();
        let may_send = self.may_send(state, &verdict);
        let (status, data) = match verdict {
            Ok(target) => run(state, &target, &self.command.data),
            Err(status) => Err(status),
        }
        .map_or_else(|status| (status, Vec::new()), |data| (Status::Ok, data));
        let carrier = self.command.terms().spi.carrier;
        let Some(receipt) = self.receipt(is_proven, status, &data) else {
            return Vec::new();
        };
        let is_long = receipt.len() > MOST_IN_REPORT;
        match (carrier, may_send) {
            (Carrier::Submit, true) => post(state, deliver, &receipt),
            (Carrier::DeliverReport, true) if is_long => {
                post(state, deliver, &receipt);
                let notice = self.receipt(is_proven, Status::ResponseBySubmit, &[]);
                return notice.unwrap_or_default();
            }
            // There is no room anywhere for what the script gave.
            _ if is_long => return self.receipt(is_proven, status, &[]).unwrap_or_default(),
            _ => return receipt,
        }
        Vec::new()
    }

    /// Whether its receipt may be a message of the card's own: where there is room, for a
    /// command that was taken or whose CC was right, and which does not come again.
    fn may_send(&self, state: &State, verdict: &Verdict) -> bool {
        let is_meant = match verdict {
            Ok(_) => true,
            Err(Status::CounterLow | Status::CounterHigh | Status::CounterBlocked) => false,
            Err(_) => self.has_cc(),
        };
        is_meant && state.outbox.has_room(self.has_cc())
    }

    /// Counter, target, security level, room. A command without a CC moves a counter only if
    /// its target takes such commands: else anybody could block the key set.
    fn judged(&self, state: &mut State) -> Verdict {
        let terms = self.command.terms();
        if self.has_cc() {
            self.count(state)?;
        }
        let target = state.target(terms.tar).ok_or(Status::TarUnknown)?.clone();
        if !target.takes(terms.spi) {
            return Err(Status::InsufficientSecurityLevel);
        }
        // A receipt that can't be made is found out before anything is done.
        let receipt = self.made(terms, Status::Ok, &[]);
        receipt.map_err(|_| Status::UnidentifiedSecurityError)?;
        // So is one that has no room.
        let is_sent = terms.spi.carrier == Carrier::Submit && terms.spi.receipt != Receipt::Never;
        if is_sent && !state.outbox.has_room(self.has_cc()) {
            return Err(Status::InsufficientMemory);
        }
        if !self.has_cc() {
            self.count(state)?;
        }
        Ok(target)
    }

    fn count(&self, state: &mut State) -> Result<(), Status> {
        let mode = self.command.terms().spi.counter;
        let set = state.key_set_mut(self.number);
        let last = set.as_ref().map(|set| set.counter()).unwrap_or_default();
        let Some(next) = mode.judge(last, self.command.cntr)? else {
            return Ok(());
        };
        set.ok_or(Status::UnidentifiedSecurityError)?
            .set_counter(next);
        Ok(())
    }

    fn made(
        &self,
        terms: &ReceiptTerms,
        status: Status,
        data: &[u8],
    ) -> Result<Vec<u8>, UiccError> {
        let cntr = self.command.cntr;
        terms.write(Framing::Sms, self.keys.as_ref(), cntr, status, data)
    }

    /// The receipt, if this status has one; in the clear for an error without a CC, and
    /// where it can't be secured.
    fn receipt(&self, is_proven: bool, status: Status, data: &[u8]) -> Option<Vec<u8>> {
        let terms = self.command.terms();
        match terms.spi.receipt {
            Receipt::Never => return None,
            Receipt::OnError if status == Status::Ok => return None,
            _ => {}
        }
        let secured = match is_proven {
            true => self.made(terms, status, data).ok(),
            false => None,
        };
        secured.or_else(|| {
            let mut plain = *terms;
            plain.spi.receipt_integrity = Integrity::None;
            plain.spi.receipt_is_ciphered = false;
            let cntr = match terms.spi.is_ciphered && !self.has_cc() {
                true => Cntr::default(),
                false => self.command.cntr,
            };
            let keys = self.keys.as_ref();
            plain.write(Framing::Sms, keys, cntr, status, &[]).ok()
        })
    }
}

/// Puts a receipt where the terminal fetches it.
fn post(state: &mut State, deliver: &Deliver, receipt: &[u8]) {
    // A receipt has 8 KiB and a script's last answer at most: it has less than 255 parts.
    let _ = state.outbox.post(&deliver.originator, receipt);
}

/// Carries a script out in a session of its own.
fn run(state: &mut State, target: &Target, data: &[u8]) -> Result<Vec<u8>, Status> {
    match &target.kind {
        Kind::Files(_) => {
            let start = state.start_of(&target.kind).ok_or(Status::TarUnknown)?;
            let mut session = Session::new(&state.files, start, target.access);
            let (files, pins) = (&mut state.files, &mut state.pins);
            Ok(script::run(data, |command| {
                commands::execute(files, pins, &mut session, command)
            }))
        }
        Kind::Applications => {
            let mut session = Default::default();
            let registry = &mut state.registry;
            Ok(script::run(data, |command| {
                registry.execute(&mut session, command)
            }))
        }
    }
}
