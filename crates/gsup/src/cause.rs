//! Why a request was refused: the GMM cause of TS 24.008 clause 10.5.5.14,
//! table 10.5.147.

/// A cause value without a name in [`Cause`]. Made only by
/// [`Cause::from_code`], so that each code has one representation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UnassignedCause(u8);

macro_rules! causes {
    ($($code:literal $name:ident $text:literal;)+) => {
        /// The cause in an error message.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Cause {
            $(#[doc = $text] $name,)+
            /// A value outside the table, kept as it came. OsmoHLR sends some
            /// (38, which is "network failure" among the causes of session
            /// management).
            Other(UnassignedCause),
        }

        impl Cause {
            /// The cause for an octet on the wire.
            #[must_use]
            pub const fn from_code(code: u8) -> Self {
                match code {
                    $($code => Self::$name,)+
                    other => Self::Other(UnassignedCause(other)),
                }
            }

            /// The octet on the wire.
            #[must_use]
            pub const fn code(self) -> u8 {
                match self {
                    $(Self::$name => $code,)+
                    Self::Other(UnassignedCause(code)) => code,
                }
            }

            /// The table's words for it.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                    Self::Other(_) => "unassigned cause",
                }
            }
        }
    };
}

causes! {
    2 ImsiUnknown "IMSI unknown in HLR";
    3 IllegalMs "Illegal MS";
    5 ImeiNotAccepted "IMEI not accepted";
    6 IllegalMe "Illegal ME";
    7 GprsNotAllowed "GPRS services not allowed";
    8 GprsAndNonGprsNotAllowed "GPRS services and non-GPRS services not allowed";
    9 IdentityNotDerived "MS identity cannot be derived by the network";
    10 ImplicitlyDetached "Implicitly detached";
    11 PlmnNotAllowed "PLMN not allowed";
    12 LocationAreaNotAllowed "Location Area not allowed";
    13 RoamingNotAllowed "Roaming not allowed in this location area";
    14 GprsNotAllowedInPlmn "GPRS services not allowed in this PLMN";
    15 NoSuitableCells "No Suitable Cells In Location Area";
    16 MscNotReachable "MSC temporarily not reachable";
    17 NetworkFailure "Network failure";
    20 MacFailure "MAC failure";
    21 SynchFailure "Synch failure";
    22 Congestion "Congestion";
    23 GsmAuthenticationUnacceptable "GSM authentication unacceptable";
    25 NotAuthorisedForCsg "Not authorized for this CSG";
    28 SmsViaGprs "SMS provided via GPRS in this routing area";
    40 NoPdpContext "No PDP context activated";
    95 SemanticallyIncorrect "Semantically incorrect message";
    96 InvalidMandatoryInformation "Invalid mandatory information";
    97 MessageTypeNotImplemented "Message type non-existent or not implemented";
    98 MessageTypeIncompatible "Message type not compatible with the protocol state";
    99 ElementNotImplemented "Information element non-existent or not implemented";
    100 ConditionalElementError "Conditional IE error";
    101 MessageIncompatible "Message not compatible with the protocol state";
    111 ProtocolErrorUnspecified "Protocol error, unspecified";
}
