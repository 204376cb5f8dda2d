//! SEND SHORT MESSAGE (ETSI TS 102 223 clauses 6.4.10 and 6.6.9, 3GPP TS 31.111 clause
//! 6.6.9): a card asks the terminal to send an SMS-SUBMIT.

use super::{COMPREHENSION, CommandDetails, Objects, passed_over, put};
use crate::UiccError;
use crate::sms::Address;

/// A proactive command.
const PROACTIVE: u8 = 0xd0;
const DEVICES: u8 = 0x02;
const ALPHA: u8 = 0x05;
const ADDRESS: u8 = 0x06;
const TPDU: u8 = 0x0b;
/// From the card to the network.
const CARD_TO_NETWORK: [u8; 2] = [0x81, 0x83];

/// What a terminal is asked to send. The user is shown nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendShortMessage {
    /// The command's number.
    pub number: u8,
    /// The text is packed by the terminal, to septets of the default alphabet.
    pub packing: bool,
    /// The service centre, if it is not the terminal's own.
    pub service_centre: Option<Address>,
    /// The SMS-SUBMIT.
    pub tpdu: Vec<u8>,
}

impl SendShortMessage {
    /// The type of the command.
    pub const KIND: u8 = 0x13;

    /// What the terminal's answer names.
    #[must_use]
    pub const fn details(&self) -> CommandDetails {
        CommandDetails {
            number: self.number,
            kind: Self::KIND,
            qualifier: self.packing as u8,
        }
    }

    /// The proactive command, from the tag D0 on.
    ///
    /// # Errors
    /// [`UiccError::TooLong`].
    pub fn encode(&self) -> Result<Vec<u8>, UiccError> {
        let mut inner = Vec::new();
        let details = self.details().octets();
        put(&mut inner, COMPREHENSION | CommandDetails::TAG, &details)?;
        put(&mut inner, COMPREHENSION | DEVICES, &CARD_TO_NETWORK)?;
        if let Some(address) = &self.service_centre {
            put(&mut inner, COMPREHENSION | ADDRESS, &address.to_tlv())?;
        }
        put(&mut inner, COMPREHENSION | TPDU, &self.tpdu)?;
        let mut out = Vec::new();
        put(&mut out, PROACTIVE, &inner)?;
        Ok(out)
    }

    /// Reads a proactive command. A text for the user is passed over, and so are objects
    /// that are not known, unless they want to be.
    ///
    /// # Errors
    /// [`UiccError::Unsupported`] for another command; [`UiccError::Truncated`],
    /// [`UiccError::Length`], [`UiccError::Reserved`].
    pub fn parse(octets: &[u8]) -> Result<Self, UiccError> {
        let what = "the proactive command";
        let (mut details, mut devices) = (None, None);
        let (mut service_centre, mut tpdu) = (None, None);
        for object in Objects::new(Objects::only(octets, PROACTIVE, what)?, what) {
            let (tag, value) = object?;
            match tag & !COMPREHENSION {
                CommandDetails::TAG => details = Some(CommandDetails::read(value)?),
                DEVICES => devices = Some(value),
                ADDRESS => service_centre = Some(Address::from_tlv(value)?),
                TPDU => tpdu = Some(value.to_vec()),
                ALPHA => {}
                _ => passed_over(tag, what)?,
            }
        }
        let details = details.ok_or(UiccError::Truncated(what))?;
        if details.kind != Self::KIND {
            return Err(UiccError::Unsupported("this proactive command"));
        }
        if devices != Some(&CARD_TO_NETWORK[..]) {
            return Err(UiccError::Reserved("the device identities"));
        }
        Ok(Self {
            number: details.number,
            packing: details.qualifier & 1 != 0,
            service_centre,
            tpdu: tpdu.ok_or(UiccError::Truncated(what))?,
        })
    }
}
