//! The names that certificates carry: SHO_id, the supplier's name and the
//! supplier's part of a TRE_id (docs/operator-change.md, section 1).

use std::fmt;
use std::str::FromStr;

use crate::TrustError;

const SHO_URI: &str = "urn:x-rehome:sho:";
const TRE_URI: &str = "urn:x-rehome:tre:";
const PVA_URI: &str = "urn:x-rehome:pva:";

/// An operator that devices belong to: `MCC-MNC`, three and two or three
/// decimal digits, kept as written. `001-01` and `001-001` are two operators.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShoId {
    mcc: String,
    mnc: String,
}

/// A module supplier: 4 to 16 characters out of `a-z` and `0-9`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SupplierName(String);

impl ShoId {
    /// The mobile country code, three digits.
    #[must_use]
    pub fn mcc(&self) -> &str {
        &self.mcc
    }

    /// The mobile network code, two or three digits.
    #[must_use]
    pub fn mnc(&self) -> &str {
        &self.mnc
    }

    /// MCC and MNC together: how the IMSIs of this operator begin.
    #[must_use]
    pub fn prefix(&self) -> String {
        format!("{}{}", self.mcc, self.mnc)
    }

    /// `urn:x-rehome:sho:MCC-MNC`, the URI of CertSHO and its leaves.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("{SHO_URI}{self}")
    }

    /// Reads `urn:x-rehome:sho:MCC-MNC`.
    ///
    /// # Errors
    /// [`TrustError::ShoIdMalformed`] for any other text.
    pub fn from_uri(uri: &str) -> Result<Self, TrustError> {
        uri.strip_prefix(SHO_URI)
            .ok_or(TrustError::ShoIdMalformed)?
            .parse()
    }
}

impl FromStr for ShoId {
    type Err = TrustError;

    fn from_str(text: &str) -> Result<Self, TrustError> {
        let (mcc, mnc) = text.split_once('-').ok_or(TrustError::ShoIdMalformed)?;
        let decimal = |part: &str| part.bytes().all(|octet| octet.is_ascii_digit());
        if mcc.len() != 3 || !(2..=3).contains(&mnc.len()) || !decimal(mcc) || !decimal(mnc) {
            return Err(TrustError::ShoIdMalformed);
        }
        Ok(Self {
            mcc: mcc.to_owned(),
            mnc: mnc.to_owned(),
        })
    }
}

impl fmt::Display for ShoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.mcc, self.mnc)
    }
}

impl SupplierName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `urn:x-rehome:pva:SUPPLIER`, the URI of its PVA's server leaf.
    #[must_use]
    pub fn pva_uri(&self) -> String {
        format!("{PVA_URI}{self}")
    }

    /// The supplier that a TRE_id names. The TRE_id's shape is checked whole,
    /// so that a text which only begins like one is refused.
    ///
    /// # Errors
    /// [`TrustError::TreIdMalformed`] unless it is
    /// `urn:x-rehome:tre:SUPPLIER:ID` with 32 lower-case hexadecimal digits.
    pub fn of_tre_id(tre_id: &str) -> Result<Self, TrustError> {
        split_tre_id(tre_id).map(|(supplier, _)| supplier)
    }
}

/// The supplier and the 32 digits of a TRE_id.
pub(crate) fn split_tre_id(tre_id: &str) -> Result<(SupplierName, &str), TrustError> {
    let (supplier, digits) = tre_id
        .strip_prefix(TRE_URI)
        .and_then(|rest| rest.split_once(':'))
        .ok_or(TrustError::TreIdMalformed)?;
    let hex = |octet: u8| matches!(octet, b'0'..=b'9' | b'a'..=b'f');
    if digits.len() != 32 || !digits.bytes().all(hex) {
        return Err(TrustError::TreIdMalformed);
    }
    let supplier = supplier.parse().map_err(|_| TrustError::TreIdMalformed)?;
    Ok((supplier, digits))
}

impl FromStr for SupplierName {
    type Err = TrustError;

    fn from_str(text: &str) -> Result<Self, TrustError> {
        let fitting = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit();
        if (4..=16).contains(&text.len()) && text.bytes().all(fitting) {
            Ok(Self(text.to_owned()))
        } else {
            Err(TrustError::SupplierNameMalformed)
        }
    }
}

impl fmt::Display for SupplierName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
