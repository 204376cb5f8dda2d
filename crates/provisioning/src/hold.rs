//! The guard against two devices in networks at once with one shared PCID
//! (TR 33.812 B.2.2.2, editor's note; docs/pcids.md): whoever has it keeps it
//! until the visited network purges it, or its lease ends. Meanwhile nobody gets
//! vectors for it.

use std::time::Duration;

use clock::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ProvisioningError;

/// How long a shared PCID is kept for one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// From vectors to UpdateLocation.
    pub attempt: Duration,
    /// From UpdateLocation on. Longer than the devices stay.
    pub stay: Duration,
}

impl Default for Lease {
    fn default() -> Self {
        Self {
            attempt: Duration::from_secs(30),
            stay: Duration::from_secs(300),
        }
    }
}

/// Who has a shared PCID, and until when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold(Option<Held>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Held {
    node: String,
    /// In milliseconds since 1970: a whole second would end it too early.
    until: u64,
    located: bool,
}

const REFUSED: ProvisioningError = ProvisioningError::refused("pcid-held");

impl Hold {
    /// A node asks for vectors. Returns whether there is something to store.
    ///
    /// # Errors
    /// `pcid-held` while another device has it or tries; only the attempt that
    /// is under way may resynchronise.
    pub fn ask(
        &mut self,
        node: &str,
        resynchronises: bool,
        now: Timestamp,
        lease: &Lease,
    ) -> Result<bool, ProvisioningError> {
        match self.running(now) {
            None => {
                self.0 = Some(Held {
                    node: node.to_owned(),
                    until: now.plus(lease.attempt).unix_millis(),
                    located: false,
                });
                Ok(true)
            }
            Some(held) if resynchronises && !held.located && held.node == node => Ok(false),
            Some(_) => Err(REFUSED),
        }
    }

    /// A node says that the device is there.
    ///
    /// # Errors
    /// `pcid-held` while another node has it.
    pub fn locate(
        &mut self,
        node: &str,
        now: Timestamp,
        lease: &Lease,
    ) -> Result<(), ProvisioningError> {
        if self.running(now).is_some_and(|held| held.node != node) {
            return Err(REFUSED);
        }
        self.0 = Some(Held {
            node: node.to_owned(),
            until: now.plus(lease.stay).unix_millis(),
            located: true,
        });
        Ok(())
    }

    /// A node says that the device is gone. Returns whether it was there.
    pub fn purge(&mut self, node: &str) -> bool {
        let there = self
            .0
            .as_ref()
            .is_some_and(|held| held.located && held.node == node);
        if there {
            self.0 = None;
        }
        there
    }

    fn running(&self, now: Timestamp) -> Option<&Held> {
        self.0
            .as_ref()
            .filter(|held| now.unix_millis() < held.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix_seconds(1000 + seconds)
    }

    const LEASE: Lease = Lease {
        attempt: Duration::from_secs(30),
        stay: Duration::from_secs(300),
    };

    fn code<T>(result: Result<T, ProvisioningError>) -> String {
        result
            .err()
            .map_or_else(String::new, |error| error.reason().code().to_owned())
    }

    #[test]
    fn a_lease_is_kept_to_the_millisecond_in_the_store_too() {
        let mut hold = Hold::default();
        let begin = Timestamp::from_unix_millis(1_000_999);
        hold.ask("a", false, begin, &LEASE).unwrap();
        hold.locate("a", begin, &LEASE).unwrap();
        let json = serde_json::to_string(&hold).unwrap();
        let mut hold: Hold = serde_json::from_str(&json).unwrap();
        let last = Timestamp::from_unix_millis(1_300_998);
        assert_eq!(code(hold.ask("b", false, last, &LEASE)), "pcid-held");
        let over = Timestamp::from_unix_millis(1_300_999);
        assert!(hold.ask("b", false, over, &LEASE).unwrap());
    }

    #[test]
    fn who_has_it_keeps_it_until_it_is_purged() {
        let mut hold = Hold::default();
        assert!(hold.ask("a", false, at(0), &LEASE).unwrap());
        // Another device, at the same node or another one.
        for node in ["a", "b"] {
            assert_eq!(code(hold.ask(node, false, at(29), &LEASE)), "pcid-held");
        }
        assert_eq!(code(hold.ask("b", true, at(1), &LEASE)), "pcid-held");
        assert!(!hold.ask("a", true, at(1), &LEASE).unwrap());
        assert_eq!(code(hold.locate("b", at(2), &LEASE)), "pcid-held");
        hold.locate("a", at(2), &LEASE).unwrap();
        for node in ["a", "b"] {
            for resynchronises in [false, true] {
                let asked = hold.ask(node, resynchronises, at(301), &LEASE);
                assert_eq!(code(asked), "pcid-held");
            }
        }
        assert!(!hold.purge("b"));
        assert!(hold.purge("a"));
        assert!(!hold.purge("a"));
        assert!(hold.ask("b", false, at(3), &LEASE).unwrap());
    }

    #[test]
    fn a_lease_ends_by_itself_and_so_does_an_attempt() {
        let mut hold = Hold::default();
        hold.ask("a", false, at(0), &LEASE).unwrap();
        assert!(hold.ask("b", false, at(30), &LEASE).unwrap());
        hold.locate("b", at(31), &LEASE).unwrap();
        assert_eq!(code(hold.ask("a", false, at(330), &LEASE)), "pcid-held");
        assert!(hold.ask("a", false, at(331), &LEASE).unwrap());
        // The purge of one that is gone takes nothing from who tries now.
        assert!(!hold.purge("b"));
        assert_eq!(code(hold.ask("b", false, at(332), &LEASE)), "pcid-held");
        // What is stored ends at the same millisecond.
        let json = serde_json::to_string(&hold).unwrap();
        assert_eq!(serde_json::from_str::<Hold>(&json).unwrap(), hold);
    }
}
