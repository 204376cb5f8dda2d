//! The place of an element in a document, for messages: `SyncML/SyncBody/Add`.

/// The longest name and path that are shown.
const NAME: usize = 40;
const PATH: usize = 512;

/// Goes into an element; gives what [`leave`] takes back.
pub(super) fn enter(path: &mut String, name: &str) -> usize {
    let before = path.len();
    if before < PATH {
        if before > 0 {
            path.push('/');
        }
        path.extend(name.chars().take(NAME));
    }
    before
}

/// Goes out of it again.
pub(super) fn leave(path: &mut String, before: usize) {
    path.truncate(before);
}
