//! A TRE supplier's node: its PVA (TR 33.812 B.2.2.1; docs/operator-change.md
//! section 6, step 6). `GET /pva/v1/status/<TRE_id>/<serial>` over mutual TLS
//! answers operators with `{"status": "good" | "revoked" | "unknown"}`.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use provisioning::Reason;
use serde_json::json;
use store::{CertificateStatus, SupplierStore};
use tls::http::header::{self, HeaderValue};
use tls::http::{Handler, Method, Request, Response, ServerLimits, StatusCode, Transport, serve};
use tls::{ClientAuthentication, Profile, ServerConfig};
use tokens::TlsIdentity;
use tokio::net::TcpListener;
use tre::TreId;

use crate::identity::OperatorVerifier;
use crate::operator::credentials;
use crate::problem::refusal;
use crate::{Error, PeerBook};

const STATUS: &str = "/pva/v1/status/";
/// How long requests under way may go on when the node ends.
const GRACE: Duration = Duration::from_secs(2);

/// A supplier's record, shared by whoever makes TREs and the PVA.
pub type Records = Arc<Mutex<SupplierStore>>;

/// A running PVA.
pub struct SupplierNode {
    server: tls::http::Server,
}

impl SupplierNode {
    /// Starts answering the operators of this book.
    ///
    /// # Errors
    /// [`Error::Tls`] for keys below the profile's strength; [`Error::Io`].
    pub fn start(
        identity: &TlsIdentity,
        operators: PeerBook,
        records: Records,
        listener: TcpListener,
        limits: ServerLimits,
    ) -> Result<Self, Error> {
        let operators = Arc::new(OperatorVerifier::new(operators));
        let config = ServerConfig::new(
            Profile::ThreeGpp,
            &credentials(identity)?,
            ClientAuthentication::Required(operators),
        )?;
        let server = serve(listener, Transport::Tls(config), limits, Pva(records))?;
        Ok(Self { server })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Ends it.
    pub async fn shutdown(self) {
        self.server.shutdown(GRACE).await;
    }
}

struct Pva(Records);

impl Handler for Pva {
    async fn handle(&self, request: Request) -> Response {
        let Some(named) = request.path.strip_prefix(STATUS) else {
            return refusal(404, &Reason::new("unknown-path"));
        };
        if request.method != Method::GET {
            return refusal(405, &Reason::new("method"));
        }
        let named = named
            .split_once('/')
            .and_then(|(tre_id, serial)| Some((tre_id.parse::<TreId>().ok()?, serial.to_owned())));
        let Some((tre_id, serial)) = named else {
            return refusal(400, &Reason::new("malformed"));
        };
        match status(&self.0, tre_id, serial).await {
            Ok(word) => answer(word),
            Err(error) => {
                tracing::warn!(reason = %error.reason(), "the PVA's store failed");
                refusal(503, &error.reason())
            }
        }
    }

    fn connection_failed(&self, remote: SocketAddr, error: &tls::Error) {
        tracing::info!(%remote, %error, "an operator's connection failed");
    }
}

async fn status(records: &Records, tre_id: TreId, serial: String) -> Result<&'static str, Error> {
    let records = Arc::clone(records);
    let status = tokio::task::spawn_blocking(move || {
        let records = records.lock().unwrap_or_else(PoisonError::into_inner);
        records.status(&tre_id, &serial)
    })
    .await
    .map_err(|_| Error::Timeout)??;
    Ok(match status {
        Some(CertificateStatus::Good) => "good",
        Some(CertificateStatus::Revoked) => "revoked",
        None => "unknown",
    })
}

fn answer(word: &str) -> Response {
    let body = json!({ "status": word }).to_string();
    let mut response = Response::new(StatusCode::OK).with_body(body);
    response.headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}
