//! The HLR's GSUP interface: SendAuthInfo, UpdateLocation and PurgeMS for nodes
//! whose operator the transport has authenticated. What a node calls itself
//! inside GSUP decides nothing.

use std::num::NonZeroU8;

use aka::{AuthenticationVector, Auts, GsmTriplet, Imsi, Rand, SresConversion};
use gsup::{
    AuthTuple, Body, Cause, Message, PdpAddress, PdpInfo, Res, SendAuthInfoRequest, SubscriberData,
    UmtsPart,
};
use provisioning::ProvisioningError;
use provisioning::ports::StoreError;

use super::Shared;
use super::hlr::Wanted;
use crate::Error;

/// Vectors where a node does not say how many: OsmoHLR's five would age unused.
const VECTORS: usize = 5;

impl Shared {
    /// Answers a node's message, if it is one that has an answer.
    pub(super) async fn answer_node(&self, node: &str, message: &Message) -> Option<Message> {
        let header = message.header.reply();
        let imsi: Imsi = message.header.imsi.as_str().parse().ok()?;
        let body = match &message.body {
            Body::SendAuthInfoRequest(request) => {
                let wanted = wanted(request);
                match self.vectors(&imsi, node, &wanted).await {
                    Ok(vectors) => tuples(&vectors),
                    Err(error) => Body::SendAuthInfoError(cause(&error)),
                }
            }
            Body::UpdateLocationRequest => match self.located(&imsi, node).await {
                Ok(data) => Body::UpdateLocationResult(data),
                Err(error) => Body::UpdateLocationError(cause(&error)),
            },
            Body::PurgeMsRequest { .. } => Body::PurgeMsResult { freeze_ptmsi: true },
            _ => return None,
        };
        Some(Message { header, body })
    }

    async fn located(&self, imsi: &Imsi, node: &str) -> Result<SubscriberData, Error> {
        self.update_location(imsi, node).await?;
        let apn = self.config.access.apn.parse()?;
        Ok(SubscriberData {
            pdp_info_complete: true,
            pdp_infos: vec![PdpInfo {
                context_id: NonZeroU8::MIN,
                address: Some(PdpAddress::Ipv4(None)),
                apn: Some(apn),
                qos: None,
                charging: None,
            }],
            ..SubscriberData::default()
        })
    }
}

fn wanted(request: &SendAuthInfoRequest) -> Wanted {
    let count = request.vectors.map_or(VECTORS, |count| count.get().into());
    let resync = request
        .resync
        .map(|resync| (Rand(resync.rand), Auts(resync.auts)));
    Wanted { count, resync }
}

fn tuples(vectors: &[AuthenticationVector]) -> Body {
    let tuples: Result<Vec<_>, _> = vectors.iter().map(tuple).collect();
    tuples.map_or(
        Body::SendAuthInfoError(Cause::NetworkFailure),
        Body::SendAuthInfoResult,
    )
}

fn tuple(vector: &AuthenticationVector) -> Result<AuthTuple, gsup::GsupError> {
    let gsm = GsmTriplet::new(vector, SresConversion::Folded);
    Ok(AuthTuple {
        rand: vector.rand.0,
        sres: gsm.sres,
        kc: gsm.kc,
        umts: Some(UmtsPart {
            ik: vector.ik.clone(),
            ck: vector.ck.clone(),
            autn: vector.autn.0,
            res: Res::new(vector.xres.expose())?,
        }),
    })
}

/// What a visited network learns: that a subscriber is unknown, that a
/// resynchronisation was no good, or that it should try again.
fn cause(error: &Error) -> Cause {
    match error {
        Error::Unknown(_) | Error::Refused(ProvisioningError::Refused(_)) => Cause::ImsiUnknown,
        Error::Refused(ProvisioningError::Aka(_)) => Cause::SynchFailure,
        Error::Store(StoreError::Full) => Cause::Congestion,
        _ => Cause::NetworkFailure,
    }
}
