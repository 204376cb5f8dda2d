//! `rehome peer`: other parties, known by hand: their certificate's fingerprint
//! is compared, over another channel, by the person who types it.

use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use data_encoding::HEXLOWER_PERMISSIVE;
use openssl::x509::X509;
use server::Serves;
use trust::{Anchor, Certificate, PvaAnchor, ShoId, SupplierName};

use super::config::{PeerFile, Ports, operator_hosts};
use super::names::{domain, pva_host};

/// `rehome peer`
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Add an operator or a visited network to a node
    Add {
        /// The node's directory
        dir: PathBuf,
        /// MCC-MNC
        #[arg(long)]
        plmn: ShoId,
        /// Its CertSHO, PEM
        #[arg(long)]
        cert: PathBuf,
        /// SHA-256 of the certificate in hex, compared over another channel
        #[arg(long)]
        fingerprint: String,
        /// Where all its hosts are
        #[arg(long)]
        address: IpAddr,
        /// It has no HLR: a visited network alone
        #[arg(long)]
        no_hlr: bool,
        /// The subscribers that it may ask this node's HLR for: all, or prefixes
        /// of IMSIs with commas between them; without it none
        #[arg(long, value_name = "all|PREFIXES")]
        serves: Option<Serves>,
    },
    /// Add a TRE supplier to an operator's node
    AddSupplier {
        /// The node's directory
        dir: PathBuf,
        /// The supplier's name
        #[arg(long)]
        name: SupplierName,
        /// Its PVA's certificate, PEM
        #[arg(long)]
        cert: PathBuf,
        /// SHA-256 of the certificate in hex, compared over another channel
        #[arg(long)]
        fingerprint: String,
        /// Its leaf for handovers of initial credentials, PEM
        #[arg(long)]
        document: Option<PathBuf>,
        /// Its leaf for which batches of PCIDs are enciphered, PEM
        #[arg(long)]
        encipherment: Option<PathBuf>,
        /// Where its PVA is
        #[arg(long)]
        address: IpAddr,
    },
    /// Print the fingerprint of a certificate
    Fingerprint {
        /// PEM
        cert: PathBuf,
    },
}

/// Runs `rehome peer`.
pub(crate) fn run(verb: Verb) -> Result<()> {
    match verb {
        Verb::Fingerprint { cert } => {
            let certificate = read(&cert)?;
            println!(
                "{}",
                data_encoding::HEXLOWER.encode(&certificate.fingerprint())
            );
            Ok(())
        }
        Verb::Add {
            dir,
            plmn,
            cert,
            fingerprint,
            address,
            no_hlr,
            serves,
        } => {
            let certificate = checked(&cert, &fingerprint)?;
            Anchor::new(plmn.clone(), certificate.clone())?;
            let domain = domain(&plmn);
            let file = PeerFile {
                name: plmn.to_string(),
                cert: PathBuf::from(format!("{plmn}.pem")),
                document: None,
                encipherment: None,
                hosts: operator_hosts(&domain, address),
                domain,
                hlr: !no_hlr,
                serves: serves.unwrap_or_default(),
            };
            write(&dir, &file, &[(&file.cert, &certificate)])
        }
        Verb::AddSupplier {
            dir,
            name,
            cert,
            fingerprint,
            document,
            encipherment,
            address,
        } => {
            let certificate = checked(&cert, &fingerprint)?;
            PvaAnchor::new(name.clone(), certificate.clone())?;
            let host = pva_host(name.as_str());
            let at = SocketAddr::new(address, Ports::PVA);
            let file = PeerFile {
                name: name.to_string(),
                cert: PathBuf::from(format!("{name}.pem")),
                document: document
                    .is_some()
                    .then(|| PathBuf::from(format!("{name}-document.pem"))),
                encipherment: encipherment
                    .is_some()
                    .then(|| PathBuf::from(format!("{name}-encipherment.pem"))),
                hosts: BTreeMap::from([(host.clone(), at)]),
                domain: host,
                hlr: false,
                serves: Serves::default(),
            };
            let document = document.as_deref().map(read).transpose()?;
            let encipherment = encipherment.as_deref().map(read).transpose()?;
            let mut certificates = vec![(&file.cert, &certificate)];
            certificates.extend(file.document.as_ref().zip(document.as_ref()));
            certificates.extend(file.encipherment.as_ref().zip(encipherment.as_ref()));
            write(&dir, &file, &certificates)
        }
    }
}

/// A certificate out of a PEM file.
pub(crate) fn read(path: &Path) -> Result<Certificate> {
    let pem = fs::read(path).with_context(|| path.display().to_string())?;
    let x509 = X509::from_pem(&pem)
        .with_context(|| format!("{} is no certificate in PEM", path.display()))?;
    Ok(Certificate::from_der(&x509.to_der()?)?)
}

fn checked(path: &Path, fingerprint: &str) -> Result<Certificate> {
    let certificate = read(path)?;
    let typed: String = fingerprint.chars().filter(|c| *c != ':').collect();
    let typed = HEXLOWER_PERMISSIVE
        .decode(typed.as_bytes())
        .ok()
        .context("a fingerprint is 64 hex digits")?;
    if typed != certificate.fingerprint() {
        bail!(
            "{} has another fingerprint: it is not the certificate that you were told of",
            path.display()
        );
    }
    Ok(certificate)
}

fn write(dir: &Path, file: &PeerFile, certificates: &[(&PathBuf, &Certificate)]) -> Result<()> {
    let peers = dir.join("peers");
    for (name, certificate) in certificates {
        let pem = X509::from_der(certificate.der())?.to_pem()?;
        let path = peers.join(name);
        fs::write(&path, pem).with_context(|| path.display().to_string())?;
    }
    let path = peers.join(format!("{}.toml", file.name));
    fs::write(&path, toml::to_string(file)?).with_context(|| path.display().to_string())?;
    eprintln!("{} knows {}", dir.display(), file.name);
    Ok(())
}
