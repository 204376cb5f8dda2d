//! The owner's side of software management: what it is asked for and what it
//! answers (OMA SCOMO 1.0, primitives; the ways of fetching and installing are
//! the device's own).

use super::machine::Machine;
use super::object::Object;
use super::{Component, Leftover, Operation, ResultCode, Target};
use crate::Error;
use crate::objects::shared::Shared;
use crate::objects::{DownloadUrl, Report, Snapshot};
use crate::tree::{Acl, NodeUri, ServerId, Tree};

/// What the owner is to do. Each is given once, and again after a restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// To what.
    pub target: Target,
    /// What.
    pub action: Action,
}

/// What is to be done to a target. Every one can be answered by
/// [`Scomo::handle_failed`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Fetch the package and store it. What is stored past `offset` is to be
    /// cut off. Answers: [`Scomo::handle_download_progress`],
    /// [`Scomo::handle_downloaded`].
    Download {
        /// From where.
        url: DownloadUrl,
        /// The octets that are stored already.
        offset: u64,
    },
    /// Check whether the package is genuine and for this device. Answer:
    /// [`Scomo::handle_verified`].
    Verify,
    /// Install the package. Answer: [`Scomo::handle_installed`].
    Install,
    /// Activate the component. Answer: [`Scomo::handle_done`].
    Activate,
    /// Deactivate the component. Answer: [`Scomo::handle_done`].
    Deactivate,
    /// Remove the package or the component. Answer: [`Scomo::handle_done`].
    Remove,
    /// Say what became of the operation that was under way when the power went.
    /// Answers: those of its action, and [`Scomo::handle_not_begun`].
    AskOutcome(Operation),
}

/// The software of a device in the hands of its owner; see [`super::super`] for
/// what an owner does. Clones are the same software.
#[derive(Clone)]
pub struct Scomo(Shared<Machine>);

impl Scomo {
    /// The object identifier.
    pub const TYPE: &'static str = "urn:oma:mo:oma-scomo:1.0";

    /// An empty inventory, whose node is to be `uri`.
    #[must_use]
    pub fn new(uri: NodeUri) -> Self {
        Self(Shared::new(Machine::new(uri)))
    }

    /// The software of a snapshot. It asks again for what was under way.
    ///
    /// # Errors
    /// [`Error::Failed`] if the snapshot can't be read.
    pub fn restore(snapshot: &Snapshot) -> Result<Self, Error> {
        Machine::restore(snapshot).map(|machine| Self(Shared::new(machine)))
    }

    /// What is to be stored. What an open Atomic has done is not in it.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.0.look(Machine::snapshot)
    }

    /// Mounts the object at its node.
    ///
    /// # Errors
    /// As [`Tree::mount`].
    pub fn mount(&self, tree: &mut Tree, acl: Option<Acl>) -> Result<(), Error> {
        let uri = self.0.look(|machine| machine.uri.clone());
        let object = Object(self.0.clone());
        tree.mount(uri, Self::TYPE, acl, Box::new(object))
    }

    /// Puts a component into Deployed that came with the device or by another
    /// way, or tells of its new version or state.
    ///
    /// # Errors
    /// [`Error::Uri`] for a name that no node can have; [`Error::Full`];
    /// [`Error::Misuse`] while an Atomic is open.
    pub fn put_component(&self, component: Component) -> Result<(), Error> {
        NodeUri::ROOT.child(&component.node)?;
        self.0.own(|machine| machine.inventory.deploy(component))
    }

    /// The components in Deployed.
    #[must_use]
    pub fn components(&self) -> Vec<Component> {
        self.0.look(|machine| {
            let deployed = machine.inventory.deployed.values();
            deployed.map(|entry| entry.component.clone()).collect()
        })
    }

    /// The packages whose octets the owner has to keep: those in Delivered, and
    /// those that are being fetched or checked.
    #[must_use]
    pub fn packages(&self) -> Vec<String> {
        self.0.look(Machine::packages)
    }

    /// The next thing to do; nothing while an Atomic is open.
    #[must_use]
    pub fn poll_effect(&self) -> Option<Effect> {
        self.0
            .own(|machine| Ok(machine.poll_effect()))
            .ok()
            .flatten()
    }

    /// The oldest report that has no answer yet.
    #[must_use]
    pub fn report(&self) -> Option<Report> {
        self.0.look(|machine| machine.reports.first())
    }

    /// The server has answered that report, or it is given up.
    ///
    /// # Errors
    /// [`Error::Misuse`] if there was none, and while an Atomic is open.
    pub fn handle_reported(&self) -> Result<(), Error> {
        self.0.own(|machine| machine.reports.answered())
    }

    /// The session with `server` has told of a running process at `uri`
    /// ([`Event::Running`](crate::client::Event::Running)).
    ///
    /// # Errors
    /// [`Error::Misuse`] while an Atomic is open.
    pub fn handle_commanded_by(&self, server: &ServerId, uri: &NodeUri) -> Result<(), Error> {
        self.0.own(|machine| {
            machine.commanded_by(server, uri);
            Ok(())
        })
    }

    /// So many octets of the package are stored, counted from its beginning.
    ///
    /// # Errors
    /// [`Error::Misuse`] if it is not being fetched.
    pub fn handle_download_progress(&self, target: &Target, octets: u64) -> Result<(), Error> {
        self.0.own(|machine| machine.progress(target, octets))
    }

    /// The whole package is stored.
    ///
    /// # Errors
    /// [`Error::Misuse`] if it is not being fetched.
    pub fn handle_downloaded(&self, target: &Target) -> Result<(), Error> {
        self.0.own(|machine| machine.downloaded(target))
    }

    /// The package is genuine and for this device.
    ///
    /// # Errors
    /// [`Error::Misuse`] if it is not being checked; [`Error::Full`] if
    /// Delivered is.
    pub fn handle_verified(&self, target: &Target) -> Result<(), Error> {
        self.0.own(|machine| machine.verified(target))
    }

    /// The package is installed and brought these components, in place of those
    /// of the same nodes.
    ///
    /// # Errors
    /// [`Error::Misuse`] if it is not being installed; [`Error::Uri`] and
    /// [`Error::Full`] for components that can't be listed. Nothing is changed
    /// then.
    pub fn handle_installed(
        &self,
        target: &Target,
        components: Vec<Component>,
        left: Leftover,
    ) -> Result<(), Error> {
        self.0
            .own(|machine| machine.installed(target, components, left))
    }

    /// The removal, activation or deactivation is done.
    ///
    /// # Errors
    /// [`Error::Misuse`] if none is under way.
    pub fn handle_done(&self, target: &Target) -> Result<(), Error> {
        self.0.own(|machine| machine.done(target))
    }

    /// What was under way failed; `left` counts for an installation.
    ///
    /// # Errors
    /// [`Error::Misuse`] for a successful `code`, and if nothing is under way.
    pub fn handle_failed(
        &self,
        target: &Target,
        code: ResultCode,
        left: Leftover,
    ) -> Result<(), Error> {
        self.0.own(|machine| machine.failed(target, code, left))
    }

    /// The operation that a power cut interrupted had not begun: the owner gets
    /// its effect once more.
    ///
    /// # Errors
    /// [`Error::Misuse`] if none is under way.
    pub fn handle_not_begun(&self, target: &Target) -> Result<(), Error> {
        self.0.own(|machine| machine.not_begun(target))
    }
}
