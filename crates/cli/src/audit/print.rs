//! An audit for people and for programs.

use serde_json::{Value, json};
use tls::audit::{Audit, Judged, Outcome, Requirement};

/// Requirements in the order of the summary.
const REQUIREMENTS: [(Requirement, &str); 3] = [
    (Requirement::Mandatory, "mandatory"),
    (Requirement::Optional, "optional"),
    (Requirement::Ours, "not the paper's"),
];

/// A line for each row, its evidence below it, and the sums.
pub(super) fn text(audit: &Audit) {
    for judged in &audit.rows {
        let row = &judged.row;
        println!(
            "{:<8} {:<15} {} {:<4} {}",
            row.place(),
            row.id,
            row.requirement.letter(),
            judged.outcome.word(),
            row.function
        );
        if let Outcome::NotApplicable(reason) = &judged.outcome {
            println!("         n/a because: {reason}");
        }
        for line in &judged.evidence {
            println!("         {line}");
        }
    }
    for (requirement, name) in REQUIREMENTS {
        let [pass, fail, none] = sums(audit, requirement);
        println!("{name}: {pass} pass, {fail} fail, {none} n/a");
    }
}

/// One object.
pub(super) fn json(url: &str, audit: &Audit) {
    let rows: Vec<Value> = audit.rows.iter().map(row).collect();
    let sums = REQUIREMENTS.map(|(requirement, _)| {
        let [pass, fail, none] = sums(audit, requirement);
        let sums = json!({ "pass": pass, "fail": fail, "n/a": none });
        (requirement.letter().to_owned(), sums)
    });
    let sums: serde_json::Map<String, Value> = sums.into_iter().collect();
    println!(
        "{}",
        json!({ "target": url, "rows": rows, "sums": sums, "failed": audit.has_failed() })
    );
}

fn row(judged: &Judged) -> Value {
    let row = &judged.row;
    let reason = match &judged.outcome {
        Outcome::NotApplicable(reason) => Some(reason),
        Outcome::Pass | Outcome::Fail => None,
    };
    json!({
        "table": row.table,
        "line": row.line,
        "item": row.id,
        "function": row.function,
        "section": row.section,
        "requirement": row.requirement.letter(),
        "result": judged.outcome.word(),
        "reason": reason,
        "evidence": judged.evidence,
    })
}

/// How many pass, fail and do not apply.
fn sums(audit: &Audit, requirement: Requirement) -> [usize; 3] {
    ["pass", "fail", "n/a"].map(|word| {
        let rows = audit.rows.iter();
        let rows = rows.filter(|judged| judged.row.requirement == requirement);
        rows.filter(|judged| judged.outcome.word() == word).count()
    })
}
