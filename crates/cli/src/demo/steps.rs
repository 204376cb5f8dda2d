//! How long each step took: a line for each in a file of the data directory,
//! so that a demo which was killed and continued counts all of it.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use provisioning::{Step, StepWatch};
use serde_json::{Value, json};

/// The log, shared by all parties of the demo.
pub(super) struct StepLog {
    path: PathBuf,
    file: File,
}

/// One step over all its lines.
pub(super) struct StepSummary {
    pub(super) step: Step,
    pub(super) count: usize,
    pub(super) p50: Duration,
    pub(super) p99: Duration,
}

impl StepLog {
    pub(super) fn open(dir: &Path) -> Result<Self> {
        let path = dir.join("steps.log");
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&path)
            .with_context(|| path.display().to_string())?;
        Ok(Self { path, file })
    }

    /// What the file says, in the order of the steps; steps that were never
    /// done are left out.
    pub(super) fn summary(&self) -> Result<Vec<StepSummary>> {
        let text = fs::read_to_string(&self.path)?;
        let mut all: BTreeMap<Step, Vec<Duration>> = BTreeMap::new();
        for line in text.lines() {
            // The last line may be cut where the program was killed.
            let parts = line.split_once(' ');
            let read = parts.and_then(|(step, micros)| {
                Some((Step::by_number(step)?, micros.parse::<u64>().ok()?))
            });
            if let Some((step, micros)) = read {
                all.entry(step)
                    .or_default()
                    .push(Duration::from_micros(micros));
            }
        }
        Ok(all.into_iter().map(summarise).collect())
    }
}

fn summarise((step, mut took): (Step, Vec<Duration>)) -> StepSummary {
    took.sort_unstable();
    // Nearest rank.
    let rank = |percent: usize| {
        let at = (took.len() * percent).div_ceil(100).saturating_sub(1);
        took.get(at).copied().unwrap_or_default()
    };
    StepSummary {
        step,
        count: took.len(),
        p50: rank(50),
        p99: rank(99),
    }
}

impl StepWatch for StepLog {
    fn done(&self, step: Step, took: Duration) {
        let line = format!("{} {}\n", step.number(), took.as_micros());
        // A measurement that can't be written is no reason to stop a device.
        let _ = (&self.file).write_all(line.as_bytes());
    }
}

impl StepSummary {
    pub(super) fn json(&self) -> Value {
        let millis = |time: Duration| (time.as_secs_f64() * 1e6).round() / 1e3;
        json!({
            "step": self.step.number(),
            "name": self.step.name(),
            "count": self.count,
            "p50_ms": millis(self.p50),
            "p99_ms": millis(self.p99),
        })
    }
}
