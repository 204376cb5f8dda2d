//! How the devices judged the certificates of DPFs and DRFs: a line for each
//! judgement in a file of the data directory, so that a demo which was killed and
//! continued counts all of them.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use device::{Judged, StatusWatch};
use serde_json::{Value, json};

/// The log, shared by all devices.
pub(super) struct CheckLog {
    path: PathBuf,
    file: File,
}

/// One device's part in it.
pub(super) struct DeviceChecks {
    pub(super) log: Arc<CheckLog>,
    /// The device's number.
    pub(super) number: u32,
}

/// All lines together.
#[derive(Default)]
pub(super) struct CheckSummary {
    /// Judgements by an answer that a responder gave.
    pub(super) answered: u64,
    /// Judgements that refused the server.
    pub(super) refused: u64,
    /// Devices that have an answer.
    pub(super) devices: BTreeSet<u32>,
}

impl CheckLog {
    pub(super) fn open(dir: &Path) -> Result<Self> {
        let path = dir.join("checks.log");
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&path)
            .with_context(|| path.display().to_string())?;
        Ok(Self { path, file })
    }

    pub(super) fn summary(&self) -> Result<CheckSummary> {
        let mut summary = CheckSummary::default();
        for line in fs::read_to_string(&self.path)?.lines() {
            let mut parts = line.split(' ');
            let (number, answered) = (parts.next(), parts.next());
            // The last line may be cut where the program was killed.
            let (Some(number), Some(verdict)) = (number, parts.next()) else {
                continue;
            };
            summary.refused += u64::from(verdict != "accepted");
            if let (Some("answered"), Ok(number)) = (answered, number.parse()) {
                summary.answered += 1;
                summary.devices.insert(number);
            }
        }
        Ok(summary)
    }
}

impl StatusWatch for DeviceChecks {
    fn judged(&self, judged: &Judged<'_>) {
        let answered = if judged.answered {
            "answered"
        } else {
            "unanswered"
        };
        let verdict = match judged.verdict {
            Ok(_) => "accepted",
            Err(code) => code,
        };
        let line = format!("{} {answered} {verdict}\n", self.number);
        // A count that can't be written is no reason to stop a device.
        let _ = (&self.log.file).write_all(line.as_bytes());
    }
}

impl CheckSummary {
    pub(super) fn json(&self) -> Value {
        json!({
            "answered": self.answered,
            "refused": self.refused,
            "devices": self.devices.len(),
        })
    }
}
