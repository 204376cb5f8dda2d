//! The open elements and the namespaces in scope (Namespaces in XML 1.0
//! clauses 3, 4 and 6; SyncML RepPro 1.2, "XML Usage", for the names of ours).

use std::borrow::Cow;

use super::attribute::Attribute;
use super::char::{self, BadReference};
use crate::element::Element;

/// More declarations in scope than any sound document has; bounds the cost of
/// looking a prefix up.
const MAX_BINDINGS: usize = 256;

/// The open elements, the outermost first.
pub(super) struct Names<'a> {
    open: Vec<Open<'a>>,
    bindings: Vec<Binding<'a>>,
}

struct Open<'a> {
    /// The name with its prefix.
    name: &'a str,
    /// One of ours if it was opened by [`Names::open_plain`].
    plain: Element,
    /// Bindings in scope outside of the element.
    outside: usize,
}

struct Binding<'a> {
    prefix: &'a str,
    /// As written.
    uri: &'a str,
    space: Space,
    /// Depth of the element that declares it.
    depth: usize,
}

/// What a namespace is to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Space {
    /// None, or one of SyncML's.
    Ours,
    Foreign,
}

/// How an element's name resolves.
pub(super) struct Resolved<'a> {
    /// The local name.
    pub(super) local: &'a str,
    /// Whether its namespace is none, or one of SyncML's.
    pub(super) ours: bool,
    /// Whether a name of the tag needs a declaration that stands at
    /// `boundary` or further out.
    pub(super) from_outside: bool,
}

/// Why a tag's names don't resolve.
pub(super) enum BadName {
    TooMany,
    NotWellFormed(&'static str),
    Reference(BadReference),
}

impl<'a> Names<'a> {
    pub(super) fn new() -> Self {
        Self {
            // As deep as most messages are.
            open: Vec::with_capacity(8),
            bindings: Vec::new(),
        }
    }

    /// Open elements.
    pub(super) const fn depth(&self) -> usize {
        self.open.len()
    }

    /// The innermost open element's name, with its prefix.
    pub(super) fn current(&self) -> &'a str {
        self.open.last().map_or("", |open| open.name)
    }

    /// The open elements as a path; long names and paths are cut.
    pub(super) fn path(&self) -> String {
        const NAME: usize = 24;
        const ELEMENTS: usize = 16;
        let mut path = String::new();
        for (at, open) in self.open.iter().take(ELEMENTS).enumerate() {
            if at > 0 {
                path.push('/');
            }
            path.extend(open.name.chars().take(NAME));
        }
        if self.open.len() > ELEMENTS {
            path.push_str("/…");
        }
        path
    }

    /// Opens the element `name` and resolves it and its attributes' prefixes.
    /// Declarations of elements up to the depth `boundary` count as outside.
    pub(super) fn open(
        &mut self,
        name: &'a str,
        attributes: &[Attribute<'a>],
        boundary: usize,
    ) -> Result<Resolved<'a>, BadName> {
        self.open.push(Open {
            name,
            plain: Element::Foreign,
            outside: self.bindings.len(),
        });
        for attribute in attributes {
            self.declare(attribute)?;
        }
        let (space, depth) = self.lookup(prefix_of(name))?;
        let mut from_outside = depth.is_some_and(|depth| depth <= boundary)
            && (space == Space::Foreign || !prefix_of(name).is_empty());
        for attribute in attributes {
            let prefix = prefix_of(attribute.name);
            if !matches!(prefix, "" | "xml" | "xmlns") {
                let (_, depth) = self.lookup(prefix)?;
                from_outside |= depth.is_some_and(|depth| depth <= boundary);
            }
        }
        let prefix = prefix_of(name);
        let local = match prefix {
            "" => name,
            _ => name.get(prefix.len() + 1..).unwrap_or(name),
        };
        Ok(Resolved {
            local,
            ours: space == Space::Ours,
            from_outside,
        })
    }

    /// Namespace and local name of the innermost element.
    pub(super) fn resolved(&self) -> (Cow<'a, str>, &'a str) {
        let name = self.current();
        let prefix = prefix_of(name);
        let binding = self
            .bindings
            .iter()
            .rev()
            .find(|known| known.prefix == prefix);
        let local = name.rsplit(':').next().unwrap_or(name);
        // What can't be resolved was refused when it was declared.
        let uri = binding.and_then(|binding| char::unescape(binding.uri).ok());
        (uri.unwrap_or_default(), local)
    }

    /// The innermost element, if it was opened by [`Self::open_plain`].
    #[inline]
    pub(super) fn innermost(&self) -> Element {
        let open = self.open.last();
        open.map_or(Element::Foreign, |open| open.plain)
    }

    /// Opens an element of ours without a prefix, which may declare the
    /// namespace of MetInf and nothing else. Whether it could be done: not
    /// where another namespace is in force or too many are.
    #[inline(always)]
    pub(super) fn open_plain(&mut self, element: Element, declares: bool) -> bool {
        let ours = match self.bindings.last() {
            None => true,
            Some(binding) => binding.prefix.is_empty() && binding.space == Space::Ours,
        };
        if !ours || self.bindings.len() == MAX_BINDINGS {
            return false;
        }
        self.open.push(Open {
            name: element.name(),
            plain: element,
            outside: self.bindings.len(),
        });
        if declares {
            self.bindings.push(Binding {
                prefix: "",
                uri: "syncml:metinf",
                space: Space::Ours,
                depth: self.open.len(),
            });
        }
        true
    }

    /// Closes the innermost element.
    #[inline]
    pub(super) fn close(&mut self) {
        if let Some(open) = self.open.pop() {
            self.bindings.truncate(open.outside);
        }
    }

    fn declare(&mut self, attribute: &Attribute<'a>) -> Result<(), BadName> {
        if attribute.name == "xmlns" && attribute.value == "syncml:metinf" {
            // What nearly every attribute in a message is.
            return self.bind("", attribute.value, Space::Ours);
        }
        let prefix = match attribute.name.split_once(':') {
            Some(("xmlns", prefix)) => prefix,
            None if attribute.name == "xmlns" => "",
            _ => {
                // Only its references matter.
                char::unescape(attribute.value).map_err(BadName::Reference)?;
                return Ok(());
            }
        };
        let uri = char::unescape(attribute.value).map_err(BadName::Reference)?;
        if matches!(prefix, "xml" | "xmlns") || (uri.is_empty() && !prefix.is_empty()) {
            return Err(BadName::NotWellFormed(
                "a namespace declaration that is not allowed",
            ));
        }
        let space = if uri.trim().is_empty() || starts_with_syncml(uri.trim_start()) {
            Space::Ours
        } else {
            Space::Foreign
        };
        self.bind(prefix, attribute.value, space)
    }

    fn bind(&mut self, prefix: &'a str, uri: &'a str, space: Space) -> Result<(), BadName> {
        if self.bindings.len() == MAX_BINDINGS {
            return Err(BadName::TooMany);
        }
        self.bindings.push(Binding {
            prefix,
            uri,
            space,
            depth: self.open.len(),
        });
        Ok(())
    }

    /// What `prefix` means, and the depth of its declaration; none for an
    /// empty prefix without a declaration.
    fn lookup(&self, prefix: &str) -> Result<(Space, Option<usize>), BadName> {
        let binding = self.bindings.iter().rev().find(|known| {
            known.prefix.len() == prefix.len() && (prefix.is_empty() || known.prefix == prefix)
        });
        match binding {
            Some(binding) => Ok((binding.space, Some(binding.depth))),
            None if prefix.is_empty() => Ok((Space::Ours, None)),
            None => Err(BadName::NotWellFormed("a prefix without a declaration")),
        }
    }
}

fn prefix_of(name: &str) -> &str {
    let at = name.bytes().position(|octet| octet == b':');
    at.and_then(|at| name.get(..at)).unwrap_or("")
}

/// `SYNCML:SYNCML1.2`, `syncml:metinf`, `syncml:dmddf1.2` and their kin.
fn starts_with_syncml(uri: &str) -> bool {
    uri.get(..7)
        .is_some_and(|start| start.eq_ignore_ascii_case("syncml:"))
}
