//! The connector to OsmoHLR (docs/hlr-connectors.md): the control interface shows
//! what the running HLR sees, makes and deletes subscribers and lets them attach;
//! the database has the keys. What the two say is compared at every look, so that a
//! database of another HLR is noticed.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use aka::{Imsi, Ind, Seq, Sqn};
use clock::Timestamp;
use provisioning::payload::{MilenageKeys, SubscriberKeys};
use provisioning::ports::hlr::{HlrError, HlrPort, HlrProbe, HlrRecord, HlrResult};
use rusqlite::Connection;
use secret::{MaskedImsi, ct_eq};
use tokio::sync::Mutex;

use crate::ctrl::{CTRL_PORT, Ctrl, Reply};
use crate::database::{self, Algorithm, Database, Found, Wanted};
use crate::info::Info;

/// What OsmoHLR answers where it does not know a subscriber.
const NOBODY: &str = "No such subscriber.";

/// An OsmoHLR on this machine.
pub struct OsmoHlr {
    ctrl: Ctrl,
    database: Database,
    /// One write at a time, by either way: the HLR refuses a command that meets a
    /// writer of its database.
    writing: Mutex<()>,
}

impl OsmoHlr {
    /// A connector to the HLR whose control interface is at `ctrl` and whose
    /// database is at `database`. Nothing is connected or opened yet.
    ///
    /// # Errors
    /// [`HlrError::Unsupported`] for an address that is not loopback: the interface
    /// has no authentication, and keys go over it.
    pub fn new(ctrl: SocketAddr, database: &Path) -> HlrResult<Self> {
        if !ctrl.ip().is_loopback() {
            let text = "a control interface that is not on a loopback address";
            return Err(HlrError::Unsupported(text.to_owned()));
        }
        Ok(Self {
            ctrl: Ctrl::new(ctrl),
            database: Database::new(database),
            writing: Mutex::new(()),
        })
    }

    /// Where the control interface of an HLR on this address is.
    #[must_use]
    pub fn ctrl_at(address: IpAddr) -> SocketAddr {
        SocketAddr::new(address, CTRL_PORT)
    }

    /// What the running HLR sees.
    async fn info(&self, imsi: &str) -> HlrResult<Option<Info>> {
        let variable = format!("subscriber.by-imsi-{imsi}.info-all");
        match self.ctrl.get(&variable).await? {
            Reply::Refused(text) if text == NOBODY => Ok(None),
            Reply::Refused(text) => Err(HlrError::Refused(text)),
            Reply::Value(text) => match Info::parse(&text) {
                Some(info) if info.imsi == imsi => Ok(Some(info)),
                _ => Err(HlrError::Differs("what its control interface shows")),
            },
        }
    }

    async fn found(&self, imsi: &Imsi) -> HlrResult<Option<Found>> {
        let digits = imsi.digits().to_owned();
        let look = move |conn: &mut _| database::find(conn, &digits);
        let found = self.database.with(look).await?;
        let info = self.info(imsi.digits()).await?;
        match (found, info) {
            (None, None) => Ok(None),
            (Some(found), Some(info)) if agree(&found, &info) => Ok(Some(found)),
            _ => Err(HlrError::Differs("the database is not what the HLR shows")),
        }
    }

    async fn set(&self, variable: &str, value: &str) -> HlrResult<()> {
        let _one = self.writing.lock().await;
        self.ctrl.set(variable, value).await
    }

    async fn write(
        &self,
        work: impl FnOnce(&mut Connection) -> HlrResult<()> + Send + 'static,
    ) -> HlrResult<()> {
        let _one = self.writing.lock().await;
        self.database.with(work).await
    }

    /// The subscriber as it is, written before.
    async fn written(&self, imsi: &Imsi) -> HlrResult<Found> {
        let found = self.found(imsi).await?;
        found.ok_or(HlrError::Differs("a subscriber that is gone"))
    }

    /// Whether UpdateLocation is taken, for both kinds of serving nodes.
    async fn let_attach(&self, imsi: &Imsi, allowed: bool) -> HlrResult<()> {
        for domain in ["ps", "cs"] {
            let variable = format!("subscriber.by-imsi-{}.{domain}-enabled", imsi.digits());
            let value = if allowed { "1" } else { "0" };
            self.set(&variable, value).await?;
        }
        Ok(())
    }
}

/// The same subscriber, seen on two ways. A key that is not shown is one that the
/// HLR does not use.
fn agree(found: &Found, info: &Info) -> bool {
    let auc = found.auc.as_ref();
    let live = auc.filter(|auc| auc.algorithm != Algorithm::Parked);
    let shown = |hex: &Option<zeroize::Zeroizing<String>>| {
        hex.as_deref().and_then(|hex| database::key(hex))
    };
    let keys = match live.and_then(database::Auc::keys) {
        None => true,
        Some((k, opc)) => match (shown(&info.k), shown(&info.opc)) {
            (Some(seen), Some(seen_opc)) => seen.ct_eq(&k) & seen_opc.ct_eq(&opc),
            _ => false,
        },
    };
    found.id == info.id
        && (found.nam_cs, found.nam_ps) == (info.nam_cs, info.nam_ps)
        && found.keys_2g == info.algorithm_2g
        && live.is_some() == info.algorithm_3g
        && keys
}

/// What the HLR can hold.
fn wanted(keys: &SubscriberKeys, floor: Seq) -> HlrResult<Wanted> {
    let SubscriberKeys::Milenage(keys) = keys else {
        return Err(HlrError::Unsupported("TUAK (tuak)".to_owned()));
    };
    if keys.constants.is_some() {
        let text = "an operator's own constants of MILENAGE (milenage-constants)";
        return Err(HlrError::Unsupported(text.to_owned()));
    }
    Ok(Wanted {
        k: keys.k.clone(),
        opc: keys.opc.clone(),
        floor: Sqn::new(floor, Ind::default()).to_u64(),
    })
}

fn record(found: Found) -> HlrRecord {
    let live = |auc: &database::Auc| auc.algorithm != Algorithm::Parked;
    let sqn = found.auc.as_ref().and_then(|auc| {
        let [0, 0, octets @ ..] = auc.sqn.to_be_bytes() else {
            return None;
        };
        Some(Sqn::from_octets(octets))
    });
    let keys = found.auc.as_ref().filter(|_| !found.keys_2g);
    let keys = keys.and_then(database::Auc::keys);
    let named = |name: Option<String>| {
        let name = name?.trim_end_matches('\0').to_owned();
        (!name.is_empty()).then_some(name)
    };
    HlrRecord {
        authenticates: found.keys_2g || found.auc.as_ref().is_some_and(live),
        attaches: (found.nam_cs == found.nam_ps).then_some(found.nam_ps),
        keys: keys.map(|(k, opc)| {
            SubscriberKeys::from(MilenageKeys {
                k,
                opc,
                constants: None,
            })
        }),
        sqn,
        serving_node: named(found.sgsn).or_else(|| named(found.vlr)),
        located: found
            .located
            .and_then(|seconds| u64::try_from(seconds).ok())
            .map(Timestamp::from_unix_seconds),
    }
}

impl HlrPort for OsmoHlr {
    async fn read(&self, imsi: &Imsi) -> HlrResult<Option<HlrRecord>> {
        Ok(self.found(imsi).await?.map(record))
    }

    async fn create(&self, imsi: &Imsi) -> HlrResult<()> {
        if self.found(imsi).await?.is_some() {
            return Ok(());
        }
        self.set("subscriber.create", imsi.digits()).await?;
        // The HLR makes it with both domains open.
        self.let_attach(imsi, false).await?;
        tracing::info!(imsi = %MaskedImsi(imsi.digits()), "created in the HLR");
        let made = self.written(imsi).await?;
        if made.nam_cs || made.nam_ps || made.auc.is_some() || made.keys_2g {
            return Err(HlrError::Differs("a subscriber that was made"));
        }
        Ok(())
    }

    async fn set_auth(&self, imsi: &Imsi, keys: &SubscriberKeys, floor: Seq) -> HlrResult<()> {
        let wanted = wanted(keys, floor)?;
        let found = self.found(imsi).await?;
        let found = found.ok_or_else(|| HlrError::Refused(NOBODY.to_owned()))?;
        if found.has(&wanted) {
            return Ok(());
        }
        let (digits, written) = (imsi.digits().to_owned(), wanted.clone());
        self.write(move |conn| database::set_auth(conn, &digits, &written))
            .await?;
        tracing::info!(imsi = %MaskedImsi(imsi.digits()), "keys written to the HLR");
        if self.written(imsi).await?.has(&wanted) {
            Ok(())
        } else {
            Err(HlrError::Differs("the keys"))
        }
    }

    async fn enable(&self, imsi: &Imsi) -> HlrResult<()> {
        let found = self.found(imsi).await?;
        let found = found.ok_or_else(|| HlrError::Refused(NOBODY.to_owned()))?;
        if is_enabled(&found) {
            return Ok(());
        }
        if found.auc.is_none() {
            return Err(HlrError::Refused("a subscriber without keys".to_owned()));
        }
        self.let_attach(imsi, true).await?;
        let id = found.id;
        self.write(move |conn| database::unpark(conn, id)).await?;
        tracing::info!(imsi = %MaskedImsi(imsi.digits()), "enabled in the HLR");
        if is_enabled(&self.written(imsi).await?) {
            Ok(())
        } else {
            Err(HlrError::Differs("a subscriber that was enabled"))
        }
    }

    async fn disable(&self, imsi: &Imsi) -> HlrResult<()> {
        let Some(found) = self.found(imsi).await? else {
            return Ok(());
        };
        if is_disabled(&found) {
            return Ok(());
        }
        let id = found.id;
        self.write(move |conn| database::park(conn, id)).await?;
        self.let_attach(imsi, false).await?;
        tracing::info!(imsi = %MaskedImsi(imsi.digits()), "disabled in the HLR");
        if is_disabled(&self.written(imsi).await?) {
            Ok(())
        } else {
            Err(HlrError::Differs("a subscriber that was disabled"))
        }
    }

    async fn delete(&self, imsi: &Imsi) -> HlrResult<()> {
        if self.found(imsi).await?.is_none() {
            return Ok(());
        }
        self.set("subscriber.delete", imsi.digits()).await?;
        tracing::info!(imsi = %MaskedImsi(imsi.digits()), "deleted from the HLR");
        match self.found(imsi).await? {
            None => Ok(()),
            Some(_) => Err(HlrError::Differs("a subscriber that was deleted")),
        }
    }

    async fn probe(&self) -> HlrResult<HlrProbe> {
        let counts = self.database.with(|conn| database::counts(conn)).await?;
        match &counts.sample {
            Some((id, imsi)) => {
                let variable = format!("subscriber.by-id-{id}.info");
                let same = match self.ctrl.get(&variable).await? {
                    Reply::Value(text) => Info::parse(&text).is_some_and(|info| {
                        ct_eq(info.imsi.as_bytes(), imsi.as_bytes()) && info.id == *id
                    }),
                    Reply::Refused(_) => false,
                };
                if !same {
                    return Err(HlrError::Differs("the database is not what the HLR shows"));
                }
            }
            None => {
                // No number of anybody: country code 000.
                if self.info("000000000000000").await?.is_some() {
                    return Err(HlrError::Differs("the database is not what the HLR shows"));
                }
            }
        }
        Ok(HlrProbe {
            program: "OsmoHLR",
            schema: counts.schema,
            subscribers: counts.all,
            enabled: counts.enabled,
            located: counts.located,
        })
    }
}

fn is_enabled(found: &Found) -> bool {
    let auc = found.auc.as_ref();
    let live = auc.is_some_and(|auc| auc.algorithm == Algorithm::Milenage);
    live && found.nam_cs && found.nam_ps
}

fn is_disabled(found: &Found) -> bool {
    let auc = found.auc.as_ref();
    let parked = auc.is_none_or(|auc| auc.algorithm == Algorithm::Parked);
    parked && !found.keys_2g && !found.nam_cs && !found.nam_ps
}
