//! Hexadecimal arguments and texts. Errors never repeat the text, which may be a
//! key.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use data_encoding::HEXLOWER_PERMISSIVE;
use tokens::key_file;
use zeroize::Zeroizing;

/// `N` octets from `2 × N` hexadecimal digits, for clap.
pub(crate) fn octets<const N: usize>(text: &str) -> std::result::Result<[u8; N], String> {
    HEXLOWER_PERMISSIVE
        .decode(text.as_bytes())
        .ok()
        .and_then(|octets| octets.try_into().ok())
        .ok_or_else(|| format!("{} hexadecimal digits are wanted ({N} octets)", 2 * N))
}

/// A key as an option was given: the digits themselves, or those in the private file
/// that `@FILE` names.
pub(crate) fn given(option: &str, given: &str) -> Result<Zeroizing<String>> {
    let Some(path) = given.strip_prefix('@') else {
        return Ok(Zeroizing::new(given.to_owned()));
    };
    let octets = key_file::read(Path::new(path)).with_context(|| option.to_owned())?;
    // An error of from_utf8 would have the octets in it.
    match std::str::from_utf8(octets.expose()) {
        Ok(text) => Ok(Zeroizing::new(text.trim().to_owned())),
        Err(_) => bail!("{option}: the file has no hexadecimal digits"),
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn text(octets: impl AsRef<[u8]>) -> String {
    data_encoding::HEXLOWER.encode(octets.as_ref())
}

/// The octets of hexadecimal text with white space anywhere in it.
pub(crate) fn any_octets(text: &[u8]) -> Result<Vec<u8>> {
    let space = |octet: &u8| octet.is_ascii_whitespace();
    let stray = |octet: &u8| !octet.is_ascii_hexdigit() && !space(octet);
    if let Some(at) = text.iter().position(stray) {
        bail!("octet {at} of the text is no hexadecimal digit");
    }
    let digits: Vec<u8> = text.iter().copied().filter(|octet| !space(octet)).collect();
    HEXLOWER_PERMISSIVE
        .decode(&digits)
        .map_err(|_| anyhow!("an odd number of hexadecimal digits: {}", digits.len()))
}

#[cfg(test)]
mod tests {
    use super::any_octets;

    #[test]
    fn hexadecimal_text_may_have_blanks_and_capitals() {
        assert_eq!(any_octets(b" 0aF f\n").unwrap(), [0x0a, 0xff]);
        assert!(any_octets(b"").unwrap().is_empty());
        for (wrong, place) in [("0g", "octet 1"), ("0a ff 0x", "octet 7"), ("0af", ": 3")] {
            let error = any_octets(wrong.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(place), "{error}");
        }
    }
}
