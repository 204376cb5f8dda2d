//! What a device is made with.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clock::Timestamp;
use provisioning::session::Encoding;
use tls::http::Hosts;
use tokens::NodeKey;

use crate::{HardwareClock, Validation};

/// A device's configuration.
#[derive(Clone)]
pub struct DeviceConfig {
    /// The directory of its TRE, as it came from the supplier.
    pub tre: PathBuf,
    /// Its store; made at the first start.
    pub store: PathBuf,
    /// The key under which both are encrypted.
    pub key: NodeKey,
    /// Where hosts are reached.
    pub hosts: Hosts,
    /// What it knows of the time.
    pub clock: Clock,
    /// How it judges the certificates of DPFs and DRFs; `None` judges their dates
    /// alone, as the clock tells.
    pub validation: Option<Validation>,
    /// How its messages to the DPF are written.
    pub encoding: Encoding,
    /// Whether the TRE erases its PCID once it has another operator and no order:
    /// the number can serve another device, and there is no way back to it.
    pub drop_pcid: bool,
    /// How often powered-on time is counted, and stored where it matters.
    pub tick: Duration,
}

/// What a device knows of the time.
#[derive(Clone)]
pub enum Clock {
    /// The system's clock is a trusted one.
    Trusted,
    /// It is not; no date can lie before this moment.
    Floor(Timestamp),
    /// A secure clock, kept over restarts: set by what responders answer to nonces,
    /// and by a clock in the device's hardware if it has one.
    Secure(Option<Arc<dyn HardwareClock>>),
}
