//! A directory for each test, and what most tests are made of.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use clock::Timestamp;
use secret::Secret;
use sim::net::SimRandom;
use tokens::{NodeKey, OperatorPlan, SupplierPlan, TokenError};
use tre::{KeyKind, SoftwareKey};
use trust::issue::Validity;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// Removed with all that is in it at the end of the test.
pub struct TestDir(PathBuf);

impl TestDir {
    pub fn new() -> Self {
        let name = format!(
            "tokens-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// What is in it, hidden names too.
    pub fn names(&self) -> Vec<String> {
        names(&self.0)
    }
}

impl Drop for TestDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

pub fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

pub fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A copy of a directory of files, as a backup makes it.
pub fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    set_mode(to, mode(from));
    for name in names(from) {
        fs::copy(from.join(&name), to.join(&name)).unwrap();
    }
}

pub fn swap(dir: &Path, a: &str, b: &str) {
    let (a, b, spare) = (dir.join(a), dir.join(b), dir.join("spare"));
    fs::rename(&a, &spare).unwrap();
    fs::rename(&b, &a).unwrap();
    fs::rename(&spare, &b).unwrap();
}

#[track_caller]
pub fn code<T>(result: Result<T, TokenError>) -> &'static str {
    match result {
        Ok(_) => "accepted",
        Err(error) => error.code(),
    }
}

pub fn random(seed: u64) -> SimRandom {
    eprintln!("seed {seed}");
    SimRandom::from_seed(seed)
}

pub fn node_key(octet: u8) -> NodeKey {
    NodeKey::from_octets(Secret::new([octet; 32]))
}

pub fn noon() -> Timestamp {
    "2026-01-01T12:00:00Z".parse().unwrap()
}

pub fn validity() -> Validity {
    let year = Duration::from_secs(365 * 86_400);
    Validity::new(noon().minus(Duration::from_secs(60)), noon().plus(year)).unwrap()
}

pub const OCSP_URL: &str = "http://ocsp.mnc001.mcc001.rehome.test/";

pub fn operator_plan(sho_id: &str) -> OperatorPlan {
    OperatorPlan {
        sho_id: sho_id.parse().unwrap(),
        dpf_names: vec![
            "dpf.mnc001.mcc001.rehome.test".to_owned(),
            "drf.mnc001.mcc001.rehome.test".to_owned(),
        ],
        peer_names: vec!["peer.mnc001.mcc001.rehome.test".to_owned()],
        ocsp_url: Some(OCSP_URL.to_owned()),
        validity: validity(),
        kind: KeyKind::EcP256,
    }
}

pub fn supplier_plan(name: &str) -> SupplierPlan {
    SupplierPlan {
        pva_names: vec![format!("pva.{name}.example")],
        supplier: name.parse().unwrap(),
        validity: validity(),
        kind: KeyKind::EcP256,
    }
}

/// RSA keys take seconds to make.
pub fn rsa() -> SoftwareKey {
    SoftwareKey::from_pem(include_bytes!("../fixtures/rsa-3072.pem")).unwrap()
}
