//! `rehome demo`: a whole operator change for many devices in one process, with
//! real sockets, keys and stores (TR 33.812 B.2; ARCHITECTURE.md has the steps).
//! A supplier with its PVA, a registration operator, one or two next home
//! operators and a visited network talk over loopback; the devices are the same
//! agents that run alone.

mod checks;
mod fleet;
mod moves;
mod parties;
mod plan;
mod progress;
mod report;
mod steps;

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use device::Device;
use hlr::OsmoProgram;
use provisioning::StepWatch;
use sim::radio::Coverage;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use checks::CheckLog;
use fleet::{Factory, Owned};
use moves::Owner;
use parties::{Parties, private_dir};
pub(crate) use plan::{Arguments, KeyChoice};
use plan::{HlrChoice, Plan};
pub(crate) use progress::Progress;
use report::Report;
use steps::StepLog;

use crate::radio::{RadioBearer, station};

/// Devices that are made at one time.
const MAKING: usize = 4;
/// Without any move that comes to its end for so long, the demo gives up.
const PATIENCE: Duration = Duration::from_secs(120);
/// Files and sockets that the parties of one device need, generously.
const FILES_OF_ONE: u64 = 24;

/// Runs a demo. The exit status is 0 if and only if all went as planned.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let began = Instant::now();
    let place = Place::new(arguments)?;
    let plan = Plan::settle(arguments, place.path())?;
    allow_files(&plan)?;
    if plan.hlr == HlrChoice::Osmo && !OsmoProgram::is_installed() {
        bail!("--hlr osmo runs the program osmo-hlr, of Debian's package osmo-hlr: install it");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let progress = Arc::new(Progress::new(arguments.json));
    let report = runtime.block_on(perform(place.path(), &plan, &progress, began))?;
    progress.clear();
    if arguments.json {
        println!("{}", report.json());
    } else {
        report.print();
    }
    if arguments.keep {
        eprintln!("kept in {}", place.path().display());
    }
    place.leave(arguments.keep || arguments.data.is_some())?;
    Ok(if report.is_good() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn perform(
    dir: &Path,
    plan: &Plan,
    progress: &Arc<Progress>,
    began: Instant,
) -> Result<Report> {
    let steps = Arc::new(StepLog::open(dir)?);
    let steps_watch: Arc<dyn StepWatch> = steps.clone();
    let checks = Arc::new(CheckLog::open(dir)?);
    let parties = Parties::start(dir, plan, &steps_watch).await?;
    let devices = make_all(dir, plan, &parties, &steps_watch, progress).await?;
    let coverage = Coverage::default();
    let owner = Arc::new(Owner {
        operators: parties
            .operators
            .iter()
            .map(|node| node.operator().clone())
            .collect(),
        without_cell: plan.no_coverage,
        coverage: coverage.clone(),
        progress: Arc::clone(progress),
    });
    owner.deny_known(&devices).await?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let radio = station(listener, parties.vno.vno().clone(), coverage)?;
    let (stop, stopped) = watch::channel(false);
    let mut running = JoinSet::new();
    for device in &devices {
        let agent = Device::open(device.config(&parties.hosts, plan, &checks)?)
            .with_context(|| device.dir.display().to_string())?;
        let (watch, stopped) = (Arc::clone(&steps_watch), stopped.clone());
        let bearer = RadioBearer::new(radio.address());
        running.spawn(agent.run(bearer, watch, stopped));
    }
    progress.part("moving", plan.moves());
    move_all(&owner, devices, progress).await?;
    // What is still on its way, the answer to a last report for example, may
    // come to its end.
    let _ = stop.send(true);
    while let Some(ended) = running.join_next().await {
        ended.context("a device")?.context("a device")?;
    }
    let elapsed_s = began.elapsed().as_secs_f64();
    let report = Report::collect(&parties, plan, &steps, &checks, elapsed_s).await?;
    radio.shutdown().await;
    parties.shutdown().await;
    Ok(report)
}

async fn make_all(
    dir: &Path,
    plan: &Plan,
    parties: &Parties,
    watch: &Arc<dyn StepWatch>,
    progress: &Progress,
) -> Result<Vec<Owned>> {
    progress.part("making devices", plan.devices);
    let [home, ..] = parties.operators.as_slice() else {
        bail!("there is no registration operator");
    };
    let factory = Factory {
        supplier: Arc::clone(&parties.supplier),
        records: Arc::clone(&parties.records),
        home: home.operator().clone(),
        kind: plan.key.kind(),
        watch: Arc::clone(watch),
    };
    let slots = Arc::new(Semaphore::new(MAKING));
    let mut making = JoinSet::new();
    for number in 0..plan.devices {
        let (factory, slots, dir) = (factory.clone(), Arc::clone(&slots), dir.to_owned());
        making.spawn(async move {
            let _slot = slots.acquire().await?;
            factory.device(&dir, number).await
        });
    }
    let mut devices = Vec::new();
    while let Some(made) = making.join_next().await {
        devices.push(made??);
        progress.made();
    }
    devices.sort_unstable_by_key(|device| device.number);
    Ok(devices)
}

/// Returns when every move is over, or when none comes to its end any more.
async fn move_all(owner: &Arc<Owner>, devices: Vec<Owned>, progress: &Progress) -> Result<()> {
    let mut moving = JoinSet::new();
    for device in devices {
        let owner = Arc::clone(owner);
        moving.spawn(async move { owner.run(&device).await });
    }
    let (mut ended, mut since) = (0, Instant::now());
    loop {
        tokio::select! {
            one = moving.join_next() => match one {
                Some(done) => done??,
                None => return Ok(()),
            },
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
        if progress.ended() != ended {
            (ended, since) = (progress.ended(), Instant::now());
        }
        if since.elapsed() > PATIENCE {
            moving.shutdown().await;
            return Ok(());
        }
    }
}

/// Every party and device has files and sockets of its own in this process.
fn allow_files(plan: &Plan) -> Result<()> {
    let wanted = 512 + FILES_OF_ONE * u64::from(plan.devices);
    let allowed = rlimit::increase_nofile_limit(wanted).context("the limit of open files")?;
    if allowed < wanted {
        bail!(
            "{} devices want {wanted} open files and the system allows {allowed}: \
             raise `ulimit -n`, or ask for fewer devices",
            plan.devices
        );
    }
    Ok(())
}

/// Where a demo keeps its data.
enum Place {
    Given(PathBuf),
    Temporary(tempfile::TempDir),
}

impl Place {
    fn new(arguments: &Arguments) -> Result<Self> {
        match &arguments.data {
            Some(dir) => {
                private_dir(dir)?;
                Ok(Self::Given(std::path::absolute(dir)?))
            }
            None => Ok(Self::Temporary(
                tempfile::Builder::new().prefix("rehome-demo-").tempdir()?,
            )),
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Given(path) => path,
            Self::Temporary(dir) => dir.path(),
        }
    }

    fn leave(self, keep: bool) -> Result<()> {
        match self {
            Self::Temporary(dir) if keep => {
                let _ = dir.keep();
            }
            Self::Temporary(dir) => dir.close()?,
            Self::Given(_) => {}
        }
        Ok(())
    }
}
