//! SHO[i], the operator that a device leaves (docs/operator-change.md sections
//! 4, 5 and 7; TR 33.812 B.2.3.2 and B.2.3.3): transfer tokens, announcements,
//! the signed bootstrap, refusals and the release.

mod announce;
mod close;
mod dropped;
mod policy;
mod release;
mod subscription;
mod token;

pub use announce::{Acceptor, Denial, read_announcement};
pub use close::{dropping_tre, refusing_tre};
pub use policy::{DonorPolicy, TransferPolicy};
pub use subscription::{Departure, DepartureState, Home, Subscription};
pub use token::TransferToken;
