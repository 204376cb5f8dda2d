//! What an operator's node is made with.

use std::time::Duration;

use hlr::OsmoHlr;
use provisioning::Terms;
use provisioning::bootstrap::NetworkAccess;
use provisioning::donor::DonorPolicy;
use provisioning::hold::Lease;
use provisioning::payload::OperatorConstants;
use tls::http::{Hosts, ServerLimits};
use tokens::OperatorKeyDir;
use tokio::net::TcpListener;
use tre::Suite;
use trust::ShoId;

use super::{CertificateSettings, Rate};
use crate::{PeerBook, PlainClient, RegisteredPva};

/// An operator's configuration.
pub struct OperatorConfig {
    /// The HLR outside of this program that its subscribers are in; without one
    /// the node is the HLR itself.
    pub connector: Option<OsmoHlr>,
    /// Its keys and leaves.
    pub keys: OperatorKeyDir,
    /// OP, from which the OPc of each new subscriber is derived, and TOP if they
    /// get TUAK where their TRE has it.
    pub constants: OperatorConstants,
    /// The operators that it knows.
    pub peers: PeerBook,
    /// The PVAs that it knows.
    pub pvas: Vec<RegisteredPva>,
    /// Whether step 6 asks the PVA online, beside the local chain check.
    pub ask_pva: bool,
    /// Where hosts are reached.
    pub hosts: Hosts,
    /// What its bootstraps and packages say of its network.
    pub access: NetworkAccess,
    /// Who may take devices away.
    pub policy: DonorPolicy,
    /// The times that it asks for.
    pub terms: Terms,
    /// How long an order of its own may take.
    pub lifetime: Duration,
    /// The envelope suites that it uses.
    pub suites: Vec<Suite>,
    /// How long a shared PCID is kept for the device that has it.
    pub lease: Lease,
    /// Where devices find its DPF, one to three URLs.
    pub prov_urls: Vec<String>,
    /// Where devices find its DRF.
    pub drf_url: String,
    /// The DPF's server identifier.
    pub server_id: String,
    /// Limits of each listener.
    pub limits: ServerLimits,
    /// What becomes of its certificates.
    pub certificates: CertificateSettings,
    /// Its HLR.
    pub hlr: HlrSettings,
    /// SHA-256 of the token that its API wants; without one there is no API.
    pub api_token: Option<[u8; 32]>,
}

/// How its HLR behaves (docs/hlr.md).
#[derive(Clone, Debug)]
pub struct HlrSettings {
    /// Clients of the plain listener. Operators are in the book of peers.
    pub clients: Vec<PlainClient>,
    /// How often each serving node may ask.
    pub node_rate: Rate,
    /// How often each subscriber may be asked for, by all nodes together.
    pub subscriber_rate: Rate,
    /// Whether vectors have the SRES and Kc of 2G (TS 33.102 clause 6.8.1.2).
    /// Without them nobody authenticates over GERAN with a SIM's part alone.
    pub gsm_triplets: bool,
    /// How long a node may take to answer what the HLR asks it.
    pub patience: Duration,
}

impl Default for HlrSettings {
    fn default() -> Self {
        Self {
            clients: Vec::new(),
            node_rate: Rate {
                per_s: 10_000,
                burst: 20_000,
            },
            subscriber_rate: Rate {
                per_s: 2,
                burst: 100,
            },
            gsm_triplets: false,
            patience: Duration::from_secs(5),
        }
    }
}

/// The sockets on which it listens, bound already.
pub struct OperatorListeners {
    /// DPF and DRF: HTTPS for devices.
    pub dm: TcpListener,
    /// The peer interface: HTTPS with client certificates.
    pub peer: TcpListener,
    /// The HLR: GSUP in TLS with client certificates.
    pub gsup: TcpListener,
    /// The HLR for GSUP clients without TLS that have a configured address.
    pub gsup_plain: Option<TcpListener>,
    /// The API, on a loopback address.
    pub api: Option<TcpListener>,
    /// The responder for certificate status: plain HTTP.
    pub ocsp: Option<TcpListener>,
}

impl OperatorConfig {
    /// The operator's name.
    #[must_use]
    pub fn sho_id(&self) -> &ShoId {
        self.keys.anchor.sho_id()
    }
}
