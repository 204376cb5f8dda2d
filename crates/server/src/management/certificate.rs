//! Devices by their certificates: one that an account names, or one of an
//! authority whose subjectAltName has the device's name as a URI (RFC 5280 clauses
//! 4.2.1.6 and 4.2.1.12). Only a name that exactly one account has is a name.

use std::sync::Arc;

use dm::queue::{Account, CertificateLogin, LoginKind, QueueStore};
use provisioning::Reason;
use tls::http::Response;
use tls::{
    ClientAuthentication, ClientLeaf, ClientRoots, PeerIdentity, PeerRole, PeerVerifier, Refusal,
};

use super::Shared;
use super::config::{ClientCertificates, ManagementClients};
use crate::Error;
use crate::problem::refusal;
use crate::time::now;

/// How a peer's identity says which account it has, so that it can be looked up
/// again whenever the connection brings a message.
const BY_LOGIN: &str = "login ";
const BY_DEVICE: &str = "device ";

/// What devices are asked for in the handshake.
pub(super) fn authentication(
    shared: &Arc<Shared>,
    clients: &ManagementClients,
) -> Result<ClientAuthentication, Error> {
    let verifier = || {
        let seconds = || i64::try_from(now().unix_millis() / 1000).unwrap_or(i64::MAX);
        let roots = ClientRoots::new(clients.authorities.as_deref(), seconds)?;
        let shared = Arc::clone(shared);
        Ok::<_, Error>(Arc::new(Devices { shared, roots }))
    };
    match clients.certificates {
        ClientCertificates::None if clients.authorities.is_some() => Err(Error::Configuration(
            "authorities of clients, whose certificates are not asked for".to_owned(),
        )),
        ClientCertificates::None => Ok(ClientAuthentication::None),
        ClientCertificates::Optional => Ok(ClientAuthentication::Optional(verifier()?)),
        ClientCertificates::Required => Ok(ClientAuthentication::Required(verifier()?)),
    }
}

struct Devices {
    shared: Arc<Shared>,
    roots: ClientRoots,
}

impl PeerVerifier for Devices {
    fn verify(
        &self,
        leaf: &[u8],
        chain: &[Vec<u8>],
        role: PeerRole<'_>,
    ) -> Result<PeerIdentity, Refusal> {
        if role != PeerRole::Client {
            return Err(Refusal::new("role-wrong", "these judge clients"));
        }
        let shown = ClientLeaf::read(leaf)?;
        let pins = [
            CertificateLogin::Leaf(shown.digest),
            CertificateLogin::Key(shown.key_digest),
        ];
        for pin in pins {
            if self.of_login(&pin.to_string())?.is_some() {
                self.roots.check_known(leaf)?;
                return Ok(PeerIdentity::new(&format!("{BY_LOGIN}{pin}")));
            }
        }
        self.roots.check(leaf, chain)?;
        self.named(&shown.uris)
    }
}

impl Devices {
    /// The one account that the URIs of a certificate name.
    fn named(&self, uris: &[String]) -> Result<PeerIdentity, Refusal> {
        let mut found: Option<(String, PeerIdentity)> = None;
        for uri in uris {
            let subject = CertificateLogin::Subject(uri.clone()).to_string();
            let by_login = self.of_login(&subject)?;
            let by_login = by_login.map(|account| (account, format!("{BY_LOGIN}{subject}")));
            let by_device = looked_up(self.shared.store.account_now(uri))?;
            let by_device = by_device.filter(takes_its_name);
            let by_device = by_device.map(|account| (account, format!("{BY_DEVICE}{uri}")));
            for (account, name) in by_login.into_iter().chain(by_device) {
                match &found {
                    Some((device, _)) if *device != account.device => {
                        return Err(Refusal::new(
                            "client-certificate-ambiguous",
                            "the certificate names more than one device",
                        ));
                    }
                    _ => found = Some((account.device, PeerIdentity::new(&name))),
                }
            }
        }
        found.map(|(_, peer)| peer).ok_or_else(|| {
            Refusal::new(
                "client-certificate-of-nobody",
                "no account takes the names of the certificate",
            )
        })
    }

    fn of_login(&self, name: &str) -> Result<Option<Account>, Refusal> {
        let found = looked_up(self.shared.store.account_of_login_now(name))?;
        Ok(found.filter(takes_certificates))
    }
}

fn looked_up(found: Result<Option<Account>, store::Error>) -> Result<Option<Account>, Refusal> {
    found.map_err(|error| Refusal::new(error.code(), "the account could not be looked up"))
}

/// Whether an account's login names a certificate.
fn takes_certificates(account: &Account) -> bool {
    let login = account.login.as_ref();
    login.is_some_and(|login| login.kind() == LoginKind::Certificate)
}

/// Whether a certificate with the device's own name is taken: not where the account
/// says which one it is, or that the device has a key.
fn takes_its_name(account: &Account) -> bool {
    let kind = account.login.as_ref().map(|login| login.kind());
    matches!(
        kind,
        None | Some(LoginKind::HttpBasic | LoginKind::HttpDigest)
    )
}

impl<S: QueueStore> Shared<S> {
    /// The account of a peer with a certificate as it is now; the inner error is
    /// the answer to one that has none any more.
    pub(super) async fn account_of_peer(
        &self,
        peer: &PeerIdentity,
    ) -> Result<Result<Account, Response>, Error> {
        let account = if let Some(name) = peer.name().strip_prefix(BY_LOGIN) {
            let found = self.store.account_of_login(name).await?;
            found.filter(takes_certificates)
        } else if let Some(device) = peer.name().strip_prefix(BY_DEVICE) {
            let found = self.store.account(device).await?;
            found.filter(takes_its_name)
        } else {
            None
        };
        Ok(account.ok_or_else(|| {
            let reason = Reason::new("client-certificate-of-nobody");
            tracing::warn!(%reason, "refused a DM message");
            refusal(403, &reason)
        }))
    }
}
