//! What the owner's news make of a job and of the lists (OMA SCOMO 1.0, Status
//! and State).

use super::inventory::{Delivered, IDLE, Inventory, check_room, delivered, deployed, download};
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
        self.end(target, code);
        let name = target.name();
        let have_data = left == Leftover::Package;
        if operation == Operation::DownloadInstall && applying && !have_data {
            self.inventory.delivered.remove(name);
        }
        self.inventory
            .fail(operation, name, applying.then_some(have_data));
        Ok(())
    }
}

impl Inventory {
    /// The Status after a failure; `applied` tells whether the package is still
    /// here, once there was one.
    fn fail(&mut self, operation: Operation, name: &str, applied: Option<bool>) {
        let wanted = self.downloads.get_mut(name);
        let wanted = wanted.map(|package| &mut package.status);
        let fetched = self.delivered.get_mut(name);
        let fetched = fetched.map(|package| &mut package.status);
        let part = self.deployed.get_mut(name);
        let part = part.map(|entry| &mut entry.status);
        let (status, failed) = match operation {
            Operation::Download | Operation::DownloadInstall => match applied {
                None => (wanted, download::FAILED),
                Some(true) => (wanted, download::INSTALL_FAILED_HAVE_DATA),
                Some(false) => (wanted, download::INSTALL_FAILED_NO_DATA),
            },
            Operation::Install if applied == Some(true) => {
                (fetched, delivered::INSTALL_FAILED_HAVE_DATA)
            }
            Operation::Install => (fetched, delivered::INSTALL_FAILED_NO_DATA),
            Operation::RemovePackage => (fetched, delivered::REMOVE_FAILED),
            Operation::Activate => (part, deployed::ACTIVATE_FAILED),
            Operation::Deactivate => (part, deployed::DEACTIVATE_FAILED),
            Operation::RemoveComponent => (part, deployed::REMOVE_FAILED),
        };
        if let Some(status) = status {
            *status = failed;
        }
    }
}
