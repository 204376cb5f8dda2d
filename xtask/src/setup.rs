//! Installs what the build and the tests need: Debian packages, nothing that
//! is not listed here. Never sudo, never a daemon of the system's.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use anyhow::{Result, bail};

use crate::process::{self, on_path};
use crate::tlslite;

/// A program or a library (`….so`) that something needs, the Debian package that brings it, and why.
type Needed = (&'static str, &'static str, &'static str);

/// What the build needs.
pub(crate) const BUILD: [Needed; 3] = [
    ("cc", "gcc", "OpenSSL and SQLite are C"),
    ("make", "make", "OpenSSL's build"),
    ("perl", "perl", "OpenSSL's build"),
];

/// What build and tests need.
pub(crate) const PROGRAMS: [Needed; 15] = [
    ("cc", "gcc", "OpenSSL and SQLite are C"),
    ("make", "make", "OpenSSL's build"),
    ("perl", "perl", "OpenSSL's build"),
    ("openssl", "openssl", "the oracle for CMS and certificates"),
    ("curl", "curl", "an independent HTTP client"),
    (
        "gnutls-cli",
        "gnutls-bin",
        "an independent TLS client and server",
    ),
    (
        "ip",
        "iproute2",
        "a network of its own for gnutls-serv, which would listen everywhere",
    ),
    ("xmlsec1", "xmlsec1", "the oracle for XML signatures"),
    ("xml2wbxml", "libwbxml2-utils", "the oracle for WBXML"),
    ("wbxml2xml", "libwbxml2-utils", "the oracle for WBXML"),
    ("sqlite3", "sqlite3", "reads OsmoHLR's database in tests"),
    (
        "osmo-hlr",
        "osmo-hlr",
        "an HLR of somebody else, started by tests",
    ),
    (
        "libosmo-gsup-client.so",
        "libosmo-gsup-client-dev",
        "a GSUP client of somebody else, run by tests",
    ),
    (
        "libosmogsm.so",
        "libosmocore-dev",
        "what that client is made of",
    ),
    ("tshark", "tshark", "reads our short messages in tests"),
];

/// What the tests of the feature `ssl3` need beside those.
pub(crate) const SSL3: [Needed; 1] =
    [("python3", "python3-venv", "tlslite-ng, the peer of SSL 3.0")];

/// What `./x bench` links and starts.
pub(crate) const BENCH: [Needed; 5] = [
    ("libwbxml2.so", "libwbxml2-dev", "a peer of the benches"),
    ("libexpat.so", "libexpat1-dev", "a peer of the benches"),
    ("nginx", "nginx-light", "a peer of the benches"),
    ("libcrypto.so", "libssl-dev", "a peer of the benches"),
    ("libosmogsm.so", "libosmocore-dev", "a peer of the benches"),
];

/// Installs missing packages when it may, otherwise prints the line to run.
fn install(programs: &[Needed], may_install: bool) -> Result<()> {
    let mut packages: Vec<&str> = Vec::new();
    for (program, package, why) in programs {
        if !is_here(program) {
            eprintln!("x: {program} is missing ({why})");
            packages.push(package);
        }
    }
    packages.dedup();
    if packages.contains(&"gcc") {
        packages.push("libc6-dev");
    }
    if packages.is_empty() {
        return Ok(());
    }
    if !may_install {
        bail!(
            "run as root: apt-get install --no-install-recommends {}",
            packages.join(" ")
        );
    }
    process::run(apt().arg("update"))?;
    let _quiet = NoDaemons::begin()?;
    process::run(
        apt()
            .args(["install", "--yes", "--no-install-recommends"])
            .args(&packages),
    )
}

/// Where Debian asks whether a package may start its daemon, and the answer no
/// (invoke-rc.d(8)).
const POLICY: &str = "/usr/sbin/policy-rc.d";
const NO_DAEMON: &str = "#!/bin/sh\nexit 101\n";

/// While this lives, no package that is installed starts a daemon of its own.
struct NoDaemons {
    ours: bool,
}

impl NoDaemons {
    /// A policy that is there already is somebody's decision, and stays.
    fn begin() -> Result<Self> {
        let ours = !fs::exists(POLICY)?;
        if ours {
            fs::write(POLICY, NO_DAEMON)?;
            fs::set_permissions(POLICY, fs::Permissions::from_mode(0o755))?;
        }
        Ok(Self { ours })
    }
}

impl Drop for NoDaemons {
    fn drop(&mut self) {
        if self.ours && fs::remove_file(POLICY).is_err() {
            eprintln!("x: {POLICY} is left over: remove it, or no daemon will start");
        }
    }
}

/// `./x setup`.
pub(crate) fn run() -> Result<()> {
    need(&[PROGRAMS.as_slice(), &SSL3, &BENCH].concat())?;
    tlslite::ensure()?;
    eprintln!("x: everything is here");
    Ok(())
}

/// Makes sure that these are here, by the same rules as `./x setup`.
pub(crate) fn need(programs: &[Needed]) -> Result<()> {
    install(
        programs,
        is_root() || std::env::var_os("CI").is_some_and(|value| value == "true"),
    )
}

/// Debian's smallest system has a perl without the modules that OpenSSL's build
/// wants, and its python3 makes no environments. Libraries are where the linker looks.
fn is_here(program: &str) -> bool {
    if program.ends_with(".so") {
        return is_linkable(program);
    }
    let modules: &[&str] = match program {
        "perl" => &[
            "-MFindBin",
            "-MIPC::Cmd",
            "-MPod::Usage",
            "-MTime::Piece",
            "-e",
            "1",
        ],
        "python3" => &["-c", "import venv, ensurepip"],
        _ => return on_path(program),
    };
    let has_them = || {
        let ran = Command::new(program).args(modules).output();
        ran.is_ok_and(|output| output.status.success())
    };
    on_path(program) && has_them()
}

/// The compiler answers with a path for a library that it finds, else with the
/// bare name.
fn is_linkable(library: &str) -> bool {
    Command::new("cc")
        .arg(format!("-print-file-name={library}"))
        .output()
        .is_ok_and(|output| output.status.success() && output.stdout.contains(&b'/'))
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command
        .args(["-o", "DPkg::Lock::Timeout=300", "--quiet"])
        .env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout == b"0\n")
}
