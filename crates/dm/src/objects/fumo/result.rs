//! What became of a firmware operation (OMA FUMO 1.0 clause 6.2.4, result
//! codes).
//!
//! The transcription at hand lacks 412 and calls 500 a failed update. Both are
//! taken here as programs of several makers have them.

use crate::Error;

/// A result code as the server gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResultCode(u16);

impl ResultCode {
    /// It worked.
    pub const SUCCESS: Self = Self(200);
    /// The device or its user stood in the way.
    pub const CLIENT_ERROR: Self = Self(400);
    /// The user said no.
    pub const USER_CANCELLED: Self = Self(401);
    /// The package is not what was sent: length or digest differ.
    pub const CORRUPTED: Self = Self(402);
    /// The package is for another device.
    pub const DEVICE_MISMATCH: Self = Self(403);
    /// The package's signature can't be verified.
    pub const NOT_VALIDATED: Self = Self(404);
    /// The package is not acceptable.
    pub const NOT_ACCEPTABLE: Self = Self(405);
    /// The download server asked for an authentication that failed.
    pub const AUTHENTICATION: Self = Self(406);
    /// The download took too long.
    pub const TIMED_OUT: Self = Self(407);
    /// The device does not do this.
    pub const NOT_IMPLEMENTED: Self = Self(408);
    /// Anything else.
    pub const UNDEFINED: Self = Self(409);
    /// The update failed.
    pub const UPDATE_FAILED: Self = Self(410);
    /// The URL can't be used.
    pub const BAD_URL: Self = Self(411);
    /// The download server does not answer.
    pub const SERVER_UNAVAILABLE: Self = Self(412);
    /// The download server failed.
    pub const SERVER_ERROR: Self = Self(500);
    /// No room for the package.
    pub const NO_ROOM_TO_DOWNLOAD: Self = Self(501);
    /// No room for the update.
    pub const NO_ROOM_TO_UPDATE: Self = Self(502);
    /// The network failed.
    pub const NETWORK: Self = Self(503);

    /// Every code that the specification names.
    pub const NAMED: [Self; 18] = [
        Self::SUCCESS,
        Self::CLIENT_ERROR,
        Self::USER_CANCELLED,
        Self::CORRUPTED,
        Self::DEVICE_MISMATCH,
        Self::NOT_VALIDATED,
        Self::NOT_ACCEPTABLE,
        Self::AUTHENTICATION,
        Self::TIMED_OUT,
        Self::NOT_IMPLEMENTED,
        Self::UNDEFINED,
        Self::UPDATE_FAILED,
        Self::BAD_URL,
        Self::SERVER_UNAVAILABLE,
        Self::SERVER_ERROR,
        Self::NO_ROOM_TO_DOWNLOAD,
        Self::NO_ROOM_TO_UPDATE,
        Self::NETWORK,
    ];

    /// A code of the manufacturer: 250 to 299 for success, 450 to 499 for the
    /// device's and 550 to 599 for the download server's failures.
    ///
    /// # Errors
    /// [`Error::Misuse`] for any other number.
    pub const fn vendor(code: u16) -> Result<Self, Error> {
        match code {
            250..=299 | 450..=499 | 550..=599 => Ok(Self(code)),
            _ => Err(Error::Misuse("not a result code of a manufacturer")),
        }
    }

    /// The number.
    #[must_use]
    pub const fn code(self) -> u16 {
        self.0
    }

    /// Whether it reports that the operation worked.
    #[must_use]
    pub const fn is_success(self) -> bool {
        self.0 < 300
    }
}
