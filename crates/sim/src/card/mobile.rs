//! A mobile around a card (3GPP TS 31.111 clause 7.1.1, TS 23.040 clause 9.2.2): gives it
//! the SMS-DELIVERs that are for it, makes reports of its answers, and sends what it wants
//! sent.

use uicc::apdu::{CommandApdu, Meaning, ResponseApdu, StatusWord};
use uicc::sms::{Deliver, DeliverReport, PID_DOWNLOAD, SmsPpDownload};
use uicc::toolkit::{SendShortMessage, TerminalResponse};

use super::{Card, CardError, StoredCard};

/// FETCHes after one message, at most: a card that always has one more is left alone.
const MOST: usize = 256;
/// TERMINAL PROFILE: everything.
const PROFILE: [u8; 20] = [0xff; 20];

/// What answers APDUs.
pub trait Chip {
    /// One command.
    ///
    /// # Errors
    /// [`CardError`] where what the command changed could not be stored.
    fn apdu(&mut self, command: &[u8]) -> Result<ResponseApdu, CardError>;
}

impl Chip for Card {
    fn apdu(&mut self, command: &[u8]) -> Result<ResponseApdu, CardError> {
        Ok(self.handle_apdu(command))
    }
}

impl Chip for StoredCard {
    fn apdu(&mut self, command: &[u8]) -> Result<ResponseApdu, CardError> {
        self.handle_apdu(command)
    }
}

/// What came of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// The last status word of ENVELOPE and GET RESPONSE.
    pub status: StatusWord,
    /// What the card gave for the report: a response packet with its header `02 71 00`,
    /// or nothing.
    pub receipt: Vec<u8>,
    /// The SMS-DELIVER-REPORT, and whether it goes out as an error (RP-ERROR).
    pub report: (Vec<u8>, bool),
    /// SMS-SUBMITs that the card had sent.
    pub submits: Vec<Vec<u8>>,
}

/// 9300: the card's toolkit is busy (TS 31.111 clause 7.1.1.1).
const BUSY: StatusWord = StatusWord(0x9300);
/// TP-FCS for that, and for any other error of the card (TS 23.040 clause 9.2.3.22).
const TOOLKIT_BUSY: u8 = 0xd4;
const DOWNLOAD_ERROR: u8 = 0xd5;

/// Says what the mobile can do; after power on.
///
/// # Errors
/// As [`Chip::apdu`].
pub fn start(chip: &mut impl Chip) -> Result<Vec<Vec<u8>>, CardError> {
    let profile = CommandApdu::new([0x80, 0x10, 0, 0]).with_data(PROFILE);
    let answered = chip.apdu(&profile.encode().map_err(CardError::Message)?)?;
    sent(chip, answered.status)
}

/// Gives an SMS-DELIVER to the card, by ENVELOPE, if it is for the card: TP-PID 7F and a
/// TP-DCS of class 2. What becomes of others is between the mobile and its user.
///
/// # Errors
/// As [`Chip::apdu`]; [`CardError::NotForCard`]; [`CardError::Message`] for a TPDU that
/// can't be read or is too long.
pub fn deliver(chip: &mut impl Chip, tpdu: &[u8]) -> Result<Delivered, CardError> {
    let message = Deliver::parse(tpdu).map_err(CardError::Message)?;
    if message.protocol != PID_DOWNLOAD || !is_class_2(message.coding) {
        return Err(CardError::NotForCard {
            protocol: message.protocol,
            coding: message.coding,
        });
    }
    let download = SmsPpDownload {
        service_centre: None,
        tpdu: tpdu.to_vec(),
    };
    let envelope = download.command().map_err(CardError::Message)?;
    let mut answered = chip.apdu(&envelope)?;
    while answered.status.sw1() == 0x61 {
        let le = answered.status.sw2();
        let more = chip.apdu(&[0, 0xc0, 0, 0, le])?;
        answered.data.extend(more.data);
        answered.status = more.status;
    }
    let (status, receipt) = (answered.status, answered.data);
    let is_error = status.meaning() != Meaning::Done;
    let report = report(&message, &receipt, status).encode();
    Ok(Delivered {
        status,
        report: (report.map_err(CardError::Message)?, is_error),
        receipt,
        submits: sent(chip, status)?,
    })
}

/// Whether TP-DCS has a class, and that is 2 (TS 23.038 clause 4): in the groups of
/// general coding, with and without automatic deletion, and in that of classes.
const fn is_class_2(coding: u8) -> bool {
    let has_class = matches!(coding >> 4, 0x1 | 0x3 | 0x5 | 0x7 | 0xf);
    has_class && coding & 3 == 2
}

/// The report of what a card gave. TP-PID and TP-DCS are those of the message (TS 31.111
/// clause 7.1.1.1).
fn report(message: &Deliver, receipt: &[u8], status: StatusWord) -> DeliverReport {
    let failure = match status {
        BUSY => Some(TOOLKIT_BUSY),
        _ if status.meaning() == Meaning::Done => None,
        _ => Some(DOWNLOAD_ERROR),
    };
    let user_data = match receipt {
        [] => None,
        octets => Some((message.coding, with_header(octets))),
    };
    DeliverReport {
        failure,
        protocol: user_data.as_ref().map(|_| message.protocol),
        user_data,
    }
}

/// The header element that a card's answer begins with, as an element.
fn with_header(octets: &[u8]) -> uicc::sms::UserData {
    match octets {
        [0x02, identifier, 0x00, body @ ..] => uicc::sms::UserData {
            elements: vec![uicc::sms::Element {
                identifier: *identifier,
                value: Vec::new(),
            }],
            body: body.to_vec(),
            septets: None,
        },
        other => uicc::sms::UserData::plain(other.to_vec()),
    }
}

/// Fetches and confirms what the card wants sent, while it says that there is more.
fn sent(chip: &mut impl Chip, status: StatusWord) -> Result<Vec<Vec<u8>>, CardError> {
    let mut submits = Vec::new();
    let mut status = status;
    for _ in 0..MOST {
        if status.sw1() != 0x91 {
            break;
        }
        let fetched = chip.apdu(&[0x80, 0x12, 0, 0, status.sw2()])?;
        let Ok(command) = SendShortMessage::parse(&fetched.data) else {
            break;
        };
        let done = TerminalResponse {
            details: command.details(),
            result: 0,
        };
        submits.push(command.tpdu);
        let done = done.encode().map_err(CardError::Message)?;
        let response = CommandApdu::new([0x80, 0x14, 0, 0]).with_data(done);
        let response = response.encode().map_err(CardError::Message)?;
        status = chip.apdu(&response)?.status;
    }
    Ok(submits)
}
