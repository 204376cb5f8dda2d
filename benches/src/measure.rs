//! Two pieces of work measured against each other: rounds that alternate in one
//! process, so that both see the same machine, and the median of the rounds.

use std::time::{Duration, Instant};

use anyhow::Result;

/// One unit of work (a message, a vector), done again and again.
pub(crate) type Work<'a> = Box<dyn FnMut() -> Result<()> + 'a>;

/// Does so many units, and says what they cost.
pub(crate) type Rounds<'a> = Box<dyn FnMut(u32) -> Result<Duration> + 'a>;

/// Work that costs the time it takes.
fn timed(mut work: Work<'_>) -> Rounds<'_> {
    Box::new(move |units| {
        let began = Instant::now();
        for _ in 0..units {
            work()?;
        }
        Ok(began.elapsed())
    })
}

/// How long a round shall take.
const ROUND: Duration = Duration::from_millis(50);
/// Rounds of each side; odd, so that one of them is the median.
const ROUNDS: usize = 21;

/// What one unit of work takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Time {
    /// Nanoseconds, median of the rounds.
    pub(crate) median: f64,
    /// Between the quartiles of the rounds, as a part of the median.
    pub(crate) spread: f64,
}

/// Both sides of a row; `None` for a side that does not exist or that failed.
#[derive(Debug, Default)]
pub(crate) struct Pair {
    pub(crate) ours: Option<Time>,
    pub(crate) peer: Option<Time>,
    /// Why a side failed.
    pub(crate) faults: Vec<String>,
}

/// Times both sides in turns; who begins changes with every round.
pub(crate) fn alternate(ours: Option<Work<'_>>, peer: Option<Work<'_>>) -> Pair {
    alternate_rounds(ours.map(timed), peer.map(timed))
}

/// The same for work that says itself what it costs.
pub(crate) fn alternate_rounds(ours: Option<Rounds<'_>>, peer: Option<Rounds<'_>>) -> Pair {
    let mut pair = Pair::default();
    let mut ours = pair.note("ours", ours.map(Side::calibrated).transpose());
    let mut peer = pair.note("peer", peer.map(Side::calibrated).transpose());
    for round in 0..ROUNDS {
        let mut turns = [("ours", &mut ours), ("peer", &mut peer)];
        if round % 2 == 1 {
            turns.reverse();
        }
        for (name, side) in turns {
            let outcome = side.as_mut().map(Side::round).transpose();
            if let Err(error) = outcome {
                pair.faults.push(format!("{name}: {error:#}"));
                *side = None;
            }
        }
    }
    pair.ours = ours.and_then(Side::time);
    pair.peer = peer.and_then(Side::time);
    pair
}

impl Pair {
    fn note<'a>(&mut self, name: &str, side: Result<Option<Side<'a>>>) -> Option<Side<'a>> {
        side.unwrap_or_else(|error| {
            self.faults.push(format!("{name}: {error:#}"));
            None
        })
    }
}

struct Side<'a> {
    work: Rounds<'a>,
    /// Units in each round.
    units: u32,
    /// Nanoseconds for one unit, of each round.
    rounds: Vec<f64>,
}

impl<'a> Side<'a> {
    /// Finds out, and warms up with it, how many units fill a round.
    fn calibrated(work: Rounds<'a>) -> Result<Self> {
        let mut side = Self {
            work,
            units: 1,
            rounds: Vec::with_capacity(ROUNDS),
        };
        let took = loop {
            let took = side.run()?;
            if took >= ROUND / 5 || side.units >= u32::MAX / 2 {
                break took;
            }
            side.units *= 2;
        };
        let fill = u128::from(side.units) * ROUND.as_nanos() / took.as_nanos().max(1);
        side.units = u32::try_from(fill.max(1))?;
        Ok(side)
    }

    fn run(&mut self) -> Result<Duration> {
        (self.work)(self.units)
    }

    fn round(&mut self) -> Result<()> {
        let took = self.run()?;
        self.rounds
            .push(took.as_secs_f64() * 1e9 / f64::from(self.units));
        Ok(())
    }

    fn time(self) -> Option<Time> {
        time(self.rounds)
    }
}

fn time(mut rounds: Vec<f64>) -> Option<Time> {
    rounds.sort_by(f64::total_cmp);
    let at = |part: usize| rounds.get(rounds.len().checked_sub(1)? * part / 4).copied();
    let median = at(2)?;
    Some(Time {
        median,
        spread: (at(3)? - at(1)?) / median,
    })
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn median_and_quartiles() {
        let one = time(vec![40.0, 10.0, 30.0, 20.0, 50.0]).unwrap();
        assert_eq!(one.median, 30.0);
        assert_eq!(one.spread, 20.0 / 30.0);
        assert_eq!(time(Vec::new()), None);
    }

    #[test]
    fn a_side_that_fails_has_no_time() {
        let pair = alternate(Some(Box::new(|| bail!("no"))), None);
        assert!(pair.ours.is_none() && pair.peer.is_none());
        assert_eq!(pair.faults, ["ours: no"]);
    }
}
