//! GSUP messages of subscriber management (GSUP, clause "Message Format"):
//! `type u8`, the IMSI, then information elements in any order. Unknown
//! elements, and known ones that a message has no use for, are skipped.

mod decode;
mod encode;
mod header;
mod kind;

use std::num::NonZeroU8;

pub use header::{Header, Preamble};

use crate::{AuthTuple, CancelType, Cause, IsdnAddress, PdpInfo, RatType, Resync};

/// One GSUP message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Whom it is about and how it travels.
    pub header: Header,
    /// What it says.
    pub body: Body,
}

/// What a GSUP message says. "Node" is the SGSN or VLR.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Body {
    /// Node → HLR, type 04: the subscriber is here now.
    UpdateLocationRequest,
    /// HLR → node, type 05.
    UpdateLocationError(Cause),
    /// HLR → node, type 06, after the subscriber data were accepted. MAP's
    /// InsertSubscriberData may be folded into it.
    UpdateLocationResult(SubscriberData),
    /// Node → HLR, type 08.
    SendAuthInfoRequest(SendAuthInfoRequest),
    /// HLR → node, type 09.
    SendAuthInfoError(Cause),
    /// HLR → node, type 0a: up to [`AuthTuple::MAX_COUNT`] vectors, to be used
    /// in this order. They replace all that the node has.
    SendAuthInfoResult(Vec<AuthTuple>),
    /// Node → HLR, type 0b, without an answer: an authentication failed.
    AuthFailReport,
    /// Node → HLR, type 0c: the node forgot the subscriber.
    PurgeMsRequest {
        /// The number of the HLR that the node knows of.
        hlr_number: Option<IsdnAddress>,
    },
    /// HLR → node, type 0d.
    PurgeMsError(Cause),
    /// HLR → node, type 0e.
    PurgeMsResult {
        /// The P-TMSI must not be given out again for a while. GSUP calls it
        /// mandatory; OsmoHLR leaves it out.
        freeze_ptmsi: bool,
    },
    /// HLR → node, type 10: the subscription.
    InsertSubscriberDataRequest(SubscriberData),
    /// Node → HLR, type 11.
    InsertSubscriberDataError(Cause),
    /// Node → HLR, type 12.
    InsertSubscriberDataResult,
    /// HLR → node, type 1c: forget the subscriber.
    LocationCancelRequest {
        /// Why; without it, as [`CancelType::Update`].
        cancel_type: Option<CancelType>,
    },
    /// Node → HLR, type 1d.
    LocationCancelError(Cause),
    /// Node → HLR, type 1e.
    LocationCancelResult,
}

/// What a node asks an HLR for before it can authenticate a subscriber.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SendAuthInfoRequest {
    /// How many vectors are wanted. OsmoHLR takes anything outside 1 to 5 for
    /// 5, and so should every HLR.
    pub vectors: Option<NonZeroU8>,
    /// The USIM refused the last challenge and asks to resynchronise.
    pub resync: Option<Resync>,
    /// The radio access; decides on the AMF separation bit.
    pub current_rat: Option<RatType>,
}

/// A subscription as the HLR gives it to a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscriberData {
    /// The subscriber's number.
    pub msisdn: Option<IsdnAddress>,
    /// The HLR's number, for charging records.
    pub hlr_number: Option<IsdnAddress>,
    /// The node drops the packet data subscriptions that it has before it
    /// takes these.
    pub pdp_info_complete: bool,
    /// Packet data subscriptions, 10 at most. Without one, osmo-sgsn attaches
    /// the subscriber and refuses every PDP context.
    pub pdp_infos: Vec<PdpInfo>,
    /// Charging characteristics of the subscription (TS 32.215).
    pub charging: Option<[u8; 2]>,
}

impl SubscriberData {
    /// The most packet data subscriptions in one message.
    pub const MAX_PDP_INFOS: usize = 10;
}

impl Body {
    /// The cause of an error message.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        match self {
            Self::UpdateLocationError(cause)
            | Self::SendAuthInfoError(cause)
            | Self::PurgeMsError(cause)
            | Self::InsertSubscriberDataError(cause)
            | Self::LocationCancelError(cause) => Some(*cause),
            _ => None,
        }
    }
}
