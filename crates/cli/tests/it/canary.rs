//! Secrets stay where they belong: a demo with the most talkative log, then K,
//! OPc, OP, the passwords of its DM accounts, and PIK and PCK of its envelopes are
//! looked for in all that it wrote and printed, raw, in hex and in base64.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use provisioning::ports::OperatorStore;
use tokens::os::OsRandom;
use tokens::{FileBackend, NodeKey, Protection};
use tre::{Recipient, envelope};

use crate::verifier::with_operators;

/// Every file below `dir`.
fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

fn has(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    vec![
        secret.to_vec(),
        HEXLOWER.encode(secret).into_bytes(),
        HEXUPPER.encode(secret).into_bytes(),
        BASE64.encode(secret).into_bytes(),
        BASE64_NOPAD.encode(secret).into_bytes(),
        BASE64URL_NOPAD.encode(secret).into_bytes(),
    ]
}

/// What the stores say under their keys, and no one may see without.
fn secrets(dir: &Path) -> Vec<(&'static str, Vec<u8>)> {
    let mut secrets = Vec::new();
    for operator in ["operator-001-01", "operator-001-02"] {
        for (name, file) in [("OP", "op.key"), ("TOP", "top.key")] {
            let path = dir.join(operator).join(file);
            if path.exists() {
                secrets.push((name, fs::read(path).unwrap()));
            }
        }
    }
    with_operators(dir, async |operator, imsis, orders| {
        for imsi in imsis {
            if let Some(known) = operator.subscriber(&imsi).await.unwrap() {
                let keys = known.value.keys();
                secrets.push(("K", keys.k().to_vec()));
                // OPc, or TOPc.
                secrets.push(("OPc", keys.operator().to_vec()));
            }
        }
        for order_id in orders {
            let (order, _) = operator.order(order_id).await.unwrap().unwrap();
            let account = order.value.account();
            for password in [&account.password, &account.server_secret] {
                secrets.push(("password", password.expose().as_bytes().to_vec()));
            }
        }
    });
    secrets
}

/// PIK and PCK of the credentials in this bootstrap, opened with the TRE's key.
fn envelope_keys(device: &Path, container: &[u8]) -> [Vec<u8>; 2] {
    let document = String::from_utf8_lossy(container);
    let (_, rest) = document.split_once("name=\"CRED\" value=\"").unwrap();
    let sealed = BASE64
        .decode(rest.split_once('"').unwrap().0.as_bytes())
        .unwrap();
    let key = NodeKey::load(&device.join("node.key")).unwrap();
    let protection = Protection::Encrypted(&key);
    let mut backend = FileBackend::open(&device.join("tre"), protection, OsRandom).unwrap();
    let pem = fs::read(device.join("tre").join("cert-enc.pem")).unwrap();
    let leaf = openssl::x509::X509::from_pem(&pem)
        .unwrap()
        .to_der()
        .unwrap();
    let recipient = Recipient::from_certificate(&leaf).unwrap();
    let wrapped = envelope::wrapped_key(&sealed).unwrap();
    let keys = envelope::open_message(&mut backend, &recipient, wrapped, &mut OsRandom).unwrap();
    let (pik, pck) = keys.expose().split_at(32);
    assert_eq!(pck.len(), 32);
    [pik.to_vec(), pck.to_vec()]
}

/// The keys of every envelope that a device of the demo was sent.
fn all_envelope_keys(dir: &Path) -> Vec<(&'static str, Vec<u8>)> {
    let mut found = Vec::new();
    for number in 0..3 {
        let device = dir.join("devices").join(format!("{number:05}"));
        let row = fs::read_to_string(device.join("device.csv")).unwrap();
        let tre_id = row.split_once(',').unwrap().0.parse().unwrap();
        let mut containers = Vec::new();
        with_operators(dir, async |operator, _, _| {
            let known = operator.subscription(&tre_id).await.unwrap();
            for departure in known.iter().flat_map(|known| known.value.departures()) {
                containers.extend(departure.container().map(<[u8]>::to_vec));
            }
        });
        assert_eq!(containers.len(), 1);
        let [pik, pck] = envelope_keys(&device, &containers[0]);
        found.extend([("PIK", pik), ("PCK", pck)]);
    }
    found
}

#[test]
fn no_secret_is_in_logs_stores_or_output() {
    for (algorithm, tops) in [("milenage", 0), ("tuak", 2)] {
        nowhere(algorithm, tops, "embedded");
    }
}

/// OsmoHLR keeps K in its database as it is; nothing else does, its log neither.
#[test]
fn no_secret_is_in_what_is_written_beside_an_osmo_hlr() {
    if !crate::demo::osmo_hlr_is_missing() {
        nowhere("milenage", 0, "osmo");
    }
}

/// `tops` is how many operators have a TOP.
fn nowhere(algorithm: &str, tops: usize, hlr: &str) {
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("data");
    let output = Command::new(env!("CARGO_BIN_EXE_rehome"))
        .args([
            "demo",
            "--json",
            "--devices",
            "3",
            "--algorithm",
            algorithm,
            "--data",
        ])
        .arg(&dir)
        .args(["--hlr", hlr])
        .env("REHOME_LOG", "trace")
        .output()
        .unwrap();
    assert!(output.status.success());
    assert!(output.stderr.len() > 2_000, "the log talks");
    let mut secrets = secrets(&dir);
    secrets.extend(all_envelope_keys(&dir));
    let count = |name| secrets.iter().filter(|(known, _)| *known == name).count();
    assert_eq!((count("OP"), count("K"), count("password")), (2, 6, 6));
    assert_eq!(count("TOP"), tops);
    assert_eq!((count("OPc"), count("PIK"), count("PCK")), (6, 3, 3));
    let mut places = vec![
        ("standard output".to_owned(), output.stdout),
        ("standard error".to_owned(), output.stderr),
    ];
    let mut found = Vec::new();
    files(&dir, &mut found);
    assert!(found.len() > 40, "{found:?}");
    for path in found {
        // The operator's own constants lie in files of their own, mode 0600.
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let own = ["op.key", "top.key"].contains(&name.as_str());
        if own || name.starts_with("hlr.db") {
            continue;
        }
        match fs::read(&path) {
            Ok(octets) => places.push((path.display().to_string(), octets)),
            // The stores that were opened for their secrets are being closed.
            Err(error) if name.ends_with("-wal") || name.ends_with("-shm") => {
                assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{name}");
            }
            Err(error) => panic!("{name}: {error}"),
        }
    }
    for (name, secret) in &secrets {
        for form in forms(secret) {
            for (place, octets) in &places {
                assert!(!has(octets, &form), "{name} is in {place}");
            }
        }
    }
    // The search finds what is there.
    let imsi = b"001020000000001";
    let stores = places
        .iter()
        .filter(|(place, _)| place.contains("store.db"));
    assert!(stores.into_iter().any(|(_, octets)| has(octets, imsi)));
}
