//! Named points at which a test ends the process, to see that what was promised
//! before is there afterwards (house rule "store, then answer"). Compiled to
//! nothing without the feature `crash-points`.
//!
//! - `REHOME_CRASH_AT=name:n` aborts at the n-th pass through `name`, from 1.
//! - `REHOME_CRASH_TRACE=FILE` appends the name of each point passed to FILE.

/// A point that a test may name.
#[cfg(not(feature = "crash-points"))]
#[inline]
pub fn crash_point(_name: &'static str) {}

/// A point that a test may name.
#[cfg(feature = "crash-points")]
pub fn crash_point(name: &'static str) {
    points::pass(name);
}

#[cfg(feature = "crash-points")]
mod points {
    use std::fs::{File, OpenOptions};
    use std::io::Write;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    struct Plan {
        crash: Option<(String, u64)>,
        passes: AtomicU64,
        trace: Option<File>,
    }

    pub(super) fn pass(name: &'static str) {
        static PLAN: OnceLock<Plan> = OnceLock::new();
        let plan = PLAN.get_or_init(Plan::read);
        if let Some(mut trace) = plan.trace.as_ref() {
            // One write for each line: appended lines of threads don't mix.
            or_abort(trace.write_all(format!("{name}\n").as_bytes()).ok());
        }
        let Some((_, at)) = plan.crash.as_ref().filter(|(wanted, _)| wanted == name) else {
            return;
        };
        if plan.passes.fetch_add(1, Ordering::SeqCst) + 1 == *at {
            std::process::abort();
        }
    }

    impl Plan {
        fn read() -> Self {
            let crash = std::env::var("REHOME_CRASH_AT").ok().map(|plan| {
                let parts = plan.rsplit_once(':');
                or_abort(parts.and_then(|(name, n)| Some((name.to_owned(), n.parse().ok()?))))
            });
            let trace = std::env::var_os("REHOME_CRASH_TRACE")
                .map(|path| or_abort(OpenOptions::new().append(true).create(true).open(path).ok()));
            Self {
                crash,
                passes: AtomicU64::new(0),
                trace,
            }
        }
    }

    /// A plan that can't be followed must not pass for a run without a crash.
    fn or_abort<T>(value: Option<T>) -> T {
        value.unwrap_or_else(|| std::process::abort())
    }
}
