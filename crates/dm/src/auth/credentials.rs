//! The Basic and MD5 schemes (OMA DM Security 1.2 clauses 5.3.1 and 5.3.2; OMA
//! DM RepPro 1.2 clause 6.1.6).

use data_encoding::{BASE64, BASE64_NOPAD};
use md5::{Digest, Md5};
use secret::{Secret, SecretBytes, ct_eq};
use syncml::Cred;

use super::Nonce;
use crate::Error;

/// How a side proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `syncml:auth-md5`.
    Md5,
    /// `syncml:auth-basic`.
    Basic,
}

impl Scheme {
    /// The name in `Type`.
    #[must_use]
    pub const fn type_(self) -> &'static str {
        match self {
            Self::Md5 => Cred::MD5,
            Self::Basic => Cred::BASIC,
        }
    }

    /// The scheme that `type_` names, in any case; `None` for others.
    #[must_use]
    pub fn read(type_: &str) -> Option<Self> {
        [Self::Md5, Self::Basic]
            .into_iter()
            .find(|scheme| scheme.type_().eq_ignore_ascii_case(type_))
    }
}

/// A user's name with what proves it. There is no `Debug`.
#[derive(Clone)]
pub struct Credentials {
    user: String,
    scheme: Scheme,
    /// MD5: `B64(MD5(user ":" secret))`. Basic: `B64(user ":" secret)`.
    key: Secret<String>,
}

impl Credentials {
    /// Credentials of the MD5 scheme.
    ///
    /// # Errors
    /// [`Error::Misuse`] for a name that is empty or has a colon, which would
    /// make two pairs of name and secret the same.
    pub fn md5(user: impl Into<String>, secret: &SecretBytes) -> Result<Self, Error> {
        let user = user.into();
        let joined = join(&user, secret)?;
        let key = BASE64.encode(&Md5::digest(joined.expose()));
        Self::md5_from_key(user, Secret::new(key))
    }

    /// Credentials of the MD5 scheme from [`stored_key`](Self::stored_key).
    ///
    /// # Errors
    /// [`Error::Misuse`] as for [`md5`](Self::md5).
    pub fn md5_from_key(user: impl Into<String>, key: Secret<String>) -> Result<Self, Error> {
        let user = user.into();
        check_user(&user)?;
        Ok(Self {
            user,
            scheme: Scheme::Md5,
            key,
        })
    }

    /// Credentials of the Basic scheme, for peers that have nothing better.
    ///
    /// # Errors
    /// [`Error::Misuse`] as for [`md5`](Self::md5).
    pub fn basic(user: impl Into<String>, secret: &SecretBytes) -> Result<Self, Error> {
        let user = user.into();
        let joined = join(&user, secret)?;
        Ok(Self {
            user,
            scheme: Scheme::Basic,
            key: Secret::new(BASE64.encode(joined.expose())),
        })
    }

    /// The name, which MD5 credentials carry in the header's Source LocName.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The scheme.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// What a server may keep instead of an MD5 secret: `B64(MD5(user ":"
    /// secret))`. It proves as much as the secret does, so it is one.
    #[must_use]
    pub const fn stored_key(&self) -> &Secret<String> {
        &self.key
    }

    /// The header's `Cred`. Without a nonce there is none for MD5: it has to
    /// be challenged first.
    pub(super) fn cred(&self, nonce: Option<&Nonce>) -> Option<Cred> {
        let data = match self.scheme {
            Scheme::Md5 => BASE64.encode(&self.digest(nonce?)),
            Scheme::Basic => self.key.expose().clone(),
        };
        Some(Cred::b64(self.scheme.type_(), data))
    }

    /// Whether `cred` proves these credentials.
    pub(super) fn proved_by(&self, cred: &Cred, nonce: Option<&Nonce>) -> bool {
        if cred.type_().and_then(Scheme::read) != Some(self.scheme) {
            return false;
        }
        match (self.scheme, nonce) {
            (Scheme::Md5, None) => false,
            (Scheme::Md5, Some(nonce)) => {
                // A digest without its padding is still this digest.
                let given = cred.data.trim().trim_end_matches('=');
                let wanted = BASE64_NOPAD.encode(&self.digest(nonce));
                ct_eq(given.as_bytes(), wanted.as_bytes())
            }
            (Scheme::Basic, _) => ct_eq(cred.data.trim().as_bytes(), self.key.expose().as_bytes()),
        }
    }

    /// `MD5(B64(MD5(user ":" secret)) ":" nonce)`, over the nonce's octets.
    fn digest(&self, nonce: &Nonce) -> [u8; 16] {
        let mut md5 = Md5::new();
        md5.update(self.key.expose().as_bytes());
        md5.update(b":");
        md5.update(nonce.octets());
        md5.finalize().into()
    }
}

fn check_user(user: &str) -> Result<(), Error> {
    if user.is_empty() || user.contains(':') {
        return Err(Error::Misuse("a user name is not empty and has no colon"));
    }
    Ok(())
}

fn join(user: &str, secret: &SecretBytes) -> Result<SecretBytes, Error> {
    check_user(user)?;
    let mut joined = Vec::with_capacity(user.len() + 1 + secret.expose().len());
    joined.extend_from_slice(user.as_bytes());
    joined.push(b':');
    joined.extend_from_slice(secret.expose());
    Ok(SecretBytes::new(joined))
}
