//! Connectors to HLRs that are other programs (docs/hlr-connectors.md): OsmoHLR
//! 1.5, by its control interface and its database. They fill the port
//! `provisioning::ports::hlr`.

mod ctrl;
mod database;
mod info;
mod osmo;
mod program;

pub use osmo::OsmoHlr;
pub use program::OsmoProgram;
