//! SMS-DELIVER-REPORT (TS 23.040 clause 9.2.2.1a): what a device answers to an
//! SMS-DELIVER, with a proof of receipt as its user data (TS 31.115 clause 4.4).

use super::UserData;
use super::reader::Reader;
use crate::UiccError;

/// An answer to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliverReport {
    /// Why it was not taken (TP-FCS); it was taken without one.
    pub failure: Option<u8>,
    /// TP-PID.
    pub protocol: Option<u8>,
    /// TP-DCS, and what comes with it.
    pub user_data: Option<(u8, UserData)>,
}

/// TP-PI (clause 9.2.3.27): what is there, reserved bits, and that another octet follows.
const PROTOCOL: u8 = 1;
const CODING: u8 = 2;
const USER_DATA: u8 = 4;
const RESERVED: u8 = 0x78;
const EXTENSION: u8 = 0x80;

/// Octets of user data that there are in RP-ACK and RP-ERROR.
const fn most(is_error: bool) -> usize {
    if is_error { 158 } else { 159 }
}

impl DeliverReport {
    /// Reads a TPDU. Whether it is an error is what the layer below says (RP-ACK or
    /// RP-ERROR): `is_error`.
    ///
    /// Reserved bits of TP-PI are ignored, as its clause has it, further octets of TP-PI
    /// are passed over, and with either whatever stands behind the user data.
    ///
    /// # Errors
    /// [`UiccError::Truncated`], [`UiccError::Length`], [`UiccError::Reserved`].
    pub fn parse(octets: &[u8], is_error: bool) -> Result<Self, UiccError> {
        let mut reader = Reader::new(octets);
        let first = reader.u8("the first octet")?;
        if first & 3 != 0 {
            return Err(UiccError::Reserved("TP-MTI"));
        }
        let failure = match is_error {
            true => Some(reader.u8("TP-FCS")?),
            false => None,
        };
        let present = reader.u8("TP-PI")?;
        let has_more = present & (RESERVED | EXTENSION) != 0;
        let mut last = present;
        while last & EXTENSION != 0 {
            last = reader.u8("TP-PI")?;
        }
        let protocol = match present & PROTOCOL {
            0 => None,
            _ => Some(reader.u8("TP-PID")?),
        };
        let coding = match present & CODING {
            0 => None,
            _ => Some(reader.u8("TP-DCS")?),
        };
        let user_data = match present & USER_DATA {
            0 => None,
            _ => {
                let coding = coding.unwrap_or(0);
                let has_header = first & 0x40 != 0;
                let read = UserData::read(&mut reader, has_header, coding, most(is_error))?;
                Some((coding, read))
            }
        };
        if !has_more {
            reader.end("TP-UDL")?;
        }
        Ok(Self {
            failure,
            protocol,
            user_data,
        })
    }

    /// The TPDU.
    ///
    /// # Errors
    /// [`UiccError::TooLong`] for more than 159 octets of user data, with a cause 158.
    pub fn encode(&self) -> Result<Vec<u8>, UiccError> {
        let has_header = self
            .user_data
            .as_ref()
            .is_some_and(|(_, user_data)| !user_data.elements.is_empty());
        let mut out = vec![if has_header { 0x40 } else { 0 }];
        out.extend(self.failure);
        let mut present = 0;
        if self.protocol.is_some() {
            present |= PROTOCOL;
        }
        if self.user_data.is_some() {
            present |= CODING | USER_DATA;
        }
        out.push(present);
        out.extend(self.protocol);
        if let Some((coding, user_data)) = &self.user_data {
            out.push(*coding);
            user_data.write(&mut out, most(self.failure.is_some()))?;
        }
        Ok(out)
    }
}
