//! What an engine must look like to be put on the simulated network: the
//! vocabulary of the session engines, over octets.

use clock::Tick;

use super::{Moment, SimRandom};

/// Who is who on a [`Net`](super::Net): the endpoint's place in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(pub usize);

/// Octets on the way to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// The receiver.
    pub to: Address,
    /// The content.
    pub octets: Vec<u8>,
}

/// An engine on the network. What comes in may be late, doubled, reordered or
/// missing; the engine finds out by its own timers.
pub trait Endpoint {
    /// Takes what `from` sent.
    fn handle_datagram(&mut self, at: Moment, from: Address, octets: &[u8], random: &mut SimRandom);

    /// The next thing to send, until there is none.
    fn poll_transmit(&mut self, at: Moment, random: &mut SimRandom) -> Option<Datagram>;

    /// When [`handle_timeout`](Self::handle_timeout) is due, if at all.
    fn poll_timeout(&self) -> Option<Tick>;

    /// Called once that moment has come. The deadline must move or go away.
    fn handle_timeout(&mut self, at: Moment, random: &mut SimRandom);
}
