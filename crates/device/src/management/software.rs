//! What the object for software asks its owner for (OMA SCOMO 1.0, primitives):
//! fetch a package, check it, install it, activate and remove what came of it. Each
//! step is stored before the next one begins.
//!
//! A package is fetched into a file of its own beside the one that may be there, and
//! takes its place once it is checked.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use dm::objects::DownloadUrl;
use dm::objects::fumo::Expected;
use dm::objects::scomo::{Action, Leftover, Operation, ResultCode, Scomo, Target};
use dm::tree::NodeUri;
use openssl::sha::sha256;

use super::client::Client;
use super::download::{Cause, Order};
use super::setup::SOFTWARE;
use super::{Phase, SoftwareOutcome, SoftwareTask, package};
use crate::Error;

/// What the name of a file in the making ends with.
const PART: &str = "part";

impl Client {
    /// Does what servers have started with software.
    pub(super) async fn work_on_software(&mut self) -> Result<(), Error> {
        let Some(software) = self.kept.software.clone() else {
            return Ok(());
        };
        self.tidy_software(&software)?;
        while let Some(effect) = software.poll_effect() {
            let target = &effect.target;
            let (operation, phase) = match (effect.action, target) {
                (Action::Download { url, offset }, _) => {
                    self.download_software(&software, target, &url, offset)
                        .await?;
                    continue;
                }
                (Action::Verify, _) => {
                    self.verify_software(&software, target).await?;
                    continue;
                }
                (Action::Install, _) => (Operation::Install, Phase::Apply),
                (Action::Activate, _) => (Operation::Activate, Phase::Apply),
                (Action::Deactivate, _) => (Operation::Deactivate, Phase::Apply),
                (Action::Remove, Target::Package(_)) => (Operation::RemovePackage, Phase::Apply),
                (Action::Remove, _) => (Operation::RemoveComponent, Phase::Apply),
                (Action::AskOutcome(operation), _) => (operation, Phase::Outcome),
                _ => {
                    return Err(Error::Management(
                        "an unknown effect of the object for software",
                    ));
                }
            };
            self.change_software(&software, target, operation, phase)
                .await?;
            self.kept.save()?;
            self.tidy_software(&software)?;
        }
        Ok(())
    }

    async fn download_software(
        &mut self,
        software: &Scomo,
        target: &Target,
        url: &DownloadUrl,
        offset: u64,
    ) -> Result<(), Error> {
        let made = fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.packages);
        made.map_err(Error::file(&self.packages))?;
        let order = Order {
            url,
            offset,
            expected: Expected::default(),
            path: self.file_of(target).with_extension(PART),
            progress: &|octets| software.handle_download_progress(target, octets),
            validator: |kept| &mut kept.software_validator,
        };
        let fetched = self.fetch(&order).await?;
        self.kept.software_validator = None;
        match fetched {
            Ok(()) => software.handle_downloaded(target)?,
            Err(cause) => {
                tracing::info!(?cause, package = target.name(), "the download failed");
                software.handle_failed(target, cause.into(), Leftover::Nothing)?;
            }
        }
        self.kept.save()?;
        if fetched.is_err() {
            package::remove(&order.path).map_err(Error::file(&order.path))?;
        }
        self.tidy_software(software)
    }

    async fn verify_software(&mut self, software: &Scomo, target: &Target) -> Result<(), Error> {
        let file = self.file_of(target);
        let part = file.with_extension(PART);
        // Without it the power went after it took its place.
        let path = if part.exists() { &part } else { &file };
        let verdict = match self.software_hook.clone() {
            Some(hook) => hook.verify(path).await,
            None => Ok(()),
        };
        let verdict = match verdict {
            Ok(()) => {
                if *path == part {
                    fs::rename(&part, &file).map_err(Error::file(&file))?;
                }
                match software.handle_verified(target) {
                    Err(dm::Error::Full) => Err(ResultCode::NO_ROOM_TO_DOWNLOAD),
                    done => Ok(done?),
                }
            }
            Err(code) => Err(code),
        };
        if let Err(code) = verdict {
            software.handle_failed(target, code, Leftover::Nothing)?;
        }
        self.kept.save()?;
        package::remove(&part).map_err(Error::file(&part))?;
        self.tidy_software(software)
    }

    async fn change_software(
        &mut self,
        software: &Scomo,
        target: &Target,
        operation: Operation,
        phase: Phase,
    ) -> Result<(), Error> {
        let installs = matches!(operation, Operation::Install | Operation::DownloadInstall);
        let file = self.file_of(target);
        let id = self.id_of(target)?;
        let outcome = match (operation, self.software_hook.clone()) {
            // Its file goes with what nobody needs.
            (Operation::RemovePackage, _) => SoftwareOutcome::Done(Vec::new()),
            (_, None) => SoftwareOutcome::Failed(ResultCode::NOT_IMPLEMENTED),
            (_, Some(hook)) => {
                let task = SoftwareTask {
                    operation: if installs {
                        Operation::Install
                    } else {
                        operation
                    },
                    phase,
                    name: target.name(),
                    id: &id,
                    package: installs.then_some(file.as_path()),
                    lock: &self.packages.with_extension("lock"),
                };
                hook.run(task).await
            }
        };
        tracing::info!(?outcome, ?operation, name = target.name(), "software");
        let failed = |code| software.handle_failed(target, code, Leftover::Package);
        match outcome {
            SoftwareOutcome::Done(components) if installs => {
                match software.handle_installed(target, components, Leftover::Nothing) {
                    // The hook named what can't be listed.
                    Err(dm::Error::Uri(_) | dm::Error::UriTooLong | dm::Error::Full) => {
                        failed(ResultCode::INSTALL_FAILED)?;
                    }
                    done => done?,
                }
            }
            SoftwareOutcome::Done(_) => software.handle_done(target)?,
            SoftwareOutcome::Failed(code) => failed(code)?,
            SoftwareOutcome::NotBegun if phase == Phase::Outcome => {
                software.handle_not_begun(target)?;
            }
            // Asked for again after the next start.
            SoftwareOutcome::Later => {}
            SoftwareOutcome::NotBegun => failed(ResultCode::CLIENT_ERROR)?,
        }
        Ok(())
    }

    /// The identifier that the server knows it by.
    fn id_of(&self, target: &Target) -> Result<String, Error> {
        let (list, leaf) = match target {
            Target::Package(_) => ("Delivered", "PkgID"),
            Target::Component(_) => ("Deployed", "ID"),
        };
        let name = target.name();
        let at: NodeUri = format!("{SOFTWARE}/Inventory/{list}/{name}/{leaf}").parse()?;
        let value = self.kept.tree.value(&at);
        Ok(value.map_or_else(
            |_| name.to_owned(),
            |value| String::from_utf8_lossy(value.data()).into_owned(),
        ))
    }

    /// The file of a package. Names of nodes may be longer than those of files.
    fn file_of(&self, target: &Target) -> PathBuf {
        self.packages.join(file_name(target.name()))
    }

    /// Removes the files that nobody needs any more.
    fn tidy_software(&mut self, software: &Scomo) -> Result<(), Error> {
        let entries = match fs::read_dir(&self.packages) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(Error::file(&self.packages))?,
        };
        let kept = software.packages();
        let kept: Vec<String> = kept.iter().map(|name| file_name(name)).collect();
        for entry in entries {
            let path = entry.map_err(Error::file(&self.packages))?.path();
            let stem = path.file_stem().unwrap_or_default();
            if kept.iter().all(|name| stem != name.as_str()) {
                package::remove(&path).map_err(Error::file(&path))?;
            }
        }
        Ok(())
    }
}

fn file_name(name: &str) -> String {
    let digest = sha256(name.as_bytes());
    digest.iter().map(|octet| format!("{octet:02x}")).collect()
}

impl From<Cause> for ResultCode {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::Authentication => Self::AUTHENTICATION,
            Cause::Unavailable => Self::SERVER_UNAVAILABLE,
            Cause::Server => Self::SERVER_ERROR,
            Cause::NoRoom => Self::NO_ROOM_TO_DOWNLOAD,
            Cause::Device => Self::CLIENT_ERROR,
            Cause::BadUrl
            | Cause::Corrupted
            | Cause::NotAcceptable
            | Cause::TimedOut
            | Cause::Network
            | Cause::Undefined => Self::DOWNLOAD_FAILED,
        }
    }
}
