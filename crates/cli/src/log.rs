//! What nodes and devices log goes to standard error: warnings, or what
//! `REHOME_LOG` asks for (`info`, `server=debug`, …).

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Starts logging.
pub(crate) fn start() {
    let filter = EnvFilter::builder()
        .with_env_var("REHOME_LOG")
        .with_default_directive(LevelFilter::WARN.into())
        .from_env_lossy();
    // A second start, which tests in one process would make, changes nothing.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init();
}
