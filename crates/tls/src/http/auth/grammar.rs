//! Challenges and credentials as header fields write them (RFC 9110 clauses
//! 11.2 to 11.4, 5.6.2 and 5.6.4).

/// A scheme with what belongs to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// In lower case.
    pub(super) scheme: String,
    /// What stands in the place of parameters, as in Basic.
    pub(super) token68: Option<String>,
    /// Names in lower case.
    parameters: Vec<(String, String)>,
}

impl Part {
    /// A parameter's value; `None` if it is not there, or there twice.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.parameters.iter().filter(|(known, _)| known == name);
        let (_, value) = found.next()?;
        found.next().is_none().then_some(value.as_str())
    }
}

/// Reads a list of challenges, or credentials, which are a list of one; `None`
/// for anything else.
pub(super) fn parts(text: &str) -> Option<Vec<Part>> {
    let mut at = Cursor(text);
    let mut parts: Vec<Part> = Vec::new();
    loop {
        at.skip(|octet| matches!(octet, ' ' | '\t' | ','));
        if at.0.is_empty() {
            return Some(parts);
        }
        let name = at.token()?;
        if let Some(value) = at.value() {
            let part = parts.last_mut()?;
            part.parameters.push((name.to_ascii_lowercase(), value?));
            at.end_of_element()?;
            continue;
        }
        let mut part = Part {
            scheme: name.to_ascii_lowercase(),
            ..Part::default()
        };
        if at.0.starts_with(' ') {
            at.skip(|octet| octet == ' ');
            part.token68 = at.token68();
        }
        parts.push(part);
    }
}

/// A parameter with its value quoted.
pub(super) fn quoted(name: &str, value: &str) -> String {
    let mut text = format!("{name}=\"");
    for letter in value.chars() {
        if matches!(letter, '"' | '\\') {
            text.push('\\');
        }
        text.push(letter);
    }
    text.push('"');
    text
}

struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn skip(&mut self, is_skipped: impl Fn(char) -> bool) {
        self.0 = self.0.trim_start_matches(is_skipped);
    }

    fn take(&mut self, is_taken: impl Fn(char) -> bool) -> &'a str {
        let end = self.0.find(|letter| !is_taken(letter));
        let (taken, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest;
        taken
    }

    fn token(&mut self) -> Option<&'a str> {
        let token = self.take(is_token);
        (!token.is_empty()).then_some(token)
    }

    /// `= value`, if that is what follows; the inner `None` is a value that
    /// can't be.
    fn value(&mut self) -> Option<Option<String>> {
        let rest = self.0.trim_start_matches([' ', '\t']);
        self.0 = rest.strip_prefix('=')?;
        self.skip(|octet| matches!(octet, ' ' | '\t'));
        if self.0.starts_with('"') {
            return Some(self.quoted());
        }
        Some(self.token().map(str::to_owned))
    }

    fn quoted(&mut self) -> Option<String> {
        let mut letters = self.0.char_indices().skip(1);
        let mut value = String::new();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.0 = self.0.get(at + 1..)?;
                    return Some(value);
                }
                '\\' => value.push(letters.next()?.1),
                '\t' => value.push(letter),
                _ if letter.is_control() => return None,
                _ => value.push(letter),
            }
        }
        None
    }

    /// A comma or the end.
    fn end_of_element(&mut self) -> Option<()> {
        self.skip(|octet| matches!(octet, ' ' | '\t'));
        (self.0.is_empty() || self.0.starts_with(',')).then_some(())
    }

    /// What can't be a parameter: letters of Base64, `=` at their end alone.
    fn token68(&mut self) -> Option<String> {
        let is_68 = |letter: char| letter.is_ascii_alphanumeric() || "-._~+/".contains(letter);
        let mut ahead = Cursor(self.0);
        let letters = ahead.take(is_68);
        let padding = ahead.take(|letter| letter == '=');
        if letters.is_empty() || ahead.end_of_element().is_none() {
            return None;
        }
        let end = letters.len() + padding.len();
        let (taken, _) = self.0.split_at_checked(end)?;
        self.0 = ahead.0;
        Some(taken.to_owned())
    }
}

fn is_token(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(scheme: &str, token68: Option<&str>, parameters: &[(&str, &str)]) -> Part {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Part {
            scheme: scheme.to_owned(),
            token68: token68.map(str::to_owned),
            parameters: parameters.iter().map(owned).collect(),
        }
    }

    /// RFC 9110 clause 11.6.1: several challenges in one field, commas between
    /// them and inside of them.
    #[test]
    fn several_challenges_in_one_field() {
        let text = r#"Basic realm="simple", Newauth realm="a\"p\"ps", type=1 , title="Login, to", Negotiate,Other"#;
        assert_eq!(
            parts(text).unwrap(),
            [
                part("basic", None, &[("realm", "simple")]),
                part(
                    "newauth",
                    None,
                    &[("realm", "a\"p\"ps"), ("type", "1"), ("title", "Login, to")]
                ),
                part("negotiate", None, &[]),
                part("other", None, &[]),
            ]
        );
    }

    /// RFC 7617 clause 2.
    #[test]
    fn base64_in_the_place_of_parameters() {
        let text = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
        let expected = part("basic", Some("QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), &[]);
        assert_eq!(parts(text).unwrap(), [expected]);
        assert_eq!(parts("X a=").unwrap(), [part("x", Some("a="), &[])]);
        assert_eq!(parts("X a=b").unwrap(), [part("x", None, &[("a", "b")])]);
        assert_eq!(parts("X a = b").unwrap(), [part("x", None, &[("a", "b")])]);
    }

    #[test]
    fn what_is_no_list() {
        for text in [
            "a=b",
            "X a=\"b",
            "X a=\"b\\",
            "X a=\"b\" c=d",
            "X a=\"\u{1}\"",
            "\"x\"",
            "X ä=b",
        ] {
            assert_eq!(parts(text), None, "{text}");
        }
        assert_eq!(parts(" , ").unwrap(), []);
    }

    #[test]
    fn a_parameter_that_is_there_twice_is_not_there() {
        let twice = &parts("X a=1, a=2, b=3").unwrap()[0];
        assert_eq!((twice.get("a"), twice.get("b")), (None, Some("3")));
    }

    #[test]
    fn quoting_is_undone_by_reading() {
        let text = format!("X {}", quoted("a", r#"with "quotes" and \"#));
        assert_eq!(
            parts(&text).unwrap()[0].get("a"),
            Some(r#"with "quotes" and \"#)
        );
    }
}
