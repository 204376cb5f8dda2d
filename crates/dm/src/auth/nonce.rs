//! Nonces of the MD5 and HMAC schemes (OMA DM Security 1.2 clauses 5.3.3 and
//! 5.4.4).

use std::fmt;

use clock::Random;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use syncml::NextNonce;

use crate::Error;

/// The octets of a nonce, as they go into the digest.
#[derive(Clone, PartialEq, Eq)]
pub struct Nonce(Vec<u8>);

impl Nonce {
    /// The most octets taken from a peer.
    pub const MAX_LENGTH: usize = 256;

    /// The nonce of these octets, 1 to 256 of them.
    ///
    /// # Errors
    /// [`Error::Misuse`] for any other number.
    pub fn from_octets(octets: impl Into<Vec<u8>>) -> Result<Self, Error> {
        let octets = octets.into();
        if octets.is_empty() || octets.len() > Self::MAX_LENGTH {
            return Err(Error::Misuse("a nonce has 1 to 256 octets"));
        }
        Ok(Self(octets))
    }

    /// A new nonce with 128 random bits, the strength that the specification
    /// recommends. Its octets are printable: real clients keep nonces as C
    /// strings and lose what follows a zero octet.
    pub fn random(random: &mut dyn Random) -> Self {
        let mut bits = [0; 16];
        random.fill(&mut bits);
        Self(BASE64URL_NOPAD.encode(&bits).into_bytes())
    }

    /// The nonce in a peer's challenge; `None` if it can't be used. One that
    /// ends like what is hashed in the HMAC scheme can't: see the [module's
    /// page](super).
    #[must_use]
    pub fn from_challenge(next: &NextNonce) -> Option<Self> {
        let nonce = Self::from_octets(next.octets()?).ok()?;
        (!nonce.ends_in_a_digest()).then_some(nonce)
    }

    /// The octets.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    /// `… ":" B64(16 octets)`.
    fn ends_in_a_digest(&self) -> bool {
        let end = self.0.rsplit(|octet| *octet == b':').next();
        let digest = end.and_then(|end| BASE64.decode(end).ok());
        self.0.contains(&b':') && digest.is_some_and(|digest| digest.len() == 16)
    }

    pub(super) fn to_challenge(&self) -> NextNonce {
        NextNonce::from_octets(&self.0)
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(***)")
    }
}

/// What an account must remember from one session to the next (`AAuthData` of
/// its two credentials, OMA DM StdObj 1.2, DMAcc). To be stored before the
/// answer goes out that made it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nonces {
    /// The nonce that the peer gave for this side's next credentials.
    pub prove: Option<Nonce>,
    /// The nonce that this side gave for the peer's next credentials.
    pub verify: Option<Nonce>,
}
