//! Step 6, asked online: `GET /pva/v1/status/<TRE_id>/<serial>` for every
//! CertTRE of the order, over mutual TLS. The worst answer counts, and silence
//! vouches for nothing.

use data_encoding::HEXLOWER;
use provisioning::recipient::{Order, PvaAnswer, TreCertificates};
use tls::http::{ClientRequest, Method, StatusCode};
use trust::Certificate;

use super::Shared;
use crate::Error;

impl Shared {
    /// What the PVA says of the order's TRE; `None` where policy does not ask.
    pub(super) async fn ask_pva(
        &self,
        order: &Order,
        certificates: &TreCertificates,
    ) -> Option<PvaAnswer> {
        if !self.config.ask_pva {
            return None;
        }
        let mut answer = PvaAnswer::Good;
        let all = [
            Some(&certificates.signature),
            certificates.envelope.as_ref(),
        ];
        for der in all.into_iter().flatten() {
            let one = self.status_of(order, der).await.unwrap_or_else(|error| {
                tracing::warn!(order = %order.order_id(), reason = %error.reason(),
                    "the PVA did not answer");
                PvaAnswer::NoAnswer
            });
            if one != PvaAnswer::Good {
                answer = one;
                break;
            }
        }
        Some(answer)
    }

    async fn status_of(&self, order: &Order, der: &[u8]) -> Result<PvaAnswer, Error> {
        let tre_id = order.tre_id();
        let pva = self
            .config
            .pvas
            .iter()
            .find(|pva| pva.anchor.supplier().as_str() == tre_id.supplier())
            .ok_or(Error::Unknown("PVA"))?;
        let serial = HEXLOWER.encode(Certificate::from_der(der)?.serial());
        let target = format!("/pva/v1/status/{}/{serial}", tre_id.as_str());
        let request = ClientRequest::new(Method::GET, &pva.host, &target);
        let response = self.client.send(&self.to_pvas, request).await?;
        let status: Option<serde_json::Value> = serde_json::from_slice(&response.body).ok();
        let word = status
            .as_ref()
            .and_then(|status| status.get("status")?.as_str());
        match (response.status, word) {
            (StatusCode::OK, Some("good")) => Ok(PvaAnswer::Good),
            (StatusCode::OK, Some("revoked")) => Ok(PvaAnswer::Revoked),
            (StatusCode::OK, Some("unknown")) => Ok(PvaAnswer::Unknown),
            _ => Ok(PvaAnswer::NoAnswer),
        }
    }
}
