//! The information elements of GSUP (clause "Information Elements") and their
//! identifiers (clause "IE Identifier").

pub(crate) mod apn;
pub(crate) mod auth;
mod bcd;
pub(crate) mod code;
pub(crate) mod imsi;
pub(crate) mod isdn;
pub(crate) mod pdp;

pub(crate) const IMSI: u8 = 0x01;
pub(crate) const CAUSE: u8 = 0x02;
pub(crate) const AUTH_TUPLE: u8 = 0x03;
pub(crate) const PDP_INFO_COMPLETE: u8 = 0x04;
pub(crate) const PDP_INFO: u8 = 0x05;
pub(crate) const CANCEL_TYPE: u8 = 0x06;
pub(crate) const FREEZE_PTMSI: u8 = 0x07;
pub(crate) const MSISDN: u8 = 0x08;
pub(crate) const HLR_NUMBER: u8 = 0x09;
pub(crate) const MESSAGE_CLASS: u8 = 0x0a;
pub(crate) const PDP_CONTEXT_ID: u8 = 0x10;
pub(crate) const PDP_ADDRESS: u8 = 0x11;
pub(crate) const ACCESS_POINT_NAME: u8 = 0x12;
pub(crate) const QOS: u8 = 0x13;
pub(crate) const CHARGING: u8 = 0x14;
pub(crate) const RAND: u8 = 0x20;
pub(crate) const SRES: u8 = 0x21;
pub(crate) const KC: u8 = 0x22;
pub(crate) const IK: u8 = 0x23;
pub(crate) const CK: u8 = 0x24;
pub(crate) const AUTN: u8 = 0x25;
pub(crate) const AUTS: u8 = 0x26;
pub(crate) const RES: u8 = 0x27;
pub(crate) const CN_DOMAIN: u8 = 0x28;
pub(crate) const CURRENT_RAT: u8 = 0x2a;
pub(crate) const VECTORS: u8 = 0x52;
pub(crate) const SOURCE_NAME: u8 = 0x60;
pub(crate) const DESTINATION_NAME: u8 = 0x61;
