//! Sealed state against its counter: power lost at each point, copies put
//! back, two writers.

use secret::SecretBytes;
use tre::state::{self, Standing};
use tre::{Backend, KeyKind, KeyPairs, MemoryBackend, SealKey, SoftwareKey};

use crate::support::{SplitMix, backend, code, key};

type Tre = MemoryBackend<SplitMix>;

fn tre() -> Tre {
    backend(key(KeyKind::EcP256))
}

fn secret(text: &str) -> SecretBytes {
    SecretBytes::new(text.as_bytes().to_vec())
}

/// Seals, "stores" and raises.
fn save(tre: &mut Tre, text: &str) -> Vec<u8> {
    let pending = state::seal(tre, &secret(text)).unwrap();
    let octets = pending.octets().to_vec();
    pending.stored(tre).unwrap();
    octets
}

fn check(tre: &mut Tre, octets: &[u8], text: &str, standing: Standing) {
    let unsealed = state::open(tre, octets).unwrap();
    assert!(unsealed.state().ct_eq(&secret(text)));
    assert_eq!(unsealed.standing(), standing);
    match standing {
        Standing::Restored => assert_eq!(code(unsealed.require_current()), "state-restored"),
        _ => unsealed.require_current().unwrap(),
    }
}

#[test]
fn the_last_state_stored_is_current() {
    let mut tre = tre();
    for n in 1..=5 {
        let octets = save(&mut tre, &format!("state {n}"));
        assert_eq!(tre.counter().unwrap(), n);
        check(&mut tre, &octets, &format!("state {n}"), Standing::Current);
        assert_eq!(tre.counter().unwrap(), n, "opening moved the counter");
    }
}

#[test]
fn power_lost_between_storing_and_raising_is_made_good_once() {
    let mut tre = tre();
    let old = save(&mut tre, "old");
    let pending = state::seal(&mut tre, &secret("new")).unwrap();
    let new = pending.octets().to_vec();
    drop(pending);
    assert_eq!(tre.counter().unwrap(), 1);
    check(&mut tre, &new, "new", Standing::CaughtUp);
    assert_eq!(tre.counter().unwrap(), 2);
    check(&mut tre, &new, "new", Standing::Current);
    check(&mut tre, &old, "old", Standing::Restored);
}

#[test]
fn power_lost_before_storing_leaves_the_old_state_current() {
    let mut tre = tre();
    let old = save(&mut tre, "old");
    drop(state::seal(&mut tre, &secret("lost")).unwrap());
    check(&mut tre, &old, "old", Standing::Current);
}

#[test]
fn every_older_copy_is_restored_and_stays_readable() {
    let mut tre = tre();
    let copies: Vec<Vec<u8>> = (0..6).map(|n| save(&mut tre, &n.to_string())).collect();
    let counter = tre.counter().unwrap();
    for (n, copy) in copies.iter().enumerate().take(5) {
        check(&mut tre, copy, &n.to_string(), Standing::Restored);
        assert_eq!(tre.counter().unwrap(), counter);
    }
    // Resynchronised: a new state is sealed and is current again.
    let again = save(&mut tre, "again");
    check(&mut tre, &again, "again", Standing::Current);
}

fn parts(counter: u64) -> Tre {
    let keys = KeyPairs::One(SoftwareKey::generate(KeyKind::EcP256).unwrap());
    let seal_key = SealKey::from_octets(secret::Secret::new([3; 32]));
    MemoryBackend::from_parts(keys, seal_key, counter, SplitMix(counter))
}

#[test]
fn only_one_ahead_raises_the_counter() {
    let octets = save(&mut parts(9), "ten");
    for (counter, standing) in [
        (0, Standing::Restored),
        (8, Standing::Restored),
        (9, Standing::CaughtUp),
        (10, Standing::Current),
        (11, Standing::Restored),
        (u64::MAX, Standing::Restored),
    ] {
        let mut tre = parts(counter);
        check(&mut tre, &octets, "ten", standing);
        let raised = u64::from(standing == Standing::CaughtUp);
        assert_eq!(tre.counter().unwrap(), counter + raised);
    }
}

#[test]
fn a_second_writer_is_noticed() {
    let mut tre = tre();
    let first = state::seal(&mut tre, &secret("first")).unwrap();
    let second = state::seal(&mut tre, &secret("second")).unwrap();
    first.stored(&mut tre).unwrap();
    assert_eq!(code(second.stored(&mut tre)), "counter-moved");
    assert_eq!(tre.counter().unwrap(), 1);
}

#[test]
fn at_its_last_value_the_counter_seals_no_more() {
    let mut tre = parts(u64::MAX - 1);
    let last = save(&mut tre, "last");
    check(&mut tre, &last, "last", Standing::Current);
    assert_eq!(
        code(state::seal(&mut tre, &secret("more"))),
        "counter-exhausted"
    );
    assert_eq!(code(tre.increment_counter()), "counter-exhausted");
    assert_eq!(tre.counter().unwrap(), u64::MAX);
}

#[test]
fn octets_that_are_no_sealed_state_are_refused() {
    let mut tre = tre();
    let octets = save(&mut tre, "state");
    let mut other = backend(key(KeyKind::EcP256));
    let other_random = SplitMix(99);
    let keys = KeyPairs::One(key(KeyKind::EcP256));
    let mut stranger = MemoryBackend::new(keys, other_random);
    assert_eq!(code(state::open(&mut stranger, &octets)), "sealed-invalid");
    for at in 0..octets.len() {
        let mut changed = octets.clone();
        changed[at] ^= 1;
        assert_eq!(code(state::open(&mut tre, &changed)), "sealed-invalid");
    }
    for plain in [&b""[..], &[1], &[1, 0, 0, 0, 0, 0, 0, 0]] {
        let sealed = other.seal(plain).unwrap();
        assert_eq!(code(state::open(&mut other, &sealed)), "sealed-invalid");
    }
    let sealed = other.seal(&[2, 0, 0, 0, 0, 0, 0, 0, 1]).unwrap();
    assert_eq!(
        code(state::open(&mut other, &sealed)),
        "state-unsupported-version"
    );
}
