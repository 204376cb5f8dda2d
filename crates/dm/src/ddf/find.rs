//! What describes a path (OMA DM TND 1.2 clauses 9.4.1.5 to 9.4.1.7 and
//! 9.4.3.23).

use super::{CaseSense, Described, Description};

impl Description {
    /// What describes the node at `path`, the segments below the root; `None`
    /// if nothing does.
    ///
    /// A name goes before a placeholder: what has a description of its own is
    /// not described by the general one beside it.
    #[must_use]
    pub fn find(&self, path: &[&str]) -> Option<&Described> {
        descend(&self.nodes, path, CaseSense::Sensitive)
    }
}

fn descend<'a>(nodes: &'a [Described], path: &[&str], case: CaseSense) -> Option<&'a Described> {
    let named: Vec<&Described> = nodes
        .iter()
        .filter(|node| !node.is_placeholder() && rest(node, path, case).is_some())
        .collect();
    let is_named = |other: &Described| named.iter().any(|node| node.path == other.path);
    let general = nodes
        .iter()
        .filter(|node| node.is_placeholder() && !is_named(node));
    named.iter().copied().chain(general).find_map(|node| {
        let rest = rest(node, path, case)?;
        if rest.is_empty() {
            return Some(node);
        }
        descend(&node.children, rest, node.case_sense.unwrap_or(case))
    })
}

/// What is left of `path` behind the node, if the path leads to it.
fn rest<'p, 's>(node: &Described, path: &'p [&'s str], case: CaseSense) -> Option<&'p [&'s str]> {
    let mut left = path;
    let above = node.path.as_deref().unwrap_or(".");
    let above = above.strip_prefix("./").unwrap_or(above);
    for segment in above.split('/').filter(|_| above != ".") {
        let (first, others) = left.split_first()?;
        left = same(segment, first, case).then_some(others)?;
    }
    let (first, others) = left.split_first()?;
    let case = node.case_sense.unwrap_or(case);
    match &node.name {
        Some(name) => same(name, first, case).then_some(others),
        None => Some(others),
    }
}

fn same(a: &str, b: &str, case: CaseSense) -> bool {
    match case {
        CaseSense::Sensitive => a == b,
        CaseSense::Insensitive => a.eq_ignore_ascii_case(b),
    }
}
