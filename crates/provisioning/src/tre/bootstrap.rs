//! Step 4 in the TRE (TR 33.812 B.2.3.3; docs/operator-change.md section 5):
//! what a bootstrap must be before the new operator's certificate becomes a
//! candidate.

use ::tre::Backend;
use ::tre::envelope::ContentTag;
use clock::Random;
use trust::TimePolicy;

use super::package::anchor_digest;
use super::state::{Operator, Order};
use super::{Phase, Tre};
use crate::bootstrap::{Bootstrap, Change, NetworkAccess};
use crate::payload::{Binding, Credentials, prov_urls_digest};
use crate::rules::refuse_unless;
use crate::{Digest, ProvisioningError};

/// How far CTXVER may rise at once.
const MAX_CTX_STEP: u32 = 65_536;

/// What a bootstrap gives the device.
pub enum Accepted {
    /// The same octets as the last one: nothing changed.
    Repeated,
    /// Step 0': the network and the DRF of the current SHO.
    Connectivity {
        /// The network.
        access: NetworkAccess,
        /// Where refusals go.
        drf_url: String,
    },
    /// Step 4: an order is open; the device may go to its DPF.
    Change {
        /// The current SHO's network, for the way to the new operator's DPF.
        access: NetworkAccess,
        /// What was announced.
        change: Box<Change>,
        /// The new operator's DRF, used from commit on.
        drf_url: String,
        /// The account at its DPF.
        credentials: Box<Credentials>,
    },
}

impl<B: Backend> Tre<B> {
    /// Verifies and opens a bootstrap. On success the order is open, with the
    /// new operator's certificate as a candidate.
    ///
    /// # Errors
    /// Every refusal of section 5 by its code; nothing changed then.
    pub fn bootstrap(
        &mut self,
        container: &[u8],
        time: TimePolicy,
        random: &mut dyn Random,
    ) -> Result<Accepted, ProvisioningError> {
        self.require_current_state()?;
        let digest = Digest::of(container);
        if self.state.last_bootstrap == Some(digest) {
            return Ok(Accepted::Repeated);
        }
        let current = self.state.current.anchor()?;
        let bootstrap = Bootstrap::open(container, &current, time)?;
        self.check_freshness(&bootstrap)?;
        let ctx_version = bootstrap.ctx_version;
        let accepted = match &bootstrap.change {
            None => Accepted::Connectivity {
                access: bootstrap.access,
                drf_url: bootstrap.drf_url,
            },
            Some(change) => {
                let credentials = self.check_change(change, time, random)?;
                self.begin_order(&bootstrap, change, &credentials);
                Accepted::Change {
                    access: bootstrap.access.clone(),
                    change: Box::new(change.clone()),
                    drf_url: bootstrap.drf_url.clone(),
                    credentials: Box::new(credentials),
                }
            }
        };
        self.state.ctx_version = ctx_version;
        self.state.last_bootstrap = Some(digest);
        self.changed = true;
        Ok(accepted)
    }

    fn check_freshness(&self, bootstrap: &Bootstrap) -> Result<(), ProvisioningError> {
        let step = bootstrap.ctx_version.saturating_sub(self.state.ctx_version);
        let rules = [
            (bootstrap.tre_id == self.state.tre_id, "bootstrap-other-tre"),
            (
                bootstrap.from == self.state.current.sho_id,
                "bootstrap-not-current-sho",
            ),
            (
                bootstrap.switch_counter == self.state.switch_counter,
                "switch-counter-mismatch",
            ),
            (step > 0, "ctx-version-stale"),
            (step <= MAX_CTX_STEP, "ctx-version-jump"),
        ];
        refuse_unless(&rules)
    }

    fn check_change(
        &mut self,
        change: &Change,
        time: TimePolicy,
        random: &mut dyn Random,
    ) -> Result<Credentials, ProvisioningError> {
        let busy = self.state.order.as_ref().is_some_and(|order| {
            matches!(
                order.phase,
                Phase::Installed | Phase::Probation | Phase::Attached | Phase::Failed
            )
        });
        let rules = [
            (!busy, "order-in-progress"),
            (
                change.to != self.state.current.sho_id,
                "bootstrap-to-current-sho",
            ),
            (!is_over(change, time), "bootstrap-expired"),
        ];
        refuse_unless(&rules)?;
        change
            .terms
            .check(self.limits.t_attach_min, self.limits.t_ack_min)?;
        let candidate = Operator {
            sho_id: change.to.clone(),
            anchor: change.anchor.clone(),
        };
        candidate.anchor()?;
        let payload = self.open_envelope(&change.credentials, ContentTag::Credentials, random)?;
        let credentials = Credentials::decode(payload.expose())?;
        credentials.binding.expect(&Binding {
            tre_id: self.state.tre_id.clone(),
            order_id: change.order_id,
            anchor_spki: anchor_digest(&change.anchor)?,
            sho_id: change.to.clone(),
        })?;
        let rules = [
            (!self.state.has_seen(credentials.nonce_a), "nonce-a-reused"),
            (
                credentials.prov_urls == prov_urls_digest(&change.prov_urls)?,
                "prov-url-mismatch",
            ),
        ];
        refuse_unless(&rules)?;
        Ok(credentials)
    }

    fn begin_order(&mut self, bootstrap: &Bootstrap, change: &Change, credentials: &Credentials) {
        self.state.remember(credentials.nonce_a);
        self.state.order = Some(Order {
            order_id: change.order_id,
            from: bootstrap.from.clone(),
            to: Operator {
                sho_id: change.to.clone(),
                anchor: change.anchor.clone(),
            },
            terms: change.terms,
            expires: change.expires,
            nonce_a: credentials.nonce_a,
            attempt: 0,
            nonce_b: None,
            mcim_id: None,
            previous: None,
            phase: Phase::Candidate,
            powered_ms: 0,
            authenticated: false,
            confirmation: None,
            decision: None,
            outcome: None,
            sent: 0,
        });
    }
}

/// Only a trusted clock can say that an order is over.
fn is_over(change: &Change, time: TimePolicy) -> bool {
    match time {
        TimePolicy::Trusted(now) => now.latest() >= change.expires,
        TimePolicy::Floor(_) => false,
    }
}
