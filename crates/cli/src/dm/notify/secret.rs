//! What a notification's arguments are read from.

use std::path::Path;

use anyhow::Result;
use data_encoding::BASE64;
use dm::auth::Nonce;
use dm::notification::Notification;
use secret::SecretBytes;
use tokens::key_file;

use super::make::Vendor;
use crate::hex;
use crate::input::bounded;

/// The most octets of a secret on standard input.
const MAX_SECRET: usize = 64 * 1024;

/// A secret from a private file, its last line break left out.
pub(super) fn password(file: &Path) -> Result<SecretBytes> {
    let whole = match file == Path::new("-") {
        true => SecretBytes::new(bounded(file, MAX_SECRET)?),
        false => key_file::read(file)?,
    };
    let octets = whole.expose().as_slice();
    let octets = octets.strip_suffix(b"\n").unwrap_or(octets);
    let octets = octets.strip_suffix(b"\r").unwrap_or(octets);
    Ok(SecretBytes::new(octets.to_vec()))
}

/// A nonce in base64, for clap.
pub(super) fn nonce(text: &str) -> Result<Nonce, String> {
    let octets = BASE64.decode(text.as_bytes()).ok();
    octets
        .and_then(|octets| Nonce::from_octets(octets).ok())
        .ok_or_else(|| "a nonce is base64 of 1 to 256 octets".to_owned())
}

/// A session's number, for clap.
pub(super) fn session(text: &str) -> Result<u16, String> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u16::from_str_radix(digits, 16),
        None => text.parse(),
    };
    let number = number.ok().filter(|number| *number > 0);
    number.ok_or_else(|| "a session is 1 to 65535, or 0x1 to 0xffff".to_owned())
}

/// What the vendor adds, for clap.
pub(super) fn vendor(text: &str) -> Result<Vendor, String> {
    let octets = hex::any_octets(text.as_bytes()).ok();
    octets
        .filter(|octets| octets.len() < Notification::MAX_OCTETS)
        .map(Vendor)
        .ok_or_else(|| format!("up to {} octets in hex", Notification::MAX_OCTETS - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_decimal_or_hexadecimal() {
        let read = ["1", "65535", "0xab", "0xFFFF"].map(|text| session(text).unwrap());
        assert_eq!(read, [1, 65535, 0xab, 0xffff]);
        for wrong in ["", "0", "0x0", "65536", "-1", "ab", "0x10000"] {
            assert!(session(wrong).is_err(), "{wrong}");
        }
    }
}
