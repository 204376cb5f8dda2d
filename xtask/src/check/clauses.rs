//! Pages that say clause by clause what is covered, in tables whose last column names
//! tests: each row names one, and each is there.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::conformance::{cells, functions};
use super::house::collect;

/// A page, and the crates whose tests it names.
const PAGES: &[(&str, &[&str])] = &[("docs/uicc-ota.md", &["uicc", "sim", "cli"])];
/// The head of the last column.
const TEST: &str = "test";
/// What stands for the cell above.
const SAME: &str = "the same";

/// Every fault of the pages.
pub(crate) fn faults(root: &Path) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for (page, crates) in PAGES {
        let text = fs::read_to_string(root.join(page)).with_context(|| (*page).to_owned())?;
        let mut known = HashSet::new();
        for name in *crates {
            let dir = root.join("crates").join(name);
            known.extend(functions(&dir)?);
            known.extend(modules(&dir)?);
        }
        let found = wrong(&text, &known);
        faults.extend(found.into_iter().map(|fault| format!("{page}: {fault}")));
    }
    Ok(faults)
}

/// Names of files and directories below a directory.
fn modules(dir: &Path) -> Result<HashSet<String>> {
    let mut files = Vec::new();
    collect(dir, &mut files)?;
    let mut names = HashSet::new();
    for file in files {
        let inner = file.strip_prefix(dir).unwrap_or(&file).with_extension("");
        names.extend(inner.iter().map(|part| part.to_string_lossy().into_owned()));
    }
    Ok(names)
}

/// Rows without a test, and tests that are not there.
fn wrong(text: &str, known: &HashSet<String>) -> Vec<String> {
    let mut faults = Vec::new();
    // How many cells the table has whose last column is of tests.
    let mut width = None;
    let lines = text.lines();
    for line in lines {
        if !line.starts_with('|') {
            width = None;
            continue;
        }
        let row = cells(line);
        let Some(last) = row.last() else {
            continue;
        };
        if last == TEST {
            width = Some(row.len());
        } else if width == Some(row.len()) && !line.starts_with("|--") {
            let names: Vec<&str> = last.split('`').skip(1).step_by(2).collect();
            if names.is_empty() && last != SAME {
                faults.push(format!("no test in the row `{}`", row.join(" | ")));
            }
            let gone = names.iter().filter(|name| {
                let leaf = name.rsplit("::").next().unwrap_or(name);
                !known.contains(leaf)
            });
            faults.extend(gone.map(|name| format!("there is no test `{name}`")));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_without_a_test_and_tests_that_are_not_there() {
        let known = HashSet::from(["vectors".to_owned(), "one".to_owned()]);
        let table = "\
| clause | what | test |
|---|---|---|
| 1 | `x` | `vectors`, `a::one` |
| 2 | y | the same |
";
        assert!(wrong(table, &known).is_empty());
        let two = table.replace("a::one", "a::two");
        assert_eq!(wrong(&two, &known), ["there is no test `a::two`"]);
        let none = table.replace("the same", "");
        assert_eq!(wrong(&none, &known), ["no test in the row `2 | y | `"]);
        // Tables of something else.
        let other = table.replace("| test |", "| words |").replace("one", "two");
        assert!(wrong(&other, &known).is_empty());
    }

    /// The page names tests: were no table read, nothing could be missing.
    #[test]
    fn the_page_has_tables() {
        let root = crate::process::root().unwrap();
        for (page, _) in PAGES {
            let text = fs::read_to_string(root.join(page)).unwrap();
            assert!(wrong(&text, &HashSet::new()).len() > 40, "{page}");
        }
    }
}
