//! Tasks of a node: started together, ended together (house rule: no task
//! outlives the node that started it).

use std::future::Future;

use tokio::task::JoinSet;

/// A node's background tasks. Dropping it ends them at their next await.
#[derive(Default)]
pub(crate) struct Running(JoinSet<()>);

impl Running {
    pub(crate) fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(task);
    }

    /// Ends all of them and waits until they have ended.
    pub(crate) async fn shutdown(mut self) {
        self.0.shutdown().await;
    }
}
