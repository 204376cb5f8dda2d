//! The progress display: on a terminal, on standard error, and nowhere else.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use provisioning::recipient::OrderState;

/// What is shown while the demo runs, and how far it is.
pub(crate) struct Progress {
    bar: ProgressBar,
    ended: AtomicU64,
}

impl Progress {
    pub(crate) fn new(quiet: bool) -> Self {
        let target = if quiet || !std::io::stderr().is_terminal() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) =
            ProgressStyle::with_template("{msg:<24} {wide_bar} {pos:>5}/{len:<5} {elapsed}")
        {
            bar.set_style(style);
        }
        Self {
            bar,
            ended: AtomicU64::new(0),
        }
    }

    /// A new part of the work begins.
    pub(crate) fn part(&self, what: &'static str, count: u32) {
        self.bar.reset();
        self.bar.set_length(count.into());
        self.bar.set_message(what);
    }

    pub(crate) fn made(&self) {
        self.bar.inc(1);
    }

    pub(super) fn moved(&self, state: OrderState) {
        tracing::debug!(state = state.name(), "a move is over");
        self.ended.fetch_add(1, Ordering::Relaxed);
        self.bar.inc(1);
    }

    /// How many moves are over.
    pub(super) fn ended(&self) -> u64 {
        self.ended.load(Ordering::Relaxed)
    }

    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
