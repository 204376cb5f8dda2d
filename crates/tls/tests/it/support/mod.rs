//! What the tests share: a hang limit, sockets, and the two ends of a
//! handshake (RFC 8446 clause 4).

pub(crate) mod certificates;
pub(crate) mod http;
pub(crate) mod judge;
pub(crate) mod program;
pub(crate) mod raw;
pub(crate) mod relay;
pub(crate) mod responder;
#[cfg(feature = "ssl3")]
pub(crate) mod tlslite;

use std::sync::Arc;
use std::time::Duration;

use tls::{
    ClientAuthentication, ClientConfig, Error, PeerVerifier, Profile, ServerConfig, TlsStream,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};

use certificates::{Authority, Issued};

/// Far beyond what any test takes; only a hang reaches it.
const HANG: Duration = Duration::from_secs(60);

/// The name of every test server.
pub(crate) const HOST: &str = "dpf.mnc001.mcc001.rehome.test";

/// Runs a test's body under the hang limit.
pub(crate) async fn within<T>(body: impl Future<Output = T>) -> T {
    timeout(HANG, body).await.expect("the test hangs")
}

pub(crate) fn deadline() -> Instant {
    Instant::now() + HANG
}

pub(crate) async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// Two ends of one TCP connection.
pub(crate) async fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = listener().await;
    let address = listener.local_addr().unwrap();
    let (one, other) = tokio::join!(TcpStream::connect(address), listener.accept());
    (one.unwrap(), other.unwrap().0)
}

/// One authority, a server and a client under it.
pub(crate) struct World {
    pub(crate) authority: Authority,
    pub(crate) server: Issued,
    pub(crate) client: Issued,
}

impl World {
    pub(crate) fn new() -> Self {
        let authority = Authority::new("authority");
        Self {
            server: authority.leaf(HOST),
            client: authority.leaf("peer.example"),
            authority,
        }
    }

    pub(crate) fn server_config(&self, clients: ClientAuthentication) -> ServerConfig {
        ServerConfig::new(Profile::ThreeGpp, &self.server.credentials(&[]), clients).unwrap()
    }

    /// A server that wants the authority's clients.
    pub(crate) fn strict_server(&self) -> ServerConfig {
        self.server_config(ClientAuthentication::Required(self.authority.judge()))
    }

    /// A client with a certificate that trusts the authority's servers.
    pub(crate) fn client_config(&self) -> ClientConfig {
        client_config(Some(&self.client), self.authority.judge())
    }
}

pub(crate) fn client_config(
    credentials: Option<&Issued>,
    verifier: Arc<dyn PeerVerifier>,
) -> ClientConfig {
    let credentials = credentials.map(|issued| issued.credentials(&[]));
    ClientConfig::new(Profile::ThreeGpp, credentials.as_ref(), verifier).unwrap()
}

/// Both ends of a handshake between our client and our server.
pub(crate) async fn shake(
    client: &ClientConfig,
    server: &ServerConfig,
) -> (Result<TlsStream, Error>, Result<TlsStream, Error>) {
    let (ours, theirs) = tcp_pair().await;
    tokio::join!(
        tls::connect(client, ours, HOST, deadline()),
        tls::accept(server, theirs, deadline())
    )
}
