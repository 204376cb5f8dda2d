//! tlslite-ng of PyPI, the peer of SSL 3.0 in tests (Debian's openssl has none), in
//! an environment of its own beside the OpenSSL builds.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::openssl;
use crate::process::run;

/// With what it needs itself.
const PACKAGES: [&str; 3] = ["tlslite-ng==0.8.2", "ecdsa==0.19.2", "six==1.17.0"];
const NAME: &str = "tlslite-ng-0.8.2";

/// Makes sure that it is there. Returns the Python that has it.
pub(crate) fn ensure() -> Result<PathBuf> {
    let cache = openssl::cache_dir()?;
    fs::create_dir_all(&cache)?;
    let dir = cache.join(NAME);
    let python = dir.join("bin/python");
    let lock = File::create(cache.join(format!("{NAME}.lock")))?;
    lock.lock().context("can't lock the cache")?;
    if !has_it(&python) {
        let venv = ["-m", "venv", "--clear"];
        run(Command::new("python3").args(venv).arg(&dir))?;
        let pip = ["-m", "pip", "install", "--quiet", "--no-deps"];
        let quiet = ["--disable-pip-version-check", "--only-binary=:all:"];
        run(Command::new(&python).args(pip).args(quiet).args(PACKAGES))
            .context("SSL 3.0 is tested with tlslite-ng of PyPI")?;
    }
    Ok(python)
}

fn has_it(python: &Path) -> bool {
    let asked = Command::new(python).args(["-c", "import tlslite"]).output();
    asked.is_ok_and(|output| output.status.success())
}
