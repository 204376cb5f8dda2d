//! `rehome audit --client`: a listener for a client that comes again and again.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use tls::audit::{Audit, Site};
use tls::{Credentials, Error};
use tokio::net::TcpListener;

use super::{Arguments, psk, read};
use crate::Usage;

/// Listens, says where and what for on standard error, and audits; the inner error
/// is that of the audit.
pub(super) async fn audit(
    arguments: &Arguments,
    listen: SocketAddr,
) -> Result<Result<Audit, Error>> {
    if arguments.cert.len() != arguments.key.len() || arguments.cert.len() > 2 {
        let wanted = "each --cert wants its --key, and there are two at most";
        return Err(Usage(wanted.to_owned()).into());
    }
    let mut credentials = Vec::new();
    for (certificate, key) in arguments.cert.iter().zip(&arguments.key) {
        credentials.push(Credentials::from_pem(&read(certificate)?, &read(key)?)?);
    }
    if credentials.is_empty() && arguments.psk.is_none() {
        let wanted = "a client is shown a --cert, or has a --psk, or both";
        return Err(Usage(wanted.to_owned()).into());
    }
    let listener = TcpListener::bind(listen).await?;
    eprintln!("listening on {}", listener.local_addr()?);
    let site = Site {
        listener,
        credentials,
        key: arguments.psk.as_deref().map(psk).transpose()?,
        patience: Duration::from_secs(arguments.patience),
    };
    let told = |what: &str| eprintln!("waiting for the client: {what}");
    Ok(Audit::of_client(&site, told).await)
}
