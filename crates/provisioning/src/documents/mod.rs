//! The signed documents of the operator change (docs/operator-change.md
//! sections 3 to 7) as types: what is signed is what these write, and fields
//! are read from verified octets only.

mod announcement;
mod fields;
mod outcome;
mod package;
mod pcid_dropped;
mod request;
mod signing;

pub use announcement::{Announcement, MAX_PROV_URLS, Release};
pub use outcome::{Attachment, Confirmation, Decision, Outcome, Refusal, Verdict};
pub use package::Package;
pub use pcid_dropped::PcidDropped;
pub use request::{ProvisioningRequest, TreInfo};
pub use signing::{Signed, SignedDocument, sign, sign_without_leaf, unverified};
