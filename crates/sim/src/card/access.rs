//! Access conditions of files and what satisfies them (ETSI TS 102 221 clauses 9.2 and
//! 9.4): always, PIN1, ADM1, never.

use serde::{Deserialize, Serialize};
use uicc::apdu::StatusWord;
use zeroize::Zeroizing;

use super::octets::Hidden;

/// What has to be satisfied before a file is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// Nothing.
    Always,
    /// The user's PIN, key reference 01.
    Pin1,
    /// The administrator's code, key reference 0A.
    Adm1,
    /// Not to be had.
    Never,
}

/// The conditions of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// READ and SEARCH.
    pub read: Condition,
    /// UPDATE.
    pub update: Condition,
    /// INCREASE.
    #[serde(default = "never")]
    pub increase: Condition,
    /// ACTIVATE FILE and DEACTIVATE FILE.
    #[serde(default = "adm1")]
    pub activate: Condition,
}

const fn never() -> Condition {
    Condition::Never
}

const fn adm1() -> Condition {
    Condition::Adm1
}

impl Rules {
    /// These for reading and updating; ADM1 for the state of the file.
    #[must_use]
    pub const fn new(read: Condition, update: Condition) -> Self {
        Self {
            read,
            update,
            increase: Condition::Never,
            activate: Condition::Adm1,
        }
    }
}

/// What has been satisfied: by a PIN, or by being a target application with an access
/// domain (TS 102 226 clause 8.2.1.3.2.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Granted {
    /// PIN1.
    pub pin1: bool,
    /// ADM1.
    pub adm1: bool,
}

impl Granted {
    /// 6982 unless the condition is satisfied.
    pub(super) const fn check(self, condition: Condition) -> Result<(), StatusWord> {
        let is_met = match condition {
            Condition::Always => true,
            Condition::Pin1 => self.pin1,
            Condition::Adm1 => self.adm1,
            Condition::Never => false,
        };
        match is_met {
            true => Ok(()),
            false => Err(StatusWord::SECURITY_STATUS),
        }
    }
}

/// Tries of a PIN.
const TRIES: u8 = 3;

/// A PIN: eight octets, filled up with FF.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pin {
    value: Hidden,
    tries: u8,
}

/// The PINs of a card.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pins {
    pub(super) pin1: Pin,
    pub(super) adm1: Pin,
}

impl Pin {
    /// Of up to eight octets.
    pub(super) fn new(octets: &[u8]) -> Self {
        let filled = octets.iter().copied().chain(std::iter::repeat(0xff));
        Self {
            value: Hidden::new(filled.take(8).collect()),
            tries: TRIES,
        }
    }

    /// Its digits, as they are typed.
    pub(super) fn shown(&self) -> Zeroizing<String> {
        let octets = self.value.expose().iter().copied();
        let digits = octets.take_while(|octet| *octet != 0xff);
        Zeroizing::new(digits.map(char::from).collect())
    }

    /// 63CX, or 6983 without a try left.
    const fn failure(&self) -> StatusWord {
        match self.tries {
            0 => StatusWord(0x6983),
            tries => StatusWord(0x63c0 | tries as u16),
        }
    }

    /// VERIFY PIN (clause 11.1.9); without octets it asks how many tries are left.
    fn verify(&mut self, given: &[u8]) -> Result<(), StatusWord> {
        if given.is_empty() || self.tries == 0 {
            return Err(self.failure());
        }
        if given.len() != 8 {
            return Err(StatusWord::WRONG_LENGTH);
        }
        if secret::ct_eq(self.value.expose(), given) {
            self.tries = TRIES;
            return Ok(());
        }
        self.tries -= 1;
        Err(self.failure())
    }
}

impl Pins {
    /// VERIFY PIN with the key reference of P2.
    pub(super) fn verify(
        &mut self,
        reference: u8,
        given: &[u8],
        granted: &mut Granted,
    ) -> Result<(), StatusWord> {
        let (pin, flag) = match reference {
            0x01 => (&mut self.pin1, &mut granted.pin1),
            0x0a => (&mut self.adm1, &mut granted.adm1),
            _ => return Err(StatusWord::REFERENCE_NOT_FOUND),
        };
        // What had been verified stays so where only the tries were asked for.
        if given.is_empty() && *flag {
            return Ok(());
        }
        let result = pin.verify(given);
        if !given.is_empty() {
            *flag = result.is_ok();
        }
        result
    }
}
