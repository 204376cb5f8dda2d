//! A program that installs firmware, run without a shell (OMA FUMO 1.0 clause
//! 6.1: the way of installing is the device's own).
//!
//! It gets its configured arguments and then the package's file name; the
//! environment variable `REHOME_UPDATE` is `apply`, or `outcome` if an update
//! was interrupted. Its exit status decides:
//!
//! - 0: the package is installed;
//! - 75: it will be known after the next start (the device is about to reboot);
//! - 76, for `outcome`: it had not begun, so it is to be run with `apply`;
//! - anything else, a signal or too long a time: the update failed.
//!
//! A program that does not look at the variable installs the package again,
//! which is right for every update that may be repeated. Its standard input is
//! a locked file: should this process be killed, the program keeps the lock, and
//! after a restart it is waited for before it is run again. When its time is up
//! the program is killed, and has itself to see to what it has started.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use dm::objects::fumo::ResultCode;
use tokio::process::Command;
use tokio::time::{Instant, sleep, timeout_at};

use super::{Answering, Outcome, Phase, UpdateHook};
use crate::Error;

/// `EX_TEMPFAIL`.
const LATER: i32 = 75;
const NOT_BEGUN: i32 = 76;
/// How often the lock of an earlier run is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// A program as an [`UpdateHook`].
#[derive(Clone, Debug)]
pub struct ProgramHook {
    program: PathBuf,
    arguments: Vec<OsString>,
    time_limit: Duration,
}

impl ProgramHook {
    /// Runs `program` with `arguments` and the file name, for `time_limit` at
    /// most.
    ///
    /// # Errors
    /// [`Error::Management`] for a path that is not absolute: which program
    /// runs must not depend on an environment.
    pub fn new(
        program: PathBuf,
        arguments: Vec<OsString>,
        time_limit: Duration,
    ) -> Result<Self, Error> {
        if !program.is_absolute() {
            return Err(Error::Management(
                "the update program's path is not absolute",
            ));
        }
        Ok(Self {
            program,
            arguments,
            time_limit,
        })
    }

    async fn run(&self, package: &Path, phase: Phase) -> io::Result<Outcome> {
        let until = Instant::now() + self.time_limit;
        let Some(lock) = locked(&package.with_extension("lock"), until).await? else {
            return Ok(Outcome::Failed(ResultCode::UPDATE_FAILED));
        };
        let word = match phase {
            Phase::Apply => "apply",
            Phase::Outcome => "outcome",
        };
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .arg(package)
            .env("REHOME_UPDATE", word)
            .stdin(Stdio::from(lock.try_clone()?))
            .stdout(Stdio::null())
            // A signal from a terminal must not end an update half way through.
            .process_group(0)
            .spawn()?;
        let Ok(ended) = timeout_at(until, child.wait()).await else {
            tracing::warn!(program = %self.program.display(), "took too long and is killed");
            child.kill().await?;
            return Ok(Outcome::Failed(ResultCode::UPDATE_FAILED));
        };
        let status = ended?;
        tracing::info!(program = %self.program.display(), word, %status, "has ended");
        Ok(outcome(status, phase))
    }
}

fn outcome(status: ExitStatus, phase: Phase) -> Outcome {
    match (status.code(), phase) {
        (Some(0), _) => Outcome::Applied,
        (Some(LATER), _) => Outcome::Later,
        (Some(NOT_BEGUN), Phase::Outcome) => Outcome::NotBegun,
        _ => Outcome::Failed(ResultCode::UPDATE_FAILED),
    }
}

/// The lock, once no earlier run of the program has it; nothing if one still
/// has it at `until`.
async fn locked(path: &Path, until: Instant) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    let file = options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if Instant::now() >= until => return Ok(None),
            Err(TryLockError::WouldBlock) => sleep(LOOK).await,
        }
    }
}

impl UpdateHook for ProgramHook {
    fn update<'a>(&'a self, package: &'a Path, phase: Phase) -> Answering<'a, Outcome> {
        Box::pin(async move {
            self.run(package, phase).await.unwrap_or_else(|error| {
                tracing::warn!(program = %self.program.display(), %error, "can't be run");
                Outcome::Failed(ResultCode::CLIENT_ERROR)
            })
        })
    }
}
