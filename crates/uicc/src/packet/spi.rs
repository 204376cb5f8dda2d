//! The security parameter indicator (TS 102 225 clause 5.1.1): what secures a
//! command, what its counter is for, and what receipt is asked for.

use crate::UiccError;

/// Two octets: the command's security, the receipt's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spi {
    /// What protects the command against change.
    pub integrity: Integrity,
    /// Whether the command is ciphered.
    pub is_ciphered: bool,
    /// What its counter is for.
    pub counter: CounterMode,
    /// When a proof of receipt is to be sent.
    pub receipt: Receipt,
    /// What protects the receipt against change.
    pub receipt_integrity: Integrity,
    /// Whether the receipt is ciphered.
    pub receipt_is_ciphered: bool,
    /// How the receipt travels where the command came by SMS.
    pub carrier: Carrier,
}

/// Protection against change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Integrity {
    /// None.
    None,
    /// A redundancy check: against accidents only.
    Redundancy,
    /// A cryptographic checksum.
    Checksum,
}

/// What a counter is for (SPI1 b5 b4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CounterMode {
    /// There is none; its octets mean nothing.
    None,
    /// There is one, and nobody checks it.
    Unchecked,
    /// It has to be higher than the last one.
    Higher,
    /// It has to be the last one and one.
    Next,
}

/// When a proof of receipt is sent (SPI2 b2 b1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// Never.
    Never,
    /// Always.
    Always,
    /// Only for a command that was not carried out.
    OnError,
}

/// How a proof of receipt travels (SPI2 b6, TS 31.115 clause 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// In the SMS-DELIVER-REPORT.
    DeliverReport,
    /// In an SMS-SUBMIT.
    Submit,
}

impl Integrity {
    fn from_bits(bits: u8) -> Result<Self, UiccError> {
        match bits & 3 {
            0 => Ok(Self::None),
            1 => Ok(Self::Redundancy),
            2 => Ok(Self::Checksum),
            _ => Err(UiccError::DigitalSignature),
        }
    }

    const fn bits(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Redundancy => 1,
            Self::Checksum => 2,
        }
    }
}

impl Spi {
    /// Reads the two octets.
    ///
    /// # Errors
    /// [`UiccError::DigitalSignature`]; [`UiccError::Reserved`] for bits and values
    /// that the clause reserves.
    pub fn from_octets([first, second]: [u8; 2]) -> Result<Self, UiccError> {
        if first & 0xe0 != 0 || second & 0xc0 != 0 {
            return Err(UiccError::Reserved("SPI"));
        }
        let counter = match first >> 3 & 3 {
            0 => CounterMode::None,
            1 => CounterMode::Unchecked,
            2 => CounterMode::Higher,
            _ => CounterMode::Next,
        };
        let receipt = match second & 3 {
            0 => Receipt::Never,
            1 => Receipt::Always,
            2 => Receipt::OnError,
            _ => return Err(UiccError::Reserved("SPI")),
        };
        Ok(Self {
            integrity: Integrity::from_bits(first)?,
            is_ciphered: first & 4 != 0,
            counter,
            receipt,
            receipt_integrity: Integrity::from_bits(second >> 2)?,
            receipt_is_ciphered: second & 0x10 != 0,
            carrier: if second & 0x20 == 0 {
                Carrier::DeliverReport
            } else {
                Carrier::Submit
            },
        })
    }

    /// The two octets.
    #[must_use]
    pub const fn to_octets(self) -> [u8; 2] {
        let counter = match self.counter {
            CounterMode::None => 0,
            CounterMode::Unchecked => 1,
            CounterMode::Higher => 2,
            CounterMode::Next => 3,
        };
        let receipt = match self.receipt {
            Receipt::Never => 0,
            Receipt::Always => 1,
            Receipt::OnError => 2,
        };
        let by = match self.carrier {
            Carrier::DeliverReport => 0,
            Carrier::Submit => 1,
        };
        [
            self.integrity.bits() | (self.is_ciphered as u8) << 2 | counter << 3,
            receipt
                | self.receipt_integrity.bits() << 2
                | (self.receipt_is_ciphered as u8) << 4
                | by << 5,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_octets_comes_back_or_is_refused_for_its_bits() {
        for first in 0..=255_u8 {
            for second in 0..=255_u8 {
                let reserved = first & 0xe0 != 0 || second & 0xc0 != 0 || second & 3 == 3;
                let signed = first & 3 == 3 || second & 0x0c == 0x0c;
                match Spi::from_octets([first, second]) {
                    Ok(spi) => {
                        assert!(!reserved && !signed);
                        assert_eq!(spi.to_octets(), [first, second]);
                    }
                    Err(UiccError::Reserved(_)) => assert!(reserved),
                    Err(UiccError::DigitalSignature) => assert!(signed),
                    Err(other) => panic!("{other}"),
                }
            }
        }
    }

    /// 16 19: ciphered with CC and a counter that rises; a receipt always, ciphered
    /// with CC (TS 102 225 tables 1 and 2).
    #[test]
    fn the_usual_one() {
        let spi = Spi::from_octets([0x16, 0x19]).unwrap();
        assert_eq!(
            spi,
            Spi {
                integrity: Integrity::Checksum,
                is_ciphered: true,
                counter: CounterMode::Higher,
                receipt: Receipt::Always,
                receipt_integrity: Integrity::Checksum,
                receipt_is_ciphered: true,
                carrier: Carrier::DeliverReport,
            }
        );
    }
}
