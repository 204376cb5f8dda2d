//! Texts of fields as values (docs/operator-change.md section 3): lower-case
//! hex, base64 without line breaks, decimal numbers without leading zeros.

use std::str::FromStr;

use data_encoding::BASE64;
use xmldsig::Fields;

use crate::ProvisioningError;

/// A field with a text form of its own.
pub(super) fn parsed<T>(fields: &Fields, name: &'static str) -> Result<T, ProvisioningError>
where
    T: FromStr,
    ProvisioningError: From<T::Err>,
{
    Ok(fields.field(name)?.parse()?)
}

/// A decimal number, written the one canonical way.
pub(super) fn number<T: FromStr + ToString>(
    fields: &Fields,
    name: &'static str,
) -> Result<T, ProvisioningError> {
    let text = fields.field(name)?;
    text.parse::<T>()
        .ok()
        .filter(|value| value.to_string() == text)
        .ok_or(ProvisioningError::Malformed(name))
}

/// Octets in base64.
pub(super) fn octets(fields: &Fields, name: &'static str) -> Result<Vec<u8>, ProvisioningError> {
    BASE64
        .decode(fields.field(name)?.as_bytes())
        .map_err(|_| ProvisioningError::Malformed(name))
}

/// Octets as base64.
pub(super) fn base64(octets: &[u8]) -> String {
    BASE64.encode(octets)
}

/// A list of small numbers, `1 2`.
pub(super) fn numbers(fields: &Fields, name: &'static str) -> Result<Vec<u8>, ProvisioningError> {
    fields
        .field(name)?
        .split(' ')
        .map(|text| {
            text.parse::<u8>()
                .ok()
                .filter(|value| value.to_string() == text)
                .ok_or(ProvisioningError::Malformed(name))
        })
        .collect()
}
