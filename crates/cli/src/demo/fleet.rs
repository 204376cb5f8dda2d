//! The devices: made by the supplier, imported by the registration operator,
//! then run by the same agent that runs alone (TR 33.812 B.2.2.1 and B.2.2.2).

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aka::Imsi;
use anyhow::{Context, Result};
use clock::Random;
use data_encoding::{BASE64, HEXLOWER};
use device::{Clock, DeviceConfig, Validation};
use provisioning::recipient::TreCertificates;
use provisioning::tre::{Pcid, TreKind};
use provisioning::{McimId, Step, StepWatch};
use server::operator::{MadeDevice, Operator};
use server::supplier::Records;
use tls::http::Hosts;
use tokens::os::{self, OsRandom};
use tokens::{Protection, SupplierKeyDir, TrePackage, TrePlan, key_file};
use tre::{CertTre, KeyKind, KeyPairs, TreId};
use trust::Certificate;
use trust::status::ValidationPolicy;

use super::checks::{CheckLog, DeviceChecks};
use super::parties::{SUPPLIER, node_key, private_dir};
use super::plan::Plan;

/// What CertTRE says of the demo's TREs.
fn limits() -> CertTre {
    CertTre {
        suites: vec![1, 2],
        min_suite: 1,
        algorithms: vec![1, 2],
        slots: 4,
        t_attach_min: 1,
        t_ack_min: 1,
    }
}

/// A device as its owner knows it.
#[derive(Clone)]
pub(super) struct Owned {
    pub(super) number: u32,
    pub(super) dir: PathBuf,
    pub(super) tre_id: TreId,
    pub(super) certificates: TreCertificates,
}

impl Owned {
    /// What its agent runs with.
    pub(super) fn config(
        &self,
        hosts: &Hosts,
        plan: &Plan,
        checks: &Arc<CheckLog>,
    ) -> Result<DeviceConfig> {
        // No clock but what the operators' responders tell.
        let validation = plan.ocsp.then(|| Validation {
            watch: Arc::new(DeviceChecks {
                log: Arc::clone(checks),
                number: self.number,
            }),
            ..Validation::new(ValidationPolicy::OcspNonceTime)
        });
        Ok(DeviceConfig {
            tre: self.dir.join("tre"),
            store: self.dir.join("device.db"),
            key: node_key(&self.dir)?,
            hosts: hosts.clone(),
            clock: if plan.ocsp {
                Clock::Secure(None)
            } else {
                Clock::Trusted
            },
            validation,
            encoding: plan.encoding.encoding(),
            drop_pcid: false,
            tick: Duration::from_secs(1),
        })
    }
}

/// Who makes a device and who takes it over.
#[derive(Clone)]
pub(super) struct Factory {
    pub(super) supplier: Arc<SupplierKeyDir>,
    pub(super) records: Records,
    /// The registration operator.
    pub(super) home: Operator,
    pub(super) kind: KeyKind,
    pub(super) watch: Arc<dyn StepWatch>,
}

impl Factory {
    /// The device with this number, made if there is none. A device that was
    /// only half made when the program ended is made again with the same PCID.
    pub(super) async fn device(&self, dir: &Path, number: u32) -> Result<Owned> {
        let dir = dir.join("devices").join(format!("{number:05}"));
        let row = dir.join("device.csv");
        let home = &self.home;
        let imsi: Imsi = format!("{}9{number:09}", home.sho_id().prefix()).parse()?;
        let made = if fs::exists(&row)? {
            fs::read_to_string(&row)?
        } else {
            self.make(&imsi, &dir, &row).await?
        };
        let owned = read_row(number, dir, &made)?;
        let device = MadeDevice {
            tre_id: owned.tre_id.clone(),
            certificates: owned.certificates.clone(),
            imsi,
        };
        home.import(device).await?;
        Ok(owned)
    }

    async fn make(&self, imsi: &Imsi, dir: &Path, row: &Path) -> Result<String> {
        if fs::exists(dir)? {
            fs::remove_dir_all(dir)?;
        }
        private_dir(dir)?;
        let began = Instant::now();
        let keys = self.home.pcid(imsi).await?;
        let key = node_key(dir)?;
        let (supplier, anchor) = (Arc::clone(&self.supplier), self.home.anchor().clone());
        let (kind, imsi, place) = (self.kind, imsi.clone(), dir.join("tre"));
        // Making keys takes a processor for a while, most of all with RSA.
        let package = tokio::task::spawn_blocking(move || -> Result<TrePackage> {
            let serial: [u8; 16] = OsRandom.array();
            let tre_id: TreId =
                format!("urn:x-rehome:tre:{SUPPLIER}:{}", HEXLOWER.encode(&serial)).parse()?;
            let plan = TrePlan {
                pcid_mcim: McimId::of_pcid(&tre_id, &imsi),
                tre_id,
                keys: KeyPairs::generate(kind)?,
                limits: limits(),
                kind: TreKind {
                    kind: "native".to_owned(),
                    model: "demo".to_owned(),
                    firmware: env!("CARGO_PKG_VERSION").to_owned(),
                },
                anchor: &anchor,
                pcid: Pcid {
                    imsi,
                    keys,
                    shared: false,
                },
                made: os::now(),
            };
            let protection = Protection::Encrypted(&key);
            Ok(TrePackage::manufacture(
                &place,
                &supplier,
                plan,
                protection,
                &mut OsRandom,
            )?)
        })
        .await??;
        self.record(&package)?;
        let line = package.csv_row();
        key_file::create(row, line.as_bytes())?;
        self.watch.done(Step::Manufacture, began.elapsed());
        Ok(line)
    }

    /// The PVA vouches for what the supplier made.
    fn record(&self, package: &TrePackage) -> Result<()> {
        let all = [
            Some(&package.signature_certificate),
            package.envelope_certificate.as_ref(),
        ];
        let mut issued = Vec::new();
        for der in all.into_iter().flatten() {
            let serial = HEXLOWER.encode(Certificate::from_der(der)?.serial());
            issued.push((package.tre_id.clone(), serial));
        }
        let mut records = self
            .records
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(records.record(os::now(), &issued)?)
    }
}

/// A line of `devices.csv`.
fn read_row(number: u32, dir: PathBuf, line: &str) -> Result<Owned> {
    let fields: Vec<&str> = line.trim_end().split(',').collect();
    let [tre_id, _, signature, envelope] = fields.as_slice() else {
        anyhow::bail!("a device's row has four fields");
    };
    let octets = |text: &str| BASE64.decode(text.as_bytes()).context("base64");
    let envelope = octets(envelope)?;
    Ok(Owned {
        number,
        dir,
        tre_id: tre_id.parse()?,
        certificates: TreCertificates {
            signature: octets(signature)?,
            envelope: (!envelope.is_empty()).then_some(envelope),
        },
    })
}
