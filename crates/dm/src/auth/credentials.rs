//! The Basic, MD5 and HMAC schemes (OMA DM Security 1.2 clauses 5.3.1, 5.3.2
//! and 5.4.2; OMA DM RepPro 1.2 clause 6.1.6).

use data_encoding::{BASE64, BASE64_NOPAD};
use md5::{Digest, Md5};
use secret::{Secret, SecretBytes, ct_eq};
use syncml::Cred;

use super::mac::{MAX_USER, MacHeader};
use super::{Nonce, Shown};
use crate::Error;

/// How a side proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `syncml:auth-md5`.
    Md5,
    /// `syncml:auth-basic`.
    Basic,
    /// `syncml:auth-MAC`, which the specification calls HMAC. It is not that of
    /// RFC 2104: `MD5(B64(MD5(user ":" secret)) ":" nonce ":"
    /// B64(MD5(message)))` (DM Security clause 5.4.2).
    Mac,
}

impl Scheme {
    /// The name in `Type`.
    #[must_use]
    pub const fn type_(self) -> &'static str {
        match self {
            Self::Md5 => Cred::MD5,
            Self::Basic => Cred::BASIC,
            Self::Mac => Cred::MAC,
        }
    }

    /// The scheme that `type_` names, in any case; `None` for others.
    #[must_use]
    pub fn read(type_: &str) -> Option<Self> {
        [Self::Md5, Self::Basic, Self::Mac]
            .into_iter()
            .find(|scheme| scheme.type_().eq_ignore_ascii_case(type_))
    }
}

/// A user's name with what proves it. There is no `Debug`.
#[derive(Clone)]
pub struct Credentials {
    user: String,
    scheme: Scheme,
    /// MD5 and HMAC: `B64(MD5(user ":" secret))`. Basic: `B64(user ":"
    /// secret)`.
    key: Secret<String>,
    /// A challenge for the HMAC scheme is answered too.
    or_mac: bool,
}

impl Credentials {
    /// Credentials of the MD5 scheme.
    ///
    /// # Errors
    /// [`Error::Misuse`] for a name that is empty or has a colon, which would
    /// make two pairs of name and secret the same.
    pub fn md5(user: impl Into<String>, secret: &SecretBytes) -> Result<Self, Error> {
        let user = user.into();
        let key = digest_key(&user, secret)?;
        Self::md5_from_key(user, key)
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
            or_mac: false,
        })
    }

    /// Credentials of the HMAC scheme. They answer no challenge for another.
    ///
    /// # Errors
    /// [`Error::Misuse`] as for [`md5`](Self::md5), and for a name that can't
    /// stand in a transport's header: with control characters, or longer than
    /// 512 octets.
    pub fn mac(user: impl Into<String>, secret: &SecretBytes) -> Result<Self, Error> {
        let user = user.into();
        let key = digest_key(&user, secret)?;
        Self::mac_from_key(user, key)
    }

    /// Credentials of the HMAC scheme from [`stored_key`](Self::stored_key).
    ///
    /// # Errors
    /// [`Error::Misuse`] as for [`mac`](Self::mac).
    pub fn mac_from_key(user: impl Into<String>, key: Secret<String>) -> Result<Self, Error> {
        let credentials = Self::md5_from_key(user, key)?.or_mac()?;
        Ok(credentials.turned(Scheme::Mac))
    }

    /// The same for an account that leaves the choice to the peer: MD5
    /// credentials that answer a challenge for the HMAC scheme as well. As
    /// what a peer has to show they stay MD5 credentials.
    ///
    /// # Errors
    /// [`Error::Misuse`] for Basic credentials, whose secret is not kept as a
    /// digest, and for a name as for [`mac`](Self::mac).
    pub fn or_mac(mut self) -> Result<Self, Error> {
        if self.scheme == Scheme::Basic {
            return Err(Error::Misuse("Basic credentials make no HMAC"));
        }
        if self.user.len() > MAX_USER || self.user.chars().any(char::is_control) {
            return Err(Error::Misuse("the user name can't stand in a header"));
        }
        self.or_mac = true;
        Ok(self)
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
            or_mac: false,
        })
    }

    /// The name, which stands in the header's Source LocName beside MD5
    /// credentials and an HMAC.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The scheme.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// What a server may keep instead of a secret of MD5 or HMAC: `B64(MD5(user ":"
    /// secret))`. It proves as much as the secret does, so it is one.
    #[must_use]
    pub const fn stored_key(&self) -> &Secret<String> {
        &self.key
    }

    /// Whether a challenge for `scheme` is answered.
    pub(super) fn may_be(&self, scheme: Scheme) -> bool {
        scheme == self.scheme || (scheme == Scheme::Mac && self.or_mac)
    }

    /// The same credentials under `scheme`, which [`may_be`](Self::may_be) has
    /// allowed.
    pub(super) const fn turned(mut self, scheme: Scheme) -> Self {
        self.scheme = scheme;
        self
    }

    /// Whether a message can prove them, be it by its header or beside it.
    /// Without a nonce only Basic can: MD5 and HMAC have to be challenged
    /// first.
    pub(super) fn can_prove(&self, nonce: Option<&Nonce>) -> bool {
        self.scheme == Scheme::Basic || nonce.is_some()
    }

    /// The header's `Cred`. The HMAC scheme has none (DM Security clause
    /// 5.4.1).
    pub(super) fn cred(&self, nonce: Option<&Nonce>) -> Option<Cred> {
        let data = match self.scheme {
            Scheme::Md5 => BASE64.encode(&self.digest(nonce?)),
            Scheme::Basic => self.key.expose().clone(),
            Scheme::Mac => return None,
        };
        Some(Cred::b64(self.scheme.type_(), data))
    }

    /// The value of the transport's header for a message of these octets, in
    /// the HMAC scheme.
    pub(super) fn mac_header(&self, nonce: &Nonce, octets: &[u8]) -> Option<String> {
        let mac = BASE64.encode(&self.mac_digest(nonce, octets));
        (self.scheme == Scheme::Mac).then(|| MacHeader::new(self.user.clone(), mac).to_string())
    }

    /// Whether a message proves these credentials.
    pub(super) fn proved_by(&self, shown: &Shown<'_>, nonce: Option<&Nonce>) -> bool {
        match (self.scheme, nonce, shown.cred, shown.mac) {
            (Scheme::Mac, Some(nonce), _, Some(mac)) => self.proved_by_mac(mac, shown, nonce),
            (Scheme::Md5, Some(nonce), Some(cred), _) => {
                shown.is_of(Scheme::Md5) && same_digest(&cred.data, &self.digest(nonce))
            }
            (Scheme::Basic, _, Some(cred), _) => {
                shown.is_of(Scheme::Basic)
                    && ct_eq(cred.data.trim().as_bytes(), self.key.expose().as_bytes())
            }
            _ => false,
        }
    }

    /// The name in the transport's header is the account's, and that in the
    /// message is no other (DM Security clause 5.4.3).
    fn proved_by_mac(&self, header: &str, shown: &Shown<'_>, nonce: &Nonce) -> bool {
        let Ok(header) = MacHeader::read(header) else {
            return false;
        };
        header.user() == self.user
            && shown.name.is_none_or(|name| name == header.user())
            && same_digest(header.mac(), &self.mac_digest(nonce, shown.octets))
    }

    /// `MD5(B64(MD5(user ":" secret)) ":" nonce)`, over the nonce's octets.
    fn digest(&self, nonce: &Nonce) -> [u8; 16] {
        self.md5_of(nonce).finalize().into()
    }

    /// `MD5(B64(MD5(user ":" secret)) ":" nonce ":" B64(MD5(message)))`.
    fn mac_digest(&self, nonce: &Nonce, octets: &[u8]) -> [u8; 16] {
        let mut md5 = self.md5_of(nonce);
        md5.update(b":");
        md5.update(BASE64.encode(&Md5::digest(octets)).as_bytes());
        md5.finalize().into()
    }

    fn md5_of(&self, nonce: &Nonce) -> Md5 {
        let mut md5 = Md5::new();
        md5.update(self.key.expose().as_bytes());
        md5.update(b":");
        md5.update(nonce.octets());
        md5
    }
}

/// A digest without its padding is still this digest.
fn same_digest(given: &str, wanted: &[u8; 16]) -> bool {
    let given = given.trim().trim_end_matches('=');
    ct_eq(given.as_bytes(), BASE64_NOPAD.encode(wanted).as_bytes())
}

/// `B64(MD5(user ":" secret))`.
fn digest_key(user: &str, secret: &SecretBytes) -> Result<Secret<String>, Error> {
    let joined = join(user, secret)?;
    Ok(Secret::new(BASE64.encode(&Md5::digest(joined.expose()))))
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
