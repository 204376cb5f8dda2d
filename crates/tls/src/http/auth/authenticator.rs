//! A server's side: challenges, and the judgement on what comes back (RFC 7616
//! clauses 3.3 to 3.6; RFC 7617 clause 2; RFC 9110 clause 11.6).

use std::time::Duration;

use data_encoding::BASE64;
use hyper::header::{AUTHORIZATION, HeaderValue};
use openssl::memcmp;
use zeroize::Zeroizing;

use super::digest::{DigestAlgorithm, Input, Qop};
use super::grammar::{Part, parts, quoted};
use super::nonces::{Nonces, Stale};
use crate::Error;
use crate::http::Request;

/// Octets of the longest credentials that are read.
const LONGEST: usize = 8 * 1024;

/// What a server offers, most wanted first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// Digest with this hash.
    Digest(DigestAlgorithm),
    /// Basic. The secret goes over the wire: behind TLS only.
    Basic,
}

/// Authenticates requests. Any number of requests may use it at once.
pub struct Authenticator {
    realm: String,
    offers: Vec<Offer>,
    nonces: Nonces,
}

/// Credentials as they came: a claim until [`Authenticator::judge`] has said
/// otherwise. There is no `Debug`.
pub struct Claim {
    user: String,
    proof: Proof,
}

enum Proof {
    Basic(Zeroizing<Vec<u8>>),
    Digest(Digest),
}

struct Digest {
    algorithm: DigestAlgorithm,
    nonce: String,
    nonce_count: String,
    client_nonce: String,
    qop: Qop,
    target: String,
    response: String,
    count: u32,
}

/// Who sent a request.
pub struct Accepted {
    /// The user.
    pub user: String,
    digest: Option<Digest>,
}

/// Why a request is answered with 401.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// Stable kebab-case reason code.
    pub code: &'static str,
    /// For `WWW-Authenticate`, a field each.
    pub challenges: Vec<HeaderValue>,
}

impl Claim {
    /// The user whose secret is to be looked up.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// How it was made.
    #[must_use]
    pub const fn offer(&self) -> Offer {
        match &self.proof {
            Proof::Basic(_) => Offer::Basic,
            Proof::Digest(digest) => Offer::Digest(digest.algorithm),
        }
    }
}

impl Authenticator {
    /// An authenticator with a realm and what it offers, most wanted first; a
    /// nonce may be used for `life`.
    ///
    /// # Errors
    /// [`Error::ConfigurationWrong`] for a realm that no header can have, or
    /// nothing on offer.
    pub fn new(realm: &str, offers: &[Offer], life: Duration) -> Result<Self, Error> {
        let is_text = realm.bytes().all(|octet| matches!(octet, b' '..=b'~'));
        if !is_text || offers.is_empty() {
            return Err(Error::ConfigurationWrong(
                "HTTP authentication wants a realm in ASCII, and a scheme".to_owned(),
            ));
        }
        Ok(Self {
            realm: realm.to_owned(),
            offers: offers.to_vec(),
            nonces: Nonces::new(life)?,
        })
    }

    /// Reads a request's credentials.
    ///
    /// # Errors
    /// What to answer a request with that has none, or none of what is offered:
    /// `http-credentials-missing`, `http-credentials-malformed`,
    /// `http-scheme-not-offered`. The outer error is the library's.
    pub fn read(&self, request: &Request) -> Result<Result<Claim, Denied>, Error> {
        match self.claim(request) {
            Ok(claim) => Ok(Ok(claim)),
            Err(code) => self.deny(code, false).map(Err),
        }
    }

    fn claim(&self, request: &Request) -> Result<Claim, &'static str> {
        const MALFORMED: &str = "http-credentials-malformed";
        let mut fields = request.headers.get_all(AUTHORIZATION).iter();
        let field = fields.next().ok_or("http-credentials-missing")?;
        if fields.next().is_some() || field.len() > LONGEST {
            return Err(MALFORMED);
        }
        let text = std::str::from_utf8(field.as_bytes()).map_err(|_| MALFORMED)?;
        let mut read = parts(text).ok_or(MALFORMED)?.into_iter();
        let (Some(part), None) = (read.next(), read.next()) else {
            return Err(MALFORMED);
        };
        let claim = match part.scheme.as_str() {
            "basic" => basic(&part).ok_or(MALFORMED)?,
            "digest" => digest(&part).ok_or(MALFORMED)?,
            _ => return Err("http-scheme-not-offered"),
        };
        if !self.offers.contains(&claim.offer()) {
            return Err("http-scheme-not-offered");
        }
        Ok(claim)
    }

    /// Judges a claim by the user's secret, `None` for a user that is not known.
    ///
    /// # Errors
    /// What to answer with: `http-credentials-wrong` for user or secret, which
    /// are not told apart; `http-digest-target` for another target than the
    /// request's; `http-nonce-unknown`, `http-nonce-expired` and
    /// `http-nonce-replayed`, after which the client may try again (`stale`).
    /// The outer error is the library's.
    pub fn judge(
        &self,
        claim: Claim,
        secret: Option<&[u8]>,
        request: &Request,
    ) -> Result<Result<Accepted, Denied>, Error> {
        let wrong = || self.deny("http-credentials-wrong", false).map(Err);
        let digest = match claim.proof {
            Proof::Basic(shown) => {
                let secret = secret.unwrap_or_default();
                let same = secret.len() == shown.len() && memcmp::eq(secret, &shown);
                if !same || secret.is_empty() {
                    return wrong();
                }
                None
            }
            Proof::Digest(digest) => {
                let input = self.input(&claim.user, secret.unwrap_or_default(), &digest);
                let own = input.response(request.method.as_str(), &request.body)?;
                let shown = digest.response.as_bytes();
                let same = own.len() == shown.len() && memcmp::eq(own.as_bytes(), shown);
                if !same || secret.is_none_or(<[u8]>::is_empty) {
                    return wrong();
                }
                if !is_target(request, &digest.target) {
                    return self.deny("http-digest-target", false).map(Err);
                }
                // Last: only whoever has the secret takes room among the counts.
                if let Err(stale) = self.nonces.take(&digest.nonce, digest.count)? {
                    return self.deny(stale.code(), true).map(Err);
                }
                Some(digest)
            }
        };
        Ok(Ok(Accepted {
            user: claim.user,
            digest,
        }))
    }

    /// The server's own proof, for `Authentication-Info` beside an answer with
    /// this body (RFC 7616 clause 3.5); `None` after Basic.
    ///
    /// # Errors
    /// The library's.
    pub fn info(
        &self,
        accepted: &Accepted,
        secret: &[u8],
        body: &[u8],
    ) -> Result<Option<HeaderValue>, Error> {
        let Some(digest) = &accepted.digest else {
            return Ok(None);
        };
        let proof = self
            .input(&accepted.user, secret, digest)
            .proof_of_server(body)?;
        let text = format!(
            "qop={}, {}, {}, nc={}",
            digest.qop.name(),
            quoted("rspauth", &proof),
            quoted("cnonce", &digest.client_nonce),
            digest.nonce_count,
        );
        Ok(HeaderValue::from_str(&text).ok())
    }

    fn input<'a>(&'a self, user: &'a str, secret: &'a [u8], digest: &'a Digest) -> Input<'a> {
        Input {
            algorithm: digest.algorithm,
            user,
            realm: &self.realm,
            secret,
            nonce: &digest.nonce,
            nonce_count: &digest.nonce_count,
            client_nonce: &digest.client_nonce,
            qop: digest.qop,
            target: &digest.target,
        }
    }

    fn deny(&self, code: &'static str, stale: bool) -> Result<Denied, Error> {
        let nonce = self.nonces.draw()?;
        let realm = quoted("realm", &self.realm);
        let challenge = |offer: &Offer| match offer {
            Offer::Basic => format!("Basic {realm}, charset=\"UTF-8\""),
            Offer::Digest(algorithm) => {
                let stale = if stale { ", stale=true" } else { "" };
                format!(
                    "Digest {realm}, qop=\"auth, auth-int\", algorithm={}, {}, charset=UTF-8{stale}",
                    algorithm.name(),
                    quoted("nonce", &nonce),
                )
            }
        };
        let texts = self.offers.iter().map(challenge);
        let challenges = texts.filter_map(|text| HeaderValue::from_str(&text).ok());
        Ok(Denied {
            code,
            challenges: challenges.collect(),
        })
    }
}

impl Stale {
    const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "http-nonce-unknown",
            Self::Expired => "http-nonce-expired",
            Self::Replayed => "http-nonce-replayed",
        }
    }
}

/// RFC 7617 clause 2: the user has no colon, the secret may.
fn basic(part: &Part) -> Option<Claim> {
    let octets = BASE64.decode(part.token68.as_deref()?.as_bytes()).ok()?;
    let octets = Zeroizing::new(octets);
    let colon = octets.iter().position(|octet| *octet == b':')?;
    let (user, secret) = octets.split_at_checked(colon)?;
    Some(Claim {
        user: std::str::from_utf8(user).ok()?.to_owned(),
        proof: Proof::Basic(Zeroizing::new(secret.get(1..)?.to_vec())),
    })
}

/// RFC 7616 clause 3.4. Without `qop` it would be RFC 2069's, which protects
/// nothing against a chosen nonce.
fn digest(part: &Part) -> Option<Claim> {
    if part.get("userhash").is_some_and(|value| value != "false") {
        return None;
    }
    let own = |name| part.get(name).map(str::to_owned);
    let nonce_count = own("nc")?;
    let is_count = nonce_count.len() == 8 && nonce_count.bytes().all(|it| it.is_ascii_hexdigit());
    let count = u32::from_str_radix(&nonce_count, 16)
        .ok()
        .filter(|_| is_count)?;
    Some(Claim {
        user: own("username")?,
        proof: Proof::Digest(Digest {
            algorithm: DigestAlgorithm::by_name(part.get("algorithm"))?,
            nonce: own("nonce")?,
            nonce_count,
            client_nonce: own("cnonce")?,
            qop: Qop::by_name(part.get("qop")?)?,
            target: own("uri")?,
            response: own("response")?,
            count,
        }),
    })
}

/// Whether credentials are for this request's target, in origin-form.
fn is_target(request: &Request, target: &str) -> bool {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    path == request.path && query == request.query.as_deref()
}
