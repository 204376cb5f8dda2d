//! An operator with its keys, its HLR and what it stores, as JSON text so that
//! every step passes through the stored form.

use std::collections::BTreeMap;

use aka::{Amf, AuthenticationVector, Imsi, Ind, Rand, Seq, Sqn};
use clock::{Random, Timestamp};
use provisioning::audit::AuditEntry;
use provisioning::bootstrap::NetworkAccess;
use provisioning::donor::{DonorPolicy, Subscription};
use provisioning::effect::Effect;
use provisioning::payload::{OperatorConstants, SubscriberKeys};
use provisioning::peer::Peer;
use provisioning::recipient::Order;
use provisioning::{OperatorKeys, OrderId, SigningKey};
use secret::Secret;
use sim::net::SimRandom;
use tre::{KeyKind, SoftwareKey};
use trust::issue::{LeafRequest, SoftwareIssuer, issue_leaf, issue_sho_anchor};
use trust::{Anchor, Purpose, ShoId};
use xmldsig::{SignatureAlgorithm, Signer, SignerError};

use super::supplier::{issuer, validity};

pub struct HlrRow {
    pub keys: SubscriberKeys,
    pub enabled: bool,
    pub seq: u64,
}

pub struct Operator {
    pub sho_id: ShoId,
    pub issuer: SoftwareIssuer,
    pub anchor: Anchor,
    pub keys: OperatorKeys,
    pub constants: OperatorConstants,
    pub policy: DonorPolicy,
    pub access: NetworkAccess,
    pub hlr: BTreeMap<Imsi, HlrRow>,
    pub envelope_certificates: BTreeMap<OrderId, Option<Vec<u8>>>,
    subscriptions: BTreeMap<String, String>,
    orders: BTreeMap<OrderId, String>,
    next: u32,
    pub audit: Vec<AuditEntry>,
}

pub struct SoftwareSigner(pub SoftwareKey);

impl Signer for SoftwareSigner {
    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::EcdsaP256Sha256
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.0.sign(message).map_err(SignerError::new)
    }
}

/// A key with a leaf for `purpose`.
pub fn purpose_key(
    issuer: &SoftwareIssuer,
    anchor: &Anchor,
    purpose: Purpose,
    now: Timestamp,
    random: &mut SimRandom,
) -> SigningKey {
    let key = SoftwareKey::generate(KeyKind::EcP256).unwrap();
    let public = trust::PublicKey::from_spki_der(key.public_key().as_spki()).unwrap();
    let request = LeafRequest {
        purpose,
        public_key: &public,
        dns_names: &[],
        validity: validity(now),
        ocsp_url: None,
    };
    let leaf = issue_leaf(issuer, anchor, &request, random).unwrap();
    SigningKey::new(Box::new(SoftwareSigner(key)), leaf.der().to_vec())
}

impl Operator {
    pub fn new(sho_id: ShoId, now: Timestamp, random: &mut SimRandom) -> Self {
        let issuer = issuer();
        let anchor = issue_sho_anchor(&issuer, &sho_id, validity(now), random).unwrap();
        let mut key = |purpose| purpose_key(&issuer, &anchor, purpose, now, random);
        let keys = OperatorKeys {
            anchor: anchor.certificate().der().to_vec(),
            bootstrap: key(Purpose::Bootstrap),
            object: key(Purpose::Object),
            peer_document: key(Purpose::PeerDocument),
            decision: key(Purpose::Decision),
        };
        Self {
            access: NetworkAccess {
                id: format!("nap-{sho_id}"),
                apn: "m2m".to_owned(),
            },
            constants: OperatorConstants {
                op: Secret::new(random.array()),
                top: None,
            },
            sho_id,
            issuer,
            anchor,
            keys,
            policy: DonorPolicy::default(),
            hlr: BTreeMap::new(),
            envelope_certificates: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            orders: BTreeMap::new(),
            next: 1,
            audit: Vec::new(),
        }
    }

    pub fn domain(&self) -> String {
        format!(
            "mnc{:0>3}.mcc{}.rehome.test",
            self.sho_id.mnc(),
            self.sho_id.mcc()
        )
    }

    pub fn prov_urls(&self) -> Vec<String> {
        vec![format!("https://dpf.{}/dm", self.domain())]
    }

    pub fn drf_url(&self) -> String {
        format!("https://drf.{}/drf", self.domain())
    }

    pub fn as_peer(&self) -> Peer {
        Peer {
            anchor: self.anchor.clone(),
            domains: vec![self.domain()],
        }
    }

    pub fn next_imsi(&mut self) -> Imsi {
        self.next += 1;
        format!("{}{:010}", self.sho_id.prefix(), self.next)
            .parse()
            .unwrap()
    }

    pub fn subscription(&self, tre_id: &str) -> Option<Subscription> {
        self.subscriptions
            .get(tre_id)
            .map(|json| serde_json::from_str(json).unwrap())
    }

    pub fn put_subscription(&mut self, subscription: &Subscription) {
        let json = serde_json::to_string(subscription).unwrap();
        self.subscriptions
            .insert(subscription.tre_id().as_str().to_owned(), json);
    }

    pub fn order(&self, order_id: OrderId) -> Order {
        serde_json::from_str(&self.orders[&order_id]).unwrap()
    }

    pub fn put_order(&mut self, order: &Order) {
        self.orders
            .insert(order.order_id(), serde_json::to_string(order).unwrap());
    }

    /// A vector for an enabled subscriber.
    pub fn vector(&mut self, imsi: &Imsi, random: &mut SimRandom) -> Option<AuthenticationVector> {
        let row = self.hlr.get_mut(imsi).filter(|row| row.enabled)?;
        let sqn = Sqn::new(Seq::new(row.seq).unwrap(), Ind::new(1).unwrap());
        row.seq += 1;
        let algorithm = row.keys.algorithm().unwrap();
        Some(AuthenticationVector::new(
            &algorithm,
            Rand(random.array()),
            sqn,
            Amf([0, 0]),
        ))
    }

    /// What the node does; a pushed container comes back.
    pub fn apply(&mut self, effect: Effect) -> Option<Vec<u8>> {
        match effect {
            Effect::CreateSubscriber { imsi, keys } => {
                self.hlr.insert(
                    imsi,
                    HlrRow {
                        keys,
                        enabled: false,
                        seq: 1,
                    },
                );
            }
            Effect::EnableSubscriber(imsi) => self.hlr.get_mut(&imsi).unwrap().enabled = true,
            Effect::DisableSubscriber(imsi) => self.hlr.get_mut(&imsi).unwrap().enabled = false,
            Effect::DeleteSubscriber(imsi) => drop(self.hlr.remove(&imsi)),
            Effect::Push { container, .. } => return Some(container),
            Effect::BecomeHome(subscription) => {
                let subscription = match self.subscription(subscription.tre_id().as_str()) {
                    Some(older) => subscription.returning(older),
                    None => *subscription,
                };
                self.put_subscription(&subscription);
            }
            Effect::Record(entry) => self.audit.push(entry),
            Effect::Announce(_)
            | Effect::SendRelease(_)
            | Effect::AssignPcid { .. }
            | Effect::DropPcid { .. }
            | Effect::DeleteCertTre(_) => {}
        }
        None
    }
}
