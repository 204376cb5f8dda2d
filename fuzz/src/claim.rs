//! The claim on memory: all that a reader asks of the allocator, kept or not,
//! is at most a multiple of its input and a constant.

use std::alloc::System;
use std::sync::atomic::{AtomicUsize, Ordering};

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Octets that any reader may ask for, whatever its input.
pub const FREE: usize = 64 << 10;

/// The most of a multiple that was seen, in hundredths.
static WORST: AtomicUsize = AtomicUsize::new(0);

/// Octets asked of the allocator so far, by all threads.
#[must_use]
pub fn allocated() -> usize {
    INSTRUMENTED_SYSTEM.stats().bytes_allocated
}

/// Runs a reader of `octets`, which may ask for `multiple` times as many.
pub fn bounded<T>(octets: &[u8], multiple: usize, read: impl FnOnce() -> T) -> T {
    let before = allocated();
    let value = read();
    let asked = allocated().wrapping_sub(before);
    let most = FREE + octets.len() * multiple;
    assert!(
        asked <= most,
        "{asked} octets allocated for {}, more than {most}",
        octets.len()
    );
    let over = asked.saturating_sub(FREE) * 100 / octets.len().max(1);
    WORST.fetch_max(over, Ordering::Relaxed);
    value
}

/// The worst multiple of the input that was seen beyond [`FREE`], in hundredths.
pub fn worst() -> usize {
    WORST.load(Ordering::Relaxed)
}
