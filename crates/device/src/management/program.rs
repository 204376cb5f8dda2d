//! A program that installs firmware or software, run without a shell (OMA FUMO 1.0
//! clause 6.1: the way of installing is the device's own).
//!
//! It gets its configured arguments and then the package's file name; the
//! environment variable `REHOME_UPDATE` is `apply`, or `outcome` if an update
//! was interrupted. For software `REHOME_SOFTWARE` says what is to be done:
//! `install`, `activate`, `deactivate` or `remove`; `REHOME_NAME` and `REHOME_ID` are
//! the name and the identifier of the package or component, and the name is the last
//! argument where there is no file. An installed package is one component of its
//! own name, active. The program's exit status decides:
//!
//! - 0: the package is installed, or whatever was to be done is;
//! - 75: it will be known after the next start (the device is about to reboot);
//! - 76, for `outcome`: it had not begun, so it is to be run with `apply`;
//! - anything else, a signal or too long a time: the update failed.
//!
//! A program that does not look at the variable installs the package again,
//! which is right for every update that may be repeated. Its standard input is
//! a locked file: should this process be killed, the program keeps the lock, and
//! after a restart it is waited for before it is run again. When its time is up
//! the program is killed, and has itself to see to what it has started.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use dm::objects::fumo::ResultCode;
use dm::objects::scomo::{self, Component, Operation};
use tokio::process::Command;
use tokio::time::{Instant, sleep, timeout_at};

use super::{Answering, Outcome, Phase, SoftwareHook, SoftwareOutcome, SoftwareTask, UpdateHook};
use crate::Error;

/// `EX_TEMPFAIL`.
const LATER: i32 = 75;
const NOT_BEGUN: i32 = 76;
/// How often the lock of an earlier run is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// A program as an [`UpdateHook`] or a [`SoftwareHook`].
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

    /// How the program ended; nothing if its time was up.
    async fn run(
        &self,
        last: &OsStr,
        lock: &Path,
        phase: Phase,
        environment: &[(&str, &str)],
    ) -> io::Result<Option<ExitStatus>> {
        let until = Instant::now() + self.time_limit;
        let Some(lock) = locked(lock, until).await? else {
            return Ok(None);
        };
        let word = match phase {
            Phase::Apply => "apply",
            Phase::Outcome => "outcome",
        };
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .arg(last)
            .env("REHOME_UPDATE", word)
            .envs(environment.iter().copied())
            .stdin(Stdio::from(lock.try_clone()?))
            .stdout(Stdio::null())
            // A signal from a terminal must not end an update half way through.
            .process_group(0)
            .spawn()?;
        let Ok(ended) = timeout_at(until, child.wait()).await else {
            tracing::warn!(program = %self.program.display(), "took too long and is killed");
            child.kill().await?;
            return Ok(None);
        };
        let status = ended?;
        tracing::info!(program = %self.program.display(), word, %status, "has ended");
        Ok(Some(status))
    }

    fn not_run(&self, error: &io::Error) {
        tracing::warn!(program = %self.program.display(), %error, "can't be run");
    }
}

/// What a program says of either.
enum Said {
    Done,
    Later,
    NotBegun,
    Failed,
}

fn said(status: Option<ExitStatus>, phase: Phase) -> Said {
    match (status.and_then(|status| status.code()), phase) {
        (Some(0), _) => Said::Done,
        (Some(LATER), _) => Said::Later,
        (Some(NOT_BEGUN), Phase::Outcome) => Said::NotBegun,
        _ => Said::Failed,
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
            let lock = package.with_extension("lock");
            match self.run(package.as_os_str(), &lock, phase, &[]).await {
                Ok(status) => match said(status, phase) {
                    Said::Done => Outcome::Applied,
                    Said::Later => Outcome::Later,
                    Said::NotBegun => Outcome::NotBegun,
                    Said::Failed => Outcome::Failed(ResultCode::UPDATE_FAILED),
                },
                Err(error) => {
                    self.not_run(&error);
                    Outcome::Failed(ResultCode::CLIENT_ERROR)
                }
            }
        })
    }
}

impl SoftwareHook for ProgramHook {
    fn run<'a>(&'a self, task: SoftwareTask<'a>) -> Answering<'a, SoftwareOutcome> {
        Box::pin(async move {
            let (word, failure) = match task.operation {
                Operation::Activate => ("activate", scomo::ResultCode::ACTIVATE_FAILED),
                Operation::Deactivate => ("deactivate", scomo::ResultCode::DEACTIVATE_FAILED),
                Operation::RemovePackage | Operation::RemoveComponent => {
                    ("remove", scomo::ResultCode::REMOVE_FAILED)
                }
                _ => ("install", scomo::ResultCode::INSTALL_FAILED),
            };
            let environment = [
                ("REHOME_SOFTWARE", word),
                ("REHOME_NAME", task.name),
                ("REHOME_ID", task.id),
            ];
            let name = OsStr::new(task.name);
            let last = task.package.map_or(name, Path::as_os_str);
            match Self::run(self, last, task.lock, task.phase, &environment).await {
                Ok(status) => match said(status, task.phase) {
                    Said::Done => SoftwareOutcome::Done(vec![whole(&task)]),
                    Said::Later => SoftwareOutcome::Later,
                    Said::NotBegun => SoftwareOutcome::NotBegun,
                    Said::Failed => SoftwareOutcome::Failed(failure),
                },
                Err(error) => {
                    self.not_run(&error);
                    SoftwareOutcome::Failed(scomo::ResultCode::CLIENT_ERROR)
                }
            }
        })
    }
}

/// A package as one component.
fn whole(task: &SoftwareTask<'_>) -> Component {
    Component {
        node: task.name.to_owned(),
        id: task.id.to_owned(),
        name: None,
        version: None,
        package: Some(task.id.to_owned()),
        active: true,
    }
}
