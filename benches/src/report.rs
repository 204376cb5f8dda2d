//! What a bench found: a table for people, JSON for programs.

use std::fmt::Write as _;
use std::io::Write as _;

use serde_json::{Value, json};

use crate::measure::{Pair, Time};

/// One comparison.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    /// How many times as good as the peer we mean to be. A row with
    /// neither goal nor peer explains others: it stands in the table, not in the
    /// JSON.
    pub(crate) goal: Option<f64>,
    pub(crate) ours: Option<f64>,
    pub(crate) peer: Option<f64>,
    /// Above 1 where we are the better one.
    pub(crate) ratio: Option<f64>,
    /// The wider of both sides' spreads, as a part of the median.
    pub(crate) spread: Option<f64>,
    /// Numbers that should be here and are not.
    pub(crate) faults: Vec<String>,
}

impl Row {
    /// A row of times, where less is better.
    pub(crate) fn of_times(
        name: &'static str,
        unit: &'static str,
        goal: Option<f64>,
        pair: Pair,
    ) -> Self {
        let median = |side: Option<Time>| side.map(|time| time.median);
        let (ours, peer) = (median(pair.ours), median(pair.peer));
        Self {
            name,
            unit,
            goal,
            ours,
            peer,
            ratio: ours.zip(peer).map(|(ours, peer)| peer / ours),
            spread: [pair.ours, pair.peer]
                .iter()
                .flatten()
                .map(|time| time.spread)
                .reduce(f64::max),
            faults: pair
                .faults
                .iter()
                .map(|fault| format!("{name}: {fault}"))
                .collect(),
        }
    }
}

impl Row {
    /// The same as units per second, where more is better.
    pub(crate) fn into_rates(mut self, unit: &'static str) -> Self {
        let rate = |nanos: f64| 1e9 / nanos;
        self.ours = self.ours.map(rate);
        self.peer = self.peer.map(rate);
        self.unit = unit;
        self
    }

    /// A number of ours that has no peer.
    pub(crate) const fn of_count(name: &'static str, unit: &'static str, count: f64) -> Self {
        Self {
            name,
            unit,
            goal: None,
            ours: Some(count),
            peer: None,
            ratio: None,
            spread: None,
            faults: Vec::new(),
        }
    }
}

/// The rows with a goal or with both sides.
pub(crate) fn json(rows: &[Row]) -> String {
    let rows: Vec<Value> = rows
        .iter()
        .filter(|row| row.goal.is_some() || row.ratio.is_some())
        .map(|row| {
            json!({
                "name": row.name,
                "ours": row.ours.map(|value| rounded(value, 10.0)),
                "peer": row.peer.map(|value| rounded(value, 10.0)),
                "ratio": row.ratio.map(|value| rounded(value, 1000.0)),
                "unit": row.unit,
            })
        })
        .collect();
    json!({ "rows": rows }).to_string()
}

/// All rows.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = format!(
        "{:30} {:>10} {:>10} {:>8} {:>6} {:>8}  unit",
        "", "ours", "peer", "ratio", "goal", "spread"
    );
    for row in rows {
        let number = |value: Option<f64>, digits: usize, mark: &str| {
            value.map_or("-".to_owned(), |value| format!("{value:.digits$}{mark}"))
        };
        // Writing to a String can't fail.
        let _ = write!(
            text,
            "\n{:30} {:>10} {:>10} {:>8} {:>6} {:>8}  {}",
            row.name,
            number(row.ours, 0, ""),
            number(row.peer, 0, ""),
            number(row.ratio, 2, "x"),
            number(row.goal, 1, "x"),
            number(row.spread.map(|part| part * 100.0), 1, "%"),
            row.unit,
        );
    }
    text
}

/// To a whole number of `parts`.
fn rounded(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}

/// Whoever reads may have read enough (`./x bench NAME | head -3`).
pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

#[expect(clippy::print_stderr, reason = "a program's complaints")]
pub(crate) fn complain(text: &str) {
    eprintln!("bench: {text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(goal: Option<f64>, peer: Option<f64>) -> Row {
        let time = |median| Time {
            median,
            spread: 0.01,
        };
        let pair = Pair {
            ours: Some(time(200.0)),
            peer: peer.map(time),
            faults: Vec::new(),
        };
        Row::of_times("parse", "ns/message", goal, pair)
    }

    #[test]
    fn json_has_the_rows_that_compare() {
        let rows = [
            row(Some(10.0), Some(500.0)),
            row(Some(1.0), None),
            row(None, None),
        ];
        let value: Value = serde_json::from_str(&json(&rows)).unwrap();
        assert_eq!(
            value,
            json!({"rows": [
                {"name": "parse", "ours": 200.0, "peer": 500.0, "ratio": 2.5, "unit": "ns/message"},
                {"name": "parse", "ours": 200.0, "peer": null, "ratio": null, "unit": "ns/message"},
            ]})
        );
        assert_eq!(table(&rows).lines().count(), 4);
    }
}
