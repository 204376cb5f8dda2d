//! `bench hlr`: SendAuthInfo of GSUP at an HLR (OsmoHLR's user manual, "Generic
//! Subscriber Update Protocol"). Ours is an operator's node with its store and its
//! plain listener; the peer is `osmo-hlr` with as many subscribers. Each is a process
//! of its own, its database on the same disk, asked by the same client over the same
//! connections. What counts is time, and how often each syncs the disk: one small
//! library, loaded before both, counts `fsync` and `fdatasync`.

mod client;
mod ours;
mod place;

use std::cell::Cell;

use anyhow::{Context, Result};

use crate::measure::{Rounds, alternate_rounds};
use crate::report::Row;
use client::Client;
use place::{Place, Side};

pub(crate) use ours::serve as serve_ours;
pub(crate) use place::serve_osmo;

const UNIT: &str = "answers/s";
/// Against `osmo-hlr`.
const GOAL: f64 = 5.0;

/// One comparison.
struct Case {
    name: &'static str,
    vectors: u8,
    connections: usize,
    /// Requests on their way at one time, on each connection.
    window: usize,
    syncs: [&'static str; 2],
}

const CASES: [Case; 3] = [
    Case {
        name: "five vectors, 4 nodes of 16",
        vectors: 5,
        connections: 4,
        window: 16,
        syncs: ["  syncs of ours, per 1000", "  syncs of osmo-hlr, per 1000"],
    },
    Case {
        name: "one vector, 4 nodes of 16",
        vectors: 1,
        connections: 4,
        window: 16,
        syncs: ["  syncs of ours, per 1000", "  syncs of osmo-hlr, per 1000"],
    },
    Case {
        name: "one vector, one after another",
        vectors: 1,
        connections: 1,
        window: 1,
        syncs: ["  syncs of ours, per 1000", "  syncs of osmo-hlr, per 1000"],
    },
];

/// Each case, and what each side syncs meanwhile.
pub(crate) fn rows() -> Result<Vec<Row>> {
    let place = Place::new()?;
    let ours = place.ours().context("our HLR")?;
    let osmo = place.osmo().context("osmo-hlr")?;
    let mut rows = Vec::new();
    for case in &CASES {
        let [of_ours, of_osmo] = [Tally::default(), Tally::default()];
        let pair = alternate_rounds(
            Some(rounds(&ours, case, &of_ours)?),
            Some(rounds(&osmo, case, &of_osmo)?),
        );
        rows.push(Row::of_times(case.name, UNIT, Some(GOAL), pair).into_rates(UNIT));
        let [name_ours, name_osmo] = case.syncs;
        rows.push(Row::of_count(
            name_ours,
            "per 1000 requests",
            of_ours.syncs(),
        ));
        rows.push(Row::of_count(
            name_osmo,
            "per 1000 requests",
            of_osmo.syncs(),
        ));
    }
    Ok(rows)
}

/// Requests, and syncs meanwhile.
#[derive(Default)]
struct Tally {
    requests: Cell<u64>,
    syncs: Cell<u64>,
}

impl Tally {
    /// For a thousand requests.
    #[expect(clippy::cast_precision_loss, reason = "both are small")]
    fn syncs(&self) -> f64 {
        self.syncs.get() as f64 * 1000.0 / self.requests.get().max(1) as f64
    }
}

fn rounds<'a>(side: &'a Side, case: &Case, tally: &'a Tally) -> Result<Rounds<'a>> {
    let mut client = Client::connect(side.address(), case.connections, case.window, case.vectors)?;
    Ok(Box::new(move |requests| {
        let before = side.syncs()?;
        let took = client.ask(requests)?;
        tally
            .requests
            .set(tally.requests.get() + u64::from(requests));
        tally.syncs.set(tally.syncs.get() + side.syncs()? - before);
        Ok(took)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is measured works: vectors for every node, as many as were asked for.
    #[test]
    fn our_hlr_answers() {
        let place = Place::new().unwrap();
        let ours = ours::start(place.path()).unwrap();
        for vectors in [1, 5] {
            let mut client = Client::connect(ours.address(), 3, 4, vectors).unwrap();
            client.ask(0).unwrap();
            client.ask(100).unwrap();
        }
    }
}
