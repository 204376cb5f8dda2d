//! Clients by their certificates (RFC 5280 clauses 4.2.1.6, 4.2.1.12 and 6): a
//! chain to an authority that the caller names, or a certificate that the caller
//! knows by itself; in date and for client authentication in both cases. Whose it
//! is stays the caller's decision.

use openssl::error::ErrorStack;
use openssl::sha::sha256;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509PurposeId, X509Ref, X509VerifyResult};

use crate::{Error, Refusal, chain};

/// The most names of one certificate that are looked at.
const MAX_NAMES: usize = 8;

/// `X509_V_ERR_CERT_NOT_YET_VALID`.
const NOT_YET_VALID: i32 = 9;
/// `X509_V_ERR_CERT_HAS_EXPIRED`.
const EXPIRED: i32 = 10;
/// `X509_V_ERR_INVALID_PURPOSE`.
const PURPOSE: i32 = 26;
/// `X509_V_ERR_*` for want of an issuer (2, 20, 21), a signature of another one
/// (7), and self-signed certificates (18, 19).
const ISSUER: [i32; 6] = [2, 7, 18, 19, 20, 21];

/// What a client's certificate can be known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientLeaf {
    /// SHA-256 of the certificate in DER.
    pub digest: [u8; 32],
    /// SHA-256 of its SubjectPublicKeyInfo in DER.
    pub key_digest: [u8; 32],
    /// The first eight URIs of its subjectAltName, without those that have
    /// control characters.
    pub uris: Vec<String>,
}

impl ClientLeaf {
    /// Reads a certificate in DER.
    ///
    /// # Errors
    /// `client-certificate-malformed`.
    pub fn read(der: &[u8]) -> Result<Self, Refusal> {
        X509::from_der(der)
            .and_then(|leaf| Self::of(&leaf))
            .map_err(|error| malformed(&error))
    }

    /// Reads the first certificate in PEM.
    ///
    /// # Errors
    /// `client-certificate-malformed`.
    pub fn read_pem(pem: &[u8]) -> Result<Self, Refusal> {
        X509::from_pem(pem)
            .and_then(|leaf| Self::of(&leaf))
            .map_err(|error| malformed(&error))
    }

    fn of(leaf: &X509Ref) -> Result<Self, ErrorStack> {
        let names = leaf.subject_alt_names();
        let uris = names.iter().flatten().filter_map(|name| name.uri());
        Ok(Self {
            digest: sha256(&leaf.to_der()?),
            key_digest: sha256(&leaf.public_key()?.public_key_to_der()?),
            uris: uris
                .filter(|uri| !uri.chars().any(char::is_control))
                .take(MAX_NAMES)
                .map(str::to_owned)
                .collect(),
        })
    }
}

/// Judges clients by a list of authorities, which may be empty, and the caller's
/// clock.
pub struct ClientRoots {
    authorities: Vec<X509>,
    now: Box<dyn Fn() -> i64 + Send + Sync>,
}

impl ClientRoots {
    /// The authorities in `pem`, if there is any. `now` tells the time in seconds
    /// since 1970 whenever a client is judged.
    ///
    /// # Errors
    /// [`Error::ConfigurationWrong`] if `pem` has none or one can't be read.
    pub fn new(
        pem: Option<&[u8]>,
        now: impl Fn() -> i64 + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let wrong = |text: String| Error::ConfigurationWrong(text);
        let authorities = pem.map(X509::stack_from_pem).transpose();
        let authorities = authorities
            .map_err(|error| wrong(format!("authorities of clients can't be read: {error}")))?;
        if authorities.as_ref().is_some_and(Vec::is_empty) {
            return Err(wrong("no authority of clients in the file".to_owned()));
        }
        Ok(Self {
            authorities: authorities.unwrap_or_default(),
            now: Box::new(now),
        })
    }

    /// Whether an authority vouches for a leaf; `chain` is what the client sent
    /// above it, in DER.
    ///
    /// # Errors
    /// `client-certificate-unknown`, `client-certificate-expired`,
    /// `client-certificate-not-yet-valid`, `client-certificate-purpose`,
    /// `client-certificate-malformed`, and `client-certificate-refused` for what
    /// else RFC 5280 clause 6 has.
    pub fn check(&self, leaf: &[u8], chain: &[Vec<u8>]) -> Result<(), Refusal> {
        let judged = self.judge(&self.authorities, leaf, chain);
        refusal(judged.map_err(|error| malformed(&error))?)
    }

    /// Whether a leaf that is known by itself is in date and for clients.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn check_known(&self, leaf: &[u8]) -> Result<(), Refusal> {
        let known = X509::from_der(leaf).map_err(|error| malformed(&error))?;
        let judged = self.judge(&[known], leaf, &[]);
        refusal(judged.map_err(|error| malformed(&error))?)
    }

    /// What the library says of the chain to one of `trusted`.
    fn judge(
        &self,
        trusted: &[X509],
        leaf: &[u8],
        chain: &[Vec<u8>],
    ) -> Result<X509VerifyResult, ErrorStack> {
        chain::judge(&*self.store(trusted)?, leaf, chain)
    }

    fn store(&self, trusted: &[X509]) -> Result<X509Store, ErrorStack> {
        let mut param = X509VerifyParam::new()?;
        // An authority may itself be below another one.
        param.set_flags(X509VerifyFlags::PARTIAL_CHAIN)?;
        param.set_time((self.now)());
        let mut store = X509StoreBuilder::new()?;
        for certificate in trusted {
            store.add_cert(certificate.clone())?;
        }
        store.set_purpose(X509PurposeId::SSL_CLIENT)?;
        store.set_param(&param)?;
        Ok(store.build())
    }
}

fn malformed(error: &ErrorStack) -> Refusal {
    Refusal::new("client-certificate-malformed", error.to_string())
}

fn refusal(verdict: X509VerifyResult) -> Result<(), Refusal> {
    let text = verdict.error_string();
    match verdict.as_raw() {
        _ if verdict == X509VerifyResult::OK => Ok(()),
        NOT_YET_VALID => Err(Refusal::new("client-certificate-not-yet-valid", text)),
        EXPIRED => Err(Refusal::new("client-certificate-expired", text)),
        PURPOSE => Err(Refusal::new("client-certificate-purpose", text)),
        issuer if ISSUER.contains(&issuer) => Err(Refusal::unknown_authority(
            "client-certificate-unknown",
            text,
        )),
        _ => Err(Refusal::new("client-certificate-refused", text)),
    }
}
