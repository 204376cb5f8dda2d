//! Response status codes (TS 102 225 clause 5.2, table 5; TS 31.115 adds the last
//! ones).

/// What a receiver says of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// 00
    Ok,
    /// 01
    CheckFailed,
    /// 02
    CounterLow,
    /// 03
    CounterHigh,
    /// 04
    CounterBlocked,
    /// 05
    CipheringError,
    /// 06
    UnidentifiedSecurityError,
    /// 07
    InsufficientMemory,
    /// 08
    MoreTime,
    /// 09
    TarUnknown,
    /// 0A
    InsufficientSecurityLevel,
    /// 0B
    ResponseBySubmit,
    /// 0C
    ResponseByUssd,
    /// Any other.
    Other(u8),
}

impl Status {
    const NAMED: [(Self, &'static str); 13] = [
        (Self::Ok, "PoR OK"),
        (Self::CheckFailed, "RC, CC or DS failed"),
        (Self::CounterLow, "CNTR low"),
        (Self::CounterHigh, "CNTR high"),
        (Self::CounterBlocked, "CNTR blocked"),
        (Self::CipheringError, "ciphering error"),
        (
            Self::UnidentifiedSecurityError,
            "unidentified security error",
        ),
        (Self::InsufficientMemory, "insufficient memory to process"),
        (Self::MoreTime, "more time needed"),
        (Self::TarUnknown, "TAR unknown"),
        (
            Self::InsufficientSecurityLevel,
            "insufficient security level",
        ),
        (
            Self::ResponseBySubmit,
            "the response follows in an SMS-SUBMIT",
        ),
        (Self::ResponseByUssd, "the response follows by USSD"),
    ];

    /// By its octet.
    #[must_use]
    pub fn from_octet(octet: u8) -> Self {
        let named = Self::NAMED.get(usize::from(octet));
        named.map_or(Self::Other(octet), |(status, _)| *status)
    }

    /// Its octet.
    #[must_use]
    pub fn to_octet(self) -> u8 {
        if let Self::Other(octet) = self {
            return octet;
        }
        let place = Self::NAMED.iter().position(|(status, _)| *status == self);
        place.map_or(0xff, |place| u8::try_from(place).unwrap_or(0xff))
    }

    /// In words.
    #[must_use]
    pub fn text(self) -> &'static str {
        let named = Self::NAMED.iter().find(|(status, _)| *status == self);
        named.map_or("reserved", |(_, text)| text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_come_back_and_only_thirteen_have_names() {
        for octet in 0..=255 {
            let status = Status::from_octet(octet);
            assert_eq!(status.to_octet(), octet);
            assert_eq!(status.text() == "reserved", octet > 0x0c);
        }
        assert_eq!(Status::from_octet(0x09), Status::TarUnknown);
        assert_eq!(
            Status::from_octet(0x0a).text(),
            "insufficient security level"
        );
    }
}
