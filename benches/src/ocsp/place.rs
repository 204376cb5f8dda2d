//! An operator's keys with a certificate that is asked about, and the responders
//! that answer for it.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use data_encoding::HEXUPPER;
use tempfile::TempDir;
use tokens::os::{self, OsRandom};
use tokens::{OperatorKeyDir, OperatorPlan, Protection};
use tre::KeyKind;
use trust::issue::Validity;
use trust::ocsp::{
    Answer, CertId, CertificateStatus, Check, ExpectedNonce, IssuerHash, Nonce, Request,
};
use trust::{Certificate, TimeInterval, TimePolicy};

use crate::process::{Server, free_address};

const DAY: Duration = Duration::from_secs(86_400);

pub(super) struct Place {
    dir: TempDir,
    issuer: Certificate,
    leaf: Certificate,
}

/// Where the keys are.
pub(super) fn keys(dir: &Path) -> std::path::PathBuf {
    dir.join("keys")
}

impl Place {
    pub(super) fn new() -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let now = os::now();
        let plan = OperatorPlan {
            sho_id: "001-01".parse()?,
            dpf_names: vec!["dpf.rehome.test".to_owned()],
            peer_names: vec!["peer.rehome.test".to_owned()],
            ocsp_url: Some("http://ocsp.rehome.test/".to_owned()),
            validity: Validity::new(now.minus(DAY), now.plus(30 * DAY))?,
            kind: KeyKind::EcP256,
        };
        let keys = keys(dir.path());
        let anchor = OperatorKeyDir::create(&keys, &plan, Protection::Plain, &mut OsRandom)?;
        let issuer = anchor.certificate().clone();
        let leaf = OperatorKeyDir::load(&keys, Protection::Plain)?.dpf.leaf;
        let leaf = Certificate::from_der(&leaf)?;
        // As `openssl ca` writes it: valid, its end, not revoked, its number.
        let number = HEXUPPER.encode(leaf.serial());
        let index = format!("V\t301231235959Z\t\t{number}\tunknown\t/CN=dpf\n");
        fs::write(dir.path().join("index.txt"), index)?;
        Ok(Self { dir, issuer, leaf })
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The question about the leaf.
    pub(super) fn question(&self, nonce: bool) -> Result<Vec<u8>> {
        let id = CertId::new(&self.issuer, self.leaf.serial(), IssuerHash::Sha1)?;
        let nonce = nonce.then(|| Nonce::random(&mut OsRandom));
        Ok(Request::new(id, nonce).to_der()?)
    }

    /// Whether the answer is a good one, with the question's nonce.
    pub(super) fn check(&self, question: &[u8], answer: &[u8]) -> Result<()> {
        let question = Request::from_der(question)?;
        let answer = Answer::verify(
            answer,
            &Check {
                certificate: &self.leaf,
                issuer: &self.issuer,
                nonce: match question.nonce() {
                    Some(nonce) => ExpectedNonce::Required(nonce),
                    None => ExpectedNonce::NotAsked,
                },
                time: TimePolicy::Trusted(TimeInterval::exactly(os::now())),
                tolerance: Duration::from_secs(300),
                round_trip: Duration::from_secs(1),
            },
        )?;
        ensure!(
            answer.status() == CertificateStatus::Good,
            "the answer is not good"
        );
        Ok(())
    }

    pub(super) fn ours(&self) -> Result<Server> {
        Server::ours([OsStr::new("--serve-ocsp"), self.path().as_os_str()])
    }

    /// The HTTP server with this answer.
    pub(super) fn fixed(&self, answer: &[u8]) -> Result<Server> {
        let file = self.path().join("answer.der");
        fs::write(&file, answer)?;
        Server::ours([OsStr::new("--serve-fixed"), file.as_os_str()])
    }

    /// With the same delegate's key. It must not be tried by a connection without a
    /// question: that keeps it busy for ever (OpenSSL 3.0).
    pub(super) fn openssl(&self) -> Result<Server> {
        let address = free_address()?;
        let keys = keys(self.path());
        let mut command = Command::new("openssl");
        command
            .args(["ocsp", "-port", &address.port().to_string(), "-nmin", "60"])
            .arg("-index")
            .arg(self.path().join("index.txt"))
            .arg("-CA")
            .arg(keys.join("anchor.pem"))
            .arg("-rsigner")
            .arg(keys.join("ocsp.pem"))
            .arg("-rkey")
            .arg(keys.join("ocsp.key"));
        Server::begun(&mut command, address).context("openssl ocsp")
    }
}
