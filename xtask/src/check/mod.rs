//! `./x check`: what a reviewer would otherwise look for by hand.

mod clauses;
mod conformance;
mod house;
mod layers;
mod licences;
mod workspace;

use anyhow::{Result, bail};

use crate::openssl;
use crate::process::{self, cargo, root};
use crate::stages::{FEATURES, timed};
use workspace::Workspace;

/// Formatting, layers, licences, house rules, then clippy on everything.
pub(crate) fn run_rules() -> Result<()> {
    let workspace = Workspace::read()?;
    let mut faults = layers::faults(&workspace);
    faults.extend(licences::faults(&workspace));
    faults.extend(house::faults(&root()?)?);
    faults.extend(clauses::faults(&root()?)?);
    faults.extend(conformance::faults(&root()?)?);
    for fault in &faults {
        eprintln!("x: {fault}");
    }
    if !faults.is_empty() {
        bail!(
            "{} faults against the rules of the house (ARCHITECTURE.md)",
            faults.len()
        );
    }
    Ok(())
}

/// `./x check`.
pub(crate) fn run() -> Result<()> {
    timed("format", || {
        process::run(&mut cargo(&["fmt", "--all", "--", "--check"])?)
    })?;
    timed("rules", run_rules)?;
    timed("OpenSSL prefix", || openssl::ensure().map(drop))?;
    timed("clippy", || {
        process::run(
            cargo(&[
                "clippy",
                "--locked",
                "--workspace",
                "--all-targets",
                "--quiet",
            ])?
            .args(FEATURES)
            // Clippy links nothing: it needs no C libraries for this.
            .args(["--features", "benches/peers"])
            .args(["--", "-D", "warnings"]),
        )
    })
}
