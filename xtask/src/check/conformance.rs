//! The lists of conformance: every test that they name is there, and their
//! numbers are those of their rows.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::house::collect;

/// Kinds of rows in the order of the table of numbers.
const KINDS: usize = 5;

/// Every fault of the lists in `docs/conformance`.
pub(crate) fn faults(root: &Path) -> Result<Vec<String>> {
    let dir = root.join("docs/conformance");
    let mut faults = Vec::new();
    for entry in fs::read_dir(&dir)? {
        let path = entry?.path();
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let name = path.strip_prefix(root).unwrap_or(&path).display();
        let found = missing_tests(root, &text)?.into_iter().chain(sums(&text));
        faults.extend(found.map(|fault| format!("{name}: {fault}")));
    }
    Ok(faults)
}

/// Tests, as `crate: module::function`, of which there is no function.
fn missing_tests(root: &Path, text: &str) -> Result<Vec<String>> {
    let mut known: HashSet<(String, String)> = HashSet::new();
    let mut read: HashSet<String> = HashSet::new();
    let mut faults = Vec::new();
    for (package, test) in named(text) {
        if read.insert(package.to_owned()) {
            for function in functions(&root.join("crates").join(package))? {
                known.insert((package.to_owned(), function));
            }
        }
        let function = test.rsplit("::").next().unwrap_or(test);
        if !known.contains(&(package.to_owned(), function.to_owned())) {
            faults.push(format!("there is no test `{package}: {test}`"));
        }
    }
    Ok(faults)
}

/// What stands in backticks as `crate: path`, in rows of tables.
fn named(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let rows = text.lines().filter(|line| line.starts_with("| "));
    let quoted = rows.flat_map(|row| row.split('`').skip(1).step_by(2));
    quoted.filter_map(|quoted| {
        let (package, test) = quoted.split_once(": ")?;
        let is_name = |text: &str| {
            let mut octets = text.bytes();
            octets.all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || b"_:".contains(&it))
        };
        (is_name(package) && is_name(test) && test.contains("::")).then_some((package, test))
    })
}

/// Names of all functions below a directory.
pub(super) fn functions(dir: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    collect(dir, &mut files)?;
    let mut names = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file)?;
        let after = text.split("fn ").skip(1);
        names.extend(after.filter_map(|after| after.split(['(', '<']).next().map(str::to_owned)));
    }
    Ok(names)
}

/// What is wrong with the table of numbers, which ends with the row `**all**`.
fn sums(text: &str) -> Vec<String> {
    let Some(stated) = text.lines().find(|line| line.starts_with("| **all** |")) else {
        return Vec::new();
    };
    let stated = cells(stated).into_iter().skip(1);
    let stated: Vec<Option<usize>> = stated
        .map(|cell| cell.trim_matches('*').parse().ok())
        .collect();
    let mut counts = [0_usize; KINDS];
    for row in text.lines().filter_map(kind) {
        if let Some(count) = counts.get_mut(row) {
            *count += 1;
        }
    }
    let all = counts.iter().sum();
    let counted = std::iter::once(all).chain(counts).map(Some);
    let counted: Vec<Option<usize>> = counted.collect();
    if stated == counted {
        return Vec::new();
    }
    vec![format!("the numbers are {stated:?}, the rows {counted:?}")]
}

/// Which kind an item's row is of: met, in part, without a test, deviation, not
/// applicable.
fn kind(line: &str) -> Option<usize> {
    let cells = cells(line);
    let [item, _, _, _, _, test] = cells.as_slice() else {
        return None;
    };
    let (letters, digits) = item.split_once('-')?;
    let is_item = letters.bytes().all(|it| it.is_ascii_uppercase())
        && !digits.is_empty()
        && digits.bytes().all(|it| it.is_ascii_digit());
    is_item.then_some(match test {
        test if test.starts_with("in part") => 1,
        test if test.starts_with("**no test") => 2,
        test if test.starts_with("**deviation") => 3,
        test if test.starts_with("**not applicable") => 4,
        _ => 0,
    })
}

/// A row's cells; `\|` is no end of one.
pub(super) fn cells(line: &str) -> Vec<String> {
    let line = line.replace("\\|", "\u{1}");
    let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
    inner
        .split('|')
        .map(|cell| cell.trim().replace('\u{1}', "|"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "\
| document | items | met | part | none | deviation | n/a |
|---|---|---|---|---|---|---|
| **all** | **4** | **1** | **1** | **0** | **1** | **1** |

| item | clause | who | what | where | test |
|---|---|---|---|---|---|
| AB-001 | 1 | C | a \\| b | `x` | `dm: a::b` |
| AB-002 | 1 | C | c | `x` | in part: `dm: a::c` and `docs/x` |
| AB-003 | 1 | C | d | `x` | **deviation D-1** |
| AB-004 | 1 | C | e | `x` | **not applicable** (`a: b`) |
";

    #[test]
    fn numbers_are_those_of_the_rows() {
        assert!(sums(LIST).is_empty());
        let wrong = LIST.replace("**4**", "**5**");
        assert_eq!(sums(&wrong).len(), 1);
        let fewer = LIST.replace("in part: ", "");
        assert_eq!(sums(&fewer).len(), 1);
    }

    #[test]
    fn tests_are_what_has_a_crate_and_a_path() {
        let found: Vec<_> = named(LIST).collect();
        assert_eq!(found, [("dm", "a::b"), ("dm", "a::c")]);
    }

    /// One that is there and one that is not.
    #[test]
    fn a_test_that_is_not_there_is_found() {
        let root = crate::process::root().unwrap();
        let list =
            "| `dm: matrix::no_such_test`, `dm: uri::both_relative_forms_name_the_same_node` |";
        let faults = missing_tests(&root, list).unwrap();
        assert_eq!(faults, ["there is no test `dm: matrix::no_such_test`"]);
    }
}
