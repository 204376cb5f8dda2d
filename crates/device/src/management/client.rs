//! A managed device at work: one process at a time on its directory, sessions
//! with the servers of its accounts (OMA DM Protocol 1.2 clause 8), and what
//! they started, done and reported.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dm::client::Timing;
use dm::notification::ResyncNonce;
use dm::objects::dev_detail::DevDetail;
use dm::objects::dm_account::Account;
use dm::objects::fumo;
use dm::session::Encoding;
use dm::tree::{NodeUri, ServerId, Tree};

use super::kept::Kept;
use super::network::Network;
use super::setup::DEV_DETAIL;
use super::{Config, DownloadLimits, Initiation, SessionReport, SoftwareHook, UpdateHook};
use crate::{Error, management_tls};

/// How often in a row a report may lead to more work.
const MOST_TURNS: usize = 32;

/// Else whoever can write the configuration would take the place of the store.
const TWO_PLACES: Error =
    Error::Management("authorities of servers are in the store and in the configuration");

/// A managed device's client.
///
/// Its calls need the multi-thread runtime, since storing blocks. Dropping one
/// of their futures is a power failure, and so is [`Error::Store`] or
/// [`Error::File`]: the client is to be opened anew.
pub struct Client {
    pub(super) kept: Kept,
    pub(super) network: Network,
    pub(super) encoding: Encoding,
    pub(super) timing: Timing,
    pub(super) max_object: Option<usize>,
    pub(super) resync: Option<ResyncNonce>,
    pub(super) session_time: Duration,
    pub(super) limits: DownloadLimits,
    pub(super) hook: Option<Arc<dyn UpdateHook>>,
    pub(super) software_hook: Option<Arc<dyn SoftwareHook>>,
    /// The file with the firmware package.
    pub(super) package: PathBuf,
    /// The directory with the packages of software.
    pub(super) packages: PathBuf,
    _lock: File,
}

/// The sessions of a [`Client::round`].
#[derive(Default)]
pub struct Round {
    /// Account and what came of the session, in order.
    pub sessions: Vec<(NodeUri, Result<SessionReport, Error>)>,
}

impl Client {
    /// Opens the device in `dir`. Blocks.
    ///
    /// # Errors
    /// [`Error::Management`] if the device is not set up, or another process
    /// works on it, or if authorities are in the store and in the configuration;
    /// [`Error::Store`], [`Error::File`], [`Error::Dm`].
    pub fn open(dir: &Path, config: Config) -> Result<Self, Error> {
        let lock = lock(dir)?;
        let mut kept = Kept::open(dir, &config.key, config.objects, config.max_object)?;
        let large = config.max_object.is_some();
        DevDetail::write_large_objects(&mut kept.tree, &DEV_DETAIL.parse()?, large)?;
        kept.save()?;
        let tls = match (kept.authorities(), config.tls) {
            (None, tls) => tls,
            (Some(pem), None) => {
                let (profile, hosts) = (config.profile.clone(), config.hosts.clone());
                Some(management_tls(pem, profile, config.validation, hosts)?)
            }
            (Some(_), Some(_)) => return Err(TWO_PLACES),
        };
        Ok(Self {
            kept,
            network: Network {
                tls,
                profile: config.profile,
                hosts: config.hosts,
                allow_http: config.allow_http,
            },
            encoding: config.encoding,
            timing: config.timing,
            max_object: config.max_object,
            resync: config.resync,
            session_time: config.session_time,
            limits: config.download,
            hook: config.hook,
            software_hook: config.software,
            package: dir.join("package"),
            packages: dir.join("packages"),
            _lock: lock,
        })
    }

    /// The management tree.
    #[must_use]
    pub fn tree(&self) -> &Tree {
        &self.kept.tree
    }

    /// Where the firmware update stands; nothing without a firmware object.
    #[must_use]
    pub fn firmware(&self) -> Option<fumo::State> {
        self.kept.firmware.as_ref().map(fumo::Fumo::state)
    }

    /// Whether a result waits to be reported.
    #[must_use]
    pub fn has_report(&self) -> bool {
        let reporters = self.kept.reporters();
        reporters.iter().any(|it| it.report().is_some())
    }

    /// The accounts that sessions can be held with.
    #[must_use]
    pub fn accounts(&self) -> Vec<(NodeUri, ServerId)> {
        let parent = "./DMAcc".parse().ok();
        Account::all(&self.kept.tree)
            .into_iter()
            .filter(|(at, _)| at.parent() == parent)
            .filter_map(|(at, account)| Some((at, account.ok()?.server_id)))
            .collect()
    }

    /// Changes the tree on the device's own behalf, and stores it.
    ///
    /// # Errors
    /// Those of `change`, which may have changed a part then; [`Error::Store`].
    pub fn change(
        &mut self,
        change: impl FnOnce(&mut Tree) -> Result<(), dm::Error>,
    ) -> Result<(), Error> {
        let changed = change(&mut self.kept.tree);
        self.kept.save()?;
        Ok(changed?)
    }

    /// Does and reports what an earlier run left, holds a session with the
    /// server of each account, and does and reports what came of those.
    ///
    /// # Errors
    /// Failures of the device itself; those of sessions are in the [`Round`].
    pub async fn round(&mut self) -> Result<Round, Error> {
        let mut round = Round::default();
        self.settle(&mut round).await?;
        for (at, _) in self.accounts() {
            let held = self.session(&at, Initiation::Client).await;
            round.take(at, held)?;
        }
        self.settle(&mut round).await?;
        Ok(round)
    }

    /// Does what servers have started. Returns when nothing is left to be done,
    /// or when the rest waits for a restart ([`Outcome::Later`](super::Outcome),
    /// [`SoftwareOutcome::Later`](super::SoftwareOutcome)).
    ///
    /// # Errors
    /// Failures of the device itself: [`Error::Store`], [`Error::File`].
    pub async fn work(&mut self) -> Result<(), Error> {
        self.work_on_firmware().await?;
        self.work_on_software().await
    }

    /// Does what is to be done and reports it, as often as a server's answer
    /// to a report starts something new.
    ///
    /// # Errors
    /// As [`round`](Self::round).
    pub async fn settle(&mut self, round: &mut Round) -> Result<(), Error> {
        for _ in 0..MOST_TURNS {
            self.work().await?;
            let Some(at) = self.report_due()? else {
                return Ok(());
            };
            let held = self.session(&at, Initiation::Client).await;
            let reported = held.as_ref().is_ok_and(|report| report.reported);
            round.take(at, held)?;
            if !reported {
                return self.work().await;
            }
        }
        Ok(())
    }

    /// The account whose server is to hear of a result. A result for a server
    /// whose account is gone is given up: there is nobody to tell it to.
    fn report_due(&mut self) -> Result<Option<NodeUri>, Error> {
        let accounts = self.accounts();
        for reporter in self.kept.reporters() {
            while reporter.report().is_some() {
                let fits = |server: &ServerId| reporter.report_for(server).is_some();
                if let Some((at, _)) = accounts.iter().find(|(_, server)| fits(server)) {
                    return Ok(Some(at.clone()));
                }
                tracing::warn!("a result is for a server that has no account any more");
                reporter.handle_reported()?;
                self.kept.save()?;
            }
        }
        Ok(None)
    }
}

impl Round {
    /// Takes note of a session, or ends if it was the device itself that failed.
    pub(super) fn take(
        &mut self,
        at: NodeUri,
        held: Result<SessionReport, Error>,
    ) -> Result<(), Error> {
        match held {
            Err(error @ (Error::Store(_) | Error::File { .. })) => Err(error),
            held => {
                self.sessions.push((at, held));
                Ok(())
            }
        }
    }

    /// Whether every session came to its regular end.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.sessions
            .iter()
            .all(|(_, held)| held.as_ref().is_ok_and(SessionReport::is_finished))
    }
}

fn lock(dir: &Path) -> Result<File, Error> {
    let path = dir.join("lock");
    let failed = Error::file(&path);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path);
    let file = file.map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Error::Management("another process works on this device"))
        }
        Err(TryLockError::Error(error)) => Err(Error::file(&path)(error)),
    }
}
