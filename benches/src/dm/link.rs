//! A device's connection: just enough HTTP for a client whose server is ours.
//! It runs on the thread that is not measured.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tls::{
    ClientConfig, Credentials, PeerIdentity, PeerRole, PeerVerifier, Profile, Refusal, TlsStream,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::certificate::{self, HOST};

const HANDSHAKE: Duration = Duration::from_secs(10);

/// How devices reach their server.
#[derive(Clone)]
pub(crate) struct Way {
    pub(crate) address: SocketAddr,
    pub(crate) tls: Option<ClientConfig>,
}

/// A connection.
pub(crate) enum Link {
    Plain(TcpStream),
    Tls(TlsStream),
}

impl Way {
    pub(crate) async fn connect(&self) -> Result<Link> {
        let tcp = TcpStream::connect(self.address).await?;
        tcp.set_nodelay(true)?;
        let Some(config) = &self.tls else {
            return Ok(Link::Plain(tcp));
        };
        let stream = tls::connect(config, tcp, HOST, Instant::now() + HANDSHAKE).await?;
        Ok(Link::Tls(stream))
    }
}

impl Link {
    /// Posts a message; the answer's body.
    pub(crate) async fn post(&mut self, media_type: &str, body: &[u8]) -> Result<Vec<u8>> {
        match self {
            Self::Plain(stream) => post(stream, media_type, body).await,
            Self::Tls(stream) => post(stream, media_type, body).await,
        }
    }
}

async fn post<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    media_type: &str,
    body: &[u8],
) -> Result<Vec<u8>> {
    let mut request = format!(
        "POST /dm HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: {media_type}\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    stream.write_all(&request).await?;
    stream.flush().await?;
    let mut answer = Vec::with_capacity(4096);
    loop {
        if stream.read_buf(&mut answer).await? == 0 {
            bail!("the server hung up");
        }
        if let Some((head, body)) = split(&answer) {
            let length = content_length(head)?;
            if body.len() >= length {
                return Ok(body.get(..length).unwrap_or_default().to_vec());
            }
        }
    }
}

fn split(answer: &[u8]) -> Option<(&[u8], &[u8])> {
    const END: &[u8] = b"\r\n\r\n";
    let at = answer.windows(END.len()).position(|part| part == END)?;
    Some((answer.get(..at)?, answer.get(at + END.len()..)?))
}

fn content_length(head: &[u8]) -> Result<usize> {
    let head = std::str::from_utf8(head)?.to_ascii_lowercase();
    if !head.starts_with("http/1.1 200 ") {
        bail!(
            "the server answered {}",
            head.lines().next().unwrap_or_default()
        );
    }
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    let length = fields.find_map(|(name, value)| (name == "content-length").then_some(value));
    Ok(length
        .context("an answer without a length")?
        .trim()
        .parse()?)
}

/// Takes every server.
struct Anybody;

impl PeerVerifier for Anybody {
    fn verify(&self, _: &[u8], _: &[Vec<u8>], _: PeerRole<'_>) -> Result<PeerIdentity, Refusal> {
        Ok(PeerIdentity::new(HOST))
    }
}

/// What a device needs for TLS.
pub(crate) fn client() -> Result<ClientConfig> {
    Ok(ClientConfig::new(
        Profile::ThreeGpp,
        None,
        Arc::new(Anybody),
    )?)
}

/// A P-256 certificate and its key for a server.
pub(crate) fn credentials() -> Result<Credentials> {
    let key = certificate::ec_key()?;
    let leaf = certificate::self_signed(&key)?.to_der()?;
    Ok(Credentials::new(&leaf, &[], key)?)
}
