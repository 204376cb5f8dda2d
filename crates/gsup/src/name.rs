//! Names of GSUP peers: as given in the identity handshake (IPA tags "serial
//! number" and "unit name") and as carried in the source name and destination
//! name elements (GSUP, clauses "Source Name" and "Destination Name").

use std::fmt;
use std::str::FromStr;

use crate::GsupError;
use crate::octets::Element;

/// The name of a GSUP peer: 1 to 128 printable ASCII characters (OsmoHLR
/// keeps no more).
///
/// **Self-claimed.** Anyone who can open the TCP connection can take any name.
/// It serves routing and logs; it is no ground to grant anything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PeerName(String);

impl PeerName {
    /// The most characters in a name.
    pub const MAX: usize = 128;

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads a name as IPA carries it, with or without its closing NUL.
    pub(crate) fn from_octets(octets: &[u8]) -> Result<Self, GsupError> {
        let octets = octets.strip_suffix(&[0]).unwrap_or(octets);
        std::str::from_utf8(octets)
            .map_err(|_| GsupError::MalformedName)?
            .parse()
    }
}

impl FromStr for PeerName {
    type Err = GsupError;

    fn from_str(text: &str) -> Result<Self, GsupError> {
        let fits = (1..=Self::MAX).contains(&text.len())
            && text.bytes().all(|octet| (b' '..=b'~').contains(&octet));
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(GsupError::MalformedName)
        }
    }
}

impl fmt::Display for PeerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The source name or destination name of a routed message, as it came.
///
/// Peers differ on the closing NUL and compare octet by octet, so a reply must
/// carry back exactly what the request had. Self-claimed like [`PeerName`].
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RoutingName(Vec<u8>);

impl RoutingName {
    /// The most octets, the closing NUL included.
    pub const MAX: usize = PeerName::MAX + 1;

    /// The name as text, without its closing NUL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let octets = self.0.strip_suffix(&[0]).unwrap_or(&self.0);
        // Always ASCII: checked when it was made.
        std::str::from_utf8(octets).unwrap_or_default()
    }

    /// Whether this is the name of `peer`, the closing NUL aside.
    #[must_use]
    pub fn names(&self, peer: &PeerName) -> bool {
        self.as_str() == peer.as_str()
    }

    /// The value as carried in the element.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn decode(element: Element<'_>) -> Result<Self, GsupError> {
        if !(1..=Self::MAX).contains(&element.value.len()) {
            return Err(element.wrong_length());
        }
        PeerName::from_octets(element.value)?;
        Ok(Self(element.value.to_vec()))
    }
}

impl From<&PeerName> for RoutingName {
    /// With the closing NUL, as GSUP defines it.
    fn from(name: &PeerName) -> Self {
        let mut octets = name.0.clone().into_bytes();
        octets.push(0);
        Self(octets)
    }
}

impl fmt::Debug for RoutingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RoutingName({:?})", self.as_str())
    }
}
