//! Steps 1 to 12 one by one, each as the message that one party sends and the
//! other takes. A plan repeats a step's message, loses its answer, or switches
//! the device off after it.

use std::time::Duration;

use provisioning::documents::Verdict;
use provisioning::donor::{Acceptor, Denial, read_announcement};
use provisioning::recipient::{Order, Registrar, Registration};
use provisioning::tre::{Phase, Probation};
use provisioning::{OrderId, ProvisioningError, Reason};
use secret::Secret;
use trust::ShoId;

use super::{Device, TERMS, World, sho};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Announce,
    Bootstrap,
    Request,
    Install,
    InstallReport,
    Probation,
    Attach,
    Confirm,
    Decide,
    Settle,
    Release,
}

impl Step {
    pub const ALL: [Self; 11] = [
        Self::Announce,
        Self::Bootstrap,
        Self::Request,
        Self::Install,
        Self::InstallReport,
        Self::Probation,
        Self::Attach,
        Self::Confirm,
        Self::Decide,
        Self::Settle,
        Self::Release,
    ];
}

/// What goes wrong on the way.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plan {
    /// The step's message arrives twice.
    pub repeat: Option<Step>,
    /// The device loses power after the step.
    pub reboot: Option<Step>,
    /// The step's answer is lost: it is taken by the receiver, and the sender
    /// does it again from the start.
    pub lose: Option<Step>,
    /// No cell for the new IMSI.
    pub no_coverage: bool,
}

impl Plan {
    fn times(&self, step: Step) -> usize {
        1 + usize::from(self.repeat == Some(step)) + usize::from(self.lose == Some(step))
    }
}

impl World {
    /// A token of the donor for this transfer.
    pub fn token(&mut self, device: &Device, to: &str) -> Secret<String> {
        let from = device.tre().current_sho().clone();
        let donor = self.operators.get_mut(&from).unwrap();
        let mut subscription = donor.subscription(device.tre_id().as_str()).unwrap();
        let token = subscription.issue_token(sho(to), &mut self.random).unwrap();
        donor.put_subscription(&subscription);
        token
    }

    /// Step 1.
    pub fn register(
        &mut self,
        device: &Device,
        to: &str,
        token: Option<Secret<String>>,
    ) -> Result<OrderId, ProvisioningError> {
        let (time, now, suite) = (self.time(), self.now, self.setup.suite);
        let pvas = [self.supplier.pva.clone()];
        let recipient = self.operators.get_mut(&sho(to)).unwrap();
        let imsi = recipient.next_imsi();
        let registration = Registration {
            tre_id: device.tre_id(),
            from: device.tre().current_sho().clone(),
            certificates: device.certificates.clone(),
            token,
        };
        let registrar = Registrar {
            now,
            time,
            sho_id: &recipient.sho_id,
            keys: &recipient.keys,
            constants: &recipient.constants,
            pvas: &pvas,
            suites: &[suite],
            terms: TERMS,
            lifetime: Duration::from_secs(86_400),
            prov_urls: &recipient.prov_urls(),
            drf_url: &recipient.drf_url(),
            server_id: "dpf",
        };
        let (order, effects) = Order::register(registration, &registrar, imsi, &mut self.random)?;
        let recipient = self.operators.get_mut(&sho(to)).unwrap();
        recipient
            .envelope_certificates
            .insert(order.order_id(), device.certificates.envelope.clone());
        recipient.put_order(&order);
        self.apply(&sho(to), effects);
        Ok(order.order_id())
    }

    /// Step 2: the announcement from `peer`, as its client certificate says, to
    /// the donor. What the donor pushes comes back.
    pub fn announce(
        &mut self,
        from: &ShoId,
        peer: &ShoId,
        octets: &[u8],
    ) -> Result<Vec<Vec<u8>>, Denial> {
        let (time, now, peer) = (self.time(), self.now, self.peer(peer));
        let signed = read_announcement(&peer, octets, time)?;
        let donor = self.operators.get_mut(from).unwrap();
        let tre_id = signed.document.tre_id.as_str().to_owned();
        let mut subscription = donor.subscription(&tre_id).ok_or(Denial::UNKNOWN_TRE)?;
        let acceptor = Acceptor {
            now,
            policy: &donor.policy.clone(),
            keys: &donor.keys,
            from,
            access: &donor.access.clone(),
        };
        let effects = subscription.announce(&acceptor, &peer, &signed, octets)?;
        donor.put_subscription(&subscription);
        Ok(self.apply(from, effects))
    }

    /// Step 0': the current operator's connectivity bootstrap.
    pub fn connectivity(&mut self, device: &Device) -> Vec<u8> {
        let now = self.now;
        let from = device.tre().current_sho().clone();
        let home = self.operators.get_mut(&from).unwrap();
        let mut subscription = home.subscription(device.tre_id().as_str()).unwrap();
        let acceptor = Acceptor {
            now,
            policy: &home.policy.clone(),
            keys: &home.keys,
            from: &from,
            access: &home.access.clone(),
        };
        let effects = subscription
            .connectivity(&acceptor, &home.drf_url())
            .unwrap();
        home.put_subscription(&subscription);
        self.apply(&from, effects).remove(0)
    }

    /// A change to the recipient's order, stored with its effects.
    pub fn at_recipient<T>(
        &mut self,
        to: &str,
        order_id: OrderId,
        call: impl FnOnce(&mut Order, &provisioning::OperatorKeys) -> T,
    ) -> T {
        let recipient = self.operators.get_mut(&sho(to)).unwrap();
        let mut order = recipient.order(order_id);
        let result = call(&mut order, &recipient.keys);
        recipient.put_order(&order);
        result
    }

    /// Steps 5 to 7: the signed request in, the signed package out.
    pub fn package(
        &mut self,
        to: &str,
        order_id: OrderId,
        request: &[u8],
    ) -> Result<Vec<u8>, ProvisioningError> {
        let time = self.time();
        let pvas = [self.supplier.pva.clone()];
        let certificate = self.operator(to).envelope_certificates[&order_id].clone();
        self.at_recipient(to, order_id, |order, _| order.request(request))?;
        let tre_id = self.operators[&sho(to)].order(order_id).tre_id().clone();
        let answer = self.supplier.answer(&tre_id);
        self.at_recipient(to, order_id, |order, keys| {
            order.vouched(certificate.as_deref(), &pvas, Some(answer), time, keys)
        })
        .map(|package| package.octets)
    }

    /// Step 12 at the donor. The answer's code goes to the recipient's order.
    pub fn release(
        &mut self,
        from: &ShoId,
        to: &str,
        order_id: OrderId,
    ) -> Result<(), ProvisioningError> {
        let octets = self.operators[&sho(to)]
            .order(order_id)
            .release()
            .unwrap()
            .to_vec();
        let result = self.take_release(from, &sho(to), &octets);
        let (status, reason) = match &result {
            Ok(()) => (200, None),
            Err(error) => (409, Some(error.reason())),
        };
        self.at_recipient(to, order_id, |order, _| {
            order.release_answered(status, reason)
        });
        result
    }

    pub fn take_release(
        &mut self,
        from: &ShoId,
        peer: &ShoId,
        octets: &[u8],
    ) -> Result<(), ProvisioningError> {
        let (time, now, peer) = (self.time(), self.now, self.peer(peer));
        let tre_id = tre_of_release(octets);
        let donor = self.operators.get_mut(from).unwrap();
        let mut subscription = donor
            .subscription(&tre_id)
            .ok_or(ProvisioningError::refused("unknown-tre"))?;
        let result = subscription.release(now, &peer, octets, time);
        donor.put_subscription(&subscription);
        let effects = result?;
        self.apply(from, effects);
        Ok(())
    }

    /// A whole move by plan.
    pub fn run(&mut self, device: &mut Device, to: &str, plan: Plan) -> OrderId {
        let token = self.token(device, to);
        let order_id = self.register(device, to, Some(token)).unwrap();
        self.run_order(device, to, order_id, plan);
        order_id
    }

    /// Steps 2 to 12 of an order.
    pub fn run_order(&mut self, device: &mut Device, to: &str, order_id: OrderId, plan: Plan) {
        let from = device.tre().current_sho().clone();
        let mut pushed = Vec::new();
        let after = |device: &mut Device, step| {
            if plan.reboot == Some(step) {
                device.reboot();
            }
        };
        for _ in 0..plan.times(Step::Announce) {
            let octets = self.operators[&sho(to)]
                .order(order_id)
                .announcement()
                .to_vec();
            pushed.extend(self.announce(&from, &sho(to), &octets).unwrap());
            self.at_recipient(to, order_id, |order, _| {
                order.announcement_answered(202, None)
            });
        }
        assert_eq!(pushed.len(), 1, "one bootstrap for each order");
        for _ in 0..plan.times(Step::Bootstrap) {
            let time = self.time();
            device.push(&pushed[0], time, &mut self.random).unwrap();
        }
        after(device, Step::Bootstrap);
        self.session(device, to, order_id, plan);
        after(device, Step::Probation);
        if plan.no_coverage {
            let expired = device
                .with(|tre| tre.powered(Duration::from_secs(TERMS.t_attach.into())))
                .unwrap();
            assert_eq!(expired, Probation::AttachTimeout);
        } else {
            let operator = self.operators.get_mut(&sho(to)).unwrap();
            for _ in 0..plan.times(Step::Attach) {
                assert!(
                    device.attach(operator, &mut self.random),
                    "the HLR was enabled before the probation"
                );
            }
            device.with(|tre| tre.attached("001-99")).unwrap();
        }
        after(device, Step::Attach);
        self.finish(device, to, order_id, plan, &from);
    }

    /// The DM session of steps 5 to 9.
    pub fn session(&mut self, device: &mut Device, to: &str, order_id: OrderId, plan: Plan) {
        let mut package = Vec::new();
        for _ in 0..plan.times(Step::Request) {
            let random = &mut self.random;
            let request = device.with(|tre| tre.request(order_id, random)).unwrap();
            package = self.package(to, order_id, &request.octets).unwrap();
        }
        let time = self.time();
        for _ in 0..plan.times(Step::Install) {
            let random = &mut self.random;
            device
                .with(|tre| tre.install(&package, time, random))
                .unwrap();
        }
        if plan.reboot == Some(Step::Install) {
            device.reboot();
        }
        for _ in 0..plan.times(Step::InstallReport) {
            let effects = self
                .at_recipient(to, order_id, |order, _| order.installed())
                .unwrap();
            self.apply(&sho(to), effects);
        }
        device
            .with(provisioning::tre::Tre::begin_probation)
            .unwrap();
    }

    /// Confirmation, decision, outcome and release.
    pub fn finish(
        &mut self,
        device: &mut Device,
        to: &str,
        order_id: OrderId,
        plan: Plan,
        from: &ShoId,
    ) {
        let mut decision = Vec::new();
        for _ in 0..plan.times(Step::Confirm) {
            let report = device.tre().confirmation().unwrap();
            let again = self
                .at_recipient(to, order_id, |order, keys| {
                    order.confirm(&report.octets, keys)
                })
                .unwrap();
            assert!(
                decision.is_empty() || decision == again,
                "the decision is the same for ever after"
            );
            decision = again;
        }
        let time = self.time();
        for _ in 0..plan.times(Step::Decide) {
            device.with(|tre| tre.decide(&decision, time)).unwrap();
        }
        if plan.reboot == Some(Step::Decide) {
            device.reboot();
        }
        for _ in 0..plan.times(Step::Settle) {
            let outcome = device.tre().outcome().unwrap();
            let effects = self
                .at_recipient(to, order_id, |order, keys| {
                    order.settle(&outcome.octets, keys)
                })
                .unwrap();
            self.apply(&sho(to), effects);
        }
        let (_, phase) = device.tre().open_order().unwrap();
        let verdict = if phase == Phase::Committed {
            Verdict::Commit
        } else {
            Verdict::Rollback
        };
        assert_eq!(verdict == Verdict::Rollback, plan.no_coverage);
        device.with(provisioning::tre::Tre::acknowledge).unwrap();
        for _ in 0..plan.times(Step::Release) {
            self.release(from, to, order_id).unwrap();
        }
    }
}

/// The node finds the subscription by the TRE_id that the release names.
fn tre_of_release(octets: &[u8]) -> String {
    let text = std::str::from_utf8(octets).unwrap();
    let (_, rest) = text.split_once("<TreId>").unwrap();
    rest.split_once("</TreId>").unwrap().0.to_owned()
}

/// The code of a refusal.
pub fn code<T>(result: Result<T, ProvisioningError>) -> Reason {
    match result {
        Ok(_) => panic!("it was not refused"),
        Err(error) => error.reason(),
    }
}
