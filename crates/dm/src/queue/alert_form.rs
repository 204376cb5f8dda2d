//! What is asked of a user, as JSON:
//! `{"alert":{"kind":"confirm","text":"Install?","max_s":60}}`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::interaction::{Asked, Echo, Input, Interaction, Kind};

/// An [`Interaction`] as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertForm {
    /// What the user is to do.
    pub kind: AlertKind,
    /// What the user reads.
    pub text: String,
    /// What there is to choose from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// What counts without an answer: `1` or `0` for a confirmation, a text, or
    /// numbers of choices with `-` between them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// For how many seconds it is shown at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_s: Option<u64>,
    /// For how many seconds the answer is waited for at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_s: Option<u64>,
    /// The most characters of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_len: Option<u32>,
    /// What is typed.
    #[serde(default)]
    pub input: InputForm,
    /// Whether what is typed is hidden.
    #[serde(default)]
    pub password: bool,
}

/// A [`Kind`] as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertKind {
    /// Alert 1100.
    Display,
    /// Alert 1101.
    Confirm,
    /// Alert 1102.
    Text,
    /// Alert 1103.
    Choice,
    /// Alert 1104.
    Choices,
}

/// An [`Input`] as JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InputForm {
    /// Letters and digits.
    #[default]
    Alphanumeric,
    /// Digits.
    Numeric,
    /// A date.
    Date,
    /// A time.
    Time,
    /// A telephone number.
    Phone,
    /// An IP address.
    Address,
}

const INPUTS: [(InputForm, Input); 6] = [
    (InputForm::Alphanumeric, Input::Alphanumeric),
    (InputForm::Numeric, Input::Numeric),
    (InputForm::Date, Input::Date),
    (InputForm::Time, Input::Time),
    (InputForm::Phone, Input::Phone),
    (InputForm::Address, Input::Address),
];

impl From<&Interaction> for AlertForm {
    fn from(asked: &Interaction) -> Self {
        let kind = match asked.kind() {
            Kind::Display => AlertKind::Display,
            Kind::Confirm => AlertKind::Confirm,
            Kind::TextInput => AlertKind::Text,
            Kind::SingleChoice => AlertKind::Choice,
            Kind::MultipleChoice => AlertKind::Choices,
        };
        let options = &asked.options;
        let input = INPUTS.iter().find(|(_, input)| *input == options.input);
        Self {
            kind,
            text: asked.text.clone(),
            choices: asked.choices().to_vec(),
            default: options.default.clone(),
            min_s: options.min_shown.map(|shown| shown.as_secs()),
            max_s: options.max_wait.map(|wait| wait.as_secs()),
            max_len: options.max_len,
            input: input.map_or_else(InputForm::default, |(form, _)| *form),
            password: options.echo == Echo::Password,
        }
    }
}

impl From<AlertForm> for Interaction {
    fn from(form: AlertForm) -> Self {
        let asked = match form.kind {
            AlertKind::Display => Asked::Display,
            AlertKind::Confirm => Asked::Confirm,
            AlertKind::Text => Asked::TextInput,
            AlertKind::Choice => Asked::SingleChoice(form.choices),
            AlertKind::Choices => Asked::MultipleChoice(form.choices),
        };
        let mut interaction = Self::new(asked, form.text);
        let options = &mut interaction.options;
        options.default = form.default;
        options.min_shown = form.min_s.map(Duration::from_secs);
        options.max_wait = form.max_s.map(Duration::from_secs);
        options.max_len = form.max_len;
        if let Some((_, input)) = INPUTS.iter().find(|(known, _)| *known == form.input) {
            options.input = *input;
        }
        if form.password {
            options.echo = Echo::Password;
        }
        interaction
    }
}
