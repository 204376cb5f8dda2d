//! The DRF's ear (docs/operator-change.md section 5): refusals that a TRE
//! signed, and its word that it erased its PCID, as `POST` to the DRFURL. Anybody
//! can reach it, so nothing is stored or passed on before the TRE's signature is
//! verified.

use provisioning::donor::{dropping_tre, refusing_tre};
use provisioning::ports::OperatorStore;
use provisioning::{ProvisioningError, Reason};
use tls::http::{Method, Request, Response, StatusCode};
use tre::TreId;

use super::Shared;
use super::peer_api::PCID_DROPPED;
use crate::Error;
use crate::problem::{reason_of, refusal};
use crate::time::now;

impl Shared {
    pub(super) async fn answer_drf(&self, request: &Request) -> Response {
        if request.method != Method::POST {
            return refusal(405, &Reason::new("method"));
        }
        let result = match dropping_tre(&request.body) {
            Ok(tre_id) => self.pcid_dropped(&tre_id, &request.body).await,
            Err(_) => self.refused(&request.body).await,
        };
        match result {
            Ok(()) => Response::new(StatusCode::NO_CONTENT),
            Err(error @ (Error::Refused(_) | Error::Unknown(_))) => {
                tracing::info!(reason = %error.reason(), "a report that can't be used");
                refusal(422, &error.reason())
            }
            Err(error) => {
                tracing::warn!(reason = %error.reason(), "a report could not be stored");
                refusal(503, &error.reason())
            }
        }
    }

    /// The PCID may be another operator's: then it is told, and the device keeps
    /// its report until that one has taken it.
    async fn pcid_dropped(&self, tre_id: &TreId, octets: &[u8]) -> Result<(), Error> {
        let known = self.store.subscription(tre_id).await?;
        let device = known.ok_or(Error::Unknown("device"))?;
        let dropped = device.value.read_dropped(octets)?;
        if dropped.sho_id == *self.config.sho_id() {
            return self.take_dropped(tre_id, octets).await;
        }
        let response = self
            .to_peer(&dropped.sho_id, PCID_DROPPED, octets.to_vec())
            .await?;
        match response.status.as_u16() {
            200..=299 => Ok(()),
            400..=499 => {
                let reason = reason_of(&response).unwrap_or(Reason::new("peer-refused"));
                Err(ProvisioningError::Refused(reason).into())
            }
            _ => Err(Error::Timeout),
        }
    }

    /// What the TRE of a PCID of ours signed, whoever brings it.
    pub(super) async fn take_dropped(&self, tre_id: &TreId, octets: &[u8]) -> Result<(), Error> {
        self.at_subscription(tre_id, |subscription| {
            let own = self.config.sho_id();
            let effects = subscription.pcid_dropped(now(), own, octets)?;
            Ok::<_, ProvisioningError>(((), effects))
        })
        .await?;
        tracing::info!(tre = %tre_id, "a TRE has erased its PCID");
        Ok(())
    }

    async fn refused(&self, octets: &[u8]) -> Result<(), Error> {
        let tre_id = refusing_tre(octets)?;
        let reason = self
            .at_subscription(&tre_id, |subscription| {
                let reason = subscription.refusal(octets)?;
                Ok::<_, ProvisioningError>((reason, Vec::new()))
            })
            .await?;
        tracing::info!(tre = %tre_id, %reason, "a TRE refused a bootstrap");
        Ok(())
    }
}
