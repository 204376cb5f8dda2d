//! Both HLRs with the same subscribers, on the same disk, each with the library before
//! it that counts syncs.

use std::ffi::OsStr;
use std::fs;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hlr::OsmoProgram;
use provisioning::hlr::Subscriber;
use provisioning::payload::{MilenageKeys, SubscriberKeys};
use provisioning::ports::hlr::settle;
use secret::Secret;
use tempfile::TempDir;
use tokens::os::{self, OsRandom};
use tokens::{OperatorKeyDir, OperatorPlan, Protection};
use tokio::runtime::Builder;
use tre::KeyKind;
use trust::issue::Validity;

use crate::process::Server;
use crate::report;

/// How many subscribers there are.
pub(super) const SUBSCRIBERS: u32 = 200;
const DAY: Duration = Duration::from_secs(86_400);
/// What counts syncs.
const SOURCE: &str = include_str!("../../c/syncs.c");
const LIBRARY: &str = "LD_PRELOAD";
const COUNT: &str = "REHOME_BENCH_SYNCS";

pub(super) struct Place {
    dir: TempDir,
}

/// A running HLR and the file with its count.
pub(super) struct Side {
    server: Server,
    count: PathBuf,
}

impl Side {
    pub(super) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// How often it has synced.
    pub(super) fn syncs(&self) -> Result<u64> {
        let octets = fs::read(&self.count)?;
        let octets = octets.first_chunk().context("no count")?;
        Ok(u64::from_ne_bytes(*octets))
    }
}

pub(super) fn imsi(number: u32) -> String {
    format!("00101{number:010}")
}

/// Where an operator's keys are.
pub(super) fn keys_dir(dir: &Path) -> PathBuf {
    dir.join("keys")
}

/// All of them, enabled, each with a K of its own.
pub(super) fn subscribers() -> Result<Vec<Subscriber>> {
    (0..SUBSCRIBERS)
        .map(|number| {
            let mut k = [0x46; 16];
            for (to, from) in k.iter_mut().zip(number.to_be_bytes()) {
                *to = from;
            }
            let keys = SubscriberKeys::Milenage(MilenageKeys {
                k: Secret::new(k),
                opc: Secret::new([0xcd; 16]),
                constants: None,
            });
            let mut subscriber = Subscriber::new(imsi(number).parse()?, keys);
            subscriber.set_enabled(true);
            Ok(subscriber)
        })
        .collect()
}

impl Place {
    pub(super) fn new() -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let now = os::now();
        let plan = OperatorPlan {
            sho_id: "001-01".parse()?,
            dpf_names: vec!["dpf.rehome.test".to_owned()],
            peer_names: vec!["peer.rehome.test".to_owned()],
            ocsp_url: None,
            validity: Validity::new(now.minus(DAY), now.plus(30 * DAY))?,
            kind: KeyKind::EcP256,
        };
        OperatorKeyDir::create(
            &keys_dir(dir.path()),
            &plan,
            Protection::Plain,
            &mut OsRandom,
        )?;
        let place = Self { dir };
        let source = place.at("syncs.c");
        fs::write(&source, SOURCE)?;
        let built = Command::new("cc")
            .args(["-O2", "-shared", "-fPIC", "-o"])
            .args([&place.at("syncs.so"), &source])
            .output()
            .context("cc can't be started")?;
        let said = String::from_utf8_lossy(&built.stderr);
        ensure!(built.status.success(), "cc: {said}");
        Ok(place)
    }

    #[cfg(test)]
    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(super) fn ours(&self) -> Result<Side> {
        self.side("--serve-hlr", self.dir.path(), "ours.count")
    }

    pub(super) fn osmo(&self) -> Result<Side> {
        let dir = self.at("osmo");
        fs::create_dir(&dir)?;
        self.side("--serve-osmo", &dir, "osmo.count")
    }

    fn side(&self, verb: &str, dir: &Path, count: &str) -> Result<Side> {
        let count = self.at(count);
        fs::write(&count, 0_u64.to_ne_bytes())?;
        let library = self.at("syncs.so");
        let server = Server::ours_under(
            [OsStr::new(verb), dir.as_os_str()],
            [(LIBRARY, library.as_os_str()), (COUNT, count.as_os_str())],
        )?;
        let side = Side { server, count };
        // Each has stored its subscribers by now.
        ensure!(side.syncs()? > 0, "syncs are not counted");
        Ok(side)
    }
}

/// `bench --serve-osmo DIR`: `osmo-hlr` with the subscribers; says where it listens,
/// and ends it with its standard input.
pub(crate) fn serve_osmo(dir: &str) -> Result<()> {
    let osmo = OsmoProgram::start(Path::new(dir))?;
    let connector = osmo.connector()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        for subscriber in subscribers()? {
            settle(&connector, subscriber.imsi(), Some(&subscriber)).await?;
        }
        anyhow::Ok(())
    })?;
    report::say(&osmo.gsup().to_string());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
