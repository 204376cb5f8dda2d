//! TREs as they leave the factory.

use std::fs;
use std::path::{Path, PathBuf};

use aka::Imsi;
use clock::Random;
use data_encoding::{BASE64, HEXLOWER, HEXUPPER};
use provisioning::McimId;
use provisioning::payload::MilenageKeys;
use provisioning::tre::{Pcid, TreKind};
use secret::Secret;
use tokens::{NodeKey, OperatorKeyDir, Protection, SupplierKeyDir, TrePackage, TrePlan};
use tre::{CertTre, KeyKind, KeyPairs, SoftwareKey, TreId};
use trust::{Anchor, Certificate, TimeInterval, TimePolicy, TreUse, verify_tre};

use crate::support::{TestDir, code, names, node_key, noon, operator_plan, random, supplier_plan};

/// An operator, a supplier and the keys of one TRE.
pub struct Factory {
    pub dir: TestDir,
    pub key: NodeKey,
    pub operator: OperatorKeyDir,
    pub supplier: SupplierKeyDir,
    pub anchor: Anchor,
    random: sim::net::SimRandom,
}

impl Factory {
    pub fn new(seed: u64) -> Self {
        let (dir, key, mut random) = (TestDir::new(), node_key(1), random(seed));
        let protection = Protection::Encrypted(&key);
        let (operator, supplier) = (dir.join("operator"), dir.join("supplier"));
        let plan = operator_plan("001-01");
        let anchor = OperatorKeyDir::create(&operator, &plan, protection, &mut random).unwrap();
        SupplierKeyDir::create(&supplier, &supplier_plan("acme"), protection, &mut random).unwrap();
        Self {
            operator: OperatorKeyDir::load(&operator, protection).unwrap(),
            supplier: SupplierKeyDir::load(&supplier, protection).unwrap(),
            anchor,
            dir,
            key,
            random,
        }
    }

    pub fn protection(&self) -> Protection<'_> {
        Protection::Encrypted(&self.key)
    }

    pub fn random(&mut self) -> &mut sim::net::SimRandom {
        &mut self.random
    }

    pub fn plan(&mut self, supplier: &str, keys: KeyPairs) -> TrePlan<'_> {
        let serial: [u8; 16] = self.random.array();
        let id = format!("urn:x-rehome:tre:{supplier}:{}", HEXLOWER.encode(&serial));
        TrePlan {
            tre_id: id.parse().unwrap(),
            keys,
            limits: CertTre {
                suites: vec![1, 2],
                min_suite: 2,
                algorithms: vec![1],
                slots: 4,
                t_attach_min: 1,
                t_ack_min: 1,
            },
            kind: TreKind {
                kind: "native".to_owned(),
                model: "T1".to_owned(),
                firmware: "1.0".to_owned(),
            },
            anchor: &self.anchor,
            pcid: Pcid {
                imsi: "001010000000001".parse::<Imsi>().unwrap(),
                keys: milenage_keys().into(),
                shared: false,
            },
            pcid_mcim: McimId(self.random.array()),
            made: noon(),
        }
    }

    pub fn make(&mut self, name: &str) -> (PathBuf, TrePackage) {
        let keys = KeyPairs::generate(KeyKind::EcP256).unwrap();
        self.make_with(name, "acme", keys).unwrap()
    }

    pub fn make_with(
        &mut self,
        name: &str,
        supplier: &str,
        keys: KeyPairs,
    ) -> Result<(PathBuf, TrePackage), tokens::TokenError> {
        let path = self.dir.join(name);
        let mut random = self.random.clone();
        let key = self.key.clone();
        let plan = self.plan(supplier, keys);
        let plan = TrePlan {
            anchor: &plan.anchor.clone(),
            ..plan
        };
        let protection = Protection::Encrypted(&key);
        let made = TrePackage::manufacture(&path, &self.supplier, plan, protection, &mut random)?;
        Ok((path, made))
    }
}

const K: [u8; 16] = *b"K of test number";
const OPC: [u8; 16] = *b"OPcOfTestNumber1";

pub fn milenage_keys() -> MilenageKeys {
    MilenageKeys {
        k: Secret::new(K),
        opc: Secret::new(OPC),
        constants: None,
    }
}

fn verify(der: &[u8], factory: &Factory, wanted: TreUse, tre_id: &TreId) {
    let certificate = Certificate::from_der(der).unwrap();
    let time = TimePolicy::Trusted(TimeInterval::exactly(noon()));
    let pva = &factory.supplier.pva;
    verify_tre(&certificate, pva, wanted, tre_id.as_str(), time).unwrap();
}

#[test]
fn a_package_holds_all_of_a_tre_and_its_row_the_public_part() {
    let mut factory = Factory::new(1);
    let (path, package) = factory.make("tre");
    assert_eq!(
        names(&path),
        [
            "cert-enc.pem",
            "cert-sig.pem",
            "counter",
            "envelope.key",
            "seal.key",
            "signature.key",
            "state.sealed"
        ]
    );
    let tre = TrePackage::open(&path, factory.protection(), random(2)).unwrap();
    assert_eq!(tre.tre_id(), &package.tre_id);
    assert_eq!(tre.current_sho().to_string(), "001-01");
    assert_eq!(tre.active_imsi().digits(), "001010000000001");
    assert!(!tre.is_restored());
    let row = package.csv_row();
    let fields: Vec<_> = row.split(',').collect();
    let header: Vec<_> = TrePackage::CSV_HEADER.split(',').collect();
    assert_eq!(header, ["tre_id", "sho_id", "cert_sig", "cert_enc"]);
    let [tre_id, sho_id, signature, envelope] = fields[..] else {
        panic!("{row}");
    };
    assert_eq!((tre_id, sho_id), (package.tre_id.as_str(), "001-01"));
    let der = |text: &str| BASE64.decode(text.as_bytes()).unwrap();
    let id = &package.tre_id;
    verify(&der(signature), &factory, TreUse::Signature, id);
    verify(&der(envelope), &factory, TreUse::Encipherment, id);
}

#[test]
fn a_single_key_pair_has_one_certificate_and_an_empty_last_field() {
    let mut factory = Factory::new(3);
    let keys = KeyPairs::One(SoftwareKey::generate(KeyKind::EcP256).unwrap());
    let (path, package) = factory.make_with("tre", "acme", keys).unwrap();
    assert!(!path.join("cert-enc.pem").exists());
    assert!(package.csv_row().ends_with(','));
    let id = &package.tre_id;
    verify(&package.signature_certificate, &factory, TreUse::Both, id);
    let tre = TrePackage::open(&path, factory.protection(), random(4));
    assert_eq!(code(tre), "accepted");
}

#[test]
fn a_tre_of_another_supplier_is_not_made_and_nothing_stays() {
    let mut factory = Factory::new(5);
    for supplier in ["acme2", "acm0", "emca"] {
        let keys = KeyPairs::generate(KeyKind::EcP256).unwrap();
        let made = factory.make_with("tre", supplier, keys);
        assert_eq!(code(made), "pva-supplier-mismatch", "{supplier}");
    }
    assert_eq!(factory.dir.names(), ["operator", "supplier"]);
}

#[test]
fn a_package_is_not_overwritten() {
    let mut factory = Factory::new(6);
    let (path, _) = factory.make("tre");
    let before = fs::read(path.join("state.sealed")).unwrap();
    let keys = KeyPairs::generate(KeyKind::EcP256).unwrap();
    let made = factory.make_with("tre", "acme", keys);
    assert_eq!(code(made), "key-file-exists");
    assert_eq!(fs::read(path.join("state.sealed")).unwrap(), before);
}

#[test]
fn contradicting_limits_are_refused() {
    let mut factory = Factory::new(7);
    let (path, supplier) = (factory.dir.join("tre"), factory.dir.join("supplier"));
    let key = factory.key.clone();
    let supplier = SupplierKeyDir::load(&supplier, Protection::Encrypted(&key)).unwrap();
    let keys = KeyPairs::generate(KeyKind::EcP256).unwrap();
    let mut plan = factory.plan("acme", keys);
    plan.limits.slots = 0;
    let protection = Protection::Encrypted(&key);
    let made = TrePackage::manufacture(&path, &supplier, plan, protection, &mut random(8));
    assert_eq!(code(made), "cert-tre-malformed");
    assert!(!path.exists());
}

/// K, OPc, the node key and the private scalars, searched raw, in hex and in
/// base64 at each of its three offsets.
#[test]
fn no_secret_lies_open_in_the_directory() {
    let mut factory = Factory::new(9);
    let keys = KeyPairs::generate(KeyKind::EcP256).unwrap();
    let scalars: Vec<Vec<u8>> = [tre::KeySlot::Signature, tre::KeySlot::Envelope]
        .iter()
        .map(|slot| {
            let der = keys.key(*slot).to_pkcs8().unwrap();
            let key = openssl::pkey::PKey::private_key_from_der(der.expose()).unwrap();
            key.ec_key().unwrap().private_key().to_vec()
        })
        .collect();
    let (path, _) = factory.make_with("tre", "acme", keys).unwrap();
    let mut secrets = vec![K.to_vec(), OPC.to_vec(), vec![1; 32]];
    secrets.extend(scalars);
    let files = all_files(&path);
    assert_eq!(files.len(), 7);
    for secret in &secrets {
        for form in forms(secret) {
            for (name, octets) in &files {
                let found = octets.windows(form.len()).any(|part| part == form);
                assert!(!found, "a secret lies open in {name}");
            }
        }
    }
    // The search itself finds what is there.
    let planted = path.join("planted");
    fs::write(&planted, format!("x{}y", BASE64.encode(&K))).unwrap();
    let octets = fs::read(&planted).unwrap();
    let found = |form: &Vec<u8>| octets.windows(form.len()).any(|part| part == form);
    assert!(forms(&K).iter().any(found));
}

fn all_files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let read = |name: String| {
        let octets = fs::read(dir.join(&name)).unwrap();
        (name, octets)
    };
    names(dir).into_iter().map(read).collect()
}

fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![
        secret.to_vec(),
        HEXLOWER.encode(secret).into_bytes(),
        HEXUPPER.encode(secret).into_bytes(),
    ];
    for offset in 0..3 {
        // Only the digits that no neighbouring octet touches.
        let padded = [vec![0; offset], secret.to_vec()].concat();
        let text = data_encoding::BASE64_NOPAD.encode(&padded);
        let last = text.len() - usize::from(padded.len() % 3 != 0);
        let first = [0, 2, 3][offset];
        forms.push(text.as_bytes()[first..last].to_vec());
    }
    forms
}
