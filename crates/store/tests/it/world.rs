//! Aggregates with real keys and certificates, made as a node makes them.

use std::time::Duration;

use aka::Imsi;
use clock::{Random, Timestamp};
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use provisioning::bootstrap::NetworkAccess;
use provisioning::donor::{Acceptor, DonorPolicy, Subscription, TransferPolicy, read_announcement};
use provisioning::effect::Effect;
use provisioning::hlr::Subscriber;
use provisioning::payload::{MilenageKeys, OperatorConstants};
use provisioning::peer::Peer;
use provisioning::ports::{Commit, Versioned};
use provisioning::recipient::{Order, Registrar, Registration, TreCertificates};
use provisioning::{McimId, OperatorKeys, OrderId, SigningKey, Terms};
use secret::Secret;
use serde::Serialize;
use sim::net::SimRandom;
use tre::{
    CertTre, KeyKind, KeyPairs, KeyUse, MemoryBackend, SoftwareKey, Suite, TreId,
    certificate_request,
};
use trust::issue::{
    CertificateRequest, LeafRequest, SoftwareIssuer, Validity, issue_leaf, issue_pva_anchor,
    issue_sho_anchor, issue_tre,
};
use trust::{Anchor, Purpose, PvaAnchor, ShoId, TimeInterval, TimePolicy, TreUse};
use xmldsig::{SignatureAlgorithm, Signer, SignerError};

struct TestSigner(SoftwareKey);

impl Signer for TestSigner {
    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::EcdsaP256Sha256
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.0.sign(message).map_err(SignerError::new)
    }
}

struct Operator {
    sho_id: ShoId,
    anchor: Anchor,
    keys: OperatorKeys,
}

/// A supplier, the donor 001-01 and the recipient 001-02.
pub(crate) struct World {
    pub(crate) now: Timestamp,
    pub(crate) random: SimRandom,
    donor: Operator,
    recipient: Operator,
    pva: PvaAnchor,
    pva_key: SoftwareIssuer,
    made: u64,
}

pub(crate) struct Device {
    pub(crate) tre_id: TreId,
    pub(crate) certificates: TreCertificates,
}

pub(crate) fn imsi(text: &str) -> Imsi {
    text.parse().unwrap()
}

/// What the port says of equality: the same state, as it would be stored.
pub(crate) fn json(value: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(value).unwrap()
}

pub(crate) fn versioned<T>(value: T, version: u64) -> Versioned<T> {
    Versioned { value, version }
}

pub(crate) fn effects(effects: Vec<Effect>) -> Commit {
    Commit {
        effects,
        ..Commit::default()
    }
}

fn issuer() -> SoftwareIssuer {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    SoftwareIssuer::new(PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()).unwrap()
}

fn operator(name: &str, validity: Validity, random: &mut SimRandom) -> Operator {
    let (sho_id, issuer): (ShoId, _) = (name.parse().unwrap(), issuer());
    let anchor = issue_sho_anchor(&issuer, &sho_id, validity, random).unwrap();
    let mut signing = |purpose| {
        let key = SoftwareKey::generate(KeyKind::EcP256).unwrap();
        let public = trust::PublicKey::from_spki_der(key.public_key().as_spki()).unwrap();
        let request = LeafRequest {
            purpose,
            public_key: &public,
            dns_names: &[],
            validity,
            ocsp_url: None,
        };
        let leaf = issue_leaf(&issuer, &anchor, &request, random).unwrap();
        SigningKey::new(Box::new(TestSigner(key)), leaf.der().to_vec())
    };
    let keys = OperatorKeys {
        anchor: anchor.certificate().der().to_vec(),
        bootstrap: signing(Purpose::Bootstrap),
        object: signing(Purpose::Object),
        peer_document: signing(Purpose::PeerDocument),
        decision: signing(Purpose::Decision),
    };
    Operator {
        sho_id,
        anchor,
        keys,
    }
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut random = SimRandom::from_seed(seed);
        let year = Duration::from_secs(365 * 86_400);
        let validity = Validity::new(now, now.plus(year)).unwrap();
        let pva_key = issuer();
        let pva = issue_pva_anchor(&pva_key, &"acme".parse().unwrap(), validity, &mut random);
        Self {
            now,
            donor: operator("001-01", validity, &mut random),
            recipient: operator("001-02", validity, &mut random),
            random,
            pva: pva.unwrap(),
            pva_key,
            made: 0,
        }
    }

    fn time(&self) -> TimePolicy {
        TimePolicy::Trusted(TimeInterval::exactly(self.now))
    }

    /// A TRE of the supplier's with its two certificates.
    pub(crate) fn device(&mut self) -> Device {
        self.made += 1;
        let tre_id: TreId = format!("urn:x-rehome:tre:acme:{:032x}", self.made)
            .parse()
            .unwrap();
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
            let request = certificate_request(&mut backend, key_use, &tre_id, &limits).unwrap();
            let request = CertificateRequest::from_der(&request).unwrap();
            let (now, random) = (self.now, &mut self.random);
            let issued = issue_tre(&self.pva_key, &self.pva, &request, granted, now, random);
            issued.unwrap().der().to_vec()
        };
        let certificates = TreCertificates {
            signature: certify(KeyUse::Signature, TreUse::Signature),
            envelope: Some(certify(KeyUse::Envelope, TreUse::Encipherment)),
        };
        Device {
            tre_id,
            certificates,
        }
    }

    pub(crate) fn keys(&mut self) -> MilenageKeys {
        MilenageKeys {
            k: Secret::new(self.random.array()),
            opc: Secret::new(self.random.array()),
            constants: None,
        }
    }

    pub(crate) fn subscriber(&mut self, imsi: &Imsi) -> Subscriber {
        Subscriber::new(imsi.clone(), self.keys())
    }

    pub(crate) fn create(&mut self, imsi: &Imsi) -> Effect {
        Effect::CreateSubscriber {
            imsi: imsi.clone(),
            keys: self.keys().into(),
        }
    }

    /// The device as its current operator has it.
    pub(crate) fn subscription(
        &mut self,
        device: &Device,
        imsi: &Imsi,
        counter: u64,
    ) -> Subscription {
        let certificate = device.certificates.signature.clone();
        let mcim_id = McimId(self.random.array());
        Subscription::new(
            device.tre_id.clone(),
            certificate,
            imsi.clone(),
            mcim_id,
            counter,
        )
        .unwrap()
    }

    /// Step 1 at the recipient, ready to be committed.
    pub(crate) fn register(&mut self, device: &Device, imsi: &Imsi) -> (OrderId, Commit) {
        let registration = Registration {
            tre_id: device.tre_id.clone(),
            from: self.donor.sho_id.clone(),
            certificates: device.certificates.clone(),
            token: Some(Secret::new("a transfer token of a subscriber".to_owned())),
        };
        let registrar = Registrar {
            now: self.now,
            time: self.time(),
            sho_id: &self.recipient.sho_id,
            keys: &self.recipient.keys,
            constants: &OperatorConstants {
                op: Secret::new([0x4f; 16]),
                top: None,
            },
            pvas: std::slice::from_ref(&self.pva),
            suites: &[Suite::Two],
            terms: Terms::DEFAULT,
            lifetime: Duration::from_secs(3600),
            prov_urls: &["https://dpf.mnc002.mcc001.rehome.test/dm".to_owned()],
            drf_url: "https://drf.mnc002.mcc001.rehome.test/drf",
            server_id: "dpf",
        };
        let (order, effects) =
            Order::register(registration, &registrar, imsi.clone(), &mut self.random).unwrap();
        let order_id = order.order_id();
        let commit = Commit {
            certificates: vec![(order_id, device.certificates.clone())],
            orders: vec![versioned(order, 0)],
            effects,
            ..Commit::default()
        };
        (order_id, commit)
    }

    /// Step 2 at the donor: the departure waits for its release.
    pub(crate) fn announce(
        &self,
        subscription: &mut Subscription,
        announcement: &[u8],
    ) -> Vec<Effect> {
        let peer = Peer {
            anchor: self.recipient.anchor.clone(),
            domains: vec!["mnc002.mcc001.rehome.test".to_owned()],
        };
        let policy = DonorPolicy {
            transfer: TransferPolicy::Open,
            ..DonorPolicy::default()
        };
        let access = NetworkAccess {
            id: "nap".to_owned(),
            apn: "m2m".to_owned(),
        };
        let acceptor = Acceptor {
            now: self.now,
            policy: &policy,
            keys: &self.donor.keys,
            from: &self.donor.sho_id,
            access: &access,
        };
        let signed = read_announcement(&peer, announcement, self.time()).unwrap();
        subscription
            .announce(&acceptor, &peer, &signed, announcement)
            .unwrap()
    }
}

/// The same subscription after its departures ended in releases. A whole move
/// is provisioning's to test; here its stored form is enough.
pub(crate) fn released(subscription: &Subscription) -> Subscription {
    let mut value = json(subscription);
    for departure in value["departures"].as_array_mut().unwrap() {
        departure["state"] = "released".into();
    }
    serde_json::from_value(value).unwrap()
}
