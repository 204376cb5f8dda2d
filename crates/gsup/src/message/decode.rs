//! Octets to message (GSUP, clauses "General" and those of the messages, with
//! their mandatory elements).

use std::num::NonZeroU8;

use super::{Body, Header, Message, Preamble, SendAuthInfoRequest, SubscriberData, kind};
use crate::octets::{Element, Reader, once};
use crate::{AuthTuple, CancelType, Cause, GsupError, IsdnAddress, PdpInfo, RatType, Resync, ie};

impl Message {
    /// Reads one message, the payload of a GSUP frame.
    ///
    /// # Errors
    /// [`GsupError::UnsupportedMessage`] for a type that is not in [`Body`];
    /// otherwise one of the malformed kinds. [`GsupError::cause`] has the
    /// cause to answer with and [`Preamble::decode`] what the answer needs.
    pub fn decode(octets: &[u8]) -> Result<Self, GsupError> {
        let mut reader = Reader::new(octets);
        let Preamble {
            message_type,
            mut header,
        } = Preamble::begin(&mut reader)?;
        let Some(accepted) = kind::elements(message_type) else {
            return Err(GsupError::UnsupportedMessage {
                message_type,
                imsi: header.imsi,
            });
        };
        let mut fields = Fields::default();
        while let Some(element) = reader.element()? {
            if !header.accept(element)? && accepted.contains(&element.iei) {
                fields.accept(element, message_type)?;
            }
        }
        let body = fields.body(message_type, &header)?;
        Ok(Self { header, body })
    }
}

/// The elements of all bodies, as found.
#[derive(Default)]
struct Fields {
    cause: Option<Cause>,
    cancel_type: Option<CancelType>,
    pdp_info_complete: Option<()>,
    freeze_ptmsi: Option<()>,
    msisdn: Option<IsdnAddress>,
    hlr_number: Option<IsdnAddress>,
    pdp_infos: Vec<PdpInfo>,
    charging: Option<[u8; 2]>,
    tuples: Vec<AuthTuple>,
    vectors: Option<NonZeroU8>,
    auts: Option<[u8; 14]>,
    rand: Option<[u8; 16]>,
    current_rat: Option<RatType>,
}

impl Fields {
    fn accept(&mut self, element: Element<'_>, message_type: u8) -> Result<(), GsupError> {
        let iei = element.iei;
        match iei {
            ie::CAUSE => once(&mut self.cause, iei, Cause::from_code(element.octet()?)),
            ie::CANCEL_TYPE => once(&mut self.cancel_type, iei, CancelType::decode(element)?),
            ie::PDP_INFO_COMPLETE => once(&mut self.pdp_info_complete, iei, element.flag()?),
            ie::FREEZE_PTMSI => once(&mut self.freeze_ptmsi, iei, element.flag()?),
            ie::MSISDN => once(&mut self.msisdn, iei, IsdnAddress::decode(element)?),
            ie::HLR_NUMBER => once(&mut self.hlr_number, iei, IsdnAddress::decode(element)?),
            ie::CHARGING => once(&mut self.charging, iei, element.array()?),
            ie::VECTORS => once(&mut self.vectors, iei, count(element)?),
            ie::AUTS => once(&mut self.auts, iei, element.array()?),
            ie::RAND => once(&mut self.rand, iei, element.array()?),
            ie::CURRENT_RAT => {
                let rat = RatType::from_code(element.octet()?);
                once(&mut self.current_rat, iei, rat)
            }
            ie::PDP_INFO => {
                limited(&self.pdp_infos, iei, SubscriberData::MAX_PDP_INFOS)?;
                self.pdp_infos.push(PdpInfo::decode(element, message_type)?);
                Ok(())
            }
            ie::AUTH_TUPLE => {
                limited(&self.tuples, iei, AuthTuple::MAX_COUNT)?;
                self.tuples.push(AuthTuple::decode(element, message_type)?);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn body(self, message_type: u8, header: &Header) -> Result<Body, GsupError> {
        let cause = self.cause.ok_or(GsupError::ElementMissing {
            message_type,
            iei: ie::CAUSE,
        });
        Ok(match message_type {
            kind::UPDATE_LOCATION_REQUEST => Body::UpdateLocationRequest,
            kind::UPDATE_LOCATION_ERROR => Body::UpdateLocationError(cause?),
            kind::UPDATE_LOCATION_RESULT => Body::UpdateLocationResult(self.subscriber_data()),
            kind::SEND_AUTH_INFO_REQUEST => Body::SendAuthInfoRequest(self.send_auth_info()?),
            kind::SEND_AUTH_INFO_ERROR => Body::SendAuthInfoError(cause?),
            kind::SEND_AUTH_INFO_RESULT => Body::SendAuthInfoResult(self.tuples),
            kind::AUTH_FAIL_REPORT => Body::AuthFailReport,
            kind::PURGE_MS_REQUEST => Body::PurgeMsRequest {
                hlr_number: self.hlr_number,
            },
            kind::PURGE_MS_ERROR => Body::PurgeMsError(cause?),
            kind::PURGE_MS_RESULT => Body::PurgeMsResult {
                freeze_ptmsi: self.freeze_ptmsi.is_some(),
            },
            kind::INSERT_DATA_REQUEST => Body::InsertSubscriberDataRequest(self.subscriber_data()),
            kind::INSERT_DATA_ERROR => Body::InsertSubscriberDataError(cause?),
            kind::INSERT_DATA_RESULT => Body::InsertSubscriberDataResult,
            kind::LOCATION_CANCEL_REQUEST => Body::LocationCancelRequest {
                cancel_type: self.cancel_type,
            },
            kind::LOCATION_CANCEL_ERROR => Body::LocationCancelError(cause?),
            kind::LOCATION_CANCEL_RESULT => Body::LocationCancelResult,
            _ => {
                return Err(GsupError::UnsupportedMessage {
                    message_type,
                    imsi: header.imsi.clone(),
                });
            }
        })
    }

    fn subscriber_data(self) -> SubscriberData {
        SubscriberData {
            msisdn: self.msisdn,
            hlr_number: self.hlr_number,
            pdp_info_complete: self.pdp_info_complete.is_some(),
            pdp_infos: self.pdp_infos,
            charging: self.charging,
        }
    }

    fn send_auth_info(&self) -> Result<SendAuthInfoRequest, GsupError> {
        Ok(SendAuthInfoRequest {
            vectors: self.vectors,
            resync: Resync::from_parts(self.auts, self.rand)?,
            current_rat: self.current_rat,
        })
    }
}

fn count(element: Element<'_>) -> Result<NonZeroU8, GsupError> {
    NonZeroU8::new(element.octet()?).ok_or_else(|| element.wrong_value())
}

fn limited<T>(list: &[T], iei: u8, limit: usize) -> Result<(), GsupError> {
    if list.len() < limit {
        Ok(())
    } else {
        Err(GsupError::ElementCount { iei, limit })
    }
}
