//! `rehome dm account`: who may open sessions, and with what. Secrets come from
//! files or are drawn here; one that was drawn is printed, this once.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use clock::Random;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use openssl::x509::X509;
use serde_json::{Value, json};
use tokens::key_file;
use tokens::os::OsRandom;

use super::api::{Server, encoded, text};
use super::render::plain;
use super::value::octets;

/// How device and server prove themselves.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Auth {
    /// Digests over nonces
    Md5,
    /// The secret itself: over TLS only
    Basic,
    /// A digest over every message, in a header beside it
    Hmac,
}

/// What a transport asks for.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Login {
    /// HTTP Basic
    HttpBasic,
    /// HTTP Digest
    HttpDigest,
    /// TLS with a pre-shared key
    Psk,
    /// TLS with a certificate
    Certificate,
}

/// `rehome dm account add`
#[derive(Args)]
pub(crate) struct Add {
    /// The device, as it names itself (Source LocURI): IMEI:490154203237518
    device: String,
    #[command(flatten)]
    server: Server,
    #[arg(long, value_enum, default_value = "md5")]
    auth: Auth,
    /// The device's user name; its name with - for : without it
    #[arg(long)]
    user: Option<String>,
    /// The server's name towards the device; the server's own without it
    #[arg(long)]
    server_id: Option<String>,
    /// A file of mode 0600 with the device's secret, - for standard input
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// The same for the server's secret
    #[arg(long, value_name = "FILE")]
    server_secret_file: Option<PathBuf>,
    /// The device wants no proof of the server
    #[arg(long, conflicts_with = "server_secret_file")]
    no_server_secret: bool,
    /// How far the device is from the specification: default, windows or
    /// lenient
    #[arg(long, default_value = "default")]
    profile: String,
    /// What the device shows to its transport beside
    #[arg(long, value_enum, value_name = "KIND")]
    login: Option<Login>,
    /// The name that it shows there; its user name without it
    #[arg(long, value_name = "NAME", requires = "login")]
    login_name: Option<String>,
    /// A file of mode 0600 with the secret for it; a pre-shared key in
    /// hexadecimal digits
    #[arg(long, value_name = "FILE", requires = "login")]
    login_secret_file: Option<PathBuf>,
    /// The device's certificate in PEM
    #[arg(
        long,
        value_name = "FILE",
        requires = "login",
        conflicts_with = "subject"
    )]
    certificate: Option<PathBuf>,
    /// Any certificate with the key of that one, so that it may be renewed
    #[arg(long, requires = "certificate", conflicts_with = "subject")]
    key_only: bool,
    /// A URI that certificates of the server's client_authorities have, where it
    /// is not the device's name
    #[arg(long, value_name = "URI", requires = "login")]
    subject: Option<String>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// `rehome dm account`
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// A device's account; secrets that were not given are printed, this once
    Add(Box<Add>),
    /// Accounts, without secrets
    List {
        #[command(flatten)]
        server: Server,
        /// One JSON object for each account
        #[arg(long)]
        json: bool,
    },
    /// Removes an account with the device's commands and sessions
    Remove {
        /// The device
        device: String,
        #[command(flatten)]
        server: Server,
    },
}

/// Runs `rehome dm account`.
pub(super) fn run(verb: &Verb) -> Result<()> {
    match verb {
        Verb::Add(arguments) => add(arguments),
        Verb::List { server, json } => {
            let mut out = std::io::stdout().lock();
            server.each("accounts", &[], "after", |account| {
                if *json {
                    writeln!(out, "{account}")?;
                    return Ok(());
                }
                let names = ["device", "auth", "user", "server_id", "profile"];
                let fields = names.map(|name| plain(text(account, name)));
                writeln!(out, "{}", fields.join(" ").trim_end())?;
                Ok(())
            })
        }
        Verb::Remove { device, server } => {
            server.request("DELETE", &format!("accounts/{}", encoded(device)), None)?;
            eprintln!("{} removed", plain(device));
            Ok(())
        }
    }
}

fn add(arguments: &Add) -> Result<()> {
    let Add {
        device,
        server,
        auth,
        user,
        server_id,
        secret_file,
        server_secret_file,
        no_server_secret,
        profile,
        login,
        login_name,
        login_secret_file,
        certificate,
        key_only,
        subject,
        json,
    } = arguments;
    let (login, login_drawn) = match login {
        None => (None, None),
        Some(Login::Certificate) => {
            if login_name.is_some() || login_secret_file.is_some() {
                bail!("a certificate has neither --login-name nor --login-secret-file");
            }
            let shown = (certificate.as_deref(), *key_only, subject.as_deref());
            (Some(self::certificate(shown)?), None)
        }
        Some(_) if certificate.is_some() || subject.is_some() => {
            bail!("--certificate and --subject go with --login certificate");
        }
        Some(kind) => {
            let name = login_name.clone().or_else(|| user.clone());
            let name = name.unwrap_or_else(|| device.replace(':', "-"));
            let (made, drawn) = self::login(*kind, &name, login_secret_file.as_deref())?;
            (Some(made), drawn)
        }
    };
    let (secret, drawn) = secret(secret_file.as_deref())?;
    let (server_secret, server_drawn) = match no_server_secret {
        true => (None, false),
        false => {
            let (secret, drawn) = self::secret(server_secret_file.as_deref())?;
            (Some(secret), drawn)
        }
    };
    let auth = match auth {
        Auth::Md5 => "md5",
        Auth::Basic => "basic",
        Auth::Hmac => "hmac",
    };
    let body = json!({
        "device": device, "auth": auth, "user": user, "server_id": server_id,
        "secret": secret, "server_secret": server_secret, "profile": profile,
        "login": login,
    });
    let mut made = server.request("POST", "accounts", Some(&body))?;
    if let Some(object) = made.as_object_mut() {
        let drawn = drawn.then_some(("secret", secret));
        let server_drawn = server_secret.filter(|_| server_drawn);
        let all = drawn
            .into_iter()
            .chain(server_drawn.map(|secret| ("server_secret", secret)))
            .chain(login_drawn.map(|secret| ("login_secret", secret)));
        object.extend(all.map(|(name, secret)| (name.to_owned(), Value::from(secret))));
    }
    show(&made, *json);
    Ok(())
}

fn show(made: &Value, json: bool) {
    if json {
        println!("{made}");
        return;
    }
    let names = [
        "device",
        "auth",
        "user",
        "secret",
        "server_id",
        "server_secret",
    ];
    for name in names {
        if let Some(value) = made.get(name).and_then(Value::as_str) {
            println!("{name:<14} {}", plain(value));
        }
    }
    if let Some(login) = made.get("login").filter(|login| !login.is_null()) {
        let (kind, name) = (text(login, "kind"), text(login, "name"));
        println!("{:<14} {} {}", "login", plain(kind), plain(name));
    }
    if let Some(secret) = made.get("login_secret").and_then(Value::as_str) {
        println!("{:<14} {}", "login_secret", plain(secret));
    }
    let drawn = ["secret", "server_secret", "login_secret"];
    if drawn.iter().any(|name| made.get(name).is_some()) {
        eprintln!("the secrets are shown this once");
    }
}

/// A login by a certificate or by what certificates have.
fn certificate((file, key_only, subject): (Option<&Path>, bool, Option<&str>)) -> Result<Value> {
    match (file, subject) {
        (Some(file), None) => {
            let pem = fs::read(file).with_context(|| file.display().to_string())?;
            // Of what else the file has, a key for example, nothing leaves.
            let leaf = X509::from_pem(&pem);
            let leaf = leaf.with_context(|| format!("{} is no certificate", file.display()))?;
            let pem = String::from_utf8(leaf.to_pem()?)?;
            Ok(json!({ "kind": "certificate", "certificate": pem, "key_only": key_only }))
        }
        (None, Some(uri)) => Ok(json!({ "kind": "certificate", "subject": uri })),
        _ => bail!("--login certificate wants --certificate or --subject"),
    }
}

/// A login, and its secret if that was drawn here.
fn login(kind: Login, name: &str, file: Option<&Path>) -> Result<(Value, Option<String>)> {
    let (kind, is_key) = match kind {
        Login::HttpBasic => ("http-basic", false),
        Login::HttpDigest => ("http-digest", false),
        Login::Psk => ("psk", true),
        Login::Certificate => bail!("a certificate has no secret"),
    };
    let (secret, drawn) = match file {
        None if is_key => (HEXLOWER.encode(&OsRandom.array::<32>()), true),
        file => secret(file)?,
    };
    let made = json!({ "kind": kind, "name": name, "secret": secret });
    Ok((made, drawn.then_some(secret)))
}

/// A secret, and whether it was drawn here.
fn secret(file: Option<&Path>) -> Result<(String, bool)> {
    let Some(file) = file else {
        return Ok((BASE64URL_NOPAD.encode(&OsRandom.array::<18>()), true));
    };
    let octets = match file == Path::new("-") {
        true => octets(file)?,
        false => key_file::read(file)?.expose().clone(),
    };
    let text = String::from_utf8(octets);
    let text = text.with_context(|| format!("{} is not UTF-8", file.display()))?;
    Ok((text.trim_end_matches(['\r', '\n']).to_owned(), false))
}
