//! Status words (TS 102 221 clause 10.2.1; GlobalPlatform Card Specification 2.3
//! clause 11 for what its commands add).

use std::borrow::Cow;
use std::fmt;

/// SW1 SW2.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StatusWord(pub u16);

/// What a status word says of its command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Carried out.
    Done,
    /// Carried out, but.
    Warning,
    /// Not carried out.
    Error,
}

impl StatusWord {
    /// 9000
    pub const OK: Self = Self(0x9000);
    /// 6700
    pub const WRONG_LENGTH: Self = Self(0x6700);
    /// 6981
    pub const INCOMPATIBLE_FILE: Self = Self(0x6981);
    /// 6982
    pub const SECURITY_STATUS: Self = Self(0x6982);
    /// 6985
    pub const CONDITIONS: Self = Self(0x6985);
    /// 6986
    pub const NO_FILE_SELECTED: Self = Self(0x6986);
    /// 6A80
    pub const WRONG_DATA: Self = Self(0x6a80);
    /// 6A82
    pub const FILE_NOT_FOUND: Self = Self(0x6a82);
    /// 6A83
    pub const RECORD_NOT_FOUND: Self = Self(0x6a83);
    /// 6A84
    pub const NO_MEMORY: Self = Self(0x6a84);
    /// 6A86
    pub const WRONG_P1_P2: Self = Self(0x6a86);
    /// 6A88
    pub const REFERENCE_NOT_FOUND: Self = Self(0x6a88);
    /// 6B00
    pub const OUT_OF_RANGE: Self = Self(0x6b00);
    /// 6D00
    pub const UNKNOWN_INSTRUCTION: Self = Self(0x6d00);
    /// 6E00
    pub const UNKNOWN_CLASS: Self = Self(0x6e00);

    /// SW1.
    #[must_use]
    pub const fn sw1(self) -> u8 {
        self.0.to_be_bytes()[0]
    }

    /// SW2.
    #[must_use]
    pub const fn sw2(self) -> u8 {
        self.0.to_be_bytes()[1]
    }

    /// Whether the command was carried out.
    #[must_use]
    pub const fn meaning(self) -> Meaning {
        match self.sw1() {
            0x90 if self.sw2() == 0 => Meaning::Done,
            0x61 | 0x91 | 0x92 => Meaning::Done,
            0x62 | 0x63 => Meaning::Warning,
            _ => Meaning::Error,
        }
    }

    /// What it means, in words.
    #[must_use]
    pub fn text(self) -> Cow<'static, str> {
        let sw2 = self.sw2();
        Cow::Borrowed(match self.0 {
            0x9000 => "done",
            0x9100..=0x91ff => {
                return Cow::Owned(format!("done; a proactive command of {sw2} octets waits"));
            }
            0x9200..=0x92ff => return Cow::Owned(format!("done; {sw2} octets of it wait")),
            0x9300 => "the card is busy with another command of its toolkit",
            0x6100..=0x61ff => {
                let octets = if sw2 == 0 { 256 } else { u16::from(sw2) };
                return Cow::Owned(format!("done; GET RESPONSE has {octets} octets"));
            }
            0x6200 => "warning without more information; memory not changed",
            0x6281 => "part of the data may be wrong",
            0x6282 => "the file or record ends before Le",
            0x6283 => "the selected file is deactivated",
            0x6285 => "the selected file is terminated",
            0x62f1 => "more data can be had",
            0x62f2 => "more data can be had, and a proactive command waits",
            0x62f3 => "response data can be had",
            0x63c0..=0x63cf => {
                let tries = sw2 & 0x0f;
                return Cow::Owned(format!("not verified; tries left: {tries}"));
            }
            0x63f1 => "more data is expected",
            0x63f2 => "more data is expected, and a proactive command waits",
            0x6300..=0x63ff => "warning; memory may have changed",
            0x6400..=0x64ff => "not carried out; memory not changed",
            0x6581 => "memory problem",
            0x6500..=0x65ff => "not carried out; memory may have changed",
            0x6700 => "wrong length",
            0x6881 => "logical channel not supported",
            0x6882 => "secure messaging not supported",
            0x6800..=0x68ff => "function of the class not supported",
            0x6981 => "command does not fit the file's structure",
            0x6982 => "security status not satisfied",
            0x6983 => "authentication or PIN blocked",
            0x6984 => "referenced data invalidated",
            0x6985 => "conditions of use not satisfied",
            0x6986 => "no elementary file is selected",
            0x6989 => "secure channel: security not satisfied",
            0x6900..=0x69ff => "command not allowed",
            0x6a80 => "wrong data",
            0x6a81 => "function not supported",
            0x6a82 => "file or application not found",
            0x6a83 => "record not found",
            0x6a84 => "not enough memory",
            0x6a86 => "wrong P1 or P2",
            0x6a87 => "Lc does not fit P1 and P2",
            0x6a88 => "referenced data not found",
            0x6a89 => "the file exists already",
            0x6a8a => "the name exists already",
            0x6a00..=0x6aff => "wrong parameters",
            0x6b00..=0x6bff => "wrong P1 or P2: outside of the file",
            0x6c00..=0x6cff => {
                return Cow::Owned(format!("wrong Le: {} octets are there", {
                    if sw2 == 0 { 256 } else { u16::from(sw2) }
                }));
            }
            0x6d00..=0x6dff => "instruction not supported",
            0x6e00..=0x6eff => "class not supported",
            0x6f00..=0x6fff => "technical problem",
            0x9850 => "the value can't be increased",
            0x9862 => "authentication: the MAC is wrong",
            _ => "unknown",
        })
    }
}

/// Four hexadecimal digits.
impl fmt::Display for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}", self.0)
    }
}

impl fmt::Debug for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StatusWord({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meanings() {
        for done in [0x9000, 0x9113, 0x6132, 0x9205] {
            assert_eq!(StatusWord(done).meaning(), Meaning::Done);
        }
        for warning in [0x6200, 0x6283, 0x63c2] {
            assert_eq!(StatusWord(warning).meaning(), Meaning::Warning);
        }
        for error in [0x9300, 0x9001, 0x6700, 0x6982, 0x6c05, 0x6f00, 0, 0x9850] {
            assert_eq!(StatusWord(error).meaning(), Meaning::Error);
        }
        assert_eq!(StatusWord(0x63c2).text(), "not verified; tries left: 2");
        assert_eq!(
            StatusWord(0x6100).text(),
            "done; GET RESPONSE has 256 octets"
        );
        assert_eq!(StatusWord(0x6982).text(), "security status not satisfied");
    }
}
