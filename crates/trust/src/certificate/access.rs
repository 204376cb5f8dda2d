//! Authority information access (RFC 5280 clause 4.2.2.1): where the responder
//! for a certificate's status is (id-ad-ocsp; RFC 6960 clause 3.1).

use const_oid::db::rfc5912::ID_AD_OCSP;
use x509_cert::ext::pkix::AuthorityInfoAccessSyntax;
use x509_cert::ext::pkix::name::GeneralName;

use super::extensions::{malformed, strictly};
use crate::TrustError;

const MAX_URL: usize = 255;
const MAX_DESCRIPTIONS: usize = 16;

/// The first responder with a URL of http or https. Other access methods, other
/// forms of names and other schemes are passed over: they lead nowhere that this
/// crate knows. A URL of http or https that is wrong is refused.
pub(crate) fn responder(critical: bool, value: &[u8]) -> Result<Option<String>, TrustError> {
    if critical {
        return Err(malformed("authority information access critical"));
    }
    let AuthorityInfoAccessSyntax(list) =
        strictly(value).ok_or(malformed("authority information access"))?;
    if list.is_empty() || list.len() > MAX_DESCRIPTIONS {
        return Err(malformed("authority information access empty or too long"));
    }
    let mut found = None;
    for description in list {
        let GeneralName::UniformResourceIdentifier(uri) = &description.access_location else {
            continue;
        };
        let url = uri.as_str();
        if description.access_method != ID_AD_OCSP || after_scheme(url).is_none() {
            continue;
        }
        if !is_http_url(url) {
            return Err(malformed("the URL of the OCSP responder"));
        }
        found.get_or_insert_with(|| url.to_owned());
    }
    Ok(found)
}

/// Whether it is a URL of http or https with a host, without user and fragment,
/// of characters that a URI has (RFC 3986 clause 2), at most 255 octets.
pub(crate) fn is_http_url(url: &str) -> bool {
    let Some(rest) = after_scheme(url) else {
        return false;
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    url.len() <= MAX_URL
        && !authority.is_empty()
        && !authority.starts_with(':')
        && !authority.contains('@')
        && url.bytes().all(|octet| {
            octet.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()*+,;=%".contains(&octet)
        })
}

/// What follows the scheme http or https, which has no case (RFC 3986 clause
/// 3.1).
fn after_scheme(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    ["http", "https"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known))
        .then_some(rest)
}
