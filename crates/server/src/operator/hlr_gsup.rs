//! The HLR's GSUP interface (docs/hlr.md): SendAuthInfo, UpdateLocation with
//! InsertSubscriberData, and PurgeMS for nodes that the transport has
//! authenticated, each for the subscribers that it was registered for. What a
//! node calls itself inside GSUP decides nothing.

use std::num::NonZeroU8;

use aka::{Amf, AuthenticationVector, Auts, GsmTriplet, Imsi, Rand, SresConversion};
use clock::Random;
use gsup::{
    AuthTuple, Body, Cause, CnDomain, Header, Message, PdpAddress, PdpInfo, RatType, Res,
    SendAuthInfoRequest, SubscriberData, UmtsPart,
};
use provisioning::ProvisioningError;
use provisioning::hlr::{Domain, Location};
use provisioning::ports::StoreError;
use tokens::os::OsRandom;

use super::Shared;
use super::cancel::cn_domain;
use super::hlr::Wanted;
use super::who::Denied;
use crate::Error;
use crate::gsup_link::Caller;

/// Vectors where a node does not say how many, as OsmoHLR gives them.
const VECTORS: usize = 5;

impl Shared {
    /// Answers a node's message, if it is one that has an answer.
    pub(super) async fn answer_node(&self, from: &Caller, message: &Message) -> Option<Message> {
        let answer = |body| Message {
            header: message.header.reply(),
            body,
        };
        let refuse = refusal(&message.body)?;
        let Ok(imsi) = message.header.imsi.as_str().parse::<Imsi>() else {
            return Some(answer(refuse(Cause::ImsiUnknown)));
        };
        if let Err(denied) = self.who.may_ask(from.node(), &imsi, self.ticks.now()) {
            let cause = match denied {
                Denied::NotServed => Cause::ImsiUnknown,
                Denied::TooOften => Cause::Congestion,
            };
            return Some(answer(refuse(cause)));
        }
        let body = match &message.body {
            Body::SendAuthInfoRequest(request) => {
                self.send_auth_info(from, &imsi, &message.header, request)
                    .await
            }
            Body::UpdateLocationRequest => self
                .locate(from, &imsi, &message.header)
                .await
                .map(|()| Body::UpdateLocationResult(SubscriberData::default())),
            Body::PurgeMsRequest { .. } => self.purged(from, &imsi, &message.header).await,
            _ => Err(Cause::MessageTypeIncompatible),
        };
        Some(answer(body.unwrap_or_else(refuse)))
    }

    async fn send_auth_info(
        &self,
        from: &Caller,
        imsi: &Imsi,
        header: &Header,
        request: &SendAuthInfoRequest,
    ) -> Result<Body, Cause> {
        let wanted = wanted(header, request);
        let vectors = self.vectors(imsi, from.node(), &wanted).await;
        let vectors = vectors.map_err(|error| cause(&error))?;
        let gsm = self.config.hlr.gsm_triplets;
        let tuples: Result<Vec<_>, _> = vectors.iter().map(|vector| tuple(vector, gsm)).collect();
        tuples
            .map(Body::SendAuthInfoResult)
            .map_err(|_| Cause::NetworkFailure)
    }

    /// UpdateLocation (TS 29.002 clause 19.1.1, in the order of OsmoHLR): the
    /// node takes the subscriber data, then the subscriber is there.
    async fn locate(&self, from: &Caller, imsi: &Imsi, header: &Header) -> Result<(), Cause> {
        let _room = from.procedure().ok_or(Cause::Congestion)?;
        let enabled = self.check_enabled(imsi).await;
        enabled.map_err(|error| cause(&error))?;
        let domain = domain(header);
        let data = self.subscriber_data(domain);
        let request = Message {
            header: Header {
                cn_domain: Some(cn_domain(domain)),
                ..header.reply()
            },
            body: Body::InsertSubscriberDataRequest(data.map_err(|error| cause(&error))?),
        };
        let answer = from.ask(request, self.config.hlr.patience).await;
        match answer.map(|answer| answer.body) {
            Ok(Body::InsertSubscriberDataResult) => {}
            Ok(other) => return Err(other.cause().unwrap_or(Cause::NetworkFailure)),
            Err(_) => return Err(Cause::NetworkFailure),
        }
        let located = self.update_location(imsi, domain, &location(from)).await;
        located.map_err(|error| cause(&error))
    }

    async fn purged(&self, from: &Caller, imsi: &Imsi, header: &Header) -> Result<Body, Cause> {
        let domain = domain(header);
        let purged = self.purge(imsi, domain, &location(from)).await;
        purged.map_err(|error| cause(&error))?;
        Ok(Body::PurgeMsResult {
            freeze_ptmsi: domain == Domain::Packet,
        })
    }

    /// The subscription: one access point in the packet switched domain, nothing
    /// in the other.
    fn subscriber_data(&self, domain: Domain) -> Result<SubscriberData, Error> {
        if domain == Domain::Circuit {
            return Ok(SubscriberData::default());
        }
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

fn domain(header: &Header) -> Domain {
    match header.domain() {
        CnDomain::Ps => Domain::Packet,
        CnDomain::Cs => Domain::Circuit,
    }
}

fn location(from: &Caller) -> Location {
    Location {
        node: from.node().to_owned(),
        unit: from.unit().to_owned(),
    }
}

fn wanted(header: &Header, request: &SendAuthInfoRequest) -> Wanted {
    // Only a vector for EPS has the separation bit (TS 33.401 clause 6.1.2).
    let separated = request.current_rat == Some(RatType::EutranSgs);
    Wanted {
        domain: domain(header),
        count: request.vectors.map_or(VECTORS, |count| count.get().into()),
        amf: Amf(if separated { [0x80, 0] } else { [0, 0] }),
        resync: request
            .resync
            .map(|resync| (Rand(resync.rand), Auts(resync.auts))),
    }
}

/// A vector as GSUP carries it. Clients of libosmocore take a tuple without SRES
/// and Kc for one with SRES and Kc of zeros, which anybody could answer. So where
/// there is to be no GSM authentication, both are drawn: nobody can answer that.
fn tuple(vector: &AuthenticationVector, gsm: bool) -> Result<AuthTuple, gsup::GsupError> {
    let (sres, kc) = if gsm {
        let triplet = GsmTriplet::new(vector, SresConversion::Folded);
        (triplet.sres, triplet.kc)
    } else {
        (OsRandom.array().into(), OsRandom.array().into())
    };
    Ok(AuthTuple {
        rand: vector.rand.0,
        sres,
        kc,
        umts: Some(UmtsPart {
            ik: vector.ik.clone(),
            ck: vector.ck.clone(),
            autn: vector.autn.0,
            res: Res::new(vector.xres.expose())?,
        }),
    })
}

/// How a request is refused; nothing for what is no request. A node that asks
/// what only an HLR asks hears so.
fn refusal(request: &Body) -> Option<fn(Cause) -> Body> {
    Some(match request {
        Body::SendAuthInfoRequest(_) => Body::SendAuthInfoError,
        Body::UpdateLocationRequest => Body::UpdateLocationError,
        Body::PurgeMsRequest { .. } => Body::PurgeMsError,
        Body::InsertSubscriberDataRequest(_) => Body::InsertSubscriberDataError,
        Body::LocationCancelRequest { .. } => Body::LocationCancelError,
        _ => return None,
    })
}

/// What a visited network learns: that a subscriber is unknown, that a
/// resynchronisation was no good, or that it should try again.
fn cause(error: &Error) -> Cause {
    match error {
        Error::Refused(ProvisioningError::Refused(reason)) if reason.code() == "pcid-held" => {
            Cause::Congestion
        }
        Error::Unknown(_) | Error::Refused(ProvisioningError::Refused(_)) => Cause::ImsiUnknown,
        Error::Refused(ProvisioningError::Aka(_)) => Cause::SynchFailure,
        Error::Store(StoreError::Full) => Cause::Congestion,
        _ => Cause::NetworkFailure,
    }
}
