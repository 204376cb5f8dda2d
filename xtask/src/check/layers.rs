//! The arrows between our crates (ARCHITECTURE.md has the same table) and the
//! libraries that an engine may not reach.

use super::workspace::Workspace;

/// Crate, its storey, and the crates of ours that it may use.
const ARROWS: &[(&str, Storey, &[&str])] = &[
    ("secret", Storey::Wire, &[]),
    ("clock", Storey::Wire, &[]),
    ("syncml", Storey::Wire, &[]),
    ("gsup", Storey::Wire, &["secret", "clock"]),
    ("aka", Storey::Engine, &["secret", "clock"]),
    ("uicc", Storey::Engine, &["secret", "clock"]),
    ("xmldsig", Storey::Engine, &[]),
    ("tre", Storey::Engine, &["secret", "clock"]),
    ("trust", Storey::Engine, &["clock"]),
    ("dm", Storey::Engine, &["syncml", "secret", "clock"]),
    (
        "provisioning",
        Storey::Engine,
        &[
            "aka", "clock", "dm", "secret", "syncml", "tre", "trust", "xmldsig",
        ],
    ),
    ("tls", Storey::Node, &["clock", "trust"]),
    (
        "tokens",
        Storey::Node,
        &[
            "aka",
            "clock",
            "provisioning",
            "secret",
            "tre",
            "trust",
            "xmldsig",
        ],
    ),
    (
        "store",
        Storey::Node,
        &[
            "aka",
            "clock",
            "dm",
            "provisioning",
            "secret",
            "tre",
            "trust",
        ],
    ),
    (
        "hlr",
        Storey::Node,
        &["aka", "clock", "gsup", "provisioning", "secret"],
    ),
    ("sim", Storey::Node, &["clock", "secret", "uicc"]),
    (
        "device",
        Storey::Node,
        &[
            "aka",
            "clock",
            "dm",
            "provisioning",
            "secret",
            "store",
            "syncml",
            "tls",
            "tokens",
            "tre",
            "trust",
        ],
    ),
    (
        "server",
        Storey::Node,
        &[
            "aka",
            "clock",
            "dm",
            "gsup",
            "hlr",
            "provisioning",
            "secret",
            "store",
            "tls",
            "tokens",
            "tre",
            "trust",
        ],
    ),
    (
        "rehome",
        Storey::Node,
        &[
            "aka",
            "clock",
            "device",
            "dm",
            "gsup",
            "hlr",
            "provisioning",
            "secret",
            "server",
            "sim",
            "store",
            "syncml",
            "tls",
            "tokens",
            "tre",
            "trust",
            "uicc",
        ],
    ),
    (
        "benches",
        Storey::Node,
        &[
            "aka",
            "clock",
            "dm",
            "gsup",
            "hlr",
            "provisioning",
            "secret",
            "server",
            "store",
            "syncml",
            "tls",
            "tokens",
            "tre",
            "trust",
            "uicc",
        ],
    ),
    (
        "fuzz",
        Storey::Node,
        &["clock", "dm", "gsup", "secret", "syncml", "uicc"],
    ),
    ("xtask", Storey::Node, &[]),
];

/// I/O, runtimes and stores belong to the node storey.
const NODE_ONLY: &[&str] = &[
    "tokio",
    "rusqlite",
    "tokio-postgres",
    "hyper",
    "axum",
    "tokio-openssl",
    "getrandom",
    "clap",
    "tracing-subscriber",
];

/// Errors without a type and printing belong to these.
const ANYHOW: &[&str] = &["benches", "fuzz", "rehome", "xtask"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Storey {
    Wire,
    Engine,
    Node,
}

/// Every arrow that is not in the table.
pub(crate) fn faults(workspace: &Workspace) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, dependencies) in &workspace.normal {
        let Some((_, storey, allowed)) = ARROWS.iter().find(|(known, ..)| known == name) else {
            faults.push(format!(
                "{name}: a crate without a place in xtask/src/check/layers.rs"
            ));
            continue;
        };
        for dependency in dependencies {
            let ours = workspace.normal.contains_key(dependency);
            if ours && !allowed.contains(&dependency.as_str()) {
                faults.push(format!("{name} → {dependency}: no such arrow in the house"));
            }
            if *storey != Storey::Node && NODE_ONLY.contains(&dependency.as_str()) {
                faults.push(format!(
                    "{name} → {dependency}: only the node storey may use it"
                ));
            }
            if dependency == "anyhow" && !ANYHOW.contains(&name.as_str()) {
                faults.push(format!(
                    "{name} → anyhow: a crate with callers has its own error type"
                ));
            }
        }
    }
    for (name, dependencies) in &workspace.dev {
        let bad = dependencies
            .iter()
            .filter(|dep| workspace.normal.contains_key(*dep) && *dep != "sim");
        for dependency in bad {
            if !tests_may_use(name, dependency) {
                faults.push(format!(
                    "{name} → {dependency} (tests): no such arrow in the house"
                ));
            }
        }
    }
    faults
}

/// Tests have the arrows of their crate; those of a node crate may also make
/// values of any engine.
fn tests_may_use(name: &str, dependency: &str) -> bool {
    let row = |wanted: &str| ARROWS.iter().find(|(known, ..)| *known == wanted);
    let (Some((_, storey, allowed)), Some((_, below, _))) = (row(name), row(dependency)) else {
        return false;
    };
    allowed.contains(&dependency) || (*storey == Storey::Node && *below != Storey::Node)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn workspace(name: &str, dependency: &str) -> Workspace {
        let mut normal =
            BTreeMap::from([(name.to_owned(), BTreeSet::from([dependency.to_owned()]))]);
        normal.entry("aka".to_owned()).or_default();
        normal.entry("secret".to_owned()).or_default();
        Workspace {
            normal,
            dev: BTreeMap::new(),
            foreign: Vec::new(),
        }
    }

    #[test]
    fn a_known_arrow_passes() {
        assert!(faults(&workspace("aka", "secret")).is_empty());
    }

    #[test]
    fn an_arrow_upwards_is_a_fault() {
        assert_eq!(faults(&workspace("secret", "aka")).len(), 1);
    }

    #[test]
    fn a_runtime_in_an_engine_is_a_fault() {
        assert_eq!(faults(&workspace("aka", "tokio")).len(), 1);
    }

    #[test]
    fn a_crate_outside_the_table_is_a_fault() {
        assert_eq!(faults(&workspace("common", "serde")).len(), 1);
    }
}
