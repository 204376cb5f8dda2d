//! One subscriber in an operator's HLR/AuC (TS 23.008, TS 33.102 clause 6.3.2;
//! docs/operator-change.md section 7 for what enables and disables it): its
//! keys, its sequence numbers, and which serving node has it.

use aka::auc::SeqReservation;
use aka::{Amf, AuthenticationVector, Auts, Imsi, Ind, Rand, Seq};
use clock::Random;
use secret::Secret;
use serde::{Deserialize, Serialize};

use crate::payload::MilenageKeys;
use crate::{ProvisioningError, stored};

/// AMF of every vector: the separation bit of EPS is clear (TS 33.102 annex H).
const AMF: Amf = Amf([0, 0]);

/// A subscriber.
#[derive(Clone, Serialize, Deserialize)]
pub struct Subscriber {
    #[serde(with = "stored::text")]
    imsi: Imsi,
    #[serde(with = "stored::key16")]
    k: Secret<[u8; 16]>,
    #[serde(with = "stored::key16")]
    opc: Secret<[u8; 16]>,
    #[serde(with = "stored::maybe_base64")]
    constants: Option<Vec<u8>>,
    enabled: bool,
    /// No SEQ of this value or above was ever used.
    seq_bound: u64,
    /// Serving nodes in the order in which they first asked: the place is the
    /// IND (TS 33.102 annex C.3.4).
    nodes: Vec<String>,
    serving_node: Option<String>,
}

impl Subscriber {
    /// A new one, disabled.
    #[must_use]
    pub fn new(imsi: Imsi, keys: MilenageKeys) -> Self {
        Self {
            imsi,
            k: keys.k,
            opc: keys.opc,
            constants: keys.constants,
            enabled: false,
            seq_bound: 0,
            nodes: Vec::new(),
            serving_node: None,
        }
    }

    /// The subscriber's number.
    #[must_use]
    pub fn imsi(&self) -> &Imsi {
        &self.imsi
    }

    /// Its keys, for the TRE that is made with them.
    #[must_use]
    pub fn keys(&self) -> MilenageKeys {
        MilenageKeys {
            k: self.k.clone(),
            opc: self.opc.clone(),
            constants: self.constants.clone(),
        }
    }

    /// Whether it may authenticate.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// Lets it authenticate, or not. Numbers and keys stay.
    pub fn set_enabled(&mut self, enabled: bool) {
        self.enabled = enabled;
    }

    /// The node that has it, as the last UpdateLocation said.
    #[must_use]
    pub fn serving_node(&self) -> Option<&str> {
        self.serving_node.as_deref()
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

    /// SendAuthInfo: vectors for a serving node. `reservation` is the
    /// subscriber's in memory, made by [`Self::reservation`] after a start. If
    /// this state changed it must be stored before the vectors leave.
    ///
    /// # Errors
    /// `imsi-unknown` for a disabled subscriber: a serving network is told no
    /// more; a wrong AUTS; used-up numbers.
    pub fn vectors(
        &mut self,
        reservation: &mut SeqReservation,
        node: &str,
        count: usize,
        resync: Option<(&Rand, &Auts)>,
        random: &mut impl Random,
    ) -> Result<Vec<AuthenticationVector>, ProvisioningError> {
        if !self.enabled {
            return Err(ProvisioningError::refused("imsi-unknown"));
        }
        let milenage = self.keys().milenage()?;
        if let Some((rand, auts)) = resync {
            let bound = reservation.resynchronise(&milenage, rand, auts)?;
            self.raise(bound);
        }
        let issue = reservation.issue(&milenage, AMF, self.ind(node), count, random)?;
        self.raise(issue.store_bound);
        Ok(issue.vectors)
    }

    /// The numbers to go on with after a start: above the stored bound.
    #[must_use]
    pub fn reservation(&self) -> SeqReservation {
        SeqReservation::from_bound(Seq::new(self.seq_bound).unwrap_or(Seq::MAX))
    }

    /// UpdateLocation: the node has the subscriber from now on. Returns whether
    /// it is the first time that any node has it.
    ///
    /// # Errors
    /// `imsi-unknown` for a disabled subscriber.
    pub fn update_location(&mut self, node: &str) -> Result<bool, ProvisioningError> {
        if !self.enabled {
            return Err(ProvisioningError::refused("imsi-unknown"));
        }
        let first = self.serving_node.is_none();
        self.serving_node = Some(node.to_owned());
        Ok(first)
    }

    fn raise(&mut self, bound: Option<Seq>) {
        if let Some(bound) = bound {
            self.seq_bound = self.seq_bound.max(bound.to_u64());
        }
    }

    /// One IND for each node. A thirty-third shares the last: its vectors may
    /// then be refused as old and resynchronised, never accepted twice.
    fn ind(&mut self, node: &str) -> Ind {
        let place = self
            .nodes
            .iter()
            .position(|known| known == node)
            .unwrap_or_else(|| {
                if self.nodes.len() < Ind::COUNT {
                    self.nodes.push(node.to_owned());
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
    use super::*;

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

    #[test]
    fn a_disabled_subscriber_gets_nothing() {
        let mut subscriber = subscriber();
        let mut reservation = subscriber.reservation();
        let refused = subscriber.vectors(&mut reservation, "vno", 1, None, &mut Counter(0));
        assert_eq!(refused.err().unwrap().reason().code(), "imsi-unknown");
        assert_eq!(
            subscriber
                .update_location("vno")
                .unwrap_err()
                .reason()
                .code(),
            "imsi-unknown"
        );
        assert_eq!(subscriber.seq_bound(), 0);
    }

    #[test]
    fn the_bound_rises_before_vectors_leave_and_survives_storage() {
        let mut subscriber = subscriber();
        subscriber.set_enabled(true);
        let mut last = 0;
        for _ in 0..3 {
            let mut reservation = subscriber.reservation();
            subscriber
                .vectors(&mut reservation, "vno", 5, None, &mut Counter(0))
                .unwrap();
            assert!(subscriber.seq_bound() >= last + 5);
            last = subscriber.seq_bound();
            let json = serde_json::to_string(&subscriber).unwrap();
            subscriber = serde_json::from_str(&json).unwrap();
        }
    }

    #[test]
    fn each_node_has_its_own_ind_and_the_location_is_the_last_one() {
        let mut subscriber = subscriber();
        subscriber.set_enabled(true);
        assert_eq!(
            (
                subscriber.ind("a"),
                subscriber.ind("b"),
                subscriber.ind("a")
            ),
            (
                Ind::new(0).unwrap(),
                Ind::new(1).unwrap(),
                Ind::new(0).unwrap()
            )
        );
        assert!(subscriber.update_location("a").unwrap());
        assert!(!subscriber.update_location("b").unwrap());
        assert_eq!(subscriber.serving_node(), Some("b"));
        for node in 0..40 {
            subscriber.ind(&node.to_string());
        }
        assert_eq!(subscriber.ind("last").to_usize(), 31);
    }
}
