//! The stages of `./x test`, each with its time.

use std::time::Instant;

use anyhow::Result;

use crate::process::{cargo, on_path, run};
use crate::{check, openssl};

/// Checks the house, then runs every test. Arguments go to the test runner.
pub(crate) fn test(args: &[&str]) -> Result<()> {
    if args.is_empty() {
        check::run()?;
    } else {
        openssl::ensure()?;
    }
    timed("tests", || {
        if on_path("cargo-nextest") {
            run(cargo(&["nextest", "run", "--locked", "--workspace"])?.args(args))
        } else {
            run(cargo(&["test", "--locked", "--workspace"])?.args(args))
        }
    })?;
    timed("doc tests", || {
        run(&mut cargo(&[
            "test",
            "--locked",
            "--workspace",
            "--doc",
            "--quiet",
        ])?)
    })
}

/// Runs one stage and prints how long it took.
pub(crate) fn timed(name: &str, stage: impl FnOnce() -> Result<()>) -> Result<()> {
    let start = Instant::now();
    let result = stage();
    let verdict = if result.is_ok() { "done" } else { "FAILED" };
    eprintln!(
        "x: {name}: {verdict} in {:.1} s",
        start.elapsed().as_secs_f64()
    );
    result
}
