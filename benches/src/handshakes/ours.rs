//! Our server, as it is measured: the HTTP server that every node uses, one
//! worker, in a process of its own.

use std::fs;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use tls::http::{Request, Response, ServerLimits, StatusCode, Transport, serve as serve_http};
use tls::{Credentials, PeerIdentity, Profile, PskKey, PskKeys, ServerConfig, ServerSettings};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use zeroize::Zeroizing;

use super::Key;
use super::client::{IDENTITY, PSK};
use crate::report;

/// The server with the runtime that it needs.
pub(super) struct Ours {
    address: SocketAddr,
    _server: tls::http::Server,
    _runtime: Runtime,
}

/// One device with its key.
struct OneKey;

impl PskKeys for OneKey {
    fn find(&self, identity: &[u8]) -> Option<PskKey> {
        (identity == IDENTITY.as_bytes()).then(|| PskKey {
            key: Zeroizing::new(PSK.to_vec()),
            client: PeerIdentity::new(IDENTITY),
        })
    }
}

/// What `bench --serve-tls PROFILE KEY DIR` does: says where it listens, and ends
/// with its standard input.
pub(crate) fn serve(profile: &str, key: &str, dir: &str) -> Result<()> {
    let ours = start(profile, key, Path::new(dir))?;
    report::say(&ours.address.to_string());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// A server has pre-shared keys or certificates: one with keys resumes nothing.
fn start(profile: &str, key: &str, dir: &Path) -> Result<Ours> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let profile = match profile {
        "3gpp" => Profile::ThreeGpp,
        "dm" => Profile::Dm,
        "scp81" => Profile::Scp81(tls::Scp81::default()),
        _ => bail!("no such profile"),
    };
    let settings = if key == Key::Psk.name() {
        let mut settings = ServerSettings::new(profile, Vec::new());
        settings.keys = Some(Arc::new(OneKey));
        settings
    } else {
        ServerSettings::new(profile, vec![credentials(dir, key)?])
    };
    let transport = Transport::Tls(ServerConfig::of(&settings)?);
    let limits = ServerLimits::default();
    let server = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let answer = |_: Request| std::future::ready(Response::new(StatusCode::NO_CONTENT));
        anyhow::Ok(serve_http(listener, transport, limits, answer)?)
    })?;
    Ok(Ours {
        address: server.address(),
        _server: server,
        _runtime: runtime,
    })
}

fn credentials(dir: &Path, name: &str) -> Result<Credentials> {
    let read = |end| {
        let path = dir.join(format!("{name}.{end}"));
        fs::read(&path).with_context(|| format!("{name}.{end}"))
    };
    Ok(Credentials::from_pem(&read("pem")?, &read("key")?)?)
}

#[cfg(test)]
pub(super) fn start_here(case: &super::Case, place: &super::Place) -> Result<Ours> {
    start(case.profile, case.key.name(), place.path())
}

#[cfg(test)]
impl Ours {
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}
