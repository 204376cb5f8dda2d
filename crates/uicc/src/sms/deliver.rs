//! SMS-DELIVER (TS 23.040 clause 9.2.2.1): from the service centre to the device.

use super::reader::Reader;
use super::{Address, DCS_CARD, PID_DOWNLOAD, USER_DATA, UserData};
use crate::UiccError;

/// A service centre's time stamp, as it is sent: seven octets of semi-octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp(pub [u8; 7]);

/// A message for a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deliver {
    /// Whether the service centre has more for the device (TP-MMS).
    pub has_more: bool,
    /// Whether it was forwarded or made to prevent loops (TP-LP).
    pub loop_prevention: bool,
    /// Whether the sender wants a status report (TP-SRI).
    pub status_report: bool,
    /// TP-RP.
    pub reply_path: bool,
    /// From whom.
    pub originator: Address,
    /// TP-PID.
    pub protocol: u8,
    /// TP-DCS.
    pub coding: u8,
    /// TP-SCTS.
    pub timestamp: Timestamp,
    /// What it carries.
    pub user_data: UserData,
}

impl Deliver {
    /// A message for the card: data download, 8-bit data, class 2.
    #[must_use]
    pub const fn to_card(originator: Address, timestamp: Timestamp, user_data: UserData) -> Self {
        Self {
            has_more: false,
            loop_prevention: false,
            status_report: false,
            reply_path: false,
            originator,
            protocol: PID_DOWNLOAD,
            coding: DCS_CARD,
            timestamp,
            user_data,
        }
    }

    /// Reads a TPDU.
    ///
    /// # Errors
    /// [`UiccError::Truncated`], [`UiccError::Length`], [`UiccError::Reserved`].
    pub fn parse(octets: &[u8]) -> Result<Self, UiccError> {
        let mut reader = Reader::new(octets);
        let first = reader.u8("the first octet")?;
        if first & 3 != 0 {
            return Err(UiccError::Reserved("TP-MTI"));
        }
        let originator = Address::read(&mut reader)?;
        let protocol = reader.u8("TP-PID")?;
        let coding = reader.u8("TP-DCS")?;
        let timestamp = Timestamp(reader.array("TP-SCTS")?);
        let user_data = UserData::read(&mut reader, first & 0x40 != 0, coding, USER_DATA)?;
        reader.end("TP-UDL")?;
        Ok(Self {
            // The bit says that there is nothing more.
            has_more: first & 4 == 0,
            loop_prevention: first & 8 != 0,
            status_report: first & 0x20 != 0,
            reply_path: first & 0x80 != 0,
            originator,
            protocol,
            coding,
            timestamp,
            user_data,
        })
    }

    /// The TPDU.
    ///
    /// # Errors
    /// [`UiccError::TooLong`] for more than 140 octets of user data.
    pub fn encode(&self) -> Result<Vec<u8>, UiccError> {
        let first = [
            (!self.has_more, 4),
            (self.loop_prevention, 8),
            (self.status_report, 0x20),
            (!self.user_data.elements.is_empty(), 0x40),
            (self.reply_path, 0x80),
        ];
        let mut out = vec![bits(&first)];
        self.originator.write(&mut out);
        out.extend([self.protocol, self.coding]);
        out.extend(self.timestamp.0);
        self.user_data.write(&mut out, USER_DATA)?;
        Ok(out)
    }
}

pub(super) fn bits(flags: &[(bool, u8)]) -> u8 {
    let set = flags.iter().filter(|(is_set, _)| *is_set);
    set.fold(0, |octet, (_, bit)| octet | bit)
}
