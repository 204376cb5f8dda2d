//! A directory of key files and certificates (docs/operator-change.md
//! section 1): PKCS#8 (RFC 5958) in DER, encrypted or not, and certificates in
//! PEM (RFC 7468).

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clock::Random;
use openssl::x509::X509;
use secret::SecretBytes;
use tre::SoftwareKey;
use trust::Certificate;

use crate::key_file::{self, malformed, write_new};
use crate::{FileKey, Protection, TokenError};

/// Twice the longest certificate that crate `trust` looks at, for its base64.
const MAX_PEM: u64 = 16 * 1024;

/// Reads and writes the files of one directory.
pub(crate) struct Vault<'a> {
    dir: PathBuf,
    protection: Protection<'a>,
    context: Vec<u8>,
}

impl<'a> Vault<'a> {
    /// The directory as it is; its mode is the caller's to check.
    pub(crate) fn new(dir: &Path, protection: Protection<'a>) -> Self {
        Self {
            dir: dir.to_owned(),
            protection,
            context: Vec::new(),
        }
    }

    /// The same, its private files bound to the owner that `context` names: one
    /// from another owner's directory does not open here.
    pub(crate) fn bound_to(self, context: [u8; 32]) -> Self {
        Self {
            context: context.to_vec(),
            ..self
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    pub(crate) fn write_secret(
        &self,
        name: &str,
        plain: &SecretBytes,
        random: &mut dyn Random,
    ) -> Result<(), TokenError> {
        let octets = self
            .protection
            .protect(name, &self.context, plain, random)?;
        write_new(&self.path(name), octets.expose())
    }

    pub(crate) fn read_secret(&self, name: &str) -> Result<SecretBytes, TokenError> {
        let path = self.path(name);
        let octets = key_file::read(&path)?;
        self.protection.reveal(&path, name, &self.context, &octets)
    }

    pub(crate) fn write_key(
        &self,
        name: &str,
        key: &SoftwareKey,
        random: &mut dyn Random,
    ) -> Result<(), TokenError> {
        self.write_secret(name, &key.to_pkcs8()?, random)
    }

    pub(crate) fn read_key(&self, name: &str) -> Result<SoftwareKey, TokenError> {
        let octets = self.read_secret(name)?;
        SoftwareKey::from_pkcs8(&octets).map_err(|_| {
            malformed(
                &self.path(name),
                "not a P-256 or RSA key in PKCS#8, or encrypted by another program",
            )
        })
    }

    /// The key in `name`, which must be the one that `certificate` names.
    pub(crate) fn read_key_of(
        &self,
        name: &str,
        certificate: &Certificate,
    ) -> Result<FileKey, TokenError> {
        let key = FileKey::new(self.read_key(name)?)?;
        if key.public_key() == certificate.public_key() {
            Ok(key)
        } else {
            Err(TokenError::KeyMismatch(self.path(name)))
        }
    }

    /// Whether the file is there.
    pub(crate) fn exists(&self, name: &str) -> Result<bool, TokenError> {
        let path = self.path(name);
        std::fs::exists(&path).map_err(TokenError::io(&path))
    }

    /// Puts a key in place of another one, whole.
    pub(crate) fn replace_key(
        &self,
        name: &str,
        key: &FileKey,
        random: &mut dyn Random,
    ) -> Result<(), TokenError> {
        let plain = key.software_key().to_pkcs8()?;
        let octets = self
            .protection
            .protect(name, &self.context, &plain, random)?;
        key_file::replace(&self.path(name), octets.expose())
    }

    /// Puts a certificate in place of another one, whole.
    pub(crate) fn replace_certificate(&self, name: &str, der: &[u8]) -> Result<(), TokenError> {
        key_file::replace(&self.path(name), &X509::from_der(der)?.to_pem()?)
    }

    /// Removes a file if it is there.
    pub(crate) fn remove(&self, name: &str) -> Result<(), TokenError> {
        key_file::remove_stale(&self.path(name))
    }

    pub(crate) fn write_certificate(&self, name: &str, der: &[u8]) -> Result<(), TokenError> {
        write_new(&self.path(name), &X509::from_der(der)?.to_pem()?)
    }

    /// Exactly one certificate. It is public, so that its mode says nothing.
    pub(crate) fn read_certificate(&self, name: &str) -> Result<Certificate, TokenError> {
        let path = self.path(name);
        let mut pem = Vec::new();
        File::open(&path)
            .and_then(|file| file.take(MAX_PEM + 1).read_to_end(&mut pem))
            .map_err(TokenError::io(&path))?;
        let stack = X509::stack_from_pem(&pem).unwrap_or_default();
        match stack.as_slice() {
            [certificate] if pem.len() as u64 <= MAX_PEM => {
                Ok(Certificate::from_der(&certificate.to_der()?)?)
            }
            _ => Err(malformed(&path, "not exactly one certificate in PEM")),
        }
    }
}
