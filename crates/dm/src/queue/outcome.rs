//! What a device made of a command, and how people read it (OMA DM RepPro 1.2
//! clause 6.5.1: a Status may bear texts in its items).

use serde::{Deserialize, Serialize};
use syncml::{Data, Item, StatusCode};

use super::ValueForm;

/// The most characters that are kept of a device's text.
const MAX_TEXT: usize = 500;
/// The most texts that are kept of one command.
const MAX_TEXTS: usize = 16;
/// The most values, and octets of values, that are kept of one command.
const MAX_VALUES: usize = 4096;
const MAX_OCTETS: usize = 1 << 20;

/// What came of one command of a request: of the request itself, and of each
/// one inside a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The device's status; with several, the first that is no success.
    pub status: Option<u16>,
    /// What the device added to the status.
    pub texts: Vec<String>,
    /// What a Get read, and what an alert about an Exec told.
    pub values: Vec<Reading>,
    /// The device gave more values than are kept.
    #[serde(default)]
    pub truncated: bool,
}

/// A value that the device gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The node, as the device names it.
    pub uri: Option<String>,
    /// Its value; for an interior node the names of its children.
    pub value: ValueForm,
}

impl Part {
    /// Whether the device said yes.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.status
            .is_some_and(|code| StatusCode(code).is_success())
    }

    /// The status in words.
    #[must_use]
    pub fn line(&self) -> String {
        match self.status {
            Some(code) => status_line(StatusCode(code), &self.texts),
            None => "no status".to_owned(),
        }
    }

    /// The octets of all values.
    #[must_use]
    pub fn octets(&self) -> usize {
        let size = |reading: &Reading| {
            let uri = reading.uri.as_ref().map_or(0, String::len);
            uri.saturating_add(reading.value.0.size())
        };
        self.values.iter().map(size).fold(0, usize::saturating_add)
    }

    pub(super) fn take_value(&mut self, reading: Reading) {
        let octets = self.octets().saturating_add(reading.value.0.size());
        if self.values.len() < MAX_VALUES && octets <= MAX_OCTETS {
            self.values.push(reading);
        } else {
            self.truncated = true;
        }
    }

    pub(super) fn take_status(&mut self, code: StatusCode, items: &[Item]) {
        let settled = self
            .status
            .is_some_and(|code| !StatusCode(code).is_success());
        if !settled {
            self.status = Some(code.0);
        }
        for item in items {
            let text = item.data.as_ref().and_then(Data::as_str).map(readable);
            let text = text.filter(|text| !text.is_empty() && self.texts.len() < MAX_TEXTS);
            self.texts.extend(text);
        }
    }
}

/// A status in words: the code and its name, `425 permission denied`; with the
/// device's own words, `425 Permission denied (ACL of ./X gives Get to *)`.
#[must_use]
pub fn status_line(code: StatusCode, texts: &[String]) -> String {
    let name = code.name().unwrap_or("unknown status");
    let words = texts.join("; ");
    if words.is_empty() {
        return format!("{} {name}", code.0);
    }
    let begins = words.get(..name.len());
    if begins.is_some_and(|start| start.eq_ignore_ascii_case(name)) {
        return format!("{} {words}", code.0);
    }
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    let name: String = first.into_iter().chain(letters).collect();
    format!("{} {name} ({words})", code.0)
}

/// A device's text as one line that no terminal obeys.
fn readable(text: &str) -> String {
    let words = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    words.take(MAX_TEXT).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Value;

    fn line(texts: &[&str]) -> String {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        status_line(StatusCode::PERMISSION_DENIED, &texts)
    }

    #[test]
    fn a_status_reads_as_code_name_and_the_device_s_words() {
        assert_eq!(line(&[]), "425 permission denied");
        let words = "ACL of ./X gives Get to *";
        assert_eq!(line(&[words]), format!("425 Permission denied ({words})"));
        let whole = "Permission denied (ACL of ./X gives Get to *)";
        assert_eq!(line(&[whole]), format!("425 {whole}"));
        assert_eq!(status_line(StatusCode(299), &[]), "299 unknown status");
    }

    #[test]
    fn a_device_s_values_have_a_bound() {
        let mut part = Part::default();
        let reading = |octets| Reading {
            uri: None,
            value: ValueForm(Value::octets(vec![0; octets])),
        };
        part.take_value(reading(MAX_OCTETS - 1));
        assert!(!part.truncated);
        part.take_value(reading(2));
        assert!(part.truncated);
        part.take_value(reading(1));
        assert_eq!(part.values.len(), 2);
    }

    #[test]
    fn a_device_s_text_can_t_drive_a_terminal() {
        assert_eq!(readable(" a\u{1b}[31mb\nc "), "a [31mb c");
        assert_eq!(readable(&"x".repeat(9000)).len(), MAX_TEXT);
    }
}
