//! Randomness and time from the operating system.

use std::time::{SystemTime, UNIX_EPOCH};

use clock::{Random, Tick};
use tokens::os::{Monotonic, OsRandom, Uptime, boot_id, now};

#[test]
fn random_octets_fill_the_whole_buffer_and_differ() {
    // Longer than one call into the library asks for.
    let (mut a, mut b) = (vec![0; 200_000], vec![0; 200_000]);
    OsRandom.fill(&mut a);
    OsRandom.fill(&mut b);
    assert_ne!(a, b);
    // 16 zeros in a row have a chance of 2^-128 each.
    for part in a.chunks(16) {
        assert!(part.iter().any(|octet| *octet != 0));
    }
    OsRandom.fill(&mut []);
}

#[test]
fn now_lies_between_two_readings_of_the_system_clock() {
    let reading = || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        u64::try_from(since.as_millis()).unwrap()
    };
    let before = reading();
    let moment = now().unix_millis();
    assert!((before..=reading()).contains(&moment));
}

#[test]
fn the_monotonic_clock_never_steps_back_and_copies_agree() {
    let clock = Monotonic::start();
    let copy = clock;
    let mut last = Tick::ZERO;
    for _ in 0..1000 {
        let (first, second) = (clock.now(), copy.now());
        assert!(last <= first && first <= second);
        last = second;
    }
}

/// As the kernel tells it in another place: /proc/uptime counts by CLOCK_BOOTTIME.
#[test]
fn the_uptime_is_the_machine_s() {
    let kernel = || {
        let text = std::fs::read_to_string("/proc/uptime").unwrap();
        let seconds = text.split(' ').next().unwrap();
        seconds.parse::<f64>().unwrap()
    };
    let before = kernel();
    let between = Uptime.now().since_origin().as_secs_f64();
    // The kernel's has hundredths.
    assert!((before - 0.02..=kernel() + 0.02).contains(&between));
    assert_eq!(boot_id().unwrap().len(), 36);
    assert_eq!(boot_id(), boot_id());
}
