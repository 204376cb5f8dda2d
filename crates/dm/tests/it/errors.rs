//! The one table from error to status and reason code.

use dm::{Blame, Error};

#[test]
fn every_refusal_of_the_tree_has_its_status() {
    let table = [
        (Error::Uri("x"), 400, Blame::Malformed),
        (Error::DownloadUrl("x"), 400, Blame::Malformed),
        (Error::Account("x"), 400, Blame::Malformed),
        (Error::Command("x"), 412, Blame::Malformed),
        (Error::UriTooLong, 414, Blame::Malformed),
        (Error::NotFound, 404, Blame::Denied),
        (Error::NotAllowed, 405, Blame::Denied),
        (Error::Unsupported("x"), 406, Blame::Unsupported),
        (Error::TooLarge, 413, Blame::Denied),
        (Error::MediaType, 415, Blame::Unsupported),
        (Error::AlreadyExists, 418, Blame::Denied),
        (Error::Full, 420, Blame::Denied),
        (Error::Denied, 425, Blame::Denied),
        (Error::Failed("x"), 500, Blame::Failure),
        (Error::NotImplemented, 501, Blame::Unsupported),
        (Error::MsgIdReused, 500, Blame::PeerViolation),
        (Error::Misuse("x"), 500, Blame::Misuse),
    ];
    for (error, status, blame) in table {
        assert_eq!(error.status().0, status, "{error}");
        assert_eq!(error.blame(), blame, "{error}");
        let code = error.code();
        assert!(
            code.bytes().all(|c| c.is_ascii_lowercase() || c == b'-'),
            "{code}"
        );
    }
}
