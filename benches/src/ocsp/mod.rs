//! `bench ocsp`: what an answer about a certificate's status costs a responder.
//! Ours is the listener of an operator's node with its store, in a process of its
//! own. The peers: `openssl ocsp`, which takes a connection for each question and
//! signs each answer; and our own HTTP server with octets that it has ready, which
//! no responder above it can beat. What counts is the processor time of the
//! server's threads. `openssl ocsp` listens on every address that there is, so all
//! of it happens in a network of its own.

mod client;
mod ours;
mod place;

use anyhow::{Context, Result};

use crate::measure::{Rounds, alternate_rounds};
use crate::process::Server;
use crate::report::Row;
use client::{Client, Connections};
use place::Place;

pub(crate) use ours::{config as operator_config, serve as serve_ours, serve_fixed};

/// Its name.
pub(crate) const NAME: &str = "ocsp";

const UNIT: &str = "answers per CPU second";
/// Against `openssl ocsp`, and against fixed octets.
const GOALS: (f64, f64) = (20.0, 0.8);

/// Who is measured beside our responder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    OpenSsl,
    Fixed,
}

/// One comparison.
#[derive(Clone, Copy, Debug)]
struct Case {
    name: &'static str,
    peer: Peer,
    /// Whether questions carry a nonce, so that each answer is signed.
    nonce: bool,
    /// Ours; `openssl ocsp` closes after each answer.
    connections: Connections,
    goal: Option<f64>,
}

#[rustfmt::skip] // A table.
const CASES: [Case; 6] = [
    Case { name: "kept answers, openssl ocsp", peer: Peer::OpenSsl, nonce: false, connections: Connections::Kept, goal: Some(GOALS.0) },
    Case { name: "kept answers, closing, openssl", peer: Peer::OpenSsl, nonce: false, connections: Connections::OneEach, goal: None },
    Case { name: "nonce, openssl ocsp", peer: Peer::OpenSsl, nonce: true, connections: Connections::Kept, goal: None },
    Case { name: "nonce, closing, openssl", peer: Peer::OpenSsl, nonce: true, connections: Connections::OneEach, goal: None },
    Case { name: "kept answers, fixed octets", peer: Peer::Fixed, nonce: false, connections: Connections::Kept, goal: Some(GOALS.1) },
    Case { name: "nonce, fixed octets", peer: Peer::Fixed, nonce: true, connections: Connections::Kept, goal: None },
];

/// Each case beside its peer.
pub(crate) fn rows() -> Result<Vec<Row>> {
    let place = Place::new()?;
    CASES.iter().map(|case| row(&place, case)).collect()
}

fn row(place: &Place, case: &Case) -> Result<Row> {
    let ours = place.ours().context("our responder")?;
    let question = place.question(case.nonce)?;
    let once = Client::new(&question, Connections::OneEach);
    let answer = once.first_answer(ours.address())?;
    place.check(&question, &answer).context("our answer")?;
    let (peer, of_peer) = match case.peer {
        Peer::OpenSsl => (place.openssl()?, Connections::OneEach),
        Peer::Fixed => (place.fixed(&answer)?, case.connections),
    };
    let answer = once.first_answer(peer.address())?;
    place
        .check(&question, &answer)
        .context("the peer's answer")?;
    let pair = alternate_rounds(
        Some(rounds(&ours, Client::new(&question, case.connections))),
        Some(rounds(&peer, Client::new(&question, of_peer))),
    );
    Ok(Row::of_times(case.name, UNIT, case.goal, pair).into_rates(UNIT))
}

fn rounds(server: &Server, client: Client) -> Rounds<'_> {
    Box::new(move |questions| {
        let before = server.cost()?;
        client.ask(server.address(), questions)?;
        Ok(server.settled()?.saturating_sub(before))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is measured works: a good answer, with the nonce where there is one,
    /// over kept connections and others.
    #[test]
    fn our_responder_answers() {
        let place = Place::new().unwrap();
        let ours = ours::start(place.path()).unwrap();
        for nonce in [false, true] {
            let question = place.question(nonce).unwrap();
            let once = Client::new(&question, Connections::OneEach);
            let answer = once.first_answer(ours.address()).unwrap();
            place.check(&question, &answer).unwrap();
            for connections in [Connections::Kept, Connections::OneEach] {
                let client = Client::new(&question, connections);
                client.ask(ours.address(), 9).unwrap();
            }
        }
    }
}
