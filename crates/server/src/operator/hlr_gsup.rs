//! The HLR's GSUP interface: SendAuthInfo, UpdateLocation and PurgeMS for nodes
//! that the transport has authenticated, each for the subscribers that it was
//! registered for. What a node calls itself inside GSUP decides nothing.

use std::num::NonZeroU8;

use aka::{AuthenticationVector, Auts, GsmTriplet, Imsi, Rand, SresConversion};
use gsup::{
    AuthTuple, Body, Cause, Header, Message, PdpAddress, PdpInfo, Res, SendAuthInfoRequest,
    SubscriberData, UmtsPart,
};
use provisioning::ProvisioningError;
use provisioning::ports::StoreError;

use super::Shared;
use super::hlr::Wanted;
use crate::Error;
use crate::gsup_link::Caller;

/// Vectors where a node does not say how many: OsmoHLR's five would age unused.
const VECTORS: usize = 5;

impl Shared {
    /// Answers a node's message, if it is one that has an answer.
    pub(super) async fn answer_node(&self, from: &Caller, message: &Message) -> Option<Message> {
        let header = message.header.reply();
        let node = from.node();
        let imsi: Imsi = message.header.imsi.as_str().parse().ok()?;
        if !self.who.may_ask(node, &imsi) {
            let body = refusal(&message.body, Cause::ImsiUnknown)?;
            return Some(Message { header, body });
        }
        let body = match &message.body {
            Body::SendAuthInfoRequest(request) => {
                let wanted = wanted(request);
                match self.vectors(&imsi, node, &wanted).await {
                    Ok(vectors) => tuples(&vectors),
                    Err(error) => Body::SendAuthInfoError(cause(&error)),
                }
            }
            Body::UpdateLocationRequest => match self.locate(from, &message.header).await {
                Ok(()) => Body::UpdateLocationResult(SubscriberData::default()),
                Err(cause) => Body::UpdateLocationError(cause),
            },
            Body::PurgeMsRequest { .. } => Body::PurgeMsResult { freeze_ptmsi: true },
            _ => return None,
        };
        Some(Message { header, body })
    }

    /// UpdateLocation (TS 29.002 clause 19.1.1, in the order of OsmoHLR): the
    /// node takes the subscriber data, then the subscriber is there.
    async fn locate(&self, from: &Caller, header: &Header) -> Result<(), Cause> {
        let imsi: Imsi = header
            .imsi
            .as_str()
            .parse()
            .map_err(|_| Cause::ImsiUnknown)?;
        let _room = from.procedure().ok_or(Cause::Congestion)?;
        self.check_enabled(&imsi)
            .await
            .map_err(|error| cause(&error))?;
        let data = self.subscriber_data().map_err(|error| cause(&error))?;
        let request = Message {
            header: Header {
                cn_domain: header.cn_domain,
                ..header.reply()
            },
            body: Body::InsertSubscriberDataRequest(data),
        };
        let answer = from.ask(request, self.config.hlr.patience).await;
        match answer.map(|answer| answer.body) {
            Ok(Body::InsertSubscriberDataResult) => {}
            Ok(other) => return Err(other.cause().unwrap_or(Cause::NetworkFailure)),
            Err(_) => return Err(Cause::NetworkFailure),
        }
        let located = self.update_location(&imsi, from.node()).await;
        located.map_err(|error| cause(&error))
    }

    fn subscriber_data(&self) -> Result<SubscriberData, Error> {
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

/// The error message to a request of a node.
fn refusal(request: &Body, cause: Cause) -> Option<Body> {
    match request {
        Body::SendAuthInfoRequest(_) => Some(Body::SendAuthInfoError(cause)),
        Body::UpdateLocationRequest => Some(Body::UpdateLocationError(cause)),
        Body::PurgeMsRequest { .. } => Some(Body::PurgeMsError(cause)),
        _ => None,
    }
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
