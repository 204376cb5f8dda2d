//! What a device proves below DM: by a pre-shared key or a certificate in TLS, or in
//! HTTP (OMA DM session security clauses 9.2.1 and 9.2.2). Whoever proved to be one
//! device may not speak for another, and a device whose account wants such a proof
//! does not come without it.

use std::sync::Arc;
use std::time::Duration;

use dm::queue::{Account, LoginKind, QueueStore};
use provisioning::Reason;
use secret::SecretBytes;
use tls::http::auth::{Accepted, Authenticator, Denied, DigestAlgorithm, Offer};
use tls::http::header::{self, HeaderName};
use tls::http::{Request, Response};
use tls::{PeerIdentity, PskKey, PskKeys};
use zeroize::Zeroizing;

use super::{HttpAuthentication, ManagementConfig, Shared};
use crate::Error;
use crate::problem::refusal;

const AUTHENTICATION_INFO: HeaderName = HeaderName::from_static("authentication-info");
/// How long a nonce of HTTP may be used.
const NONCE: Duration = Duration::from_secs(300);

/// Who sent a request, as far as its transport says.
#[derive(Default)]
pub(super) struct Sender {
    /// The device's Source LocURI.
    pub(super) device: Option<String>,
    /// How TLS told it.
    shown: Option<LoginKind>,
    /// What the answer is to prove.
    proof: Option<(Accepted, SecretBytes)>,
}

/// What asks devices, if anything does.
pub(super) fn authenticator(config: &ManagementConfig) -> Result<Option<Authenticator>, Error> {
    let digest = [DigestAlgorithm::Sha256, DigestAlgorithm::Md5].map(Offer::Digest);
    let offers = match config.http_authentication {
        HttpAuthentication::None => return Ok(None),
        HttpAuthentication::Digest => digest.to_vec(),
        HttpAuthentication::DigestOrBasic => digest.into_iter().chain([Offer::Basic]).collect(),
    };
    let made = Authenticator::new(&config.server_id, &offers, NONCE)?;
    Ok(Some(made))
}

impl<S: QueueStore> Shared<S> {
    /// Finds out who sent a request; the inner error is the answer to somebody
    /// who has to prove it first.
    pub(super) async fn sender(
        &self,
        request: &Request,
    ) -> Result<Result<Sender, Response>, Error> {
        let Some(peer) = &request.peer else {
            return self.sender_in_http(request).await;
        };
        // A pre-shared key has no leaf.
        if peer.leaf().is_empty() {
            return Ok(Ok(Sender {
                device: Some(peer.name().to_owned()),
                shown: Some(LoginKind::Psk),
                proof: None,
            }));
        }
        let account = match self.account_of_peer(peer).await? {
            Ok(account) => account,
            Err(answer) => return Ok(Err(answer)),
        };
        let mut sender = Sender::default();
        if account.login.is_some_and(|login| login.kind().is_of_http()) {
            match self.sender_in_http(request).await? {
                Ok(found) => sender = found,
                Err(asked) => return Ok(Err(asked)),
            }
            if sender
                .device
                .as_ref()
                .is_some_and(|it| *it != account.device)
            {
                return Err(Error::OtherDevice);
            }
        }
        sender.device = Some(account.device);
        sender.shown = Some(LoginKind::Certificate);
        Ok(Ok(sender))
    }

    async fn sender_in_http(&self, request: &Request) -> Result<Result<Sender, Response>, Error> {
        let Some(authenticator) = &self.authenticator else {
            return Ok(Ok(Sender::default()));
        };
        let claim = match authenticator.read(request)? {
            Ok(claim) => claim,
            Err(denied) => return Ok(Err(unauthorized(denied))),
        };
        let account = self.store.account_of_login(claim.user()).await?;
        let known = account.and_then(|account| {
            let login = account.login?;
            (login.kind() == kind_of(claim.offer()))
                .then(|| (account.device, login.secret().clone()))
        });
        let secret = known.as_ref().map(|(_, secret)| secret.expose().as_slice());
        Ok(match authenticator.judge(claim, secret, request)? {
            Ok(accepted) => {
                let (device, secret) = known.unzip();
                Ok(Sender {
                    device,
                    shown: None,
                    proof: secret.map(|secret| (accepted, secret)),
                })
            }
            Err(denied) => Err(unauthorized(denied)),
        })
    }

    /// Whether an account's login has been shown as far as TLS shows it.
    ///
    /// # Errors
    /// [`Error::LoginMissing`].
    pub(super) fn check_login(
        &self,
        wanted: Option<LoginKind>,
        sender: &Sender,
    ) -> Result<(), Error> {
        let keys = || self.config.tls.as_ref().is_some_and(|tls| tls.keys);
        let in_tls = match wanted {
            Some(LoginKind::Certificate) => true,
            // Where nobody can come with a key none is missed.
            Some(LoginKind::Psk) => keys(),
            _ => false,
        };
        if in_tls && sender.shown != wanted {
            return Err(Error::LoginMissing);
        }
        Ok(())
    }

    /// Adds to an answer what proves that this server has the secret too.
    pub(super) fn prove(&self, sender: &Sender, response: &mut Response) {
        let (Some(authenticator), Some((accepted, secret))) = (&self.authenticator, &sender.proof)
        else {
            return;
        };
        let info = authenticator.info(accepted, secret.expose(), &response.body);
        match info {
            Ok(Some(info)) => {
                response.headers.insert(AUTHENTICATION_INFO, info);
            }
            Ok(None) => {}
            // The device does without: RFC 7616 clause 3.5 leaves it to the server.
            Err(error) => tracing::warn!(code = error.code(), "no proof beside an answer"),
        }
    }
}

const fn kind_of(offer: Offer) -> LoginKind {
    match offer {
        Offer::Basic => LoginKind::HttpBasic,
        Offer::Digest(_) => LoginKind::HttpDigest,
    }
}

fn unauthorized(denied: Denied) -> Response {
    tracing::info!(code = denied.code, "a device has to prove itself in HTTP");
    let mut response = refusal(401, &Reason::new(denied.code));
    for challenge in denied.challenges {
        response.headers.append(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

/// The pre-shared keys of devices' accounts, looked up when they are needed.
pub(super) struct StoredKeys(Arc<Shared>);

impl StoredKeys {
    pub(super) const fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }

    fn account(&self, identity: &[u8]) -> Option<Account> {
        let name = std::str::from_utf8(identity).ok()?;
        let found = self.0.store.account_of_login_now(name);
        found.unwrap_or_else(|error| {
            tracing::warn!(
                code = error.code(),
                "a pre-shared key could not be looked up"
            );
            None
        })
    }
}

impl PskKeys for StoredKeys {
    fn find(&self, identity: &[u8]) -> Option<PskKey> {
        let account = self.account(identity)?;
        let login = account
            .login
            .filter(|login| login.kind() == LoginKind::Psk)?;
        Some(PskKey {
            key: Zeroizing::new(login.secret().expose().clone()),
            client: PeerIdentity::new(&account.device),
        })
    }
}
