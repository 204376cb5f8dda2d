//! The settings of a managed device, `manage.toml` in its directory: every key
//! known, paths relative to the directory.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use device::management::{Config, MAX_OBJECT, ProgramHook};
use device::management_tls;
use dm::notification::ResyncNonce;
use serde::Deserialize;
use tls::ClientConfig;
use tokens::NodeKey;

use crate::encoding::EncodingChoice;
use crate::node::config;
use crate::node::management::TlsProfile;
use crate::node::status::StatusSection;

/// The file.
pub(super) const FILE: &str = "manage.toml";

/// What `init` writes.
pub(super) const DEFAULT: &str = r#"# A managed device. Paths are relative to this file.
interval_s = 3600          # between two rounds of sessions
retransmit_after_s = 30    # a message without an answer goes out again
transmissions = 5          # as often as this
encoding = "wbxml"         # how messages are written: wbxml or xml
max_object = 1048576       # octets of an object in chunks (LrgObj); 0: none

# Notifications over the nonce 0x00000000, of a server that has lost its own, are
# refused unless this says how the nonce is read: octets or text.
# resync = "octets"

# Who certifies servers reached by HTTPS, one or more certificates in PEM. Better
# kept in the device's store (init --authorities); in both places it is refused.
# authorities = "servers.pem"

profile = "3gpp"           # of TLS: 1.2 and 1.3; dm: from 1.0 on, for old servers

# Whether their certificates still hold, by the system's clock; without this
# section by their dates alone. The keys are those of a device's rehome.toml.
# [status]
# policy = "clock+ocsp"    # or ocsp, ocsp-nonce-time, clock, staple

# The program that installs firmware. It gets the arguments and the package's
# file name; REHOME_UPDATE is `apply`, or `outcome` after an interruption. Exit
# status 0: installed; 75: known after the next start; 76: not begun yet;
# anything else: failed.
# [update]
# program = "/usr/local/sbin/install-firmware"
# arguments = []
# time_limit_s = 1800

# The program that installs software, told what by REHOME_SOFTWARE (install,
# activate, deactivate, remove), REHOME_NAME and REHOME_ID. Exit statuses and
# REHOME_UPDATE as above.
# [software]
# program = "/usr/local/sbin/change-software"

[hosts]         # where hosts are reached that DNS is not to be asked for
"#;

/// The file's content.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    pub(super) interval_s: u64,
    retransmit_after_s: u64,
    transmissions: u32,
    #[serde(default)]
    encoding: EncodingChoice,
    #[serde(default = "default_max_object")]
    max_object: usize,
    #[serde(default)]
    resync: Option<Resync>,
    #[serde(default)]
    authorities: Option<PathBuf>,
    #[serde(default)]
    status: Option<StatusSection>,
    #[serde(default)]
    profile: TlsProfile,
    #[serde(default)]
    update: Option<Update>,
    #[serde(default)]
    software: Option<Update>,
    #[serde(default)]
    hosts: BTreeMap<String, SocketAddr>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Resync {
    Octets,
    Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Update {
    program: PathBuf,
    #[serde(default)]
    arguments: Vec<String>,
    #[serde(default = "default_time_limit")]
    time_limit_s: u64,
}

const fn default_max_object() -> usize {
    MAX_OBJECT
}

fn default_time_limit() -> u64 {
    1800
}

impl Settings {
    /// Reads the settings of the device in `dir`.
    pub(super) fn read(dir: &Path) -> Result<Self> {
        let path = dir.join(FILE);
        let shown = || path.display().to_string();
        let text = fs::read_to_string(&path).with_context(shown)?;
        toml::from_str(&text).with_context(shown)
    }

    /// The client's configuration.
    pub(super) fn config(&self, dir: &Path, allow_http: bool) -> Result<Config> {
        let mut config = Config::new(key(dir)?);
        config.allow_http = allow_http;
        config.profile = self.profile.profile();
        config.hosts = config::hosts([&self.hosts])?;
        config.timing.retransmit_after = Duration::from_secs(self.retransmit_after_s);
        config.timing.transmissions = self.transmissions;
        config.encoding = self.encoding.encoding();
        config.max_object = Some(self.max_object).filter(|octets| *octets > 0);
        config.resync = self.resync.map(|resync| match resync {
            Resync::Octets => ResyncNonce::Octets,
            Resync::Text => ResyncNonce::Text,
        });
        let validation = self.status.as_ref().map(StatusSection::validation);
        config.validation = validation.transpose()?;
        if let Some(authorities) = &self.authorities {
            config.tls = Some(Self::tls(&dir.join(authorities), &config)?);
        }
        if let Some(update) = &self.update {
            config.hook = Some(Arc::new(update.hook()?));
        }
        if let Some(software) = &self.software {
            config.software = Some(Arc::new(software.hook()?));
        }
        Ok(config)
    }

    /// Servers under these authorities, by the system's clock, and by their status
    /// where the settings want that.
    fn tls(authorities: &Path, config: &Config) -> Result<ClientConfig> {
        let pem = fs::read(authorities).with_context(|| authorities.display().to_string())?;
        let (profile, hosts) = (config.profile.clone(), config.hosts.clone());
        let validation = config.validation.clone();
        Ok(management_tls(&pem, profile, validation, hosts)?)
    }
}

impl Update {
    fn hook(&self) -> Result<ProgramHook> {
        let arguments = self.arguments.iter().map(OsString::from).collect();
        let time_limit = Duration::from_secs(self.time_limit_s);
        Ok(ProgramHook::new(
            self.program.clone(),
            arguments,
            time_limit,
        )?)
    }
}

/// The key of the device in `dir`.
pub(super) fn key(dir: &Path) -> Result<NodeKey> {
    Ok(NodeKey::load(&dir.join("node.key"))?)
}
