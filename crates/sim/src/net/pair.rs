//! Two endpoints of different kinds on one network.

use std::time::Duration;

use clock::Tick;

use super::{Address, Conditions, Datagram, Endpoint, Moment, Net, Outcome, SimRandom, Traffic};

/// One of two kinds of endpoint.
pub enum Side<A, B> {
    /// The first, at [`Pair::A`].
    A(A),
    /// The second, at [`Pair::B`].
    B(B),
}

impl<A: Endpoint, B: Endpoint> Endpoint for Side<A, B> {
    fn handle_datagram(
        &mut self,
        at: Moment,
        from: Address,
        octets: &[u8],
        random: &mut SimRandom,
    ) {
        match self {
            Self::A(side) => side.handle_datagram(at, from, octets, random),
            Self::B(side) => side.handle_datagram(at, from, octets, random),
        }
    }

    fn poll_transmit(&mut self, at: Moment, random: &mut SimRandom) -> Option<Datagram> {
        match self {
            Self::A(side) => side.poll_transmit(at, random),
            Self::B(side) => side.poll_transmit(at, random),
        }
    }

    fn poll_timeout(&self) -> Option<Tick> {
        match self {
            Self::A(side) => side.poll_timeout(),
            Self::B(side) => side.poll_timeout(),
        }
    }

    fn handle_timeout(&mut self, at: Moment, random: &mut SimRandom) {
        match self {
            Self::A(side) => side.handle_timeout(at, random),
            Self::B(side) => side.handle_timeout(at, random),
        }
    }
}

/// Two endpoints and the network between them.
pub struct Pair<A, B> {
    /// The network that they are on.
    pub net: Net<Side<A, B>>,
}

impl<A: Endpoint, B: Endpoint> Pair<A, B> {
    /// Where the first endpoint is.
    pub const A: Address = Address(0);
    /// Where the second endpoint is.
    pub const B: Address = Address(1);

    /// A network of `a` and `b`.
    #[must_use]
    pub fn new(seed: u64, conditions: Conditions, a: A, b: B) -> Self {
        Self {
            net: Net::new(seed, conditions, vec![Side::A(a), Side::B(b)]),
        }
    }

    /// The first endpoint; `None` never, since [`new`](Self::new) made it.
    #[must_use]
    pub fn a(&self) -> Option<&A> {
        match self.net.endpoint(Self::A)? {
            Side::A(side) => Some(side),
            Side::B(_) => None,
        }
    }

    /// The second endpoint; `None` never, since [`new`](Self::new) made it.
    #[must_use]
    pub fn b(&self) -> Option<&B> {
        match self.net.endpoint(Self::B)? {
            Side::B(side) => Some(side),
            Side::A(_) => None,
        }
    }

    /// Runs as [`Net::run`] does.
    pub fn run(&mut self, limit: Duration, mut reached: impl FnMut(&A, &B) -> bool) -> Outcome {
        self.net.run(limit, |net| {
            match (net.endpoint(Self::A), net.endpoint(Self::B)) {
                (Some(Side::A(a)), Some(Side::B(b))) => reached(a, b),
                _ => false,
            }
        })
    }

    /// What happened to the datagrams so far.
    #[must_use]
    pub const fn traffic(&self) -> Traffic {
        self.net.traffic()
    }
}
