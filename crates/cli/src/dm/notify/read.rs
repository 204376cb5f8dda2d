//! `rehome dm notify read`: what a notification says, and whether its server
//! made it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use dm::auth::Nonce;
use dm::notification::{NonceUsed, NotificationKey, Unverified, from_push};
use serde_json::{Value, json};

use super::secret::{nonce, password};
use super::{Resync, show};
use crate::input::bounded;
use crate::{Usage, hex};

/// The most octets of a file with a notification, in hexadecimal digits too.
const MAX_FILE: usize = 16 * 1024;

/// `rehome dm notify read`
#[derive(Args)]
pub(super) struct Reading {
    /// The notification in hexadecimal digits, or a file with it or with the
    /// digits, - for standard input; a WAP Push around it is taken off
    #[arg(value_name = "HEX|FILE")]
    message: String,
    /// A file of mode 0600 with the server's secret, - for standard input: the
    /// digest is checked
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// The nonce that the device gave the server
    #[arg(long, value_name = "BASE64", value_parser = nonce, requires = "password_file")]
    nonce: Option<Nonce>,
    /// The nonce 0x00000000 is taken too, as this device reads it
    #[arg(long, value_enum, requires = "password_file")]
    resync: Option<Resync>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl Reading {
    pub(super) fn run(&self) -> Result<()> {
        let octets = self.octets()?;
        let message = from_push(&octets).unwrap_or(&octets);
        let read = Unverified::read(message)?;
        let used = self.password_file.as_deref();
        let used = used.map(|file| self.verified(file, &read)).transpose()?;
        self.tell(&read, message, used);
        Ok(())
    }

    fn octets(&self) -> Result<Vec<u8>> {
        let text = self.message.as_bytes();
        if let Ok(octets) = hex::any_octets(text)
            && !text.is_empty()
        {
            return Ok(octets);
        }
        let octets = bounded(Path::new(&self.message), MAX_FILE);
        let octets = octets.context("neither hexadecimal digits nor a file")?;
        Ok(hex::any_octets(&octets).unwrap_or(octets))
    }

    /// Which nonce it was made with, if the secret is right.
    fn verified(&self, file: &Path, read: &Unverified) -> Result<NonceUsed> {
        let key = NotificationKey::new(read.claimed_server().clone(), &password(file)?);
        let used = match (&self.nonce, self.resync) {
            (nonce, Some(resync)) => read
                .verify_or_resync(&key, nonce.as_ref(), resync.nonce())
                .map(|(_, used)| used),
            (Some(nonce), None) => read.verify(&key, nonce).map(|_| NonceUsed::Stored),
            (None, None) => {
                let wanted = "--password-file goes with --nonce, --resync or both";
                return Err(Usage(wanted.to_owned()).into());
            }
        };
        Ok(used?)
    }

    fn tell(&self, read: &Unverified, message: &[u8], used: Option<NonceUsed>) {
        let used = used.map(|used| match used {
            NonceUsed::Stored => "stored",
            NonceUsed::Resync => "resync",
        });
        if self.json {
            let mut object = show::object(read.claimed(), message);
            object.insert("verified".to_owned(), json!(used.is_some()));
            object.insert("nonce".to_owned(), json!(used));
            println!("{}", Value::Object(object));
            return;
        }
        for (name, value) in show::lines(read.claimed()) {
            println!("{name:<10} {value}");
        }
        let digest = match used {
            None => "not checked: anybody may have made this",
            Some("stored") => "right: secret and nonce are the server's",
            Some(_) => "right, with 0x00000000: the server has lost its nonce",
        };
        println!("{:<10} {digest}", "digest");
    }
}
