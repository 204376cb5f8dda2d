//! One session's way to its server: connections that show what the account has for
//! them, and the login of HTTP where the server asks for it (OMA DM session security
//! clauses 9.2.1 and 9.2.2; RFC 7616 clauses 3.3 to 3.5, RFC 7617 clause 2). The
//! login is for the account's own server: redirects are not followed, and no other
//! host or port gets it.

use std::time::Duration;

use dm::auth::MAC_HEADER;
use dm::objects::dm_account::TransportKey;
use dm::session::{MAX_MESSAGE, Transmit};
use tls::Alert;
use tls::http::auth::{HttpLogin, LoginRefused};
use tls::http::header::AUTHORIZATION;
use tls::http::{Answer, ClientRequest, StatusCode};
use tokio::time::Instant;

use super::account::Route;
use super::endpoint::Endpoint;
use super::exchange::{Message, Unanswered, check, request};
use super::network::Network;
use crate::Error;

/// How often a message goes out in answer to challenges: after the first one, and
/// once more where the nonce has become too old meanwhile.
const CHALLENGES: usize = 2;

/// A session's way to its server.
pub(super) struct Way {
    network: Network,
    origin: Endpoint,
    login: Option<HttpLogin>,
    shows: Shows,
}

/// What its connections show.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shows {
    Nothing,
    Key,
    Certificate,
}

impl Way {
    /// The way of a route, whose login it takes.
    pub(super) fn of(network: &Network, route: &mut Route) -> Result<Self, Error> {
        let transport = route.transport.take();
        let mut network = match route.pin {
            Some(pin) => network.pinned(pin)?,
            None => network.clone(),
        };
        if let Some(transport) = &transport {
            network = network.showing(transport, &route.endpoint.host)?;
        }
        Ok(Self {
            network,
            origin: route.endpoint.clone(),
            login: route.login.take(),
            shows: match transport {
                None => Shows::Nothing,
                Some(TransportKey::Psk { .. }) => Shows::Key,
                Some(TransportKey::Certificate { .. }) => Shows::Certificate,
            },
        })
    }

    /// Posts a message and waits for the whole answer, for `patience` at most.
    pub(super) async fn post(
        &mut self,
        transmit: Transmit,
        patience: Duration,
    ) -> Result<Message, Unanswered> {
        let endpoint = transmit.to.as_deref().and_then(Endpoint::parse);
        let endpoint = endpoint.ok_or(Unanswered::Ever(Error::Answer("a URL of another form")))?;
        if !endpoint.is_same_origin(&self.origin) {
            return Err(Unanswered::Ever(Error::Answer("a URL of another server")));
        }
        let until = Instant::now() + patience;
        let left = || until.saturating_duration_since(Instant::now());
        for _ in 0..=CHALLENGES {
            let request = self.request(&endpoint, &transmit)?;
            let sent = self.network.send(&endpoint, request, left()).await;
            let answer = sent.map_err(|error| Unanswered::from(self.explained(error)))?;
            if answer.status != StatusCode::UNAUTHORIZED {
                return self.take(answer, left()).await;
            }
            let Some(login) = &mut self.login else {
                return Err(Unanswered::Ever(Error::Login {
                    code: "http-login-missing",
                    text: "the server asks for a login of HTTP, and the account has none",
                }));
            };
            login.challenged(&answer.headers).map_err(refused)?;
        }
        // A server that takes every nonce for too old would go on like this.
        Err(refused(LoginRefused::Wrong))
    }

    fn request(
        &mut self,
        endpoint: &Endpoint,
        transmit: &Transmit,
    ) -> Result<ClientRequest, Unanswered> {
        let mut request = request(endpoint, transmit)?;
        if let Some(login) = &mut self.login {
            let method = request.method.as_str();
            let shown = login.authorization(method, &endpoint.target, &request.body);
            let shown = shown.map_err(refused)?;
            request
                .headers
                .extend(shown.map(|shown| (AUTHORIZATION, shown)));
        }
        Ok(request)
    }

    /// Takes an answer, and what it says of the server's own proof.
    async fn take(&mut self, answer: Answer, left: Duration) -> Result<Message, Unanswered> {
        let encoding = check(&answer)?;
        let headers = answer.headers.clone();
        let mac = headers.get(MAC_HEADER);
        // One that is no text is wrong, not missing.
        let mac = mac.map(|mac| String::from_utf8(mac.as_bytes().to_vec()).unwrap_or_default());
        let whole = answer.whole(MAX_MESSAGE, left).await;
        let octets = whole.map_err(Error::from)?;
        if let Some(login) = &mut self.login {
            login.answered(&headers, &octets).map_err(refused)?;
        }
        Ok(Message {
            encoding,
            mac,
            octets,
        })
    }

    /// What an alert means in view of what the connection has shown.
    fn explained(&self, error: Error) -> Error {
        let alert = match &error {
            Error::Tls(tls::Error::RefusedByPeer { alert }) => *alert,
            // A server of TLS 1.3 that does not know the key shows a certificate.
            Error::Tls(refused)
                if self.shows == Shows::Key && refused.code() == "certificate-not-judged" =>
            {
                return psk_refused();
            }
            _ => return error,
        };
        match self.shows {
            Shows::Key => psk_refused(),
            Shows::Certificate if is_of_certificates(alert) => Error::Login {
                code: "client-certificate-refused",
                text: "the server refuses the device's certificate",
            },
            Shows::Nothing if alert == Alert::CERTIFICATE_REQUIRED => Error::Login {
                code: "client-certificate-missing",
                text: "the server wants a certificate, and the account has none",
            },
            _ => error,
        }
    }
}

fn refused(why: LoginRefused) -> Unanswered {
    Unanswered::Ever(Error::Login {
        code: why.code(),
        text: match why {
            LoginRefused::Wrong => "the server refuses the name or the secret of HTTP",
            LoginRefused::NotOffered => "the server does not offer the scheme of the login",
            LoginRefused::ServerUnproved => "the server's proof in HTTP is wrong",
            _ => "the TLS library failed",
        },
    })
}

fn psk_refused() -> Error {
    Error::Login {
        code: "psk-refused",
        text: "the server refuses the pre-shared key or its identity",
    }
}

/// Alerts about certificates (RFC 8446 clause 6.2), and the one that a verifier's
/// refusal becomes.
fn is_of_certificates(alert: Alert) -> bool {
    matches!(alert.number(), 40 | 42..=46 | 48 | 49 | 116)
}
