//! Answers as people read them. What a device gave never drives the terminal.

use serde_json::Value;

use super::api::{rows, text};

/// A text on one line, control characters escaped.
pub(super) fn plain(text: &str) -> String {
    let mut line = String::new();
    for letter in text.chars() {
        if letter.is_control() {
            line.extend(letter.escape_default());
        } else {
            line.push(letter);
        }
    }
    line
}

/// A value: its text, or its octets as base64.
pub(super) fn value(value: &Value) -> String {
    match value.get("base64").and_then(Value::as_str) {
        Some(base64) => format!("base64 {base64}"),
        None => plain(text(value, "text")),
    }
}

/// Whether a value is an interior node's list of children.
pub(super) fn is_interior(value: &Value) -> bool {
    text(value, "format") == "node"
}

/// A command with what came of it.
pub(super) fn command(command: &Value) -> String {
    let mut lines = vec![head(command)];
    for result in rows(command, "results") {
        let what = [text(result, "command"), text(result, "target")];
        let what = plain(what.join(" ").trim_end());
        match text(result, "text") {
            "" => lines.push(format!("  {what}")),
            status => lines.push(format!("  {what}: {}", plain(status))),
        }
        for reading in rows(result, "values") {
            lines.push(format!("    {}", self::reading(reading)));
        }
        if result.get("truncated").and_then(Value::as_bool) == Some(true) {
            lines.push("    (there is more)".to_owned());
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

/// A command's name, device and state.
pub(super) fn head(command: &Value) -> String {
    let names = ["command_id", "device", "state"].map(|name| plain(text(command, name)));
    match text(command, "remark") {
        "" => names.join(" "),
        remark => format!("{} ({})", names.join(" "), plain(remark)),
    }
}

fn reading(reading: &Value) -> String {
    let uri = plain(text(reading, "uri"));
    let Some(found) = reading.get("value") else {
        return uri;
    };
    if is_interior(found) {
        return format!("{uri}/ {}", value(found).replace('/', " "));
    }
    format!("{uri} = {}", value(found))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_command_reads_as_what_was_asked_and_what_came() {
        let shown = command(&json!({
            "command_id": "00", "device": "d", "state": "done", "remark": null,
            "results": [
                { "command": "sequence", "target": null, "text": "200 ok", "values": [] },
                { "command": "get", "target": "./A", "text": "200 ok", "values": [
                    { "uri": "./A", "value": { "format": "node", "text": "x/y" } },
                    { "uri": "./B", "value": { "format": "bin", "base64": "AA==" } },
                    { "uri": "./C", "value": { "format": "chr", "text": "a\u{1b}[0m\nb" } },
                ] },
                { "command": "get", "target": "./D", "text": null, "values": null },
            ],
        }));
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(
            lines,
            [
                "00 d done",
                "  sequence: 200 ok",
                "  get ./A: 200 ok",
                "    ./A/ x y",
                "    ./B = base64 AA==",
                "    ./C = a\\u{1b}[0m\\nb",
                "  get ./D",
            ]
        );
    }
}
