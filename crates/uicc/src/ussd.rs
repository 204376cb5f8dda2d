//! Strings of USSD in application mode (3GPP TS 31.115 clause 6 and annex A): an octet
//! that says what follows, then the packet of [`crate::packet::Framing::Ussd`].

use crate::UiccError;

/// The data coding scheme of such a string: 8-bit data (clause 6, TS 23.038).
pub const CODING: u8 = 0x96;
/// The most octets of a string (clause 6).
const MOST: usize = 160;

/// PFI (annex A): whose format it is, and whether it is one of several messages.
const FORMAT: u8 = 0x03;
const SECURED: u8 = 0x01;
const SEVERAL: u8 = 0x04;

/// A packet in one string.
///
/// # Errors
/// [`UiccError::Unsupported`] for a packet of more than 159 octets, which needs
/// several.
pub fn string_of(packet: &[u8]) -> Result<Vec<u8>, UiccError> {
    match packet.len() < MOST {
        true => Ok([&[SECURED], packet].concat()),
        false => Err(UiccError::Unsupported("a packet of several USSD strings")),
    }
}

/// The packet in a string.
///
/// # Errors
/// [`UiccError::Truncated`], [`UiccError::Length`] for one longer than USSD has,
/// [`UiccError::Reserved`]; [`UiccError::Unsupported`] for one of several strings, and
/// for data in a format of somebody's own.
pub fn packet_of(string: &[u8]) -> Result<&[u8], UiccError> {
    let what = "the USSD string";
    let (format, packet) = string.split_first().ok_or(UiccError::Truncated(what))?;
    if string.len() > MOST {
        return Err(UiccError::Length("length of the USSD string"));
    }
    match (format & FORMAT, format & !FORMAT) {
        (SECURED, 0) => Ok(packet),
        (SECURED, SEVERAL) => Err(UiccError::Unsupported("a packet of several USSD strings")),
        (0, _) => Err(UiccError::Unsupported("a USSD string of another format")),
        _ => Err(UiccError::Reserved("the format of the USSD string")),
    }
}
