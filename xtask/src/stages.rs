//! The stages of `./x test`, each with its time.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::Result;

use crate::process::{cargo, on_path, root, run};
use crate::{check, openssl, setup, tlslite};

/// The one set of features with which everything is built, so that clippy, tests
/// and the demo share their work.
pub(crate) const FEATURES: [&str; 2] = ["--features", "rehome/crash-points"];

/// Builds and runs the demo; arguments go to `rehome demo`.
pub(crate) fn demo(args: &[&str]) -> Result<()> {
    if !root()?.join("target/debug/rehome").exists() {
        eprintln!("x: building, about ten minutes the first time on two processors");
    }
    setup::need(&setup::BUILD)?;
    openssl::ensure()?;
    let build = ["build", "--locked", "--quiet", "--package", "rehome"];
    run(cargo(&build)?.args(["--features", "crash-points"]))?;
    run(Command::new(target()?.join("debug/rehome"))
        .arg("demo")
        .args(args))
}

/// Checks the house, then runs every test. Arguments go to the test runner.
pub(crate) fn test(args: &[&str]) -> Result<()> {
    setup::need(&setup::PROGRAMS)?;
    if args.is_empty() {
        check::run()?;
    } else {
        openssl::ensure()?;
    }
    timed("tests", || {
        if on_path("cargo-nextest") {
            let nextest = ["nextest", "run", "--locked", "--workspace"];
            run(cargo(&nextest)?.args(FEATURES).args(args))
        } else {
            let test = ["test", "--locked", "--workspace"];
            run(cargo(&test)?.args(FEATURES).args(args))
        }
    })?;
    timed("doc tests", || {
        let doc = ["test", "--locked", "--workspace", "--doc", "--quiet"];
        run(cargo(&doc)?.args(FEATURES))
    })?;
    if args.is_empty() {
        ssl3(&[])?;
        readme()?;
    }
    Ok(())
}

/// The tests of crate `tls` with the feature `ssl3`, against an OpenSSL of its own.
/// Arguments go to the test runner.
pub(crate) fn ssl3(args: &[&str]) -> Result<()> {
    setup::need(&[setup::PROGRAMS.as_slice(), &setup::SSL3].concat())?;
    timed("tests with the feature ssl3", || {
        run(with_ssl3(&mut runner()?)?.args(args))
    })
}

/// Writes the page of the audit of our own server and client.
pub(crate) fn conformance() -> Result<()> {
    setup::need(&[setup::PROGRAMS.as_slice(), &setup::SSL3].concat())?;
    openssl::ensure()?;
    let write = |command: &mut Command| {
        let page = command.arg("audit::page").env("REHOME_WRITE_PAGE", "1");
        run(page)
    };
    // Each writes its own parts.
    write(runner()?.args(["--package", "tls"]))?;
    write(with_ssl3(&mut runner()?)?)
}

/// The test runner that is there.
fn runner() -> Result<Command> {
    match on_path("cargo-nextest") {
        true => cargo(&["nextest", "run", "--locked"]),
        false => cargo(&["test", "--locked", "--test", "it"]),
    }
}

/// Lets a runner test crate `tls` with the feature.
fn with_ssl3(command: &mut Command) -> Result<&mut Command> {
    openssl::use_ssl3(command)?;
    let dir = target()?.join("ssl3");
    Ok(command
        .args(["--package", "tls", "--features", "tls/ssl3"])
        .env("REHOME_TLSLITE", tlslite::ensure()?)
        // Anything else that is built would be built twice.
        .env("CARGO_TARGET_DIR", dir))
}

/// Builds the program and runs the README's walk.
pub(crate) fn readme() -> Result<()> {
    openssl::ensure()?;
    let build = ["build", "--locked", "--quiet", "--package", "rehome"];
    run(cargo(&build)?.args(["--features", "crash-points"]))?;
    timed("README walk", crate::readme::run)
}

/// Builds the benches with the libraries that they compare us with, and runs
/// one; arguments go to it, its standard output is the result alone.
pub(crate) fn bench(args: &[&str]) -> Result<()> {
    setup::need(&setup::BENCH)?;
    let build = ["build", "--locked", "--quiet", "--release"];
    run(cargo(&build)?.args(["--package", "benches", "--features", "peers"]))?;
    run(Command::new(target()?.join("release/bench")).args(args))
}

/// Builds the fuzz targets and runs one; arguments go to it.
pub(crate) fn fuzz(args: &[&str]) -> Result<()> {
    let build = ["build", "--locked", "--quiet", "--package", "fuzz"];
    run(&mut cargo(&build)?)?;
    run(Command::new(target()?.join("debug/fuzz")).args(args))
}

/// Where cargo builds.
fn target() -> Result<PathBuf> {
    Ok(std::env::var_os("CARGO_TARGET_DIR").map_or(root()?.join("target"), Into::into))
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
