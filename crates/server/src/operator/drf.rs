//! The DRF's ear (docs/operator-change.md section 5): refusals that a TRE
//! signed, as `POST` to the DRFURL. Anybody can reach it, so nothing is stored
//! before the TRE's signature is verified.

use provisioning::ProvisioningError;
use provisioning::donor::refusing_tre;
use tls::http::{Method, Request, Response, StatusCode};

use super::Shared;
use crate::Error;
use crate::problem::refusal;

impl Shared {
    pub(super) async fn answer_drf(&self, request: &Request) -> Response {
        if request.method != Method::POST {
            return refusal(405, &provisioning::Reason::new("method"));
        }
        match self.refused(&request.body).await {
            Ok(()) => Response::new(StatusCode::NO_CONTENT),
            Err(error @ (Error::Refused(_) | Error::Unknown(_))) => {
                tracing::info!(reason = %error.reason(), "a refusal that can't be used");
                refusal(422, &error.reason())
            }
            Err(error) => {
                tracing::warn!(reason = %error.reason(), "a refusal could not be stored");
                refusal(503, &error.reason())
            }
        }
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
