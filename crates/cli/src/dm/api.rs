//! A management server's API.

use anyhow::Result;
use clap::Args;
use serde_json::Value;

use crate::portal::Api;

/// Rows on a page.
const PAGE: usize = 100;

/// A management server's API.
#[derive(Args)]
pub(crate) struct Server {
    /// The management server's API, http://ADDRESS:PORT
    #[arg(long = "server", value_name = "URL", env = "REHOME_DM")]
    url: String,
    /// Its API token
    #[arg(
        long,
        value_name = "API-TOKEN",
        env = "REHOME_TOKEN",
        hide_env_values = true,
        allow_hyphen_values = true
    )]
    token: String,
}

impl Server {
    /// The API at `url`.
    pub(super) fn new(url: &str, token: &str) -> Self {
        Self {
            url: url.to_owned(),
            token: token.to_owned(),
        }
    }

    /// A request under `/api/v1/dm/`.
    pub(super) fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        let body = body.map(Value::to_string);
        Api::new(&self.url, &self.token).request(
            method,
            &format!("/api/v1/dm/{path}"),
            body.as_deref().map(str::as_bytes),
        )
    }

    /// Calls `each` with every row of a list, page by page. `cursor` names the
    /// parameter that `next` goes into.
    pub(super) fn each(
        &self,
        list: &str,
        filter: &[(&str, Option<&str>)],
        cursor: &str,
        mut each: impl FnMut(&Value) -> Result<()>,
    ) -> Result<()> {
        let mut next: Option<String> = None;
        loop {
            let mut path = format!("{list}?limit={PAGE}");
            let at = (cursor, next.as_deref());
            for (name, value) in filter.iter().copied().chain([at]) {
                if let Some(value) = value {
                    path.push_str(&format!("&{name}={}", encoded(value)));
                }
            }
            let page = self.request("GET", &path, None)?;
            for row in rows(&page, list) {
                each(row)?;
            }
            next = match page.get("next") {
                Some(Value::Number(number)) => Some(number.to_string()),
                Some(Value::String(name)) => Some(name.clone()),
                _ => return Ok(()),
            };
        }
    }
}

/// The rows of an answer.
pub(super) fn rows<'a>(answer: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    let rows = answer.get(name).and_then(Value::as_array);
    rows.into_iter().flatten()
}

/// A text of an answer, empty if it is not there.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A name as it stands in paths and queries (RFC 3986 clause 2.3).
pub(super) fn encoded(name: &str) -> String {
    let mut text = String::new();
    for octet in name.bytes() {
        match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(octet));
            }
            _ => text.push_str(&format!("%{octet:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_encoded_for_paths() {
        assert_eq!(super::encoded("IMEI:1/ü-_.~"), "IMEI%3A1%2F%C3%BC-_.~");
    }
}
