//! Identifiers that peers give to sessions, messages and commands (SyncML
//! RepPro 1.2, "CmdID", "MsgID", "SessionID").
//!
//! They are texts, not numbers: SessionIDs come in hex, in decimal or as `0`,
//! CmdIDs as UUIDs. Two of them are the same when every character is.

use std::fmt;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The identifier `text`, taken as it stands.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text as written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The value, if the text is a decimal number without a sign that
            /// fits 32 bits.
            #[must_use]
            pub fn number(&self) -> Option<u32> {
                let digits = self.0.bytes().all(|octet| octet.is_ascii_digit());
                if digits { self.0.parse().ok() } else { None }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<u32> for $name {
            fn from(number: u32) -> Self {
                Self(number.to_string())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// The session that a message belongs to, chosen by whoever started it.
    SessionId
}

text_id! {
    /// A message within its session, or a reference to one (`MsgRef`).
    MsgId
}

text_id! {
    /// A command within its message, or a reference to one (`CmdRef`).
    CmdId
}

impl CmdId {
    /// Whether this `CmdRef` names the header, `0`, instead of a command
    /// (SyncML RepPro 1.2, "CmdRef").
    #[must_use]
    pub fn is_header(&self) -> bool {
        self.0 == "0"
    }
}
