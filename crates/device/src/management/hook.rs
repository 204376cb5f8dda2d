//! What installs firmware: the device's own part of an update (OMA FUMO 1.0
//! clauses 6.1 and 7 leave it to the device).

use std::future::{Future, ready};
use std::path::Path;
use std::pin::Pin;

use dm::objects::fumo::ResultCode;

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
