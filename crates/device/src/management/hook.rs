//! What installs firmware and software: the device's own part of an update (OMA
//! FUMO 1.0 clauses 6.1 and 7 leave it to the device, and so does OMA SCOMO 1.0).

use std::future::{Future, ready};
use std::path::Path;
use std::pin::Pin;

use dm::objects::fumo::ResultCode;
use dm::objects::scomo::{self, Component};

/// A future of a hook.
pub type Answering<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why a hook is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Install the package.
    Apply,
    /// The process or the device was restarted while the package was being
    /// installed: say what came of it, installing it again if need be.
    Outcome,
}

/// What a hook says of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The package is installed.
    Applied,
    /// It is not, and the package is still good for another try.
    Failed(ResultCode),
    /// It had not begun: the hook is called once more with [`Phase::Apply`].
    NotBegun,
    /// It will be known after the next start: the device is about to reboot,
    /// for example.
    Later,
}

/// Installs firmware. Every method may be called again after a power cut.
pub trait UpdateHook: Send + Sync {
    /// Whether the package is genuine and for this device. Length and digest
    /// have been checked, as far as the server told them.
    fn verify<'a>(&'a self, package: &'a Path) -> Answering<'a, Result<(), ResultCode>> {
        let _ = package;
        Box::pin(ready(Ok(())))
    }

    /// Installs the package, or says what came of it.
    fn update<'a>(&'a self, package: &'a Path, phase: Phase) -> Answering<'a, Outcome>;
}

/// What is to be done to software.
#[derive(Clone, Copy, Debug)]
pub struct SoftwareTask<'a> {
    /// Install, Activate, Deactivate or RemoveComponent.
    pub operation: scomo::Operation,
    /// Whether it is to be done, or may have been done already.
    pub phase: Phase,
    /// The name of the package's or the component's node.
    pub name: &'a str,
    /// Its PkgID or ID.
    pub id: &'a str,
    /// The file with the package, for Install.
    pub package: Option<&'a Path>,
    /// A file for a lock, so that a hook does one task at a time over restarts.
    pub lock: &'a Path,
}

/// What a hook says of software.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SoftwareOutcome {
    /// It is done. An installation brought these components; of other tasks they
    /// don't count.
    Done(Vec<Component>),
    /// It is not, and a package is still good for another try.
    Failed(scomo::ResultCode),
    /// It had not begun: the hook is called once more with [`Phase::Apply`].
    NotBegun,
    /// It will be known after the next start.
    Later,
}

/// Installs, activates and removes software. Every method may be called again
/// after a power cut.
pub trait SoftwareHook: Send + Sync {
    /// Whether the package is genuine and for this device.
    fn verify<'a>(&'a self, package: &'a Path) -> Answering<'a, Result<(), scomo::ResultCode>> {
        let _ = package;
        Box::pin(ready(Ok(())))
    }

    /// Does the task, or says what came of it.
    fn run<'a>(&'a self, task: SoftwareTask<'a>) -> Answering<'a, SoftwareOutcome>;
}
