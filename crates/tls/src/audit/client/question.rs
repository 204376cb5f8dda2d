//! What one connection is for (sections 9.2.1 and 9.2.2).

use std::pin::Pin;

use openssl::ssl::{Ssl, SslContext, SslContextBuilder, SslMethod, SslOptions};
use tokio::net::TcpStream;
use tokio::time::timeout_at;
use tokio_openssl::SslStream;

use super::{Proofs, Verdict, Visits, flight, none, stranger, web};
use crate::audit::judge::Outcome;
use crate::audit::raw::number_of_ssl3;
use crate::audit::table::{Probe, Row};
use crate::wire::Wire;
use crate::{Credentials, Error, Suite, TlsStream, Version, context, failure};

const ANY: &str = "ALL:!aNULL:!eNULL";
/// Suites in which the server shows a certificate.
const WITH_CERTIFICATES: &str = "ALL:kRSAPSK:!kPSK:!kDHEPSK:!kECDHEPSK:!SRP:!aNULL:!eNULL";
const CURVES: &str = "X25519:P-256:P-384:P-521";
const SHORT_CURVES: &str = "P-224:P-192";

/// Why line 7 does not apply.
pub(super) const WITHOUT_SSL3: &str = "SSL 3.0 is not supported";

pub(super) enum Question {
    /// Is a handshake of this kind finished?
    Shake(Shape),
    /// Is a certificate of an unknown authority refused?
    Stranger,
    /// Is one on short curves refused?
    ShortCurves,
    /// Is this scheme of HTTP authentication answered?
    Login(&'static str),
    /// Is an answer of SSL 3.0 gone on with, for one of these suites?
    Ssl3(Vec<u16>),
    /// Is an answer of version 2.0 refused?
    VersionCheck,
}

/// What a server of the moment speaks.
#[derive(Clone)]
pub(super) struct Shape {
    oldest: Version,
    newest: Version,
    /// The library's list.
    list: String,
    /// What is shown instead of what the client is to trust.
    shown: Option<Vec<Credentials>>,
    curves: &'static str,
    /// What is asked if this is refused: any suite of the mode, in any version
    /// that the paper knows.
    mode: Option<Mode>,
}

/// A mode of section 9.2.2, and the library's list of all its suites.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    X509,
    Psk,
}

impl Mode {
    const fn list(self) -> &'static str {
        match self {
            Self::X509 => "ALL:!PSK:!SRP:!aNULL:!eNULL",
            Self::Psk => "kPSK:kDHEPSK:kECDHEPSK:kRSAPSK:!eNULL",
        }
    }
}

impl Shape {
    fn version(version: Version) -> Self {
        Self {
            oldest: version,
            newest: version,
            list: ANY.to_owned(),
            shown: None,
            curves: CURVES,
            mode: None,
        }
    }

    /// These instead of what the client is to trust, in suites with certificates.
    pub(super) fn showing(credentials: Vec<Credentials>) -> Self {
        Self {
            oldest: Version::Tls1_0,
            list: WITH_CERTIFICATES.to_owned(),
            shown: Some(credentials),
            // In TLS 1.3 a pre-shared key does without certificates.
            ..Self::version(Version::Tls1_2)
        }
    }

    /// Whatever the client speaks.
    fn anything() -> Self {
        Self {
            oldest: Version::Tls1_0,
            ..Self::version(Version::Tls1_3)
        }
    }
}

impl Question {
    /// A row's own question; some rows follow from others'.
    pub(super) fn of(row: &Row) -> Option<Self> {
        let suites = || {
            let suites = row.suites.iter().filter_map(|name| Suite::by_name(name));
            let names: Vec<&str> = suites.map(|suite| suite.library).collect();
            names.join(":")
        };
        let version = |version| Self::Shake(Shape::version(version));
        Some(match row.probe {
            Probe::Basic => Self::Login("basic"),
            Probe::Digest => Self::Login("digest"),
            Probe::Certificate => Self::Stranger,
            Probe::Tls1_0 => version(Version::Tls1_0),
            Probe::Tls1_1 => version(Version::Tls1_1),
            Probe::Tls1_2 => version(Version::Tls1_2),
            Probe::X509Suites => Self::Shake(Shape {
                list: suites(),
                mode: Some(Mode::X509),
                ..Shape::version(Version::Tls1_2)
            }),
            // Those with CBC go with older versions too (RFC 5487 clause 1.1, RFC
            // 5489 clause 1.1).
            Probe::PskSuites => Self::Shake(Shape {
                oldest: Version::Tls1_0,
                list: suites(),
                mode: Some(Mode::Psk),
                ..Shape::version(Version::Tls1_2)
            }),
            Probe::Ssl3Suites => {
                let numbers = row.suites.iter().filter_map(|name| number_of_ssl3(name));
                Self::Ssl3(numbers.collect())
            }
            Probe::CurveLength => Self::ShortCurves,
            Probe::VersionCheck => Self::VersionCheck,
            _ => return None,
        })
    }

    pub(super) async fn put(self, visits: &mut Visits<'_>) -> Result<Verdict, Error> {
        match self {
            Self::Shake(shape) if shape.mode == Some(Mode::Psk) && visits.site.key.is_none() => {
                Ok(none("no pre-shared key was given"))
            }
            Self::Shake(shape) => {
                let Some(tcp) = visits.next().await? else {
                    return Ok(none("the client did not come"));
                };
                let (line, stream) = shake(visits, tcp, &shape).await?;
                let mut evidence = vec![line];
                if let (None, Some(mode)) = (&stream, shape.mode)
                    && let Some(tcp) = visits.next().await?
                {
                    let shape = Shape {
                        oldest: Version::Tls1_0,
                        list: mode.list().to_owned(),
                        ..Shape::version(Version::Tls1_2)
                    };
                    let (line, _) = shake(visits, tcp, &shape).await?;
                    evidence.push(format!("any other suite of the mode: {line}"));
                }
                Ok((Outcome::of(stream.is_some()), evidence))
            }
            Self::Stranger => stranger::put(visits).await,
            Self::ShortCurves => {
                let Some(tcp) = visits.next().await? else {
                    return Ok(none("the client did not come"));
                };
                let shape = Shape {
                    list: "ECDHE:ECDHE+PSK:!aNULL".to_owned(),
                    curves: SHORT_CURVES,
                    ..Shape::version(Version::Tls1_2)
                };
                let (line, stream) = shake(visits, tcp, &shape).await?;
                let line = format!("curves of 192 and 224 bits alone: {line}");
                Ok((Outcome::of(stream.is_none()), vec![line]))
            }
            Self::Login(scheme) => login(visits, scheme).await,
            Self::Ssl3(suites) => ssl3(visits, &suites).await,
            Self::VersionCheck => {
                let Some(tcp) = visits.next().await? else {
                    return Ok(none("the client did not come"));
                };
                let came = flight::answer(visits, tcp, (2, 0), None).await?;
                let line = format!("a ServerHello of version 2.0: {}", came.words);
                Ok((Outcome::of(!came.goes_on), vec![line]))
            }
        }
    }
}

async fn login(visits: &mut Visits<'_>, scheme: &str) -> Result<Verdict, Error> {
    let mut evidence = Vec::new();
    // A challenge, and the answer to it; one more for a client that repeats itself.
    for _ in 0..3 {
        let Some(tcp) = visits.next().await? else {
            break;
        };
        let (line, stream) = shake(visits, tcp, &Shape::anything()).await?;
        let Some(stream) = stream else {
            evidence.push(line);
            continue;
        };
        let ended = timeout_at(visits.deadline(), web::challenge(stream, scheme)).await;
        match ended.unwrap_or(Err(Error::Timeout("request"))) {
            Ok(web::Sent::Scheme) => {
                evidence.push(format!("{line}, then Authorization by {scheme}"));
                return Ok((Outcome::Pass, evidence));
            }
            Ok(web::Sent::Other(text)) => evidence.push(format!("{line}, then {text}")),
            Err(error) => evidence.push(format!("{line}, then: {error}")),
        }
    }
    match evidence.is_empty() {
        true => Ok(none("the client did not come")),
        false => Ok((Outcome::Fail, evidence)),
    }
}

/// One of the suites of line 7, else any that SSL 3.0 knows: a client of SSL 3.0
/// with none of the suites has another fault than one without SSL 3.0.
async fn ssl3(visits: &mut Visits<'_>, suites: &[u16]) -> Result<Verdict, Error> {
    let mut evidence = Vec::new();
    let suites = suites.iter().copied().map(Some);
    for suite in suites.chain([None]) {
        let Some(tcp) = visits.next().await? else {
            break;
        };
        let came = flight::answer(visits, tcp, (3, 0), suite).await?;
        let of_line = suite.map_or_else(
            || "any other suite".to_owned(),
            |suite| format!("the suite {suite:#06x}"),
        );
        let line = format!("a ServerHello of SSL 3.0 with {of_line}: {}", came.words);
        evidence.push(line.clone());
        if came.goes_on {
            visits.proofs.ssl3 = Some(line);
            return Ok((Outcome::of(suite.is_some()), evidence));
        }
    }
    match evidence.is_empty() {
        true => Ok(none("the client did not come")),
        false => Ok((Outcome::NotApplicable(WITHOUT_SSL3.to_owned()), evidence)),
    }
}

impl Proofs {
    /// Keeps what a finished handshake says.
    fn note(&mut self, suite: &str, by_session: bool, line: &str) {
        let has_key = suite.contains("PSK_");
        let has_certificate = !by_session && (!has_key || suite.contains("RSA_PSK_"));
        for (slot, is_one) in [
            (&mut self.certificate, has_certificate),
            (&mut self.x509_mode, has_certificate && !has_key),
            (&mut self.psk_mode, has_key),
        ] {
            if is_one && slot.is_none() {
                *slot = Some(line.to_owned());
            }
        }
    }
}

/// What became of a handshake, in words, and the connection if it was finished.
async fn shake(
    visits: &mut Visits<'_>,
    tcp: TcpStream,
    shape: &Shape,
) -> Result<(String, Option<TlsStream>), Error> {
    let (line, ended) = attempt(visits, tcp, shape).await?;
    Ok((line, ended.ok()))
}

/// The same with the reason why it was not finished.
pub(super) async fn attempt(
    visits: &mut Visits<'_>,
    tcp: TcpStream,
    shape: &Shape,
) -> Result<(String, Result<TlsStream, Error>), Error> {
    let context = context(visits, shape)?;
    let mut stream = SslStream::new(Ssl::new(&context)?, Wire::new(tcp))?;
    let ended = timeout_at(visits.deadline(), Pin::new(&mut stream).accept()).await;
    let error = match ended {
        Ok(Ok(())) => {
            // To the library a key of TLS 1.3 is a session.
            let by_session = stream.ssl().session_reused();
            let stream = TlsStream::new(stream, None);
            let suite = stream.cipher_suite().unwrap_or("a suite without a name");
            let line = format!("{} {suite} taken", stream.version());
            if shape.shown.is_none() {
                visits.proofs.note(suite, by_session, &line);
            }
            return Ok((line, Ok(stream)));
        }
        Ok(Err(error)) => failure::of_handshake(&error, stream.ssl(), stream.get_ref()),
        Err(_) => Error::Timeout("handshake"),
    };
    Ok((format!("{}: {error}", shape.newest), Err(error)))
}

fn context(visits: &Visits<'_>, shape: &Shape) -> Result<SslContext, Error> {
    let mut made = SslContextBuilder::new(SslMethod::tls_server())?;
    made.set_security_level(0);
    made.set_min_proto_version(Some(shape.oldest.library()))?;
    made.set_max_proto_version(Some(shape.newest.library()))?;
    made.set_cipher_list(&format!("{}:@SECLEVEL=0", shape.list))?;
    made.set_groups_list(shape.curves)?;
    made.set_options(SslOptions::NO_TICKET);
    made.set_client_hello_callback(crate::offer::remember);
    context::install_dh(&mut made)?;
    let shown = shape.shown.as_ref().unwrap_or(&visits.site.credentials);
    for credentials in shown {
        credentials.install(&mut made)?;
    }
    if let Some(shared) = visits.site.key.clone() {
        made.set_psk_server_callback(move |_, identity, key| {
            let known = identity == Some(shared.identity.as_slice());
            match key.get_mut(..shared.key.len()).filter(|_| known) {
                Some(to) => {
                    to.copy_from_slice(&shared.key);
                    Ok(shared.key.len())
                }
                None => Ok(0),
            }
        });
    }
    Ok(made.build())
}
