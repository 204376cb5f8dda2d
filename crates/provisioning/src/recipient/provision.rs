//! Steps 5 to 8 at the DPF (TR 33.812 B.2.3.4 III to VII;
//! docs/operator-change.md section 6).

use trust::{PvaAnchor, TimePolicy};

use super::order::{Order, OrderState};
use super::register::TreCertificates;
use crate::documents::{Package, ProvisioningRequest, Signed, sign};
use crate::effect::Effect;
use crate::rules::refuse_unless;
use crate::{OperatorKeys, ProvisioningError, Reason};

/// TRE types for which there is a package; all take the same one here.
const TRE_TYPES: [&str; 3] = ["java", "stip", "native"];

/// What the PVA says of a TRE, asked online.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PvaAnswer {
    /// To be trusted.
    Good,
    /// No longer to be trusted.
    Revoked,
    /// No such TRE, or no such certificate.
    Unknown,
    /// No answer: a refusal, since silence must not vouch.
    NoAnswer,
}

/// A package for the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageToSend {
    /// SignedM2MMCIMMobj.
    pub octets: Vec<u8>,
}

impl Order {
    /// The donor's answer to the announcement: an HTTP status and, when it is
    /// no acceptance, a reason code. A late or repeated one changes nothing.
    pub fn announcement_answered(&mut self, status: u16, reason: Option<Reason>) {
        if self.state != OrderState::AwaitingAcceptance {
            return;
        }
        match status {
            200..=299 => self.state = OrderState::AwaitingDevice,
            400..=499 => self.fail(&reason.unwrap_or(Reason::new("announcement-refused"))),
            // Anything else is a fault on the way: the outbox tries again.
            _ => {}
        }
    }

    /// Step 5: takes the TRE's signed request.
    ///
    /// # Errors
    /// Every refusal by its code; only the reason is kept then.
    pub fn request(&mut self, octets: &[u8]) -> Result<(), ProvisioningError> {
        let result = self.check_request(octets);
        match result {
            Ok(request) => {
                self.attempt = request.attempt;
                self.nonce_b = Some(request.nonce_b);
                self.switch_counter = request.switch_counter;
                self.reason = None;
                if self.installs == 0 {
                    self.state = OrderState::AwaitingPva;
                }
                Ok(())
            }
            Err(error) => {
                self.note_refusal(&error.reason());
                Err(error)
            }
        }
    }

    fn check_request(&self, octets: &[u8]) -> Result<ProvisioningRequest, ProvisioningError> {
        let open = matches!(
            self.state,
            OrderState::AwaitingAcceptance
                | OrderState::AwaitingDevice
                | OrderState::AwaitingPva
                | OrderState::AwaitingInstall
                | OrderState::AwaitingConfirmation
        );
        if !open || self.confirmation.is_some() {
            return Err(ProvisioningError::refused("order-decided"));
        }
        if self.clone_suspected {
            return Err(ProvisioningError::refused("clone-suspected"));
        }
        let signed: Signed<ProvisioningRequest> = self
            .verify_report(octets)
            .map_err(|_| ProvisioningError::refused("m2mmobj-signature-invalid"))?;
        let request = signed.document;
        let rules = [
            (request.tre_id == self.tre_id, "m2mmobj-other-tre"),
            (request.order_id == self.order_id, "m2mmobj-other-order"),
            (request.sho_id == self.to, "m2mmobj-other-sho"),
            (request.anchor_spki == self.anchor_spki, "anchor-mismatch"),
            (
                secret::ct_eq(&request.nonce_a.0, &self.nonce_a.0),
                "nonce-a-mismatch",
            ),
            (request.attempt >= self.attempt, "attempt-stale"),
            (request.info.suites.contains(&self.suite), "no-common-suite"),
            (
                request.info.algorithms.contains(&self.algorithm),
                "algorithm-unsupported",
            ),
            (
                TRE_TYPES.contains(&request.info.kind.as_str()),
                "no-package-for-tre-type",
            ),
        ];
        refuse_unless(&rules)?;
        Ok(request)
    }

    /// Step 6: the local chain check again, and the PVA's answer where policy
    /// asks for one. What comes back is step 7's package.
    ///
    /// # Errors
    /// `tre-revoked`, `tre-unknown`, `pva-unreachable`, or what is wrong with
    /// the chain. A revoked or unknown TRE ends the order.
    pub fn vouched(
        &mut self,
        envelope_certificate: Option<&[u8]>,
        pvas: &[PvaAnchor],
        answer: Option<PvaAnswer>,
        time: TimePolicy,
        keys: &OperatorKeys,
    ) -> Result<PackageToSend, ProvisioningError> {
        let result = self
            .judge(envelope_certificate, pvas, answer, time)
            .and_then(|()| self.package(keys));
        match &result {
            Ok(_) if self.installs == 0 => self.state = OrderState::AwaitingInstall,
            Ok(_) => {}
            Err(error) => {
                let reason = error.reason();
                // Once an MCIM is installed only the TRE's word ends the order:
                // a device must not be left between two operators.
                match answer {
                    Some(PvaAnswer::Revoked | PvaAnswer::Unknown) if self.installs == 0 => {
                        self.fail(&reason);
                    }
                    _ => self.note_refusal(&reason),
                }
            }
        }
        result
    }

    fn judge(
        &self,
        envelope_certificate: Option<&[u8]>,
        pvas: &[PvaAnchor],
        answer: Option<PvaAnswer>,
        time: TimePolicy,
    ) -> Result<(), ProvisioningError> {
        let certificates = TreCertificates {
            signature: self.signature_certificate.clone(),
            envelope: envelope_certificate.map(<[u8]>::to_vec),
        };
        certificates.verify(&self.tre_id, pvas, time)?;
        match answer {
            None | Some(PvaAnswer::Good) => Ok(()),
            Some(PvaAnswer::Revoked) => Err(ProvisioningError::refused("tre-revoked")),
            Some(PvaAnswer::Unknown) => Err(ProvisioningError::refused("tre-unknown")),
            Some(PvaAnswer::NoAnswer) => Err(ProvisioningError::refused("pva-unreachable")),
        }
    }

    /// The same sealed MCIM, signed for the session's nonceB.
    fn package(&self, keys: &OperatorKeys) -> Result<PackageToSend, ProvisioningError> {
        let nonce_b = self
            .nonce_b
            .ok_or(ProvisioningError::OutOfOrder("no request was taken"))?;
        let package = Package {
            tre_id: self.tre_id.clone(),
            order_id: self.order_id,
            mcim_id: self.mcim_id,
            nonce_b,
            envelope: self.mcim_envelope.clone(),
        };
        Ok(PackageToSend {
            octets: sign(&package, &keys.object)?,
        })
    }

    /// Step 8: the device's report of its install, before it is answered. The
    /// HLR is enabled durably before Status 200 leaves. Repeated, it changes
    /// nothing.
    ///
    /// # Errors
    /// No package was given.
    pub fn installed(&mut self) -> Result<Vec<Effect>, ProvisioningError> {
        match self.state {
            OrderState::AwaitingInstall => {
                self.state = OrderState::AwaitingConfirmation;
                self.installs = self.installs.saturating_add(1);
                self.reason = None;
                Ok(vec![Effect::EnableSubscriber(self.imsi.clone())])
            }
            OrderState::AwaitingConfirmation
            | OrderState::AwaitingOutcome
            | OrderState::AwaitingReleaseAnswer
            | OrderState::Completed => Ok(Vec::new()),
            _ => Err(ProvisioningError::refused("install-unexpected")),
        }
    }

    /// The device could not install the package: the order waits for another
    /// session.
    pub fn install_refused(&mut self, reason: &Reason) {
        self.note_refusal(reason);
        if self.state == OrderState::AwaitingInstall {
            self.state = OrderState::AwaitingDevice;
        }
    }
}
