//! That a certificate was revoked, when and why (RFC 5280 clause 5.3.1), as OCSP
//! answers and revocation lists both say it.

use clock::Timestamp;
use der::Enumerated;

/// When a certificate was revoked and for what reason, if that is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// The moment, in whole seconds.
    pub at: Timestamp,
    /// The reason. Absent means unspecified.
    pub reason: Option<RevocationReason>,
}

/// CRLReason (RFC 5280 clause 5.3.1); 7 is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enumerated)]
#[repr(u32)]
pub enum RevocationReason {
    /// Nothing more is said; better left out.
    Unspecified = 0,
    /// The subject's key is or may be known to others.
    KeyCompromise = 1,
    /// The same of the issuer's key.
    CaCompromise = 2,
    /// A name or something else in it has changed.
    AffiliationChanged = 3,
    /// Another certificate has taken its place.
    Superseded = 4,
    /// It is not needed any more.
    CessationOfOperation = 5,
    /// Suspended.
    CertificateHold = 6,
    /// Taken off the list again; only in delta lists, which are not supported.
    RemoveFromCrl = 8,
    /// The subject may no longer do what it was allowed to.
    PrivilegeWithdrawn = 9,
    /// The same as [`Self::CaCompromise`], of an attribute authority.
    AaCompromise = 10,
}

impl RevocationReason {
    /// Every reason.
    pub const ALL: [Self; 10] = [
        Self::Unspecified,
        Self::KeyCompromise,
        Self::CaCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::CertificateHold,
        Self::RemoveFromCrl,
        Self::PrivilegeWithdrawn,
        Self::AaCompromise,
    ];

    /// Its name in RFC 5280 clause 5.3.1.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "cACompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::CertificateHold => "certificateHold",
            Self::RemoveFromCrl => "removeFromCRL",
            Self::PrivilegeWithdrawn => "privilegeWithdrawn",
            Self::AaCompromise => "aACompromise",
        }
    }

    /// The reason of this name, in any case.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|reason| reason.name().eq_ignore_ascii_case(name))
    }

    /// The reason of this number.
    #[must_use]
    pub fn by_number(number: u32) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|reason| *reason as u32 == number)
    }
}
