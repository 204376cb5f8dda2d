//! The revocation list (RFC 5280 clause 5), for whoever wants one: signed by
//! CertSHO itself, so only where its key is kept on the node.

use std::sync::Arc;
use std::time::Duration;

use clock::Timestamp;
use tokens::OperatorKeyPlace;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use trust::crl::{CrlContents, RevokedCertificate, issue_crl};

use super::Records;

/// From thisUpdate to nextUpdate. It is made anew after half of it.
const VALIDITY: Duration = Duration::from_secs(3600);

/// The list as it was last made.
pub(crate) struct RevocationList {
    place: Option<Arc<OperatorKeyPlace>>,
    records: Arc<Records>,
    made: Mutex<Option<Made>>,
}

/// A list.
#[derive(Clone)]
pub(super) struct Made {
    pub(super) der: Vec<u8>,
    pub(super) this_update: Timestamp,
    pub(super) next_update: Timestamp,
    number: u64,
    /// How many certificates are in it; none ever leaves it.
    revoked: usize,
}

impl RevocationList {
    pub(crate) fn new(place: Option<Arc<OperatorKeyPlace>>, records: Arc<Records>) -> Self {
        Self {
            place,
            records,
            made: Mutex::default(),
        }
    }

    /// The list of this moment; `None` where none can be made.
    pub(super) async fn at(&self, now: Timestamp) -> Option<Made> {
        let place = Arc::clone(self.place.as_ref()?);
        let revoked = self.records.revoked()?;
        let mut made = self.made.lock().await;
        if let Some(made) = &*made {
            let half = made.this_update.plus(VALIDITY / 2);
            if made.revoked == revoked.len() && (made.this_update..half).contains(&now) {
                return Some(made.clone());
            }
        }
        // A clock that was set back makes no lower number.
        let number = made.as_ref().map_or(0, |made| made.number + 1);
        let number = number.max(now.unix_millis());
        let count = revoked.len();
        let signed = spawn_blocking(move || sign(&place, now, number, revoked)).await;
        let der = match signed {
            Ok(Ok(der)) => der,
            Ok(Err(reason)) => {
                tracing::info!(reason, "no revocation list was made");
                return None;
            }
            Err(_) => return None,
        };
        *made = Some(Made {
            der,
            this_update: now,
            next_update: now.plus(VALIDITY),
            number,
            revoked: count,
        });
        made.clone()
    }
}

fn sign(
    place: &OperatorKeyPlace,
    now: Timestamp,
    number: u64,
    revoked: Vec<(Vec<u8>, trust::Revocation)>,
) -> Result<Vec<u8>, &'static str> {
    let (anchor, key) = place.issuer().map_err(|error| error.code())?;
    let lines = revoked.into_iter();
    let lines: Vec<_> = lines
        .map(|(serial, revocation)| RevokedCertificate { serial, revocation })
        .collect();
    let contents = CrlContents {
        number,
        this_update: now,
        next_update: now.plus(VALIDITY),
        revoked: &lines,
    };
    issue_crl(&key, anchor.certificate(), &contents).map_err(|error| error.code())
}
