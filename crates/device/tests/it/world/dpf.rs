//! DPF and DRF of an operator over TLS, as they should be or not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use clock::Tick;
use dm::session::{Encoding, Received};
use provisioning::session::{DpfSession, Question};
use tls::http::header::{self, HeaderValue};
use tls::http::{Request, Response, Server, ServerLimits, StatusCode, Transport, serve};
use tls::{ClientAuthentication, Credentials, Profile, ServerConfig};
use tokens::os::OsRandom;
use tokens::{OperatorKeyDir, TlsIdentity};
use tokio::net::TcpListener;

use super::{Hlr, Recipient, time};

/// How a site answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    Right,
    /// 500 to the first so many requests.
    FailsFirst(usize),
    /// Sends the device somewhere else.
    Redirects,
    /// The right message under another media type.
    OtherMediaType,
}

/// Path and body of each request, in order.
pub type Requests = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

pub struct Site {
    _server: Server,
    pub requests: Requests,
}

struct State {
    behaviour: Behaviour,
    recipient: Arc<Mutex<Recipient>>,
    hlr: Arc<Mutex<Hlr>>,
    sessions: Mutex<HashMap<String, DpfSession>>,
    requests: Requests,
}

impl Site {
    pub fn start(
        listener: TcpListener,
        keys: &OperatorKeyDir,
        behaviour: Behaviour,
        recipient: Arc<Mutex<Recipient>>,
        hlr: Arc<Mutex<Hlr>>,
    ) -> Self {
        Self::with(listener, &keys.dpf, behaviour, recipient, hlr)
    }

    pub fn with(
        listener: TcpListener,
        identity: &TlsIdentity,
        behaviour: Behaviour,
        recipient: Arc<Mutex<Recipient>>,
        hlr: Arc<Mutex<Hlr>>,
    ) -> Self {
        let own = Credentials::new(&identity.leaf, &[], identity.key.clone()).unwrap();
        let config = ServerConfig::new(Profile::ThreeGpp, &own, ClientAuthentication::None);
        let requests = Arc::new(Mutex::new(Vec::new()));
        let state = Arc::new(State {
            behaviour,
            recipient,
            hlr,
            sessions: Mutex::default(),
            requests: requests.clone(),
        });
        let handler = move |request: Request| {
            let state = state.clone();
            async move { state.answer(&request) }
        };
        let transport = Transport::Tls(config.unwrap());
        Self {
            _server: serve(listener, transport, ServerLimits::default(), handler).unwrap(),
            requests,
        }
    }

    pub fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }
}

impl State {
    fn answer(&self, request: &Request) -> Response {
        let mut requests = self.requests.lock().unwrap();
        requests.push((request.path.clone(), request.body.to_vec()));
        let count = requests.len();
        drop(requests);
        if request.path == "/drf" {
            return Response::new(StatusCode::NO_CONTENT);
        }
        match self.behaviour {
            Behaviour::FailsFirst(failures) if count <= failures => {
                Response::new(StatusCode::INTERNAL_SERVER_ERROR)
            }
            Behaviour::Redirects => {
                let mut response = Response::new(StatusCode::TEMPORARY_REDIRECT);
                let elsewhere = HeaderValue::from_static("https://elsewhere.test/dm");
                response.headers.insert(header::LOCATION, elsewhere);
                response
            }
            behaviour => {
                let octets = self.message(&request.body);
                let media = if behaviour == Behaviour::OtherMediaType {
                    "text/xml"
                } else {
                    Encoding::Wbxml.content_type()
                };
                let mut response = Response::new(StatusCode::OK).with_body(octets);
                let media = HeaderValue::from_static(media);
                response.headers.insert(header::CONTENT_TYPE, media);
                response
            }
        }
    }

    fn message(&self, octets: &[u8]) -> Vec<u8> {
        let received = Received::read(Encoding::Wbxml, octets).unwrap();
        let session_id = received.session_id().as_str().to_owned();
        let mut recipient = self.recipient.lock().unwrap();
        let mut sessions = self.sessions.lock().unwrap();
        let session = sessions
            .entry(session_id)
            .or_insert_with(|| DpfSession::new(&recipient.order, &received).unwrap());
        session
            .handle_message(Tick::ZERO, &received, &mut OsRandom)
            .unwrap();
        while let Some(question) = session.poll_question() {
            self.decide(&mut recipient, session, question);
        }
        session.poll_transmit(Tick::ZERO).unwrap().unwrap().octets
    }

    fn decide(&self, recipient: &mut Recipient, session: &mut DpfSession, question: Question) {
        let Recipient {
            keys,
            order,
            envelope,
            pva,
            access,
        } = recipient;
        match question {
            Question::StoreNonces { client, server } => order.set_nonces(client, server),
            Question::Request { octets } => {
                order.request(&octets).unwrap();
                let pvas = [pva.clone()];
                let envelope = envelope.as_deref();
                let package = order
                    .vouched(envelope, &pvas, None, time(), &keys.keys)
                    .unwrap();
                session.give(package.octets, access).unwrap();
            }
            Question::Install { alert, result } => {
                result.unwrap();
                let effects = order.installed().unwrap();
                effects
                    .iter()
                    .for_each(|effect| self.hlr.lock().unwrap().apply(effect));
                session.answer(alert, true).unwrap();
            }
            Question::Report { alert, octets } => match order.confirm(&octets, &keys.keys) {
                Ok(decision) => {
                    session.answer(alert, true).unwrap();
                    session.decide(decision).unwrap();
                }
                Err(_) => {
                    order.settle(&octets, &keys.keys).unwrap();
                    session.answer(alert, true).unwrap();
                }
            },
            Question::DecisionRefused { reason, .. } => panic!("{reason}"),
            Question::Over { .. } => {}
        }
    }
}
