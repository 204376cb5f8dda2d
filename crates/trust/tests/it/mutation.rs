//! No octet of a leaf may change: it is refused, or it can't be read.

use trust::{Certificate, Purpose, verify_leaf};

use crate::support::random::Seeded;
use crate::support::test_keys::p256;
use crate::support::{ANCHOR_KEY, anchor, in_date, leaf, sho};

fn accepted(der: &[u8]) -> bool {
    Certificate::from_der(der)
        .and_then(|leaf| {
            verify_leaf(
                &leaf,
                &anchor("001-01"),
                Purpose::Decision,
                &sho("001-01"),
                in_date(),
            )
        })
        .is_ok()
}

#[test]
fn a_leaf_with_any_bit_changed_is_refused() {
    let whole = leaf("001-01", Purpose::Decision).signed_by(&p256(ANCHOR_KEY));
    assert!(accepted(&whole));
    for bit in 0..whole.len() * 8 {
        let mut changed = whole.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(!accepted(&changed), "bit {bit}");
    }
}

#[test]
fn random_octets_and_splices_never_panic() {
    let mut random = Seeded::new(4711);
    let whole = leaf("001-01", Purpose::Decision).signed_by(&p256(ANCHOR_KEY));
    for _ in 0..3000 {
        let mut changed = whole.clone();
        for _ in 0..1 + random.below(6) {
            let at = random.below(changed.len());
            match random.below(3) {
                0 => changed[at] = (random.next() >> 56) as u8,
                1 => drop(changed.remove(at)),
                _ => changed.insert(at, (random.next() >> 56) as u8),
            }
        }
        assert!(changed == whole || !accepted(&changed));
    }
}
