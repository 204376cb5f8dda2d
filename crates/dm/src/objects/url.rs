//! Where a package is to be fetched (OMA FUMO 1.0 clause 5.1, PkgURL; RFC
//! 3986 for the syntax).

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// An absolute `http` or `https` URL with a host.
///
/// Refused are user information, which would put a password where URLs are
/// shown and logged, fragments, which are no part of a request, and every
/// octet that RFC 3986 has no place for. Only the host's octets are looked at:
/// whether there is such a host is found out by going there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DownloadUrl(String);

impl DownloadUrl {
    /// The most octets.
    pub const MAX_LENGTH: usize = 2048;

    /// The text as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DownloadUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text.len() > Self::MAX_LENGTH {
            return Err(Error::TooLarge);
        }
        let fits = |octet: u8| octet.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&octet);
        if !text.bytes().all(fits) {
            return Err(Error::DownloadUrl("character not allowed"));
        }
        let (scheme, rest) = text
            .split_once("://")
            .ok_or(Error::DownloadUrl("not absolute"))?;
        if !["http", "https"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
        {
            return Err(Error::DownloadUrl("neither http nor https"));
        }
        check_authority(rest.split(['/', '?']).next().unwrap_or_default())?;
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for DownloadUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check_authority(authority: &str) -> Result<(), Error> {
    if authority.contains('@') {
        return Err(Error::DownloadUrl("user information"));
    }
    if let Some(literal) = authority.strip_prefix('[') {
        let (host, port) = literal
            .split_once(']')
            .ok_or(Error::DownloadUrl("IPv6 literal without its end"))?;
        if host.parse::<core::net::Ipv6Addr>().is_err() {
            return Err(Error::DownloadUrl("not an IPv6 literal"));
        }
        return check_port(port);
    }
    let end = authority.find(':').unwrap_or(authority.len());
    let (host, port) = authority.split_at(end);
    let fits = |octet: u8| octet.is_ascii_alphanumeric() || b".-_".contains(&octet);
    if host.is_empty() || !host.bytes().all(fits) {
        return Err(Error::DownloadUrl("no host"));
    }
    check_port(port)
}

/// What follows the host: nothing, or a colon and 1 to 65535.
fn check_port(rest: &str) -> Result<(), Error> {
    if rest.is_empty() {
        return Ok(());
    }
    let digits = rest
        .strip_prefix(':')
        .filter(|digits| digits.bytes().all(|octet| octet.is_ascii_digit()));
    match digits.and_then(|digits| digits.parse::<u16>().ok()) {
        Some(1..) => Ok(()),
        _ => Err(Error::DownloadUrl("port")),
    }
}
