//! The role `dm`: a management server for people. Its directory, and how it is
//! served.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use clock::Random;
use data_encoding::BASE64URL_NOPAD;
use provisioning::Digest;
use serde::Deserialize;
use serde_json::json;
use server::management::{
    ClientCertificates, HttpAuthentication, ManagementClients, ManagementConfig,
    ManagementListeners, ManagementNode, ManagementTls, Policy,
};
use tls::Profile;
use tls::http::ServerLimits;
use tokens::os::OsRandom;
use tokens::{NodeKey, key_file};

mod assurance;
mod identity;
mod staple;

use super::config::{Loaded, Ports};
use super::init::{new_dir, write_config};
use super::serve::{listen, open_store, told_to_end};

/// A management server's configuration.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Management {
    store: String,
    dm: Dm,
    listen: Listen,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listen {
    dm: SocketAddr,
    api: SocketAddr,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dm {
    server_id: String,
    uri: String,
    #[serde(default)]
    other_uris: Vec<String>,
    http_authentication: Option<HttpAuth>,
    #[serde(default)]
    tls: Option<Tls>,
    #[serde(default = "retries")]
    retries: u32,
    #[serde(default = "package")]
    package: usize,
    #[serde(default = "idle_s")]
    idle_s: u64,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum HttpAuth {
    #[default]
    None,
    Digest,
    DigestOrBasic,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tls {
    profile: Option<TlsProfile>,
    /// A level that stands for versions, suites and what devices have to show.
    assurance: Option<u8>,
    /// Whether it begins with HTTP and goes on with TLS there (RFC 2817).
    #[serde(default)]
    upgrade: bool,
    /// Whether the profile `dm` has SSL 3.0, in builds with the feature `ssl3`.
    #[serde(default)]
    ssl3: bool,
    /// Whether devices may come with pre-shared keys.
    #[serde(default)]
    psk: bool,
    /// Whether devices show certificates.
    client_certificates: Option<Clients>,
    /// Who issues them, beside those that accounts name.
    client_authorities: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    /// The status of the certificate, an OCSP answer.
    staple: Option<PathBuf>,
    /// With keys of other kinds.
    #[serde(default)]
    more: Vec<Identity>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Clients {
    None,
    Optional,
    Required,
}

/// Versions and suites.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(super) enum TlsProfile {
    #[default]
    #[serde(rename = "3gpp")]
    ThreeGpp,
    #[serde(rename = "dm")]
    Dm,
}

impl TlsProfile {
    /// The TLS crate's.
    pub(super) const fn profile(self) -> Profile {
        match self {
            Self::ThreeGpp => Profile::ThreeGpp,
            Self::Dm => Profile::Dm,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Identity {
    certificate: PathBuf,
    key: PathBuf,
    staple: Option<PathBuf>,
}

fn retries() -> u32 {
    Policy::default().retries
}

fn package() -> usize {
    Policy::default().package
}

const fn idle_s() -> u64 {
    300
}

/// Runs the node until it is told to end.
pub(super) async fn serve(loaded: &Loaded, config: &Management) -> Result<()> {
    let dir = &loaded.dir;
    let node_key = NodeKey::load(&dir.join("node.key"))?;
    let digest = key_file::read(&dir.join("api.digest"))?;
    let digest: Digest = std::str::from_utf8(digest.expose())?.trim_end().parse()?;
    let listeners = ManagementListeners {
        dm: listen("dm", config.listen.dm).await?,
        api: listen("api", config.listen.api).await?,
    };
    let settings = ManagementConfig {
        server_id: config.dm.server_id.clone(),
        server_uri: config.dm.uri.clone(),
        other_targets: config.dm.other_uris.clone(),
        tls: config
            .dm
            .tls
            .as_ref()
            .map(|own| tls(dir, own))
            .transpose()?,
        http_authentication: match assurance::login(&config.dm)? {
            HttpAuth::None => HttpAuthentication::None,
            HttpAuth::Digest => HttpAuthentication::Digest,
            HttpAuth::DigestOrBasic => HttpAuthentication::DigestOrBasic,
        },
        policy: Policy {
            retries: config.dm.retries,
            package: config.dm.package.clamp(1, 64),
        },
        idle: Duration::from_secs(config.dm.idle_s),
        limits: ServerLimits::default(),
        api_token: digest.0,
    };
    let store = open_store(dir, &config.store, &node_key)?;
    let node = ManagementNode::start(settings, store, listeners).await?;
    let ready = json!({
        "ready": true, "role": "dm", "server_id": config.dm.server_id,
        "dm": node.dm_address(), "api": node.api_address(),
    });
    println!("{ready}");
    told_to_end().await?;
    node.shutdown().await;
    Ok(())
}

fn tls(dir: &Path, own: &Tls) -> Result<ManagementTls> {
    let (shown, renewed) = identity::read(dir, own)?;
    Ok(ManagementTls {
        profile: assurance::profile(own)?,
        shown,
        renewed: Some(renewed),
        keys: own.psk,
        upgrade: own.upgrade,
        clients: ManagementClients {
            certificates: match assurance::clients(own)? {
                Clients::None => ClientCertificates::None,
                Clients::Optional => ClientCertificates::Optional,
                Clients::Required => ClientCertificates::Required,
            },
            authorities: own
                .client_authorities
                .as_ref()
                .map(|path| {
                    let path = dir.join(path);
                    fs::read(&path).with_context(|| path.display().to_string())
                })
                .transpose()?,
        },
    })
}

/// `rehome init dm`
#[derive(Args)]
pub(crate) struct Init {
    /// The directory, which must not exist
    dir: PathBuf,
    /// The loopback address to listen on; for another one, or for TLS, see the
    /// configuration that this writes
    #[arg(long, default_value = "127.0.0.1")]
    listen: std::net::IpAddr,
    /// The server's name in devices' trees
    #[arg(long, default_value = "rehome")]
    server_id: String,
    /// Where devices find the server, https://HOST/PATH
    #[arg(long)]
    uri: String,
}

/// Makes a management server's directory.
pub(super) fn init(arguments: &Init) -> Result<()> {
    let dir = &arguments.dir;
    new_dir(dir)?;
    NodeKey::create(&dir.join("node.key"), &mut OsRandom)?;
    let token = BASE64URL_NOPAD.encode(&OsRandom.array::<24>());
    let digest = format!("{}\n", Digest::of(token.as_bytes()));
    key_file::create(&dir.join("api.digest"), digest.as_bytes())?;
    let at = |port| SocketAddr::new(arguments.listen, port);
    let text = format!(
        r#"# A management server (OMA DM 1.2). Paths are relative to this file.
role = "dm"
store = "sqlite:store.db"

[listen]
dm = "{}"      # devices: HTTPS, or plain HTTP on loopback where something else ends TLS
api = "{}"     # for people and scripts: HTTP with a token, loopback only

[dm]
server_id = {:?}     # the server's name in devices' trees, and its user name towards them
uri = {:?}     # where devices find it; its path is answered on
other_uris = []      # other targets that devices may name
retries = {}         # how often a command goes out again after a lost session; an Exec never
package = {}        # commands in one package, 64 at most
idle_s = {}         # how long a session waits for its device

http_authentication = "none"   # what devices show in HTTP too: digest, digest-or-basic

# [dm.tls]           # without it: plain HTTP; renewed files are taken while it runs
# certificate = "dm.pem"   # the leaf, then those above it, PEM
# key = "dm.key"           # its private key, PEM, mode 0600
# staple = "dm.ocsp"       # its status for devices that ask: an OCSP answer in DER
# profile = "3gpp"         # TLS 1.2 and 1.3; dm: from TLS 1.0 on, for old devices
# ssl3 = false             # SSL 3.0 too, in profile dm and a build with the feature ssl3
# assurance = 1            # to 4, instead of profile: docs/transport.md
# upgrade = false          # plain HTTP that goes on with TLS (RFC 2817); profile dm only
# psk = false              # whether devices may come with the keys of their accounts
# client_certificates = "none"   # optional: asked of devices; required: of those without a key
# client_authorities = "devices.pem"  # who issues them, with the device's name as a URI, PEM
# more = []                # leaves with keys of other kinds: {{ certificate = "", key = "" }},
#                          # and their staple
"#,
        at(Ports::MANAGEMENT),
        at(Ports::API),
        arguments.server_id,
        arguments.uri,
        retries(),
        package(),
        idle_s(),
    );
    write_config(dir, &text)?;
    eprintln!("the API token, shown this once:");
    println!("{token}");
    Ok(())
}
