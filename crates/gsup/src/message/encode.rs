//! Message to octets, the elements in the order that libosmocore writes them.
//! GSUP leaves the order free after the IMSI; this one is compared octet by
//! octet with real messages.

use secret::SecretBytes;

use super::{Body, Message, SendAuthInfoRequest, SubscriberData};
use crate::octets::Writer;
use crate::{AuthTuple, Cause, GsupError, ie};

/// No message is longer: ten PDP infos have 1,570 octets, five vectors 540,
/// names 262, and the rest stays under 100.
pub(super) const CAPACITY: usize = 2048;

impl Message {
    /// Writes the payload of a GSUP frame. The octets are as secret as the
    /// keys in them.
    ///
    /// A message of more than 1,200 octets in its frame is more than
    /// libosmocore's peers take; only subscriber data with many long APNs
    /// comes there.
    ///
    /// # Errors
    /// [`GsupError::ElementCount`] for more vectors or PDP infos than GSUP
    /// allows.
    pub fn encode(&self) -> Result<SecretBytes, GsupError> {
        let mut writer = Writer::with_capacity(CAPACITY);
        writer.u8(self.body.message_type());
        self.header.imsi.encode(&mut writer)?;
        self.body.encode_leading(&mut writer)?;
        if let Some(domain) = self.header.cn_domain {
            writer.element(ie::CN_DOMAIN, &[domain.code()])?;
        }
        self.body.encode_charging(&mut writer)?;
        self.header.encode_routing(&mut writer)?;
        self.body.encode_rat(&mut writer)?;
        Ok(writer.finish())
    }
}

impl Body {
    /// What comes before the CN domain.
    fn encode_leading(&self, writer: &mut Writer) -> Result<(), GsupError> {
        match self {
            Self::UpdateLocationResult(data) | Self::InsertSubscriberDataRequest(data) => {
                data.encode(writer)
            }
            Self::SendAuthInfoRequest(request) => request.encode(writer),
            Self::SendAuthInfoResult(tuples) => encode_tuples(tuples, writer),
            Self::UpdateLocationError(cause)
            | Self::SendAuthInfoError(cause)
            | Self::PurgeMsError(cause)
            | Self::InsertSubscriberDataError(cause)
            | Self::LocationCancelError(cause) => encode_cause(*cause, writer),
            Self::PurgeMsRequest {
                hlr_number: Some(number),
            } => writer.element(ie::HLR_NUMBER, number.octets()),
            Self::PurgeMsResult { freeze_ptmsi: true } => writer.element(ie::FREEZE_PTMSI, &[]),
            Self::LocationCancelRequest {
                cancel_type: Some(cancel_type),
            } => writer.element(ie::CANCEL_TYPE, &[cancel_type.code()]),
            Self::UpdateLocationRequest
            | Self::AuthFailReport
            | Self::PurgeMsRequest { hlr_number: None }
            | Self::PurgeMsResult {
                freeze_ptmsi: false,
            }
            | Self::InsertSubscriberDataResult
            | Self::LocationCancelRequest { cancel_type: None }
            | Self::LocationCancelResult => Ok(()),
        }
    }

    fn encode_charging(&self, writer: &mut Writer) -> Result<(), GsupError> {
        match self {
            Self::UpdateLocationResult(SubscriberData {
                charging: Some(charging),
                ..
            })
            | Self::InsertSubscriberDataRequest(SubscriberData {
                charging: Some(charging),
                ..
            }) => writer.element(ie::CHARGING, charging),
            _ => Ok(()),
        }
    }

    fn encode_rat(&self, writer: &mut Writer) -> Result<(), GsupError> {
        match self {
            Self::SendAuthInfoRequest(SendAuthInfoRequest {
                current_rat: Some(rat),
                ..
            }) => writer.element(ie::CURRENT_RAT, &[rat.code()]),
            _ => Ok(()),
        }
    }
}

impl SubscriberData {
    fn encode(&self, writer: &mut Writer) -> Result<(), GsupError> {
        let limit = Self::MAX_PDP_INFOS;
        if self.pdp_infos.len() > limit {
            let iei = ie::PDP_INFO;
            return Err(GsupError::ElementCount { iei, limit });
        }
        if let Some(msisdn) = &self.msisdn {
            writer.element(ie::MSISDN, msisdn.octets())?;
        }
        if let Some(number) = &self.hlr_number {
            writer.element(ie::HLR_NUMBER, number.octets())?;
        }
        if self.pdp_info_complete {
            writer.element(ie::PDP_INFO_COMPLETE, &[])?;
        }
        self.pdp_infos
            .iter()
            .try_for_each(|info| info.encode(writer))
    }
}

impl SendAuthInfoRequest {
    fn encode(&self, writer: &mut Writer) -> Result<(), GsupError> {
        if let Some(vectors) = self.vectors {
            writer.element(ie::VECTORS, &[vectors.get()])?;
        }
        match &self.resync {
            Some(resync) => resync.encode(writer),
            None => Ok(()),
        }
    }
}

fn encode_tuples(tuples: &[AuthTuple], writer: &mut Writer) -> Result<(), GsupError> {
    let limit = AuthTuple::MAX_COUNT;
    if tuples.len() > limit {
        let iei = ie::AUTH_TUPLE;
        return Err(GsupError::ElementCount { iei, limit });
    }
    tuples.iter().try_for_each(|tuple| tuple.encode(writer))
}

fn encode_cause(cause: Cause, writer: &mut Writer) -> Result<(), GsupError> {
    writer.element(ie::CAUSE, &[cause.code()])
}
