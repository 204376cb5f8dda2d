//! A managed device with DM servers and a file server on loopback.

mod device;
mod files;
mod firmware;
mod inbox;
mod killed;
mod large;
mod logins;
mod notified;
mod pins;
mod secure;
mod server;
mod sessions;
mod software;
mod transports;
