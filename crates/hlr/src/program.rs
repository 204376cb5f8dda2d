//! A real OsmoHLR of one's own: the program `osmo-hlr` on a loopback address that
//! nobody else uses, with a database in a directory of the caller's. For the demo
//! and for tests. Its ports are fixed (GSUP 4222, control interface 4259).

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use gsup::ipa::GSUP_PORT;
use provisioning::ports::hlr::{HlrError, HlrResult};

use crate::OsmoHlr;
use crate::ctrl::CTRL_PORT;

/// The program.
const PROGRAM: &str = "osmo-hlr";
/// What makes its database; of the same package.
const DATABASE_TOOL: &str = "osmo-hlr-db-tool";
/// What ends a child when its parent is gone; in every Debian (util-linux).
const GUARD: &str = "setpriv";
/// How long it may take to listen.
const STARTING: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(20);
/// Addresses that are tried.
const ADDRESSES: usize = 8;

/// A running `osmo-hlr`. Dropping it ends the process; so does the end of the
/// thread that started it.
pub struct OsmoProgram {
    child: Child,
    address: Ipv4Addr,
    database: PathBuf,
}

impl OsmoProgram {
    /// Whether the program is installed.
    #[must_use]
    pub fn is_installed() -> bool {
        let mut version = Command::new(PROGRAM);
        version.arg("--version").stdout(Stdio::null());
        version.stderr(Stdio::null()).status().is_ok()
    }

    /// Starts it with `hlr.db`, its configuration and its log in `dir`, and returns
    /// when it listens. A database that is there is gone on with. Blocks.
    ///
    /// # Errors
    /// [`HlrError::Unreachable`] where it is not installed or does not start.
    pub fn start(dir: &Path) -> HlrResult<Self> {
        if !Self::is_installed() {
            let text = format!("{PROGRAM} is not installed (Debian's package osmo-hlr)");
            return Err(HlrError::Unreachable(text));
        }
        let dir = std::path::absolute(dir).map_err(|error| failed(&error))?;
        database(&dir).map_err(|error| failed(&error))?;
        let mut last = HlrError::Unreachable("no address".to_owned());
        for _ in 0..ADDRESSES {
            let address = next_address();
            if !is_free(address) {
                continue;
            }
            let child = spawn(&dir, address).map_err(|error| failed(&error))?;
            let mut program = Self {
                child,
                address,
                database: dir.join("hlr.db"),
            };
            match program.wait() {
                Ok(()) => return Ok(program),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Where it takes GSUP.
    #[must_use]
    pub fn gsup(&self) -> SocketAddr {
        SocketAddr::new(self.address.into(), GSUP_PORT)
    }

    /// Where its control interface is.
    #[must_use]
    pub fn ctrl(&self) -> SocketAddr {
        OsmoHlr::ctrl_at(IpAddr::V4(self.address))
    }

    /// Its database.
    #[must_use]
    pub fn database(&self) -> &Path {
        &self.database
    }

    /// A connector to it.
    ///
    /// # Errors
    /// None for what this starts.
    pub fn connector(&self) -> HlrResult<OsmoHlr> {
        OsmoHlr::new(self.ctrl(), &self.database)
    }

    fn wait(&mut self) -> HlrResult<()> {
        let began = Instant::now();
        while began.elapsed() < STARTING {
            if let Ok(Some(status)) = self.child.try_wait() {
                let text = format!("{PROGRAM} on {} ended with {status}", self.address);
                return Err(HlrError::Unreachable(text));
            }
            let listens = |at: SocketAddr| TcpStream::connect_timeout(&at, STARTING).is_ok();
            if listens(self.ctrl()) && listens(self.gsup()) {
                return Ok(());
            }
            sleep(LOOK);
        }
        Err(HlrError::Unreachable(format!("{PROGRAM} does not listen")))
    }
}

impl Drop for OsmoProgram {
    fn drop(&mut self) {
        // One that has ended by itself is only waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn failed(error: &std::io::Error) -> HlrError {
    HlrError::Unreachable(format!("{PROGRAM}: {error}"))
}

/// Numbers from the process id and a counter, so that programs beside each other
/// have their own.
fn next_address() -> Ipv4Addr {
    static STARTED: AtomicU32 = AtomicU32::new(0);
    let count = STARTED.fetch_add(1, Ordering::Relaxed);
    let drawn = (std::process::id() << 3).wrapping_add(count);
    let [_, a, b, c] = drawn.to_be_bytes();
    // Never the addresses that people use by hand.
    Ipv4Addr::new(127, a | 0x10, b, c)
}

/// Whether nobody listens there: an answer must not be another program's.
fn is_free(address: Ipv4Addr) -> bool {
    let ports = [GSUP_PORT, CTRL_PORT];
    let bound: Result<Vec<_>, _> = ports
        .iter()
        .map(|port| TcpListener::bind((address, *port)))
        .collect();
    bound.is_ok()
}

/// A database that is the owner's alone, if there is none: it is to have keys. Made
/// whole under another name first, since the program does not go on with one that it
/// was killed in the middle of making.
fn database(dir: &Path) -> std::io::Result<()> {
    let (path, partial) = (dir.join("hlr.db"), dir.join("hlr.db.partial"));
    if path.exists() {
        return Ok(());
    }
    match fs::remove_file(&partial) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut private = OpenOptions::new();
    private.write(true).create_new(true).mode(0o600);
    private.open(&partial)?;
    let made = Command::new(DATABASE_TOOL)
        .args(["-e", "5", "-l"])
        .arg(&partial)
        .arg("create")
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()?;
    if !made.status.success() {
        let text = format!("{DATABASE_TOOL} ended with {}", made.status);
        return Err(std::io::Error::other(text));
    }
    fs::rename(&partial, &path)
}

/// Errors alone are logged: finer levels print K.
fn configuration(address: Ipv4Addr) -> String {
    format!(
        "log stderr\n logging level set-all error\nline vty\n no login\n bind {address}\n\
         ctrl\n bind {address}\nhlr\n gsup\n  bind ip {address}\n"
    )
}

fn spawn(dir: &Path, address: Ipv4Addr) -> std::io::Result<Child> {
    let config = dir.join("osmo-hlr.cfg");
    fs::write(&config, configuration(address))?;
    let log = File::create(dir.join("osmo-hlr.log"))?;
    let run = |mut command: Command| {
        command
            .arg("-c")
            .arg(&config)
            .arg("-l")
            .arg(dir.join("hlr.db"))
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log.try_clone()?)
            .spawn()
    };
    let mut guarded = Command::new(GUARD);
    guarded.args(["--pdeathsig", "KILL", PROGRAM]);
    match run(guarded) {
        Err(error) if error.kind() == ErrorKind::NotFound => run(Command::new(PROGRAM)),
        other => other,
    }
}
