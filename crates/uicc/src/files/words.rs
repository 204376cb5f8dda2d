//! Words of the text form: white space between them, double quotes around strings.

/// What is wrong with a word, and what is allowed instead.
#[derive(Debug)]
pub(super) struct Fault {
    /// Empty where a word is missing.
    pub(super) word: String,
    pub(super) allowed: &'static str,
}

/// A refusal of `word`.
pub(super) fn fault(word: &str, allowed: &'static str) -> Fault {
    Fault {
        word: word.to_owned(),
        allowed,
    }
}

/// The words that are left.
pub(super) struct Words<'a>(&'a [&'a str]);

impl<'a> Words<'a> {
    pub(super) const fn new(words: &'a [&'a str]) -> Self {
        Self(words)
    }

    /// The next word, if there is one.
    pub(super) const fn next(&mut self) -> Option<&'a str> {
        match self.0 {
            [word, rest @ ..] => {
                self.0 = rest;
                Some(*word)
            }
            [] => None,
        }
    }

    /// The next word, which has to be there.
    pub(super) fn want(&mut self, allowed: &'static str) -> Result<&'a str, Fault> {
        self.next().ok_or_else(|| fault("", allowed))
    }

    /// Whether nothing is left; `allowed` is in the refusal.
    pub(super) fn end(&self) -> Result<(), Fault> {
        match self.0 {
            [] => Ok(()),
            [word, ..] => Err(fault(word, "nothing behind the value")),
        }
    }
}

/// The number after `pad`, the last word: a whole length in octets.
pub(super) fn pad(words: &mut Words<'_>) -> Result<usize, Fault> {
    const ALLOWED: &str = "`pad` and the whole length in octets, 1 to 65535, as the last words";
    let word = words.want(ALLOWED)?;
    let length = word
        .parse::<u16>()
        .ok()
        .filter(|length| *length > 0 && !word.starts_with('+'));
    length.map(usize::from).ok_or_else(|| fault(word, ALLOWED))
}

/// Cuts a line into words. A string in double quotes is one word, with its quotes; in it
/// `\"`, `\\` and `\u{HEX}` stand for a character.
///
/// None where quotes don't end, or touch another word.
#[must_use]
pub fn split(line: &str) -> Option<Vec<&str>> {
    let (mut words, mut rest) = (Vec::new(), line.trim_start());
    while !rest.is_empty() {
        let end = match rest.strip_prefix('"') {
            Some(quoted) => 2 + closing(quoted)?,
            None => rest.find(char::is_whitespace).unwrap_or(rest.len()),
        };
        let (word, behind) = rest.split_at_checked(end)?;
        let is_whole = behind.is_empty() || behind.starts_with(char::is_whitespace);
        if !is_whole || (!word.starts_with('"') && word.contains('"')) {
            return None;
        }
        words.push(word);
        rest = behind.trim_start();
    }
    Some(words)
}

/// Where the quotes end in what follows their beginning.
fn closing(quoted: &str) -> Option<usize> {
    let mut is_escaped = false;
    quoted.char_indices().find_map(|(at, character)| {
        let ends = character == '"' && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
        ends.then_some(at)
    })
}

/// A string in quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut word = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => word.extend(['\\', character]),
            _ if character.is_control() || (character.is_whitespace() && character != ' ') => {
                word.push_str(&format!("\\u{{{:x}}}", u32::from(character)));
            }
            _ => word.push(character),
        }
    }
    word.push('"');
    word
}

/// The string of a word, in quotes or without.
pub(super) fn unquoted(word: &str) -> Result<String, Fault> {
    const ALLOWED: &str = "a string in double quotes, with \\\", \\\\ and \\u{HEX} for characters";
    let refused = || fault(word, ALLOWED);
    let Some(rest) = word.strip_prefix('"') else {
        let is_plain = !word.is_empty() && !word.contains('"');
        return is_plain.then(|| word.to_owned()).ok_or_else(refused);
    };
    let mut rest = rest;
    let mut text = String::new();
    loop {
        let mut characters = rest.chars();
        match characters.next().ok_or_else(refused)? {
            '"' => break,
            '\\' => match characters.next().ok_or_else(refused)? {
                character @ ('"' | '\\') => text.push(character),
                'u' => {
                    let (code, behind) = characters
                        .as_str()
                        .strip_prefix('{')
                        .and_then(|code| code.split_once('}'))
                        .ok_or_else(refused)?;
                    let is_hex = code.bytes().all(|digit| digit.is_ascii_hexdigit());
                    let code = u32::from_str_radix(code, 16).ok().filter(|_| is_hex);
                    text.push(code.and_then(char::from_u32).ok_or_else(refused)?);
                    characters = behind.chars();
                }
                _ => return Err(refused()),
            },
            character => text.push(character),
        }
        rest = characters.as_str();
    }
    match rest {
        "\"" => Ok(text),
        _ => Err(refused()),
    }
}
