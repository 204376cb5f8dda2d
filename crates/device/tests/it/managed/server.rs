//! A DM server on loopback, built from the engine's server session: it runs one
//! list of commands in each session and writes down what it hears.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use clock::Tick;
use dm::auth::{Credentials, Nonces, Requirement, Scope};
use dm::server::{CommandId, Config, Event, Request, Session};
use dm::session::{Encoding, Received, Transmit};
use secret::SecretBytes;
use syncml::StatusCode;
use tls::http::header::{self, HeaderValue};
use tls::http::{self, Response, Server, ServerLimits, Transport, serve};
use tokens::os::OsRandom;
use tokio::net::TcpListener;

pub const DEVICE: &str = "urn:imei:490154203237518";

/// A result as the server got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub type_: String,
    pub correlator: Option<String>,
    pub code: String,
}

/// What a server heard.
#[derive(Default)]
pub struct Seen {
    pub requests: usize,
    pub encodings: HashSet<Encoding>,
    /// Sessions whose device proved itself.
    pub sessions: usize,
    /// Commands with their statuses, `Get ./A`.
    pub statuses: Vec<(String, u16)>,
    pub results: Vec<(String, String)>,
    pub reports: Vec<Report>,
    pub aborted: usize,
    /// Messages with and without credentials of the device.
    pub shown: Vec<bool>,
    /// What the device said of the server's own.
    pub header_statuses: Vec<u16>,
}

/// What stands before the server: it is given a request and the server's answer.
type Guard = dyn Fn(&http::Request, &dyn Fn() -> Response) -> Response + Send + Sync;

pub struct Shared {
    url: String,
    /// What it shows to devices.
    credentials: Credentials,
    nonces: Mutex<Nonces>,
    plans: Mutex<VecDeque<Vec<Request>>>,
    talks: Mutex<HashMap<String, Talk>>,
    seen: Mutex<Seen>,
    /// What it answers to results.
    answer: Mutex<StatusCode>,
    /// Requests that it fails first.
    failures: Mutex<usize>,
    guard: Mutex<Option<Arc<Guard>>>,
}

struct Talk {
    session: Session,
    names: HashMap<CommandId, String>,
}

pub struct DmServer {
    pub url: String,
    shared: Arc<Shared>,
    _server: Server,
}

pub fn md5(user: &str, secret: &str) -> Credentials {
    Credentials::md5(user, &SecretBytes::new(secret.as_bytes().to_vec())).unwrap()
}

impl DmServer {
    /// A server over HTTP that shows the secret `secret` under its name.
    pub async fn start(name: &str, secret: &str) -> Self {
        Self::over(name, secret, "127.0.0.1", Transport::Plain).await
    }

    pub async fn over(name: &str, secret: &str, host: &str, transport: Transport) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = match transport {
            Transport::Plain | Transport::Upgrade { .. } => "http",
            Transport::Tls(_) | Transport::Reloadable(_) => "https",
        };
        let port = listener.local_addr().unwrap().port();
        let url = format!("{scheme}://{host}:{port}/dm");
        let shared = Arc::new(Shared {
            url: url.clone(),
            credentials: md5(name, secret),
            nonces: Mutex::default(),
            plans: Mutex::default(),
            talks: Mutex::default(),
            seen: Mutex::default(),
            answer: Mutex::new(StatusCode::OK),
            failures: Mutex::new(0),
            guard: Mutex::default(),
        });
        let state = shared.clone();
        let handler = move |request: http::Request| {
            let state = state.clone();
            async move {
                let guard = state.guard.lock().unwrap().clone();
                match guard {
                    Some(guard) => guard(&request, &|| state.answer(&request)),
                    None => state.answer(&request),
                }
            }
        };
        let server = serve(listener, transport, ServerLimits::default(), handler).unwrap();
        Self {
            url,
            shared,
            _server: server,
        }
    }

    /// What the next session without a plan runs.
    pub fn plan(&self, requests: Vec<Request>) {
        self.shared.plans.lock().unwrap().push_back(requests);
    }

    /// What was planned is planned no more.
    #[allow(dead_code, reason = "for the crate `rehome`, which shares this file")]
    pub fn forget_plans(&self) {
        self.shared.plans.lock().unwrap().clear();
    }

    /// Puts something before the server.
    #[allow(dead_code, reason = "for the crate `device` alone")]
    pub fn guard(
        &self,
        guard: impl Fn(&http::Request, &dyn Fn() -> Response) -> Response + Send + Sync + 'static,
    ) {
        *self.shared.guard.lock().unwrap() = Some(Arc::new(guard));
    }

    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.shared.seen.lock().unwrap()
    }

    pub fn answer_reports(&self, status: StatusCode) {
        *self.shared.answer.lock().unwrap() = status;
    }

    pub fn fail_first(&self, count: usize) {
        *self.shared.failures.lock().unwrap() = count;
    }

    /// The nonce that the device gave for its next proof.
    pub fn nonce(&self) -> Option<dm::auth::Nonce> {
        self.shared.nonces.lock().unwrap().prove.clone()
    }

    /// Whether there was a session with this SessionID.
    pub fn had_session(&self, id: &str) -> bool {
        self.shared.talks.lock().unwrap().contains_key(id)
    }

    /// It loses what it knows of nonces.
    pub fn forget_nonces(&self) {
        *self.shared.nonces.lock().unwrap() = Nonces::default();
    }

    /// The status of the last such command.
    pub fn status(&self, command: &str) -> Option<u16> {
        let seen = self.seen();
        let found = seen.statuses.iter().rev().find(|(name, _)| name == command);
        found.map(|(_, status)| *status)
    }
}

fn name(request: &Request) -> String {
    match request {
        Request::Get { target } => format!("Get {target}"),
        Request::Add { target, .. } => format!("Add {target}"),
        Request::Replace { target, .. } => format!("Replace {target}"),
        Request::Delete { target } => format!("Delete {target}"),
        Request::Exec { target, .. } => format!("Exec {target}"),
        Request::Sequence(_) => "Sequence".to_owned(),
        Request::Atomic(_) => "Atomic".to_owned(),
        _ => String::new(),
    }
}

impl Shared {
    fn answer(&self, request: &http::Request) -> Response {
        self.seen.lock().unwrap().requests += 1;
        let mut failures = self.failures.lock().unwrap();
        if *failures > 0 {
            *failures -= 1;
            return Response::new(http::StatusCode::SERVICE_UNAVAILABLE);
        }
        drop(failures);
        let Some(message) = self.message(request) else {
            return Response::new(http::StatusCode::BAD_REQUEST);
        };
        let mut response = Response::new(http::StatusCode::OK).with_body(message.octets);
        let media = HeaderValue::from_static(message.encoding.content_type());
        response.headers.insert(header::CONTENT_TYPE, media);
        response
    }

    fn message(&self, request: &http::Request) -> Option<Transmit> {
        let media = request.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let encoding = Encoding::of_content_type(media)?;
        let received = Received::read(encoding, &request.body).ok()?;
        self.seen.lock().unwrap().encodings.insert(encoding);
        self.note(&received);
        let mut talks = self.talks.lock().unwrap();
        let id = received.session_id().as_str().to_owned();
        let talk = talks
            .entry(id.clone())
            .or_insert_with(|| self.begin(id.as_str().into()));
        talk.session
            .handle_message(Tick::ZERO, &received, &mut OsRandom)
            .ok()?;
        while let Some(event) = talk.session.poll_event() {
            self.take(talk, event);
        }
        talk.session.poll_transmit(Tick::ZERO)
    }

    fn note(&self, received: &Received<'_>) {
        let mut seen = self.seen.lock().unwrap();
        let message = received.message();
        seen.shown.push(message.header.cred.is_some());
        let statuses = message.body.commands.iter().filter_map(|it| match it {
            syncml::Command::Status(status) if status.cmd_ref.is_header() => Some(status.code.0),
            _ => None,
        });
        seen.header_statuses.extend(statuses);
    }

    fn begin(&self, id: syncml::SessionId) -> Talk {
        let verify = Requirement::Credentials(md5("device", "device secret"));
        let mut config = Config::new(self.url.as_str(), DEVICE, id, verify);
        config.prove = Some(self.credentials.clone());
        config.scope = Scope::Message;
        config.nonces = self.nonces.lock().unwrap().clone();
        let mut session = Session::new(config);
        let plan = self.plans.lock().unwrap().pop_front().unwrap_or_default();
        let names = plan
            .into_iter()
            .map(|request| (session.push(request.clone()).unwrap(), name(&request)))
            .collect();
        Talk { session, names }
    }

    fn take(&self, talk: &mut Talk, event: Event) {
        let mut seen = self.seen.lock().unwrap();
        let named = |id| talk.names.get(&id).cloned().unwrap_or_default();
        match event {
            Event::Authenticated => seen.sessions += 1,
            Event::NoncesChanged(nonces) => *self.nonces.lock().unwrap() = nonces,
            Event::Status {
                command, status, ..
            } => seen.statuses.push((named(command), status.0)),
            Event::Results { source, value, .. } => seen.results.push((
                source.unwrap_or_default(),
                String::from_utf8_lossy(value.data()).into_owned(),
            )),
            Event::Alert {
                alert,
                correlator,
                items,
                ..
            } => {
                for item in items {
                    let value = item.value.unwrap();
                    seen.reports.push(Report {
                        type_: item.type_.unwrap_or_default(),
                        correlator: correlator.clone(),
                        code: String::from_utf8_lossy(value.data()).into_owned(),
                    });
                }
                let status = *self.answer.lock().unwrap();
                talk.session.answer_alert(alert, status).unwrap();
            }
            Event::Aborted(_) => seen.aborted += 1,
            _ => {}
        }
    }
}
