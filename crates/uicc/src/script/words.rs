//! A line of a script as words: white space between them, double quotes around strings
//! that have white space in them, `#` before a comment.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use data_encoding::HEXLOWER_PERMISSIVE;

use super::{ScriptError, ScriptFault};
use crate::files;

/// The most of a word that an error repeats.
const SHOWN: usize = 40;

/// The words of one line.
pub(super) struct Words<'a> {
    line: usize,
    words: Vec<&'a str>,
    /// Words that were taken.
    taken: usize,
}

impl<'a> Words<'a> {
    /// Cuts a line, as [`files::split`] does, once its comment is gone.
    pub(super) fn of(line: usize, text: &'a str) -> Result<Self, ScriptError> {
        let words = files::split(without_comment(text));
        Ok(Self {
            line,
            words: words.ok_or_else(|| ScriptError::of_line(line, ScriptFault::Quotes))?,
            taken: 0,
        })
    }

    /// All that are left.
    pub(super) fn rest(&self) -> &[&'a str] {
        self.words.get(self.taken..).unwrap_or_default()
    }

    pub(super) fn take_rest(&mut self) {
        self.taken = self.words.len();
    }

    /// The next word, if there is one.
    pub(super) fn next(&mut self) -> Option<&'a str> {
        let word = self.rest().first().copied()?;
        self.taken += 1;
        Some(word)
    }

    /// The next word.
    pub(super) fn want(&mut self, allowed: &'static str) -> Result<&'a str, ScriptError> {
        match self.next() {
            Some(word) => Ok(word),
            None => Err(self.missing(allowed)),
        }
    }

    fn missing(&self, allowed: &'static str) -> ScriptError {
        ScriptError {
            allowed: Cow::Borrowed(allowed),
            ..ScriptError::of_line(self.line, ScriptFault::Missing)
        }
    }

    /// Nothing is left.
    pub(super) fn end(&mut self) -> Result<(), ScriptError> {
        match self.next() {
            None => Ok(()),
            Some(_) => Err(self.secret(ScriptFault::Extra, "the end of the line")),
        }
    }

    /// What is wrong with the word that was taken last.
    pub(super) fn error(
        &self,
        fault: ScriptFault,
        allowed: impl Into<Cow<'static, str>>,
    ) -> ScriptError {
        let word = self.taken.checked_sub(1).and_then(|at| self.words.get(at));
        ScriptError {
            word: word.map(|word| word.chars().take(SHOWN).collect::<String>().into()),
            ..self.secret(fault, allowed)
        }
    }

    /// The same, without the word.
    pub(super) fn secret(
        &self,
        fault: ScriptFault,
        allowed: impl Into<Cow<'static, str>>,
    ) -> ScriptError {
        ScriptError {
            position: self.taken,
            allowed: allowed.into(),
            ..ScriptError::of_line(self.line, fault)
        }
    }

    /// The next word, a number: decimal, or hexadecimal after `0x`.
    pub(super) fn number(
        &mut self,
        range: RangeInclusive<u16>,
        allowed: &'static str,
    ) -> Result<u16, ScriptError> {
        let word = self.want(allowed)?;
        let number = match word.strip_prefix("0x") {
            Some(digits) if is_hex(digits) => u16::from_str_radix(digits, 16).ok(),
            _ if word.bytes().all(|digit| digit.is_ascii_digit()) => word.parse().ok(),
            _ => None,
        };
        number
            .filter(|number| range.contains(number))
            .ok_or_else(|| self.error(ScriptFault::Number, allowed))
    }

    /// The next word, so many octets in hexadecimal.
    pub(super) fn octets(
        &mut self,
        range: RangeInclusive<usize>,
        allowed: &'static str,
    ) -> Result<Vec<u8>, ScriptError> {
        let word = self.want(allowed)?;
        let fault = match decode(word) {
            Ok(octets) if range.contains(&octets.len()) => return Ok(octets),
            Ok(octets) => ScriptFault::Octets(octets.len()),
            Err(fault) => fault,
        };
        Err(self.secret(fault, allowed))
    }
}

fn is_hex(digits: &str) -> bool {
    digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// Octets in hexadecimal of either case.
pub(super) fn decode(word: &str) -> Result<Vec<u8>, ScriptFault> {
    if !is_hex(word) {
        return Err(ScriptFault::NotHex);
    }
    HEXLOWER_PERMISSIVE
        .decode(word.as_bytes())
        .map_err(|_| ScriptFault::OddHex(word.len()))
}

/// What stands before a `#` that begins a word.
fn without_comment(text: &str) -> &str {
    let (mut is_quoted, mut is_escaped, mut begins) = (false, false, true);
    for (at, character) in text.char_indices() {
        match character {
            '#' if begins && !is_quoted => return text.get(..at).unwrap_or_default(),
            '"' if !is_escaped => is_quoted = !is_quoted,
            _ => {}
        }
        is_escaped = is_quoted && character == '\\' && !is_escaped;
        begins = character.is_whitespace();
    }
    text
}

/// The text of a word, in double quotes or without: `\"` and `\\` in them stand for a
/// character.
pub(super) fn unquoted(word: &str) -> String {
    let Some(quoted) = word.strip_prefix('"') else {
        return word.to_owned();
    };
    let (mut text, mut is_escaped) = (String::new(), false);
    for character in quoted.strip_suffix('"').unwrap_or(quoted).chars() {
        is_escaped = character == '\\' && !is_escaped;
        if !is_escaped {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        Words::of(1, text).unwrap().words
    }

    #[test]
    fn white_space_quotes_and_comments() {
        assert_eq!(words(" a\tb  c "), ["a", "b", "c"]);
        assert_eq!(words("a # b \"c"), ["a"]);
        assert_eq!(words("#"), [""; 0]);
        assert_eq!(words("a#b"), ["a#b"]);
        assert_eq!(
            words(r##"spn "a # \" b" x"##),
            ["spn", r##""a # \" b""##, "x"]
        );
        assert_eq!(unquoted(r#""a \" \\ b""#), r#"a " \ b"#);
        assert_eq!(unquoted("a"), "a");
        for wrong in ["\"a", "\"a\"b", "a\"b\"", "\"a\\\""] {
            let error = Words::of(7, wrong).err().unwrap();
            assert_eq!((error.line, error.fault), (7, ScriptFault::Quotes));
        }
    }

    #[test]
    fn numbers() {
        let number = |text| Words::of(1, text).unwrap().number(1..=300, "1 to 300");
        assert_eq!(number("300"), Ok(300));
        assert_eq!(number("0x1f"), Ok(31));
        for wrong in ["0", "301", "+1", "-1", "0x", "0x+1", "65536", "1f", "\"1\""] {
            assert_eq!(number(wrong).unwrap_err().fault, ScriptFault::Number);
        }
        assert_eq!(number("").unwrap_err().fault, ScriptFault::Missing);
    }

    /// It may be a key.
    #[test]
    fn hexadecimal_is_not_repeated() {
        let octets = |text| Words::of(1, text).unwrap().octets(1..=2, "1 or 2 octets");
        assert_eq!(octets("0aFF"), Ok(vec![0x0a, 0xff]));
        for (wrong, fault) in [
            ("5a5", ScriptFault::OddHex(3)),
            ("5a5g", ScriptFault::NotHex),
            ("5a5a5a", ScriptFault::Octets(3)),
        ] {
            let error = octets(wrong).unwrap_err();
            assert_eq!((&error.fault, error.position), (&fault, 1));
            assert!(!error.to_string().contains("5a"), "{error}");
        }
    }
}
