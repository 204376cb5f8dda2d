//! Message types (GSUP, clause "Message Type") and the elements that each may
//! have beside those of the header.

use super::Body;
use crate::ie;

pub(super) const UPDATE_LOCATION_REQUEST: u8 = 0x04;
pub(super) const UPDATE_LOCATION_ERROR: u8 = 0x05;
pub(super) const UPDATE_LOCATION_RESULT: u8 = 0x06;
pub(super) const SEND_AUTH_INFO_REQUEST: u8 = 0x08;
pub(super) const SEND_AUTH_INFO_ERROR: u8 = 0x09;
pub(super) const SEND_AUTH_INFO_RESULT: u8 = 0x0a;
pub(super) const AUTH_FAIL_REPORT: u8 = 0x0b;
pub(super) const PURGE_MS_REQUEST: u8 = 0x0c;
pub(super) const PURGE_MS_ERROR: u8 = 0x0d;
pub(super) const PURGE_MS_RESULT: u8 = 0x0e;
pub(super) const INSERT_DATA_REQUEST: u8 = 0x10;
pub(super) const INSERT_DATA_ERROR: u8 = 0x11;
pub(super) const INSERT_DATA_RESULT: u8 = 0x12;
pub(super) const LOCATION_CANCEL_REQUEST: u8 = 0x1c;
pub(super) const LOCATION_CANCEL_ERROR: u8 = 0x1d;
pub(super) const LOCATION_CANCEL_RESULT: u8 = 0x1e;

/// The two low bits of a type say whether it asks, refuses or answers.
const CATEGORY: u8 = 0b11;
const REQUEST: u8 = 0b00;
const ERROR: u8 = 0b01;

pub(super) const fn is_request(message_type: u8) -> bool {
    message_type & CATEGORY == REQUEST
}

/// The error message that belongs to a request.
pub(super) const fn error_of(request: u8) -> u8 {
    request & !CATEGORY | ERROR
}

/// What a subscription may consist of.
const SUBSCRIBER_DATA: &[u8] = &[
    ie::MSISDN,
    ie::HLR_NUMBER,
    ie::PDP_INFO_COMPLETE,
    ie::PDP_INFO,
    ie::CHARGING,
];

/// The elements of a message beside the header's, or nothing for a type that
/// is not supported.
pub(super) const fn elements(message_type: u8) -> Option<&'static [u8]> {
    Some(match message_type {
        UPDATE_LOCATION_ERROR
        | SEND_AUTH_INFO_ERROR
        | PURGE_MS_ERROR
        | INSERT_DATA_ERROR
        | LOCATION_CANCEL_ERROR => &[ie::CAUSE],
        UPDATE_LOCATION_RESULT | INSERT_DATA_REQUEST => SUBSCRIBER_DATA,
        SEND_AUTH_INFO_REQUEST => &[ie::VECTORS, ie::AUTS, ie::RAND, ie::CURRENT_RAT],
        SEND_AUTH_INFO_RESULT => &[ie::AUTH_TUPLE],
        PURGE_MS_REQUEST => &[ie::HLR_NUMBER],
        PURGE_MS_RESULT => &[ie::FREEZE_PTMSI],
        LOCATION_CANCEL_REQUEST => &[ie::CANCEL_TYPE],
        UPDATE_LOCATION_REQUEST
        | AUTH_FAIL_REPORT
        | INSERT_DATA_RESULT
        | LOCATION_CANCEL_RESULT => &[],
        _ => return None,
    })
}

impl Body {
    /// The message type, the first octet of the message.
    #[must_use]
    pub const fn message_type(&self) -> u8 {
        match self {
            Self::UpdateLocationRequest => UPDATE_LOCATION_REQUEST,
            Self::UpdateLocationError(_) => UPDATE_LOCATION_ERROR,
            Self::UpdateLocationResult(_) => UPDATE_LOCATION_RESULT,
            Self::SendAuthInfoRequest(_) => SEND_AUTH_INFO_REQUEST,
            Self::SendAuthInfoError(_) => SEND_AUTH_INFO_ERROR,
            Self::SendAuthInfoResult(_) => SEND_AUTH_INFO_RESULT,
            Self::AuthFailReport => AUTH_FAIL_REPORT,
            Self::PurgeMsRequest { .. } => PURGE_MS_REQUEST,
            Self::PurgeMsError(_) => PURGE_MS_ERROR,
            Self::PurgeMsResult { .. } => PURGE_MS_RESULT,
            Self::InsertSubscriberDataRequest(_) => INSERT_DATA_REQUEST,
            Self::InsertSubscriberDataError(_) => INSERT_DATA_ERROR,
            Self::InsertSubscriberDataResult => INSERT_DATA_RESULT,
            Self::LocationCancelRequest { .. } => LOCATION_CANCEL_REQUEST,
            Self::LocationCancelError(_) => LOCATION_CANCEL_ERROR,
            Self::LocationCancelResult => LOCATION_CANCEL_RESULT,
        }
    }
}
