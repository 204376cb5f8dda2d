//! URIs of nodes (OMA DM TND 1.2 clause 5): relative to the root, segments
//! between slashes, compared octet by octet.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::Error;

/// The URI of a node in its written form: `.` for the root, else `./A/B`.
///
/// Reading takes `A/B` for `./A/B`, as the specification does. It refuses
/// empty segments, `.` and `..` as segments, a slash at either end, control
/// characters, and `?`, which would begin the name of a property. Order is by
/// segments, so what is below a node follows it at once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NodeUri(Text);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Text {
    Root,
    /// `A/B`, without the leading `./`.
    Below(String),
}

impl NodeUri {
    /// The root, `.`.
    pub const ROOT: Self = Self(Text::Root);
    /// The most segments below the root (`./DevDetail/URI/MaxDepth`).
    pub const MAX_DEPTH: usize = 32;
    /// The most octets of a segment (`./DevDetail/URI/MaxSegLen`).
    pub const MAX_SEGMENT: usize = 255;
    /// The most octets of the written form (`./DevDetail/URI/MaxTotLen`).
    pub const MAX_TOTAL: usize = 1024;

    /// The segments below the root, none for the root itself.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = &str> {
        let text = match &self.0 {
            Text::Root => None,
            Text::Below(text) => Some(text.as_str()),
        };
        text.into_iter().flat_map(|text| text.split('/'))
    }

    /// The number of segments.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.segments().count()
    }

    /// The last segment; `None` for the root.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.segments().next_back()
    }

    /// The node above; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let Text::Below(text) = &self.0 else {
            return None;
        };
        Some(
            text.rsplit_once('/')
                .map_or(Self::ROOT, |(above, _)| Self(Text::Below(above.to_owned()))),
        )
    }

    /// This node, its parent, and so on up to the root.
    pub fn upwards(&self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self.clone()), Self::parent)
    }

    /// The node `name` below this one.
    ///
    /// # Errors
    /// [`Error::Uri`] and [`Error::UriTooLong`] as for parsing.
    pub fn child(&self, name: &str) -> Result<Self, Error> {
        if name.contains('/') {
            return Err(Error::Uri("slash in a node's name"));
        }
        match &self.0 {
            Text::Root => name.parse(),
            Text::Below(text) => format!("{text}/{name}").parse(),
        }
    }

    /// Whether `text` is the full URI of a node on a device whose limits are not
    /// known here (OMA DM Protocol 1.2 clause 3.2): the form alone, at any
    /// length.
    ///
    /// # Errors
    /// [`Error::Uri`].
    pub(crate) fn check_form(text: &str) -> Result<(), Error> {
        if text == "." {
            return Ok(());
        }
        let text = text.strip_prefix("./").unwrap_or(text);
        text.split('/').try_for_each(check_characters)
    }

    /// The segments from `above` down to this node; `None` if it is not below.
    #[must_use]
    pub fn below(&self, above: &Self) -> Option<Vec<&str>> {
        let mut rest = self.segments();
        for segment in above.segments() {
            if rest.next() != Some(segment) {
                return None;
            }
        }
        let rest: Vec<&str> = rest.collect();
        (!rest.is_empty()).then_some(rest)
    }
}

impl FromStr for NodeUri {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text == "." {
            return Ok(Self::ROOT);
        }
        let text = text.strip_prefix("./").unwrap_or(text);
        if text.len() + 2 > Self::MAX_TOTAL {
            return Err(Error::UriTooLong);
        }
        let mut depth = 0;
        for segment in text.split('/') {
            check_segment(segment)?;
            depth += 1;
        }
        if depth > Self::MAX_DEPTH {
            return Err(Error::UriTooLong);
        }
        Ok(Self(Text::Below(text.to_owned())))
    }
}

fn check_segment(segment: &str) -> Result<(), Error> {
    if segment.len() > NodeUri::MAX_SEGMENT {
        return Err(Error::UriTooLong);
    }
    check_characters(segment)
}

fn check_characters(segment: &str) -> Result<(), Error> {
    match segment {
        "" => Err(Error::Uri("empty segment")),
        "." | ".." => Err(Error::Uri("segment of dots")),
        _ if segment.chars().any(|c| c.is_control() || c == '?') => {
            Err(Error::Uri("character not allowed"))
        }
        _ => Ok(()),
    }
}

impl fmt::Display for NodeUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Text::Root => f.write_str("."),
            Text::Below(text) => write!(f, "./{text}"),
        }
    }
}

impl Ord for NodeUri {
    fn cmp(&self, other: &Self) -> Ordering {
        self.segments().cmp(other.segments())
    }
}

impl PartialOrd for NodeUri {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
