//! SHO[i+1], the operator that a device moves to (docs/operator-change.md
//! sections 4, 6 and 7; TR 33.812 B.2.3.2 and B.2.3.4): it makes the MCIM,
//! announces the change, checks the TRE, hands over the package and decides.

mod account;
mod finish;
mod order;
mod provision;
mod register;

pub use account::Account;
pub use order::{Order, OrderState};
pub use provision::{PackageToSend, PvaAnswer};
pub use register::{Registrar, Registration, TreCertificates};
