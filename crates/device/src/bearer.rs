//! The way to the network and back, below IP (TS 33.102 clause 6.3.3 for the
//! authentication, TR 33.812 B.2.3.3 for what is pushed): a simulated radio now,
//! SMS and a modem's AT commands later.

use std::future::Future;

use aka::{Autn, Auts, Imsi, Rand, Res};
use tls::http::Hosts;

use crate::Error;

/// What the device sends.
#[derive(Clone)]
pub enum Uplink {
    /// Let this subscriber in.
    Attach(Imsi),
    /// RES, the USIM's answer to the challenge.
    Answer(Res),
    /// The USIM's numbers are ahead of the challenge's.
    SyncFailure(Auts),
    /// The push with this reference is stored.
    Taken(u32),
    /// The subscriber leaves the network.
    Detach,
}

/// What the device hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Downlink {
    /// The network's challenge.
    Challenge(Rand, Autn),
    /// The subscriber is in the network with this name, `MCC-MNC`.
    Accept(String),
    /// It is not let in: a cause of TS 24.008 clause 10.5.5.14. Nobody has
    /// authenticated it.
    Reject(u8),
    /// There is no cell.
    NoCell,
    /// Octets for the device, to be answered by [`Uplink::Taken`].
    Push(u32, Vec<u8>),
    /// The connection is gone, and the device is in no network.
    Lost,
}

/// A way to the network.
pub trait Bearer: Send {
    /// Sends something. An [`Uplink::Attach`] makes a new connection where the
    /// last one was lost.
    ///
    /// # Errors
    /// [`Error::Bearer`] in the bearer's own words.
    fn send(&mut self, uplink: Uplink) -> impl Future<Output = Result<(), Error>> + Send;

    /// The hosts that the network lets a subscriber reach, where its packet
    /// gateway has a list for it; none is every host.
    fn reachable(&self, _imsi: &Imsi) -> Option<Hosts> {
        None
    }

    /// Waits for the next thing. Dropping the future loses nothing.
    fn receive(&mut self) -> impl Future<Output = Downlink> + Send;
}
