//! `rehome envelope …`: the protected data format of TR 33.812 B.2.3.6
//! (docs/operator-change.md section 2), sealed for a CertTRE and opened by the
//! TRE's key.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{ArgGroup, Args, Subcommand};
use secret::SecretBytes;
use tokens::os::OsRandom;
use tokens::{FileBackend, NodeKey, Protection};
use tre::envelope::{Content, ContentTag, Opened};
use tre::{Backend, KeyPairs, MemoryBackend, Recipient, SoftwareKey, Suite};

/// The longest file that is read: an envelope of the longest payload fits.
const MAX_FILE: u64 = 1 << 20;

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Seal a payload for a TRE; the envelope goes to standard output or --out
    Seal(Seal),
    /// Open an envelope with a TRE's key; the payload goes to standard output or --out
    Open(Open),
    /// Print the wrapped key of an envelope: a CMS ContentInfo in DER, as `openssl cms` reads it
    WrappedKey(WrappedKey),
}

#[derive(Args)]
pub(crate) struct Seal {
    /// The TRE's certificate for envelopes, PEM or DER
    #[arg(long, value_name = "FILE")]
    cert: PathBuf,
    /// Envelope suite: 1 (AES-128-CBC, HMAC-SHA1) or 2 (AES-256-CBC, HMAC-SHA-256)
    #[arg(long, value_name = "N")]
    suite: u8,
    /// What the payload is: 1 MCIM, 2 algorithm, 3 update, 4 credentials
    #[arg(long, value_name = "T")]
    tag: u8,
    /// Version of the content
    #[arg(long, value_name = "V", default_value_t = 1)]
    content_version: u16,
    /// The payload; `-` is standard input
    #[arg(long = "in", value_name = "FILE")]
    input: PathBuf,
    /// Where the envelope goes; an existing file is not overwritten
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Args)]
#[command(group(ArgGroup::new("key").required(true).multiple(false).args(["tre", "test_key"])))]
pub(crate) struct Open {
    /// A TRE's directory, as `rehome manufacture` makes it
    #[arg(long, value_name = "DIR")]
    tre: Option<PathBuf>,
    /// The key under which the files of that directory are encrypted, if they are
    #[arg(long, value_name = "FILE", requires = "tre")]
    node_key: Option<PathBuf>,
    /// A private key in PEM, for tests only: a real TRE's key never leaves it
    #[arg(long, value_name = "FILE", requires = "cert")]
    test_key: Option<PathBuf>,
    /// The certificate that goes with --test-key, PEM or DER
    #[arg(long, value_name = "FILE", requires = "test_key")]
    cert: Option<PathBuf>,
    /// The envelope; `-` is standard input
    #[arg(long = "in", value_name = "FILE")]
    input: PathBuf,
    /// Where the payload goes, readable by its owner only; an existing file is not overwritten
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct WrappedKey {
    /// The envelope; `-` is standard input
    #[arg(long = "in", value_name = "FILE")]
    input: PathBuf,
    /// Where the DER goes; an existing file is not overwritten
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs one verb.
pub(crate) fn run(verb: Verb) -> Result<()> {
    match verb {
        Verb::Seal(arguments) => seal(&arguments),
        Verb::Open(arguments) => open(&arguments),
        Verb::WrappedKey(arguments) => {
            let envelope = read(&arguments.input)?;
            let wrapped = tre::envelope::wrapped_key(&envelope)?;
            write(arguments.out.as_deref(), wrapped)
        }
    }
}

fn seal(arguments: &Seal) -> Result<()> {
    let Some(suite) = Suite::from_octet(arguments.suite) else {
        bail!("unsupported: suite {}; there are 1 and 2", arguments.suite);
    };
    let Some(tag) = ContentTag::from_octet(arguments.tag) else {
        bail!("unsupported: tag {}; there are 1 to 4", arguments.tag);
    };
    let recipient = Recipient::from_certificate(&certificate(&arguments.cert)?)?;
    let payload = SecretBytes::new(read(&arguments.input)?);
    let content = Content {
        tag,
        version: arguments.content_version,
        payload: payload.expose(),
    };
    let envelope = tre::envelope::seal(&recipient, suite, &content, &mut OsRandom)?;
    write(arguments.out.as_deref(), &envelope)
}

fn open(arguments: &Open) -> Result<()> {
    let envelope = read(&arguments.input)?;
    let opened = match (&arguments.tre, &arguments.test_key, &arguments.cert) {
        (Some(dir), None, None) => {
            let node_key = arguments
                .node_key
                .as_deref()
                .map(NodeKey::load)
                .transpose()?;
            let protection = node_key
                .as_ref()
                .map_or(Protection::Plain, Protection::Encrypted);
            let mut backend = FileBackend::open(dir, protection, OsRandom)?;
            open_with(&mut backend, &tre_certificate(dir)?, &envelope)?
        }
        (None, Some(key), Some(cert)) => {
            let key = SoftwareKey::from_pem(&read(key)?)?;
            let mut backend = MemoryBackend::new(KeyPairs::One(key), OsRandom);
            open_with(&mut backend, &certificate(cert)?, &envelope)?
        }
        _ => bail!("one of --tre and --test-key with --cert is wanted"),
    };
    eprintln!(
        "rehome: suite {}, tag {}, version {}, {} octets",
        opened.suite.octet(),
        opened.tag.octet(),
        opened.version,
        opened.payload.expose().len()
    );
    write(arguments.out.as_deref(), opened.payload.expose())
}

fn open_with(backend: &mut dyn Backend, certificate: &[u8], envelope: &[u8]) -> Result<Opened> {
    let recipient = Recipient::from_certificate(certificate)?;
    Ok(tre::envelope::open(
        backend,
        &recipient,
        envelope,
        &mut OsRandom,
    )?)
}

/// The certificate that envelopes for this TRE name.
fn tre_certificate(dir: &Path) -> Result<Vec<u8>> {
    let envelope = dir.join("cert-enc.pem");
    certificate(&if envelope.exists() {
        envelope
    } else {
        dir.join("cert-sig.pem")
    })
}

fn certificate(path: &Path) -> Result<Vec<u8>> {
    let octets = read(path)?;
    if !octets.starts_with(b"-----BEGIN ") {
        return Ok(octets);
    }
    let text =
        std::str::from_utf8(&octets).with_context(|| format!("{} is not PEM", path.display()))?;
    let body: String = text
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != "-----BEGIN CERTIFICATE-----")
        .skip(1)
        .take_while(|line| *line != "-----END CERTIFICATE-----")
        .collect();
    data_encoding::BASE64
        .decode(body.as_bytes())
        .ok()
        .filter(|der| !der.is_empty())
        .with_context(|| format!("{} holds no certificate", path.display()))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let mut octets = Vec::new();
    let taken = if path == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(MAX_FILE + 1)
            .read_to_end(&mut octets)
    } else {
        fs::File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut octets))
    };
    let taken = taken.with_context(|| format!("can't read {}", path.display()))?;
    if taken as u64 > MAX_FILE {
        bail!("{} is longer than {MAX_FILE} octets", path.display());
    }
    Ok(octets)
}

fn write(path: Option<&Path>, octets: &[u8]) -> Result<()> {
    match path {
        None => std::io::stdout()
            .lock()
            .write_all(octets)
            .context("can't write to standard output"),
        Some(path) => {
            use std::os::unix::fs::OpenOptionsExt;
            let file = fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path);
            file.and_then(|mut file| file.write_all(octets))
                .with_context(|| format!("can't write {}", path.display()))
        }
    }
}
