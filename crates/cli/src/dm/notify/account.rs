//! A notification that the management server makes: it has the device's
//! account, whose secret and nonce never leave it.

use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;

use super::super::api::{Server, text};
use super::{By, Ui, make};
use crate::{Usage, hex};

/// The management server, if it is to make the notification.
#[derive(Args)]
pub(super) struct Account {
    /// The management server's API, http://ADDRESS:PORT
    #[arg(long = "server", value_name = "URL", env = "REHOME_DM")]
    url: Option<String>,
    /// Its API token
    #[arg(
        long,
        value_name = "API-TOKEN",
        env = "REHOME_TOKEN",
        hide_env_values = true,
        allow_hyphen_values = true
    )]
    token: Option<String>,
}

impl Account {
    pub(super) fn notification(
        &self,
        wanted: &make::Make,
        session: Option<u16>,
    ) -> Result<Vec<u8>> {
        let (Some(url), Some(token), Some(device)) = (&self.url, &self.token, &wanted.device)
        else {
            let missing = "--server and --token are wanted, or --server-id and --password-file";
            return Err(Usage(missing.to_owned()).into());
        };
        let body = json!({
            "device": device,
            "session": session,
            "ui": Ui::name(wanted.ui.mode()),
            "initiator": By::name(wanted.initiator.initiator()),
            "vendor": hex::text(&wanted.vendor.0),
            "resync": wanted.resync.map(super::Resync::name),
        });
        let answer = Server::new(url, token).request("POST", "notifications", Some(&body))?;
        hex::any_octets(text(&answer, "notification").as_bytes())
            .context("the server gave no notification")
    }
}
