//! Runs over many seeds, and how to replay the one that failed.

/// The environment variable that picks one seed.
pub const SEED_VARIABLE: &str = "REHOME_SEED";

/// The command that runs `test` (its path inside the test binary `it`) of
/// `package` with this seed alone.
#[must_use]
pub fn replay_line(package: &str, test: &str, seed: u64) -> String {
    format!("{SEED_VARIABLE}={seed} cargo test -p {package} --test it -- --exact {test}")
}

/// Calls `run` with the seeds 0 to `count` − 1, or with the one that
/// `REHOME_SEED` names. When a run panics, the command that replays it goes to
/// standard error.
pub fn for_each_seed(package: &str, test: &str, count: u64, mut run: impl FnMut(u64)) {
    let chosen = std::env::var(SEED_VARIABLE)
        .ok()
        .and_then(|text| text.trim().parse::<u64>().ok());
    let seeds = chosen.map_or(0..count, |seed| seed..seed.saturating_add(1));
    for seed in seeds {
        let guard = ReplayOnPanic {
            line: replay_line(package, test, seed),
        };
        run(seed);
        drop(guard);
    }
}

struct ReplayOnPanic {
    line: String,
}

impl Drop for ReplayOnPanic {
    #[expect(
        clippy::print_stderr,
        reason = "the replay line must reach whoever sees the test fail"
    )]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("replay with: {}", self.line);
        }
    }
}
