//! XML on one line, broken into lines that people can read. Nothing is judged:
//! the text is the server's own writing.

/// A tag, or what stands between two.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Open(&'a str),
    Close(&'a str),
    Single(&'a str),
    Text(&'a str),
}

/// One element for each line; a leaf stays on one line with its text.
pub(super) fn indented(xml: &str) -> String {
    let tokens = tokens(xml);
    let mut rest = tokens.as_slice();
    let (mut lines, mut depth) = (String::new(), 0_usize);
    loop {
        let (line, level);
        (line, level, rest) = match rest {
            [] => return lines,
            [
                Token::Open(open),
                Token::Text(text),
                Token::Close(close),
                rest @ ..,
            ] => (format!("{open}{text}{close}"), depth, rest),
            [Token::Open(open), Token::Close(close), rest @ ..] => {
                (format!("{open}{close}"), depth, rest)
            }
            [Token::Open(tag), rest @ ..] => {
                depth = depth.saturating_add(1);
                ((*tag).to_owned(), depth.saturating_sub(1), rest)
            }
            [Token::Close(tag), rest @ ..] => {
                depth = depth.saturating_sub(1);
                ((*tag).to_owned(), depth, rest)
            }
            [Token::Single(text) | Token::Text(text), rest @ ..] => {
                ((*text).to_owned(), depth, rest)
            }
        };
        lines.push_str(&"  ".repeat(level));
        lines.push_str(&line);
        lines.push('\n');
    }
}

fn tokens(mut xml: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    while !xml.is_empty() {
        let (end, cdata) = if xml.starts_with("<![CDATA[") {
            (xml.find("]]>").map(|at| at.saturating_add(3)), true)
        } else if xml.starts_with('<') {
            (xml.find('>').map(|at| at.saturating_add(1)), false)
        } else {
            (xml.find('<'), false)
        };
        let (token, rest) = xml.split_at(end.unwrap_or(xml.len()));
        xml = rest;
        if !token.trim().is_empty() {
            tokens.push(match token {
                text if cdata || !text.starts_with('<') => Token::Text(text),
                tag if tag.starts_with("</") => Token::Close(tag),
                tag if tag.ends_with("/>") || tag.starts_with("<?") => Token::Single(tag),
                tag => Token::Open(tag),
            });
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::indented;

    #[test]
    fn each_element_has_its_line() {
        let xml = "<?xml version=\"1.0\"?><a x=\"1\"><b>t &lt; u</b><c/><d></d>\
                   <e><f><![CDATA[<x>]]></f></e></a>";
        let wanted = "<?xml version=\"1.0\"?>\n<a x=\"1\">\n  <b>t &lt; u</b>\n  <c/>\n  \
                      <d></d>\n  <e>\n    <f><![CDATA[<x>]]></f>\n  </e>\n</a>\n";
        assert_eq!(indented(xml), wanted);
        assert_eq!(indented("(not shown: x)"), "(not shown: x)\n");
        assert_eq!(indented("<a"), "<a\n");
    }
}
