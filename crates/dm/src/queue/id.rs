//! Names of what the queue keeps: 64 random bits, written as 16 hexadecimal
//! digits.

use std::fmt;
use std::str::FromStr;

use clock::Random;

use crate::Error;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// A new one.
            pub fn random(random: &mut dyn Random) -> Self {
                let mut octets = [0; 8];
                random.fill(&mut octets);
                Self(u64::from_be_bytes(octets))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:016x}", self.0)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                read(text).map(Self)
            }
        }
    )*};
}

ids! {
    /// A queued command.
    QueuedId;
    /// A session's record. Not the SessionID of its messages, which a device
    /// may use again.
    SessionRef;
}

fn read(text: &str) -> Result<u64, Error> {
    let plain = text
        .bytes()
        .all(|octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f'));
    if text.len() != 16 || !plain {
        return Err(Error::Misuse("an identifier has 16 hexadecimal digits"));
    }
    u64::from_str_radix(text, 16).map_err(|_| Error::Misuse("an identifier out of range"))
}
