//! Servers that are measured, each a process of its own, and what they cost.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long a server may take to start.
const START: Duration = Duration::from_secs(10);
/// A server that costs nothing for so long has done what it was asked for.
const QUIET: Duration = Duration::from_millis(2);

/// A running server; ended when it is dropped.
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// This very program with these arguments, which says where it listens and
    /// ends with its standard input.
    pub(crate) fn ours<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Result<Self> {
        Self::ours_under(arguments, [])
    }

    /// The same with these variables in its environment.
    pub(crate) fn ours_under<A: AsRef<OsStr>, const N: usize>(
        arguments: impl IntoIterator<Item = A>,
        environment: [(&str, &OsStr); N],
    ) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(arguments)
            .envs(environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let out = child.stdout.take().context("no output")?;
        BufReader::new(out).read_line(&mut line)?;
        let address = line.trim().parse().context("no address")?;
        Ok(Self { child, address })
    }

    /// Another program, which will listen at the address.
    pub(crate) fn begun(command: &mut Command, address: SocketAddr) -> Result<Self> {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("can't be started")?;
        Ok(Self { child, address })
    }

    /// The same, once it listens.
    pub(crate) fn peer(command: &mut Command, address: SocketAddr) -> Result<Self> {
        let mut server = Self::begun(command, address)?;
        let until = Instant::now() + START;
        while TcpStream::connect(address).is_err() {
            if server.child.try_wait()?.is_some() || Instant::now() > until {
                bail!("it does not listen");
            }
            sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Processor time of all its threads, the kernel's work for them included.
    pub(crate) fn cost(&self) -> Result<Duration> {
        let mut nanos = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let text = fs::read_to_string(task?.path().join("schedstat"))?;
            let first = text.split(' ').next().context("an empty schedstat")?;
            nanos += first.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanos))
    }

    /// The same, once it rests: the end of the last connection is its work too.
    pub(crate) fn settled(&self) -> Result<Duration> {
        let mut last = self.cost()?;
        loop {
            sleep(QUIET);
            let now = self.cost()?;
            if now == last {
                return Ok(now);
            }
            last = now;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The word before the others for a program that [`run_alone`] has started.
pub(crate) const ALONE: &str = "--alone";

/// Runs this program with these arguments again, in a network with nothing but a
/// loopback interface of its own. Whether it succeeded.
pub(crate) fn run_alone(arguments: &[String]) -> Result<bool> {
    let status = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "sh", "-c"])
        .args(["ip link set lo up && exec \"$@\"", "sh"])
        .arg(std::env::current_exe()?)
        .arg(ALONE)
        .args(arguments)
        .status()
        .context("unshare can't be started")?;
    Ok(status.success())
}

/// An address that was free a moment ago.
pub(crate) fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
