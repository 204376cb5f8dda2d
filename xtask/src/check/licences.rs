//! Licences of the crates that we link, against a list of those that fit
//! "Apache-2.0 OR MIT", and docs/dependencies.md against the direct ones.

use std::collections::BTreeSet;

use super::workspace::Workspace;
use crate::process::root;

const FITTING: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "OpenSSL",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Crates with a licence outside the list, and direct dependencies without a
/// line in docs/dependencies.md.
pub(crate) fn faults(workspace: &Workspace) -> Vec<String> {
    let mut faults = Vec::new();
    for package in &workspace.foreign {
        match &package.licence {
            Some(licence) if fits(licence) => {}
            Some(licence) => {
                faults.push(format!("{}: licence {licence} does not fit", package.name))
            }
            None => faults.push(format!("{}: no licence in its manifest", package.name)),
        }
    }
    let listed =
        root().and_then(|root| Ok(std::fs::read_to_string(root.join("docs/dependencies.md"))?));
    let listed = listed.unwrap_or_default();
    let direct: BTreeSet<&String> = workspace
        .normal
        .values()
        .chain(workspace.dev.values())
        .flatten()
        .collect();
    for name in direct {
        if !workspace.normal.contains_key(name) && !listed.contains(&format!("| `{name}` |")) {
            faults.push(format!("{name}: no line in docs/dependencies.md"));
        }
    }
    faults
}

/// Whether an SPDX expression can be satisfied: every `AND` part needs one
/// `OR` choice from the list. Enough for the expressions that crates carry.
fn fits(expression: &str) -> bool {
    expression
        .replace('/', " OR ")
        .replace(['(', ')'], " ")
        .split(" AND ")
        .all(|part| {
            part.split(" OR ").any(|choice| {
                let choice = choice.trim();
                FITTING.contains(&choice.split(" WITH ").next().unwrap_or(choice))
            })
        })
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn expressions_of_real_crates() {
        assert!(fits("MIT OR Apache-2.0"));
        assert!(fits("MIT/Apache-2.0"));
        assert!(fits("(MIT OR Apache-2.0) AND Unicode-3.0"));
        assert!(fits("Apache-2.0 WITH LLVM-exception"));
        assert!(!fits("GPL-3.0-only"));
        assert!(!fits("MIT AND AGPL-3.0-or-later"));
    }
}
