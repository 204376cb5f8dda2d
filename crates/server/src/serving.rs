//! Who may ask an HLR for whom (TS 33.102 clause 6.3.2; docs/hlr.md): GSUP
//! authenticates nobody, so a serving node is the operator of its client
//! certificate or the owner of a configured address, and it gets vectors for
//! the subscribers that it was registered for. Nobody may ask for anybody
//! unless it is said.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use trust::ShoId;

use crate::Error;

/// Which subscribers a serving node may ask for. Without a word: none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Serves(Scope);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Scope {
    All,
    /// First digits of IMSIs; none of them: nobody.
    Prefixes(Vec<String>),
}

impl Default for Scope {
    fn default() -> Self {
        Self::Prefixes(Vec::new())
    }
}

/// As a configuration has it: the word `all`, or a list of prefixes.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Word(String),
    List(Vec<String>),
}

impl Serves {
    /// The digits of a prefix: MCC and MNC at least (TS 23.003 clause 2.2).
    const DIGITS: std::ops::RangeInclusive<usize> = 5..=15;

    /// Every subscriber of this operator.
    #[must_use]
    pub fn all() -> Self {
        Self(Scope::All)
    }

    /// The subscribers whose IMSI begins with one of these.
    ///
    /// # Errors
    /// [`Error::Configuration`] for a prefix that is not of 5 to 15 digits.
    pub fn prefixes(prefixes: impl IntoIterator<Item = String>) -> Result<Self, Error> {
        let prefixes: Vec<String> = prefixes.into_iter().collect();
        let bad = prefixes.iter().find(|prefix| {
            !Self::DIGITS.contains(&prefix.len())
                || !prefix.bytes().all(|digit| digit.is_ascii_digit())
        });
        match bad {
            None => Ok(Self(Scope::Prefixes(prefixes))),
            Some(bad) => Err(Error::Configuration(format!(
                "serves: {bad:?} is no IMSI prefix of 5 to 15 digits"
            ))),
        }
    }

    /// Whether it is nobody.
    #[must_use]
    pub fn is_nobody(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it covers the subscriber with this IMSI, in digits.
    #[must_use]
    pub fn covers(&self, imsi: &str) -> bool {
        match &self.0 {
            Scope::All => true,
            Scope::Prefixes(prefixes) => prefixes.iter().any(|prefix| imsi.starts_with(prefix)),
        }
    }
}

impl FromStr for Serves {
    type Err = Error;

    /// `all`, or prefixes with commas between them.
    fn from_str(text: &str) -> Result<Self, Error> {
        if text == "all" {
            Ok(Self::all())
        } else {
            Self::prefixes(text.split(',').map(|prefix| prefix.trim().to_owned()))
        }
    }
}

impl TryFrom<Written> for Serves {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self, Error> {
        match written {
            Written::Word(word) => word.parse(),
            Written::List(list) => Self::prefixes(list),
        }
    }
}

impl From<Serves> for Written {
    fn from(serves: Serves) -> Self {
        match serves.0 {
            Scope::All => Self::Word("all".to_owned()),
            Scope::Prefixes(list) => Self::List(list),
        }
    }
}

/// A GSUP client without TLS, known by the address that it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlainClient {
    /// Its source address, which is its identity.
    pub address: IpAddr,
    /// What it is called here: in the HLR's records and logs.
    pub name: String,
    /// Whom it may ask for.
    #[serde(default)]
    pub serves: Serves,
}

/// The clients of a plain listener by their addresses.
pub(crate) type PlainClients = BTreeMap<IpAddr, PlainClient>;

/// Puts them in order.
///
/// # Errors
/// [`Error::Configuration`] for an address or a name that comes twice, and for
/// a name that is not 1 to 64 of letters, digits, `-`, `_` and `.`, or that is
/// an operator's: operators show certificates.
pub(crate) fn plain_clients(clients: &[PlainClient]) -> Result<PlainClients, Error> {
    let mut all = PlainClients::new();
    for client in clients {
        let name = &client.name;
        let wrong = |what: &str| Error::Configuration(format!("hlr.clients: {name:?} {what}"));
        let fits = (1..=64).contains(&name.len())
            && name
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || b"-_.".contains(&octet));
        if !fits {
            return Err(wrong("is no name"));
        }
        if name.parse::<ShoId>().is_ok() {
            return Err(wrong("is an operator's name"));
        }
        if all.values().any(|known| known.name == *name) {
            return Err(wrong("comes twice"));
        }
        let address = client.address.to_canonical();
        if all.insert(address, client.clone()).is_some() {
            return Err(wrong("has the address of another"));
        }
    }
    Ok(all)
}

impl fmt::Display for Serves {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Scope::All => f.write_str("all"),
            Scope::Prefixes(list) => f.write_str(&list.join(",")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_unless_it_is_said() {
        let nobody = Serves::default();
        assert!(nobody.is_nobody());
        assert!(!nobody.covers("001010000000001"));
        let some: Serves = "00101,2620199".parse().unwrap();
        assert!(some.covers("001010000000001") && some.covers("262019900000001"));
        assert!(!some.covers("001020000000001") && !some.covers("262019800000001"));
        assert!(!some.covers("0010"));
        assert!(Serves::all().covers("999990000000001"));
    }

    #[test]
    fn a_prefix_without_mcc_and_mnc_is_refused() {
        for bad in ["", "0010", "ALL", "00101x", "00101,", "0010100000000012"] {
            assert!(bad.parse::<Serves>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_client_has_an_address_and_a_name_of_its_own() {
        let client = |address: &str, name: &str| PlainClient {
            address: address.parse().unwrap(),
            name: name.to_owned(),
            serves: Serves::all(),
        };
        let good = [client("127.0.0.2", "sgsn-1"), client("::1", "msc.1")];
        assert_eq!(plain_clients(&good).unwrap().len(), 2);
        for bad in [
            client("127.0.0.2", "other"),
            client("::ffff:127.0.0.2", "other"),
            client("127.0.0.3", "sgsn-1"),
            client("127.0.0.3", "001-99"),
            client("127.0.0.3", ""),
            client("127.0.0.3", "two words"),
        ] {
            let all = [good[0].clone(), good[1].clone(), bad];
            assert!(plain_clients(&all).is_err(), "{:?}", all[2]);
        }
    }
}
