//! Hexadecimal arguments of a fixed length. Errors never repeat the text, which
//! may be a key.

use data_encoding::HEXLOWER_PERMISSIVE;

/// `N` octets from `2 × N` hexadecimal digits, for clap.
pub(crate) fn octets<const N: usize>(text: &str) -> Result<[u8; N], String> {
    HEXLOWER_PERMISSIVE
        .decode(text.as_bytes())
        .ok()
        .and_then(|octets| octets.try_into().ok())
        .ok_or_else(|| format!("{} hexadecimal digits are wanted ({N} octets)", 2 * N))
}

/// Lower-case hexadecimal digits.
pub(crate) fn text(octets: impl AsRef<[u8]>) -> String {
    data_encoding::HEXLOWER.encode(octets.as_ref())
}
