//! What servers have begun (OMA SCOMO 1.0, primitives): one job for each
//! package or component, what it asks of the owner, and its end.

use super::handle::{Action, Effect};
use super::inventory::{IDLE, Inventory, delivered, deployed, download};
use super::{Operation, ResultCode, Target};
use crate::Error;
use crate::objects::report::{Finished, Origin, Reports};
use crate::tree::{Execution, NodeUri, ServerId};

/// The type of every report.
const OPERATION_COMPLETE: &str = "urn:oma:at:scomo:1.0:OperationComplete";

/// How far a job is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Fetching,
    Checking,
    Applying,
}

#[derive(Clone)]
pub(super) struct Job {
    pub(super) operation: Operation,
    /// The name of the node that it is about.
    pub(super) name: String,
    pub(super) origin: Origin,
    pub(super) stage: Stage,
    /// Octets of the download that the owner has stored.
    pub(super) offset: u64,
    /// The owner has the effect of this stage.
    pub(super) asked: bool,
    /// The stage comes from a snapshot.
    pub(super) restored: bool,
}

impl Job {
    pub(super) fn target(&self) -> Target {
        self.operation.target(&self.name)
    }

    pub(super) fn enter(&mut self, stage: Stage) {
        self.stage = stage;
        self.asked = false;
        self.restored = false;
    }
}

/// The software of a device.
#[derive(Clone)]
pub(super) struct Machine {
    /// The object's own node.
    pub(super) uri: NodeUri,
    pub(super) inventory: Inventory,
    pub(super) jobs: Vec<Job>,
    pub(super) reports: Reports,
}

impl Machine {
    pub(super) fn new(uri: NodeUri) -> Self {
        Self {
            uri,
            inventory: Inventory::default(),
            jobs: Vec::new(),
            reports: Reports::default(),
        }
    }

    /// Refuses while something is done to the target.
    pub(super) fn check_rest(&self, target: &Target) -> Result<(), Error> {
        if self.jobs.iter().any(|job| job.target() == *target) {
            return Err(Error::Failed("an operation is under way"));
        }
        Ok(())
    }

    /// An Exec.
    pub(super) fn exec(
        &mut self,
        operation: Operation,
        name: &str,
        call: &Execution,
    ) -> Result<(), Error> {
        self.check_rest(&operation.target(name))?;
        self.reports.check_room(self.jobs.len())?;
        let job = Job {
            operation,
            name: name.to_owned(),
            origin: Origin::of(call)?,
            stage: if operation.fetches() {
                Stage::Fetching
            } else {
                Stage::Applying
            },
            offset: 0,
            asked: false,
            restored: false,
        };
        if let Some(code) = self.begin(operation, name)? {
            self.report(job, code);
        } else {
            self.jobs.push(job);
        }
        Ok(())
    }

    /// Whether it may begin, the Status then, and the result where nothing has
    /// to be done for it.
    fn begin(&mut self, operation: Operation, name: &str) -> Result<Option<ResultCode>, Error> {
        if operation.fetches() {
            let downloads = &mut self.inventory.downloads;
            let package = downloads.get_mut(name).ok_or(Error::NotFound)?;
            let bad = package.url.is_none();
            package.status = if bad {
                download::FAILED
            } else {
                download::PROGRESSING
            };
            return Ok(bad.then_some(ResultCode::DOWNLOAD_FAILED));
        }
        match operation.target(name) {
            Target::Package(name) => self.begin_on_package(operation, &name).map(|()| None),
            Target::Component(name) => self.begin_on_component(operation, &name),
        }
    }

    fn begin_on_package(&mut self, operation: Operation, name: &str) -> Result<(), Error> {
        let packages = &mut self.inventory.delivered;
        let package = packages.get_mut(name).ok_or(Error::NotFound)?;
        if operation == Operation::RemovePackage {
            package.status = delivered::REMOVING;
            return Ok(());
        }
        if package.installed || package.status == delivered::INSTALL_FAILED_NO_DATA {
            return Err(Error::Failed("no package to install"));
        }
        package.status = delivered::INSTALLING;
        Ok(())
    }

    fn begin_on_component(
        &mut self,
        operation: Operation,
        name: &str,
    ) -> Result<Option<ResultCode>, Error> {
        let components = &mut self.inventory.deployed;
        let entry = components.get_mut(name).ok_or(Error::NotFound)?;
        let (status, idle) = match operation {
            Operation::Activate => (deployed::ACTIVATING, entry.component.active),
            Operation::Deactivate => (deployed::DEACTIVATING, !entry.component.active),
            _ => (deployed::REMOVING, false),
        };
        entry.status = if idle { IDLE } else { status };
        Ok(idle.then_some(ResultCode::SUCCESS))
    }

    pub(super) fn packages(&self) -> Vec<String> {
        let coming = self.jobs.iter().filter(|job| job.operation.fetches());
        let coming = coming.map(|job| job.name.clone());
        let here = self.inventory.delivered.keys().cloned();
        here.chain(coming).collect()
    }

    pub(super) fn poll_effect(&mut self) -> Option<Effect> {
        let downloads = &self.inventory.downloads;
        let job = self.jobs.iter_mut().find(|job| !job.asked)?;
        let action = match (job.stage, job.operation) {
            (Stage::Fetching, _) => Action::Download {
                url: downloads.get(&job.name)?.url.clone()?,
                offset: job.offset,
            },
            (Stage::Checking, _) => Action::Verify,
            (Stage::Applying, operation) if job.restored => Action::AskOutcome(operation),
            (_, Operation::Activate) => Action::Activate,
            (_, Operation::Deactivate) => Action::Deactivate,
            (_, Operation::RemovePackage | Operation::RemoveComponent) => Action::Remove,
            _ => Action::Install,
        };
        job.asked = true;
        Some(Effect {
            target: job.target(),
            action,
        })
    }

    /// The job on a target, if it is at one of these stages.
    pub(super) fn job(&mut self, target: &Target, stage: Stage) -> Result<&mut Job, Error> {
        self.jobs
            .iter_mut()
            .find(|job| job.target() == *target && job.stage == stage)
            .ok_or(Error::Misuse("not the stage for this"))
    }

    /// The job on a target is over.
    pub(super) fn end(&mut self, target: &Target, code: ResultCode) {
        let place = self.jobs.iter().position(|job| job.target() == *target);
        if let Some(place) = place {
            let job = self.jobs.remove(place);
            self.report(job, code);
        }
    }

    fn report(&mut self, job: Job, code: ResultCode) {
        let list = job.operation.list().join("/");
        let (name, node) = (&job.name, job.operation.node());
        let source = format!("{}/{list}/{name}/Operations/{node}", self.uri);
        let deployed = self.inventory.deployed.get(name);
        let about = match job.target() {
            Target::Package(name) if job.operation.fetches() => self.inventory.wanted_id(&name),
            Target::Package(name) => self.inventory.fetched_id(&name),
            Target::Component(name) => {
                deployed.map_or(name, |deployed| deployed.component.id.clone())
            }
        };
        self.reports.push(Finished {
            type_: OPERATION_COMPLETE.to_owned(),
            source: source.parse().unwrap_or_else(|_| self.uri.clone()),
            code: code.code(),
            about: Some(about),
            origin: job.origin,
        });
    }

    /// Who gave the Exec at `uri`, said by the owner when the session told it.
    pub(super) fn commanded_by(&mut self, server: &ServerId, uri: &NodeUri) {
        let path = uri.below(&self.uri).unwrap_or_default();
        let [list @ .., name, "Operations", node] = path.as_slice() else {
            return;
        };
        let operation = Operation::of_node(list, node);
        let target = operation.map(|operation| operation.target(name));
        let mut jobs = self.jobs.iter_mut();
        let running = jobs.find(|job| Some(job.target()) == target);
        match running {
            Some(job) => job.origin.server = Some(server.clone()),
            None => {
                if let Some(origin) = self.reports.unclaimed() {
                    origin.server = Some(server.clone());
                }
            }
        }
    }
}
