//! An OCSP responder over HTTP, as it should be or not (RFC 6960 appendix A): the
//! answers are made by `trust::ocsp::Responder`, spoilt afterwards where they are to
//! be wrong.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use clock::Timestamp;
use tls::http::header::{self, HeaderValue};
use tls::http::{Request, Response, Server, ServerLimits, StatusCode, Transport, serve};
use tokens::os;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use trust::issue::SoftwareIssuer;
use trust::ocsp::{
    ExpiryPolicy, Record, Request as Question, ResponderConfig, SourceError, StatusSource,
};
use trust::{Certificate, Revocation, RevocationReason};

/// How a responder answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    Right,
    Revoked,
    /// Says so of whatever it is asked.
    Unknown,
    /// With an answer to another nonce.
    OldNonce,
    /// Without a nonce.
    NoNonce,
    /// About a certificate with another serial number.
    Other,
    /// With a signature that is another key's.
    WrongKey,
    /// Ten octets too short, by HTTP's rules whole.
    Truncated,
    /// Made this many days from now.
    At(i64),
    NotFound,
    Redirect,
    OtherType,
    /// More octets than an answer may have.
    Huge,
    TryLater,
    /// Takes connections and says nothing.
    Silent,
    /// The head, and then an octet now and then.
    Slow,
    /// The head, and half of the body.
    CutOff,
    /// Something else than HTTP.
    Garbage,
}

/// Method, path and question of each request, in order.
pub type Asked = Arc<Mutex<Vec<(String, Question)>>>;

pub struct OcspSite {
    _server: Option<Server>,
    task: Option<JoinHandle<()>>,
    pub asked: Asked,
}

impl Drop for OcspSite {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

struct Records(Option<Revocation>, bool);

impl StatusSource for Records {
    fn record(&self, _: &[u8]) -> Result<Option<Record>, SourceError> {
        Ok(self.1.then_some(Record {
            not_after: Timestamp::NO_EXPIRY,
            revocation: self.0,
        }))
    }
}

struct State {
    answers: Answers,
    responder: trust::ocsp::Responder<SoftwareIssuer>,
    asked: Asked,
}

impl OcspSite {
    pub fn start(
        listener: TcpListener,
        issuer: Certificate,
        key: SoftwareIssuer,
        answers: Answers,
    ) -> Self {
        let asked = Asked::default();
        if matches!(
            answers,
            Answers::Silent | Answers::Slow | Answers::CutOff | Answers::Garbage
        ) {
            let task = Some(tokio::spawn(raw(listener, answers)));
            return Self {
                _server: None,
                task,
                asked,
            };
        }
        let config = ResponderConfig {
            expiry: ExpiryPolicy::GoodAfterExpiry,
            ..ResponderConfig::default()
        };
        let state = Arc::new(State {
            answers,
            responder: trust::ocsp::Responder::new(key, issuer, None, config).unwrap(),
            asked: asked.clone(),
        });
        let handler = move |request: Request| {
            let state = state.clone();
            async move { state.answer(&request) }
        };
        let limits = ServerLimits::default();
        Self {
            _server: Some(serve(listener, Transport::Plain, limits, handler).unwrap()),
            task: None,
            asked,
        }
    }

    pub fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl State {
    fn answer(&self, request: &Request) -> Response {
        let question = match request.path.strip_prefix('/') {
            Some(path) if request.method.as_str() == "GET" => Question::from_path(path),
            _ => Question::from_der(&request.body),
        }
        .unwrap();
        let method = request.method.as_str().to_owned();
        self.asked.lock().unwrap().push((method, question.clone()));
        let status = match self.answers {
            Answers::NotFound => StatusCode::NOT_FOUND,
            Answers::Redirect => StatusCode::FOUND,
            _ => StatusCode::OK,
        };
        let mut response = Response::new(status).with_body(self.octets(&question));
        let media_type = match self.answers {
            Answers::OtherType => "application/octet-stream",
            _ => "application/ocsp-response",
        };
        let media_type = HeaderValue::from_static(media_type);
        response.headers.insert(header::CONTENT_TYPE, media_type);
        if self.answers == Answers::Redirect {
            let elsewhere = HeaderValue::from_static("http://elsewhere.test/");
            response.headers.insert(header::LOCATION, elsewhere);
        }
        response
    }

    fn octets(&self, question: &Question) -> Vec<u8> {
        let now = os::now();
        let revocation = Revocation {
            at: now.minus(Duration::from_secs(60)),
            reason: Some(RevocationReason::KeyCompromise),
        };
        let revoked = (self.answers == Answers::Revoked).then_some(revocation);
        let records = Records(revoked, self.answers != Answers::Unknown);
        let about = |question: &Question, now| {
            let reply = self.responder.answer_request(question, now, &records);
            reply.der().to_vec()
        };
        let id = question.certificates()[0].clone();
        match self.answers {
            Answers::OldNonce => {
                let other = trust::ocsp::Nonce::new(&[7; 32]).unwrap();
                about(&Question::new(id, Some(other)), now)
            }
            Answers::NoNonce => about(&Question::new(id, None), now),
            Answers::Other => {
                let issuer = self.responder.issuer();
                let other = trust::ocsp::CertId::new(issuer, &[0x11], Default::default()).unwrap();
                about(&Question::new(other, question.nonce().cloned()), now)
            }
            Answers::WrongKey => {
                // The signature is the last element: s, the second number of it.
                let mut der = about(question, now);
                let last = der.len() - 1;
                der[last] ^= 1;
                der
            }
            Answers::Truncated => {
                let der = about(question, now);
                der[..der.len() - 10].to_vec()
            }
            Answers::At(days) => {
                let by = Duration::from_secs(days.unsigned_abs() * 86_400);
                about(
                    question,
                    if days < 0 {
                        now.minus(by)
                    } else {
                        now.plus(by)
                    },
                )
            }
            Answers::Huge => vec![0x30; trust::ocsp::MAX_ANSWER + 1],
            // RFC 6960 clause 4.2.1: tryLater.
            Answers::TryLater => vec![0x30, 3, 10, 1, 3],
            _ => about(question, now),
        }
    }
}

async fn raw(listener: TcpListener, answers: Answers) {
    let mut open: Vec<JoinHandle<()>> = Vec::new();
    loop {
        let Ok((tcp, _)) = listener.accept().await else {
            return;
        };
        open.push(tokio::spawn(misbehave(tcp, answers)));
    }
}

async fn misbehave(mut tcp: TcpStream, answers: Answers) {
    let mut octets = [0; 4096];
    let _ = tcp.read(&mut octets).await;
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\n\
                Content-Length: 400\r\n\r\n";
    match answers {
        Answers::Slow => {
            tcp.write_all(head.as_bytes()).await.unwrap();
            while tcp.write_all(&[0x30]).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        Answers::CutOff => {
            tcp.write_all(head.as_bytes()).await.unwrap();
            tcp.write_all(&[0x30; 200]).await.unwrap();
        }
        Answers::Garbage => {
            let _ = tcp.write_all(b"220 mail.test ESMTP\r\n").await;
        }
        _ => while tcp.read(&mut octets).await.is_ok_and(|read| read > 0) {},
    }
}
