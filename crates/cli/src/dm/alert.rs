//! `rehome dm alert`: the user of a device is shown something, or asked.

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::send::Order;

/// `rehome dm alert`
#[derive(Args)]
pub(crate) struct Alert {
    /// What the user reads
    #[arg(value_name = "TEXT")]
    text: String,
    /// What the user is to do
    #[arg(long, value_enum, default_value = "display")]
    kind: Kind,
    /// What there is to choose from, once for each
    #[arg(long = "choice", value_name = "TEXT")]
    choices: Vec<String>,
    /// What counts without an answer: 1 or 0 for a confirmation, a text, or
    /// numbers of choices with - between them
    #[arg(long, allow_hyphen_values = true)]
    default: Option<String>,
    /// For how many seconds it is shown at least
    #[arg(long, value_name = "S")]
    min: Option<u64>,
    /// For how many seconds the answer is waited for at most
    #[arg(long, value_name = "S")]
    max: Option<u64>,
    /// What is typed is hidden
    #[arg(long)]
    password: bool,
    #[command(flatten)]
    order: Order,
}

/// What a user can be asked to do.
#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// Read (alert 1100)
    Display,
    /// Say yes or no (alert 1101)
    Confirm,
    /// Type a text (alert 1102)
    Text,
    /// Choose one (alert 1103)
    Choice,
    /// Choose any number (alert 1104)
    Choices,
}

impl Alert {
    pub(super) fn run(&self) -> Result<()> {
        let kind = match self.kind {
            Kind::Display => "display",
            Kind::Confirm => "confirm",
            Kind::Text => "text",
            Kind::Choice => "choice",
            Kind::Choices => "choices",
        };
        let mut alert = json!({ "kind": kind, "text": self.text, "password": self.password });
        if let Some(object) = alert.as_object_mut() {
            if !self.choices.is_empty() {
                object.insert("choices".to_owned(), json!(self.choices));
            }
            for (name, value) in [
                ("default", self.default.as_ref().map(|text| json!(text))),
                ("min_s", self.min.map(|seconds| json!(seconds))),
                ("max_s", self.max.map(|seconds| json!(seconds))),
            ] {
                object.extend(value.map(|value| (name.to_owned(), value)));
            }
        }
        self.order.place(&[json!({ "alert": alert })])
    }
}
