//! SMS-SUBMIT (TS 23.040 clause 9.2.2.2): from the device to the service centre.

use super::deliver::bits;
use super::reader::Reader;
use super::{Address, USER_DATA, UserData};
use crate::UiccError;

const SUBMIT: u8 = 1;

/// How long the service centre keeps a message (TP-VP, clause 9.2.3.12), as it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// As long as the service centre likes.
    NotSaid,
    /// An octet that stands for a time.
    Relative(u8),
    /// Seven octets of their own kind.
    Enhanced([u8; 7]),
    /// A time stamp.
    Absolute([u8; 7]),
}

/// A message from a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submit {
    /// TP-RD.
    pub reject_duplicates: bool,
    /// TP-SRR.
    pub status_report: bool,
    /// TP-RP.
    pub reply_path: bool,
    /// TP-MR.
    pub reference: u8,
    /// To whom.
    pub destination: Address,
    /// TP-PID.
    pub protocol: u8,
    /// TP-DCS.
    pub coding: u8,
    /// TP-VP.
    pub validity: Validity,
    /// What it carries.
    pub user_data: UserData,
}

impl Submit {
    /// Reads a TPDU.
    ///
    /// # Errors
    /// [`UiccError::Truncated`], [`UiccError::Length`], [`UiccError::Reserved`].
    pub fn parse(octets: &[u8]) -> Result<Self, UiccError> {
        let mut reader = Reader::new(octets);
        let first = reader.u8("the first octet")?;
        if first & 3 != SUBMIT {
            return Err(UiccError::Reserved("TP-MTI"));
        }
        let reference = reader.u8("TP-MR")?;
        let destination = Address::read(&mut reader)?;
        let protocol = reader.u8("TP-PID")?;
        let coding = reader.u8("TP-DCS")?;
        let validity = match first >> 3 & 3 {
            0 => Validity::NotSaid,
            2 => Validity::Relative(reader.u8("TP-VP")?),
            1 => Validity::Enhanced(reader.array("TP-VP")?),
            _ => Validity::Absolute(reader.array("TP-VP")?),
        };
        let user_data = UserData::read(&mut reader, first & 0x40 != 0, coding, USER_DATA)?;
        reader.end("TP-UDL")?;
        Ok(Self {
            reject_duplicates: first & 4 != 0,
            status_report: first & 0x20 != 0,
            reply_path: first & 0x80 != 0,
            reference,
            destination,
            protocol,
            coding,
            validity,
            user_data,
        })
    }

    /// The TPDU.
    ///
    /// # Errors
    /// [`UiccError::TooLong`] for more than 140 octets of user data.
    pub fn encode(&self) -> Result<Vec<u8>, UiccError> {
        let (format, validity): (u8, &[u8]) = match &self.validity {
            Validity::NotSaid => (0, &[]),
            Validity::Relative(octet) => (0x10, std::slice::from_ref(octet)),
            Validity::Enhanced(octets) => (0x08, octets),
            Validity::Absolute(octets) => (0x18, octets),
        };
        let flags = [
            (self.reject_duplicates, 4),
            (self.status_report, 0x20),
            (!self.user_data.elements.is_empty(), 0x40),
            (self.reply_path, 0x80),
        ];
        let mut out = vec![SUBMIT | format | bits(&flags), self.reference];
        self.destination.write(&mut out);
        out.extend([self.protocol, self.coding]);
        out.extend(validity);
        self.user_data.write(&mut out, USER_DATA)?;
        Ok(out)
    }
}
