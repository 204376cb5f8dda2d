//! A record of EF_SMSP (TS 31.102 clause 4.2.27): a name of the record's length less 28
//! octets, an octet that says which parameters are there, and the parameters.

use std::fmt;
use std::str::FromStr;

use super::number::{Counted, FIELD, Number};
use super::text;
use super::words::{Fault, Words, fault, pad, quoted, unquoted};

/// Octets behind the name.
const PARAMETERS: usize = 28;
/// Octets of a record at most.
const MOST: usize = 255;

/// Bits of the indicators; a parameter that is there has its bit clear.
const DESTINATION: u8 = 1;
const CENTRE: u8 = 2;
const PID: u8 = 4;
const DCS: u8 = 8;
const VALIDITY: u8 = 16;

/// Parameters of short messages; none of those that the record does not set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smsp {
    name: String,
    length: usize,
    /// TP-DA.
    pub destination: Option<Number>,
    /// The service centre's address.
    pub centre: Option<Number>,
    /// TP-PID.
    pub pid: Option<u8>,
    /// TP-DCS.
    pub dcs: Option<u8>,
    /// TP-VP, relative.
    pub validity: Option<ValidityPeriod>,
}

impl Smsp {
    /// A record without parameters: a name, and the record's length in octets, or as
    /// many as it needs. None if the name has no coding in so many octets, or the record
    /// were longer than 255.
    #[must_use]
    pub fn new(name: &str, length: Option<usize>) -> Option<Self> {
        let needed = PARAMETERS + text::length(name)?;
        let length = length.unwrap_or(needed);
        (needed..=MOST).contains(&length).then(|| Self {
            name: name.to_owned(),
            length,
            destination: None,
            centre: None,
            pid: None,
            dcs: None,
            validity: None,
        })
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Octets of the record.
    #[must_use]
    pub const fn length(&self) -> usize {
        self.length
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let room = self.length.saturating_sub(PARAMETERS);
        let mut octets = text::encode(&self.name, room).unwrap_or_else(|| vec![0xff; room]);
        let absent = [
            (self.destination.is_none(), DESTINATION),
            (self.centre.is_none(), CENTRE),
            (self.pid.is_none(), PID),
            (self.dcs.is_none(), DCS),
            (self.validity.is_none(), VALIDITY),
        ];
        let absent = absent.iter().filter(|(is_absent, _)| *is_absent);
        octets.push(absent.fold(0xe0, |all, (_, bit)| all | bit));
        octets.extend(Number::encode(self.destination.as_ref(), Counted::Digits));
        octets.extend(Number::encode(self.centre.as_ref(), Counted::Octets));
        let validity = self.validity.map(ValidityPeriod::to_octet);
        octets.extend([self.pid, self.dcs, validity].map(|octet| octet.unwrap_or(0xff)));
        octets
    }

    pub(super) fn decode(octets: &[u8]) -> Result<Self, &'static str> {
        const SHORT: &str = "a record has 28 to 255 octets";
        let room = octets.len().checked_sub(PARAMETERS).ok_or(SHORT)?;
        let (name, parameters) = octets.split_at_checked(room).ok_or(SHORT)?;
        let (indicators, rest) = parameters.split_first().ok_or(SHORT)?;
        let (destination, rest) = rest.split_first_chunk::<FIELD>().ok_or(SHORT)?;
        let (centre, rest) = rest.split_first_chunk::<FIELD>().ok_or(SHORT)?;
        let [pid, dcs, validity] = rest.try_into().map_err(|_| SHORT)?;
        if octets.len() > MOST {
            return Err(SHORT);
        }
        let is_there = |bit| indicators & bit == 0;
        let number = |bit, field, counted| match is_there(bit) {
            true => Number::decode(field, counted),
            false => Ok(None),
        };
        Ok(Self {
            name: text::decode(name)?,
            length: octets.len(),
            destination: number(DESTINATION, *destination, Counted::Digits)?,
            centre: number(CENTRE, *centre, Counted::Octets)?,
            pid: is_there(PID).then_some(pid),
            dcs: is_there(DCS).then_some(dcs),
            validity: is_there(VALIDITY).then(|| ValidityPeriod::from_octet(validity)),
        })
    }

    pub(super) fn from_words(words: &mut Words<'_>) -> Result<Self, Fault> {
        const ALLOWED: &str = "a name in double quotes (or \"\"), then, each at most once, `da NUMBER`, `sc NUMBER`, \
             `pid HH`, `dcs HH`, `vp` and a time (5m, 12h, 2d, 5w), `pad` and the record's length";
        const LENGTH: &str = "a record's length with room for the name and 28 octets, at most 255";
        const NAME: &str =
            "a name whose characters are in UCS2, for a record of at most 255 octets";
        let word = words.want(ALLOWED)?;
        let mut smsp = Self::new(&unquoted(word)?, None).ok_or_else(|| fault(word, NAME))?;
        while let Some(key) = words.next() {
            let is_twice = match key {
                "da" => smsp.destination.replace(number(words)?).is_some(),
                "sc" => smsp.centre.replace(number(words)?).is_some(),
                "pid" => smsp.pid.replace(octet(words)?).is_some(),
                "dcs" => smsp.dcs.replace(octet(words)?).is_some(),
                "vp" => {
                    let word = words.want(ValidityPeriod::ALLOWED)?;
                    let period = word
                        .parse()
                        .map_err(|NotAPeriod| fault(word, ValidityPeriod::ALLOWED))?;
                    smsp.validity.replace(period).is_some()
                }
                "pad" => {
                    let length = pad(words)?;
                    if !(smsp.length..=MOST).contains(&length) {
                        return Err(fault(&length.to_string(), LENGTH));
                    }
                    smsp.length = length;
                    words.end()?;
                    false
                }
                _ => true,
            };
            if is_twice {
                return Err(fault(key, ALLOWED));
            }
        }
        Ok(smsp)
    }

    pub(super) fn to_words(&self) -> Vec<String> {
        let mut words = vec![quoted(&self.name)];
        let parameters = [
            ("da", self.destination.as_ref().map(Number::to_string)),
            ("sc", self.centre.as_ref().map(Number::to_string)),
            ("pid", self.pid.map(|pid| format!("{pid:02x}"))),
            ("dcs", self.dcs.map(|dcs| format!("{dcs:02x}"))),
            ("vp", self.validity.map(|period| period.to_string())),
        ];
        for (key, value) in parameters {
            words.extend(value.into_iter().flat_map(|value| [key.to_owned(), value]));
        }
        let needed = text::length(&self.name).map(|name| name + PARAMETERS);
        if needed != Some(self.length) {
            words.extend(["pad".to_owned(), self.length.to_string()]);
        }
        words
    }
}

fn number(words: &mut Words<'_>) -> Result<Number, Fault> {
    let word = words.want(Number::ALLOWED)?;
    Number::new(word).ok_or_else(|| fault(word, Number::ALLOWED))
}

fn octet(words: &mut Words<'_>) -> Result<u8, Fault> {
    const ALLOWED: &str = "an octet as two hex digits";
    let word = words.want(ALLOWED)?;
    let is_hex = word.len() == 2 && word.bytes().all(|digit| digit.is_ascii_hexdigit());
    let octet = u8::from_str_radix(word, 16).ok().filter(|_| is_hex);
    octet.ok_or_else(|| fault(word, ALLOWED))
}

/// A relative validity period (TS 23.040 clause 9.2.3.12.1): steps of 5 minutes to 12
/// hours, of 30 minutes to 24 hours, of a day to 30 days, of a week to 63 weeks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValidityPeriod(u8);

/// The text is no period that has a coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAPeriod;

const HOUR: u32 = 60;
const DAY: u32 = 24 * HOUR;
const WEEK: u32 = 7 * DAY;

impl ValidityPeriod {
    const ALLOWED: &str = "a time with its unit: 5m to 12h in steps of 5m, to 24h in steps of 30m, 1d to 30d, 5w \
         to 63w";

    /// From its octet: every value has a meaning.
    #[must_use]
    pub const fn from_octet(octet: u8) -> Self {
        Self(octet)
    }

    /// Its octet.
    #[must_use]
    pub const fn to_octet(self) -> u8 {
        self.0
    }

    /// How long, in minutes.
    #[must_use]
    pub fn minutes(self) -> u32 {
        let octet = u32::from(self.0);
        match octet {
            0..=143 => (octet + 1) * 5,
            144..=167 => 12 * HOUR + (octet - 143) * 30,
            168..=196 => (octet - 166) * DAY,
            _ => (octet - 192) * WEEK,
        }
    }

    /// The period of so many minutes, if it has a coding.
    #[must_use]
    pub fn of_minutes(minutes: u32) -> Option<Self> {
        let mut all = (0..=u8::MAX).map(Self);
        all.find(|period| period.minutes() == minutes)
    }
}

impl FromStr for ValidityPeriod {
    type Err = NotAPeriod;

    fn from_str(text: &str) -> Result<Self, NotAPeriod> {
        let units = [('m', 1), ('h', HOUR), ('d', DAY), ('w', WEEK)];
        let mut parts = units.into_iter().filter_map(|(unit, minutes)| {
            let count = text.strip_suffix(unit)?;
            let is_number = count.bytes().all(|digit| digit.is_ascii_digit());
            let count: u32 = count.parse().ok().filter(|_| is_number)?;
            Self::of_minutes(count.checked_mul(minutes)?)
        });
        parts.next().ok_or(NotAPeriod)
    }
}

impl fmt::Display for ValidityPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.minutes();
        match self.0 {
            197.. => write!(f, "{}w", minutes / WEEK),
            168.. => write!(f, "{}d", minutes / DAY),
            _ if minutes.is_multiple_of(HOUR) => write!(f, "{}h", minutes / HOUR),
            _ => write!(f, "{minutes}m"),
        }
    }
}
