//! The DPF's node without its sockets: it answers one message at a time, and
//! stores what a question brings before it goes on.

use clock::{Random, Tick};
use dm::session::{Encoding, Received};
use provisioning::OrderId;
use provisioning::session::{DpfSession, Question};
use sim::net::SimRandom;

use super::{World, sho};

pub struct Dpf {
    to: &'static str,
    order_id: OrderId,
    session: Option<DpfSession>,
}

impl Dpf {
    pub fn new(to: &'static str, order_id: OrderId) -> Self {
        Self {
            to,
            order_id,
            session: None,
        }
    }

    /// The answer, or none where a web server would answer with an error.
    pub fn answer(
        &mut self,
        world: &mut World,
        now: Tick,
        octets: &[u8],
        random: &mut SimRandom,
    ) -> Option<Vec<u8>> {
        let received = Received::read(Encoding::Wbxml, octets).ok()?;
        let mut random = SimRandom::from_seed(u64::from_be_bytes(random.array()));
        let order = world.operators[&sho(self.to)].order(self.order_id);
        let mut session = match self.session.take() {
            Some(session) => session,
            None => DpfSession::new(&order, &received).unwrap(),
        };
        let taken = session.handle_message(now, &received, &mut random);
        if taken.is_ok() {
            while let Some(question) = session.poll_question() {
                self.decide(world, &mut session, question);
            }
        }
        let answer = taken
            .ok()
            .and_then(|()| session.poll_transmit(now).unwrap())
            .map(|sent| sent.octets);
        self.session = Some(session);
        answer
    }

    fn decide(&self, world: &mut World, session: &mut DpfSession, question: Question) {
        let (to, order_id) = (self.to, self.order_id);
        match question {
            Question::StoreNonces { client, server } => {
                world.at_recipient(to, order_id, |order, _| order.set_nonces(client, server));
            }
            Question::Request { octets } => match world.package(to, order_id, &octets) {
                Ok(package) => {
                    let access = world.operators[&sho(to)].access.clone();
                    session.give(package, &access).unwrap();
                }
                Err(_) => session.finish(),
            },
            Question::Install { alert, result } => {
                let effects = world.at_recipient(to, order_id, |order, _| match &result {
                    Ok(()) => order.installed(),
                    Err(reason) => {
                        order.install_refused(reason);
                        Ok(Vec::new())
                    }
                });
                world.apply(&sho(to), effects.unwrap());
                session.answer(alert, true).unwrap();
            }
            Question::Report { alert, octets } => self.report(world, session, alert, &octets),
            Question::DecisionRefused { alert, .. } => session.answer(alert, true).unwrap(),
            Question::Over { .. } => {}
        }
    }

    fn report(
        &self,
        world: &mut World,
        session: &mut DpfSession,
        alert: dm::server::AlertId,
        octets: &[u8],
    ) {
        let (to, order_id) = (self.to, self.order_id);
        let confirmed = world.at_recipient(to, order_id, |order, keys| order.confirm(octets, keys));
        if let Ok(decision) = confirmed {
            session.answer(alert, true).unwrap();
            session.decide(decision).unwrap();
            return;
        }
        let settled = world.at_recipient(to, order_id, |order, keys| order.settle(octets, keys));
        session.answer(alert, settled.is_ok()).unwrap();
        if let Ok(effects) = settled {
            world.apply(&sho(to), effects);
        }
    }
}
