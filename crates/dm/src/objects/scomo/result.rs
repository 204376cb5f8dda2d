//! What became of an operation on software (OMA SCOMO 1.0, result codes).

use crate::Error;

/// A result code as the server gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResultCode(u16);

impl ResultCode {
    /// It worked.
    pub const SUCCESS: Self = Self(1200);
    /// The device or its user stood in the way.
    pub const CLIENT_ERROR: Self = Self(1400);
    /// The user said no.
    pub const USER_CANCELLED: Self = Self(1401);
    /// The package can't be fetched.
    pub const DOWNLOAD_FAILED: Self = Self(1402);
    /// The download server asked for an authentication that failed.
    pub const AUTHENTICATION: Self = Self(1403);
    /// No room for the package.
    pub const NO_ROOM_TO_DOWNLOAD: Self = Self(1404);
    /// The package can't be installed.
    pub const INSTALL_FAILED: Self = Self(1405);
    /// No room for the component.
    pub const NO_ROOM_TO_INSTALL: Self = Self(1406);
    /// The package's signature can't be verified.
    pub const NOT_VALIDATED: Self = Self(1407);
    /// It can't be removed.
    pub const REMOVE_FAILED: Self = Self(1408);
    /// It can't be activated.
    pub const ACTIVATE_FAILED: Self = Self(1409);
    /// It can't be deactivated.
    pub const DEACTIVATE_FAILED: Self = Self(1410);
    /// The device does not do this.
    pub const NOT_IMPLEMENTED: Self = Self(1411);
    /// Anything else.
    pub const UNDEFINED: Self = Self(1412);
    /// The package is for another environment.
    pub const WRONG_ENVIRONMENT: Self = Self(1413);
    /// The download server failed.
    pub const SERVER_ERROR: Self = Self(1500);
    /// The download server does not answer.
    pub const SERVER_UNAVAILABLE: Self = Self(1501);

    /// Every code that has a name.
    pub const NAMED: [Self; 17] = [
        Self::SUCCESS,
        Self::CLIENT_ERROR,
        Self::USER_CANCELLED,
        Self::DOWNLOAD_FAILED,
        Self::AUTHENTICATION,
        Self::NO_ROOM_TO_DOWNLOAD,
        Self::INSTALL_FAILED,
        Self::NO_ROOM_TO_INSTALL,
        Self::NOT_VALIDATED,
        Self::REMOVE_FAILED,
        Self::ACTIVATE_FAILED,
        Self::DEACTIVATE_FAILED,
        Self::NOT_IMPLEMENTED,
        Self::UNDEFINED,
        Self::WRONG_ENVIRONMENT,
        Self::SERVER_ERROR,
        Self::SERVER_UNAVAILABLE,
    ];

    /// A code of the manufacturer: 1250 to 1299 for success, 1450 to 1499 for
    /// the device's and 1550 to 1599 for the download server's failures.
    ///
    /// # Errors
    /// [`Error::Misuse`] for any other number.
    pub const fn vendor(code: u16) -> Result<Self, Error> {
        match code {
            1250..=1299 | 1450..=1499 | 1550..=1599 => Ok(Self(code)),
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
        self.0 < 1300
    }
}
