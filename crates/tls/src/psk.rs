//! Pre-shared keys (RFC 4279; RFC 8446 clause 4.2.11 for TLS 1.3). The library
//! asks for keys in the middle of the handshake, so they have to be at hand.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};

use openssl::error::ErrorStack;
use openssl::ex_data::Index;
use openssl::ssl::{Ssl, SslContextBuilder, SslRef, SslVersion};
use zeroize::Zeroizing;

use crate::{Error, PeerIdentity, Suite};

/// Octets of the longest identity: the library's limit.
const MAX_IDENTITY: usize = 255;
/// Octets of the shortest and the longest key; the library's limit is the
/// longest.
const KEY: std::ops::RangeInclusive<usize> = 16..=512;

/// A client's pre-shared key. There is no `Debug`.
#[derive(Clone)]
pub struct Psk {
    identity: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
    server: PeerIdentity,
}

impl Psk {
    /// A key and the identity to name it by, shared with `server`.
    ///
    /// # Errors
    /// [`Error::ConfigurationWrong`] for an identity that is empty, longer than
    /// 255 octets or has a NUL, and for a key of fewer than 16 or more than 512
    /// octets.
    pub fn new(
        identity: &[u8],
        key: Zeroizing<Vec<u8>>,
        server: PeerIdentity,
    ) -> Result<Self, Error> {
        let wrong = |text: &str| Err(Error::ConfigurationWrong(text.to_owned()));
        if identity.is_empty() || identity.len() > MAX_IDENTITY || identity.contains(&0) {
            return wrong("a PSK identity has 1 to 255 octets other than NUL");
        }
        if !KEY.contains(&key.len()) {
            return wrong("a pre-shared key has 16 to 512 octets");
        }
        Ok(Self {
            identity: identity.to_vec(),
            key,
            server,
        })
    }
}

/// A key that a server found. There is no `Debug`.
pub struct PskKey {
    /// 16 to 512 octets; any other number is taken for no key.
    pub key: Zeroizing<Vec<u8>>,
    /// Whose it is.
    pub client: PeerIdentity,
}

/// A server's pre-shared keys.
pub trait PskKeys: Send + Sync {
    /// The key of this identity, which anybody can have sent. Runs inside the
    /// handshake, so it must not block for long.
    fn find(&self, identity: &[u8]) -> Option<PskKey>;
}

/// What a connection's callbacks found out.
struct Seen {
    /// Whose key it is; `None` if there was no key of that identity.
    peer: Option<PeerIdentity>,
}

/// One slot for the whole process.
static SLOT: LazyLock<Option<Index<Ssl, Seen>>> = LazyLock::new(|| Ssl::new_ex_index().ok());

fn note(ssl: &mut SslRef, peer: Option<PeerIdentity>) {
    if let Some(slot) = *SLOT {
        ssl.set_ex_data(slot, Seen { peer });
    }
}

fn seen(ssl: &SslRef) -> Option<&Seen> {
    SLOT.and_then(|slot| ssl.ex_data(slot))
}

/// Copies both into the library's buffers; the length of the key, 0 if there is
/// no room.
fn give(key: &[u8], to: &mut [u8]) -> usize {
    match to.get_mut(..key.len()) {
        Some(to) if KEY.contains(&key.len()) => {
            to.copy_from_slice(key);
            key.len()
        }
        _ => 0,
    }
}

pub(crate) fn install_server(context: &mut SslContextBuilder, keys: Arc<dyn PskKeys>) {
    context.set_psk_server_callback(move |ssl, identity, to| {
        // A panic must not run into the library's C frames.
        let find = || identity.and_then(|identity| keys.find(identity));
        let found = catch_unwind(AssertUnwindSafe(find)).unwrap_or_default();
        let length = found.as_ref().map_or(0, |found| give(&found.key, to));
        let peer = found.filter(|_| length > 0).map(|found| found.client);
        note(ssl, peer);
        Ok::<usize, ErrorStack>(length)
    });
}

pub(crate) fn install_client(context: &mut SslContextBuilder, psk: Psk) {
    context.set_psk_client_callback(move |ssl, _hint, identity, key| {
        // With the NUL at its end.
        let Some((to, [end, ..])) = identity.split_at_mut_checked(psk.identity.len()) else {
            return Ok(0);
        };
        to.copy_from_slice(&psk.identity);
        *end = 0;
        note(ssl, Some(psk.server.clone()));
        Ok::<usize, ErrorStack>(give(&psk.key, key))
    });
}

/// Whether the peer named a key that is not there.
pub(crate) fn is_unknown(ssl: &SslRef) -> bool {
    seen(ssl).is_some_and(|seen| seen.peer.is_none())
}

/// Whether a key was found, whatever became of it.
pub(crate) fn is_known(ssl: &SslRef) -> bool {
    seen(ssl).is_some_and(|seen| seen.peer.is_some())
}

/// The peer that the handshake proved to have the key, if it was about one.
pub(crate) fn proved(ssl: &SslRef) -> Option<&PeerIdentity> {
    let took = match ssl.version2() {
        // A key of one's own is a session to the library; others are never
        // resumed where there are keys.
        Some(SslVersion::TLS1_3) => ssl.session_reused(),
        _ => is_psk_suite(ssl),
    };
    seen(ssl).filter(|_| took)?.peer.as_ref()
}

fn is_psk_suite(ssl: &SslRef) -> bool {
    let name = ssl
        .current_cipher()
        .and_then(|cipher| cipher.standard_name());
    name.and_then(Suite::by_name).is_some_and(Suite::is_psk)
}
