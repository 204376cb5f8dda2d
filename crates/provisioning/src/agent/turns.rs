//! When a device with a shared PCID attaches (TR 33.812 B.2.2.2, editor's note;
//! docs/pcids.md): in its own slot of a period, which follows from its TRE_id;
//! after failures some periods later, drawn by chance out of more and more.

use std::time::Duration;

use ::tre::TreId;
use openssl::sha::sha256;

/// The most periods that are drawn from: 2 to this power.
const MOST: u32 = 6;

/// Slots and how long a device stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turns {
    /// After this time the slots begin again; at least a second.
    pub period: Duration,
    /// How many slots there are in it; at least one.
    pub slots: u32,
    /// How long a device stays in the network at most. Below the HLR's lease.
    pub stay: Duration,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            period: Duration::from_secs(64),
            slots: 16,
            stay: Duration::from_secs(120),
        }
    }
}

impl Turns {
    /// The slot of a TRE, from zero.
    #[must_use]
    pub fn slot(&self, tre_id: &TreId) -> u32 {
        let digest = sha256(format!("rehome-slot-1|{}", tre_id.as_str()).as_bytes());
        let [a, b, c, d, ..] = digest;
        u32::from_be_bytes([a, b, c, d]) % self.slots.max(1)
    }

    /// How long to wait at the moment `at` after so many failures: to a moment in
    /// the own slot's first half, `draw` deciding by chance. `at` counts from any
    /// origin that the devices share, or from power-on.
    #[must_use]
    pub fn pause(&self, tre_id: &TreId, at: Duration, failures: u32, draw: u64) -> Duration {
        let period = millis(self.period).max(1000);
        let length = (period / u64::from(self.slots.max(1))).max(1);
        let start = length * u64::from(self.slot(tre_id));
        let now = millis(at);
        let passed = now % period;
        let to_slot = (start + period - passed) % period;
        let skipped = draw % (1 << failures.min(MOST));
        let within = (draw >> 32) % (length / 2).max(1);
        Duration::from_millis(to_slot + skipped * period + within)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TURNS: Turns = Turns {
        period: Duration::from_secs(64),
        slots: 16,
        stay: Duration::from_secs(10),
    };

    fn tre(number: u32) -> TreId {
        format!("urn:x-rehome:tre:acme:{number:032x}")
            .parse()
            .unwrap()
    }

    /// `printf 'rehome-slot-1|urn:x-rehome:tre:acme:00…01' | openssl dgst -sha256`
    /// begins with c5a74bb4; modulo 16 that is the slot.
    #[test]
    fn a_slot_follows_from_the_digest_that_openssl_prints() {
        assert_eq!(TURNS.slot(&tre(1)), 0xc5a74bb4_u32 % 16);
    }

    #[test]
    fn every_moment_that_is_waited_for_lies_in_the_own_slot() {
        for number in 0..50 {
            let tre_id = tre(number);
            let start = u64::from(TURNS.slot(&tre_id)) * 4000;
            for (at, failures, draw) in [
                (0, 0, 0),
                (1, 0, u64::MAX),
                (63_999, 3, 7 << 31),
                (70_000, 9, 1 << 40 | 63),
            ] {
                let at = Duration::from_millis(at);
                let then = at + TURNS.pause(&tre_id, at, failures, draw);
                let within = u64::try_from(then.as_millis()).unwrap() % 64_000;
                assert!((start..start + 2000).contains(&within), "{number} {within}");
            }
        }
    }

    #[test]
    fn pauses_grow_with_failures_and_have_an_end() {
        let longest = |failures| {
            (0..4096_u64)
                .map(|draw| {
                    TURNS
                        .pause(&tre(1), Duration::ZERO, failures, draw)
                        .as_secs()
                        / 64
                })
                .max()
                .unwrap()
        };
        let longest: Vec<u64> = [0, 1, 2, 3, 6, 7, 60].map(longest).to_vec();
        assert_eq!(longest, [0, 1, 3, 7, 63, 63, 63]);
    }
}
