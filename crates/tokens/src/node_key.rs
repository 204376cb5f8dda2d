//! The key under which a node, or a device, encrypts what it keeps in files
//! (docs/operator-change.md section 1: keys are the owner's alone).

use std::path::Path;

use clock::Random;
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use secret::Secret;
use zeroize::Zeroizing;

use crate::{TokenError, key_file};

const OCTETS: usize = 32;

/// 32 octets from a private file: raw, or 64 hex digits with at most one line
/// end behind them.
#[derive(Clone)]
pub struct NodeKey(Secret<[u8; OCTETS]>);

impl NodeKey {
    /// Draws a key and writes it, in hex, to a new private file.
    ///
    /// # Errors
    /// As [`key_file::create`].
    pub fn create(path: &Path, random: &mut dyn Random) -> Result<Self, TokenError> {
        let mut octets = Zeroizing::new([0; OCTETS]);
        random.fill(&mut *octets);
        let mut text = Zeroizing::new(HEXLOWER.encode(&*octets));
        text.push('\n');
        key_file::create(path, text.as_bytes())?;
        Ok(Self(Secret::new(*octets)))
    }

    /// Reads the key from its private file.
    ///
    /// # Errors
    /// As [`key_file::read`]; [`TokenError::Malformed`] if it is neither raw
    /// nor hex.
    pub fn load(path: &Path) -> Result<Self, TokenError> {
        let octets = key_file::read(path)?;
        parse(octets.expose())
            .map(Self)
            .ok_or_else(|| key_file::malformed(path, "neither 32 octets nor 64 hex digits"))
    }

    /// A key that was kept elsewhere than in a file.
    #[must_use]
    pub fn from_octets(octets: Secret<[u8; OCTETS]>) -> Self {
        Self(octets)
    }

    /// The key. Key files are encrypted under one derived from it, so that it
    /// may serve a store as well.
    #[must_use]
    pub fn secret(&self) -> &Secret<[u8; OCTETS]> {
        &self.0
    }
}

fn parse(octets: &[u8]) -> Option<Secret<[u8; OCTETS]>> {
    if let Ok(raw) = <[u8; OCTETS]>::try_from(octets) {
        return Some(Secret::new(raw));
    }
    let digits = octets.strip_suffix(b"\n").unwrap_or(octets);
    let digits = digits.strip_suffix(b"\r").unwrap_or(digits);
    if digits.len() != 2 * OCTETS {
        return None;
    }
    let mut key = Zeroizing::new([0; OCTETS]);
    HEXLOWER_PERMISSIVE.decode_mut(digits, &mut *key).ok()?;
    Some(Secret::new(*key))
}
