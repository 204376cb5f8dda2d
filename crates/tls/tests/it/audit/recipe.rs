//! A device management server that can be made with something missing.

use std::sync::Arc;
use std::time::Duration;

use tls::http::auth::{Authenticator, DigestAlgorithm, Offer};
use tls::http::header::WWW_AUTHENTICATE;
use tls::http::{Request, Response, Server, ServerLimits, StatusCode, Transport, serve};
use tls::{CustomProfile, PeerIdentity, Profile, PskKey, PskKeys, ServerConfig, ServerSettings};
use tls::{Suite, Version};
use zeroize::Zeroizing;

use crate::support::certificates::{ALWAYS, Authority, Issued, p256, rsa};
use crate::support::listener;
use crate::support::responder::Answers;

pub(super) const IDENTITY: &[u8] = b"urn:imei:490154203237518";
pub(super) const USER: &str = "device";
pub(super) const SECRET: &str = "device's secret";
pub(super) const HOST: &str = "localhost";

pub(super) fn key() -> Zeroizing<Vec<u8>> {
    Zeroizing::new((0..16).collect())
}

struct OneKey;

impl PskKeys for OneKey {
    fn find(&self, identity: &[u8]) -> Option<PskKey> {
        (identity == IDENTITY).then(|| PskKey {
            key: key(),
            client: PeerIdentity::new("the device"),
        })
    }
}

pub(super) struct Recipe {
    pub(super) profile: Profile,
    pub(super) certificates: Vec<Issued>,
    /// Their status, stapled.
    pub(super) answers: Option<Arc<Answers>>,
    pub(super) has_keys: bool,
    pub(super) offers: Vec<Offer>,
    /// The answer to a login that is right.
    pub(super) status: StatusCode,
}

impl Recipe {
    /// With all that the paper wants.
    pub(super) fn whole() -> Self {
        let authority = Authority::new("authority");
        let certificates = vec![
            authority.leaf_with(HOST, p256(), ALWAYS),
            authority.leaf_with(HOST, rsa(2048), ALWAYS),
        ];
        Self {
            profile: Profile::Dm,
            answers: Some(Arc::new(Answers::about(&authority, &certificates))),
            certificates,
            has_keys: true,
            offers: vec![
                Offer::Digest(DigestAlgorithm::Sha256),
                Offer::Digest(DigestAlgorithm::Md5),
                Offer::Basic,
            ],
            status: StatusCode::OK,
        }
    }

    /// The profile `dm` without some suites, between these versions.
    pub(super) fn suites(&mut self, versions: (Version, Version), without: &[&str]) {
        let suites = Profile::Dm
            .suites()
            .into_iter()
            .map(|suite: &Suite| suite.name);
        let suites: Vec<_> = suites.filter(|name| !without.contains(name)).collect();
        let custom = CustomProfile::new(versions, suites, false).unwrap();
        self.profile = Profile::Custom(Arc::new(custom));
    }

    pub(super) async fn serve(&self) -> Server {
        let credentials = self.certificates.iter();
        let credentials = credentials.map(|issued| issued.credentials(&[])).collect();
        let mut settings = ServerSettings::new(self.profile.clone(), credentials);
        if self.has_keys {
            settings.keys = Some(Arc::new(OneKey));
        }
        if let Some(answers) = self.answers.clone() {
            settings.staples = Some(answers);
        }
        let config = ServerConfig::of(&settings).unwrap();
        let life = Duration::from_secs(300);
        let authenticator = Authenticator::new("dm", &self.offers, life).unwrap();
        let authenticator = Arc::new(authenticator);
        let status = self.status;
        let handler = move |request: Request| {
            let answer = answer(&authenticator, &request, status);
            async move { answer }
        };
        let transport = Transport::Tls(config);
        serve(
            listener().await,
            transport,
            ServerLimits::default(),
            handler,
        )
        .unwrap()
    }
}

fn answer(authenticator: &Authenticator, request: &Request, status: StatusCode) -> Response {
    let judged = authenticator.read(request).unwrap().and_then(|claim| {
        let secret = (claim.user() == USER).then_some(SECRET.as_bytes());
        authenticator.judge(claim, secret, request).unwrap()
    });
    let mut response = Response::new(status);
    if let Err(denied) = judged {
        response.status = StatusCode::UNAUTHORIZED;
        for challenge in denied.challenges {
            response.headers.append(WWW_AUTHENTICATE, challenge);
        }
    }
    response
}
