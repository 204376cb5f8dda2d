//! Making a notification: from the management server's account of the device,
//! or from a secret in a file.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use dm::auth::Nonce;
use dm::notification::{Notification, NotificationKey, SessionId, Unverified, to_push};
use serde_json::Value;
use tokens::os::OsRandom;

use super::account::Account;
use super::secret::{nonce, password, session, vendor};
use super::send::To;
use super::{By, Resync, Ui, show};
use crate::{Usage, hex};

/// What a notification says, and where it goes.
#[derive(Args)]
pub(super) struct Make {
    /// The device, whose account at the management server has secret and nonce
    #[arg(long, value_name = "ID", required_unless_present = "password_file")]
    pub(super) device: Option<String>,
    #[command(flatten)]
    account: Account,
    /// Without an account: the server's name in the device's tree
    #[arg(long, value_name = "NAME", requires = "password_file")]
    server_id: Option<String>,
    /// A file of mode 0600 with the server's secret, - for standard input
    #[arg(long, value_name = "FILE", requires = "server_id")]
    password_file: Option<PathBuf>,
    /// The nonce that the device gave the server for its next proof
    #[arg(long, value_name = "BASE64", value_parser = nonce, requires = "password_file")]
    nonce: Option<Nonce>,
    /// The nonce 0x00000000 in its stead, as this device reads it
    #[arg(long, value_enum, conflicts_with = "nonce")]
    pub(super) resync: Option<Resync>,
    /// The session's number, 1 to 65535, or 0x1 to 0xffff; else one is drawn
    #[arg(long, value_name = "NUMBER", value_parser = session)]
    session: Option<u16>,
    /// What the device is to do about its user
    #[arg(long, value_enum, default_value = "none")]
    pub(super) ui: Ui,
    /// Who wanted the session
    #[arg(long, value_enum, default_value = "server")]
    pub(super) initiator: By,
    /// What the vendor adds, in hexadecimal digits
    #[arg(long, value_name = "HEX", value_parser = vendor, default_value = "")]
    pub(super) vendor: Vendor,
    /// In a WAP Push of WSP: what devices expect on port 2948
    #[arg(long, conflicts_with = "http")]
    wsp: bool,
    #[command(flatten)]
    to: To,
    /// Print it in hexadecimal digits, even if it is sent
    #[arg(long)]
    hex: bool,
    /// One JSON object
    #[arg(long, conflicts_with = "hex")]
    json: bool,
}

/// What the vendor adds.
#[derive(Clone)]
pub(super) struct Vendor(pub(super) Vec<u8>);

impl Make {
    pub(super) fn run(&self) -> Result<()> {
        let message = match (&self.server_id, &self.password_file) {
            (Some(server_id), Some(file)) => {
                let server_id = server_id.parse().context("--server-id")?;
                let key = NotificationKey::new(server_id, &password(file)?);
                self.with_key(&key)?
            }
            _ => self.account.notification(self, self.session)?,
        };
        // What a server made is looked at before it goes anywhere.
        let claimed = Unverified::read(&message)?.claimed().clone();
        let octets = if self.wsp {
            to_push(1, &message)
        } else {
            message
        };
        let sent = self.to.send(&octets)?;
        self.tell(&claimed, &octets, sent);
        Ok(())
    }

    fn with_key(&self, key: &NotificationKey) -> Result<Vec<u8>> {
        let nonce = match (&self.nonce, self.resync) {
            (Some(nonce), None) => nonce.clone(),
            (None, Some(resync)) => resync.nonce().nonce()?,
            _ => {
                let wanted = "--password-file goes with --nonce or --resync";
                return Err(Usage(wanted.to_owned()).into());
            }
        };
        // No session is known here.
        let drawn = || SessionId::draw(&mut OsRandom, |_| false);
        let session = self.session.map_or_else(drawn, SessionId);
        let notification = Notification {
            ui_mode: self.ui.mode(),
            initiator: self.initiator.initiator(),
            vendor: self.vendor.0.clone(),
            ..Notification::new(key.server_id().clone(), session)
        };
        Ok(notification.write(key, &nonce)?)
    }

    fn tell(&self, claimed: &Notification, octets: &[u8], sent: Option<(&str, String)>) {
        if self.json {
            let mut object = show::object(claimed, octets);
            object.insert("device".to_owned(), self.device.clone().into());
            let way = sent.as_ref().map(|(way, _)| Value::from(*way));
            object.insert("sent_by".to_owned(), way.into());
            object.insert("sent_to".to_owned(), sent.map(|(_, to)| to).into());
            println!("{}", Value::Object(object));
            return;
        }
        if self.hex || sent.is_none() {
            println!("{}", hex::text(octets));
        }
        if let Some((way, to)) = sent {
            let session = claimed.session_id;
            let octets = octets.len();
            eprintln!("{octets} octets sent to {to} by {way} for session {session}");
        }
    }
}
