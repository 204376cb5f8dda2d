//! `rehome manufacture`: TREs at the supplier's (TR 33.812 B.2.2.1): a package
//! for each, `devices.csv` without secrets, and the handover of {PCID, K} sealed
//! for the registration operator.

use std::fs;
use std::path::{Path, PathBuf};

use aka::Imsi;
use anyhow::{Context, Result, bail};
use clock::Random;
use data_encoding::HEXLOWER;
use provisioning::McimId;
use provisioning::payload::MilenageKeys;
use provisioning::pcids::{self, PcidRow};
use provisioning::pool::Batch;
use provisioning::recipient::TreCertificates;
use provisioning::tre::{Pcid, TreKind};
use secret::Secret;
use store::SupplierStore;
use tokens::os::{self, OsRandom};
use tokens::{NodeKey, Protection, SupplierKeyDir, TrePackage, TrePlan, handover, key_file};
use tre::{CertTre, KeyPairs, TreId};
use trust::{Anchor, Certificate, Purpose, ShoId};

use crate::demo::{KeyChoice, Progress};
use crate::node::config::{Config, Loaded};
use crate::node::peer;

/// `rehome manufacture`
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The supplier's rehome.toml
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// How many TREs; a batch says it itself, unless a group shares its PCID
    #[arg(long, value_name = "N", required_unless_present = "pcids")]
    count: Option<u32>,
    /// Where to; must not exist
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// CertSHO of the registration operator, PEM
    #[arg(long, value_name = "FILE")]
    operator_cert: PathBuf,
    /// Its leaf for encipherment, PEM
    #[arg(long, value_name = "FILE")]
    operator_encipherment: PathBuf,
    /// The first PCID: an IMSI of the registration operator; others follow
    #[arg(
        long,
        value_name = "IMSI",
        required_unless_present = "pcids",
        conflicts_with = "pcids"
    )]
    first_pcid: Option<Imsi>,
    /// The batch of PCIDs that the registration operator drew for this supplier
    #[arg(long, value_name = "FILE", requires = "operator_document")]
    pcids: Option<PathBuf>,
    /// The operator's leaf that signed the batch, PEM
    #[arg(long, value_name = "FILE")]
    operator_document: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "ec")]
    key: KeyChoice,
}

/// Who makes what for whom.
struct Line {
    keys: SupplierKeyDir,
    anchor: Anchor,
    kind: tre::KeyKind,
    out: PathBuf,
}

/// Runs `rehome manufacture`.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let loaded = Loaded::read(&arguments.config)?;
    let Config::Supplier(config) = &loaded.config else {
        bail!("this configuration is no supplier's");
    };
    let node_key = NodeKey::load(&loaded.dir.join("node.key"))?;
    let protection = Protection::Encrypted(&node_key);
    let keys = SupplierKeyDir::load(&loaded.dir.join("keys"), protection)?;
    let mut records = SupplierStore::open(&loaded.dir.join(&config.store))?;
    let anchor = anchor(&arguments.operator_cert)?;
    let recipient = encipherment(&arguments.operator_encipherment, &anchor)?;
    let pcids = match (&arguments.pcids, &arguments.first_pcid) {
        (Some(file), _) => lot(arguments, file, &keys, &anchor, &mut records)?,
        (None, Some(first)) => own(first, arguments.count.unwrap_or(0), anchor.sho_id())?,
        (None, None) => bail!("--first-pcid or --pcids"),
    };
    make_dir(&arguments.out)?;
    let line = Line {
        keys,
        anchor,
        kind: arguments.key.kind(),
        out: arguments.out.clone(),
    };
    let progress = Progress::new(false);
    progress.part("making TREs", u32::try_from(pcids.len())?);
    let (mut csv, mut rows) = (format!("{}\n", TrePackage::CSV_HEADER), Vec::new());
    for (number, pcid) in pcids.into_iter().enumerate() {
        let (package, row) = line.make(number + 1, pcid)?;
        records.record(os::now(), &serials(&package)?)?;
        csv.push_str(&package.csv_row());
        csv.push('\n');
        rows.push(row);
        progress.made();
    }
    progress.clear();
    let sealed = handover::seal(
        &pcids::encode(&rows)?,
        &recipient,
        &line.keys.document,
        &mut OsRandom,
    )?;
    fs::write(line.out.join("devices.csv"), csv)?;
    key_file::create(&line.out.join("pcids.cms"), &sealed)?;
    eprintln!(
        "{} TREs in {}; devices.csv for their owner, pcids.cms for {}",
        rows.len(),
        line.out.display(),
        line.anchor.sho_id()
    );
    Ok(())
}

fn make_dir(dir: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let made = fs::DirBuilder::new().mode(0o700).create(dir);
    made.with_context(|| format!("can't make {}", dir.display()))
}

fn anchor(path: &Path) -> Result<Anchor> {
    let certificate = peer::read(path)?;
    let sho_id = ShoId::from_uri(certificate.uris().next().unwrap_or_default())
        .with_context(|| format!("{} is no CertSHO", path.display()))?;
    Ok(Anchor::new(sho_id, certificate)?)
}

fn encipherment(path: &Path, anchor: &Anchor) -> Result<Certificate> {
    let leaf = peer::read(path)?;
    let now = trust::TimePolicy::Trusted(trust::TimeInterval::exactly(os::now()));
    let purpose = Purpose::PeerEncipherment;
    trust::verify_leaf(&leaf, anchor, purpose, anchor.sho_id(), now)
        .with_context(|| format!("{} is not for encipherment", path.display()))?;
    Ok(leaf)
}

/// The PCIDs of an operator's batch, which is taken once.
fn lot(
    arguments: &Arguments,
    file: &Path,
    keys: &SupplierKeyDir,
    anchor: &Anchor,
    records: &mut SupplierStore,
) -> Result<Vec<Pcid>> {
    let own = keys
        .encipherment
        .as_ref()
        .context("this supplier's directory has no key for batches")?;
    let document = arguments.operator_document.as_deref();
    let signer = peer::read(document.context("--operator-document")?)?;
    let octets = fs::read(file).with_context(|| file.display().to_string())?;
    let time = trust::TimePolicy::Trusted(trust::TimeInterval::exactly(os::now()));
    let plain = handover::open_batch(&octets, &signer, anchor, time, own, &mut OsRandom).map_err(
        |error| anyhow::anyhow!("{} refused: {} ({error})", file.display(), error.code()),
    )?;
    let batch = Batch::decode(&plain)?;
    batch.check(os::now(), anchor.sho_id(), keys.pva.supplier())?;
    let shared = batch.group.is_some();
    let wanted = usize::try_from(arguments.count.unwrap_or(u32::try_from(batch.rows.len())?))?;
    if !shared && wanted != batch.rows.len() {
        bail!("the batch is for {} TREs, not {wanted}", batch.rows.len());
    }
    // Before any TRE has one of its keys: a batch that was begun is used up.
    if !records.take_batch(os::now(), batch.id, &batch.from)? {
        bail!("batch-taken: the batch {} was taken before", batch.id);
    }
    let rows = batch.rows.iter().cycle().take(wanted);
    Ok(rows
        .map(|row| Pcid {
            imsi: row.imsi.clone(),
            keys: row.keys.clone().into(),
            shared,
        })
        .collect())
}

/// PCIDs with keys of the supplier's own.
fn own(first: &Imsi, count: u32, sho_id: &ShoId) -> Result<Vec<Pcid>> {
    let pcids = imsis(first, count, sho_id)?.into_iter().map(|imsi| Pcid {
        imsi,
        keys: MilenageKeys {
            k: Secret::new(OsRandom.array()),
            opc: Secret::new(OsRandom.array()),
            constants: None,
        }
        .into(),
        shared: false,
    });
    Ok(pcids.collect())
}

/// As many numbers as there are TREs, all of this operator.
fn imsis(first: &Imsi, count: u32, sho_id: &ShoId) -> Result<Vec<Imsi>> {
    let digits = first.digits();
    let number: u64 = digits.parse()?;
    let width = digits.len();
    (0..u64::from(count))
        .map(|n| {
            let imsi = format!("{:0width$}", number + n);
            if imsi.len() != width || !imsi.starts_with(&sho_id.prefix()) {
                bail!("{count} PCIDs from {first:?} on are not all {sho_id}'s");
            }
            Ok(imsi.parse()?)
        })
        .collect()
}

fn serials(package: &TrePackage) -> Result<Vec<(TreId, String)>> {
    [
        Some(&package.signature_certificate),
        package.envelope_certificate.as_ref(),
    ]
    .into_iter()
    .flatten()
    .map(|der| {
        let serial = HEXLOWER.encode(Certificate::from_der(der)?.serial());
        Ok((package.tre_id.clone(), serial))
    })
    .collect()
}

impl Line {
    fn make(&self, number: usize, pcid: Pcid) -> Result<(TrePackage, PcidRow)> {
        let (imsi, keys) = (pcid.imsi.clone(), pcid.keys.clone());
        let dir = self.out.join(format!("{number:05}"));
        make_dir(&dir)?;
        let key = NodeKey::create(&dir.join("node.key"), &mut OsRandom)?;
        let serial: [u8; 16] = OsRandom.array();
        let supplier = self.keys.pva.supplier();
        let tre_id: TreId =
            format!("urn:x-rehome:tre:{supplier}:{}", HEXLOWER.encode(&serial)).parse()?;
        let plan = TrePlan {
            pcid_mcim: McimId::of_pcid(&tre_id, &imsi),
            tre_id: tre_id.clone(),
            keys: KeyPairs::generate(self.kind)?,
            limits: CertTre {
                suites: vec![1, 2],
                min_suite: 1,
                algorithms: vec![1, 2],
                slots: 4,
                t_attach_min: 1,
                t_ack_min: 1,
            },
            kind: TreKind {
                kind: "native".to_owned(),
                model: "rehome".to_owned(),
                firmware: env!("CARGO_PKG_VERSION").to_owned(),
            },
            anchor: &self.anchor,
            pcid,
            made: os::now(),
        };
        let protection = Protection::Encrypted(&key);
        let package = TrePackage::manufacture(
            &dir.join("tre"),
            &self.keys,
            plan,
            protection,
            &mut OsRandom,
        )?;
        let row = PcidRow {
            tre_id,
            imsi,
            keys,
            certificates: TreCertificates {
                signature: package.signature_certificate.clone(),
                envelope: package.envelope_certificate.clone(),
            },
        };
        Ok((package, row))
    }
}
