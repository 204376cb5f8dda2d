//! Where a URL leads (RFC 9110 clause 4.2, RFC 3986): scheme, host and port,
//! and what is asked for there.

use dm::objects::DownloadUrl;

/// A parsed `http` or `https` URL.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Whether it is `https`.
    pub(crate) secure: bool,
    /// The host in lower case; an IPv6 address without its brackets.
    pub(crate) host: String,
    /// The port, the scheme's own where the URL has none.
    pub(crate) port: u16,
    /// Host and port as they go into the header field Host.
    pub(crate) authority: String,
    /// Path and query.
    pub(crate) target: String,
}

impl Endpoint {
    /// Reads a URL; `None` for what is no absolute `http` or `https` URL.
    pub(crate) fn parse(url: &str) -> Option<Self> {
        url.parse::<DownloadUrl>()
            .ok()
            .as_ref()
            .and_then(Self::of_url)
    }

    /// Takes a URL apart, whose syntax was checked when it was made.
    pub(super) fn of_url(url: &DownloadUrl) -> Option<Self> {
        let (scheme, rest) = url.as_str().split_once("://")?;
        let secure = scheme.eq_ignore_ascii_case("https");
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        let authority = authority.to_ascii_lowercase();
        let (host, port) = match authority.strip_prefix('[') {
            Some(literal) => literal.split_once(']')?,
            None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
        };
        let port = match port.strip_prefix(':') {
            Some(port) => port.parse().ok()?,
            None if secure => 443,
            None => 80,
        };
        let slash = if target.starts_with('/') { "" } else { "/" };
        Some(Self {
            secure,
            host: host.to_owned(),
            port,
            target: format!("{slash}{target}"),
            authority,
        })
    }

    /// Whether the other one is the same server, reached in the same way.
    pub(super) fn is_same_origin(&self, other: &Self) -> bool {
        (self.secure, &self.host, self.port) == (other.secure, &other.host, other.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(url: &str) -> Option<(bool, String, u16, String, String)> {
        let it = Endpoint::parse(url)?;
        Some((it.secure, it.host, it.port, it.authority, it.target))
    }

    fn of(secure: bool, host: &str, port: u16, authority: &str, target: &str) -> bool {
        let wanted = (
            secure,
            host.to_owned(),
            port,
            authority.to_owned(),
            target.to_owned(),
        );
        let url = format!(
            "{}://{authority}{target}",
            ["http", "https"][usize::from(secure)]
        );
        parts(&url) == Some(wanted)
    }

    #[test]
    fn urls_are_taken_apart() {
        assert!(of(true, "dm.test", 443, "dm.test", "/a?b=c"));
        assert!(of(false, "dm.test", 8080, "dm.test:8080", "/"));
        assert!(of(false, "::1", 81, "[::1]:81", "/x"));
        let query = parts("HTTPS://Dm.Test?x").unwrap();
        assert_eq!((query.1.as_str(), query.4.as_str()), ("dm.test", "/?x"));
    }

    #[test]
    fn what_is_no_http_url_is_none() {
        for url in [
            "ftp://a/b",
            "/a",
            "https://",
            "http://u:p@a/",
            "http://a/ b",
            "http://a:0/",
        ] {
            assert!(parts(url).is_none(), "{url}");
        }
    }
}
