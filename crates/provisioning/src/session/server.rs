//! The DPF's session for an order (docs/operator-change.md section 6). What
//! needs the order, the store or the PVA comes out as a [`Question`]; the node
//! answers it, and only then takes the next message.

use std::collections::VecDeque;

use clock::{Random, Tick};
use dm::auth::{Nonces, Requirement, Scope};
use dm::server::{AlertId, AlertItem, CommandId, Config, Event, Request, Session};
use dm::session::{Received, Transmit};
use dm::tree::{NodeKind, Value};
use syncml::StatusCode;

use super::account::{digest, nonce, octets};
use super::names::{
    ALERT_CONFIRMATION, ALERT_INSTALL, ALERT_READY, INSTALLED, SIGNED, nap_node, order_node,
};
use crate::bootstrap::NetworkAccess;
use crate::recipient::Order;
use crate::{OrderId, ProvisioningError, Reason};

/// What the node is to decide before the session goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Store these nonces with the account.
    StoreNonces {
        /// For the device's next digest.
        client: Vec<u8>,
        /// For the DPF's next digest.
        server: Vec<u8>,
    },
    /// The TRE's signed request: judge it, ask the PVA, then
    /// [`DpfSession::give`] the package or [`DpfSession::finish`].
    Request {
        /// SignedM2MMobj.
        octets: Vec<u8>,
    },
    /// The install went well, or why not: store it, then
    /// [`DpfSession::answer`].
    Install {
        /// For the answer.
        alert: AlertId,
        /// How it went.
        result: Result<(), Reason>,
    },
    /// A confirmation or an outcome: judge and store it, then
    /// [`DpfSession::answer`], and [`DpfSession::decide`] where there is a
    /// decision.
    Report {
        /// For the answer.
        alert: AlertId,
        /// SignedConfirmation or SignedOutcome.
        octets: Vec<u8>,
    },
    /// The device refused the decision.
    DecisionRefused {
        /// For the answer.
        alert: AlertId,
        /// Why.
        reason: Reason,
    },
    /// The session is over.
    Over {
        /// Why it did not come to its regular end.
        aborted: Option<Reason>,
    },
}

/// One session of the DPF with a device.
pub struct DpfSession {
    session: Session,
    order_id: OrderId,
    signed: Option<CommandId>,
    questions: VecDeque<Question>,
}

impl DpfSession {
    /// The session that a first message opens. The caller found the order by
    /// the message's Source.
    ///
    /// # Errors
    /// An account that DM can't have.
    pub fn new(order: &Order, first: &Received<'_>) -> Result<Self, ProvisioningError> {
        let account = order.account();
        let device = digest(&account.user, &account.password)?;
        let mut config = Config::new(
            first.target(),
            order.tre_id().as_str(),
            first.session_id().clone(),
            Requirement::Credentials(device),
        );
        // Each message proves itself: whoever learns a SessionID gains nothing.
        config.scope = Scope::Message;
        config.prove = Some(digest(&account.server_id, &account.server_secret)?);
        config.nonces = Nonces {
            prove: nonce(Some(&account.server_nonce)),
            verify: nonce(Some(&account.client_nonce)),
        };
        Ok(Self {
            session: Session::new(config),
            order_id: order.order_id(),
            signed: None,
            questions: VecDeque::new(),
        })
    }

    /// The order.
    #[must_use]
    pub fn order_id(&self) -> OrderId {
        self.order_id
    }

    /// Takes a message; then ask [`Self::poll_question`] until there is none.
    ///
    /// # Errors
    /// A message that is not of this session, or out of turn; it changed
    /// nothing.
    pub fn handle_message(
        &mut self,
        now: Tick,
        received: &Received<'_>,
        random: &mut dyn Random,
    ) -> Result<(), ProvisioningError> {
        self.session.handle_message(now, received, random)?;
        self.drain()
    }

    /// The next thing that the node is to decide.
    pub fn poll_question(&mut self) -> Option<Question> {
        self.questions.pop_front()
    }

    /// Gives the package and the network, and has it installed.
    ///
    /// # Errors
    /// A package that does not fit into a message.
    pub fn give(
        &mut self,
        package: Vec<u8>,
        access: &NetworkAccess,
    ) -> Result<(), ProvisioningError> {
        let order_id = self.order_id;
        let leaf = |target: String, value: Value| Request::Add {
            target,
            kind: NodeKind::Leaf(value),
        };
        let requests = [
            leaf(order_node(order_id, "Package"), Value::octets(package)),
            Request::Add {
                target: format!("./NAP/{order_id}"),
                kind: NodeKind::Interior { type_: None },
            },
            leaf(nap_node(order_id, "NAPID"), Value::text(access.id.as_str())),
            leaf(
                nap_node(order_id, "NAPAddr"),
                Value::text(access.apn.as_str()),
            ),
            Request::Exec {
                target: order_node(order_id, "Install"),
                correlator: Some(order_id.to_string()),
                argument: None,
            },
        ];
        for request in requests {
            self.session.push(request)?;
        }
        Ok(())
    }

    /// Gives the decision.
    ///
    /// # Errors
    /// The session takes no more commands.
    pub fn decide(&mut self, decision: Vec<u8>) -> Result<(), ProvisioningError> {
        let target = order_node(self.order_id, "Decision");
        self.session.push(Request::Replace {
            target,
            value: Value::octets(decision),
        })?;
        Ok(())
    }

    /// Answers an alert: 200, or 403 for what was refused.
    ///
    /// # Errors
    /// The answer has gone out already.
    pub fn answer(&mut self, alert: AlertId, accepted: bool) -> Result<(), ProvisioningError> {
        let code = if accepted {
            StatusCode::OK
        } else {
            StatusCode::FORBIDDEN
        };
        Ok(self.session.answer_alert(alert, code)?)
    }

    /// Asks for nothing more.
    pub fn finish(&mut self) {
        self.session.finish();
    }

    /// The answer to the device's message.
    ///
    /// # Errors
    /// None of its own.
    pub fn poll_transmit(&mut self, now: Tick) -> Result<Option<Transmit>, ProvisioningError> {
        let transmit = self.session.poll_transmit(now);
        self.drain()?;
        Ok(transmit)
    }

    /// When [`Self::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Tick> {
        self.session.poll_timeout()
    }

    /// Ends a session that the device has left.
    ///
    /// # Errors
    /// None of its own.
    pub fn handle_timeout(&mut self, now: Tick) -> Result<(), ProvisioningError> {
        self.session.handle_timeout(now);
        self.drain()
    }

    /// Whether it has ended; it may still repeat its last answer.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.session.is_over()
    }

    fn drain(&mut self) -> Result<(), ProvisioningError> {
        while let Some(event) = self.session.poll_event() {
            match event {
                Event::NoncesChanged(nonces) => self.questions.push_back(Question::StoreNonces {
                    client: octets(nonces.verify.as_ref()).unwrap_or_default(),
                    server: octets(nonces.prove.as_ref()).unwrap_or_default(),
                }),
                Event::Alert {
                    alert,
                    correlator,
                    items,
                    ..
                } => self.alert(alert, correlator.as_deref(), &items)?,
                Event::Results { command, value, .. } if self.signed == Some(command) => {
                    self.questions.push_back(Question::Request {
                        octets: value.data().to_vec(),
                    });
                }
                Event::Finished => self.questions.push_back(Question::Over { aborted: None }),
                Event::Aborted(reason) => {
                    self.questions.push_back(Question::Over {
                        aborted: Some(Reason::new(reason.code())),
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// An alert of this order; any other keeps the answer that the session
    /// gives by itself.
    fn alert(
        &mut self,
        alert: AlertId,
        correlator: Option<&str>,
        items: &[AlertItem],
    ) -> Result<(), ProvisioningError> {
        let [item] = items else { return Ok(()) };
        if correlator != Some(self.order_id.to_string().as_str()) {
            return Ok(());
        }
        let data = item
            .value
            .as_ref()
            .map(|value| value.data().to_vec())
            .unwrap_or_default();
        match item.type_.as_deref() {
            Some(ALERT_READY) => {
                self.session.answer_alert(alert, StatusCode::OK)?;
                self.signed = Some(self.session.push(Request::Get {
                    target: SIGNED.to_owned(),
                })?);
            }
            Some(ALERT_INSTALL) => {
                let result = if data == INSTALLED.as_bytes() {
                    Ok(())
                } else {
                    Err(reason(&data))
                };
                self.questions
                    .push_back(Question::Install { alert, result });
            }
            Some(ALERT_CONFIRMATION) if data.starts_with(b"<") => {
                self.questions.push_back(Question::Report {
                    alert,
                    octets: data,
                });
            }
            Some(ALERT_CONFIRMATION) => {
                self.questions.push_back(Question::DecisionRefused {
                    alert,
                    reason: reason(&data),
                });
            }
            _ => {}
        }
        Ok(())
    }
}

/// The device's word for why; what is no reason code is not repeated.
fn reason(data: &[u8]) -> Reason {
    std::str::from_utf8(data)
        .ok()
        .and_then(Reason::parse)
        .unwrap_or(Reason::new("reason-malformed"))
}
