//! The operator change of 3GPP TR 33.812 annex B.2, in the profile of
//! docs/operator-change.md: its documents and their signatures, the TRE's own
//! engine, the agent on the device, and what the releasing operator (SHO[i],
//! here the donor) and the new one (SHO[i+1], the recipient) decide at each
//! step.
//!
//! All of it is pure: a state, an input and the time give a changed state and
//! what is to be sent. The caller stores the state before it sends.

pub mod agent;
pub mod allowed;
pub mod audit;
pub mod bootstrap;
pub mod documents;
pub mod donor;
pub mod effect;
mod error;
pub mod hlr;
pub mod hold;
mod ids;
mod keys;
pub mod payload;
pub mod pcids;
pub mod peer;
pub mod pool;
pub mod ports;
mod reason;
pub mod recipient;
mod rules;
pub mod session;
mod step;
mod stored;
mod terms;
pub mod tre;
pub mod watch;

pub use error::ProvisioningError;
pub use ids::{Digest, McimId, Nonce, OrderId};
pub use keys::{OperatorKeys, SigningKey};
pub use reason::Reason;
pub use step::{Step, StepWatch};
pub use terms::Terms;
