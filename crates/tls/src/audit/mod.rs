//! What the paper on the security of DM sessions demands, looked for at any
//! server or client (OMA DM session security, sections 9.2 and B; the rows are
//! `vectors/dm-security.toml`).
//!
//! [`Audit::of_server`] makes one connection for each question and judges each
//! [`Row`] by what came back. The probes go past this crate's own profiles: they
//! offer what a profile would refuse, so that a weak peer is described rather than
//! turned away. Nothing secret crosses such a connection but what the caller gave
//! for that: a login.

mod certificate;
mod client;
mod judge;
mod raw;
mod shake;
mod survey;
mod table;
mod target;
mod web;

pub use client::Site;
pub use judge::{Judged, Outcome};
pub use table::{Requirement, Role, Row, rows};
pub use target::{Login, SharedKey, Target};

use crate::Error;

/// An audit's rows, judged, in the order of the tables.
#[derive(Clone, Debug)]
pub struct Audit {
    /// The rows.
    pub rows: Vec<Judged>,
}

impl Audit {
    /// Audits a server. `now` is the time in seconds since 1970, by which its
    /// certificates are in date or not.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Timeout`] when the server can't be reached, at
    /// first or later; [`Error::ConfigurationWrong`] for a target that can't be
    /// used; [`Error::LibraryFailed`]. What the server does wrong is no error.
    pub async fn of_server(target: &Target, now: i64) -> Result<Self, Error> {
        let rows = rows()?;
        let rows = rows.into_iter().filter(|row| row.role.is_server());
        let rows: Vec<Row> = rows.collect();
        let seen = survey::of_server(target, &rows, now).await?;
        let judged = rows.into_iter().map(|row| judge::judge(row, &seen));
        Ok(Self {
            rows: judged.collect(),
        })
    }

    /// Audits a client that comes to a site again and again, about a dozen times;
    /// `told` hears what the next connection is for.
    ///
    /// # Errors
    /// [`Error::Timeout`] if no client comes at all; [`Error::Io`];
    /// [`Error::ConfigurationWrong`] and [`Error::LibraryFailed`] for what it can't
    /// be shown. What the client does wrong is no error.
    pub async fn of_client(site: &Site, told: impl FnMut(&str)) -> Result<Self, Error> {
        let rows = rows()?.into_iter().filter(|row| row.role.is_client());
        let rows = client::audit(site, rows.collect(), told).await?;
        Ok(Self { rows })
    }

    /// Whether a mandatory row failed.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        let mut mandatory = self
            .rows
            .iter()
            .filter(|judged| judged.row.requirement == Requirement::Mandatory);
        mandatory.any(|judged| judged.outcome == Outcome::Fail)
    }
}
