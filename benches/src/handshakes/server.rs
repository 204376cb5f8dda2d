//! The servers that are measured, and what they show.

use std::ffi::OsStr;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use data_encoding::HEXLOWER;
use openssl::pkey::{PKey, Private};
use openssl::ssl::SslVersion;
use tempfile::TempDir;

use super::client::{IDENTITY, PSK};
use super::{Case, Key, Peer};
use crate::certificate;
use crate::process::{Server, free_address};

/// Keys and certificates.
pub(super) struct Place(TempDir);

impl Place {
    pub(super) fn new() -> Result<Self> {
        let dir = tempfile::tempdir()?;
        for (name, key) in [
            ("ec", certificate::ec_key()?),
            ("rsa", certificate::rsa_key()?),
        ] {
            write_pair(dir.path(), name, &key)?;
        }
        fs::write(dir.path().join("ffdhe2048.pem"), ffdhe2048()?)?;
        Ok(Self(dir))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }
}

fn write_pair(dir: &Path, name: &str, key: &PKey<Private>) -> Result<()> {
    let certificate = certificate::self_signed(key)?;
    fs::write(dir.join(format!("{name}.pem")), certificate.to_pem()?)?;
    let key = key.private_key_to_pem_pkcs8()?;
    fs::write(dir.join(format!("{name}.key")), key)?;
    Ok(())
}

/// The group that our server uses (RFC 7919 appendix A.1), by its name, in PEM as
/// nginx reads it.
fn ffdhe2048() -> Result<Vec<u8>> {
    let out = Command::new("openssl")
        .args(["genpkey", "-genparam", "-algorithm", "DH"])
        .args(["-pkeyopt", "group:ffdhe2048"])
        .output()?;
    ensure!(out.status.success(), "openssl genpkey made no group");
    Ok(out.stdout)
}

pub(super) fn ours(place: &Place, case: &Case) -> Result<Server> {
    Server::ours([
        OsStr::new("--serve-tls"),
        OsStr::new(case.profile),
        OsStr::new(case.key.name()),
        place.path().as_os_str(),
    ])
}

pub(super) fn peer(place: &Place, case: &Case, peer: Peer) -> Result<Server> {
    let address = free_address()?;
    let mut command = match peer {
        Peer::Nginx => nginx(place, case, address)?,
        Peer::SServer => s_server(place, case, address),
    };
    Server::peer(command.current_dir(place.path()), address)
}

/// One process, no log, no limit of its own.
fn nginx(place: &Place, case: &Case, address: SocketAddr) -> Result<Command> {
    let key = case.key.name();
    let (protocol, ciphers) = match case.version {
        SslVersion::TLS1_3 => ("TLSv1.3", String::new()),
        _ => ("TLSv1.2", format!("ssl_ciphers {};", case.suite)),
    };
    let dir = place.path().display();
    let configuration = format!(
        "daemon off; master_process off; worker_processes 1;
        pid {dir}/nginx.pid; error_log stderr crit;
        events {{ worker_connections 256; }}
        http {{
            access_log off;
            client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy;
            fastcgi_temp_path {dir}/fastcgi; uwsgi_temp_path {dir}/uwsgi;
            scgi_temp_path {dir}/scgi;
            server {{
                listen {address} ssl;
                ssl_certificate {dir}/{key}.pem; ssl_certificate_key {dir}/{key}.key;
                ssl_protocols {protocol}; {ciphers}
                ssl_ecdh_curve {}; ssl_dhparam {dir}/ffdhe2048.pem;
                ssl_session_cache shared:sessions:1m; ssl_session_tickets on;
                location / {{ return 204; }}
            }}
        }}",
        case.group
    );
    let path = place.path().join("nginx.conf");
    fs::write(&path, configuration)?;
    let mut command = Command::new("nginx");
    command
        .arg("-c")
        .arg(path)
        .arg("-p")
        .arg(place.path())
        .arg("-e")
        .arg("stderr");
    Ok(command)
}

fn s_server(place: &Place, case: &Case, address: SocketAddr) -> Command {
    let mut command = Command::new("openssl");
    command
        .args(["s_server", "-quiet", "-WWW", "-accept"])
        .arg(address.to_string());
    let file = |name: &str| place.path().join(name);
    match case.key {
        Key::Psk => {
            command.args(["-nocert", "-psk_identity", IDENTITY, "-psk"]);
            command.arg(HEXLOWER.encode(&PSK));
        }
        key => {
            command
                .arg("-cert")
                .arg(file(&format!("{}.pem", key.name())));
            command
                .arg("-key")
                .arg(file(&format!("{}.key", key.name())));
        }
    }
    match case.version {
        SslVersion::TLS1_3 => command.arg("-tls1_3"),
        _ => command.args(["-tls1_2", "-cipher", case.suite]),
    };
    command.args(["-groups", case.group]);
    command
}
