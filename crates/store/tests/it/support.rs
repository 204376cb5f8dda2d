//! Aggregates as a node has them, and a directory for each test.

use std::path::PathBuf;
use std::time::Duration;

use clock::Timestamp;
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use provisioning::effect::Effect;
use provisioning::ports::{Commit, Versioned};
use provisioning::recipient::{Order, Registrar, Registration, TreCertificates};
use provisioning::{McimId, OperatorKeys, OrderId, SigningKey, Terms};
use secret::Secret;
use sim::net::SimRandom;
use store::SqliteStore;
use tre::{
    CertTre, KeyKind, KeyPairs, KeyUse, MemoryBackend, SoftwareKey, Suite, TreId,
    certificate_request,
};
use trust::issue::{
    CertificateRequest, LeafRequest, SoftwareIssuer, Validity, issue_leaf, issue_pva_anchor,
    issue_sho_anchor, issue_tre,
};
use trust::{Purpose, PvaAnchor, ShoId, TimeInterval, TimePolicy, TreUse};
use xmldsig::{SignatureAlgorithm, Signer, SignerError};

pub(crate) const OP: [u8; 16] = *b"known operator O";

/// A directory that goes away with the test.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("rehome-store-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir(&dir).unwrap();
        Self(dir)
    }

    pub(crate) fn open(&self) -> SqliteStore {
        SqliteStore::open(&self.0.join("node.db"), Secret::new([7; 32])).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

struct TestSigner(SoftwareKey);

impl Signer for TestSigner {
    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::EcdsaP256Sha256
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.0.sign(message).map_err(SignerError::new)
    }
}

/// What makes orders for one recipient.
pub(crate) struct Maker {
    keys: OperatorKeys,
    sho_id: ShoId,
    pva: PvaAnchor,
    pva_key: SoftwareIssuer,
    random: SimRandom,
    pub(crate) now: Timestamp,
    made: u64,
}

fn key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

impl Maker {
    pub(crate) fn new(seed: u64) -> Self {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut random = SimRandom::from_seed(seed);
        let validity = Validity::new(now, now.plus(Duration::from_secs(86_400 * 365))).unwrap();
        let sho_id: ShoId = "001-02".parse().unwrap();
        let issuer = SoftwareIssuer::new(key()).unwrap();
        let anchor = issue_sho_anchor(&issuer, &sho_id, validity, &mut random).unwrap();
        let mut signing = |purpose| {
            let key = SoftwareKey::generate(KeyKind::EcP256).unwrap();
            let public = trust::PublicKey::from_spki_der(key.public_key().as_spki()).unwrap();
            let request = LeafRequest {
                purpose,
                public_key: &public,
                dns_names: &[],
                validity,
            };
            let leaf = issue_leaf(&issuer, &anchor, &request, &mut random).unwrap();
            SigningKey::new(Box::new(TestSigner(key)), leaf.der().to_vec())
        };
        let keys = OperatorKeys {
            anchor: anchor.certificate().der().to_vec(),
            bootstrap: signing(Purpose::Bootstrap),
            object: signing(Purpose::Object),
            peer_document: signing(Purpose::PeerDocument),
            decision: signing(Purpose::Decision),
        };
        let pva_key = SoftwareIssuer::new(key()).unwrap();
        let pva =
            issue_pva_anchor(&pva_key, &"acme".parse().unwrap(), validity, &mut random).unwrap();
        Self {
            keys,
            sho_id,
            pva,
            pva_key,
            random,
            now,
            made: 0,
        }
    }

    fn certificates(&mut self, tre_id: &TreId) -> TreCertificates {
        let source = SimRandom::from_seed(self.random.next_u64());
        let mut backend = MemoryBackend::new(KeyPairs::generate(KeyKind::EcP256).unwrap(), source);
        let limits = CertTre {
            suites: vec![2],
            min_suite: 2,
            algorithms: vec![1],
            slots: 4,
            t_attach_min: 1,
            t_ack_min: 1,
        };
        let mut certify = |key_use, granted| {
            let request = certificate_request(&mut backend, key_use, tre_id, &limits).unwrap();
            let request = CertificateRequest::from_der(&request).unwrap();
            let random = &mut self.random;
            issue_tre(
                &self.pva_key,
                &self.pva,
                &request,
                granted,
                self.now,
                random,
            )
            .unwrap()
            .der()
            .to_vec()
        };
        TreCertificates {
            signature: certify(KeyUse::Signature, TreUse::Signature),
            envelope: Some(certify(KeyUse::Envelope, TreUse::Encipherment)),
        }
    }

    /// A new order with its effects, ready to be committed.
    pub(crate) fn order(&mut self, imsi: aka::Imsi) -> (Commit, OrderId, TreId) {
        self.made += 1;
        let tre_id: TreId = format!("urn:x-rehome:tre:acme:{:032x}", self.made)
            .parse()
            .unwrap();
        let certificates = self.certificates(&tre_id);
        let registration = Registration {
            tre_id: tre_id.clone(),
            from: "001-01".parse().unwrap(),
            certificates: certificates.clone(),
            token: None,
        };
        let registrar = Registrar {
            now: self.now,
            time: TimePolicy::Trusted(TimeInterval::exactly(self.now)),
            sho_id: &self.sho_id,
            keys: &self.keys,
            op: &Secret::new(OP),
            pvas: std::slice::from_ref(&self.pva),
            suites: &[Suite::Two],
            terms: Terms::DEFAULT,
            lifetime: Duration::from_secs(3600),
            prov_urls: &["https://dpf.mnc002.mcc001.rehome.test/dm".to_owned()],
            drf_url: "https://drf.mnc002.mcc001.rehome.test/drf",
            server_id: "dpf",
        };
        let (order, effects) =
            Order::register(registration, &registrar, imsi, &mut self.random).unwrap();
        let order_id = order.order_id();
        let commit = Commit {
            certificates: vec![(order_id, certificates)],
            orders: vec![Versioned {
                value: order,
                version: 0,
            }],
            effects,
            ..Commit::default()
        };
        (commit, order_id, tre_id)
    }

    /// A device that is ours.
    pub(crate) fn home(&mut self, tre_id: &TreId, imsi: &aka::Imsi, counter: u64) -> Effect {
        let certificate = self.certificates(tre_id).signature;
        let subscription = provisioning::donor::Subscription::new(
            tre_id.clone(),
            certificate,
            imsi.clone(),
            McimId([9; 16]),
            counter,
        );
        Effect::BecomeHome(Box::new(subscription.unwrap()))
    }
}
