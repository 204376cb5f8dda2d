//! Bootstrap by Client Provisioning (OMA DM Bootstrap 1.2 clause 5.3; OMA
//! Provisioning Content 1.1): the document `wap-provisioningdoc` as
//! characteristics and parms, and typed readings of those that make a DM
//! account, a network access point and a trust anchor.
//!
//! A [`ProvisioningDoc`] knows nothing of signatures. Whoever verifies one does
//! it on the octets that came, before it reads them.

mod account;
mod certificates;
mod document;
mod napdef;
mod read;
mod write;

pub use account::{AccountAddress, AccountAuth, AuthType, DmAccount};
pub use certificates::StoredCertificate;
pub use document::{Characteristic, DocumentLimits, Parm, ProvisioningDoc};
pub use napdef::{NapAuth, NapDef};
