//! A device: a TRE whose state is sealed and stored after every call, and
//! opened again from what was stored.

use aka::Imsi;
use clock::{Random, Timestamp};
use provisioning::bootstrap::Change;
use provisioning::donor::Subscription;
use provisioning::payload::{Credentials, MilenageKeys, SubscriberKeys};
use provisioning::tre::{Accepted, MadeTre, Pcid, Tre, TreKind, UsimAnswer};
use provisioning::{McimId, ProvisioningError};
use secret::Secret;
use sim::net::SimRandom;
use tre::{Backend, KeyPairs, KeyUse, MemoryBackend, SealKey, SoftwareKey, TreId};
use trust::TimePolicy;

use super::operator::{HlrRow, SoftwareSigner};
use super::{Operator, Setup, Supplier};
use provisioning::recipient::{PvaAnswer, TreCertificates};

pub type TestTre = Tre<MemoryBackend<SimRandom>>;

pub struct Device {
    tre: Option<TestTre>,
    pub sealed: Vec<u8>,
    pub certificates: TreCertificates,
    keys: KeyPairs,
    seal_key: SealKey,
    pub change: Option<Change>,
    pub credentials: Option<Credentials>,
}

/// RSA keys take seconds to make: one fixture serves all tests that want RSA.
fn rsa(name: &str) -> SoftwareKey {
    let file = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    SoftwareKey::from_pem(&std::fs::read(file).unwrap()).unwrap()
}

fn key_pairs(setup: Setup) -> KeyPairs {
    match (setup.kind, setup.one_pair) {
        (tre::KeyKind::Rsa, true) => KeyPairs::One(rsa("rsa-3072-a.pem")),
        (tre::KeyKind::Rsa, false) => KeyPairs::Two {
            signature: rsa("rsa-3072-a.pem"),
            envelope: rsa("rsa-3072-b.pem"),
        },
        (kind, true) => KeyPairs::One(SoftwareKey::generate(kind).unwrap()),
        (kind, false) => KeyPairs::generate(kind).unwrap(),
    }
}

impl Device {
    pub fn make(
        supplier: &mut Supplier,
        ro: &mut Operator,
        imsi: Imsi,
        setup: Setup,
        now: Timestamp,
        random: &mut SimRandom,
    ) -> Self {
        let serial: [u8; 16] = random.array();
        let tre_id: TreId = format!(
            "urn:x-rehome:tre:{}:{:032x}",
            supplier.name,
            u128::from_be_bytes(serial)
        )
        .parse()
        .unwrap();
        let (pairs, seal_key) = (key_pairs(setup), SealKey::generate(random));
        let source = SimRandom::from_seed(random.next_u64());
        let mut backend = MemoryBackend::from_parts(pairs.clone(), seal_key.clone(), 0, source);
        let mut certify = |key_use| supplier.certify(&mut backend, &tre_id, key_use, now, random);
        let certificates = if setup.one_pair {
            TreCertificates {
                signature: certify(KeyUse::Both),
                envelope: None,
            }
        } else {
            TreCertificates {
                signature: certify(KeyUse::Signature),
                envelope: Some(certify(KeyUse::Envelope)),
            }
        };
        let keys = SubscriberKeys::from(MilenageKeys {
            k: Secret::new(random.array()),
            opc: Secret::new(random.array()),
            constants: None,
        });
        ro.hlr.insert(
            imsi.clone(),
            HlrRow {
                keys: keys.clone(),
                enabled: true,
                seq: 1,
            },
        );
        let pcid_mcim = McimId::of_pcid(&tre_id, &imsi);
        ro.put_subscription(
            &Subscription::new(
                tre_id.clone(),
                certificates.signature.clone(),
                imsi.clone(),
                pcid_mcim,
                0,
            )
            .unwrap(),
        );
        supplier
            .status
            .insert(tre_id.as_str().to_owned(), PvaAnswer::Good);
        let made = MadeTre {
            tre_id,
            signature_certificate: certificates.signature.clone(),
            envelope_certificate: certificates.envelope.clone(),
            sho_id: ro.sho_id.clone(),
            anchor: ro.keys.anchor.clone(),
            pcid: Pcid {
                imsi,
                keys,
                shared: false,
            },
            pcid_mcim,
            kind: TreKind {
                kind: "native".to_owned(),
                model: "T1".to_owned(),
                firmware: "1.0".to_owned(),
            },
        };
        let mut device = Self {
            tre: Some(Tre::make(backend, made).unwrap()),
            sealed: Vec::new(),
            certificates,
            keys: pairs,
            seal_key,
            change: None,
            credentials: None,
        };
        device.save();
        device
    }

    pub fn tre(&self) -> &TestTre {
        self.tre.as_ref().unwrap()
    }

    pub fn tre_id(&self) -> TreId {
        self.tre().tre_id().clone()
    }

    /// One call into the TRE, then store, then answer.
    pub fn with<T>(&mut self, call: impl FnOnce(&mut TestTre) -> T) -> T {
        let result = call(self.tre.as_mut().unwrap());
        self.save();
        result
    }

    pub fn save(&mut self) {
        let tre = self.tre.as_mut().unwrap();
        if let Some(pending) = tre.stage().unwrap() {
            self.sealed = pending.octets().to_vec();
            tre.stored(pending).unwrap();
        }
    }

    /// The TRE's signature key, outside the TRE: for documents that a sound TRE
    /// would not sign.
    pub fn signer(&self) -> SoftwareSigner {
        SoftwareSigner(self.keys.key(tre::KeySlot::Signature).clone())
    }

    /// A copy of everything, keys and counter included.
    pub fn copy(&mut self) -> Self {
        let mut backend = self.tre.take().unwrap().close();
        let counter = backend.counter().unwrap();
        let copy = MemoryBackend::from_parts(
            self.keys.clone(),
            self.seal_key.clone(),
            counter,
            SimRandom::from_seed(counter),
        );
        self.tre = Some(Tre::open(backend, &self.sealed).unwrap());
        Self {
            tre: Some(Tre::open(copy, &self.sealed).unwrap()),
            sealed: self.sealed.clone(),
            keys: self.keys.clone(),
            seal_key: self.seal_key.clone(),
            certificates: self.certificates.clone(),
            change: self.change.clone(),
            credentials: self.credentials.clone(),
        }
    }

    /// Power off and on: only what was sealed and stored comes back.
    pub fn reboot(&mut self) {
        let backend = self.tre.take().unwrap().close();
        self.tre = Some(Tre::open(backend, &self.sealed).unwrap());
    }

    pub fn push(
        &mut self,
        container: &[u8],
        time: TimePolicy,
        random: &mut SimRandom,
    ) -> Result<(), ProvisioningError> {
        let accepted = self.with(|tre| tre.bootstrap(container, time, random))?;
        if let Accepted::Change {
            change,
            credentials,
            ..
        } = accepted
        {
            self.change = Some(*change);
            self.credentials = Some(*credentials);
        }
        Ok(())
    }

    /// The TRE, for an agent to run it.
    pub fn into_tre(self) -> TestTre {
        self.tre.unwrap()
    }

    /// Steps 10 and 11: AKA between the active MCIM and its home network. False
    /// if the HLR gives no vectors.
    pub fn attach(&mut self, operator: &mut Operator, random: &mut SimRandom) -> bool {
        let imsi = self.tre().active_imsi().clone();
        let Some(vector) = operator.vector(&imsi, random) else {
            return false;
        };
        match self
            .with(|tre| tre.authenticate(&vector.rand, &vector.autn))
            .unwrap()
        {
            UsimAnswer::Response(response) => response.res.ct_eq(&vector.xres),
            UsimAnswer::SyncFailure(_) => panic!("the HLR's numbers went back"),
        }
    }
}
