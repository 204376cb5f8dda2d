//! Builds the vendored OpenSSL into a directory of its own.
//!
//! Usage: `openssl-prefix WORK_DIR TARGET_TRIPLE`. The headers and static
//! libraries end up in `WORK_DIR/install`; the caller moves them to their
//! final place (see `xtask/src/openssl.rs`).

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(dir), Some(triple), None) = (args.next(), args.next(), args.next()) else {
        eprintln!("usage: openssl-prefix WORK_DIR TARGET_TRIPLE");
        return ExitCode::from(2);
    };
    let dir = PathBuf::from(dir);
    openssl_src::Build::new()
        .out_dir(&dir)
        .host(&triple)
        .target(&triple)
        .build();
    println!("{}", dir.join("install").display());
    ExitCode::SUCCESS
}
