//! The upgrade to TLS inside HTTP/1.1 (RFC 2817), for device management alone: TS
//! 33.210 clause 6.2 forbids it, so only the profile `dm` has it, and only where it
//! is switched on.
//!
//! Our client takes the mandatory upgrade of clause 3.2: an OPTIONS request of its
//! own comes first, and nothing of the caller's request is sent before TLS. Our
//! server answers the request that asked over TLS, as clause 3.3 says.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::linger::linger;
use crate::{ClientConfig, Error, TlsStream, connect};

/// Octets of an answer's head, and of a body that is thrown away.
const MAX_HEAD: usize = 8 * 1024;
const MAX_BODY: usize = 64 * 1024;
const END: &[u8] = b"\r\n\r\n";

/// The tokens of clause 7.2 and of later versions, most wanted first.
const TOKENS: [&str; 3] = ["TLS/1.2", "TLS/1.1", "TLS/1.0"];

const REQUIRED: &[u8] = b"HTTP/1.1 426 Upgrade Required\r\n\
    Upgrade: TLS/1.2, TLS/1.1, TLS/1.0, HTTP/1.1\r\n\
    Connection: Upgrade, close\r\nContent-Length: 0\r\n\r\n";
const MALFORMED: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// What became of the first request of a connection.
pub(crate) enum First {
    /// The client was told to go on with TLS. This request is to be answered there.
    Upgraded(Vec<u8>),
    /// No upgrade: this much was read of what HTTP is to read.
    Plain(Vec<u8>),
    /// It was answered, and the connection is over.
    Over,
}

/// Reads the first request's head of at most `limit` octets, and answers it if it
/// asks for TLS; or, where TLS is `required`, whatever it asks for. Takes until
/// `deadline` at most, if whoever calls it sees to that.
pub(crate) async fn first(
    tcp: &mut TcpStream,
    required: bool,
    limit: usize,
    deadline: Instant,
) -> Result<First, Error> {
    let mut octets = Vec::new();
    let length = loop {
        if let Some(at) = octets.windows(END.len()).position(|four| four == END) {
            break at + END.len();
        }
        if octets.len() > limit {
            return over(tcp, MALFORMED, deadline).await;
        }
        if tcp.read_buf(&mut octets).await? == 0 {
            return match octets.is_empty() {
                true => Ok(First::Over),
                false => Err(Error::Closed),
            };
        }
    };
    let (head, rest) = octets.split_at(length);
    let asked = Head::parse(head).and_then(|head| Some((head.upgrade()?, head.replayed())));
    match asked {
        // Who asks waits for the answer: octets that came before TLS must not be
        // taken for octets inside of it.
        Some(_) if !rest.is_empty() => over(tcp, MALFORMED, deadline).await,
        Some((token, request)) => {
            let answer = format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: {token}, HTTP/1.1\r\n\
                 Connection: Upgrade\r\n\r\n"
            );
            tcp.write_all(answer.as_bytes()).await?;
            Ok(First::Upgraded(request))
        }
        None if required => over(tcp, REQUIRED, deadline).await,
        None => Ok(First::Plain(octets)),
    }
}

async fn over(tcp: &mut TcpStream, answer: &[u8], deadline: Instant) -> Result<First, Error> {
    tcp.write_all(answer).await?;
    linger(tcp, deadline).await;
    Ok(First::Over)
}

/// A message's head.
struct Head<'a> {
    first: &'a str,
    fields: Vec<(&'a str, &'a str)>,
}

impl<'a> Head<'a> {
    /// `None` for what is no head of RFC 9112 clauses 2.1 and 5.
    fn parse(octets: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(octets.strip_suffix(END)?).ok()?;
        let mut lines = text.split("\r\n");
        let first = lines.next()?;
        let fields = lines.map(|line| {
            let (name, value) = line.split_once(':')?;
            let is_name = !name.is_empty() && name.bytes().all(|octet| octet.is_ascii_graphic());
            let is_value = !value.contains(['\r', '\n', '\0']);
            (is_name && is_value).then(|| (name, value.trim_matches([' ', '\t'])))
        });
        Some(Self {
            first,
            fields: fields.collect::<Option<_>>()?,
        })
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let fields = self.fields.iter();
        fields.filter_map(move |(known, value)| known.eq_ignore_ascii_case(name).then_some(*value))
    }

    /// Whether a field that is a list has the token.
    fn lists(&self, name: &str, token: &str) -> bool {
        let mut all = self.values(name).flat_map(|value| value.split(','));
        all.any(|one| one.trim().eq_ignore_ascii_case(token))
    }

    /// The version of TLS that this request asks for. One with a body is not
    /// upgraded: the body would have to come before TLS.
    fn upgrade(&self) -> Option<&'static str> {
        let has_body = self.values("transfer-encoding").next().is_some()
            || self.values("content-length").any(|length| length != "0");
        if has_body || !self.first.ends_with(" HTTP/1.1") || !self.lists("connection", "upgrade") {
            return None;
        }
        TOKENS
            .into_iter()
            .find(|token| self.lists("upgrade", token))
    }

    /// The request as it is answered over TLS: without what was between the two
    /// ends of the connection before.
    fn replayed(&self) -> Vec<u8> {
        let mut text = format!("{}\r\n", self.first);
        for (name, value) in &self.fields {
            let of_hop = ["connection", "upgrade"];
            if !of_hop.iter().any(|hop| name.eq_ignore_ascii_case(hop)) {
                text.extend([name, ": ", value, "\r\n"]);
            }
        }
        text.push_str("\r\n");
        text.into_bytes()
    }

    fn status(&self) -> Option<u16> {
        let (version, rest) = self.first.split_once(' ')?;
        let status = rest.split(' ').next()?;
        (version == "HTTP/1.1").then(|| status.parse().ok())?
    }
}

/// A client's connection: TLS at once, or after the upgrade where `config` has it.
/// `authority` is what goes into Host.
pub(crate) async fn open(
    config: &ClientConfig,
    mut tcp: TcpStream,
    host: &str,
    authority: &str,
    deadline: Instant,
) -> Result<TlsStream, Error> {
    if !config.upgrades() {
        return connect(config, tcp, host, deadline).await;
    }
    let tokens = TOKENS.join(", ");
    let request = format!(
        "OPTIONS * HTTP/1.1\r\nHost: {authority}\r\nUpgrade: {tokens}\r\n\
         Connection: Upgrade\r\n\r\n"
    );
    tcp.write_all(request.as_bytes()).await?;
    let octets = head(&mut tcp).await?;
    let answer = Head::parse(&octets).ok_or_else(malformed)?;
    let status = answer.status().ok_or_else(malformed)?;
    let agreed = TOKENS.iter().any(|token| answer.lists("upgrade", token));
    if status != 101 || !agreed || !answer.lists("connection", "upgrade") {
        return Err(Error::UpgradeRefused { status });
    }
    let mut stream = connect(config, tcp, host, deadline).await?;
    // The answer to OPTIONS, whatever it says: it is not the caller's.
    let octets = head(&mut stream).await?;
    let answer = Head::parse(&octets).ok_or_else(malformed)?;
    if answer.values("transfer-encoding").next().is_some() {
        return Err(malformed());
    }
    let length = answer.values("content-length").next().unwrap_or("0");
    let length: usize = length.parse().map_err(|_| malformed())?;
    if length > MAX_BODY {
        return Err(Error::BodyTooLarge { limit: MAX_BODY });
    }
    stream.read_exact(&mut vec![0; length]).await?;
    Ok(stream)
}

fn malformed() -> Error {
    Error::HttpMalformed("the answer to the request for an upgrade".to_owned())
}

/// A head and nothing beyond it.
async fn head(stream: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>, Error> {
    let mut octets = Vec::new();
    while !octets.ends_with(END) {
        if octets.len() >= MAX_HEAD {
            return Err(Error::HeadTooLarge);
        }
        octets.push(stream.read_u8().await?);
    }
    Ok(octets)
}
