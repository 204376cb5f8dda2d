//! Certificate files that somebody renews while a node runs: looked at again and
//! again, and read anew when they have changed (docs/certificate-status.md).

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

const LOOK: Duration = Duration::from_secs(2);

/// What tells a file from the one that had its name before.
type Mark = Vec<(u64, u64, i64, i64)>;

/// Sends what `read` makes of the files each time that they have changed, until
/// nobody wants it any more. Files that can't be read, or don't fit each other,
/// are looked at again; what was sent last holds until then.
pub(super) fn watch<T: Clone + Send + Sync + 'static>(
    files: Vec<PathBuf>,
    first: T,
    read: impl Fn() -> Result<T> + Clone + Send + 'static,
) -> Result<watch::Receiver<T>> {
    let mut taken = marks(&files)?;
    let (sender, receiver) = watch::channel(first);
    tokio::spawn(async move {
        let mut refused = None;
        loop {
            tokio::select! {
                () = sleep(LOOK) => {}
                () = sender.closed() => return,
            }
            let (files, read) = (files.clone(), read.clone());
            let before = taken.clone();
            let looked = spawn_blocking(move || -> Result<_> {
                // Marked before it is read: what changes meanwhile is read again.
                let now = marks(&files)?;
                let changed = now != before;
                changed
                    .then(|| read().map(|found| (now, found)))
                    .transpose()
            });
            match looked.await {
                Ok(Ok(Some((now, found)))) => {
                    (taken, refused) = (now, None);
                    tracing::info!("renewed certificates were taken from their files");
                    sender.send_replace(found);
                }
                Ok(Ok(None)) => refused = None,
                Ok(Err(error)) => {
                    let text = format!("{error:#}");
                    if refused.as_ref() != Some(&text) {
                        tracing::warn!(error = text, "changed certificates were not taken");
                        refused = Some(text);
                    }
                }
                Err(_) => return,
            }
        }
    });
    Ok(receiver)
}

fn marks(files: &[PathBuf]) -> Result<Mark> {
    files
        .iter()
        .map(|path| {
            let found = std::fs::metadata(path);
            let found = found.with_context(|| path.display().to_string())?;
            Ok((found.ino(), found.len(), found.mtime(), found.mtime_nsec()))
        })
        .collect()
}
