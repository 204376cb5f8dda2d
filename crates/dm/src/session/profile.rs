//! How far a peer is from the specification. What every peer may get wrong is
//! taken from all of them; what only some do is named here, and set for a
//! device.

use std::fmt;
use std::str::FromStr;

use syncml::{SessionId, SyncHdr};

use crate::Error;

/// What is known of a peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Profile {
    /// It keeps to OMA DM 1.2.
    #[default]
    Default,
    /// The DM client of Windows ([MS-MDM]): SessionIDs are numbers in
    /// hexadecimal; package #1 brings alert 1224 with the login status; an Add
    /// creates parents; `./Device/A` is `./A`; a message with a command that
    /// lacks its CmdID is answered with 400.
    Windows,
    /// Whatever can be understood: SyncML 1.1 and DM 1.1 in the header,
    /// SessionIDs as numbers, names of devices in any case.
    Lenient,
}

impl Profile {
    const NAMED: [(&'static str, Self); 3] = [
        ("default", Self::Default),
        ("windows", Self::Windows),
        ("lenient", Self::Lenient),
    ];

    /// The name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        let row = Self::NAMED.iter().find(|(_, profile)| *profile == self);
        row.map_or("", |(name, _)| name)
    }

    /// Whether two SessionIDs mean the same session.
    pub(crate) fn is_same_session(self, left: &SessionId, right: &SessionId) -> bool {
        let number = |id: &SessionId| {
            let text = id.as_str();
            let digits = text.bytes().all(|octet| octet.is_ascii_hexdigit());
            u64::from_str_radix(text, 16).ok().filter(|_| digits)
        };
        left == right
            || (self != Self::Default && number(left).is_some() && number(left) == number(right))
    }

    /// Whether two Source or Target LocURIs name the same party.
    pub(crate) fn is_same_party(self, left: &str, right: &str) -> bool {
        left == right || (self == Self::Lenient && left.eq_ignore_ascii_case(right))
    }

    /// Whether the version of SyncML is spoken.
    pub(crate) fn takes_dtd(self, header: &SyncHdr) -> bool {
        header.ver_dtd == SyncHdr::VER_DTD || (self == Self::Lenient && header.ver_dtd == "1.1")
    }

    /// Whether the version of device management is spoken.
    pub(crate) fn takes_protocol(self, header: &SyncHdr) -> bool {
        header.ver_proto == SyncHdr::VER_PROTO
            || (self == Self::Lenient && header.ver_proto == "DM/1.1")
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Profile {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let row = Self::NAMED.iter().find(|(name, _)| *name == text);
        row.map(|(_, profile)| *profile)
            .ok_or(Error::Unsupported("this compatibility profile"))
    }
}
