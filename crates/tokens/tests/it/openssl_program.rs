//! The `openssl` program as judge of what is written in plain form.

use std::path::Path;
use std::process::{Command, Output};

use tokens::{OperatorKeyDir, Protection};

use crate::support::{TestDir, operator_plan, random};

/// Where the program is missing, CI fails and others are told.
fn openssl(arguments: &[&str], dir: &Path) -> Option<Output> {
    match Command::new("openssl")
        .args(arguments)
        .current_dir(dir)
        .output()
    {
        Ok(output) => Some(output),
        Err(error) if std::env::var("CI").as_deref() == Ok("true") => {
            panic!("the openssl program is missing: {error}")
        }
        Err(error) => {
            eprintln!("SKIPPED: the openssl program is missing: {error}");
            None
        }
    }
}

#[test]
fn the_program_reads_plain_keys_and_verifies_the_leaves() {
    let dir = TestDir::new();
    let path = dir.join("operator");
    let plan = operator_plan("001-01");
    OperatorKeyDir::create(&path, &plan, Protection::Plain, &mut random(1)).unwrap();
    for name in [
        "bootstrap",
        "object",
        "peer-document",
        "decision",
        "dpf",
        "peer",
    ] {
        let (key, pem) = (format!("{name}.key"), format!("{name}.pem"));
        let arguments = ["pkey", "-inform", "DER", "-in", &key, "-pubout", "-check"];
        let Some(of_key) = openssl(&arguments, &path) else {
            return;
        };
        assert!(of_key.status.success(), "{of_key:?}");
        let arguments = ["x509", "-in", &pem, "-noout", "-pubkey"];
        let of_leaf = openssl(&arguments, &path).unwrap();
        let text = String::from_utf8(of_leaf.stdout).unwrap();
        assert!(text.starts_with("-----BEGIN PUBLIC KEY-----"), "{text}");
        assert!(String::from_utf8(of_key.stdout).unwrap().contains(&text));
        // 2026-06-01, within the leaves' validity whenever the test runs.
        let arguments = ["verify", "-x509_strict", "-attime", "1780272000"];
        let arguments = [&arguments[..], &["-CAfile", "anchor.pem", &pem]].concat();
        let verified = openssl(&arguments, &path).unwrap();
        assert!(verified.status.success(), "{name}: {verified:?}");
    }
}
