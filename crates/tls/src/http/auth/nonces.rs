//! A server's nonces (RFC 7616 clauses 3.3 and 5.4). A nonce shows by itself
//! that it is ours and how old it is, so nothing is kept for whoever only asks;
//! what is kept is the highest count of those that were used.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use openssl::hash::MessageDigest;
use openssl::memcmp;
use openssl::pkey::{PKey, Private};
use openssl::rand::rand_bytes;
use openssl::sign::Signer;
use tokio::time::Instant;

use crate::Error;

/// Nonces in use at one time; the oldest gives way.
const IN_USE: usize = 16 * 1024;
/// Octets: the time, randomness, and the seal over both.
const TIME: usize = 8;
const RANDOM: usize = 8;
const SEAL: usize = 16;
const WHOLE: usize = TIME + RANDOM + SEAL;

pub(super) struct Nonces {
    key: PKey<Private>,
    started: Instant,
    life: Duration,
    used: Mutex<Used>,
}

#[derive(Default)]
struct Used {
    counts: HashMap<String, u32>,
    /// In the order of first use, with the time when it was made.
    order: VecDeque<(u64, String)>,
    /// What was made before gave way, or may have.
    floor: u64,
}

/// Why a nonce is not good; a new one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stale {
    /// Not ours.
    Unknown,
    /// Too old.
    Expired,
    /// Its count has been used.
    Replayed,
}

impl Nonces {
    pub(super) fn new(life: Duration) -> Result<Self, Error> {
        let mut key = [0; 32];
        rand_bytes(&mut key)?;
        Ok(Self {
            key: PKey::hmac(&key)?,
            started: Instant::now(),
            life,
            used: Mutex::default(),
        })
    }

    pub(super) fn draw(&self) -> Result<String, Error> {
        let mut whole = [0; WHOLE];
        let (head, seal) = whole.split_at_mut(TIME + RANDOM);
        let (time, random) = head.split_at_mut(TIME);
        time.copy_from_slice(&self.now().to_be_bytes());
        rand_bytes(random)?;
        seal.copy_from_slice(&self.seal(head)?);
        Ok(BASE64URL_NOPAD.encode(&whole))
    }

    /// Takes a nonce with its count, once.
    pub(super) fn take(&self, nonce: &str, count: u32) -> Result<Result<(), Stale>, Error> {
        let Some(made) = self.made(nonce)? else {
            return Ok(Err(Stale::Unknown));
        };
        let age = self.now().saturating_sub(made);
        if u128::from(age) > self.life.as_millis() {
            return Ok(Err(Stale::Expired));
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(used.take(nonce, made, count))
    }

    /// When a nonce was made; `None` if it is not ours.
    fn made(&self, nonce: &str) -> Result<Option<u64>, Error> {
        let Ok(whole) = BASE64URL_NOPAD.decode(nonce.as_bytes()) else {
            return Ok(None);
        };
        let Some((head, seal)) = whole.split_at_checked(TIME + RANDOM) else {
            return Ok(None);
        };
        let own = self.seal(head)?;
        if seal.len() != own.len() || !memcmp::eq(seal, &own) {
            return Ok(None);
        }
        let time = head.first_chunk().copied().unwrap_or_default();
        Ok(Some(u64::from_be_bytes(time)))
    }

    fn seal(&self, head: &[u8]) -> Result<[u8; SEAL], Error> {
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key)?;
        let whole = signer.sign_oneshot_to_vec(head)?;
        Ok(whole.first_chunk().copied().unwrap_or_default())
    }

    /// Milliseconds since the start.
    fn now(&self) -> u64 {
        let passed = Instant::now().saturating_duration_since(self.started);
        u64::try_from(passed.as_millis()).unwrap_or(u64::MAX)
    }
}

impl Used {
    fn take(&mut self, nonce: &str, made: u64, count: u32) -> Result<(), Stale> {
        if let Some(highest) = self.counts.get_mut(nonce) {
            if count <= *highest {
                return Err(Stale::Replayed);
            }
            *highest = count;
            return Ok(());
        }
        // It may be one that gave way.
        if made < self.floor || count == 0 {
            return Err(Stale::Expired);
        }
        if self.order.len() >= IN_USE
            && let Some((its, oldest)) = self.order.pop_front()
        {
            self.counts.remove(&oldest);
            self.floor = self.floor.max(its.saturating_add(1));
        }
        self.order.push_back((made, nonce.to_owned()));
        self.counts.insert(nonce.to_owned(), count);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nonces() -> Nonces {
        Nonces::new(Duration::from_secs(300)).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_nonce_lives_for_its_time() {
        let nonces = nonces();
        let nonce = nonces.draw().unwrap();
        tokio::time::advance(Duration::from_secs(300)).await;
        assert_eq!(nonces.take(&nonce, 1).unwrap(), Ok(()));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(nonces.take(&nonce, 2).unwrap(), Err(Stale::Expired));
    }

    /// RFC 7616 clause 5.5.
    #[tokio::test]
    async fn a_count_is_taken_once_and_never_falls() {
        let nonces = nonces();
        let nonce = nonces.draw().unwrap();
        assert_eq!(nonces.take(&nonce, 0).unwrap(), Err(Stale::Expired));
        for (count, taken) in [
            (1, Ok(())),
            (1, Err(Stale::Replayed)),
            (5, Ok(())),
            (4, Err(Stale::Replayed)),
            (u32::MAX, Ok(())),
        ] {
            assert_eq!(nonces.take(&nonce, count).unwrap(), taken, "{count}");
        }
    }

    #[tokio::test]
    async fn only_our_own_nonces_are_known() {
        let (ours, theirs) = (nonces(), nonces());
        let nonce = theirs.draw().unwrap();
        assert_eq!(ours.take(&nonce, 1).unwrap(), Err(Stale::Unknown));
        let own = ours.draw().unwrap();
        for at in 0..own.len() {
            let mut other = own.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(other).unwrap();
            assert_eq!(ours.take(&other, 1).unwrap(), Err(Stale::Unknown), "{at}");
            assert_eq!(ours.take(&own[..at], 1).unwrap(), Err(Stale::Unknown));
        }
        assert_eq!(ours.take(&own, 1).unwrap(), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_nonce_that_gave_way_is_not_taken_again() {
        let nonces = nonces();
        let first = nonces.draw().unwrap();
        let unused = nonces.draw().unwrap();
        assert_eq!(nonces.take(&first, 1).unwrap(), Ok(()));
        tokio::time::advance(Duration::from_millis(1)).await;
        for _ in 0..IN_USE {
            let nonce = nonces.draw().unwrap();
            assert_eq!(nonces.take(&nonce, 1).unwrap(), Ok(()));
        }
        assert_eq!(nonces.take(&first, 2).unwrap(), Err(Stale::Expired));
        assert_eq!(nonces.take(&unused, 1).unwrap(), Err(Stale::Expired));
        let used = nonces.used.lock().unwrap();
        assert_eq!((used.order.len(), used.counts.len()), (IN_USE, IN_USE));
    }
}
