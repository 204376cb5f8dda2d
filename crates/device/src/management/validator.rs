//! What a representation is known by, and which part of it an answer has (RFC
//! 9110 clauses 8.8, 13.1.5 and 14.4).

use secret::SecretBytes;
use tls::http::HeaderMap;
use tls::http::header::{self, HeaderName, HeaderValue};

/// A strong validator, as it goes into If-Range.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Validator(HeaderValue);

impl Validator {
    /// The strong validator of an answer: an entity tag that is not weak, else
    /// a modification date that is not the very moment of the answer.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        if let Some(tag) = headers.get(header::ETAG) {
            return tag.as_bytes().starts_with(b"\"").then(|| Self(tag.clone()));
        }
        let modified = headers.get(header::LAST_MODIFIED)?;
        (headers.get(header::DATE) != Some(modified)).then(|| Self(modified.clone()))
    }

    /// What was stored; octets that can't be a field are none.
    pub(super) fn stored(octets: Option<&SecretBytes>) -> Option<Self> {
        HeaderValue::from_bytes(octets?.expose()).ok().map(Self)
    }

    pub(super) fn to_stored(&self) -> SecretBytes {
        SecretBytes::new(self.0.as_bytes().to_vec())
    }

    /// The value of If-Range.
    pub(super) fn if_range(&self) -> HeaderValue {
        self.0.clone()
    }

    /// Whether an answer with a part of a representation has another validator:
    /// a server that does not know If-Range.
    pub(super) fn is_contradicted_by(&self, headers: &HeaderMap) -> bool {
        let is_tag = self.0.as_bytes().starts_with(b"\"");
        let name: HeaderName = if is_tag {
            header::ETAG
        } else {
            header::LAST_MODIFIED
        };
        headers.get(name).is_some_and(|value| *value != self.0)
    }
}

/// Content-Range in octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ContentRange {
    /// The first octet; `None` if the range can't be satisfied.
    pub(super) first: Option<u64>,
    /// The octets of the whole.
    pub(super) total: Option<u64>,
}

impl ContentRange {
    /// Reads the field; `None` if it is missing or can't be.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(header::CONTENT_RANGE)?.to_str().ok()?;
        let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
        let total = match total {
            "*" => None,
            digits => Some(digits.parse().ok()?),
        };
        if range == "*" {
            return Some(Self { first: None, total });
        }
        let (first, last) = range.split_once('-')?;
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        let whole = total.is_none_or(|total| last.checked_add(1) == Some(total));
        // A part that ends before the end was not asked for.
        (first <= last && whole).then_some(Self {
            first: Some(first),
            total,
        })
    }
}

/// The value of Content-Length.
pub(super) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(HeaderName, &'static str)]) -> HeaderMap {
        fields
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn only_strong_validators_resume() {
        const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
        let of = |fields: &[_]| Validator::of(&headers(fields)).is_some();
        assert!(of(&[(header::ETAG, "\"a\"")]));
        assert!(!of(&[(header::ETAG, "W/\"a\"")]));
        assert!(!of(&[
            (header::ETAG, "W/\"a\""),
            (header::LAST_MODIFIED, DATE)
        ]));
        assert!(of(&[(header::LAST_MODIFIED, DATE)]));
        assert!(!of(&[(header::LAST_MODIFIED, DATE), (header::DATE, DATE)]));
        assert!(!of(&[]));
    }

    #[test]
    fn ranges_are_read_to_the_end_of_the_whole() {
        let of = |text: &'static str| ContentRange::of(&headers(&[(header::CONTENT_RANGE, text)]));
        let range = |first, total| Some(ContentRange { first, total });
        assert_eq!(of("bytes 5-9/10"), range(Some(5), Some(10)));
        assert_eq!(of("bytes 5-9/*"), range(Some(5), None));
        assert_eq!(of("bytes */10"), range(None, Some(10)));
        for wrong in [
            "bytes 5-8/10",
            "bytes 9-5/10",
            "octets 5-9/10",
            "bytes 5-/10",
            "5-9/10",
        ] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
