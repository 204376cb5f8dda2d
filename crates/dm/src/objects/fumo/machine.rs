//! The decisions of a firmware update (OMA FUMO 1.0 clause 6): what an Exec, a
//! Replace and the owner's news make of its state.

use secret::SecretBytes;

use super::handle::{Effect, Expected, Leftover, Package};
use super::{Operation, ResultCode, State};
use crate::Error;
use crate::objects::DownloadUrl;
use crate::objects::report::{Finished, Origin, Reports};
use crate::tree::{Execution, NodeUri, ServerId};

/// One firmware update.
#[derive(Clone)]
pub(super) struct Machine {
    /// The object's own node.
    pub(super) uri: NodeUri,
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) download_url: Option<DownloadUrl>,
    pub(super) both_url: Option<DownloadUrl>,
    pub(super) expected: Expected,
    pub(super) state: State,
    pub(super) reports: Reports,
    /// What is under way, in the busy states.
    pub(super) running: Option<(Operation, Origin)>,
    /// PkgData, if the package came that way.
    pub(super) data: Option<SecretBytes>,
    /// Octets of the download that the owner has stored.
    pub(super) offset: u64,
    /// The package's signature was verified.
    pub(super) checked: bool,
    /// The owner has the effect of this state.
    asked: bool,
    /// The state comes from a snapshot.
    pub(super) restored: bool,
}

impl Machine {
    pub(super) fn new(uri: NodeUri) -> Self {
        Self {
            uri,
            name: None,
            version: None,
            download_url: None,
            both_url: None,
            expected: Expected::default(),
            state: State::Idle,
            reports: Reports::default(),
            running: None,
            data: None,
            offset: 0,
            checked: false,
            asked: false,
            restored: false,
        }
    }

    /// Moves on; the owner is to be asked anew.
    fn enter(&mut self, state: State) {
        self.state = state;
        self.asked = false;
        self.restored = false;
    }

    /// An Exec (clause 6.1).
    pub(super) fn exec(&mut self, operation: Operation, call: &Execution) -> Result<(), Error> {
        self.check_rest()?;
        self.reports.check_room(0)?;
        let origin = Origin::of(call)?;
        if operation == Operation::Update {
            if !matches!(
                self.state,
                State::ReadyToUpdate | State::UpdateFailedHaveData
            ) {
                return Err(Error::Failed("no package to update from"));
            }
            self.running = Some((operation, origin));
            self.enter(State::UpdateProgressing);
            return Ok(());
        }
        self.drop_package();
        self.running = Some((operation, origin));
        if self.url(operation).is_none() {
            self.enter(State::DownloadFailed);
            self.end(ResultCode::BAD_URL);
        } else {
            self.enter(State::DownloadProgressing);
        }
        Ok(())
    }

    /// A Replace of PkgData: a package, or none with no octets.
    pub(super) fn take_data(&mut self, data: SecretBytes) -> Result<(), Error> {
        self.check_rest()?;
        self.drop_package();
        if data.expose().is_empty() {
            self.enter(State::Idle);
        } else {
            self.data = Some(data);
            self.enter(State::ReadyToUpdate);
        }
        Ok(())
    }

    /// Before a Replace of anything that says what the package is.
    pub(super) fn renew(&mut self) -> Result<(), Error> {
        self.check_rest()?;
        self.drop_package();
        self.enter(State::Idle);
        Ok(())
    }

    pub(super) fn check_rest(&self) -> Result<(), Error> {
        if self.state.is_busy() {
            return Err(Error::Failed("an operation is under way"));
        }
        Ok(())
    }

    fn drop_package(&mut self) {
        self.data = None;
        self.offset = 0;
        self.checked = false;
    }

    pub(super) fn url(&self, operation: Operation) -> Option<&DownloadUrl> {
        match operation {
            Operation::Download => self.download_url.as_ref(),
            Operation::DownloadAndUpdate => self.both_url.as_ref(),
            Operation::Update => None,
        }
    }

    fn package(&self) -> Package {
        match &self.data {
            Some(data) => Package::Received(data.clone()),
            None => Package::Downloaded,
        }
    }

    pub(super) fn poll_effect(&mut self) -> Option<Effect> {
        if self.asked {
            return None;
        }
        let effect = match self.state {
            State::DownloadProgressing => {
                let (operation, _) = self.running.as_ref()?;
                Effect::Download {
                    url: self.url(*operation)?.clone(),
                    offset: self.offset,
                    expected: self.expected.clone(),
                }
            }
            State::DownloadComplete => Effect::Verify(self.package()),
            State::UpdateProgressing if !self.checked => Effect::Verify(self.package()),
            State::UpdateProgressing if self.restored => Effect::AskOutcome,
            State::UpdateProgressing => Effect::Apply(self.package()),
            _ => return None,
        };
        self.asked = true;
        Some(effect)
    }

    pub(super) fn progress(&mut self, octets: u64) -> Result<(), Error> {
        self.check(State::DownloadProgressing)?;
        self.offset = octets;
        Ok(())
    }

    pub(super) fn downloaded(&mut self, digest_ok: bool) -> Result<(), Error> {
        self.check(State::DownloadProgressing)?;
        if digest_ok && self.expected.size.is_none_or(|size| size == self.offset) {
            self.enter(State::DownloadComplete);
            return Ok(());
        }
        self.failed(ResultCode::CORRUPTED)
    }

    pub(super) fn verified(&mut self) -> Result<(), Error> {
        let both = matches!(self.running, Some((Operation::DownloadAndUpdate, _)));
        match self.state {
            State::DownloadComplete if both => self.enter(State::UpdateProgressing),
            State::DownloadComplete => {
                self.enter(State::ReadyToUpdate);
                self.end(ResultCode::SUCCESS);
            }
            State::UpdateProgressing if !self.checked => self.enter(State::UpdateProgressing),
            _ => return Err(Error::Misuse("no package was to be verified")),
        }
        self.checked = true;
        Ok(())
    }

    pub(super) fn failed(&mut self, code: ResultCode) -> Result<(), Error> {
        if code.is_success() {
            return Err(Error::Misuse("a failure with the code of a success"));
        }
        match self.state {
            State::DownloadProgressing | State::DownloadComplete => {
                self.drop_package();
                self.enter(State::DownloadFailed);
                self.end(code);
                Ok(())
            }
            State::UpdateProgressing if self.checked => self.applied(code, Leftover::Package),
            State::UpdateProgressing => {
                self.checked = true;
                self.applied(code, Leftover::Nothing)
            }
            _ => Err(Error::Misuse("nothing is under way")),
        }
    }

    pub(super) fn applied(&mut self, code: ResultCode, left: Leftover) -> Result<(), Error> {
        self.check(State::UpdateProgressing)?;
        if !self.checked {
            return Err(Error::Misuse("the package was not verified"));
        }
        self.enter(match (code.is_success(), left) {
            (true, Leftover::Package) => State::UpdateSuccessfulHaveData,
            (true, Leftover::Nothing) => State::UpdateSuccessfulNoData,
            (false, Leftover::Package) => State::UpdateFailedHaveData,
            (false, Leftover::Nothing) => State::UpdateFailedNoData,
        });
        if left == Leftover::Nothing {
            self.drop_package();
        }
        self.end(code);
        Ok(())
    }

    /// The update that a power cut interrupted had not begun.
    pub(super) fn not_begun(&mut self) -> Result<(), Error> {
        self.check(State::UpdateProgressing)?;
        self.enter(State::UpdateProgressing);
        Ok(())
    }

    pub(super) fn cleaned(&mut self) -> Result<(), Error> {
        let next = self.state.cleaned();
        self.enter(next.ok_or(Error::Misuse("nothing to clean up"))?);
        self.drop_package();
        Ok(())
    }

    /// Who gave the Exec, said by the owner when the session told it.
    pub(super) fn commanded_by(&mut self, server: &ServerId) {
        let running = self.running.as_mut().map(|(_, origin)| origin);
        if let Some(origin) = running.or_else(|| self.reports.unclaimed()) {
            origin.server = Some(server.clone());
        }
    }

    fn end(&mut self, code: ResultCode) {
        if let Some((operation, origin)) = self.running.take() {
            self.reports.push(Finished {
                type_: operation.alert_type().to_owned(),
                source: self.uri.clone(),
                code: code.code(),
                about: None,
                origin,
            });
        }
    }

    fn check(&self, state: State) -> Result<(), Error> {
        if self.state == state {
            Ok(())
        } else {
            Err(Error::Misuse("not the state for this"))
        }
    }
}
