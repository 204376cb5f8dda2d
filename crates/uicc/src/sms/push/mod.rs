//! WAP Push without a connection (WAP-230-WSP clauses 8.2.1 and 8.2.4.1): how
//! provisioning documents and notifications come by short messages, to a device's port
//! [`PORT`].
//!
//! What is written has one form; of what is read, headers and parameters that are not
//! known here are passed over.

mod code;
mod content;
mod headers;

pub use content::{Content, Media, Security};

use super::split::split;
use super::{Ports, Reference, UserData};
use crate::UiccError;

/// Where pushes without security go (WAP-259-WDP).
pub const PORT: u16 = 2948;
/// Where they come from.
pub const SESSION_PORT: u16 = 9200;

impl Ports {
    /// Of a push to a device.
    pub const PUSH: Self = Self {
        destination: PORT,
        originator: SESSION_PORT,
    };

    /// A datagram's octets in as few messages as they need, with the ports in each of
    /// them (WAP-259-WDP).
    ///
    /// # Errors
    /// [`UiccError::TooLong`] for more than 255 parts.
    pub fn datagram(self, octets: &[u8], reference: Reference) -> Result<Vec<UserData>, UiccError> {
        split(octets, reference, |place| {
            let part = place.map(|part| part.element());
            [self.element()].into_iter().chain(part).collect()
        })
    }
}

/// A Push PDU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// Tells pushes apart.
    pub transaction: u8,
    /// What it carries.
    pub content: Content,
    /// For which of the device's applications.
    pub application: Option<Application>,
    /// What it carries, as its media type has it.
    pub body: Vec<u8>,
}

/// X-Wap-Application-Id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Application {
    /// A number that is assigned.
    Number(u16),
    /// A name, in ASCII.
    Name(String),
}

impl Application {
    /// The device management user agent (OMA-TS-DM_Notification-V1_2 clause 7.1).
    pub const DEVICE_MANAGEMENT: Self = Self::Number(7);
}

/// The type of the PDU (WAP-230-WSP annex A).
const PUSH: u8 = 0x06;

impl Push {
    /// The PDU.
    ///
    /// # Errors
    /// [`UiccError::Reserved`] for a name that is no text.
    pub fn encode(&self) -> Result<Vec<u8>, UiccError> {
        let mut headers = self.content.encode()?;
        if let Some(application) = &self.application {
            headers.extend(headers::application(application)?);
        }
        let length = u32::try_from(headers.len()).map_err(|_| UiccError::TooLong)?;
        let mut pdu = vec![self.transaction, PUSH];
        code::put_number(&mut pdu, length);
        pdu.extend(headers);
        pdu.extend(&self.body);
        Ok(pdu)
    }

    /// Reads a PDU.
    ///
    /// # Errors
    /// [`UiccError::Truncated`]; [`UiccError::Reserved`] for another PDU, for values that
    /// can't be, and for SEC, MAC or an application that comes twice.
    pub fn parse(octets: &[u8]) -> Result<Self, UiccError> {
        let &[transaction, kind, ref rest @ ..] = octets else {
            return Err(UiccError::Truncated("the push"));
        };
        if kind != PUSH {
            return Err(UiccError::Reserved("the type of the PDU"));
        }
        let mut rest = rest;
        let length = code::number(&mut rest)?;
        let mut headers = code::take(&mut rest, length)?;
        Ok(Self {
            transaction,
            content: Content::read(&mut headers)?,
            application: headers::find_application(headers)?,
            body: rest.to_vec(),
        })
    }
}
