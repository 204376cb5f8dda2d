//! The handshake in both roles, with a deadline and a typed end (RFC 8446
//! clause 4, RFC 5246 clause 7.3; RFC 7627 for the extended master secret).

use std::pin::Pin;

use openssl::ssl::{self, SslRef, SslVersion};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_openssl::SslStream;

use crate::config::Session;
use crate::linger::linger;
use crate::profile::Rules;
use crate::resumption::{self, Proof};
use crate::verify::Verdict;
use crate::wire::Wire;
use crate::{
    ClientConfig, Error, PeerIdentity, Refusal, ServerConfig, TlsStream, failure, psk, ssl3,
    strength,
};

/// Makes the server's side of a handshake until `deadline`.
///
/// # Errors
/// [`Error::RefusedByUs`], [`Error::RefusedByPeer`], the mismatches,
/// [`Error::PeerViolation`], [`Error::Timeout`], [`Error::Closed`] and
/// [`Error::Io`]. After a refusal of ours the alert has been sent; the call may
/// take one more second so that it arrives.
pub async fn accept(
    config: &ServerConfig,
    tcp: TcpStream,
    deadline: Instant,
) -> Result<TlsStream, Error> {
    shake(config.session()?, tcp, deadline, End::Server).await
}

/// Makes the client's side of a handshake until `deadline`. `server_name` is a
/// host name, which is also sent as the server name indication, or an address.
///
/// With TLS 1.3 the server judges our certificate after this has returned: its
/// alert comes with the first read.
///
/// # Errors
/// As for [`accept`], and [`Error::RequestInvalid`] for a name that is neither.
pub async fn connect(
    config: &ClientConfig,
    tcp: TcpStream,
    server_name: &str,
    deadline: Instant,
) -> Result<TlsStream, Error> {
    if !is_server_name(server_name) {
        return Err(Error::RequestInvalid("not a host name or address"));
    }
    let session = config.session(server_name, tcp.peer_addr()?)?;
    shake(session, tcp, deadline, End::Client).await
}

#[derive(Clone, Copy)]
enum End {
    Server,
    Client,
}

async fn shake(
    session: Session,
    tcp: TcpStream,
    deadline: Instant,
    end: End,
) -> Result<TlsStream, Error> {
    let Session {
        ssl,
        verdict,
        rules,
        proof_required,
        keeper,
        offered,
    } = session;
    tcp.set_nodelay(true)?;
    let mut stream = SslStream::new(ssl, Wire::new(tcp))?;
    let pinned = Pin::new(&mut stream);
    let handshake = async {
        match end {
            End::Server => pinned.accept().await,
            End::Client => pinned.connect().await,
        }
    };
    let ended = timeout_at(deadline, handshake)
        .await
        .map_err(|_| Error::Timeout("handshake"))?;
    let resumed = ended.is_ok() && is_resumed(stream.ssl());
    let (taken, today) = offered.filter(|_| resumed).unzip();
    // A client judged before it offered the session.
    let today = today.or_else(|| judge_today(stream.ssl(), verdict.as_deref()?, resumed));
    let verdict = today.as_ref().or(verdict.as_deref());
    let admitted = match ended {
        Ok(()) => admit(stream.ssl(), verdict, &rules, proof_required),
        Err(error) => Err(reason(&error, &stream, verdict)),
    };
    let admitted = match admitted {
        Ok(Some(peer)) => check_status(stream.ssl(), verdict, &peer, deadline)
            .await
            .map(|()| Some(peer)),
        other => other,
    };
    match admitted {
        Ok(peer) => {
            if let (Some(keeper), Some(peer)) = (&keeper, &peer) {
                let since = taken.map(|taken| taken.proof().since);
                let proof = Proof {
                    leaf: peer.leaf().to_vec(),
                    chain: verdict.map(Verdict::chain).unwrap_or_default().to_vec(),
                    since: since.unwrap_or_else(Instant::now),
                };
                keeper.admitted(stream.ssl(), proof);
            }
            Ok(TlsStream::new(stream, peer).of_session(resumed, keeper))
        }
        Err(error) => {
            if let Some(keeper) = keeper {
                keeper.failed();
            }
            linger(&mut stream.get_mut().tcp, deadline).await;
            Err(error)
        }
    }
}

/// Whether the handshake went on with an earlier one's key. To the library a
/// pre-shared key of TLS 1.3 is a session too.
fn is_resumed(ssl: &SslRef) -> bool {
    ssl.session_reused() && psk::proved(ssl).is_none()
}

/// A server's judgement of the certificates that a resumed session began with.
fn judge_today(ssl: &SslRef, verdict: &Verdict, resumed: bool) -> Option<Verdict> {
    if !resumed || !ssl.is_server() {
        return None;
    }
    let leaf = ssl.peer_certificate()?.to_der().ok()?;
    Some(verdict.again(&leaf, resumption::above(ssl)))
}

fn reason(error: &ssl::Error, stream: &SslStream<Wire>, verdict: Option<&Verdict>) -> Error {
    match verdict.and_then(Verdict::decision) {
        Some(Err(refusal)) => refusal.into(),
        _ if psk::is_unknown(stream.ssl()) => Error::from(&Refusal::new(
            "psk-identity-unknown",
            "there is no pre-shared key of that identity",
        )),
        _ => failure::of_handshake(error, stream.ssl(), stream.get_ref()),
    }
}

/// The last look before a connection is handed out: whatever way the library
/// took, the certificate that it holds is the one that was judged.
fn admit(
    ssl: &SslRef,
    verdict: Option<&Verdict>,
    rules: &Rules,
    proof_required: bool,
) -> Result<Option<PeerIdentity>, Error> {
    // The library can't be told to insist on it, so the connection is closed
    // before it carries anything.
    if rules.extended_master_secret
        && ssl.version2() != Some(SslVersion::TLS1_3)
        && ssl.extms_support() != Some(true)
    {
        return Err(Error::from(&Refusal::new(
            "extended-master-secret-missing",
            "TLS 1.2 without the extended master secret",
        )));
    }
    ssl3::check_suite(ssl)?;
    strength::check_peer(ssl)?;
    let psk = psk::proved(ssl);
    let shown = ssl
        .peer_certificate()
        .map(|leaf| leaf.to_der())
        .transpose()?;
    match (shown, verdict.and_then(Verdict::decision)) {
        (None, None) if psk.is_some() => Ok(psk.cloned()),
        (None, None) if !proof_required => Ok(None),
        (Some(shown), Some(Ok(peer))) if peer.leaf() == shown => Ok(Some(peer.clone())),
        (_, Some(Err(refusal))) => Err(refusal.into()),
        _ => Err(Error::from(&Refusal::new(
            "certificate-not-judged",
            "the handshake ended without a verdict on the peer's certificate",
        ))),
    }
}

/// The verifier's last word on a server, for which it may ask others. A peer that
/// proved a pre-shared key has no certificate.
async fn check_status(
    ssl: &SslRef,
    verdict: Option<&Verdict>,
    peer: &PeerIdentity,
    deadline: Instant,
) -> Result<(), Error> {
    let Some(verdict) = verdict.filter(|_| !peer.leaf().is_empty()) else {
        return Ok(());
    };
    let judged = verdict.judge_status(peer.leaf(), ssl.ocsp_status());
    timeout_at(deadline, judged)
        .await
        .map_err(|_| Error::Timeout("certificate status"))?
        .map_err(|refusal| Error::from(&refusal))
}

/// A host name in the sense of RFC 1123 clause 2.1, or an address.
pub(crate) fn is_server_name(text: &str) -> bool {
    let host = (1..=253).contains(&text.len())
        && text
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.'))
        && !text.starts_with(['-', '.'])
        && !text.ends_with('.');
    host || text.parse::<std::net::IpAddr>().is_ok()
}
