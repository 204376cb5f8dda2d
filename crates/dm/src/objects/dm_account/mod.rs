//! DM accounts in the tree: the DMAcc management object (OMA DM StdObj 1.2
//! clause 5.3.1).
//!
//! An [`Account`] is written as static nodes below an interior node that its
//! server alone may read, change and delete (OMA DM Bootstrap 1.2 clause
//! 5.3.4). Secrets can be written and never read. Whatever the server makes of
//! them, [`Account::read`] takes only an account that a session can be run
//! with.

mod authentication;
mod bootstrap;
mod inbox;
mod pin;
mod read;
mod transport;
mod write;

pub use authentication::{AuthLevel, AuthSetting, AuthType};
pub use transport::TransportKey;

use crate::tree::ServerId;

/// A DM account. There is no `Debug`: it holds secrets.
#[derive(Clone)]
pub struct Account {
    /// ServerID: the server's identifier in ACLs.
    pub server_id: ServerId,
    /// Name, for people.
    pub name: Option<String>,
    /// PrefConRef: the connection to be preferred.
    pub preferred_connection: Option<String>,
    /// ToConRef: connections, in order.
    pub connections: Vec<String>,
    /// AppAddr: where the server is, in order; at least one.
    pub addresses: Vec<Address>,
    /// AAuthPref: the authentication to begin with.
    pub preferred_auth: Option<AuthType>,
    /// AppAuth: the credentials, one for each level at most.
    pub auth: Vec<AuthSetting>,
    /// Ext/rehome/Trsp: what its connections show in TLS.
    pub transport: Option<TransportKey>,
    /// Ext/rehome/Pin: the certificate or key that its server must have, as text;
    /// whoever uses it reads it.
    pub pin: Option<String>,
}

impl Account {
    /// The object identifier.
    pub const TYPE: &'static str = "urn:oma:mo:oma-dm-dmacc:1.0";
    /// AppID of every account.
    pub const APP_ID: &'static str = "w7";

    /// The credentials of a level.
    #[must_use]
    pub fn auth(&self, level: AuthLevel) -> Option<&AuthSetting> {
        self.auth.iter().find(|setting| setting.level == level)
    }
}

/// An address of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Addr.
    pub address: String,
    /// AddrType.
    pub type_: AddressType,
    /// Port/…/PortNbr, in order.
    pub ports: Vec<u16>,
}

/// AddrType.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddressType {
    /// `URI`, and where nothing is said.
    #[default]
    Uri,
    /// `IPv4`.
    IpV4,
    /// `IPv6`.
    IpV6,
}

impl AddressType {
    const ALL: [Self; 3] = [Self::Uri, Self::IpV4, Self::IpV6];

    /// The text in the tree.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uri => "URI",
            Self::IpV4 => "IPv4",
            Self::IpV6 => "IPv6",
        }
    }
}
