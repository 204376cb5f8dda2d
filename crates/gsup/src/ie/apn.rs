//! Access point names (TS 23.003 clause 9.1): labels, each with its length
//! before it.

use std::fmt;
use std::str::FromStr;

use super::ACCESS_POINT_NAME;
use crate::GsupError;
use crate::octets::{Element, Reader, Writer};

/// The most characters in a label (RFC 1035 clause 2.3.4).
const LABEL_MAX: usize = 63;

/// An access point name in its dotted form, for example `internet` or
/// `iot.mnc001.mcc001.gprs`. `*` is the wildcard (TS 23.003 clause 9.2.1),
/// which OsmoHLR grants unless told otherwise.
///
/// 1 to 100 octets encoded, labels of 1 to 63 printable characters other than
/// space and dot. Wider than TS 23.003, because operators use underscores.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Apn(String);

impl Apn {
    /// The most octets when encoded.
    pub const MAX: usize = 100;

    /// The dotted form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn decode(element: Element<'_>) -> Result<Self, GsupError> {
        if !(1..=Self::MAX).contains(&element.value.len()) {
            return Err(element.wrong_length());
        }
        let mut reader = Reader::new(element.value);
        let mut dotted = String::with_capacity(element.value.len());
        while !reader.is_empty() {
            let length = reader.u8("an APN label")?;
            let label = reader.take(usize::from(length), "an APN label")?;
            let label = std::str::from_utf8(label).map_err(|_| GsupError::MalformedApn)?;
            check_label(label)?;
            if !dotted.is_empty() {
                dotted.push('.');
            }
            dotted.push_str(label);
        }
        Ok(Self(dotted))
    }

    pub(crate) fn encode(&self, writer: &mut Writer) -> Result<(), GsupError> {
        writer.nested(ACCESS_POINT_NAME, |value| {
            for label in self.0.split('.') {
                value.u8(u8::try_from(label.len()).map_err(|_| GsupError::MalformedApn)?);
                value.octets(label.as_bytes());
            }
            Ok(())
        })
    }
}

impl FromStr for Apn {
    type Err = GsupError;

    fn from_str(dotted: &str) -> Result<Self, GsupError> {
        // Encoded, the dots become lengths and one more comes in front.
        if dotted.len() >= Self::MAX {
            return Err(GsupError::MalformedApn);
        }
        dotted.split('.').try_for_each(check_label)?;
        Ok(Self(dotted.to_owned()))
    }
}

impl fmt::Display for Apn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check_label(label: &str) -> Result<(), GsupError> {
    let fits = (1..=LABEL_MAX).contains(&label.len())
        && label
            .bytes()
            .all(|octet| octet.is_ascii_graphic() && octet != b'.');
    if fits {
        Ok(())
    } else {
        Err(GsupError::MalformedApn)
    }
}
