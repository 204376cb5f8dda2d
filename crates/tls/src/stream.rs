//! An established connection: octets in, octets out, and who the peer is
//! (RFC 8446 clause 5, application data).

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use openssl::ssl;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

use crate::resumption::Keeper;
use crate::wire::Wire;
use crate::{Error, PeerIdentity, failure};

/// TLS over TCP after its handshake. Failures of reading and writing are
/// [`io::Error`]s that `tls::Error::from` turns into the typed ones, so that a
/// late alert is seen as [`Error::RefusedByPeer`]. The end of input is the
/// peer's close_notify; TCP that ends without one is [`Error::Closed`], since
/// anybody on the way could have cut it there.
pub struct TlsStream {
    inner: SslStream<Wire>,
    peer: Option<PeerIdentity>,
    /// Whether the peer has said close_notify.
    finished: bool,
    resumed: bool,
    /// A client's keeper of sessions, until application data has come.
    keeper: Option<Arc<Keeper>>,
}

impl TlsStream {
    pub(crate) fn new(inner: SslStream<Wire>, peer: Option<PeerIdentity>) -> Self {
        Self {
            inner,
            peer,
            finished: false,
            resumed: false,
            keeper: None,
        }
    }

    /// The same with what is known about sessions.
    pub(crate) fn of_session(self, resumed: bool, keeper: Option<Arc<Keeper>>) -> Self {
        Self {
            resumed,
            keeper,
            ..self
        }
    }

    /// Whether it goes on with an earlier connection's session. The peer was
    /// judged all the same.
    #[must_use]
    pub fn resumed(&self) -> bool {
        self.resumed
    }

    /// Who the peer is; `None` for an anonymous client.
    #[must_use]
    pub fn peer(&self) -> Option<&PeerIdentity> {
        self.peer.as_ref()
    }

    /// The negotiated version, `TLSv1.2` or `TLSv1.3`.
    #[must_use]
    pub fn version(&self) -> &'static str {
        self.inner.ssl().version_str()
    }

    /// The registered name of the negotiated cipher suite.
    #[must_use]
    pub fn cipher_suite(&self) -> Option<&'static str> {
        self.inner.ssl().current_cipher()?.standard_name()
    }

    /// The server name that the client indicated, on the server's side.
    #[must_use]
    pub fn server_name(&self) -> Option<&str> {
        self.inner.ssl().servername(ssl::NameType::HOST_NAME)
    }

    /// The peer's address.
    ///
    /// # Errors
    /// [`Error::Io`] if the connection is gone.
    pub fn remote(&self) -> Result<SocketAddr, Error> {
        Ok(self.inner.get_ref().tcp.peer_addr()?)
    }

    pub(crate) fn tcp(&mut self) -> &mut TcpStream {
        &mut self.inner.get_mut().tcp
    }
}

impl fmt::Debug for TlsStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsStream")
            .field("version", &self.version())
            .field("peer", &self.peer.as_ref().map(PeerIdentity::name))
            .finish_non_exhaustive()
    }
}

/// Finds the library's error inside and types it.
fn typed(error: io::Error) -> io::Error {
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(error) => failure::of_stream(error).into_io(),
        None => error,
    }
}

impl AsyncRead for TlsStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let wanted = buffer.remaining() > 0;
        let read = ready!(Pin::new(&mut self.inner).poll_read(cx, buffer));
        if wanted && let Some(keeper) = self.keeper.take() {
            if buffer.filled().len() > before {
                keeper.confirmed();
            } else {
                keeper.failed();
            }
        }
        read.map_err(typed)?;
        if wanted && buffer.filled().len() == before {
            // The library stops reading at close_notify: it has not seen the
            // end of TCP if that was why.
            self.finished |= !self.inner.get_ref().ended();
            if !self.finished {
                return Poll::Ready(Err(Error::Closed.into_io()));
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for TlsStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner)
            .poll_write(cx, octets)
            .map_err(typed)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx).map_err(typed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx).map_err(typed)
    }
}
