//! Elements of one octet: CN domain, cancellation type, message class, current
//! RAT type (GSUP, clauses of these names).

use crate::GsupError;
use crate::octets::Element;

/// A value without a name in its enum. Made only while decoding, so that each
/// value has one representation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OtherCode(u8);

/// The core network domain that a message is about. Where a request does not
/// say, it is [`CnDomain::Ps`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CnDomain {
    /// Packet switched.
    #[default]
    Ps,
    /// Circuit switched.
    Cs,
}

impl CnDomain {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Ps => 1,
            Self::Cs => 2,
        }
    }

    pub(crate) fn decode(element: Element<'_>) -> Result<Self, GsupError> {
        match element.octet()? {
            1 => Ok(Self::Ps),
            2 => Ok(Self::Cs),
            _ => Err(element.wrong_value()),
        }
    }
}

/// Why a location is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CancelType {
    /// The subscriber is now served elsewhere.
    Update,
    /// The subscription was withdrawn.
    Withdraw,
}

impl CancelType {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Update => 0,
            Self::Withdraw => 1,
        }
    }

    pub(crate) fn decode(element: Element<'_>) -> Result<Self, GsupError> {
        match element.octet()? {
            0 => Ok(Self::Update),
            1 => Ok(Self::Withdraw),
            _ => Err(element.wrong_value()),
        }
    }
}

/// What kind of message this is, for sorting; a reply repeats the request's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MessageClass {
    /// Subscriber management, the messages of this crate.
    SubscriberManagement,
    /// Short messages.
    Sms,
    /// Supplementary services.
    Ussd,
    /// Between two MSCs.
    InterMsc,
    /// Between an ePDG and its IPsec daemon.
    IpsecEpdg,
    /// Any other value.
    Other(OtherCode),
}

impl MessageClass {
    /// The octet on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::SubscriberManagement => 1,
            Self::Sms => 2,
            Self::Ussd => 3,
            Self::InterMsc => 4,
            Self::IpsecEpdg => 5,
            Self::Other(OtherCode(code)) => code,
        }
    }

    /// The class for an octet on the wire.
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        match code {
            1 => Self::SubscriberManagement,
            2 => Self::Sms,
            3 => Self::Ussd,
            4 => Self::InterMsc,
            5 => Self::IpsecEpdg,
            other => Self::Other(OtherCode(other)),
        }
    }
}

/// The radio access over which the subscriber asks. An AuC sets the AMF
/// separation bit (TS 33.102 annex H) for [`RatType::EutranSgs`] alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RatType {
    /// GERAN over the A or Gb interface.
    GeranA,
    /// UTRAN over the Iu interface.
    UtranIu,
    /// E-UTRAN.
    EutranSgs,
    /// Any other value.
    Other(OtherCode),
}

impl RatType {
    /// The octet on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::GeranA => 1,
            Self::UtranIu => 2,
            Self::EutranSgs => 3,
            Self::Other(OtherCode(code)) => code,
        }
    }

    /// The radio access for an octet on the wire.
    #[must_use]
    pub const fn from_code(code: u8) -> Self {
        match code {
            1 => Self::GeranA,
            2 => Self::UtranIu,
            3 => Self::EutranSgs,
            other => Self::Other(OtherCode(other)),
        }
    }
}
