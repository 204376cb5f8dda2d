//! Alert codes (OMA DM RepPro 1.2, "Alert Codes").

use std::fmt;

/// What an `Alert` is about. Codes outside the list keep their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertCode(pub u16);

impl AlertCode {
    /// 1100: show a text to the user.
    pub const DISPLAY: Self = Self(1100);
    /// 1101: ask the user for consent.
    pub const CONFIRM_OR_REJECT: Self = Self(1101);
    /// 1102: ask the user for a text.
    pub const TEXT_INPUT: Self = Self(1102);
    /// 1103: let the user choose one of a list.
    pub const SINGLE_CHOICE: Self = Self(1103);
    /// 1104: let the user choose several of a list.
    pub const MULTIPLE_CHOICE: Self = Self(1104);
    /// 1200: a session that the server asked for.
    pub const SERVER_INITIATED_MGMT: Self = Self(1200);
    /// 1201: a session that the client wants.
    pub const CLIENT_INITIATED_MGMT: Self = Self(1201);
    /// 1222: a request for the next message of the package.
    pub const NEXT_MESSAGE: Self = Self(1222);
    /// 1223: the sender gives the session up.
    pub const SESSION_ABORT: Self = Self(1223);
    /// 1224: something happened on the client.
    pub const CLIENT_EVENT: Self = Self(1224);
    /// 1225: a large object ended without its last chunk.
    pub const NO_END_OF_DATA: Self = Self(1225);
    /// 1226: an alert of a type that its item names.
    pub const GENERIC_ALERT: Self = Self(1226);

    /// The code's name in the specification, in lower case; `None` if it has
    /// none there.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::DISPLAY => "display",
            Self::CONFIRM_OR_REJECT => "confirm or reject",
            Self::TEXT_INPUT => "text input",
            Self::SINGLE_CHOICE => "single choice",
            Self::MULTIPLE_CHOICE => "multiple choice",
            Self::SERVER_INITIATED_MGMT => "server-initiated mgmt",
            Self::CLIENT_INITIATED_MGMT => "client-initiated mgmt",
            Self::NEXT_MESSAGE => "next message",
            Self::SESSION_ABORT => "session abort",
            Self::CLIENT_EVENT => "client event",
            Self::NO_END_OF_DATA => "no end of data",
            Self::GENERIC_ALERT => "generic alert",
            _ => return None,
        })
    }
}

impl fmt::Display for AlertCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{} {name}", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}
