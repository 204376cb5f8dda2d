//! Builds the pinned OpenSSL once into the user's cache and points cargo at
//! it, so that no target directory and no profile builds it again.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{cargo, output, root, run};

/// The version in `tools/openssl-prefix/Cargo.toml`.
const VERSION: &str = "300.6.1";

/// What a prefix is built with.
#[derive(Clone, Copy)]
enum Flavour {
    Default,
    /// SSL 3.0, RC4 and 3DES, for the step of `./x test` that needs them.
    Ssl3,
}

impl Flavour {
    const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Ssl3 => "ssl3",
        }
    }

    /// Features of the tool that builds it.
    const fn features(self) -> &'static [&'static str] {
        match self {
            Self::Default => &[],
            Self::Ssl3 => &["--features", "ssl3"],
        }
    }
}

/// Makes sure that the prefix and `.cargo/config.toml` exist. Returns the
/// prefix.
pub(crate) fn ensure() -> Result<PathBuf> {
    let prefix = ensure_prefix(Flavour::Default)?;
    write_config(&prefix)?;
    Ok(prefix)
}

/// Makes sure that the prefix with SSL 3.0 exists, and lets a command build against
/// it.
pub(crate) fn use_ssl3(command: &mut Command) -> Result<()> {
    // What the environment says goes before the config file.
    command
        .env("OPENSSL_NO_VENDOR", "1")
        .env("OPENSSL_STATIC", "1")
        .env("OPENSSL_DIR", ensure_prefix(Flavour::Ssl3)?);
    Ok(())
}

fn ensure_prefix(flavour: Flavour) -> Result<PathBuf> {
    let cache = cache_dir()?;
    fs::create_dir_all(&cache).with_context(|| format!("can't create {}", cache.display()))?;
    let name = format!("openssl-{VERSION}-{}", flavour.name());
    let prefix = cache.join(&name);
    let lock = File::create(cache.join(format!("{name}.lock")))?;
    lock.lock().context("can't lock the OpenSSL cache")?;
    if !prefix.join("lib/libcrypto.a").is_file() {
        build(&cache, &prefix, &name, flavour)?;
    }
    Ok(prefix)
}

/// Where builds and tools live that many checkouts share.
pub(crate) fn cache_dir() -> Result<PathBuf> {
    let base = match std::env::var_os("XDG_CACHE_HOME") {
        Some(dir) if !dir.is_empty() => PathBuf::from(dir),
        _ => match std::env::var_os("HOME") {
            Some(home) if !home.is_empty() => PathBuf::from(home).join(".cache"),
            _ => bail!("neither XDG_CACHE_HOME nor HOME says where the OpenSSL build may live"),
        },
    };
    Ok(base.join("rehome"))
}

fn build(cache: &Path, prefix: &Path, name: &str, flavour: Flavour) -> Result<()> {
    eprintln!(
        "x: building OpenSSL once into {}, about 3 minutes",
        prefix.display()
    );
    let work = cache.join(format!("{name}.building"));
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(&work)?;
    let triple = host_triple()?;
    let log = cache.join(format!("{name}.log"));
    // One for each: they may be built at the same time.
    let target = format!("target/openssl-prefix-{}", flavour.name());
    let mut tool = cargo(&["build", "--quiet", "--locked"])?;
    tool.arg("--manifest-path")
        .arg("tools/openssl-prefix/Cargo.toml");
    tool.args(["--target-dir", &target])
        .args(flavour.features());
    run(&mut tool)?;
    let file = File::create(&log)?;
    let status = Command::new(root()?.join(target).join("debug/openssl-prefix"))
        .arg(&work)
        .arg(&triple)
        // What cargo gives a build script and the crates `cc` and `openssl-src` read.
        .env("OPT_LEVEL", "2")
        .env("HOST", &triple)
        .env("TARGET", &triple)
        .stdout(file.try_clone()?)
        .stderr(file)
        .status()?;
    if !status.success() {
        bail!(
            "OpenSSL did not build (needs make, perl and a C compiler: ./x setup); see {}",
            log.display()
        );
    }
    if prefix.exists() {
        fs::remove_dir_all(prefix)?;
    }
    fs::rename(work.join("install"), prefix)?;
    fs::remove_dir_all(&work)?;
    Ok(())
}

fn host_triple() -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let text = String::from_utf8(output(Command::new(rustc).arg("-vV"))?)?;
    text.lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .context("rustc -vV names no host")
}

/// Plain cargo reads the same settings from the git-ignored config file.
fn write_config(prefix: &Path) -> Result<()> {
    let dir = root()?.join(".cargo");
    let file = dir.join("config.toml");
    let text = format!(
        "# Written by ./x; delete it and plain cargo builds its own OpenSSL.\n\
         [env]\n\
         OPENSSL_NO_VENDOR = \"1\"\n\
         OPENSSL_STATIC = \"1\"\n\
         OPENSSL_DIR = {:?}\n",
        prefix.display().to_string()
    );
    if fs::read_to_string(&file).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::create_dir_all(&dir)?;
    fs::write(&file, text).with_context(|| format!("can't write {}", file.display()))
}
