//! Content-Type (WAP-230-WSP clause 8.4.2.24): the media type, and what proves a
//! provisioning document (OMA-WAP-TS-ProvBoot-V1_1).

use super::code::{self, Value};
use crate::UiccError;

/// The code of Q, whose value is like no other's (annex A).
const Q: u16 = 0x00;
const SEC: u16 = 0x11;
const MAC: u16 = 0x12;

/// A media type with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// What it is.
    pub media: Media,
    /// Who knows the key of `mac`.
    pub security: Option<Security>,
    /// HMAC-SHA1 over the body.
    pub mac: Option<[u8; 20]>,
}

/// A media type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Media {
    /// A number that is assigned.
    Number(u16),
    /// Its name, in ASCII.
    Name(String),
}

impl Media {
    /// application/vnd.wap.connectivity-wbxml: a provisioning document.
    pub const PROVISIONING: Self = Self::Number(0x36);
    /// application/vnd.syncml.dm+wbxml.
    pub const SYNCML_DM_WBXML: Self = Self::Number(0x42);
    /// application/vnd.syncml.dm+xml.
    pub const SYNCML_DM_XML: Self = Self::Number(0x43);
    /// application/vnd.syncml.notification.
    pub const NOTIFICATION: Self = Self::Number(0x44);
}

/// Whose secret a MAC is made with (SEC).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// 0: one that network and device share.
    NetworkPin,
    /// 1: a PIN that the user enters.
    UserPin,
    /// 2: both.
    UserNetworkPin,
    /// 3: a PIN and a MAC that the user enters.
    UserPinMac,
}

impl Security {
    const ALL: [Self; 4] = [
        Self::NetworkPin,
        Self::UserPin,
        Self::UserNetworkPin,
        Self::UserPinMac,
    ];

    fn from_number(number: u16) -> Result<Self, UiccError> {
        let found = Self::ALL.get(usize::from(number)).copied();
        found.ok_or(UiccError::Reserved("SEC"))
    }

    const fn number(self) -> u16 {
        match self {
            Self::NetworkPin => 0,
            Self::UserPin => 1,
            Self::UserNetworkPin => 2,
            Self::UserPinMac => 3,
        }
    }
}

impl From<Media> for Content {
    /// Without parameters.
    fn from(media: Media) -> Self {
        Self {
            media,
            security: None,
            mac: None,
        }
    }
}

impl Content {
    pub(super) fn read(octets: &mut &[u8]) -> Result<Self, UiccError> {
        let (media, mut rest) = match Value::read(octets)? {
            Value::Octets(mut inner) => (Value::read(&mut inner)?, inner),
            alone => (alone, &[][..]),
        };
        let media = match media {
            name @ Value::Text(_) => Media::Name(name.text()?),
            number => Media::Number(number.number()?),
        };
        let mut content = Self::from(media);
        while !rest.is_empty() {
            content.read_parameter(&mut rest)?;
        }
        Ok(content)
    }

    fn read_parameter(&mut self, rest: &mut &[u8]) -> Result<(), UiccError> {
        let known = match Value::read(rest)? {
            Value::Text(_) => None,
            number => Some(number.number()?),
        };
        match known {
            Some(Q) => {
                code::number(rest)?;
            }
            Some(SEC) => {
                let number = Value::read(rest)?.number()?;
                let twice = self.security.replace(Security::from_number(number)?);
                once(twice.is_none())?;
            }
            Some(MAC) => {
                let mac = from_hex(&Value::read(rest)?.text()?)?;
                once(self.mac.replace(mac).is_none())?;
            }
            _ => {
                Value::read(rest)?;
            }
        }
        Ok(())
    }

    /// One octet or the name alone, if they will do.
    pub(super) fn encode(&self) -> Result<Vec<u8>, UiccError> {
        let mut inner = Vec::new();
        match &self.media {
            Media::Number(number) => code::put_integer(&mut inner, *number),
            Media::Name(name) => code::put_text(&mut inner, name)?,
        }
        let is_bare = self.security.is_none() && self.mac.is_none();
        if is_bare && !matches!(self.media, Media::Number(128..)) {
            return Ok(inner);
        }
        if let Some(security) = self.security {
            code::put_integer(&mut inner, SEC);
            code::put_integer(&mut inner, security.number());
        }
        if let Some(mac) = &self.mac {
            code::put_integer(&mut inner, MAC);
            code::put_text(&mut inner, &to_hex(mac))?;
        }
        let mut out = Vec::new();
        code::put_octets(&mut out, &inner)?;
        Ok(out)
    }
}

/// A second SEC or MAC could make two readers believe two things.
const fn once(is_first: bool) -> Result<(), UiccError> {
    match is_first {
        true => Ok(()),
        false => Err(UiccError::Reserved("a parameter that comes twice")),
    }
}

/// In upper case, as provisioning documents have it.
fn to_hex(mac: &[u8; 20]) -> String {
    let digits = mac.iter().flat_map(|octet| [octet >> 4, octet & 15]);
    digits
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .map(|digit| digit.to_ascii_uppercase())
        .collect()
}

/// Of either case.
fn from_hex(text: &str) -> Result<[u8; 20], UiccError> {
    let wrong = UiccError::Reserved("MAC");
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits.ok_or(wrong.clone())?;
    let octets = digits.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(high << 4 | low).map_err(|_| wrong.clone()),
        _ => Err(wrong.clone()),
    });
    let octets: Vec<u8> = octets.collect::<Result<_, _>>()?;
    octets.try_into().map_err(|_| wrong.clone())
}
