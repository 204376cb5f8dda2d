//! Whose results wait to be told (OMA FUMO 1.0 clause 6.2; OMA SCOMO 1.0, generic
//! alerts).

use dm::objects::Report;
use dm::objects::fumo::Fumo;
use dm::objects::scomo::Scomo;
use dm::tree::ServerId;

use super::kept::Kept;
use crate::Error;

/// An object with results.
#[derive(Clone)]
pub(super) enum Reporter {
    Firmware(Fumo),
    Software(Scomo),
}

impl Reporter {
    /// Its oldest result.
    pub(super) fn report(&self) -> Option<Report> {
        match self {
            Self::Firmware(firmware) => firmware.report(),
            Self::Software(software) => software.report(),
        }
    }

    /// Its oldest result, if it is for this server.
    pub(super) fn report_for(&self, server: &ServerId) -> Option<Report> {
        let report = self.report();
        report.filter(|report| report.server.as_ref().is_none_or(|it| it == server))
    }

    /// The oldest result is told, or given up.
    pub(super) fn handle_reported(&self) -> Result<(), Error> {
        match self {
            Self::Firmware(firmware) => firmware.handle_reported()?,
            Self::Software(software) => software.handle_reported()?,
        }
        Ok(())
    }
}

impl Kept {
    /// The objects of the device that have results.
    pub(super) fn reporters(&self) -> Vec<Reporter> {
        let firmware = self.firmware.clone().map(Reporter::Firmware);
        let software = self.software.clone().map(Reporter::Software);
        firmware.into_iter().chain(software).collect()
    }
}
