//! What the owner's news make of a job and of the lists (OMA SCOMO 1.0, Status
//! and State).

use super::inventory::{Delivered, IDLE, check_room, delivered, deployed, download};
use super::machine::{Machine, Stage};
use super::{Component, Leftover, Operation, ResultCode, Target};
use crate::Error;
use crate::tree::NodeUri;

impl Machine {
    pub(super) fn progress(&mut self, target: &Target, octets: u64) -> Result<(), Error> {
        self.job(target, Stage::Fetching)?.offset = octets;
        Ok(())
    }

    pub(super) fn downloaded(&mut self, target: &Target) -> Result<(), Error> {
        self.job(target, Stage::Fetching)?.enter(Stage::Checking);
        Ok(())
    }

    /// The package is genuine: it stands in Delivered from here on.
    pub(super) fn verified(&mut self, target: &Target) -> Result<(), Error> {
        let operation = self.job(target, Stage::Checking)?.operation;
        let name = target.name();
        check_room(&self.inventory.delivered, name)?;
        let id = self.inventory.wanted_id(name);
        let downloads = &mut self.inventory.downloads;
        let package = downloads.get_mut(name).ok_or(Error::NotFound)?;
        let installs = operation == Operation::DownloadInstall;
        package.status = if installs {
            download::INSTALLING
        } else {
            download::COMPLETE
        };
        let fetched = Delivered {
            id,
            name: package.name.clone(),
            installed: false,
            status: IDLE,
        };
        self.inventory.delivered.insert(name.to_owned(), fetched);
        if installs {
            self.job(target, Stage::Checking)?.enter(Stage::Applying);
        } else {
            self.end(target, ResultCode::SUCCESS);
        }
        Ok(())
    }

    pub(super) fn not_begun(&mut self, target: &Target) -> Result<(), Error> {
        self.job(target, Stage::Applying)?.enter(Stage::Applying);
        Ok(())
    }

    /// An installation worked and brought these components.
    pub(super) fn installed(
        &mut self,
        target: &Target,
        components: Vec<Component>,
        left: Leftover,
    ) -> Result<(), Error> {
        let operation = self.job(target, Stage::Applying)?.operation;
        if !matches!(operation, Operation::Install | Operation::DownloadInstall) {
            return Err(Error::Misuse("nothing was to be installed"));
        }
        let mut inventory = self.inventory.clone();
        for component in components {
            NodeUri::ROOT.child(&component.node)?;
            inventory.deploy(component)?;
        }
        let name = target.name();
        if let Some(package) = inventory.delivered.get_mut(name) {
            package.installed = true;
            package.status = IDLE;
        }
        if let Some(package) = inventory.downloads.get_mut(name)
            && operation == Operation::DownloadInstall
        {
            package.status = download::COMPLETE;
        }
        self.inventory = inventory;
        // The report names what is gone after it.
        self.end(target, ResultCode::SUCCESS);
        if left == Leftover::Nothing {
            self.inventory.delivered.remove(name);
        }
        Ok(())
    }

    /// A removal, an activation or a deactivation worked.
    pub(super) fn done(&mut self, target: &Target) -> Result<(), Error> {
        let operation = self.job(target, Stage::Applying)?.operation;
        let name = target.name();
        let active = match operation {
            Operation::RemovePackage | Operation::RemoveComponent => None,
            Operation::Activate => Some(true),
            Operation::Deactivate => Some(false),
            _ => return Err(Error::Misuse("nothing was to be removed or activated")),
        };
        if let (Some(active), Some(entry)) = (active, self.inventory.deployed.get_mut(name)) {
            entry.component.active = active;
            entry.status = IDLE;
        }
        // The report names what is removed after it.
        self.end(target, ResultCode::SUCCESS);
        match (active, target) {
            (None, Target::Package(name)) => drop(self.inventory.delivered.remove(name)),
            (None, Target::Component(name)) => drop(self.inventory.deployed.remove(name)),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn failed(
        &mut self,
        target: &Target,
        code: ResultCode,
        left: Leftover,
    ) -> Result<(), Error> {
        if code.is_success() {
            return Err(Error::Misuse("a failure with the code of a success"));
        }
        let mut jobs = self.jobs.iter();
        let job = jobs.find(|job| job.target() == *target);
        let job = job.ok_or(Error::Misuse("nothing is under way"))?;
        let (operation, applying) = (job.operation, job.stage == Stage::Applying);
        let name = target.name();
        let have_data = left == Leftover::Package;
        if let Some(package) = self.inventory.downloads.get_mut(name)
            && operation.fetches()
        {
            package.status = match (applying, have_data) {
                (false, _) => download::FAILED,
                (true, true) => download::INSTALL_FAILED_HAVE_DATA,
                (true, false) => download::INSTALL_FAILED_NO_DATA,
            };
        }
        self.end(target, code);
        if operation == Operation::DownloadInstall && applying && !have_data {
            self.inventory.delivered.remove(name);
        }
        if let Some(package) = self.inventory.delivered.get_mut(name) {
            match operation {
                Operation::Install if have_data => {
                    package.status = delivered::INSTALL_FAILED_HAVE_DATA;
                }
                Operation::Install => package.status = delivered::INSTALL_FAILED_NO_DATA,
                Operation::RemovePackage => package.status = delivered::REMOVE_FAILED,
                _ => {}
            }
        }
        if let Some(entry) = self.inventory.deployed.get_mut(name) {
            match operation {
                Operation::Activate => entry.status = deployed::ACTIVATE_FAILED,
                Operation::Deactivate => entry.status = deployed::DEACTIVATE_FAILED,
                Operation::RemoveComponent => entry.status = deployed::REMOVE_FAILED,
                _ => {}
            }
        }
        Ok(())
    }
}
