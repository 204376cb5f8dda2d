//! One handshake with exactly what is to be found out: versions, suites, curves
//! (RFC 5246 clause 7.4, RFC 8446 clause 4). The library's own level is 0, so that
//! it takes short keys, and they can be named.

use std::pin::Pin;

use openssl::pkey::{Id, PKeyRef, Public};
use openssl::ssl::{
    Ssl, SslContext, SslContextBuilder, SslMethod, SslOptions, SslVerifyMode, StatusType,
};
use openssl::x509::X509;
use tokio::time::timeout_at;
use tokio_openssl::SslStream;

use super::target::{SharedKey, Target};
use crate::wire::Wire;
use crate::{Error, Suite, TlsStream, Version, failure};

/// All suites with some proof of the server, keys included where there is one.
const ANY: &str = "ALL:!aNULL:!eNULL";
/// The short ones come last: without them a certificate on one is not shown.
const CURVES: &str = "X25519:P-256:P-384:P-521:P-224:P-192";

/// What a handshake offers.
#[derive(Clone)]
pub(super) struct Hello<'a> {
    pub(super) oldest: Version,
    pub(super) newest: Version,
    /// One suite, or any.
    pub(super) suite: Option<&'static Suite>,
    /// The library's names.
    pub(super) curves: &'a str,
    /// The library's names, if there is no one suite.
    pub(super) list: &'a str,
    /// A key to offer beside certificates.
    pub(super) key: Option<&'a SharedKey>,
}

impl<'a> Hello<'a> {
    /// One version, any suite.
    pub(super) const fn version(version: Version, key: Option<&'a SharedKey>) -> Self {
        Self {
            oldest: version,
            newest: version,
            suite: None,
            curves: CURVES,
            list: ANY,
            key,
        }
    }

    /// One suite of TLS 1.2.
    pub(super) const fn suite(suite: &'static Suite, key: Option<&'a SharedKey>) -> Self {
        let mut hello = Self::version(Version::Tls1_2, key);
        hello.suite = Some(suite);
        hello
    }

    /// What browsers and the like offer.
    pub(super) const fn anything(key: Option<&'a SharedKey>) -> Self {
        let mut hello = Self::version(Version::Tls1_3, key);
        hello.oldest = Version::Tls1_0;
        hello
    }

    fn words(&self) -> String {
        match self.suite {
            Some(suite) => suite.name.to_owned(),
            None => self.newest.name().to_owned(),
        }
    }
}

/// How a server took a hello.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// The handshake was finished.
    Taken(Shaken),
    /// A ServerHello came, and then it failed.
    Begun(String),
    /// It did not come so far.
    Refused(String),
}

/// A finished handshake.
#[derive(Clone, Debug)]
pub(super) struct Shaken {
    /// The version and the suite.
    pub(super) line: String,
    pub(super) suite: &'static str,
    pub(super) ephemeral: Option<Key>,
    /// DER, the leaf first.
    pub(super) chain: Vec<Vec<u8>>,
    pub(super) stapled: bool,
}

/// A public key as far as its length goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) kind: Kind,
    pub(super) bits: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Rsa,
    DiffieHellman,
    Curve,
}

impl Key {
    pub(super) fn of(key: &PKeyRef<Public>) -> Self {
        let (kind, bits) = match key.id() {
            Id::RSA | Id::RSA_PSS => (Kind::Rsa, key.bits()),
            Id::DH | Id::DHX => (Kind::DiffieHellman, key.bits()),
            // 32 octets (RFC 7748 clause 5), of which the library counts 253 bits.
            Id::X25519 | Id::ED25519 => (Kind::Curve, 256),
            _ => (Kind::Curve, key.bits()),
        };
        Self { kind, bits }
    }

    pub(super) fn words(self) -> String {
        let kind = match self.kind {
            Kind::Rsa => "RSA",
            Kind::DiffieHellman => "Diffie-Hellman",
            Kind::Curve => "elliptic curve",
        };
        format!("{kind} of {} bits", self.bits)
    }
}

impl Answer {
    pub(super) const fn shaken(&self) -> Option<&Shaken> {
        match self {
            Self::Taken(shaken) => Some(shaken),
            Self::Begun(_) | Self::Refused(_) => None,
        }
    }

    /// As evidence.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Taken(shaken) => format!("{} taken", shaken.line),
            Self::Begun(text) | Self::Refused(text) => text.clone(),
        }
    }
}

/// Makes a handshake and lets go of it.
///
/// # Errors
/// Those of [`Target::open`], and of the library.
pub(super) async fn shake(target: &Target, hello: &Hello<'_>) -> Result<Answer, Error> {
    let (answer, stream) = attempt(target, hello).await?;
    drop(stream);
    Ok(answer)
}

/// Makes a handshake and keeps the connection.
///
/// # Errors
/// As for [`shake`].
pub(super) async fn attempt(
    target: &Target,
    hello: &Hello<'_>,
) -> Result<(Answer, Option<TlsStream>), Error> {
    let tcp = target.open().await?;
    tcp.set_nodelay(true)?;
    let context = context(target, hello)?;
    let mut ssl = Ssl::new(&context)?;
    if target.host.parse::<std::net::IpAddr>().is_err() {
        ssl.set_hostname(&target.host)?;
    }
    ssl.set_status_type(StatusType::OCSP)?;
    let mut stream = SslStream::new(ssl, Wire::new(tcp))?;
    let ended = timeout_at(target.deadline(), Pin::new(&mut stream).connect()).await;
    let failed = match ended {
        Ok(Ok(())) => {
            let shaken = shaken(&stream)?;
            return Ok((Answer::Taken(shaken), Some(TlsStream::new(stream, None))));
        }
        Ok(Err(error)) => failure::of_handshake(&error, stream.ssl(), stream.get_ref()),
        Err(_) => Error::Timeout("handshake"),
    };
    let offered = hello.words();
    let answer = match stream.get_ref().server_version() {
        Some(version) => Answer::Begun(format!(
            "{offered}: a ServerHello of {version}, then: {failed}"
        )),
        None => Answer::Refused(format!("{offered}: {failed}")),
    };
    Ok((answer, None))
}

fn context(target: &Target, hello: &Hello<'_>) -> Result<SslContext, Error> {
    let mut context = SslContextBuilder::new(SslMethod::tls_client())?;
    context.set_security_level(0);
    context.set_min_proto_version(Some(hello.oldest.library()))?;
    context.set_max_proto_version(Some(hello.newest.library()))?;
    let list = hello.suite.map_or(hello.list, |suite| suite.library);
    context.set_cipher_list(&format!("{list}:@SECLEVEL=0"))?;
    context.set_groups_list(hello.curves)?;
    context.set_options(SslOptions::NO_TICKET);
    context.set_verify(SslVerifyMode::NONE);
    if let Some(credentials) = &target.credentials {
        credentials.install(&mut context)?;
    }
    if let Some(shared) = hello.key.cloned() {
        context.set_psk_client_callback(move |_, _, identity, key| {
            let length = shared.identity.len();
            let room = identity
                .get_mut(..=length)
                .zip(key.get_mut(..shared.key.len()));
            let Some((identity, key)) = room else {
                return Ok(0);
            };
            for (to, from) in identity.iter_mut().zip(shared.identity.iter().chain(&[0])) {
                *to = *from;
            }
            key.copy_from_slice(&shared.key);
            Ok(shared.key.len())
        });
    }
    Ok(context.build())
}

fn shaken(stream: &SslStream<Wire>) -> Result<Shaken, Error> {
    let ssl = stream.ssl();
    let cipher = ssl.current_cipher();
    let suite = cipher.and_then(|cipher| cipher.standard_name());
    let suite = suite.unwrap_or("a suite without a name");
    let chain: Result<Vec<_>, _> = ssl
        .peer_cert_chain()
        .into_iter()
        .flatten()
        .map(|one| one.to_der())
        .collect();
    Ok(Shaken {
        line: format!("{} {suite}", ssl.version_str()),
        suite,
        ephemeral: ssl.peer_tmp_key().ok().map(|key| Key::of(&key)),
        chain: chain?,
        stapled: ssl.ocsp_status().is_some_and(|status| !status.is_empty()),
    })
}

/// The key of a DER certificate.
pub(super) fn key_of(leaf: &X509) -> Option<Key> {
    leaf.public_key().ok().map(|key| Key::of(&key))
}
