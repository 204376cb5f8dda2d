//! The peers in C (`benches/c/aka.c`): built with `cc`, a process of their own,
//! asked by lines. They time themselves, so that the pipe costs nothing.

use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::measure::Rounds;

const SOURCE: &str = include_str!("../../c/aka.c");

/// How the peers make vectors.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mode {
    /// OpenSSL's EVP, the key set once; one vector after the other.
    EvpCached,
    /// The same, sixteen vectors together.
    EvpBatch,
    /// The key set for each vector.
    EvpRekeyed,
    /// libosmogsm's MILENAGE, which takes K with each call.
    Osmogsm,
    /// A plain Keccak-f[1600].
    Tuak,
}

impl Mode {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::EvpCached => "evp-cached",
            Self::EvpBatch => "evp-batch",
            Self::EvpRekeyed => "evp-rekeyed",
            Self::Osmogsm => "osmogsm",
            Self::Tuak => "tuak",
        }
    }
}

/// A running peer; ended when it is dropped.
pub(super) struct Peer {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Peer {
    /// Builds it and starts it.
    pub(super) fn start() -> Result<Self> {
        let place = tempfile::tempdir()?;
        let (source, program) = (place.path().join("aka.c"), place.path().join("aka"));
        fs::write(&source, SOURCE)?;
        let built = Command::new("cc")
            .args(["-O3", "-o"])
            .args([&program, &source])
            .args(["-lcrypto", "-losmogsm", "-losmocore"])
            .output()
            .context("cc can't be started")?;
        ensure!(
            built.status.success(),
            "cc: {}",
            String::from_utf8_lossy(&built.stderr)
        );
        let mut child = Command::new(&program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let to = child.stdin.take().context("no input")?;
        let from = BufReader::new(child.stdout.take().context("no output")?);
        Ok(Self { child, to, from })
    }

    /// One line, and the answer to it.
    fn ask(&mut self, line: &str) -> Result<String> {
        writeln!(self.to, "{line}")?;
        self.to.flush()?;
        let mut answer = String::new();
        self.from.read_line(&mut answer)?;
        ensure!(answer.ends_with('\n'), "the peer ended");
        Ok(answer.trim_end().to_owned())
    }

    /// K and OPc of MILENAGE, K (32 octets) and TOPc of TUAK, in hex.
    pub(super) fn keys(&mut self, milenage: [&str; 2], tuak: [&str; 2]) -> Result<()> {
        let [k, opc] = milenage;
        let [long_k, topc] = tuak;
        let answer = self.ask(&format!("keys {k} {opc} {long_k} {topc}"))?;
        ensure!(answer == "ok", "the peer takes no keys");
        Ok(())
    }

    /// AUTN, XRES, CK and IK for RAND, SQN and AMF, in hex.
    pub(super) fn show(&mut self, mode: Mode, [rand, sqn, amf]: [&str; 3]) -> Result<Vec<String>> {
        let answer = self.ask(&format!("show {} {rand} {sqn} {amf}", mode.name()))?;
        Ok(answer.split(' ').map(str::to_owned).collect())
    }

    /// What so many vectors cost.
    pub(super) fn rounds(&mut self, mode: Mode) -> Rounds<'_> {
        Box::new(move |units| {
            let nanos = self.ask(&format!("time {} {units}", mode.name()))?;
            Ok(Duration::from_nanos(nanos.parse()?))
        })
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
