//! The owner's side of a firmware update: what it is asked for and what it
//! answers (OMA FUMO 1.0 clause 6; the ways of fetching and installing are the
//! device's own, clauses 6.1 and 7).

use data_encoding::HEXLOWER;
use secret::SecretBytes;

use super::machine::Machine;
use super::object::Object;
use super::{ResultCode, State};
use crate::Error;
use crate::objects::shared::Shared;
use crate::objects::snapshot::{Reader, Writer};
use crate::objects::{DownloadUrl, Report, Snapshot};
use crate::tree::{Acl, NodeUri, ServerId, Tree};

/// What is known of a package before it is fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// Its octets.
    pub size: Option<u64>,
    /// Its SHA-256 digest.
    pub sha256: Option<[u8; 32]>,
}

impl Expected {
    /// The digest in hexadecimal, empty without one.
    pub(super) fn digest_text(&self) -> String {
        self.sha256
            .map_or_else(String::new, |digest| HEXLOWER.encode(&digest))
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        let size = self.size.map(u64::to_be_bytes);
        writer.optional(size.as_ref().map(<[u8; 8]>::as_slice));
        writer.optional(self.sha256.as_ref().map(<[u8; 32]>::as_slice));
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        const MALFORMED: Error = Error::Failed("snapshot with a wrong length or digest");
        let size = reader.optional()?.map(<[u8; 8]>::try_from);
        let sha256 = reader.optional()?.map(<[u8; 32]>::try_from);
        Ok(Self {
            size: size
                .transpose()
                .map_err(|_| MALFORMED)?
                .map(u64::from_be_bytes),
            sha256: sha256.transpose().map_err(|_| MALFORMED)?,
        })
    }
}

/// Where a package is.
#[derive(Clone)]
pub enum Package {
    /// Where the owner put the download.
    Downloaded,
    /// Here: the server wrote it into PkgData.
    Received(SecretBytes),
}

/// Whether the package is still there after an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// It is.
    Package,
    /// It was removed, or used up.
    Nothing,
}

/// What the owner is to do. Each is given once, and again after a restore.
#[non_exhaustive]
pub enum Effect {
    /// Fetch the package and store it. What is stored past `offset` is to be
    /// cut off. Answers: [`Fumo::handle_download_progress`],
    /// [`Fumo::handle_downloaded`], [`Fumo::handle_failed`].
    Download {
        /// From where.
        url: DownloadUrl,
        /// The octets that are stored already.
        offset: u64,
        /// What it has to be.
        expected: Expected,
    },
    /// Check whether the package is genuine and for this device. Answers:
    /// [`Fumo::handle_verified`], [`Fumo::handle_failed`].
    Verify(Package),
    /// Install the package. Answers: [`Fumo::handle_applied`],
    /// [`Fumo::handle_failed`].
    Apply(Package),
    /// Say what became of an update that was under way when the power went.
    /// Answers: [`Fumo::handle_applied`], [`Fumo::handle_failed`], and
    /// [`Fumo::handle_not_begun`].
    AskOutcome,
}

/// A firmware update in the hands of its owner; see [`super::super`] for what
/// an owner does. Clones are the same update.
#[derive(Clone)]
pub struct Fumo(Shared<Machine>);

impl Fumo {
    /// The object identifier.
    pub const TYPE: &'static str = "urn:oma:mo:oma-fumo:1.0";

    /// An update at rest, whose node is to be `uri`.
    #[must_use]
    pub fn new(uri: NodeUri) -> Self {
        Self(Shared::new(Machine::new(uri)))
    }

    /// The update of a snapshot. It asks again for what was under way.
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

    /// Where the update stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.0.look(|machine| machine.state)
    }

    /// Writes PkgName and PkgVersion, once the owner knows them.
    ///
    /// # Errors
    /// [`Error::Misuse`] while an Atomic is open.
    pub fn describe(&self, name: Option<String>, version: Option<String>) -> Result<(), Error> {
        self.0.own(|machine| {
            machine.name = name;
            machine.version = version;
            Ok(())
        })
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

    /// The session with `server` has told of a running process of this object
    /// ([`Event::Running`](crate::client::Event::Running)).
    ///
    /// # Errors
    /// [`Error::Misuse`] while an Atomic is open.
    pub fn handle_commanded_by(&self, server: &ServerId) -> Result<(), Error> {
        self.0.own(|machine| {
            machine.commanded_by(server);
            Ok(())
        })
    }

    /// So many octets of the package are stored, counted from its beginning. A
    /// download that starts over says 0.
    ///
    /// # Errors
    /// [`Error::Misuse`] if no download is under way.
    pub fn handle_download_progress(&self, octets: u64) -> Result<(), Error> {
        self.0.own(|machine| machine.progress(octets))
    }

    /// The package is stored and its progress told; `digest_ok` if its digest
    /// is the expected one, or none was. Another digest, or another length than
    /// expected, is reported as 402.
    ///
    /// # Errors
    /// [`Error::Misuse`] if no download is under way.
    pub fn handle_downloaded(&self, digest_ok: bool) -> Result<(), Error> {
        self.0.own(|machine| machine.downloaded(digest_ok))
    }

    /// The package is genuine and for this device.
    ///
    /// # Errors
    /// [`Error::Misuse`] if none was to be verified.
    pub fn handle_verified(&self) -> Result<(), Error> {
        self.0.own(Machine::verified)
    }

    /// What was under way failed. An update leaves the package then, unless it
    /// was its verification.
    ///
    /// # Errors
    /// [`Error::Misuse`] for a successful `code`, and if nothing is under way.
    pub fn handle_failed(&self, code: ResultCode) -> Result<(), Error> {
        self.0.own(|machine| machine.failed(code))
    }

    /// The update came to its end.
    ///
    /// # Errors
    /// [`Error::Misuse`] if none is under way.
    pub fn handle_applied(&self, code: ResultCode, left: Leftover) -> Result<(), Error> {
        self.0.own(|machine| machine.applied(code, left))
    }

    /// The update that a power cut interrupted had not begun: the owner gets
    /// [`Effect::Apply`] once more. No report has gone out, so this is not the
    /// repetition that FUMO clause 6.2 forbids.
    ///
    /// # Errors
    /// [`Error::Misuse`] if none is under way.
    pub fn handle_not_begun(&self) -> Result<(), Error> {
        self.0.own(Machine::not_begun)
    }

    /// The device has cleaned up: the package is gone, or the outcome of the
    /// last operation is forgotten.
    ///
    /// # Errors
    /// [`Error::Misuse`] when idle and while an operation is under way.
    pub fn handle_cleaned_up(&self) -> Result<(), Error> {
        self.0.own(Machine::cleaned)
    }
}
