//! `rehome init`: a role's directory with fresh keys and its configuration.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use clock::Random;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use provisioning::Digest;
use tokens::os::{self, OsRandom};
use tokens::{
    NodeKey, OperatorKeyDir, OperatorPlan, Protection, SupplierKeyDir, SupplierPlan, key_file,
};
use tre::KeyKind;
use trust::issue::Validity;
use trust::{Certificate, ShoId, SupplierName};

use super::config::{Ports, operator_hosts};
use super::management::{self, Init};
use super::names::{domain, pva_host};
use crate::demo::KeyChoice;

/// `rehome init`
#[derive(Subcommand)]
pub(crate) enum Role {
    /// A home operator; its API token is printed, this once
    Operator {
        /// The directory, which must not exist
        dir: PathBuf,
        /// MCC-MNC
        #[arg(long)]
        plmn: ShoId,
        /// The address to listen on
        #[arg(long)]
        listen: IpAddr,
        #[arg(long, value_enum, default_value = "ec")]
        key: KeyChoice,
    },
    /// A TRE supplier with its PVA
    Supplier {
        /// The directory, which must not exist
        dir: PathBuf,
        /// 4 to 16 of a-z and 0-9
        #[arg(long)]
        name: SupplierName,
        /// The address to listen on
        #[arg(long)]
        listen: IpAddr,
        #[arg(long, value_enum, default_value = "ec")]
        key: KeyChoice,
    },
    /// A management server for people; its API token is printed, this once
    Dm(Init),
    /// A visited network with its radio
    Vno {
        /// The directory, which must not exist
        dir: PathBuf,
        /// MCC-MNC
        #[arg(long)]
        plmn: ShoId,
        /// The address to listen on
        #[arg(long)]
        listen: IpAddr,
        #[arg(long, value_enum, default_value = "ec")]
        key: KeyChoice,
    },
    /// A device around a TRE that was manufactured
    Device {
        /// The directory, which must not exist
        dir: PathBuf,
        /// What `rehome manufacture` made of it
        #[arg(long)]
        package: PathBuf,
        /// The visited network's radio, ADDRESS:PORT
        #[arg(long)]
        radio: SocketAddr,
        /// An operator that it may come to: PLMN=ADDRESS; once for each
        #[arg(long = "operator", value_name = "PLMN=ADDRESS", required = true)]
        operators: Vec<String>,
    },
}

/// Runs `rehome init`.
pub(crate) fn run(role: Role) -> Result<()> {
    match role {
        Role::Operator {
            dir,
            plmn,
            listen,
            key,
        } => operator(&dir, &plmn, listen, key.kind()),
        Role::Supplier {
            dir,
            name,
            listen,
            key,
        } => supplier(&dir, &name, listen, key.kind()),
        Role::Dm(arguments) => management::init(&arguments),
        Role::Vno {
            dir,
            plmn,
            listen,
            key,
        } => vno(&dir, &plmn, listen, key.kind()),
        Role::Device {
            dir,
            package,
            radio,
            operators,
        } => device(&dir, &package, radio, &operators),
    }
}

/// Makes a directory that is the owner's alone.
pub(super) fn new_dir(dir: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let made = fs::DirBuilder::new().mode(0o700).create(dir);
    made.with_context(|| format!("can't make {}", dir.display()))
}

fn validity() -> Result<Validity> {
    let (now, year) = (os::now(), Duration::from_secs(365 * 86_400));
    let hour = Duration::from_secs(3600);
    Ok(Validity::new(now.minus(hour), now.plus(10 * year))?)
}

pub(super) fn write_config(dir: &Path, text: &str) -> Result<()> {
    let path = dir.join("rehome.toml");
    fs::write(&path, text).with_context(|| path.display().to_string())
}

/// Directory, node key, operator keys and peers: what home and visited networks
/// have in common.
fn network(dir: &Path, plmn: &ShoId, kind: KeyKind, ocsp_url: Option<String>) -> Result<()> {
    new_dir(dir)?;
    new_dir(&dir.join("peers"))?;
    let key = NodeKey::create(&dir.join("node.key"), &mut OsRandom)?;
    let domain = domain(plmn);
    let plan = OperatorPlan {
        sho_id: plmn.clone(),
        dpf_names: vec![format!("dpf.{domain}"), format!("drf.{domain}")],
        peer_names: vec![format!("peer.{domain}"), format!("hlr.{domain}")],
        ocsp_url,
        validity: validity()?,
        kind,
    };
    let protection = Protection::Encrypted(&key);
    let anchor = OperatorKeyDir::create(&dir.join("keys"), &plan, protection, &mut OsRandom)?;
    tell_fingerprint(&dir.join("keys").join("anchor.pem"), anchor.certificate());
    Ok(())
}

fn tell_fingerprint(path: &Path, certificate: &Certificate) {
    let fingerprint = HEXLOWER.encode(&certificate.fingerprint());
    eprintln!("{} has the fingerprint {fingerprint}", path.display());
}

fn operator(dir: &Path, plmn: &ShoId, listen: IpAddr, kind: KeyKind) -> Result<()> {
    let domain = domain(plmn);
    network(dir, plmn, kind, Some(format!("http://ocsp.{domain}/")))?;
    let op: [u8; 16] = OsRandom.array();
    key_file::create(&dir.join("op.key"), &op)?;
    let top: [u8; 32] = OsRandom.array();
    key_file::create(&dir.join("top.key"), &top)?;
    let token = BASE64URL_NOPAD.encode(&OsRandom.array::<24>());
    let digest = format!("{}\n", Digest::of(token.as_bytes()));
    key_file::create(&dir.join("api.digest"), digest.as_bytes())?;
    let at = |port| SocketAddr::new(listen, port);
    write_config(
        dir,
        &format!(
            r#"# An operator's node. Paths are relative to this file.
role = "operator"
plmn = "{plmn}"
store = "sqlite:store.db"

[listen]
dm = "{}"      # DPF and DRF: HTTPS for devices
peer = "{}"    # other operators: HTTPS with client certificates
gsup = "{}"    # the HLR: GSUP in TLS with client certificates
api = "{}"     # for people and scripts: HTTP with a token, loopback only
ocsp = "{}"    # anybody: the status of this operator's certificates, plain HTTP

[urls]          # what devices are told; their hosts are in the leaf keys/dpf.pem
dpf = ["https://dpf.{domain}/dm"]
drf = "https://drf.{domain}/drf"

[access]        # the network that devices are given
id = "internet"
apn = "m2m.mnc{:0>3}.mcc{}.gprs"

[policy]
transfer = "token"         # who may take a device away: token, approve or open
ask_pva = true             # ask the PVA online, beside the local chain check
suites = [2]               # envelope suites, the best one that a TRE has is used
order_lifetime_s = 86400
cert_tre_retention_s = 7776000  # how long CertTRE is kept after a device has left
shared_lease_s = 300       # how long a shared PCID is kept for the device that has it

[hlr]
algorithm = "milenage"     # of new subscribers: milenage, or tuak where their TRE has it
# Which visited networks may ask for whom: rehome peer add --serves
# plain = "127.0.0.1:4222"   # GSUP without TLS, for the clients below alone
# gsm_triplets = false       # whether vectors have SRES and Kc for 2G
# limits = {{ node_per_s = 10000, node_burst = 20000, subscriber_per_s = 2, subscriber_burst = 100 }}
# [[hlr.clients]]
# address = "127.0.0.1"      # the source address is what a client is known by
# name = "sgsn-1"
# serves = ["{}"]         # "all", or prefixes of IMSIs; without it nobody
# [hlr.osmo]                 # subscribers in an OsmoHLR: docs/hlr-connectors.md
# ctrl = "127.0.0.1:4259"
# database = "/var/lib/osmocom/hlr.db"

[certificates]
expired = "revoked"        # what the responder says of expired ones: revoked or good
answers = "1h"             # how long an answer may be kept
# dpf_validity = "7d"      # renew keys/dpf.pem by itself, for so long each time

[terms]         # seconds, of powered-on time for the first two
t_attach = 600
t_ack = 300
revert_s = 3600
retention_s = 2592000
"#,
            at(Ports::DM),
            at(Ports::PEER),
            at(Ports::GSUP),
            at(Ports::API),
            at(Ports::OCSP),
            plmn.mnc(),
            plmn.mcc(),
            plmn.prefix(),
        ),
    )?;
    eprintln!("the API token, shown this once:");
    println!("{token}");
    Ok(())
}

fn supplier(dir: &Path, name: &SupplierName, listen: IpAddr, kind: KeyKind) -> Result<()> {
    new_dir(dir)?;
    new_dir(&dir.join("peers"))?;
    let key = NodeKey::create(&dir.join("node.key"), &mut OsRandom)?;
    let plan = SupplierPlan {
        supplier: name.clone(),
        pva_names: vec![pva_host(name.as_str())],
        validity: validity()?,
        kind,
    };
    let protection = Protection::Encrypted(&key);
    let pva = SupplierKeyDir::create(&dir.join("keys"), &plan, protection, &mut OsRandom)?;
    tell_fingerprint(&dir.join("keys").join("pva.pem"), pva.certificate());
    write_config(
        dir,
        &format!(
            r#"# A TRE supplier's node. Paths are relative to this file.
role = "supplier"
name = "{name}"
store = "store.db"

[listen]
pva = "{}"     # operators ask here about TREs: HTTPS with client certificates
"#,
            SocketAddr::new(listen, Ports::PVA)
        ),
    )
}

fn vno(dir: &Path, plmn: &ShoId, listen: IpAddr, kind: KeyKind) -> Result<()> {
    network(dir, plmn, kind, None)?;
    write_config(
        dir,
        &format!(
            r#"# A visited network's node. Paths are relative to this file.
role = "vno"
plmn = "{plmn}"

[listen]
peer = "{}"    # home operators push here: HTTPS with client certificates
radio = "{}"   # the simulated radio
"#,
            SocketAddr::new(listen, Ports::PEER),
            SocketAddr::new(listen, Ports::RADIO)
        ),
    )
}

fn device(dir: &Path, package: &Path, radio: SocketAddr, operators: &[String]) -> Result<()> {
    new_dir(dir)?;
    let package = std::path::absolute(package)?;
    let mut hosts = String::new();
    for operator in operators {
        let Some((plmn, address)) = operator.split_once('=') else {
            bail!("--operator takes PLMN=ADDRESS, for example 001-02=127.0.1.2");
        };
        let (plmn, address): (ShoId, IpAddr) = (plmn.parse()?, address.parse()?);
        for (name, at) in operator_hosts(&domain(&plmn), address) {
            hosts.push_str(&format!("\"{name}\" = \"{at}\"\n"));
        }
    }
    write_config(
        dir,
        &format!(
            r#"# A device. Paths are relative to this file.
role = "device"
tre = {:?}
key = {:?}
store = "device.db"
radio = "{radio}"
drop_pcid = false        # erase the PCID once there is another operator: no way back to it
trusted_clock = false    # whether the system's clock is a secure one

[status]        # whether a server's certificate still holds
policy = "ocsp-nonce-time" # or ocsp, clock, clock+ocsp, staple
soft_fail = false          # whether the responder's silence passes
# ocsp = "http://..."      # the responder, whatever certificates say
# max_validity = "7d"      # of certificates, under the policy clock
# pin = "spki:..."         # or sha256: the one key, or certificate, by its SHA-256

[hosts]         # where the hosts of DPFs, DRFs and responders are reached
{hosts}"#,
            package.join("tre").display().to_string(),
            package.join("node.key").display().to_string(),
        ),
    )
}
