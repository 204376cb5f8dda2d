//! What stands before a server under audit and answers some hellos in its place
//! (RFC 5246 clause 7.4.1.2; The SSL Protocol, 1995, clause 2.5), so that a server
//! can be broken in ways in which none can be configured.

use std::net::SocketAddr;

use tokio::io::{AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::support::listener;

/// A ClientHello as far as an answer depends on it.
#[derive(Default)]
pub(super) struct Hello {
    /// SSL 2.0's own, of which nothing else is read.
    pub(super) is_ssl2: bool,
    /// `legacy_version`.
    pub(super) version: (u8, u8),
    pub(super) suites: Vec<u16>,
    /// `supported_groups`.
    pub(super) groups: Vec<u16>,
    /// Whether it has `supported_versions`, as those of TLS 1.3 do.
    pub(super) is_newer: bool,
}

/// What is done about a hello.
pub(super) enum Way {
    /// The server answers.
    Behind,
    /// Another one does.
    Aside,
    /// These octets are the answer, and all of it.
    Octets(Vec<u8>),
}

impl Way {
    /// handshake_failure (40).
    pub(super) fn refused() -> Self {
        Self::Octets(vec![21, 3, 1, 0, 2, 2, 40])
    }
}

/// A listener before `behind`; its port, and the task.
pub(super) async fn before(
    behind: SocketAddr,
    aside: Option<SocketAddr>,
    way: fn(&Hello) -> Way,
) -> (u16, JoinHandle<()>) {
    let front = listener().await;
    let port = front.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        while let Ok((tcp, _)) = front.accept().await {
            tokio::spawn(answer(tcp, behind, aside, way));
        }
    });
    (port, task)
}

async fn answer(
    mut tcp: TcpStream,
    behind: SocketAddr,
    aside: Option<SocketAddr>,
    way: fn(&Hello) -> Way,
) {
    let Some(hello) = peeked(&tcp).await else {
        return;
    };
    let to = match way(&hello) {
        Way::Octets(octets) => {
            // It may have gone already.
            let _ = tcp.write_all(&octets).await;
            let _ = tcp.shutdown().await;
            return;
        }
        Way::Behind => behind,
        Way::Aside => aside.expect("a server aside"),
    };
    if let Ok(mut other) = TcpStream::connect(to).await {
        let _ = copy_bidirectional(&mut tcp, &mut other).await;
    }
}

/// The first record, which stays in the socket.
async fn peeked(tcp: &TcpStream) -> Option<Hello> {
    let mut octets = vec![0; 4096];
    let mut seen = 0;
    loop {
        let count = tcp.peek(&mut octets).await.ok()?;
        if count == seen {
            return None;
        }
        seen = count;
        if let Some(hello) = read(&octets[..seen]) {
            return Some(hello);
        }
        tokio::task::yield_now().await;
        while tcp.peek(&mut octets).await.ok()? == seen {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        seen = 0;
    }
}

/// `None` until the record is whole.
fn read(octets: &[u8]) -> Option<Hello> {
    if octets.first()? & 0x80 != 0 {
        return Some(Hello {
            is_ssl2: true,
            ..Hello::default()
        });
    }
    let two = |at: usize| Some(u16::from_be_bytes([*octets.get(at)?, *octets.get(at + 1)?]));
    let end = 5 + usize::from(two(3)?);
    octets.get(end.checked_sub(1)?)?;
    // Record header, handshake header.
    let version = (octets[9], octets[10]);
    let mut at = 9 + 2 + 32;
    at += 1 + usize::from(octets[at]);
    let length = usize::from(two(at)?);
    at += 2;
    let pairs = |octets: &[u8]| -> Vec<u16> {
        let pairs = octets.chunks_exact(2);
        pairs.map(|it| u16::from_be_bytes([it[0], it[1]])).collect()
    };
    let mut hello = Hello {
        version,
        suites: pairs(&octets[at..at + length]),
        ..Hello::default()
    };
    at += length;
    at += 1 + usize::from(octets[at]) + 2;
    while at + 4 <= end {
        let (kind, length) = (two(at)?, usize::from(two(at + 2)?));
        let body = &octets[at + 4..at + 4 + length];
        match kind {
            10 => hello.groups = pairs(&body[2..]),
            43 => hello.is_newer = true,
            _ => {}
        }
        at += 4 + length;
    }
    Some(hello)
}

/// A SERVER-HELLO of SSL 2.0: no hit, X.509, version 0.2, no certificate, one kind of
/// cipher, 16 octets of connection id.
pub(super) fn ssl2_server_hello() -> Vec<u8> {
    let mut hello = vec![0x80, 30, 4, 0, 1, 0, 2, 0, 0, 0, 3, 0, 16, 7, 0, 192];
    hello.extend([5; 16]);
    hello
}

/// A ServerHello of SSL 3.0 with this suite (RFC 6101 clause 5.6.1.3).
pub(super) fn ssl3_server_hello(suite: u16) -> Vec<u8> {
    let [high, low] = suite.to_be_bytes();
    let mut hello = vec![22, 3, 0, 0, 42, 2, 0, 0, 38, 3, 0];
    hello.extend([7; 32]);
    hello.extend([0, high, low, 0]);
    hello
}
