//! A server's first flight in octets by hand, of a version that the library does
//! not speak: ServerHello, Certificate, ServerHelloDone (RFC 6101 clause 5.6, RFC
//! 5246 clause 7.4; RFC 5746 clause 3.6, since clients break off without it). A
//! client that takes the version goes on with its key exchange.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout_at;

use super::Visits;
use crate::{Alert, Error};

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
/// Record header, handshake header, version, random.
const BEFORE_SESSION: usize = 5 + 4 + 2 + 32;
/// Suites with plain RSA, whose flight needs no signature: AES, 3DES, RC4.
const PLAIN_RSA: [u16; 6] = [0x2f, 0x3c, 0x9c, 0x35, 0x0a, 0x05];
/// Those that line 7 does not name and libraries take in SSL 3.0: AES, RC4 with MD5,
/// DES.
const PLAIN_RSA_SSL3: [u16; 4] = [0x2f, 0x35, 0x04, 0x09];

/// The extension's number (RFC 5746 clause 3.2).
const RENEGOTIATION_INFO: [u8; 2] = [0xff, 0x01];

/// What a client did about a flight.
pub(super) struct Came {
    /// It went on.
    pub(super) goes_on: bool,
    pub(super) words: String,
}

/// Answers a hello with `version` and `suite`, or one that the client offers.
pub(super) async fn answer(
    visits: &Visits<'_>,
    mut tcp: TcpStream,
    version: (u8, u8),
    suite: Option<u16>,
) -> Result<Came, Error> {
    let rsa = visits.site.credentials.iter().find(|own| own.is_rsa());
    let certificate = rsa.map(|own| own.leaf_der()).transpose()?;
    let mut first = Vec::new();
    let talk = async {
        let hello = record(&mut tcp).await?;
        let offer = Offer::read(&hello);
        let suite = suite.unwrap_or_else(|| offer.plain_rsa(version));
        let certificate = certificate.as_deref().unwrap_or_default();
        let flight = flight(version, suite, certificate, offer.renegotiates_safely());
        tcp.write_all(&flight).await?;
        first = record(&mut tcp).await?;
        Ok::<(), std::io::Error>(())
    };
    // An end without a record is one kind of refusal.
    let _ = timeout_at(visits.deadline(), talk).await;
    Ok(match first.as_slice() {
        [HANDSHAKE, ..] => Came {
            goes_on: true,
            words: "the client went on".to_owned(),
        },
        [ALERT, _, _, _, _, _, number, ..] => Came {
            goes_on: false,
            words: format!("alert {}", Alert::numbered(*number)),
        },
        _ => Came {
            goes_on: false,
            words: "the client went away".to_owned(),
        },
    })
}

/// One record with its header.
async fn record(tcp: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut head = [0; 5];
    tcp.read_exact(&mut head).await?;
    let [_, _, _, high, low] = head;
    let mut whole = head.to_vec();
    whole.resize(5 + usize::from(u16::from_be_bytes([high, low])), 0);
    if let Some(body) = whole.get_mut(5..) {
        tcp.read_exact(body).await?;
    }
    Ok(whole)
}

/// What a ClientHello offers, as far as an answer depends on it.
struct Offer<'a> {
    suites: &'a [u8],
    /// Compression methods and extensions.
    rest: &'a [u8],
}

impl<'a> Offer<'a> {
    /// Nothing where it can't be read.
    fn read(hello: &'a [u8]) -> Self {
        let session = hello.get(BEFORE_SESSION).copied().map_or(0, usize::from);
        let rest = hello
            .get(BEFORE_SESSION + 1 + session..)
            .unwrap_or_default();
        let parts = match rest {
            [high, low, rest @ ..] => {
                rest.split_at_checked(usize::from(u16::from_be_bytes([*high, *low])))
            }
            _ => None,
        };
        let (suites, rest) = parts.unwrap_or_default();
        Self { suites, rest }
    }

    fn has(&self, suite: u16) -> bool {
        let mut pairs = self.suites.chunks_exact(2);
        pairs.any(|pair| pair == suite.to_be_bytes())
    }

    /// A suite with plain RSA that the client offers, so that it is not the suite
    /// that it refuses; AES if it offers none.
    fn plain_rsa(&self, version: (u8, u8)) -> u16 {
        let all: &[u16] = match version {
            (3, 0) => &PLAIN_RSA_SSL3,
            _ => &PLAIN_RSA,
        };
        let mut all = all.iter().copied();
        all.find(|suite| self.has(*suite)).unwrap_or(0x2f)
    }

    /// Whether it knows RFC 5746: by the signalling suite or an empty extension.
    fn renegotiates_safely(&self) -> bool {
        let extension = [RENEGOTIATION_INFO.as_slice(), &[0, 1, 0]].concat();
        self.has(0x00ff) || self.rest.windows(extension.len()).any(|it| it == extension)
    }
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut message = vec![kind];
    message.extend(three(body.len()));
    message.extend(body);
    message
}

/// A length in three octets.
fn three(length: usize) -> [u8; 3] {
    let [.., high, middle, low] = length.to_be_bytes();
    [high, middle, low]
}

fn flight(
    (major, minor): (u8, u8),
    suite: u16,
    certificate: &[u8],
    renegotiates_safely: bool,
) -> Vec<u8> {
    let [high, low] = suite.to_be_bytes();
    let mut hello = vec![major, minor];
    hello.extend(*b"an answer of rehome's own audit.");
    hello.extend([0, high, low, 0]);
    if renegotiates_safely {
        hello.extend([0, 5]);
        hello.extend(RENEGOTIATION_INFO);
        hello.extend([0, 1, 0]);
    }
    let one = [&three(certificate.len()), certificate].concat();
    let chain = [&three(one.len()), one.as_slice()].concat();
    let mut body = message(2, &hello);
    body.extend(message(11, &chain));
    body.extend(message(14, &[]));
    let [.., above, below] = body.len().to_be_bytes();
    let mut record = vec![HANDSHAKE, 3, minor.min(3), above, below];
    record.extend(body);
    record
}
