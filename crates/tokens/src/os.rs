//! What engines are given from the operating system: randomness (SP 800-90A,
//! by libcrypto's generator, which the system seeds), UTC and a monotonic clock.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clock::{Random, Tick, Timestamp};
use rustix::time::{ClockId, clock_gettime};

/// As many octets as one call into libcrypto is asked for.
const CHUNK: usize = 1 << 16;

/// The system's randomness. Ends the process where there is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    fn fill(&mut self, out: &mut [u8]) {
        for part in out.chunks_mut(CHUNK) {
            if openssl::rand::rand_bytes(part).is_err() {
                std::process::abort();
            }
        }
    }
}

/// The wall clock's time. A clock before 1970 counts as 1970, one after 9999
/// as 9999. Nothing says that it is right: a certificate wants a trusted clock.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_unix_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// A clock that never steps back and whose origin is its making. Copies share
/// the origin; ticks of two makings must not be compared. On Linux the time
/// that the machine spends suspended is not counted.
#[derive(Clone, Copy, Debug)]
pub struct Monotonic(Instant);

impl Monotonic {
    /// Starts at [`Tick::ZERO`].
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since the start.
    #[must_use]
    pub fn now(&self) -> Tick {
        Tick::from_origin(self.0.elapsed())
    }
}

/// A clock that never steps back and counts the time that the machine spends
/// suspended too (CLOCK_BOOTTIME). Its origin is the machine's start, so that it
/// is the same for all processes until [`boot_id`] changes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Uptime;

impl Uptime {
    /// The time since the machine's start.
    #[must_use]
    pub fn now(self) -> Tick {
        let time = clock_gettime(ClockId::Boottime);
        Tick::from_origin(Duration::new(
            u64::try_from(time.tv_sec).unwrap_or_default(),
            u32::try_from(time.tv_nsec).unwrap_or_default(),
        ))
    }
}

/// What the kernel calls this start of the machine; `None` where it does not say.
/// Ticks of [`Uptime`] under two of these must not be compared.
#[must_use]
pub fn boot_id() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}
