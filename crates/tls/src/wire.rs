//! The TCP stream below TLS. It keeps the first octets that came in, so that a
//! refused ServerHello can still be named: the library forgets the version that
//! it refused (RFC 5246 clauses 6.2.1, 7.4 and 7.4.1.3 for the layout). And it
//! sees the end of TCP, which the stream above can't tell from the end of TLS.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Record header (type, version, length), handshake header (type, length),
/// server_version.
const HEAD: usize = 5 + 4 + 2;
const HANDSHAKE_RECORD: u8 = 22;
const SERVER_HELLO: u8 = 2;

pub(crate) struct Wire {
    pub(crate) tcp: TcpStream,
    head: [u8; HEAD],
    seen: usize,
    ended: bool,
}

impl Wire {
    pub(crate) fn new(tcp: TcpStream) -> Self {
        Self {
            tcp,
            head: [0; HEAD],
            seen: 0,
            ended: false,
        }
    }

    /// Whether TCP has come to its end.
    pub(crate) fn ended(&self) -> bool {
        self.ended
    }

    /// The version in the peer's ServerHello, in words, if that is what it
    /// sent first.
    pub(crate) fn server_version(&self) -> Option<String> {
        let [record, _, _, _, _, message, _, _, _, major, minor] = self.head;
        let is_hello = self.seen == HEAD && record == HANDSHAKE_RECORD && message == SERVER_HELLO;
        is_hello.then(|| match (major, minor) {
            (3, 0) => "SSL 3.0".to_owned(),
            (3, 1) => "TLS 1.0".to_owned(),
            (3, 2) => "TLS 1.1".to_owned(),
            (3, 3) => "TLS 1.2".to_owned(),
            _ => format!("version {major}.{minor} of the record protocol"),
        })
    }

    fn note(&mut self, octets: &[u8]) {
        let free = self.head.iter_mut().skip(self.seen);
        let taken = free.zip(octets).map(|(to, from)| *to = *from).count();
        self.seen += taken;
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let wanted = buffer.remaining() > 0;
        ready!(Pin::new(&mut self.tcp).poll_read(cx, buffer))?;
        let came = buffer.filled().get(before..).unwrap_or_default();
        self.ended |= wanted && came.is_empty();
        if self.seen < HEAD {
            self.note(came);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(cx, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
