//! The optional parameters of an interaction (OMA DM Protocol 1.2 clause 10.3),
//! written like the query of a URL: `MINDT=10&DR=John+Doe`. What is not known
//! or makes no sense is left out when read.

use std::time::Duration;

use super::Kind;
use crate::Error;

/// What may be typed (IT, clause 10.3.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Input {
    /// A: letters and digits.
    #[default]
    Alphanumeric,
    /// N: a number with sign and decimal point.
    Numeric,
    /// D: a date, `DDMMYYYY`.
    Date,
    /// T: a time, `hhmmss`.
    Time,
    /// P: a phone number.
    Phone,
    /// I: an IP address, `xxx.yyy.zzz.www`.
    Address,
}

impl Input {
    const WRITTEN: [(&'static str, Self); 6] = [
        ("A", Self::Alphanumeric),
        ("N", Self::Numeric),
        ("D", Self::Date),
        ("T", Self::Time),
        ("P", Self::Phone),
        ("I", Self::Address),
    ];

    /// Whether `text` has the form that the server is to get. For letters and
    /// digits that is any text: the clause bars nothing.
    #[must_use]
    pub fn fits(self, text: &str) -> bool {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
        match self {
            Self::Alphanumeric => true,
            Self::Numeric => {
                let number = text.strip_prefix(['+', '-']).unwrap_or(text);
                let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
                digits(&format!("{whole}{fraction}"))
            }
            Self::Date => text.len() == 8 && digits(text),
            Self::Time => text.len() == 6 && digits(text),
            Self::Phone => {
                let number = text.strip_prefix('+').unwrap_or(text);
                let known = |c: u8| c.is_ascii_digit() || matches!(c, b'p' | b'w' | b's');
                !number.is_empty() && number.bytes().all(known)
            }
            Self::Address => {
                let parts = || text.split('.');
                parts().count() == 4 && parts().all(|part| part.len() <= 3 && digits(part))
            }
        }
    }
}

/// What the user sees of what is typed (ET, clause 10.3.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Echo {
    /// T: the characters.
    #[default]
    Text,
    /// P: nothing that could be read.
    Password,
}

/// How an interaction is to be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// MINDT: shown for this time at least, in whole seconds (clause 10.3.1).
    pub min_shown: Option<Duration>,
    /// MAXDT: the user has this time, in whole seconds (clause 10.3.2).
    pub max_wait: Option<Duration>,
    /// DR: what stands there before the user does anything: `0` or `1` for a
    /// confirmation, the text, the number of a choice, or numbers with a minus
    /// between them (clause 10.3.3). It answers nothing by itself.
    pub default: Option<String>,
    /// MAXLEN: the most characters of a text (clause 10.3.4).
    pub max_len: Option<u32>,
    /// IT: what may be typed.
    pub input: Input,
    /// ET: what is shown of it.
    pub echo: Echo,
}

impl Options {
    /// The choices that DR names, those past `count` left out.
    #[must_use]
    pub fn default_choices(&self, count: usize) -> Vec<usize> {
        let text = self.default.as_deref().unwrap_or_default();
        text.split('-')
            .filter_map(|number| number.parse().ok())
            .filter(|number| (1..=count).contains(number))
            .collect()
    }

    /// Reads the parameters that count for `kind`: MAXLEN, IT and ET only for a
    /// text to be typed, DR for all but a display.
    pub(super) fn read(kind: Kind, text: &str) -> Self {
        let mut options = Self::default();
        for parameter in text.split('&') {
            let Some((name, value)) = parameter.split_once('=') else {
                continue;
            };
            if let Some(value) = decode(value) {
                options.take(kind, name.trim(), &value);
            }
        }
        options
    }

    fn take(&mut self, kind: Kind, name: &str, value: &str) {
        let typed = kind == Kind::TextInput;
        let number = || value.parse().ok().filter(|number: &u32| *number > 0);
        let seconds = || number().map(|seconds| Duration::from_secs(seconds.into()));
        match name {
            "MINDT" => self.min_shown = seconds().or(self.min_shown),
            "MAXDT" => self.max_wait = seconds().or(self.max_wait),
            "DR" if kind != Kind::Display => self.default = Some(value.to_owned()),
            "MAXLEN" if typed => self.max_len = number().or(self.max_len),
            "IT" if typed => {
                let known = Input::WRITTEN.iter().find(|(written, _)| *written == value);
                self.input = known.map_or(self.input, |(_, input)| *input);
            }
            "ET" if typed && value == "P" => self.echo = Echo::Password,
            "ET" if typed && value == "T" => self.echo = Echo::Text,
            _ => {}
        }
    }

    /// The parameters that count for `kind` as one text.
    pub(super) fn write(&self, kind: Kind) -> Result<String, Error> {
        let mut parts = Vec::new();
        for (name, time) in [("MINDT", self.min_shown), ("MAXDT", self.max_wait)] {
            let Some(time) = time else { continue };
            if time.as_secs() == 0 || time.as_secs() > u64::from(u32::MAX) {
                return Err(Error::Misuse("a time that is no positive integer"));
            }
            parts.push(format!("{name}={}", time.as_secs()));
        }
        if let Some(default) = self.default.as_ref().filter(|_| kind != Kind::Display) {
            parts.push(format!("DR={}", encode(default)));
        }
        if kind == Kind::TextInput {
            if self.max_len == Some(0) {
                return Err(Error::Misuse("a length that is no positive integer"));
            }
            parts.extend(self.max_len.map(|length| format!("MAXLEN={length}")));
            if self.input != Input::default() {
                let written = Input::WRITTEN
                    .iter()
                    .find(|(_, input)| *input == self.input);
                parts.extend(written.map(|(written, _)| format!("IT={written}")));
            }
            if self.echo == Echo::Password {
                parts.push("ET=P".to_owned());
            }
        }
        Ok(parts.join("&"))
    }
}

/// `text` with everything but letters, digits and `-._~` as `%XX`, and `+` for
/// a space (RFC 2396 clause 2.4; the example of clause 10.3.3 has the `+`).
fn encode(text: &str) -> String {
    let mut written = String::new();
    for octet in text.bytes() {
        match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                written.push(char::from(octet));
            }
            b' ' => written.push('+'),
            _ => written.push_str(&format!("%{octet:02X}")),
        }
    }
    written
}

/// The text behind [`encode`]; `None` if it is none.
fn decode(written: &str) -> Option<String> {
    let mut octets = Vec::new();
    let mut rest = written.bytes();
    while let Some(octet) = rest.next() {
        octets.push(match octet {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let value = digit()? * 16 + digit()?;
                u8::try_from(value).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(octets).ok()
}
