//! The DPF's leaf while the node runs: renewed before it ends, taken anew when
//! its file changes, shown to new handshakes without ending a connection; and
//! what the store knows of it (docs/certificate-status.md).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clock::Timestamp;
use store::{IssuedCertificate, Store};
use tls::{Profile, ServerConfig, ServerSettings, Staples};
use tokens::os::OsRandom;
use tokens::{NamedLeaf, OperatorKeyPlace, RenewedKey, TlsIdentity, TokenError};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};
use trust::issue::Validity;
use trust::{Certificate, DateFault, Revocation, RevocationReason, TrustError};

use super::super::{Shared, credentials};
use super::{Answers, Records, Shelf, WallClock};
use crate::Error;

/// How the DPF's leaf is named in the records, as its file is.
const DPF: &str = "dpf";
/// The longest time between two attempts at a renewal.
const PAUSE: Duration = Duration::from_secs(3600);
/// How far a renewed leaf begins before its renewal, for clocks that are late.
const EARLIER: Duration = Duration::from_secs(3600);

/// The DPF's leaf that is shown, and the configuration that shows it.
pub(crate) struct DpfLeaf {
    config: watch::Sender<ServerConfig>,
    leaf: Mutex<Vec<u8>>,
}

/// Looks after the node's certificates.
pub(crate) struct Keeper {
    pub(crate) place: Option<Arc<OperatorKeyPlace>>,
    pub(crate) wanted: Option<Duration>,
    pub(crate) look: Duration,
    pub(crate) clock: WallClock,
    /// The last second of CertSHO.
    pub(crate) end: Timestamp,
    pub(crate) records: Arc<Records>,
    pub(crate) answers: Option<Arc<Answers>>,
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) dpf: DpfLeaf,
    /// Other leaves that are stapled.
    pub(crate) others: Vec<Vec<u8>>,
    /// What the key directory had when the node started.
    pub(crate) own: Vec<NamedLeaf>,
    /// One renewal or look at the files at a time.
    pub(crate) changing: tokio::sync::Mutex<()>,
}

impl DpfLeaf {
    pub(crate) fn new(identity: &TlsIdentity, shelf: &Arc<Shelf>) -> Result<Self, Error> {
        let config = for_devices(identity, shelf)?;
        Ok(Self {
            config: watch::Sender::new(config),
            leaf: Mutex::new(identity.leaf.clone()),
        })
    }

    /// The configuration of each moment.
    pub(crate) fn config(&self) -> watch::Receiver<ServerConfig> {
        self.config.subscribe()
    }

    fn leaf(&self) -> Vec<u8> {
        let leaf = self.leaf.lock().unwrap_or_else(PoisonError::into_inner);
        leaf.clone()
    }

    fn set(&self, leaf: &[u8], config: ServerConfig) {
        *self.leaf.lock().unwrap_or_else(PoisonError::into_inner) = leaf.to_vec();
        self.config.send_replace(config);
    }
}

fn for_devices(identity: &TlsIdentity, shelf: &Arc<Shelf>) -> Result<ServerConfig, Error> {
    let own = vec![credentials(identity)?];
    let mut settings = ServerSettings::new(Profile::ThreeGpp, own);
    settings.staples = Some(Arc::clone(shelf) as Arc<dyn Staples>);
    Ok(ServerConfig::of(&settings)?)
}

fn issued(name: &str, certificate: &Certificate) -> IssuedCertificate {
    IssuedCertificate {
        serial: certificate.serial().to_vec(),
        name: name.to_owned(),
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
        revocation: None,
    }
}

/// Runs until it is dropped.
pub(crate) async fn run(shared: Arc<Shared>) {
    let keeper = &shared.keeper;
    let mut attempt = Instant::now();
    loop {
        if let Err(error) = keeper.load(&shared.store).await {
            tracing::warn!(reason = %error.reason(), "the certificates' records can't be read");
        }
        if let Err(error) = keeper.take_changed(&shared.store).await {
            tracing::warn!(reason = %error.reason(), "the DPF's leaf in its file was not taken");
        }
        if attempt <= Instant::now() {
            attempt = Instant::now() + keeper.renew_if_due(&shared.store).await;
        }
        keeper.staple(&[]).await;
        sleep(keeper.look).await;
    }
}

impl Keeper {
    /// Records the node's own leaves and reads all records, once.
    async fn load(&self, store: &Store) -> Result<(), Error> {
        if self.records.are_loaded() {
            return Ok(());
        }
        let own = self.own.iter();
        let own = own.map(|leaf| issued(leaf.name, &leaf.certificate));
        Ok(self.records.load(store, own.collect()).await?)
    }

    /// Fresh answers about the leaves that are shown, and these.
    async fn staple(&self, more: &[Vec<u8>]) {
        if let Some(answers) = &self.answers {
            let mut leaves = vec![self.dpf.leaf()];
            leaves.extend_from_slice(&self.others);
            leaves.extend_from_slice(more);
            self.shelf.refresh(answers, &leaves).await;
        }
    }

    /// Renews the leaf if it is time; when to come back at the earliest.
    async fn renew_if_due(&self, store: &Store) -> Duration {
        let (Some(wanted), Ok(leaf)) = (self.wanted, Certificate::from_der(&self.dpf.leaf()))
        else {
            return self.look;
        };
        let now = (self.clock)();
        if !is_due(&leaf, wanted, self.end, now) {
            return self.look;
        }
        match self.renew(store, RenewedKey::Same).await {
            Ok(_) => self.look,
            Err(error) => {
                let left = leaf.not_after().since(now);
                tracing::warn!(reason = %error.reason(), %error, left_s = left.as_secs(),
                    "the DPF's leaf could not be renewed; the old one goes on");
                (left / 20).min(PAUSE).max(self.look)
            }
        }
    }

    /// Issues the DPF's leaf anew and shows it from now on.
    pub(super) async fn renew(&self, store: &Store, key: RenewedKey) -> Result<Certificate, Error> {
        let place = self.place.clone().ok_or_else(|| {
            Error::Configuration("the node does not know where its keys lie".to_owned())
        })?;
        let _one = self.changing.lock().await;
        let old = Certificate::from_der(&self.dpf.leaf())?;
        let wanted = self
            .wanted
            .unwrap_or_else(|| old.not_after().since(old.not_before()));
        let now = (self.clock)();
        let begin = now.minus(EARLIER.min(wanted / 24));
        let validity = Validity::new(begin, begin.plus(wanted).min(self.end))?;
        let identity = blocking(move || place.renew_dpf(validity, key, &mut OsRandom)).await?;
        let certificate = self.show(store, &identity).await?;
        tracing::info!(serial = %hex(certificate.serial()), end = %certificate.not_after(),
            "the DPF's leaf was renewed");
        Ok(certificate)
    }

    /// Shows what the file has, if that is another leaf than the one shown.
    async fn take_changed(&self, store: &Store) -> Result<(), Error> {
        let Some(place) = self.place.clone() else {
            return Ok(());
        };
        let _one = self.changing.lock().await;
        let shown = self.dpf.leaf();
        let changed = blocking(move || {
            if place.dpf_leaf()?.der() == shown {
                return Ok(None);
            }
            place.dpf().map(Some)
        });
        if let Some(identity) = changed.await? {
            let certificate = self.show(store, &identity).await?;
            tracing::info!(serial = %hex(certificate.serial()), end = %certificate.not_after(),
                "another leaf of the DPF was taken from its file");
        }
        Ok(())
    }

    /// Records a leaf, has an answer about it ready, and then shows it to every
    /// handshake that begins.
    async fn show(&self, store: &Store, identity: &TlsIdentity) -> Result<Certificate, Error> {
        let certificate = Certificate::from_der(&identity.leaf)?;
        in_date(&certificate, (self.clock)())?;
        let config = for_devices(identity, &self.shelf)?;
        let record = issued(DPF, &certificate);
        store.record_issued(vec![record.clone()]).await?;
        self.records.add(record);
        self.staple(std::slice::from_ref(&identity.leaf)).await;
        self.dpf.set(&identity.leaf, config);
        Ok(certificate)
    }

    /// Revokes a certificate that CertSHO issued.
    pub(super) async fn revoke(
        &self,
        store: &Store,
        serial: &[u8],
        reason: RevocationReason,
    ) -> Result<IssuedCertificate, Error> {
        // Nothing here takes a certificate off the list again.
        if matches!(
            reason,
            RevocationReason::RemoveFromCrl | RevocationReason::CertificateHold
        ) {
            return Err(Error::ReasonUnsupported);
        }
        self.load(store).await?;
        let known = self.records.find(serial);
        let known = known.ok_or(Error::Unknown("certificate"))?;
        let revocation = Revocation {
            at: (self.clock)(),
            reason: Some(reason),
        };
        if known.revocation.is_some() || !store.revoke_issued(serial, revocation).await? {
            return Err(Error::AlreadyRevoked);
        }
        self.records.revoke(serial, revocation);
        if let Some(answers) = &self.answers {
            answers.forget(serial);
        }
        self.staple(&[]).await;
        tracing::warn!(serial = %hex(serial), name = known.name, reason = reason.name(),
            "a certificate was revoked");
        Ok(IssuedCertificate {
            revocation: Some(revocation),
            ..known
        })
    }
}

pub(super) fn hex(octets: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(octets)
}

/// Whether a leaf is to be renewed: a third of its validity is left, or it is
/// longer than wanted. One that ends with CertSHO can't last longer.
fn is_due(leaf: &Certificate, wanted: Duration, end: Timestamp, now: Timestamp) -> bool {
    let validity = leaf.not_after().since(leaf.not_before());
    let left = leaf.not_after().since(now);
    validity > wanted || (left <= validity / 3 && leaf.not_after() < end)
}

fn in_date(leaf: &Certificate, now: Timestamp) -> Result<(), TrustError> {
    if now < leaf.not_before() {
        return Err(TrustError::LeafDate(DateFault::NotYetValid));
    }
    if leaf.not_after().unix_seconds() < now.unix_seconds() {
        return Err(TrustError::LeafDate(DateFault::Expired));
    }
    Ok(())
}

/// Files and RSA keys, where they may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, TokenError> + Send + 'static,
) -> Result<T, Error> {
    let done = spawn_blocking(work).await;
    Ok(done.map_err(|_| Error::Timeout)??)
}

#[cfg(test)]
mod tests {
    use tokens::FileKey;
    use tre::KeyKind;
    use trust::Purpose;
    use trust::issue::{LeafRequest, issue_leaf, issue_sho_anchor};

    use super::*;

    const DAY: u64 = 86_400;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix_seconds(1_780_000_000 + seconds)
    }

    fn leaf(seconds: u64) -> Certificate {
        let key = FileKey::generate(KeyKind::EcP256).unwrap();
        let whole = Validity::new(at(0), at(100 * DAY)).unwrap();
        let sho_id = "001-01".parse().unwrap();
        let anchor = issue_sho_anchor(&key, &sho_id, whole, &mut OsRandom).unwrap();
        let request = LeafRequest {
            purpose: Purpose::DpfServer,
            public_key: key.public_key(),
            dns_names: &["dpf.rehome.test".to_owned()],
            validity: Validity::new(at(0), at(seconds)).unwrap(),
            ocsp_url: None,
        };
        issue_leaf(&key, &anchor, &request, &mut OsRandom).unwrap()
    }

    /// L = V / 3 (docs/certificate-status.md).
    #[test]
    fn a_leaf_is_renewed_when_a_third_of_its_validity_is_left() {
        let week = Duration::from_secs(7 * DAY);
        let leaf = leaf(6 * DAY);
        let end = at(100 * DAY);
        assert!(!is_due(&leaf, week, end, at(0)));
        assert!(!is_due(&leaf, week, end, at(4 * DAY - 1)));
        assert!(is_due(&leaf, week, end, at(4 * DAY)));
        assert!(is_due(&leaf, week, end, at(7 * DAY)), "over already");
        // Longer than wanted: at once.
        assert!(is_due(&leaf, week / 2, end, at(0)));
        // Nothing is gained where CertSHO ends as well.
        assert!(!is_due(&leaf, week, at(6 * DAY), at(5 * DAY)));
    }

    #[test]
    fn a_leaf_out_of_date_is_not_shown() {
        let leaf = leaf(DAY);
        let code = |now| in_date(&leaf, now).map_err(|error| error.code());
        assert_eq!(code(at(0)), Ok(()));
        assert_eq!(code(at(DAY)), Ok(()));
        assert_eq!(code(at(DAY + 1)), Err("certificate-expired"));
        let before = at(0).minus(Duration::from_secs(1));
        assert_eq!(code(before), Err("certificate-not-yet-valid"));
    }
}
