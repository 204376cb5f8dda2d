//! ENVELOPE (SMS-PP DOWNLOAD), by which a device gives a message to its card (TS
//! 31.111 clause 7.1.1, ETSI TS 102 221 clause 11.2.2).

use super::Address;
use super::reader::Reader;
use crate::UiccError;

const DOWNLOAD: u8 = 0xd1;
/// Tags with and without the bit for comprehension.
const COMPREHENSION: u8 = 0x80;
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
        tlv(&mut inner, COMPREHENSION | DEVICES, &NETWORK_TO_CARD)?;
        if let Some(address) = &self.service_centre {
            tlv(&mut inner, ADDRESS, &address.to_tlv())?;
        }
        tlv(&mut inner, COMPREHENSION | TPDU, &self.tpdu)?;
        let mut out = Vec::new();
        tlv(&mut out, DOWNLOAD, &inner)?;
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
        let mut reader = Reader::new(octets);
        if reader.u8("the ENVELOPE")? != DOWNLOAD {
            return Err(UiccError::Reserved("the ENVELOPE's tag"));
        }
        let length = length_of(&mut reader)?;
        let mut inner = Reader::new(reader.take(length, "the ENVELOPE")?);
        reader.end("the ENVELOPE's length")?;
        let (mut service_centre, mut tpdu, mut devices) = (None, None, None);
        while !inner.is_empty() {
            let tag = inner.u8("the ENVELOPE")?;
            let length = length_of(&mut inner)?;
            let value = inner.take(length, "the ENVELOPE")?;
            match tag & !COMPREHENSION {
                DEVICES => devices = Some(value),
                ADDRESS => service_centre = Some(Address::from_tlv(value)?),
                TPDU => tpdu = Some(value.to_vec()),
                _ if tag & COMPREHENSION != 0 => {
                    return Err(UiccError::Reserved("an element of the ENVELOPE"));
                }
                _ => {}
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

/// One octet up to 127, `81` and one octet above (TS 102 223 annex C).
fn length_of(reader: &mut Reader<'_>) -> Result<usize, UiccError> {
    match reader.u8("a length")? {
        length @ 0..=0x7f => Ok(usize::from(length)),
        0x81 => match reader.u8("a length")? {
            length @ 0x80.. => Ok(usize::from(length)),
            _ => Err(UiccError::Length("form of a length")),
        },
        _ => Err(UiccError::Length("form of a length")),
    }
}

fn tlv(out: &mut Vec<u8>, tag: u8, value: &[u8]) -> Result<(), UiccError> {
    let length = u8::try_from(value.len()).map_err(|_| UiccError::TooLong)?;
    out.push(tag);
    if length > 0x7f {
        out.push(0x81);
    }
    out.push(length);
    out.extend(value);
    Ok(())
}
