//! ENVELOPE (SMS-PP DOWNLOAD), by which a device gives a message to its card (TS
//! 31.111 clause 7.1.1, ETSI TS 102 221 clause 11.2.2).

use super::Address;
use crate::UiccError;
use crate::toolkit::{COMPREHENSION, Objects, passed_over, put};

const DOWNLOAD: u8 = 0xd1;
const DEVICES: u8 = 0x02;
const ADDRESS: u8 = 0x06;
const TPDU: u8 = 0x0b;
/// From the network to the card.
const NETWORK_TO_CARD: [u8; 2] = [0x83, 0x81];

/// A message on its way into a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsPpDownload {
    /// The service centre.
    pub service_centre: Option<Address>,
    /// The SMS-DELIVER.
    pub tpdu: Vec<u8>,
}

impl SmsPpDownload {
    /// The command's data, from the tag D1 on.
    ///
    /// # Errors
    /// [`UiccError::TooLong`].
    pub fn encode(&self) -> Result<Vec<u8>, UiccError> {
        let mut inner = Vec::new();
        put(&mut inner, COMPREHENSION | DEVICES, &NETWORK_TO_CARD)?;
        if let Some(address) = &self.service_centre {
            put(&mut inner, ADDRESS, &address.to_tlv())?;
        }
        put(&mut inner, COMPREHENSION | TPDU, &self.tpdu)?;
        let mut out = Vec::new();
        put(&mut out, DOWNLOAD, &inner)?;
        Ok(out)
    }

    /// The whole command: `80 C2 00 00 Lc data`.
    ///
    /// # Errors
    /// [`UiccError::TooLong`] for more than 255 octets.
    pub fn command(&self) -> Result<Vec<u8>, UiccError> {
        let data = self.encode()?;
        let length = u8::try_from(data.len()).map_err(|_| UiccError::TooLong)?;
        Ok([&[0x80, 0xc2, 0, 0, length], data.as_slice()].concat())
    }

    /// Reads a command's data. Elements that are not known are passed over, unless
    /// they want to be understood.
    ///
    /// # Errors
    /// [`UiccError::Truncated`], [`UiccError::Length`], [`UiccError::Reserved`].
    pub fn parse(octets: &[u8]) -> Result<Self, UiccError> {
        let what = "the ENVELOPE";
        let (mut service_centre, mut tpdu, mut devices) = (None, None, None);
        for object in Objects::new(Objects::only(octets, DOWNLOAD, what)?, what) {
            let (tag, value) = object?;
            match tag & !COMPREHENSION {
                DEVICES => devices = Some(value),
                ADDRESS => service_centre = Some(Address::from_tlv(value)?),
                TPDU => tpdu = Some(value.to_vec()),
                _ => passed_over(tag, "an element of the ENVELOPE")?,
            }
        }
        if devices != Some(&NETWORK_TO_CARD[..]) {
            return Err(UiccError::Reserved("the device identities"));
        }
        Ok(Self {
            service_centre,
            tpdu: tpdu.ok_or(UiccError::Truncated("the ENVELOPE"))?,
        })
    }
}
