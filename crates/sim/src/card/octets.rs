//! Octets in a card's state, which are hexadecimal digits in its file.

use data_encoding::HEXLOWER_PERMISSIVE;
use secret::{Secret, SecretBytes};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

fn digits(octets: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(octets)
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()
}

/// Octets.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Octets(pub Vec<u8>);

impl Serialize for Octets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&digits(&self.0))
    }
}

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let octets = decoded(&text).ok_or_else(|| D::Error::custom("no hexadecimal digits"))?;
        Ok(Self(octets))
    }
}

impl From<Vec<u8>> for Octets {
    fn from(octets: Vec<u8>) -> Self {
        Self(octets)
    }
}

/// Octets that are not to be seen: a key or a PIN. They are in the card's file, and
/// nothing else shows them.
#[derive(Clone)]
pub struct Hidden(SecretBytes);

impl Hidden {
    /// Takes the octets.
    #[must_use]
    pub fn new(octets: Vec<u8>) -> Self {
        Self(Secret::new(octets))
    }

    /// The octets.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }
}

impl PartialEq for Hidden {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0)
    }
}

impl Serialize for Hidden {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(digits(self.expose())))
    }
}

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        // The error has nothing of the text.
        let octets = decoded(&text).ok_or_else(|| D::Error::custom("no hexadecimal digits"))?;
        Ok(Self::new(octets))
    }
}
