//! A managed device in a directory of its own.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use device::management::{
    Answering, Client, Config, DownloadLimits, Outcome, Phase, Setup, UpdateHook,
};
use dm::client::Timing;
use dm::objects::dev_detail::DevDetail;
use dm::objects::dev_info::DevInfo;
use dm::objects::dm_account::{Account, Address, AddressType, AuthLevel, AuthSetting, AuthType};
use dm::objects::fumo::ResultCode;
use dm::server::Request;
use dm::tree::{NodeKind, ServerId, Value};
use secret::SecretBytes;
use tokens::NodeKey;
use tokens::os::OsRandom;

use super::server::DEVICE;

pub const FUMO: &str = "./FUMO/firmware";

pub struct Managed {
    pub dir: PathBuf,
}

impl Drop for Managed {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

fn secret(text: &str) -> SecretBytes {
    SecretBytes::new(text.as_bytes().to_vec())
}

/// An account in which both sides have MD5 credentials.
pub fn account(server: &str, url: &str) -> Account {
    let auth = |level, name: &str, value: &str| AuthSetting {
        level,
        type_: AuthType::Digest,
        name: Some(name.to_owned()),
        secret: Some(secret(value)),
        data: None,
    };
    Account {
        server_id: server.parse().unwrap(),
        name: Some("A server".to_owned()),
        preferred_connection: None,
        connections: Vec::new(),
        addresses: vec![Address {
            address: url.to_owned(),
            type_: AddressType::Uri,
            ports: Vec::new(),
        }],
        preferred_auth: None,
        auth: vec![
            auth(AuthLevel::Client, "device", "device secret"),
            auth(AuthLevel::Server, server, &format!("{server} secret")),
        ],
        transport: None,
        pin: None,
    }
}

pub fn setup(accounts: Vec<(String, Account)>) -> Setup {
    let text = str::to_owned;
    let first = accounts
        .first()
        .map(|(_, account)| account.server_id.clone());
    let first: Vec<ServerId> = first.into_iter().collect();
    Setup {
        info: DevInfo {
            device_id: text(DEVICE),
            manufacturer: text("Acme"),
            model: text("M1"),
            client_version: text("1.2"),
            language: text("en"),
        },
        detail: DevDetail {
            device_type: text("meter"),
            oem: text("Acme"),
            firmware: text("1"),
            software: text("1"),
            hardware: text("1"),
            large_objects: false,
        },
        firmware: first.clone(),
        software: first.clone(),
        inbox: first,
        accounts,
        naps: Vec::new(),
        authorities: None,
    }
}

impl Managed {
    /// A device with an account for each server, the first of which may update
    /// its firmware.
    pub fn new(servers: &[(&str, &str)]) -> Self {
        let accounts = servers
            .iter()
            .map(|(server, url)| ((*server).to_owned(), account(server, url)));
        Self::of(accounts.collect())
    }

    /// A device with these accounts.
    pub fn of(accounts: Vec<(String, Account)>) -> Self {
        let managed = Self::empty();
        let key = NodeKey::create(&managed.dir.join("node.key"), &mut OsRandom).unwrap();
        setup(accounts).create(&managed.dir, &key).unwrap();
        managed
    }

    pub fn empty() -> Self {
        use std::os::unix::fs::DirBuilderExt;
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("rehome-managed-{}-{count}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::DirBuilder::new().mode(0o700).create(&dir).unwrap();
        Self { dir }
    }

    pub fn open(&self) -> Client {
        self.with(|_| {})
    }

    pub fn with(&self, change: impl FnOnce(&mut Config)) -> Client {
        let mut config = config(&self.dir);
        change(&mut config);
        Client::open(&self.dir, config).unwrap()
    }

    pub fn hooked(&self, hook: &Arc<Hook>) -> Client {
        self.with(|config| config.hook = Some(hook.clone()))
    }
}

/// Short times; plain HTTP is allowed.
pub fn config(dir: &Path) -> Config {
    let mut config = Config::new(NodeKey::load(&dir.join("node.key")).unwrap());
    config.allow_http = true;
    config.timing = Timing {
        retransmit_after: Duration::from_millis(500),
        transmissions: 4,
        patience: Duration::from_secs(10),
    };
    config.download = DownloadLimits {
        attempts: 3,
        pause: Duration::from_millis(20),
        patience: Duration::from_secs(20),
        store_every: 10_000,
        ..DownloadLimits::default()
    };
    config
}

/// A hook that says what it is told to say, and writes down what it got.
pub struct Hook {
    outcomes: Mutex<Vec<Outcome>>,
    pub verdict: Mutex<Result<(), ResultCode>>,
    pub calls: Mutex<Vec<(Phase, Vec<u8>)>>,
}

impl Hook {
    /// The outcomes in turn, the last one for good.
    pub fn new(outcomes: &[Outcome]) -> Arc<Self> {
        Arc::new(Self {
            outcomes: Mutex::new(outcomes.to_vec()),
            verdict: Mutex::new(Ok(())),
            calls: Mutex::default(),
        })
    }

    pub fn phases(&self) -> Vec<Phase> {
        let calls = self.calls.lock().unwrap();
        calls.iter().map(|(phase, _)| *phase).collect()
    }
}

impl UpdateHook for Hook {
    fn verify<'a>(&'a self, _: &'a Path) -> Answering<'a, Result<(), ResultCode>> {
        Box::pin(async { *self.verdict.lock().unwrap() })
    }

    fn update<'a>(&'a self, package: &'a Path, phase: Phase) -> Answering<'a, Outcome> {
        Box::pin(async move {
            let octets = std::fs::read(package).unwrap();
            self.calls.lock().unwrap().push((phase, octets));
            let mut outcomes = self.outcomes.lock().unwrap();
            match outcomes.len() {
                1 => outcomes[0],
                _ => outcomes.remove(0),
            }
        })
    }
}

pub fn get(target: &str) -> Request {
    Request::Get {
        target: target.to_owned(),
    }
}

pub fn add(target: &str, value: Option<&str>) -> Request {
    Request::Add {
        target: target.to_owned(),
        kind: match value {
            Some(value) => NodeKind::Leaf(Value::text(value)),
            None => NodeKind::Interior { type_: None },
        },
    }
}

pub fn replace(target: &str, value: &str) -> Request {
    Request::Replace {
        target: target.to_owned(),
        value: Value::text(value),
    }
}

pub fn exec(operation: &str, correlator: &str) -> Request {
    Request::Exec {
        target: format!("{FUMO}/{operation}"),
        correlator: Some(correlator.to_owned()),
        argument: None,
    }
}

/// The commands of an update from `url`, with what the package is to be.
pub fn update(url: &str, size: usize, sha256: &str) -> Vec<Request> {
    let size = size.to_string().into_bytes();
    vec![
        Request::Replace {
            target: format!("{FUMO}/Ext/rehome/Size"),
            value: Value::new(syncml::Format::Int, None, size),
        },
        replace(&format!("{FUMO}/Ext/rehome/SHA256"), sha256),
        replace(&format!("{FUMO}/DownloadAndUpdate/PkgURL"), url),
        exec("DownloadAndUpdate", "order-1"),
    ]
}

/// The commands of an update to exactly these octets.
pub fn update_to(url: &str, body: &[u8]) -> Vec<Request> {
    update(url, body.len(), &sha256(body))
}

pub fn sha256(octets: &[u8]) -> String {
    let digest = openssl::sha::sha256(octets);
    digest.iter().map(|octet| format!("{octet:02x}")).collect()
}
