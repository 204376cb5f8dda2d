//! Management objects whose nodes are not data in the tree: the device answers
//! for them itself (OMA DM TND 1.2 clause 7.7.7.2, "Management Object").

use secret::SecretBytes;
use syncml::Format;

use super::{Acl, NodeKind, Rights, Value};
use crate::Error;

/// What stands at a path of a management object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectNode {
    /// Whether it has children instead of a value.
    pub interior: bool,
    /// Its own ACL; `None` inherits, in the end from the mount point.
    pub acl: Option<Acl>,
    /// The commands that it takes; any other is refused with 405.
    pub access: Rights,
}

/// What a Replace brings. Format and type are `None` where the server gave
/// none; then those of the old value stay.
pub struct Overwrite {
    /// The new format.
    pub format: Option<Format>,
    /// The new media type.
    pub type_: Option<String>,
    /// The new octets.
    pub data: SecretBytes,
}

impl Overwrite {
    /// The value that comes of it where `old` stood.
    #[must_use]
    pub fn onto(self, old: &Value) -> Value {
        Value::new(
            self.format.unwrap_or_else(|| old.format().clone()),
            self.type_.or_else(|| old.type_().map(str::to_owned)),
            self.data.expose().clone(),
        )
    }
}

/// How a process is to be run.
#[derive(Default)]
pub struct Execution {
    /// Comes back in the alert that reports an asynchronous result.
    pub correlator: Option<String>,
    /// The item's data, if it has any.
    pub argument: Option<SecretBytes>,
}

/// How far a process got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Executed {
    /// It is done: status 200.
    Done,
    /// It goes on; its result follows as a generic alert with the correlator
    /// of the Exec: status 202.
    Accepted,
}

/// Nodes that a device answers for, below a mount point.
///
/// A path is the list of segments below the mount point; it is empty only for
/// [`children`](Self::children). The tree has checked existence, AccessType,
/// ACL and size before it calls an operation; what remains is the object's own
/// sense of right and wrong, told as an [`Error`] whose
/// [`status`](Error::status) the server gets.
///
/// An object that takes part in an Atomic implements the last three methods.
/// Between [`begin`](Self::begin) and [`commit`](Self::commit) it may not do
/// what it can't undo.
pub trait ManagementObject: Send {
    /// What stands at `path`; `None` if nothing does.
    fn lookup(&self, path: &[&str]) -> Option<ObjectNode>;

    /// The names of the children of `path`.
    fn children(&self, path: &[&str]) -> Vec<String>;

    /// The value of the leaf at `path`.
    ///
    /// # Errors
    /// As the object decides; [`Error::NotAllowed`] without an implementation.
    fn get(&self, path: &[&str]) -> Result<Value, Error> {
        let _ = path;
        Err(Error::NotAllowed)
    }

    /// Creates the node at `path`, whose parent takes Add.
    ///
    /// # Errors
    /// As the object decides; [`Error::NotAllowed`] without an implementation.
    fn add(&mut self, path: &[&str], kind: NodeKind) -> Result<(), Error> {
        let _ = (path, kind);
        Err(Error::NotAllowed)
    }

    /// Overwrites the leaf at `path`.
    ///
    /// # Errors
    /// As the object decides; [`Error::NotAllowed`] without an implementation.
    fn replace(&mut self, path: &[&str], new: Overwrite) -> Result<(), Error> {
        let _ = (path, new);
        Err(Error::NotAllowed)
    }

    /// Removes the node at `path` with what is below it.
    ///
    /// # Errors
    /// As the object decides; [`Error::NotAllowed`] without an implementation.
    fn delete(&mut self, path: &[&str]) -> Result<(), Error> {
        let _ = path;
        Err(Error::NotAllowed)
    }

    /// Runs the process at `path`, or takes note that it is to be run.
    ///
    /// # Errors
    /// As the object decides; [`Error::NotAllowed`] without an implementation.
    fn exec(&mut self, path: &[&str], call: &Execution) -> Result<Executed, Error> {
        let _ = (path, call);
        Err(Error::NotAllowed)
    }

    /// An Atomic is about to change this object for the first time.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if the object can't undo; then the Atomic fails
    /// before it touches the object.
    fn begin(&mut self) -> Result<(), Error> {
        Err(Error::Unsupported("roll-back of this management object"))
    }

    /// The Atomic succeeded.
    ///
    /// # Errors
    /// As the object decides; then the whole Atomic is rolled back, so an
    /// object that has failed here must still be able to undo.
    fn commit(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// The Atomic failed: back to the state at [`begin`](Self::begin). Called
    /// after a [`commit`](Self::commit) too if another object's commit failed.
    ///
    /// # Errors
    /// If it can't be done; the server then gets 516.
    fn roll_back(&mut self) -> Result<(), Error> {
        Err(Error::Failed("this management object can't undo"))
    }
}
