//! A managed device with DM servers and a file server on loopback.

mod device;
mod files;
mod firmware;
mod killed;
mod secure;
mod server;
mod sessions;
