//! The transport's header `x-syncml-hmac` (OMA DM Security 1.2 clause 5.4.3).
//! Its grammar is that of lists in HTTP: `name=value`, with commas between.

use std::fmt;

use crate::Error;

/// The name of the transport's header that carries a message's HMAC.
pub const MAC_HEADER: &str = "x-syncml-hmac";

/// The longest user name of the HMAC scheme, in octets. Quoted in full it
/// still fits into [`MacHeader::MAX_LENGTH`].
pub(super) const MAX_USER: usize = 512;

/// The value of the header `x-syncml-hmac`. `Debug` hides the HMAC.
#[derive(Clone, PartialEq, Eq)]
pub struct MacHeader {
    user: String,
    mac: String,
}

impl MacHeader {
    /// The longest value that is read, in octets.
    pub const MAX_LENGTH: usize = 2048;

    /// The header of `user` with `mac`, the HMAC in base64.
    pub(super) const fn new(user: String, mac: String) -> Self {
        Self { user, mac }
    }

    /// Reads the header's value: parameters in any order and any case, quoted
    /// or not, with or without spaces. Parameters that the clause doesn't know
    /// are skipped; a missing algorithm is MD5.
    ///
    /// # Errors
    /// [`Error::MacHeader`] for a value that is no such list, that has a
    /// parameter twice, or that lacks user name or HMAC;
    /// [`Error::Unsupported`] for another algorithm than MD5.
    pub fn read(value: &str) -> Result<Self, Error> {
        if value.len() > Self::MAX_LENGTH {
            return Err(Error::MacHeader("too long"));
        }
        let (mut algorithm, mut user, mut mac) = (None, None, None);
        let mut rest = value;
        while let Some((name, found, after)) = parameter(rest)? {
            rest = after;
            let place = match name.to_ascii_lowercase().as_str() {
                "algorithm" => &mut algorithm,
                "username" => &mut user,
                "mac" => &mut mac,
                _ => continue,
            };
            if place.replace(found).is_some() {
                return Err(Error::MacHeader("a parameter twice"));
            }
        }
        if algorithm.is_some_and(|name| !name.eq_ignore_ascii_case("MD5")) {
            return Err(Error::Unsupported("algorithm of the HMAC"));
        }
        let given = |text: &String| !text.is_empty();
        Ok(Self {
            user: user.filter(given).ok_or(Error::MacHeader("no user name"))?,
            mac: mac.filter(given).ok_or(Error::MacHeader("no HMAC"))?,
        })
    }

    /// The sender's name.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The HMAC, in base64 as written.
    #[must_use]
    pub fn mac(&self) -> &str {
        &self.mac
    }
}

impl fmt::Display for MacHeader {
    /// As it is sent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("algorithm=MD5, username=\"")?;
        for character in self.user.chars() {
            if matches!(character, '"' | '\\') {
                f.write_str("\\")?;
            }
            write!(f, "{character}")?;
        }
        write!(f, "\", mac={}", self.mac)
    }
}

impl fmt::Debug for MacHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MacHeader")
            .field("user", &self.user)
            .field("mac", &"***")
            .finish()
    }
}

/// The first parameter of `list` and what follows it; `None` at the end.
fn parameter(list: &str) -> Result<Option<(&str, String, &str)>, Error> {
    // A list may have empty elements (RFC 2616 clause 2.1, `#rule`).
    let list = list.trim_start_matches(|c: char| c == ',' || c.is_ascii_whitespace());
    if list.is_empty() {
        return Ok(None);
    }
    let (name, value) = list
        .split_once('=')
        .ok_or(Error::MacHeader("no list of parameters"))?;
    let name = name.trim_end();
    if name.is_empty() || name.contains([',', '"']) {
        return Err(Error::MacHeader("no list of parameters"));
    }
    let value = value.trim_start();
    let (value, rest) = match value.strip_prefix('"') {
        Some(quoted) => unquote(quoted)?,
        None => {
            let (value, rest) = value.split_once(',').unwrap_or((value, ""));
            (value.trim_end().to_owned(), rest)
        }
    };
    Ok(Some((name, value, rest)))
}

/// A quoted string, its opening quote taken off, and what follows the comma
/// behind it.
fn unquote(text: &str) -> Result<(String, &str), Error> {
    let mut value = String::new();
    let mut characters = text.chars();
    loop {
        match characters.next() {
            Some('"') => break,
            Some('\\') => value.extend(characters.next()),
            Some(character) => value.push(character),
            None => return Err(Error::MacHeader("a quoted string has no end")),
        }
    }
    let rest = characters.as_str().trim_start();
    if rest.is_empty() || rest.starts_with(',') {
        Ok((value, rest))
    } else {
        Err(Error::MacHeader("no comma behind a quoted string"))
    }
}
