//! EF_SPN (TS 31.102 clause 4.2.12): the display condition and the name, 17 octets.

use super::text;
use super::words::{Fault, Words, fault, quoted, unquoted};

/// Octets of the name.
const NAME: usize = 16;
const SHOW_PLMN: u8 = 1;
const HIDE_ABROAD: u8 = 2;

/// The service provider's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spn {
    name: String,
    /// In the home network and those of EF_SPDI, the network's name is shown too.
    pub show_plmn: bool,
    /// In other networks the provider's name is not shown.
    pub hide_abroad: bool,
}

impl Spn {
    /// A name with its display condition; none if the name has no coding in 16 octets.
    #[must_use]
    pub fn new(name: &str, show_plmn: bool, hide_abroad: bool) -> Option<Self> {
        text::encode(name, NAME).map(|_| Self {
            name: name.to_owned(),
            show_plmn,
            hide_abroad,
        })
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut octets = vec![0];
        for (is_set, bit) in [(self.show_plmn, SHOW_PLMN), (self.hide_abroad, HIDE_ABROAD)] {
            if is_set {
                octets.iter_mut().for_each(|condition| *condition |= bit);
            }
        }
        octets.extend(text::encode(&self.name, NAME).unwrap_or_else(|| vec![0xff; NAME]));
        octets
    }

    pub(super) fn decode(octets: &[u8]) -> Result<Self, &'static str> {
        let (condition, name) = octets.split_first().ok_or("it has 17 octets")?;
        if name.len() != NAME {
            return Err("it has 17 octets");
        }
        if octets.iter().all(|octet| *octet == 0xff) {
            return Err("it is not set");
        }
        Ok(Self {
            name: text::decode(name)?,
            show_plmn: condition & SHOW_PLMN != 0,
            hide_abroad: condition & HIDE_ABROAD != 0,
        })
    }

    pub(super) fn from_words(words: &mut Words<'_>) -> Result<Self, Fault> {
        const ALLOWED: &str =
            "a name in double quotes, then `show-plmn` and `hide-abroad`, or neither";
        const ROOM: &str = "a name of up to 16 octets: 16 characters of the default alphabet, or of UCS2 7, and \
             up to 13 that are near each other";
        let word = words.want(ALLOWED)?;
        let name = unquoted(word)?;
        let mut spn = Self::new(&name, false, false).ok_or_else(|| fault(word, ROOM))?;
        while let Some(word) = words.next() {
            let flag = match word {
                "show-plmn" => &mut spn.show_plmn,
                "hide-abroad" => &mut spn.hide_abroad,
                _ => return Err(fault(word, ALLOWED)),
            };
            if *flag {
                return Err(fault(word, ALLOWED));
            }
            *flag = true;
        }
        Ok(spn)
    }

    pub(super) fn to_words(&self) -> Vec<String> {
        let mut words = vec![quoted(&self.name)];
        for (is_set, word) in [
            (self.show_plmn, "show-plmn"),
            (self.hide_abroad, "hide-abroad"),
        ] {
            if is_set {
                words.push(word.to_owned());
            }
        }
        words
    }
}
