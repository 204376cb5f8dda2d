//! An OsmoHLR of one's own, a subscriber, and its USIM.

use std::process::Command;

use aka::usim::{Answer, SqnArray, authenticate};
use aka::{Algorithm, Autn, Imsi, Rand};
use gsup::{AuthTuple, Resync};
use hlr::{OsmoHlr, OsmoProgram};
use provisioning::hlr::Subscriber;
use provisioning::payload::{MilenageKeys, SubscriberKeys};
use provisioning::ports::hlr::settle;
use secret::Secret;

pub struct World {
    pub osmo: OsmoProgram,
    pub hlr: OsmoHlr,
    pub scratch: tempfile::TempDir,
}

/// An OsmoHLR; without one installed the test says so and does nothing, but not in
/// CI.
pub fn world() -> Option<World> {
    if !OsmoProgram::is_installed() {
        let ci = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(!ci, "osmo-hlr is missing: apt-get install osmo-hlr");
        eprintln!("skipped: osmo-hlr is not installed");
        return None;
    }
    let scratch = tempfile::tempdir().unwrap();
    let osmo = OsmoProgram::start(scratch.path()).unwrap();
    let hlr = osmo.connector().unwrap();
    Some(World { osmo, hlr, scratch })
}

pub fn imsi(digits: &str) -> Imsi {
    digits.parse().unwrap()
}

/// The keys of TS 35.208 set 1, or any others.
pub fn keys(k: [u8; 16]) -> SubscriberKeys {
    let opc = "cd63cb71954a9f4e48a5994e37a02baf";
    let opc = data_encoding::HEXLOWER.decode(opc.as_bytes()).unwrap();
    SubscriberKeys::Milenage(MilenageKeys {
        k: Secret::new(k),
        opc: Secret::new(opc.try_into().unwrap()),
        constants: None,
    })
}

pub const K: [u8; 16] = [
    0x46, 0x5b, 0x5c, 0xe8, 0xb1, 0x99, 0xb4, 0x9f, 0xaa, 0x5f, 0x0a, 0x2e, 0xe2, 0x38, 0xa6, 0xbc,
];

pub fn subscriber(digits: &str, enabled: bool) -> Subscriber {
    let mut subscriber = Subscriber::new(imsi(digits), keys(K));
    subscriber.set_enabled(enabled);
    subscriber
}

impl World {
    pub async fn settle(&self, wanted: &Subscriber) {
        settle(&self.hlr, wanted.imsi(), Some(wanted))
            .await
            .unwrap();
    }

    /// One value of the HLR's database, read by SQLite's own program.
    pub fn sql(&self, query: &str) -> String {
        let ran = Command::new("sqlite3")
            .arg("-cmd")
            .arg(".timeout 5000")
            .arg(self.osmo.database())
            .arg(query)
            .output()
            .unwrap();
        assert!(ran.status.success(), "{ran:?}");
        String::from_utf8(ran.stdout).unwrap().trim().to_owned()
    }

    pub fn sqn(&self, digits: &str) -> u64 {
        let query = format!(
            "SELECT sqn FROM auc_3g JOIN subscriber ON id = subscriber_id WHERE imsi = '{digits}'"
        );
        self.sql(&query).parse().unwrap()
    }
}

/// A live USIM with the keys of TS 35.208 set 1.
pub struct Usim {
    algorithm: Algorithm,
    pub array: SqnArray,
}

impl Usim {
    pub fn new() -> Self {
        Self {
            algorithm: keys(K).algorithm().unwrap(),
            array: SqnArray::new(),
        }
    }

    /// Takes the vector, or answers with what resynchronises.
    pub fn take(&mut self, tuple: &AuthTuple) -> Result<(), Resync> {
        let umts = tuple.umts.as_ref().unwrap();
        let (rand, autn) = (Rand(tuple.rand), Autn(umts.autn));
        match authenticate(&self.algorithm, &mut self.array, &rand, &autn).unwrap() {
            Answer::Accepted(response) => {
                assert_eq!(response.res.expose(), umts.res.expose());
                Ok(())
            }
            Answer::SyncFailure(auts) => Err(Resync {
                auts: auts.0,
                rand: tuple.rand,
            }),
        }
    }
}
