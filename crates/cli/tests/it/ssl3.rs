//! The program as it is built by default has no SSL 3.0, and says so to whoever
//! configures it (RFC 7568; docs/building.md).

use std::fs;

use crate::command::rehome;

/// A management server's configuration with these lines of `[dm.tls]` is refused;
/// gives standard error.
fn refused(lines: &str) -> String {
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("dm");
    let dir = dir.to_str().unwrap();
    let made = rehome(&["init", "dm", dir, "--uri", "https://dm.rehome.test/dm"]);
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    let config = format!("{dir}/rehome.toml");
    let mut text = fs::read_to_string(&config).unwrap();
    for port in ["8446", "8449"] {
        text = text.replace(&format!(":{port}\""), ":0\"");
    }
    fs::write(&config, format!("{text}\n[dm.tls]\npsk = true\n{lines}")).unwrap();
    let ran = rehome(&["serve", "--config", &config]);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""));
    ran.stderr
}

#[test]
fn a_server_that_is_told_to_have_it_names_the_feature() {
    let said = refused("profile = \"dm\"\nssl3 = true\n");
    assert!(
        said.contains("SSL 3.0 needs a build with the feature `ssl3`"),
        "{said}"
    );
    let said = refused("ssl3 = true\n");
    assert!(
        said.contains("ssl3 = true is for profile = \"dm\" alone"),
        "{said}"
    );
}

/// What the TLS library calls its methods, and by RFC its suites, stands in a
/// program that has not been stripped.
#[test]
fn the_program_has_no_method_of_ssl_3_and_none_of_its_suites() {
    let program = fs::read(env!("CARGO_BIN_EXE_rehome")).unwrap();
    let has = |text: &str| {
        let mut windows = program.windows(text.len());
        windows.any(|window| window == text.as_bytes())
    };
    for there in ["tlsv1_client_method", "TLS_DH_anon_WITH_AES_128_CBC_SHA"] {
        assert!(
            has(there),
            "{there} shows that this looks at the right place"
        );
    }
    for gone in [
        "sslv3_client_method",
        "sslv3_server_method",
        "TLS_RSA_WITH_RC4_128_SHA",
        "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    ] {
        assert!(!has(gone), "{gone}");
    }
}
