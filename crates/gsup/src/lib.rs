//! GSUP, the Generic Subscriber Update Protocol between a serving node (SGSN,
//! MSC/VLR) and an HLR, and the IPA multiplex that carries it over TCP. GSUP
//! stands where MAP (TS 29.002) stands in other networks; its definition is
//! the chapter "Generic Subscriber Update Protocol" of the OsmoHLR user manual.
//!
//! Three layers, each usable alone:
//!
//! - [`ipa`]: frames, streams, and the connection control messages (CCM);
//! - [`Message`]: one GSUP message, octets ↔ types;
//! - [`Connection`]: the identity handshake and the heartbeat as an engine
//!   without I/O, for a client (serving node) and a server (HLR).
//!
//! **Neither IPA nor GSUP authenticates anybody.** The name that a peer gives
//! in its ID_RESP and the source name in a message are what the peer says of
//! itself. What a peer may ask for is decided by whoever owns the transport
//! (a TLS certificate, a configured address), never by these names.
//!
//! Octets that may carry authentication vectors are [`secret::SecretBytes`];
//! keys in an [`AuthTuple`] have no `Debug` and an [`Imsi`] prints masked.

mod cause;
mod connection;
mod error;
mod ie;
pub mod ipa;
mod message;
mod name;
mod octets;

pub use cause::{Cause, UnassignedCause};
pub use connection::{Config, Connection, Event};
pub use error::GsupError;
pub use ie::apn::Apn;
pub use ie::auth::{AuthTuple, Res, Resync, UmtsPart};
pub use ie::code::{CancelType, CnDomain, MessageClass, OtherCode, RatType};
pub use ie::imsi::Imsi;
pub use ie::isdn::IsdnAddress;
pub use ie::pdp::{PdpAddress, PdpInfo, QosProfile};
pub use message::{Body, Header, Message, Preamble, SendAuthInfoRequest, SubscriberData};
pub use name::{PeerName, RoutingName};
