//! What a demo is to do, and the file in its data directory that says so: a
//! directory is continued with the plan that it was begun with.

use crate::encoding::EncodingChoice;
use crate::node::config::AlgorithmChoice;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use tre::KeyKind;

use crate::Usage;

const FILE: &str = "demo.json";
const VERSION: u32 = 1;
/// A machine runs out of sockets and files beyond this.
const MAX_DEVICES: u32 = 2_000;

/// `rehome demo`
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many devices move [12]
    #[arg(long, value_name = "N")]
    pub(super) devices: Option<u32>,
    /// Keep everything in this directory; one that a demo was begun in is
    /// continued
    #[arg(long, value_name = "DIR")]
    pub(super) data: Option<std::path::PathBuf>,
    /// Keep the temporary directory, and say where it is
    #[arg(long, conflicts_with = "data")]
    pub(super) keep: bool,
    /// Move every device on to a third operator
    #[arg(long, conflicts_with = "no_coverage")]
    pub(super) second_move: bool,
    /// No cell for the new subscriptions of K devices: they roll back
    #[arg(long, value_name = "K")]
    pub(super) no_coverage: Option<u32>,
    /// The authentication algorithm of new subscribers [milenage]
    #[arg(long, value_enum)]
    pub(super) algorithm: Option<AlgorithmChoice>,
    /// The kind of all keys [ec]
    #[arg(long, value_enum)]
    pub(super) key: Option<KeyChoice>,
    /// The envelope suite, 1 or 2 [2]
    #[arg(long, value_name = "N")]
    pub(super) suite: Option<u8>,
    /// How the devices write their DM messages [wbxml]
    #[arg(long, value_enum)]
    pub(super) encoding: Option<EncodingChoice>,
    /// Where the operators that devices move to keep their subscribers [embedded]
    #[arg(long, value_enum)]
    pub(super) hlr: Option<HlrChoice>,
    /// One JSON object on standard output, and no progress display
    #[arg(long)]
    pub(super) json: bool,
}

/// The kind of all keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum KeyChoice {
    /// P-256
    Ec,
    /// RSA with 3,072 bits
    Rsa,
}

/// Where an operator's subscribers are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum HlrChoice {
    /// In the node itself
    #[default]
    Embedded,
    /// In a real OsmoHLR for each operator (Debian's package osmo-hlr)
    Osmo,
}

impl KeyChoice {
    pub(crate) fn kind(self) -> KeyKind {
        match self {
            Self::Ec => KeyKind::EcP256,
            Self::Rsa => KeyKind::Rsa,
        }
    }
}

/// What is wrong with the arguments: exit status 2, as for those that the parser
/// refuses.
fn usage<T>(text: impl Into<String>) -> Result<T> {
    Err(Usage(text.into()).into())
}

/// A demo's plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plan {
    version: u32,
    pub(super) devices: u32,
    pub(super) key: KeyChoice,
    pub(super) suite: u8,
    #[serde(default)]
    pub(super) encoding: EncodingChoice,
    #[serde(default)]
    pub(super) algorithm: AlgorithmChoice,
    pub(super) no_coverage: u32,
    pub(super) second_move: bool,
    #[serde(default)]
    pub(super) hlr: HlrChoice,
    /// Whether the devices have no clock and ask the operators' responders. Not in
    /// a directory that was begun before operators had them.
    #[serde(default)]
    pub(super) ocsp: bool,
}

impl Plan {
    /// The plan of the arguments, or that of the data directory where it has
    /// one. `--second-move` may come later; nothing else may change.
    pub(super) fn settle(arguments: &Arguments, dir: &Path) -> Result<Self> {
        let path = dir.join(FILE);
        let known = match fs::read(&path) {
            Ok(octets) => Some(
                serde_json::from_slice::<Self>(&octets)
                    .with_context(|| format!("{} is no demo's plan", path.display()))?,
            ),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        let plan = match known {
            Some(known) => known.continued(arguments)?,
            None => Self::new(arguments)?,
        };
        let partial = dir.join("demo.json.partial");
        fs::write(&partial, serde_json::to_vec_pretty(&plan)?)?;
        fs::rename(&partial, &path)?;
        Ok(plan)
    }

    fn new(arguments: &Arguments) -> Result<Self> {
        let plan = Self {
            version: VERSION,
            devices: arguments.devices.unwrap_or(12),
            key: arguments.key.unwrap_or(KeyChoice::Ec),
            suite: arguments.suite.unwrap_or(2),
            encoding: arguments.encoding.unwrap_or_default(),
            algorithm: arguments.algorithm.unwrap_or_default(),
            no_coverage: arguments.no_coverage.unwrap_or(0),
            second_move: arguments.second_move,
            hlr: arguments.hlr.unwrap_or_default(),
            ocsp: true,
        };
        if !(1..=MAX_DEVICES).contains(&plan.devices) {
            return usage(format!("--devices takes 1 to {MAX_DEVICES}"));
        }
        if !(1..=2).contains(&plan.suite) {
            return usage("--suite takes 1 or 2");
        }
        if plan.no_coverage > plan.devices {
            return usage("--no-coverage takes at most as many as there are devices");
        }
        if plan.hlr == HlrChoice::Osmo && plan.algorithm == AlgorithmChoice::Tuak {
            return usage("--hlr osmo has no TUAK: leave --algorithm out");
        }
        Ok(plan)
    }

    fn continued(mut self, arguments: &Arguments) -> Result<Self> {
        if self.version != VERSION {
            return usage("the data directory was begun by another version of this program");
        }
        let differs = [
            (
                "--devices",
                arguments.devices.is_some_and(|n| n != self.devices),
            ),
            ("--key", arguments.key.is_some_and(|key| key != self.key)),
            ("--suite", arguments.suite.is_some_and(|n| n != self.suite)),
            (
                "--encoding",
                arguments.encoding.is_some_and(|e| e != self.encoding),
            ),
            ("--hlr", arguments.hlr.is_some_and(|hlr| hlr != self.hlr)),
            (
                "--algorithm",
                arguments.algorithm.is_some_and(|a| a != self.algorithm),
            ),
            (
                "--no-coverage",
                arguments.no_coverage.is_some_and(|k| k != self.no_coverage),
            ),
        ];
        if let Some((flag, _)) = differs.iter().find(|(_, differs)| *differs) {
            return usage(format!(
                "the data directory was begun with another {flag}; leave it out to continue"
            ));
        }
        if arguments.second_move && self.no_coverage > 0 {
            return usage(
                "the data directory was begun with --no-coverage, which has no second move",
            );
        }
        self.second_move |= arguments.second_move;
        Ok(self)
    }

    /// How many moves there are to be.
    pub(super) fn moves(&self) -> u32 {
        self.devices * if self.second_move { 2 } else { 1 }
    }
}
