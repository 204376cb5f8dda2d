//! Nodes by hand: each role is a directory with its keys, its store and one
//! configuration file, `rehome.toml`.

pub(crate) mod config;
pub(crate) mod device;
pub(crate) mod hlr;
pub(crate) mod init;
pub(crate) mod manage;
mod management;
pub(crate) mod names;
pub(crate) mod peer;
mod period;
mod renewed;
pub(crate) mod serve;
mod status;
