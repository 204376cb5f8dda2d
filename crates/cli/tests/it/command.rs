//! Running the built binary.

use std::process::Command;

pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `rehome` with these arguments.
pub(crate) fn rehome(arguments: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_rehome"))
        .args(arguments)
        .env_remove("RUST_BACKTRACE")
        .output()
        .unwrap();
    Ran {
        status: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
