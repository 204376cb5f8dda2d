//! The Software Component Management Object (OMA SCOMO 1.0), in part: fetching
//! a delivery package by its URL, installing it, activating, deactivating and
//! removing components. Everything else is refused: packages in the tree (Data)
//! and parameters with 405, installing without activating with 406.
//!
//! The text of SCOMO was not at hand. Names of nodes are those of its published
//! DDF; the numbers of Status, State and results, the type of the alert and its
//! data are those on which other programs that speak SCOMO 1.0 agree. So this
//! module claims to talk to them, not to conform.
//!
//! ```text
//! Download/<x>             PkgID Name PkgURL Status Operations/{Download DownloadInstall}
//! Inventory/Delivered/<x>  PkgID Name State Status Operations/{Install Remove}
//! Inventory/Deployed/<y>   ID Name Version PkgIDRef State Status
//!                          Operations/{Activate Deactivate Remove}
//! ```
//!
//! A package that was fetched stands in Delivered under the name that it had in
//! Download. Several packages and components may be at work at the same time,
//! each with one operation; an owner tells them apart by [`Target`].

mod handle;
mod inventory;
mod machine;
mod news;
mod nodes;
mod object;
mod operation;
mod result;
mod store;

pub use crate::objects::fumo::Leftover;
pub use handle::{Action, Effect, Scomo};
pub use inventory::Component;
pub use operation::{Operation, Target};
pub use result::ResultCode;
