//! What a server in this process costs while the calling thread plays its
//! clients: the processor time of all other threads, the kernel's work for them
//! included. Other programs on the machine disturb it less than they do a clock.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// Processor time of the other threads up to now.
pub(crate) fn of_others() -> Duration {
    let all = duration(clock_gettime(ClockId::ProcessCPUTime));
    all.saturating_sub(duration(clock_gettime(ClockId::ThreadCPUTime)))
}

/// Neither clock is ever negative.
fn duration(time: Timespec) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    let nanos = u32::try_from(time.tv_nsec).unwrap_or_default();
    Duration::new(seconds, nanos)
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::thread;

    use super::*;

    /// Until this thread has used that much more processor time.
    fn busy() {
        let now = || duration(clock_gettime(ClockId::ThreadCPUTime));
        let until = now() + WORK;
        while now() < until {
            black_box(());
        }
    }

    const WORK: Duration = Duration::from_millis(50);

    /// Whatever else this process does meanwhile.
    #[test]
    fn other_threads_count_and_this_one_does_not() {
        let all = || duration(clock_gettime(ClockId::ProcessCPUTime));
        let before = of_others();
        thread::scope(|scope| scope.spawn(busy).join()).unwrap();
        assert!(of_others().saturating_sub(before) >= WORK * 9 / 10);

        let (others, process) = (of_others(), all());
        busy();
        let others = of_others().saturating_sub(others);
        let process = all() - process;
        assert!(process - others >= WORK * 9 / 10, "{process:?}, {others:?}");
    }
}
