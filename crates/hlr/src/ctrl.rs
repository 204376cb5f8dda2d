//! A client of the control interface of Osmocom programs ("Osmocom Control
//! Interface", in OsmoHLR's user manual): lines of ASCII, each in an IPA frame of
//! stream ee, extension 00. `GET id variable` and `SET id variable value` are
//! answered by `GET_REPLY`, `SET_REPLY` or `ERROR` with the same id; a `TRAP` comes
//! by itself.

use std::net::SocketAddr;
use std::time::Duration;

use gsup::ipa::{FrameDecoder, Stream, encode_frame};
use provisioning::ports::hlr::{HlrError, HlrResult};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::timeout;
use zeroize::Zeroizing;

/// The port of OsmoHLR's control interface.
pub(crate) const CTRL_PORT: u16 = 4259;
/// From a request to its answer, with connecting.
const PATIENCE: Duration = Duration::from_secs(3);
/// Behind the requests of others.
const QUEUE: Duration = Duration::from_secs(15);
/// The longest answer; what OsmoHLR says of a subscriber has about 600 octets.
const LONGEST: u16 = 8 * 1024;
/// Frames that are no answer, for each request.
const STRAY: usize = 64;
const CHUNK: usize = 2048;

/// An answer.
pub(crate) enum Reply {
    /// What stood behind the variable; it may be keys.
    Value(Zeroizing<String>),
    /// What stood behind `ERROR`.
    Refused(String),
}

/// A client with one connection, made when it is needed and made again when it is
/// lost. Requests go one after the other.
pub(crate) struct Ctrl {
    address: SocketAddr,
    link: Mutex<Option<Link>>,
}

struct Link {
    stream: TcpStream,
    decoder: FrameDecoder,
    last: u32,
}

/// Why a request has no answer.
enum Lost {
    /// The connection: another one may do.
    Connection(std::io::Error),
    /// The peer speaks something else.
    Nonsense(&'static str),
}

impl From<std::io::Error> for Lost {
    fn from(error: std::io::Error) -> Self {
        Self::Connection(error)
    }
}

impl Ctrl {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self {
            address,
            link: Mutex::new(None),
        }
    }

    pub(crate) async fn get(&self, variable: &str) -> HlrResult<Reply> {
        self.ask("GET", variable, "").await
    }

    /// A `SET`, whose `ERROR` is an error.
    pub(crate) async fn set(&self, variable: &str, value: &str) -> HlrResult<()> {
        match self.ask("SET", variable, value).await? {
            Reply::Value(_) => Ok(()),
            Reply::Refused(text) => Err(HlrError::Refused(text)),
        }
    }

    /// A connection that was used before may be dead since: then the request goes
    /// out again, once, over a new one. Every request of ours may be repeated.
    async fn ask(&self, verb: &str, variable: &str, value: &str) -> HlrResult<Reply> {
        let unreachable = |why: &dyn std::fmt::Display| {
            HlrError::Unreachable(format!("control interface {}: {why}", self.address))
        };
        let place = timeout(QUEUE, self.link.lock()).await;
        let mut place = place.map_err(|_| unreachable(&"too many requests wait"))?;
        let asked = async {
            // Whoever stops waiting takes the connection with it: an answer to its
            // request may still come there.
            if let Some(mut link) = place.take() {
                match link.ask(verb, variable, value).await {
                    Ok(reply) => {
                        *place = Some(link);
                        return Ok(reply);
                    }
                    Err(Lost::Connection(error)) => {
                        tracing::debug!(%error, "the control interface is connected anew");
                    }
                    Err(lost) => return Err(lost),
                }
            }
            let mut link = Link {
                stream: TcpStream::connect(self.address).await?,
                decoder: FrameDecoder::new(LONGEST),
                last: 0,
            };
            link.stream.set_nodelay(true)?;
            let reply = link.ask(verb, variable, value).await?;
            *place = Some(link);
            Ok(reply)
        };
        match timeout(PATIENCE, asked).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(Lost::Connection(error))) => Err(unreachable(&error)),
            Ok(Err(Lost::Nonsense(what))) => Err(unreachable(&what)),
            Err(_) => Err(unreachable(&"no answer in time")),
        }
    }
}

impl Link {
    async fn ask(&mut self, verb: &str, variable: &str, value: &str) -> Result<Reply, Lost> {
        self.last = self.last.checked_add(1).unwrap_or(1);
        let line = if value.is_empty() {
            format!("{verb} {} {variable}", self.last)
        } else {
            format!("{verb} {} {variable} {value}", self.last)
        };
        let frame = encode_frame(Stream::Ctrl, Zeroizing::new(line).as_bytes());
        let frame = frame.map_err(|_| Lost::Nonsense("a request that is too long"))?;
        self.stream.write_all(frame.expose()).await?;
        let mut chunk = Zeroizing::new([0_u8; CHUNK]);
        let mut stray = 0;
        loop {
            let count = self.stream.read(chunk.as_mut_slice()).await?;
            if count == 0 {
                return Err(Lost::Connection(std::io::ErrorKind::UnexpectedEof.into()));
            }
            let mut octets = chunk.get(..count).unwrap_or_default();
            while !octets.is_empty() {
                let framed = self.decoder.push(&mut octets);
                let framed = framed.map_err(|_| Lost::Nonsense("a frame that is too long"))?;
                let Some(frame) = framed else { break };
                if frame.stream == Stream::Ctrl
                    && let Some(reply) = reply(frame.payload, verb, self.last, variable)
                {
                    return Ok(reply);
                }
                stray += 1;
                if stray > STRAY {
                    return Err(Lost::Nonsense("no answer among many frames"));
                }
            }
        }
    }
}

/// The answer to the request with this id, if the line is that.
fn reply(line: &[u8], verb: &str, id: u32, variable: &str) -> Option<Reply> {
    let line = std::str::from_utf8(line).ok()?.trim_end_matches('\0');
    let (kind, rest) = line.split_once(' ')?;
    let (shown, rest) = rest.split_once(' ')?;
    if shown.parse() != Ok(id) {
        return None;
    }
    if kind == "ERROR" {
        return Some(Reply::Refused(rest.to_owned()));
    }
    if kind.strip_suffix("_REPLY") != Some(verb) {
        return None;
    }
    let value = rest.strip_prefix(variable)?;
    let value = value.strip_prefix([' ', '\n']).unwrap_or(value);
    Some(Reply::Value(Zeroizing::new(value.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(line: &str) -> Option<String> {
        match reply(line.as_bytes(), "GET", 7, "subscriber.by-imsi-1.info")? {
            Reply::Value(value) => Some(value.to_string()),
            Reply::Refused(text) => Some(format!("refused: {text}")),
        }
    }

    /// Lines as OsmoHLR 1.5.0 sends them.
    #[test]
    fn an_answer_is_told_by_its_id() {
        let answer = "GET_REPLY 7 subscriber.by-imsi-1.info \nid\t1\nimsi\t1";
        assert_eq!(value(answer).unwrap(), "\nid\t1\nimsi\t1");
        let refused = value("ERROR 7 No such subscriber.").unwrap();
        assert_eq!(refused, "refused: No such subscriber.");
        for other in [
            "GET_REPLY 6 subscriber.by-imsi-1.info \nid\t1",
            "SET_REPLY 7 subscriber.by-imsi-1.info OK",
            "GET_REPLY 7 subscriber.by-imsi-2.info \nid\t1",
            "ERROR err Invalid message ID number",
            "ERROR 6 No such subscriber.",
            "TRAP 0 something 7",
            "GET_REPLY",
            "",
        ] {
            assert_eq!(value(other), None, "{other}");
        }
    }
}
