//! The DPF: an OMA DM server over HTTPS (docs/operator-change.md section 6;
//! OMA-TS-SyncML_HTTPBinding-V1_2 for media type and method). It answers one
//! message of a session at a time, and stores what a message brought before it
//! answers.

use std::time::Instant;

use dm::session::{Encoding, Received, Transmit};
use provisioning::ports::OperatorStore;
use provisioning::session::{DpfSession, Question};
use provisioning::{OrderId, ProvisioningError, Reason, Step};
use tls::http::{Request, Response};
use tokens::os::OsRandom;
use tre::TreId;

use super::Shared;
use crate::Error;
use crate::binding;
use crate::time::time;

impl Shared {
    pub(super) async fn answer_device(&self, request: &Request) -> Response {
        binding::answer(request, |encoding, octets, mac| {
            self.device_message(encoding, octets, mac)
        })
        .await
    }

    async fn device_message(
        &self,
        encoding: Encoding,
        octets: &[u8],
        mac: Option<&str>,
    ) -> Result<Option<Transmit>, Error> {
        let received = Received::read(encoding, octets)
            .map_err(ProvisioningError::from)?
            .with_mac(mac);
        let tre_id: TreId = received
            .source()
            .parse()
            .map_err(|_| Error::Unknown("device"))?;
        let session_id = received.session_id().as_str().to_owned();
        let (own, opened) = match self.sessions.find(&tre_id, &session_id) {
            Some(own) => (own, None),
            // Only a device with an order gets a place.
            None => {
                let opened = self.open(&tre_id, &received).await?;
                (self.sessions.make(&tre_id, &session_id), Some(opened))
            }
        };
        let mut place = own.lock().await;
        // Whatever stops this message on its way takes the session with it: it
        // may be ahead of what is stored. The device begins another.
        let mut session = match (place.take(), opened) {
            (Some(session), _) | (None, Some(session)) => session,
            (None, None) => self.open(&tre_id, &received).await?,
        };
        let order_id = session.order_id();
        let now = self.ticks.now();
        let taken = session.handle_message(now, &received, &mut OsRandom);
        let mut authenticated = false;
        while let Some(question) = session.poll_question() {
            // A session that ends for want of credentials ends no other.
            authenticated |= !matches!(question, Question::Over { .. });
            self.decide(order_id, &mut session, question).await?;
        }
        if authenticated {
            self.sessions.keep_only(&tre_id, &session_id, &own);
        }
        let answer = match taken {
            Ok(()) => session.poll_transmit(self.ticks.now())?,
            Err(error) => {
                *place = Some(session);
                return Err(error.into());
            }
        };
        while let Some(question) = session.poll_question() {
            self.decide(order_id, &mut session, question).await?;
        }
        *place = Some(session);
        Ok(answer)
    }

    async fn open(&self, tre_id: &TreId, first: &Received<'_>) -> Result<DpfSession, Error> {
        let known = self.store.order_of(tre_id).await?;
        let order = known
            .map(|(order, _)| order.value)
            .filter(provisioning::recipient::Order::takes_sessions)
            .ok_or(Error::Unknown("order"))?;
        Ok(DpfSession::new(&order, first)?)
    }

    async fn decide(
        &self,
        order_id: OrderId,
        session: &mut DpfSession,
        question: Question,
    ) -> Result<(), Error> {
        match question {
            Question::StoreNonces { client, server } => {
                self.at_order(order_id, &[], |order, _| {
                    order.set_nonces(client.clone(), server.clone());
                    Ok(((), Vec::new()))
                })
                .await
            }
            Question::Request { octets } => match self.package(order_id, &octets).await {
                Ok(package) => Ok(session.give(package, &self.config.access)?),
                Err(Error::Refused(error)) => {
                    tracing::info!(order = %order_id, reason = %error.reason(),
                        "refused a request for a package");
                    session.finish();
                    Ok(())
                }
                Err(error) => Err(error),
            },
            Question::Install { alert, result } => {
                let stored = self.installed(order_id, &result).await;
                let accepted = match stored {
                    Ok(()) => true,
                    Err(Error::Refused(_)) => false,
                    Err(error) => return Err(error),
                };
                Ok(session.answer(alert, accepted)?)
            }
            Question::Report { alert, octets } => {
                let reported = self.reported(order_id, &octets).await?;
                session.answer(alert, reported.is_ok())?;
                match reported {
                    Ok(Some(decision)) => Ok(session.decide(decision)?),
                    _ => Ok(()),
                }
            }
            Question::DecisionRefused { alert, reason } => {
                tracing::warn!(order = %order_id, %reason, "the TRE refused the decision");
                self.at_order(order_id, &[], |order, _| {
                    order.note_refusal(&reason);
                    Ok(((), Vec::new()))
                })
                .await?;
                Ok(session.answer(alert, true)?)
            }
            Question::Over { aborted } => {
                if let Some(reason) = aborted {
                    tracing::info!(order = %order_id, %reason, "a DM session was broken off");
                }
                Ok(())
            }
        }
    }

    /// Steps 5 to 7: the signed request in, the signed package out.
    async fn package(&self, order_id: OrderId, request: &[u8]) -> Result<Vec<u8>, Error> {
        let began = Instant::now();
        self.at_order(order_id, &[], |order, _| {
            order.request(request)?;
            Ok(((), Vec::new()))
        })
        .await?;
        self.watch.done(Step::Request, began.elapsed());
        let known = self.store.order(order_id).await?;
        let (order, certificates) = known.ok_or(Error::Unknown("order"))?;
        let began = Instant::now();
        let answer = self.ask_pva(&order.value, &certificates).await;
        if answer.is_some() {
            self.watch.done(Step::Vouching, began.elapsed());
        }
        let began = Instant::now();
        let package = self
            .at_order(order_id, &[], |order, certificates| {
                let envelope = certificates.envelope.as_deref();
                let keys = &self.config.keys.keys;
                let package = order.vouched(envelope, &self.pvas, answer, time(), keys)?;
                Ok((package.octets, Vec::new()))
            })
            .await?;
        self.watch.done(Step::Package, began.elapsed());
        // Created, disabled, before the device has what belongs to it.
        self.provisioned(order.value.imsi()).await?;
        tracing::info!(order = %order_id, "the package is given");
        Ok(package)
    }

    /// Step 8: the HLR is enabled in the same commit, before Status 200 leaves. One
    /// outside of this program was read by then; while it can't be reached there is
    /// no answer, and the device repeats its report.
    async fn installed(&self, order_id: OrderId, result: &Result<(), Reason>) -> Result<(), Error> {
        tracing::info!(order = %order_id, installed = result.is_ok(), "the device reports");
        let stored = self.at_order(order_id, &[], |order, _| match result {
            Ok(()) => {
                let effects = order.installed()?;
                Ok((Some(order.imsi().clone()), effects))
            }
            Err(reason) => {
                order.install_refused(reason);
                Ok((None, Vec::new()))
            }
        });
        match stored.await? {
            Some(imsi) => self.provisioned(&imsi).await,
            None => Ok(()),
        }
    }

    /// Step 12: a confirmation gives the decision; an outcome settles the
    /// order. What is neither is refused by the inner error.
    async fn reported(
        &self,
        order_id: OrderId,
        octets: &[u8],
    ) -> Result<Result<Option<Vec<u8>>, Reason>, Error> {
        let keys = &self.config.keys.keys;
        let result = if is_outcome(octets) {
            let settled = self.at_order(order_id, &[], |order, _| {
                let effects = order.settle(octets, keys)?;
                Ok((None, effects))
            });
            settled.await
        } else {
            let confirmed = self.at_order(order_id, &[], |order, _| {
                let decision = order.confirm(octets, keys)?;
                Ok((Some(decision), Vec::new()))
            });
            confirmed.await
        };
        match result {
            Err(Error::Refused(error)) => {
                tracing::warn!(order = %order_id, reason = %error.reason(), "refused a report");
                Ok(Err(error.reason()))
            }
            other => other.map(Ok),
        }
    }
}

/// Which of the two reports it claims to be; the engine judges the rest.
fn is_outcome(octets: &[u8]) -> bool {
    octets.starts_with(b"<SignedOutcome")
}
