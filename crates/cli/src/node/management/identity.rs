//! What a management server shows of itself, from files: leaves, their keys and
//! their status, read anew together when one of them has changed
//! (docs/management.md).

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use openssl::pkey::PKey;
use openssl::x509::X509;
use server::management::Shown;
use tls::{Credentials, Staples};
use tokens::key_file;
use tokio::sync::watch;

use super::staple::{Staple, Stapled};
use super::{Identity, Tls};
use crate::node::renewed;

/// What the files have now, and at each later moment.
pub(super) fn read(dir: &Path, own: &Tls) -> Result<(Shown, watch::Receiver<Shown>)> {
    let first = match (&own.certificate, &own.key) {
        (Some(certificate), Some(key)) => Some(in_dir(dir, certificate, key, own.staple.as_ref())),
        (None, None) if own.staple.is_none() => None,
        (None, None) => bail!("[dm.tls] has a staple without a certificate"),
        _ => bail!("[dm.tls] has one of certificate and key without the other"),
    };
    let more = own.more.iter();
    let more = more.map(|it| in_dir(dir, &it.certificate, &it.key, it.staple.as_ref()));
    let files: Vec<Identity> = first.into_iter().chain(more).collect();
    let all = files.iter().flat_map(|it| {
        let always = [it.certificate.clone(), it.key.clone()];
        always.into_iter().chain(it.staple.clone())
    });
    let all: Vec<PathBuf> = all.collect();
    let read = {
        let files = Arc::new(files);
        move || shown(&files)
    };
    let shown = read()?;
    if shown.credentials.is_empty() && !own.psk {
        bail!("[dm.tls] wants a certificate with its key, or psk = true");
    }
    let renewed = renewed::watch(all, shown.clone(), read)?;
    Ok((shown, renewed))
}

fn in_dir(dir: &Path, certificate: &Path, key: &Path, staple: Option<&PathBuf>) -> Identity {
    Identity {
        certificate: dir.join(certificate),
        key: dir.join(key),
        staple: staple.map(|path| dir.join(path)),
    }
}

fn shown(files: &[Identity]) -> Result<Shown> {
    let mut credentials = Vec::new();
    let mut staples = Vec::new();
    for file in files {
        let chain = chain(&file.certificate)?;
        credentials.push(with_key(&chain, &file.key)?);
        if let Some(path) = &file.staple {
            let answer = fs::read(path).with_context(|| path.display().to_string())?;
            let staple = Staple::read(answer, &chain);
            staples.push(staple.with_context(|| path.display().to_string())?);
        }
    }
    let any = !staples.is_empty();
    Ok(Shown {
        credentials,
        staples: any.then(|| Arc::new(Stapled(staples)) as Arc<dyn Staples>),
    })
}

/// The leaf with those above it, PEM.
fn chain(path: &Path) -> Result<Vec<X509>> {
    let pem = fs::read(path).with_context(|| path.display().to_string())?;
    let chain = X509::stack_from_pem(&pem)
        .with_context(|| format!("{} is no certificate in PEM", path.display()))?;
    if chain.is_empty() {
        bail!("{} has no certificate", path.display());
    }
    Ok(chain)
}

fn with_key(chain: &[X509], path: &Path) -> Result<Credentials> {
    let ders = chain.iter().map(|x509| x509.to_der());
    let ders: Vec<Vec<u8>> = ders.collect::<Result<_, _>>()?;
    let Some((leaf, above)) = ders.split_first() else {
        bail!("no certificate");
    };
    let pem = key_file::read(path)?;
    // The library's words stay out: they could repeat parts of the key.
    let Ok(key) = PKey::private_key_from_pem_callback(pem.expose(), |_| Ok(0)) else {
        bail!(
            "{} is no private key in PEM without a password",
            path.display()
        );
    };
    Ok(Credentials::new(leaf, above, key)?)
}
