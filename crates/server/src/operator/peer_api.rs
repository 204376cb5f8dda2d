//! The peer interface, donor's side (docs/operator-change.md section 4):
//! `POST /peer/v1/announcements` and `POST /peer/v1/releases`, the peer being
//! the one that the client certificate names; and `POST /peer/v1/pcid-dropped`,
//! which a TRE signed and any peer may bring.

use provisioning::documents::{Release, Signed};
use provisioning::donor::{Denial, TransferPolicy, dropping_tre, read_announcement};
use provisioning::peer::Peer;
use provisioning::ports::StoreError;
use provisioning::{ProvisioningError, Reason};
use tls::http::{Method, Request, Response, StatusCode};
use trust::{Purpose, ShoId};

use super::Shared;
use crate::Error;
use crate::problem::refusal;
use crate::time::{now, time};

/// The media type of signed documents.
pub(super) const SIGNED: &str = "application/vnd.rehome.signed+xml";

pub(super) const ANNOUNCEMENTS: &str = "/peer/v1/announcements";
pub(super) const RELEASES: &str = "/peer/v1/releases";
pub(super) const PCID_DROPPED: &str = "/peer/v1/pcid-dropped";

impl Shared {
    pub(super) async fn answer_peer(&self, request: &Request) -> Response {
        let Some(peer) = self.peer_of(request) else {
            return refusal(403, &Reason::new("peer-unknown"));
        };
        let result = match (&request.method, request.path.as_str()) {
            (&Method::POST, ANNOUNCEMENTS) => self.announced(&peer, &request.body).await,
            (&Method::POST, RELEASES) => self.released(&peer, &request.body).await,
            (&Method::POST, PCID_DROPPED) => match dropping_tre(&request.body) {
                Ok(tre_id) => {
                    let taken = self.take_dropped(&tre_id, &request.body).await;
                    taken.map(|()| StatusCode::OK)
                }
                Err(error) => Err(error.into()),
            },
            (_, ANNOUNCEMENTS | RELEASES | PCID_DROPPED) => {
                return refusal(405, &Reason::new("method"));
            }
            _ => return refusal(404, &Reason::new("unknown-path")),
        };
        match result {
            Ok(status) => {
                tracing::info!(plmn = %self.config.sho_id(), peer = %peer.sho_id(),
                    path = request.path, "took a peer's document");
                Response::new(status)
            }
            Err(error) => {
                let response = refusal(status_of(&error), &error.reason());
                tracing::info!(peer = %peer.sho_id(), path = request.path, reason = %error.reason(),
                    "refused a peer");
                response
            }
        }
    }

    fn peer_of(&self, request: &Request) -> Option<Peer> {
        let sho_id: ShoId = request.peer.as_ref()?.name().parse().ok()?;
        let registered = self.config.peers.by_sho_id(&sho_id)?;
        Some(registered.peer.clone())
    }

    /// Step 2.
    async fn announced(&self, peer: &Peer, octets: &[u8]) -> Result<StatusCode, Error> {
        let signed = read_announcement(peer, octets, time())?;
        let tre_id = signed.document.tre_id.clone();
        let known = self
            .at_subscription(&tre_id, |subscription| {
                let effects = subscription.announce(&self.acceptor(), peer, &signed, octets)?;
                Ok::<_, Denial>(((), effects))
            })
            .await;
        match known {
            // Without a right to it nobody learns whether the device is here.
            Err(Error::Unknown(_)) if self.config.policy.transfer == TransferPolicy::Token => {
                Err(Denial::TRANSFER.into())
            }
            Err(Error::Unknown(_)) => Err(Denial::UNKNOWN_TRE.into()),
            done => done.map(|()| StatusCode::ACCEPTED),
        }
    }

    /// Step 12.
    async fn released(&self, peer: &Peer, octets: &[u8]) -> Result<StatusCode, Error> {
        let release: Signed<Release> = peer.verify(octets, Purpose::PeerDocument, time())?;
        let tre_id = release.document.tre_id;
        self.at_subscription(&tre_id, |subscription| {
            let effects = subscription.release(now(), peer, octets, time())?;
            Ok::<_, ProvisioningError>(((), effects))
        })
        .await?;
        Ok(StatusCode::OK)
    }
}

fn status_of(error: &Error) -> u16 {
    match error {
        Error::Denied(denial) => denial.status,
        Error::Refused(ProvisioningError::Malformed(_) | ProvisioningError::Unsupported(_)) => 422,
        Error::Refused(ProvisioningError::Trust(_) | ProvisioningError::Signature(_)) => 403,
        Error::Refused(_) => 409,
        Error::Unknown(_) => 404,
        Error::Store(StoreError::Full) => 507,
        _ => 500,
    }
}
