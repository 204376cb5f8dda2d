//! Names in paths and queries (RFC 3986 clause 2.1).

use std::collections::BTreeMap;

use data_encoding::HEXUPPER_PERMISSIVE;

/// A percent-encoded name; `None` if it is none.
pub(super) fn decode(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut parts = text.split('%');
    octets.extend(parts.next()?.bytes());
    for part in parts {
        let (hex, rest) = part.split_at_checked(2)?;
        octets.extend(HEXUPPER_PERMISSIVE.decode(hex.as_bytes()).ok()?);
        octets.extend(rest.bytes());
    }
    String::from_utf8(octets).ok()
}

/// What stood after `?`.
pub(super) struct Query(BTreeMap<String, String>);

impl Query {
    pub(super) fn read(query: Option<&str>) -> Option<Self> {
        let pairs = query.unwrap_or_default().split('&');
        pairs
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=')?;
                Some((decode(name)?, decode(value)?))
            })
            .collect::<Option<_>>()
            .map(Self)
    }

    /// Whether all names are among these.
    pub(super) fn has_only(&self, names: &[&str]) -> bool {
        self.0.keys().all(|name| names.contains(&name.as_str()))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The outer `None` is for a number that is none.
    #[expect(clippy::option_option, reason = "absent and malformed differ")]
    pub(super) fn number(&self, name: &str) -> Option<Option<u64>> {
        match self.text(name) {
            Some(text) => text.parse().ok().map(Some),
            None => Some(None),
        }
    }

    /// How many rows are wanted.
    pub(super) fn limit(&self) -> Option<usize> {
        match self.number("limit")? {
            Some(number) => usize::try_from(number).ok(),
            None => Some(super::PAGE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_percent_encoded() {
        assert_eq!(decode("IMEI%3A1%2f%C3%BC").as_deref(), Some("IMEI:1/ü"));
        for wrong in ["%", "%3", "%3x", "%ff", "a%C3ü"] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
        let query = Query::read(Some("device=a%26b&limit=7")).unwrap();
        assert_eq!(query.text("device"), Some("a&b"));
        assert_eq!(query.limit(), Some(7));
        assert!(query.has_only(&["device", "limit"]));
        assert!(!query.has_only(&["device"]));
        assert!(Query::read(Some("x")).is_none());
    }
}
