//! What the server reads and writes: TLS or plain TCP, watched so that the
//! time limits know when a request begins and when an answer has gone out
//! (RFC 9112 clause 9.8 for the close of a TLS connection).

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::phase::Phase;
use crate::linger::{PATIENCE, linger};
use crate::{PeerIdentity, TlsStream};

/// A connection below HTTP.
pub(crate) struct Link {
    below: Below,
    /// Octets of HTTP that were read already, and how many of them were taken.
    ahead: Vec<u8>,
    taken: usize,
}

enum Below {
    Tls(TlsStream),
    Plain(TcpStream),
}

impl Link {
    pub(crate) fn tls(stream: TlsStream, ahead: Vec<u8>) -> Self {
        Self::new(Below::Tls(stream), ahead)
    }

    pub(crate) fn plain(tcp: TcpStream, ahead: Vec<u8>) -> Self {
        Self::new(Below::Plain(tcp), ahead)
    }

    fn new(below: Below, ahead: Vec<u8>) -> Self {
        Self {
            below,
            ahead,
            taken: 0,
        }
    }

    /// Whom TLS proved the other end to be.
    pub(crate) fn peer(&self) -> Option<&PeerIdentity> {
        match &self.below {
            Below::Tls(stream) => stream.peer(),
            Below::Plain(_) => None,
        }
    }

    /// Gives what was read already; whether there was any.
    fn give(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let left = self.ahead.get(self.taken..).unwrap_or_default();
        let now = left.len().min(buffer.remaining());
        buffer.put_slice(left.get(..now).unwrap_or_default());
        self.taken += now;
        now > 0
    }
}

/// A link that reports octets and flushes to a [`Phase`].
pub(crate) struct Watched {
    link: Link,
    phase: Phase,
}

impl Watched {
    pub(crate) fn new(link: Link, phase: Phase) -> Self {
        Self { link, phase }
    }

    /// Says goodbye in TLS, then closes so that the last answer arrives.
    pub(crate) async fn close(self) {
        let until = Instant::now() + PATIENCE;
        match self.link.below {
            Below::Tls(mut stream) => {
                // A peer that is gone or takes nothing more gets no goodbye.
                let _ = timeout_at(until, stream.shutdown()).await;
                linger(stream.tcp(), until).await;
            }
            Below::Plain(mut tcp) => linger(&mut tcp, until).await,
        }
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if self.link.give(buffer) {
            self.phase.octets_came();
            return Poll::Ready(Ok(()));
        }
        ready!(match &mut self.link.below {
            Below::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
            Below::Plain(tcp) => Pin::new(tcp).poll_read(cx, buffer),
        })?;
        if buffer.filled().len() > before {
            self.phase.octets_came();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.link.below {
            Below::Tls(stream) => Pin::new(stream).poll_write(cx, octets),
            Below::Plain(tcp) => Pin::new(tcp).poll_write(cx, octets),
        }
    }

    /// hyper flushes after it has written out its buffer, never before.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(match &mut self.link.below {
            Below::Tls(stream) => Pin::new(stream).poll_flush(cx),
            Below::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
        })?;
        self.phase.all_written();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.link.below {
            Below::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
            Below::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
        }
    }
}
