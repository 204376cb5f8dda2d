//! `rehome audit`: what the paper on the security of DM sessions demands, looked
//! for at a server or at a client (OMA DM session security, sections 9.2 and B;
//! docs/audit.md).

mod client;
mod print;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use clap::Args;
use tls::Error;
use tls::audit::{Audit, Login, SharedKey, Target};
use zeroize::Zeroizing;

use crate::{Usage, hex};

/// Exit status when a mandatory row failed, and when nobody was there.
const FAILED: u8 = 1;
const UNREACHABLE: u8 = 2;

/// `rehome audit`
#[derive(Args)]
pub(crate) struct Arguments {
    /// The server, https://HOST[:PORT][/PATH]; HTTP authentication is asked for at
    /// the path
    #[arg(required_unless_present = "client", conflicts_with = "client")]
    url: Option<String>,
    /// Audit a client instead, which comes to --listen again and again
    #[arg(long, requires = "listen", conflicts_with_all = ["client_cert", "login"])]
    client: bool,
    /// Where the client comes to, ADDRESS:PORT
    #[arg(long, value_name = "ADDR", requires = "client")]
    listen: Option<SocketAddr>,
    /// A certificate to show the client, PEM, with its chain; up to two, with an EC
    /// and with an RSA key
    #[arg(long, value_name = "FILE", requires = "client")]
    cert: Vec<PathBuf>,
    /// The private key of each --cert, PEM, in the same order
    #[arg(long, value_name = "FILE", requires = "client")]
    key: Vec<PathBuf>,
    /// A certificate to show if the server asks, PEM, with its chain
    #[arg(long, value_name = "FILE", requires = "client_key")]
    client_cert: Option<PathBuf>,
    /// The certificate's private key, PEM
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    client_key: Option<PathBuf>,
    /// A pre-shared key, without which the PSK rows can't be judged
    #[arg(
        long,
        value_name = "ID:HEX",
        env = "REHOME_AUDIT_PSK",
        hide_env_values = true
    )]
    psk: Option<String>,
    /// A login of HTTP authentication, tried by Basic and by Digest
    #[arg(
        long,
        value_name = "USER:SECRET",
        env = "REHOME_AUDIT_LOGIN",
        hide_env_values = true
    )]
    login: Option<String>,
    /// Seconds that the other side has for each connection; with --client also to
    /// come at all
    #[arg(long, value_name = "SECONDS", default_value_t = 10,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    patience: u64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs `rehome audit`.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (name, ended) = match (&arguments.url, arguments.listen) {
        (Some(url), _) => {
            let target = arguments.target(url)?;
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
            let audit = Audit::of_server(&target, i64::try_from(now)?);
            (url.clone(), runtime.block_on(audit))
        }
        (None, Some(listen)) => {
            let audit = client::audit(arguments, listen);
            ("the client".to_owned(), runtime.block_on(audit)?)
        }
        (None, None) => return Err(Usage("--client wants --listen".to_owned()).into()),
    };
    let audit = match ended {
        Ok(audit) => audit,
        Err(error @ (Error::Io { .. } | Error::Timeout(_))) => {
            eprintln!("rehome: {name} was not reachable: {error}");
            return Ok(ExitCode::from(UNREACHABLE));
        }
        Err(error) => return Err(error.into()),
    };
    match arguments.json {
        true => print::json(&name, &audit),
        false => print::text(&audit),
    }
    Ok(match audit.has_failed() {
        true => ExitCode::from(FAILED),
        false => ExitCode::SUCCESS,
    })
}

impl Arguments {
    fn target(&self, url: &str) -> Result<Target> {
        let target = Target::new(url).map_err(|error| Usage(error.to_string()))?;
        let mut target = target.with_patience(Duration::from_secs(self.patience));
        if let (Some(certificate), Some(key)) = (&self.client_cert, &self.client_key) {
            let read = |file: &PathBuf| fs::read(file).with_context(|| file.display().to_string());
            let (certificate, key) = (read(certificate)?, Zeroizing::new(read(key)?));
            target = target.with_certificate(&certificate, &key)?;
        }
        if let Some(text) = &self.psk {
            target = target.with_key(psk(text)?);
        }
        if let Some(text) = &self.login {
            target = target.with_login(login(text)?);
        }
        Ok(target)
    }
}

/// A file, which may hold a private key.
fn read(file: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let octets = fs::read(file).with_context(|| file.display().to_string())?;
    Ok(Zeroizing::new(octets))
}

/// An identity may have colons, a key has none. Errors repeat neither.
fn psk(text: &str) -> Result<SharedKey> {
    let wanted = || Usage("--psk wants ID:HEX".to_owned());
    let (identity, key) = text.rsplit_once(':').ok_or_else(wanted)?;
    let key = Zeroizing::new(hex::any_octets(key.as_bytes()).map_err(|_| wanted())?);
    let key = SharedKey::new(identity.as_bytes(), key);
    Ok(key.map_err(|error| Usage(error.to_string()))?)
}

/// A user of Basic has no colon, a secret may.
fn login(text: &str) -> Result<Login> {
    let wanted = || Usage("--login wants USER:SECRET".to_owned());
    let (user, secret) = text.split_once(':').ok_or_else(wanted)?;
    if user.is_empty() || user.chars().any(char::is_control) {
        return Err(wanted().into());
    }
    Ok(Login {
        user: user.to_owned(),
        secret: Zeroizing::new(secret.as_bytes().to_vec()),
    })
}
