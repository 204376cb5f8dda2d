//! What a device is made with.

use std::path::PathBuf;
use std::time::Duration;

use clock::Timestamp;
use provisioning::session::Encoding;
use tls::http::Hosts;
use tokens::{NodeKey, os};
use trust::{TimeInterval, TimePolicy};

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
    /// How it judges the dates of certificates.
    pub clock: Clock,
    /// How its messages to the DPF are written.
    pub encoding: Encoding,
    /// How often powered-on time is counted, and stored where it matters.
    pub tick: Duration,
}

/// What a device knows of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The system's clock is a trusted one.
    Trusted,
    /// It is not; no date can lie before this moment.
    Floor(Timestamp),
}

impl Clock {
    pub(crate) fn policy(self) -> TimePolicy {
        match self {
            Self::Trusted => TimePolicy::Trusted(TimeInterval::exactly(os::now())),
            Self::Floor(floor) => TimePolicy::Floor(floor),
        }
    }
}
