//! One subscriber in an operator's HLR/AuC (TS 23.008, TS 33.102 clause 6.3.2;
//! docs/operator-change.md section 7 for what enables and disables it): its
//! keys, its sequence numbers, and which serving node has it.

use aka::auc::SeqReservation;
use aka::{AlgorithmSet, Amf, AuthenticationVector, Auts, Imsi, Ind, Rand, Seq};
use clock::Random;
use serde::{Deserialize, Serialize};

use crate::hold::Hold;
use crate::payload::SubscriberKeys;
use crate::{ProvisioningError, stored};

/// The domain of the core network in which a node serves (TS 23.002 clause 4.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// Packet switched: an SGSN.
    Packet,
    /// Circuit switched: an MSC with its VLR.
    Circuit,
}

/// Where a subscriber is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The serving node, by its certificate or its address.
    pub node: String,
    /// What that node calls the part of it that has the subscriber. Tells its
    /// connections apart, and decides nothing else.
    pub unit: String,
}

/// What an UpdateLocation changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// It is the first time that any node has the subscriber.
    pub first: bool,
    /// The node that had it before in this domain, if it was another.
    pub left: Option<Location>,
}

/// What a serving node asks the AuC for.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The serving node, by its certificate or its address.
    pub node: &'a str,
    /// Where it serves: each domain has its own IND.
    pub domain: Domain,
    /// How many vectors, 1 to `aka::auc::MAX_VECTORS`.
    pub count: usize,
    /// The AMF of the vectors: the separation bit for EPS alone (TS 33.102
    /// annex H).
    pub amf: Amf,
    /// RAND and AUTS of a USIM that asks to resynchronise.
    pub resync: Option<(&'a Rand, &'a Auts)>,
}

/// What the name of a node has behind it in the circuit switched domain.
const CIRCUIT: &str = " cs";

/// A subscriber.
#[derive(Clone, Serialize, Deserialize)]
pub struct Subscriber {
    #[serde(with = "stored::text")]
    imsi: Imsi,
    #[serde(flatten, with = "stored::keys")]
    keys: SubscriberKeys,
    enabled: bool,
    /// No SEQ of this value or above was ever used.
    seq_bound: u64,
    /// Serving nodes in the order in which they first asked: the place is the
    /// IND (TS 33.102 annex C.3.4).
    nodes: Vec<String>,
    /// Where it is in the packet switched domain.
    serving_node: Option<String>,
    #[serde(default)]
    serving_unit: String,
    /// Where it is in the circuit switched domain.
    #[serde(default)]
    vlr: Option<Location>,
    /// Whether any node ever had it.
    #[serde(default)]
    seen: bool,
    /// A group of devices has this PCID and K.
    #[serde(default)]
    shared: bool,
    /// Which of them has it now.
    #[serde(default)]
    hold: Hold,
}

impl Subscriber {
    /// A new one, disabled.
    #[must_use]
    pub fn new(imsi: Imsi, keys: impl Into<SubscriberKeys>) -> Self {
        Self {
            imsi,
            keys: keys.into(),
            enabled: false,
            seq_bound: 0,
            nodes: Vec::new(),
            serving_node: None,
            serving_unit: String::new(),
            vlr: None,
            seen: false,
            shared: false,
            hold: Hold::default(),
        }
    }

    /// The subscriber's number.
    #[must_use]
    pub fn imsi(&self) -> &Imsi {
        &self.imsi
    }

    /// Its keys, for the TRE that is made with them.
    #[must_use]
    pub fn keys(&self) -> &SubscriberKeys {
        &self.keys
    }

    /// Whether it may authenticate.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// Lets it authenticate, or not. Numbers and keys stay; one that may not is
    /// nowhere.
    pub fn set_enabled(&mut self, enabled: bool) {
        self.enabled = enabled;
        if !enabled {
            self.seen |= self.serving_node.is_some();
            self.leave(Domain::Packet);
            self.leave(Domain::Circuit);
        }
    }

    /// Whether a group of devices has it: then it proves no TRE_id.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.shared
    }

    /// Who of a group has it now; nothing for a subscriber of one device.
    pub fn hold(&mut self) -> Option<&mut Hold> {
        self.shared.then_some(&mut self.hold)
    }

    /// A group of devices has it, or one device.
    pub fn set_shared(&mut self, shared: bool) {
        self.shared = shared;
    }

    /// The node that has it, as the last UpdateLocation said; that of the packet
    /// switched domain where both have one.
    #[must_use]
    pub fn serving_node(&self) -> Option<&str> {
        let vlr = || self.vlr.as_ref().map(|vlr| vlr.node.as_str());
        self.serving_node.as_deref().or_else(vlr)
    }

    /// Where it is in a domain.
    #[must_use]
    pub fn location(&self, domain: Domain) -> Option<Location> {
        match domain {
            Domain::Packet => self.serving_node.clone().map(|node| Location {
                node,
                unit: self.serving_unit.clone(),
            }),
            Domain::Circuit => self.vlr.clone(),
        }
    }

    /// Everywhere that it is.
    #[must_use]
    pub fn locations(&self) -> Vec<(Domain, Location)> {
        [Domain::Packet, Domain::Circuit]
            .into_iter()
            .filter_map(|domain| Some((domain, self.location(domain)?)))
            .collect()
    }

    /// The stored bound of its SEQ.
    #[must_use]
    pub fn seq_bound(&self) -> u64 {
        self.seq_bound
    }

    /// What [`Self::vectors`] may change of what is stored: equal before and
    /// after where there is nothing to store.
    #[must_use]
    pub fn authentication_mark(&self) -> (u64, usize) {
        (self.seq_bound, self.nodes.len())
    }

    /// Its algorithm set with the key schedule, for [`Self::vectors`].
    ///
    /// # Errors
    /// Constants that are none.
    pub fn algorithm(&self) -> Result<Box<dyn AlgorithmSet + Send + Sync>, ProvisioningError> {
        Ok(Box::new(self.keys.algorithm()?))
    }

    /// SendAuthInfo: vectors for a serving node. `algorithm` is
    /// [`Self::algorithm`]'s; `reservation` is the subscriber's in memory, made by
    /// [`Self::reservation`] after a start. If this state changed it must be
    /// stored before the vectors leave.
    ///
    /// # Errors
    /// `imsi-unknown` for a disabled subscriber: a serving network is told no
    /// more; a wrong AUTS; used-up numbers.
    pub fn vectors<A: AlgorithmSet + ?Sized>(
        &mut self,
        algorithm: &A,
        reservation: &mut SeqReservation,
        request: &Request<'_>,
        random: &mut impl Random,
    ) -> Result<Vec<AuthenticationVector>, ProvisioningError> {
        if !self.enabled {
            return Err(ProvisioningError::refused("imsi-unknown"));
        }
        if let Some((rand, auts)) = request.resync {
            let bound = reservation.resynchronise(algorithm, rand, auts)?;
            self.raise(bound);
        }
        let ind = self.ind(request.node, request.domain);
        let issue = reservation.issue(algorithm, request.amf, ind, request.count, random)?;
        self.raise(issue.store_bound);
        Ok(issue.vectors)
    }

    /// The numbers to go on with after a start: above the stored bound.
    #[must_use]
    pub fn reservation(&self) -> SeqReservation {
        SeqReservation::from_bound(Seq::new(self.seq_bound).unwrap_or(Seq::MAX))
    }

    /// UpdateLocation: the subscriber is there from now on.
    ///
    /// # Errors
    /// `imsi-unknown` for a disabled subscriber.
    pub fn update_location(
        &mut self,
        domain: Domain,
        here: &Location,
    ) -> Result<Moved, ProvisioningError> {
        if !self.enabled {
            return Err(ProvisioningError::refused("imsi-unknown"));
        }
        let before = self.location(domain);
        let first = !self.seen && self.serving_node().is_none();
        self.seen = true;
        match domain {
            Domain::Packet => {
                self.serving_node = Some(here.node.clone());
                self.serving_unit.clone_from(&here.unit);
            }
            Domain::Circuit => self.vlr = Some(here.clone()),
        }
        Ok(Moved {
            first,
            left: before.filter(|before| before != here),
        })
    }

    /// PurgeMS (TS 29.002 clause 8.1.6): the node has forgotten the subscriber. It
    /// is nowhere then, unless another has it by now. Returns whether it was there.
    pub fn purge(&mut self, domain: Domain, there: &Location) -> bool {
        let was = self.location(domain).as_ref() == Some(there);
        if was {
            self.seen = true;
            self.leave(domain);
        }
        was
    }

    fn leave(&mut self, domain: Domain) {
        match domain {
            Domain::Packet => {
                self.serving_node = None;
                self.serving_unit.clear();
            }
            Domain::Circuit => self.vlr = None,
        }
    }

    fn raise(&mut self, bound: Option<Seq>) {
        if let Some(bound) = bound {
            self.seq_bound = self.seq_bound.max(bound.to_u64());
        }
    }

    /// One IND for each node and domain; no name of a node has a space. A
    /// thirty-third shares the last: its vectors may then be refused as old and
    /// resynchronised, never accepted twice.
    fn ind(&mut self, node: &str, domain: Domain) -> Ind {
        let is = |known: &str| match domain {
            Domain::Packet => known == node,
            Domain::Circuit => known.strip_suffix(CIRCUIT) == Some(node),
        };
        let place = self.nodes.iter().position(|known| is(known));
        let place = place.unwrap_or_else(|| {
            if self.nodes.len() < Ind::COUNT {
                let suffix = if domain == Domain::Circuit {
                    CIRCUIT
                } else {
                    ""
                };
                self.nodes.push(format!("{node}{suffix}"));
            }
            self.nodes.len() - 1
        });
        u8::try_from(place)
            .ok()
            .and_then(Ind::new)
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use secret::Secret;

    use super::*;
    use crate::payload::{AlgorithmId, MilenageKeys, TuakKeys};

    struct Counter(u8);

    impl Random for Counter {
        fn fill(&mut self, out: &mut [u8]) {
            self.0 += 1;
            out.fill(self.0);
        }
    }

    fn subscriber() -> Subscriber {
        let key = || Secret::new([7; 16]);
        let keys = MilenageKeys {
            k: key(),
            opc: key(),
            constants: None,
        };
        Subscriber::new("001010000000001".parse().unwrap(), keys)
    }

    fn one(node: &str) -> Request<'_> {
        Request {
            node,
            domain: Domain::Packet,
            count: 1,
            amf: Amf([0, 0]),
            resync: None,
        }
    }

    fn at(node: &str, unit: &str) -> Location {
        Location {
            node: node.to_owned(),
            unit: unit.to_owned(),
        }
    }

    #[test]
    fn a_disabled_subscriber_gets_nothing() {
        let mut subscriber = subscriber();
        let mut reservation = subscriber.reservation();
        let algorithm = subscriber.algorithm().unwrap();
        let refused =
            subscriber.vectors(&*algorithm, &mut reservation, &one("vno"), &mut Counter(0));
        assert_eq!(refused.err().unwrap().reason().code(), "imsi-unknown");
        let refused = subscriber.update_location(Domain::Packet, &at("vno", "v"));
        assert_eq!(refused.unwrap_err().reason().code(), "imsi-unknown");
        assert_eq!(subscriber.seq_bound(), 0);
        assert_eq!(subscriber.locations(), []);
    }

    #[test]
    fn the_bound_rises_before_vectors_leave_and_survives_storage() {
        let mut subscriber = subscriber();
        subscriber.set_enabled(true);
        let mut last = 0;
        for _ in 0..3 {
            let mut reservation = subscriber.reservation();
            let algorithm = subscriber.algorithm().unwrap();
            let five = Request {
                count: 5,
                ..one("vno")
            };
            subscriber
                .vectors(&*algorithm, &mut reservation, &five, &mut Counter(0))
                .unwrap();
            assert!(subscriber.seq_bound() >= last + 5);
            last = subscriber.seq_bound();
            let json = serde_json::to_string(&subscriber).unwrap();
            subscriber = serde_json::from_str(&json).unwrap();
        }
    }

    /// As the versions stored it that knew MILENAGE alone.
    #[test]
    fn a_body_of_the_old_shape_is_read_and_its_keys_written_alike() {
        let old = r#"{"imsi":"001010000000001","k":"BwcHBwcHBwcHBwcHBwcHBw==","opc":"CAgICAgICAgICAgICAgICA==","constants":null,"enabled":true,"seq_bound":65,"nodes":["vno"],"serving_node":"vno"}"#;
        let read: Subscriber = serde_json::from_str(old).unwrap();
        assert_eq!(
            (read.keys().k(), read.keys().operator()),
            (&[7; 16][..], &[8; 16][..])
        );
        assert_eq!((read.seq_bound(), read.serving_node()), (65, Some("vno")));
        assert!(read.is_enabled());
        let written = serde_json::to_string(&read).unwrap();
        let again: Subscriber = serde_json::from_str(&written).unwrap();
        assert!(again.keys().ct_eq(read.keys()));
        assert!(written.contains(
            r#""k":"BwcHBwcHBwcHBwcHBwcHBw==","opc":"CAgICAgICAgICAgICAgICA==","constants":null"#
        ));
        let own = old.replace("null", "\"AQI=\"");
        let read: Subscriber = serde_json::from_str(&own).unwrap();
        let kept = |keys: &SubscriberKeys| match keys {
            SubscriberKeys::Milenage(keys) => keys.constants.clone(),
            SubscriberKeys::Tuak(_) => None,
        };
        assert_eq!(kept(read.keys()), Some(vec![1, 2]));
    }

    #[test]
    fn keys_of_tuak_survive_storage_and_mixtures_are_refused() {
        let keys = TuakKeys::random(&Secret::new([9; 32]), &mut Counter(0));
        let subscriber = Subscriber::new("001010000000001".parse().unwrap(), keys);
        let json = serde_json::to_string(&subscriber).unwrap();
        let read: Subscriber = serde_json::from_str(&json).unwrap();
        assert!(read.keys().ct_eq(subscriber.keys()));
        assert_eq!(read.keys().id(), AlgorithmId::Tuak);
        let with = |name: &str, value: &str| {
            let mut body: serde_json::Value = serde_json::from_str(&json).unwrap();
            body[name] = value.into();
            serde_json::from_value::<Subscriber>(body)
        };
        // 16 octets of OPc beside TOPc, r and c for TUAK, and another length.
        assert!(with("opc", "CAgICAgICAgICAgICAgICA==").is_err());
        assert!(with("constants", "AQI=").is_err());
        assert!(with("tuak", "ARAICBAQ").is_err());
        assert!(with("k", "BwcHBwcHBwcHBwcHBwcHBw==").is_err());
        assert!(with("topc", "CAgICAgICAgICAgICAgICA==").is_err());
        let other = TuakKeys::random(&Secret::new([8; 32]), &mut Counter(0));
        assert!(!SubscriberKeys::from(other).ct_eq(read.keys()));
    }

    #[test]
    fn each_node_and_domain_has_its_own_ind() {
        let mut subscriber = subscriber();
        subscriber.set_enabled(true);
        let mut ind = |node: &str, domain| subscriber.ind(node, domain).to_usize();
        assert_eq!(ind("a", Domain::Packet), 0);
        assert_eq!(ind("b", Domain::Packet), 1);
        assert_eq!(ind("a", Domain::Packet), 0);
        assert_eq!(ind("a", Domain::Circuit), 2);
        assert_eq!(ind("b", Domain::Circuit), 3);
        assert_eq!(ind("a", Domain::Circuit), 2);
        for node in 0..40 {
            ind(&node.to_string(), Domain::Packet);
        }
        assert_eq!(ind("last", Domain::Packet), 31);
    }

    #[test]
    fn the_location_is_the_last_one_of_its_domain() {
        let mut subscriber = subscriber();
        subscriber.set_enabled(true);
        let mut to = |domain, here: Location| {
            let moved = subscriber.update_location(domain, &here).unwrap();
            (moved.first, moved.left)
        };
        assert_eq!(to(Domain::Packet, at("a", "1")), (true, None));
        assert_eq!(to(Domain::Packet, at("a", "1")), (false, None));
        // An MSC beside an SGSN drives nobody away.
        assert_eq!(to(Domain::Circuit, at("c", "1")), (false, None));
        // Another unit of the same node does.
        let left = Some(at("a", "1"));
        assert_eq!(to(Domain::Packet, at("a", "2")), (false, left));
        assert_eq!(to(Domain::Packet, at("b", "1")).1, Some(at("a", "2")));
        assert_eq!(subscriber.serving_node(), Some("b"));
        // A node that it has left since purges nothing.
        assert!(!subscriber.purge(Domain::Packet, &at("a", "2")));
        assert!(!subscriber.purge(Domain::Circuit, &at("b", "1")));
        assert!(subscriber.purge(Domain::Packet, &at("b", "1")));
        assert_eq!(subscriber.serving_node(), Some("c"));
        assert!(subscriber.purge(Domain::Circuit, &at("c", "1")));
        assert_eq!(subscriber.serving_node(), None);
        let back = subscriber.update_location(Domain::Packet, &at("a", "1"));
        assert!(!back.unwrap().first, "it was seen before");
        subscriber.set_enabled(false);
        assert_eq!(subscriber.locations(), []);
        subscriber.set_enabled(true);
        let back = subscriber.update_location(Domain::Packet, &at("a", "1"));
        assert!(!back.unwrap().first, "it was seen before");
    }
}
