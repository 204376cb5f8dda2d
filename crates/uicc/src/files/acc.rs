//! EF_ACC (TS 31.102 clause 4.2.15): access control classes 0 to 9 and 11 to 15, two
//! octets. The bit between 9 and 11 is 0 (class 10, emergency calls, is no card's): where
//! a card has it set, it is not looked at.

use super::words::{Fault, Words, fault};

/// The bit of class 10.
const RESERVED: u16 = 1 << 10;

/// A set of classes: class 0 is the lowest bit. That of class 10 means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acc(pub u16);

impl Acc {
    /// The classes, the lowest first.
    pub fn classes(self) -> impl Iterator<Item = u8> {
        (0..16).filter(move |class| (self.0 & !RESERVED) >> class & 1 == 1)
    }

    pub(super) fn encode(self) -> Vec<u8> {
        (self.0 & !RESERVED).to_be_bytes().to_vec()
    }

    pub(super) fn decode(octets: &[u8]) -> Result<Self, &'static str> {
        let octets = octets.try_into().map_err(|_| "it has 2 octets")?;
        Ok(Self(u16::from_be_bytes(octets) & !RESERVED))
    }

    pub(super) fn from_words(words: &mut Words<'_>) -> Result<Self, Fault> {
        const ALLOWED: &str = "classes 0 to 9 and 11 to 15, each once, or none";
        let mut word = words.want(ALLOWED)?;
        if word == "none" {
            return Ok(Self(0));
        }
        let mut classes = 0;
        loop {
            let is_number = word.bytes().all(|digit| digit.is_ascii_digit());
            let class = word
                .parse()
                .ok()
                .filter(|class: &u8| *class < 16 && *class != 10 && is_number);
            let bit = 1 << class.ok_or_else(|| fault(word, ALLOWED))?;
            if classes & bit != 0 {
                return Err(fault(word, ALLOWED));
            }
            classes |= bit;
            match words.next() {
                Some(next) => word = next,
                None => return Ok(Self(classes)),
            }
        }
    }

    pub(super) fn to_words(self) -> Vec<String> {
        match self.0 & !RESERVED {
            0 => vec!["none".to_owned()],
            _ => self.classes().map(|class| class.to_string()).collect(),
        }
    }
}
