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
use crate::TlsStream;
use crate::linger::{PATIENCE, linger};

/// A connection below HTTP.
pub(crate) enum Link {
    Tls(TlsStream),
    Plain(TcpStream),
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
        match self.link {
            Link::Tls(mut stream) => {
                // A peer that is gone or takes nothing more gets no goodbye.
                let _ = timeout_at(until, stream.shutdown()).await;
                linger(stream.tcp(), until).await;
            }
            Link::Plain(mut tcp) => linger(&mut tcp, until).await,
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
        ready!(match &mut self.link {
            Link::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
            Link::Plain(tcp) => Pin::new(tcp).poll_read(cx, buffer),
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
        match &mut self.link {
            Link::Tls(stream) => Pin::new(stream).poll_write(cx, octets),
            Link::Plain(tcp) => Pin::new(tcp).poll_write(cx, octets),
        }
    }

    /// hyper flushes after it has written out its buffer, never before.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(match &mut self.link {
            Link::Tls(stream) => Pin::new(stream).poll_flush(cx),
            Link::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
        })?;
        self.phase.all_written();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.link {
            Link::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
            Link::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
        }
    }
}
