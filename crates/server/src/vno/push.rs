//! The push interface (docs/operator-change.md section 5, the DRF's hand):
//! `POST /vno/v1/push/<IMSI>` with the octets for the device, from the home
//! operator of that subscriber and from nobody else. 204 says that the device
//! has stored them, 404 that it is not here, 504 that it did not take them.

use std::net::SocketAddr;

use aka::Imsi;
use provisioning::Reason;
use tls::http::{Handler, Method, Request, Response, StatusCode};

use super::Vno;
use crate::operator::PUSH;
use crate::problem::refusal;

pub(super) struct Pushes(pub(super) Vno);

impl Handler for Pushes {
    async fn handle(&self, request: Request) -> Response {
        let Some(imsi) = request.path.strip_prefix(PUSH) else {
            return refusal(404, &Reason::new("unknown-path"));
        };
        if request.method != Method::POST {
            return refusal(405, &Reason::new("method"));
        }
        let Ok(imsi) = imsi.parse::<Imsi>() else {
            return refusal(400, &Reason::new("malformed"));
        };
        if !self.is_home(&request, &imsi) {
            return refusal(403, &Reason::new("not-home"));
        }
        let Some(channel) = self.0.0.attached.channel(&imsi) else {
            return refusal(404, &Reason::new("not-attached"));
        };
        match channel.push(request.body.to_vec()).await {
            Ok(()) => Response::new(StatusCode::NO_CONTENT),
            Err(super::Undelivered) => refusal(504, &Reason::new("not-taken")),
        }
    }

    fn connection_failed(&self, remote: SocketAddr, error: &tls::Error) {
        tracing::info!(%remote, %error, "a home operator's connection failed");
    }
}

impl Pushes {
    fn is_home(&self, request: &Request, imsi: &Imsi) -> bool {
        let home = self.0.0.peers.by_imsi(imsi.digits());
        let client = request.peer.as_ref().map(tls::PeerIdentity::name);
        home.is_some_and(|(sho_id, _)| Some(sho_id.to_string().as_str()) == client)
    }
}
