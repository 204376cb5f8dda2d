//! A client's side: answers to challenges (RFC 7616 clauses 3.4 to 3.6; RFC
//! 7617 clause 2).

use data_encoding::{BASE64, BASE64URL_NOPAD};
use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue, WWW_AUTHENTICATE};
use openssl::rand::rand_bytes;
use thiserror::Error as ThisError;
use zeroize::Zeroizing;

use super::digest::{DigestAlgorithm, Input, Qop};
use super::grammar::{Part, parts, quoted};
use crate::Error;

const AUTHENTICATION_INFO: HeaderName = HeaderName::from_static("authentication-info");

/// Which scheme a client is to use. It takes no other, so that nobody on the way
/// talks it into a weaker one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginScheme {
    /// Basic: sent with every request, behind TLS only.
    Basic,
    /// Digest, with SHA-256 where the server has it.
    Digest,
}

/// A client's user name and secret for one server. There is no `Debug`.
pub struct HttpLogin {
    scheme: LoginScheme,
    user: String,
    secret: Zeroizing<Vec<u8>>,
    session: Option<Session>,
}

/// What the server's last challenge said.
struct Session {
    algorithm: DigestAlgorithm,
    realm: String,
    nonce: String,
    opaque: Option<String>,
    qop: Qop,
    count: u32,
    /// The target and the client's nonce of the last request.
    last: Option<(String, String)>,
}

/// What a server asks for, as it wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme's name, in lower case.
    pub scheme: String,
    /// The parameter `algorithm`.
    pub algorithm: Option<String>,
    /// The parameter `realm`.
    pub realm: Option<String>,
}

impl Challenge {
    /// The challenges in an answer's header fields; what can't be read is left out.
    #[must_use]
    pub fn all(headers: &HeaderMap) -> Vec<Self> {
        let own = |part: &Part, name| part.get(name).map(str::to_owned);
        let challenge = |part: Part| Self {
            algorithm: own(&part, "algorithm"),
            realm: own(&part, "realm"),
            scheme: part.scheme,
        };
        offered(headers).into_iter().map(challenge).collect()
    }
}

fn offered(headers: &HeaderMap) -> Vec<Part> {
    let fields = headers.get_all(WWW_AUTHENTICATE).iter();
    let texts = fields.filter_map(|value| parts(std::str::from_utf8(value.as_bytes()).ok()?));
    texts.flatten().collect()
}

/// Why a login can't go on.
#[derive(Clone, Copy, Debug, ThisError, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginRefused {
    /// The server refused user or secret.
    #[error("the server refuses the user name or the secret")]
    Wrong,
    /// The server does not offer the scheme in a form that is supported.
    #[error("the server does not offer the scheme of this login")]
    NotOffered,
    /// The answer's proof is not by somebody with the secret.
    #[error("the server's answer does not prove that it has the secret")]
    ServerUnproved,
    /// The library failed.
    #[error("the TLS library failed")]
    Library,
}

impl LoginRefused {
    /// The stable reason code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Wrong => "http-login-refused",
            Self::NotOffered => "http-login-not-offered",
            Self::ServerUnproved => "http-server-unproved",
            Self::Library => "tls-library-failed",
        }
    }
}

impl From<Error> for LoginRefused {
    fn from(_: Error) -> Self {
        Self::Library
    }
}

impl HttpLogin {
    /// A login.
    ///
    /// # Errors
    /// [`Error::ConfigurationWrong`] for a user with a colon in Basic, or with
    /// control characters.
    pub fn new(scheme: LoginScheme, user: &str, secret: Zeroizing<Vec<u8>>) -> Result<Self, Error> {
        let colon = scheme == LoginScheme::Basic && user.contains(':');
        if colon || user.is_empty() || user.chars().any(char::is_control) {
            return Err(Error::ConfigurationWrong(
                "a user name of HTTP has no colon and no control characters".to_owned(),
            ));
        }
        Ok(Self {
            scheme,
            user: user.to_owned(),
            secret,
            session: None,
        })
    }

    /// `Authorization` for the next request; `None` before the first challenge
    /// of Digest.
    ///
    /// # Errors
    /// [`LoginRefused::Library`].
    pub fn authorization(
        &mut self,
        method: &str,
        target: &str,
        body: &[u8],
    ) -> Result<Option<HeaderValue>, LoginRefused> {
        let text = match self.scheme {
            LoginScheme::Basic => {
                let mut both = Zeroizing::new(format!("{}:", self.user).into_bytes());
                both.extend_from_slice(&self.secret);
                Zeroizing::new(format!("Basic {}", BASE64.encode(&both)))
            }
            LoginScheme::Digest => match self.digest(method, target, body)? {
                Some(text) => Zeroizing::new(text),
                None => return Ok(None),
            },
        };
        let value = HeaderValue::from_bytes(text.as_bytes()).ok();
        Ok(value.map(|mut value| {
            value.set_sensitive(true);
            value
        }))
    }

    fn digest(
        &mut self,
        method: &str,
        target: &str,
        body: &[u8],
    ) -> Result<Option<String>, LoginRefused> {
        let Some(session) = &mut self.session else {
            return Ok(None);
        };
        session.count = session.count.saturating_add(1);
        let mut random = [0; 16];
        rand_bytes(&mut random).map_err(Error::from)?;
        let client_nonce = BASE64URL_NOPAD.encode(&random);
        session.last = Some((target.to_owned(), client_nonce));
        let session = &*session;
        let count = session.count_text();
        let Some(input) = session.input(&self.user, &self.secret, &count) else {
            return Ok(None);
        };
        let response = input.response(method, body)?;
        let mut text = format!(
            "Digest {}, {}, {}, {}, algorithm={}, {}, qop={}, nc={}, {}",
            quoted("username", &self.user),
            quoted("realm", &session.realm),
            quoted("nonce", &session.nonce),
            quoted("uri", target),
            session.algorithm.name(),
            quoted("response", &response),
            session.qop.name(),
            input.nonce_count,
            quoted("cnonce", input.client_nonce),
        );
        if let Some(opaque) = &session.opaque {
            text.push_str(", ");
            text.push_str(&quoted("opaque", opaque));
        }
        Ok(Some(text))
    }

    /// Takes a 401's header fields; `Ok` means that the request may be sent
    /// again, with a new [`authorization`](Self::authorization).
    ///
    /// # Errors
    /// [`LoginRefused`].
    pub fn challenged(&mut self, headers: &HeaderMap) -> Result<(), LoginRefused> {
        if self.scheme == LoginScheme::Basic {
            // It was sent already.
            return Err(LoginRefused::Wrong);
        }
        let offered = offered(headers);
        let sessions = offered.iter().filter_map(session);
        let best = sessions.max_by_key(|(session, _)| session.algorithm == DigestAlgorithm::Sha256);
        let (session, stale) = best.ok_or(LoginRefused::NotOffered)?;
        if self.session.is_some() && !stale {
            return Err(LoginRefused::Wrong);
        }
        self.session = Some(session);
        Ok(())
    }

    /// Takes the header fields and the body of an answer other than 401: the
    /// server's own proof, if there is one, and its next nonce.
    ///
    /// # Errors
    /// [`LoginRefused::ServerUnproved`] for a proof that is wrong.
    pub fn answered(&mut self, headers: &HeaderMap, body: &[u8]) -> Result<(), LoginRefused> {
        let Some(session) = &mut self.session else {
            return Ok(());
        };
        let Some(field) = headers.get(AUTHENTICATION_INFO) else {
            return Ok(());
        };
        let text = std::str::from_utf8(field.as_bytes()).ok();
        // Parameters without a scheme before them.
        let info = text.and_then(|text| parts(&format!("info {text}")));
        let info = info.and_then(|info| info.into_iter().next());
        let info = info.ok_or(LoginRefused::ServerUnproved)?;
        if let Some(shown) = info.get("rspauth") {
            let qop = info.get("qop").and_then(Qop::by_name);
            let count = session.count_text();
            let input = session.input(&self.user, &self.secret, &count);
            let input = input.ok_or(LoginRefused::ServerUnproved)?;
            let qop = qop.unwrap_or(session.qop);
            let own = Input { qop, ..input }.proof_of_server(body)?;
            if own != shown {
                return Err(LoginRefused::ServerUnproved);
            }
        }
        if let Some(next) = info.get("nextnonce") {
            session.nonce = next.to_owned();
            session.count = 0;
        }
        Ok(())
    }
}

impl Session {
    fn count_text(&self) -> String {
        format!("{:08x}", self.count)
    }

    /// What the last request's digest is made of.
    fn input<'a>(
        &'a self,
        user: &'a str,
        secret: &'a [u8],
        nonce_count: &'a str,
    ) -> Option<Input<'a>> {
        let (target, client_nonce) = self.last.as_ref()?;
        Some(Input {
            algorithm: self.algorithm,
            user,
            realm: &self.realm,
            secret,
            nonce: &self.nonce,
            nonce_count,
            client_nonce,
            qop: self.qop,
            target,
        })
    }
}

/// What a challenge begins, if it is one that is supported; and whether only the
/// nonce was too old.
fn session(part: &Part) -> Option<(Session, bool)> {
    if part.scheme != "digest" {
        return None;
    }
    let mut offered = part.get("qop")?.split(',').map(str::trim);
    let offered: Vec<Qop> = offered.by_ref().filter_map(Qop::by_name).collect();
    // The body's digest is worth its time: DM messages are small.
    let qop = match offered.contains(&Qop::AuthInt) {
        true => Qop::AuthInt,
        false => *offered.first()?,
    };
    let stale = part
        .get("stale")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let session = Session {
        algorithm: DigestAlgorithm::by_name(part.get("algorithm"))?,
        realm: part.get("realm")?.to_owned(),
        nonce: part.get("nonce")?.to_owned(),
        opaque: part.get("opaque").map(str::to_owned),
        qop,
        count: 0,
        last: None,
    };
    Some((session, stale))
}
