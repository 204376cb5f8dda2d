//! The order to end, as a server gives it to its tasks (house rule: no task
//! outlives the server that started it).

use tokio::sync::watch;
use tokio::time::Instant;

/// Gives the order.
pub(crate) struct Stop(watch::Sender<Option<Instant>>);

/// Hears the order.
#[derive(Clone)]
pub(crate) struct Stopped(watch::Receiver<Option<Instant>>);

impl Stop {
    pub(crate) fn new() -> (Self, Stopped) {
        let (sender, receiver) = watch::channel(None);
        (Self(sender), Stopped(receiver))
    }

    /// Everything has to be over at `end`.
    pub(crate) fn order(&self, end: Instant) {
        self.0.send_replace(Some(end));
    }
}

impl Stopped {
    /// Waits for the order and returns when everything has to be over: at once
    /// if whoever could have given it is gone.
    pub(crate) async fn ordered(&mut self) -> Instant {
        let order = self.0.wait_for(Option::is_some).await;
        order.ok().and_then(|end| *end).unwrap_or_else(Instant::now)
    }
}
