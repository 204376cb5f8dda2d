//! Accounts: who may open sessions, and with what. A secret goes in and never
//! comes out again.

use data_encoding::HEXLOWER_PERMISSIVE;
use dm::queue::{Account, AccountAuth, CertificateLogin, LoginKind, TransportLogin};
use dm::session::Profile;
use provisioning::Reason;
use secret::SecretBytes;
use serde::Deserialize;
use serde_json::{Value, json};
use store::AccountSummary;
use tls::ClientLeaf;

use super::super::Shared;
use super::text::Query;
use super::{Answer, Refused, check_name, failed, malformed, read};
use crate::time::now;

/// The longest secret, in octets.
const MAX_SECRET: usize = 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    device: String,
    server_id: Option<String>,
    #[serde(default)]
    auth: AccountAuth,
    user: Option<String>,
    secret: String,
    server_secret: Option<String>,
    #[serde(default)]
    profile: String,
    login: Option<GivenLogin>,
}

/// What the device's transport shows. A pre-shared key is in hexadecimal digits, a
/// certificate in PEM.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenLogin {
    kind: LoginKind,
    name: Option<String>,
    secret: Option<String>,
    certificate: Option<String>,
    /// Any certificate with the key of this one.
    #[serde(default)]
    key_only: bool,
    /// A URI in the subjectAltName of certificates that an authority issues.
    subject: Option<String>,
}

impl Shared {
    pub(super) async fn add_account(&self, body: &[u8]) -> Answer {
        let account = self.account_of(read(body)?)?;
        match self.store.add_account(&account).await {
            Ok(()) => Ok(json!({
                "device": account.device,
                "server_id": account.server_id,
                "auth": account.auth.name(),
                "user": account.user,
                "login": account.login.as_ref().map(|login| {
                    json!({ "kind": login.kind(), "name": login.name() })
                }),
            })),
            Err(store::Error::Conflict) => Err((409, Reason::new("account-exists"))),
            Err(error @ (store::Error::SecretReused | store::Error::LoginTaken)) => {
                Err((409, Reason::new(error.code())))
            }
            Err(error) => Err(failed(error)),
        }
    }

    fn account_of(&self, given: Given) -> Result<Account, Refused> {
        check_name(&given.device)?;
        // A user's name has no colon, the names of many devices have.
        let user = given.user.unwrap_or_else(|| given.device.replace(':', "-"));
        check_name(&user)?;
        let server_id = given.server_id;
        let server_id = server_id.unwrap_or_else(|| self.config.server_id.clone());
        check_name(&server_id)?;
        let mut account = Account::new(given.device, server_id, user, octets(given.secret)?, now());
        account.auth = given.auth;
        account.server_secret = given.server_secret.map(octets).transpose()?;
        account.login = given.login.map(login).transpose()?;
        let profile: Profile = match given.profile.as_str() {
            "" => Profile::default(),
            name => name
                .parse()
                .map_err(|_| (400, Reason::new("profile-unknown")))?,
        };
        profile.as_str().clone_into(&mut account.profile);
        let fits = account.requirement().is_ok() && account.server_credentials().is_ok();
        if fits {
            Ok(account)
        } else {
            Err((400, Reason::new("user-malformed")))
        }
    }

    pub(super) async fn list_accounts(&self, query: &Query) -> Answer {
        if !query.has_only(&["after", "limit"]) {
            return Err(malformed());
        }
        let limit = query.limit().ok_or_else(malformed)?;
        let after = query.text("after").unwrap_or_default();
        let accounts = self.store.accounts(after, limit).await.map_err(failed)?;
        let next = accounts.last().filter(|_| accounts.len() == limit);
        let next = next.map(|account| account.device.clone());
        let accounts: Vec<Value> = accounts.iter().map(summary).collect();
        Ok(json!({ "accounts": accounts, "next": next }))
    }

    pub(super) async fn remove_account(&self, device: &str) -> Answer {
        let removed = self.store.remove_account(device).await.map_err(failed)?;
        self.sessions.forget(device);
        if removed {
            Ok(json!({ "device": device }))
        } else {
            Err((404, Reason::new("unknown-device")))
        }
    }
}

fn login(given: GivenLogin) -> Result<TransportLogin, Refused> {
    let malformed = || (400, Reason::new("login-malformed"));
    if given.kind == LoginKind::Certificate {
        if given.name.is_some() || given.secret.is_some() {
            return Err(malformed());
        }
        let certificate = certificate(&given).ok_or_else(malformed)??;
        return TransportLogin::of_certificate(&certificate).map_err(|_| malformed());
    }
    let other = given.certificate.is_some() || given.subject.is_some() || given.key_only;
    let (Some(name), Some(secret), false) = (given.name, given.secret, other) else {
        return Err(malformed());
    };
    let secret = octets(secret)?;
    let secret = match given.kind {
        LoginKind::Psk => {
            let key = HEXLOWER_PERMISSIVE.decode(secret.expose());
            SecretBytes::new(key.map_err(|_| malformed())?)
        }
        _ => secret,
    };
    TransportLogin::new(given.kind, &name, secret).map_err(|_| malformed())
}

/// Which certificate is the device's; nothing unless it is said in one way.
fn certificate(given: &GivenLogin) -> Option<Result<CertificateLogin, Refused>> {
    match (&given.certificate, &given.subject, given.key_only) {
        (Some(pem), None, key_only) => Some(match ClientLeaf::read_pem(pem.as_bytes()) {
            Ok(leaf) if key_only => Ok(CertificateLogin::Key(leaf.key_digest)),
            Ok(leaf) => Ok(CertificateLogin::Leaf(leaf.digest)),
            Err(refusal) => Err((400, Reason::new(refusal.code))),
        }),
        (None, Some(uri), false) => Some(Ok(CertificateLogin::Subject(uri.clone()))),
        _ => None,
    }
}

fn octets(text: String) -> Result<SecretBytes, Refused> {
    let secret = SecretBytes::new(text.into_bytes());
    if (1..=MAX_SECRET).contains(&secret.expose().len()) {
        Ok(secret)
    } else {
        Err((400, Reason::new("secret-malformed")))
    }
}

fn summary(account: &AccountSummary) -> Value {
    json!({
        "device": account.device,
        "server_id": account.server_id,
        "auth": account.auth.name(),
        "user": account.user,
        "profile": account.profile,
        "created": account.created.to_string(),
    })
}
