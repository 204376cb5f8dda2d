//! `rehome audit`: what the paper on the security of DM sessions demands, looked
//! for at a server (OMA DM session security, sections 9.2 and B; docs/audit.md).

mod print;

use std::fs;
use std::path::PathBuf;
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
    url: String,
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
    /// Seconds that the server has for each connection
    #[arg(long, value_name = "SECONDS", default_value_t = 10,
          value_parser = clap::value_parser!(u64).range(1..=600))]
    patience: u64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs `rehome audit`.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let target = arguments.target()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let ended = runtime.block_on(Audit::of_server(&target, i64::try_from(now)?));
    let audit = match ended {
        Ok(audit) => audit,
        Err(error @ (Error::Io { .. } | Error::Timeout(_))) => {
            eprintln!("rehome: {} was not reachable: {error}", arguments.url);
            return Ok(ExitCode::from(UNREACHABLE));
        }
        Err(error) => return Err(error.into()),
    };
    match arguments.json {
        true => print::json(&arguments.url, &audit),
        false => print::text(&audit),
    }
    Ok(match audit.has_failed() {
        true => ExitCode::from(FAILED),
        false => ExitCode::SUCCESS,
    })
}

impl Arguments {
    fn target(&self) -> Result<Target> {
        let target = Target::new(&self.url).map_err(|error| Usage(error.to_string()))?;
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
