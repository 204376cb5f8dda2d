//! The key derivation function of TS 33.220 annex B.2: HMAC-SHA-256 over FC and
//! each parameter with its length in two octets.

use hmac::{Hmac, KeyInit, Mac};
use secret::Secret;
use sha2::Sha256;
use zeroize::Zeroize;

/// HMAC-SHA-256 over these octets, one after another.
///
/// The key has at most 64 octets, as all of TS 33.401, TS 33.501 and RFC 9048 have;
/// HMAC pads it with zeros to that length anyhow.
pub(crate) fn hmac(key: &[u8], parts: &[&[u8]]) -> Secret<[u8; 32]> {
    let mut block = [0; 64];
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    let mut mac = Hmac::<Sha256>::new((&block).into());
    block.zeroize();
    for part in parts {
        mac.update(part);
    }
    Secret::new(mac.finalize().into_bytes().into())
}

/// KDF(key, FC | P0 | L0 | P1 | L1 …). A parameter is at most 65,535 octets.
pub(crate) fn derive<const N: usize>(
    key: &[u8],
    fc: u8,
    parameters: [&[u8]; N],
) -> Secret<[u8; 32]> {
    let lengths = parameters.map(|parameter| (parameter.len() as u16).to_be_bytes());
    let mut parts = Vec::with_capacity(1 + 2 * N);
    let fc = [fc];
    parts.push(fc.as_slice());
    for (parameter, length) in parameters.into_iter().zip(&lengths) {
        parts.extend([parameter, length.as_slice()]);
    }
    hmac(key, &parts)
}

/// Two keys, one after the other.
pub(crate) fn joined(first: &Secret<[u8; 16]>, second: &Secret<[u8; 16]>) -> Secret<[u8; 32]> {
    let mut both = [0; 32];
    let octets = first.expose().iter().chain(second.expose());
    for (to, from) in both.iter_mut().zip(octets) {
        *to = *from;
    }
    Secret::new(both)
}

/// The first and the last 16 octets.
pub(crate) fn halves(key: &Secret<[u8; 32]>) -> (Secret<[u8; 16]>, Secret<[u8; 16]>) {
    let number = |half: &[u8]| {
        let mut out = [0; 16];
        for (to, from) in out.iter_mut().zip(half) {
            *to = *from;
        }
        Secret::new(out)
    };
    let (first, last) = key.expose().split_at(16);
    (number(first), number(last))
}
