//! A value for a leaf: typed, or from a file.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use data_encoding::BASE64;
use serde_json::{Value, json};

/// A value.
#[derive(Args)]
pub(super) struct Given {
    /// The value
    #[arg(conflicts_with = "file", allow_negative_numbers = true)]
    value: Option<String>,
    /// A file with the value, - for standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// How the value is to be read: chr, int, bool, bin, xml, …; chr for text
    /// and bin for other octets without it
    #[arg(long)]
    format: Option<String>,
    /// The media type, or a management object's URN for an interior node
    #[arg(long = "type", value_name = "TYPE")]
    type_: Option<String>,
}

impl Given {
    pub(super) fn new(value: Option<&str>, file: Option<&Path>) -> Self {
        Self {
            value: value.map(str::to_owned),
            file: file.map(Path::to_owned),
            format: None,
            type_: None,
        }
    }

    pub(super) fn media_type(&self) -> Option<&str> {
        self.type_.as_deref()
    }

    /// The value as the API takes it, if there is one.
    pub(super) fn read(&self) -> Result<Option<Value>> {
        let octets = match (&self.value, &self.file) {
            (Some(value), _) => value.clone().into_bytes(),
            (None, Some(file)) => octets(file)?,
            (None, None) => return Ok(None),
        };
        let mut value = match String::from_utf8(octets) {
            Ok(text) => json!({ "text": text, "type": "text/plain" }),
            Err(error) => json!({
                "base64": BASE64.encode(error.as_bytes()),
                "type": "application/octet-stream",
            }),
        };
        if let Some(object) = value.as_object_mut() {
            for (name, given) in [("format", &self.format), ("type", &self.type_)] {
                object.extend(given.as_deref().map(|text| (name.to_owned(), text.into())));
            }
        }
        Ok(Some(value))
    }
}

/// What is in a file, or on standard input.
pub(super) fn octets(file: &Path) -> Result<Vec<u8>> {
    if file == Path::new("-") {
        let mut octets = Vec::new();
        std::io::stdin().lock().read_to_end(&mut octets)?;
        return Ok(octets);
    }
    std::fs::read(file).with_context(|| file.display().to_string())
}
