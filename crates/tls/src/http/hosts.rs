//! The table of hosts: where a name is reached (docs/operator-change.md section
//! 4: PROVURL hosts carry no port, the table maps names to address and port).

use std::collections::HashMap;
use std::net::SocketAddr;

use tokio::net::lookup_host;

use crate::Error;
use crate::handshake::is_server_name;

/// Where one host is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// There, whatever DNS says.
    At(SocketAddr),
    /// Where DNS says, at this port.
    Dns {
        /// The TCP port.
        port: u16,
    },
}

/// Host names, in lower case, and where they are reached. A name that is not
/// here is not reached: DNS is asked only for entries that say so.
#[derive(Clone, Debug, Default)]
pub struct Hosts(HashMap<String, Address>);

impl Hosts {
    /// A table; the last entry of a name counts.
    ///
    /// # Errors
    /// [`Error::RequestInvalid`] for a text that is no host name, one with a
    /// port for example.
    pub fn new<'a>(entries: impl IntoIterator<Item = (&'a str, Address)>) -> Result<Self, Error> {
        let mut table = HashMap::new();
        for (name, address) in entries {
            if !is_server_name(name) {
                return Err(Error::RequestInvalid("not a host name without a port"));
            }
            table.insert(name.to_ascii_lowercase(), address);
        }
        Ok(Self(table))
    }

    /// The addresses of `host`, which is in lower case; at least one.
    ///
    /// # Errors
    /// [`Error::HostUnknown`] for a name that is not in the table, or that DNS
    /// doesn't know; [`Error::Io`].
    pub async fn resolve(&self, host: &str) -> Result<Vec<SocketAddr>, Error> {
        let unknown = || Error::HostUnknown(host.to_owned());
        let found = match self.0.get(host).ok_or_else(unknown)? {
            Address::At(address) => vec![*address],
            Address::Dns { port } => lookup_host((host, *port)).await?.collect(),
        };
        if found.is_empty() {
            return Err(unknown());
        }
        Ok(found)
    }
}
