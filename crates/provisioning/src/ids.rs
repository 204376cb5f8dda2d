//! Identifiers and nonces of the operator change (docs/operator-change.md
//! sections 2 and 3): fixed octets, written as lower-case hex.

use std::fmt;
use std::str::FromStr;

use clock::Random;
use data_encoding::HEXLOWER;
use openssl::sha::sha256;

use crate::ProvisioningError;

macro_rules! octets {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $length]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&HEXLOWER.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = ProvisioningError;

            fn from_str(text: &str) -> Result<Self, ProvisioningError> {
                HEXLOWER
                    .decode(text.as_bytes())
                    .ok()
                    .and_then(|octets| octets.try_into().ok())
                    .map(Self)
                    .ok_or(ProvisioningError::Malformed(concat!(
                        stringify!($name),
                        " in lower-case hex"
                    )))
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = ProvisioningError;

            fn try_from(octets: &[u8]) -> Result<Self, ProvisioningError> {
                octets
                    .try_into()
                    .map(Self)
                    .map_err(|_| ProvisioningError::Malformed(stringify!($name)))
            }
        }
    };
}

octets! {
    /// Names one order, chosen by the recipient: 16 octets.
    OrderId, 16
}
octets! {
    /// Names one MCIM for ever: 16 octets.
    McimId, 16
}
octets! {
    /// nonceA of an order or nonceB of a session: 16 octets.
    Nonce, 16
}
octets! {
    /// SHA-256 of a document, of a list or of a SubjectPublicKeyInfo.
    Digest, 32
}

impl OrderId {
    /// A new one.
    pub fn random(random: &mut dyn Random) -> Self {
        Self(sixteen(random))
    }
}

impl McimId {
    /// A new one.
    pub fn random(random: &mut dyn Random) -> Self {
        Self(sixteen(random))
    }

    /// The name of the MCIM that a TRE is made with: the first half of SHA-256
    /// over `rehome-pcid-1|TRE_id|IMSI`, so that supplier and registration
    /// operator agree on it without a message.
    #[must_use]
    pub fn of_pcid(tre_id: &::tre::TreId, imsi: &aka::Imsi) -> Self {
        let [first @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] =
            sha256(format!("rehome-pcid-1|{}|{}", tre_id.as_str(), imsi.digits()).as_bytes());
        Self(first)
    }
}

impl Nonce {
    /// A new one.
    pub fn random(random: &mut dyn Random) -> Self {
        Self(sixteen(random))
    }
}

impl Digest {
    /// SHA-256 of `octets`.
    #[must_use]
    pub fn of(octets: &[u8]) -> Self {
        Self(sha256(octets))
    }
}

fn sixteen(random: &mut dyn Random) -> [u8; 16] {
    let mut octets = [0; 16];
    random.fill(&mut octets);
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_lower_case_and_whole() {
        let text = "000102030405060708090a0b0c0d0e0f";
        assert_eq!(text.parse::<OrderId>().unwrap().to_string(), text);
        for bad in [
            "",
            "00",
            "000102030405060708090A0B0C0D0E0F",
            &format!("{text}00"),
            &format!(" {text}"),
        ] {
            assert!(bad.parse::<OrderId>().is_err(), "{bad}");
        }
    }
}
