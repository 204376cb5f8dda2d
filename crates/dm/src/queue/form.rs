//! Requests and values as JSON, for stores and APIs:
//! `{"replace":{"target":"./A","value":{"text":"1"}}}`, groups as
//! `{"atomic":[…]}`.

use data_encoding::BASE64;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use syncml::Format;
use zeroize::Zeroizing;

use super::AlertForm;
use crate::server::Request;
use crate::tree::{NodeKind, Value};

/// A [`Request`] as JSON.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum RequestForm {
    /// Read a node.
    Get {
        /// The node.
        target: String,
    },
    /// Create a node: a leaf with a value, interior without one.
    Add {
        /// The node.
        target: String,
        /// The leaf's value.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<ValueForm>,
        /// The interior node's type.
        #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
        type_: Option<String>,
    },
    /// Overwrite a leaf.
    Replace {
        /// The node.
        target: String,
        /// The new value.
        value: ValueForm,
    },
    /// Overwrite a leaf with the value of another.
    Copy {
        /// The leaf that is read.
        source: String,
        /// The leaf that is overwritten.
        target: String,
    },
    /// Remove a node and what is below it.
    Delete {
        /// The node.
        target: String,
    },
    /// Run a process.
    Exec {
        /// The node.
        target: String,
        /// What an alert about it is to bear; the command's name without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        correlator: Option<String>,
        /// The argument.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        argument: Option<ValueForm>,
    },
    /// Show the user something or ask.
    Alert(AlertForm),
    /// Run commands in order.
    Sequence(Vec<RequestForm>),
    /// Run commands together or not at all.
    Atomic(Vec<RequestForm>),
}

/// A [`Value`] as JSON: `text`, or `base64` for octets, with `format` (`chr`
/// and `bin` without it) and `type`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueForm(pub Value);

impl From<&Request> for RequestForm {
    fn from(request: &Request) -> Self {
        let all = |inside: &[Request]| inside.iter().map(Self::from).collect();
        match request {
            Request::Get { target } => Self::Get {
                target: target.clone(),
            },
            Request::Add { target, kind } => {
                let (value, type_) = match kind {
                    NodeKind::Leaf(value) => (Some(ValueForm(value.clone())), None),
                    NodeKind::Interior { type_ } => (None, type_.clone()),
                };
                Self::Add {
                    target: target.clone(),
                    value,
                    type_,
                }
            }
            Request::Replace { target, value } => Self::Replace {
                target: target.clone(),
                value: ValueForm(value.clone()),
            },
            Request::Copy { source, target } => Self::Copy {
                source: source.clone(),
                target: target.clone(),
            },
            Request::Delete { target } => Self::Delete {
                target: target.clone(),
            },
            Request::Exec {
                target,
                correlator,
                argument,
            } => Self::Exec {
                target: target.clone(),
                correlator: correlator.clone(),
                argument: argument.clone().map(ValueForm),
            },
            Request::Interaction(asked) => Self::Alert(asked.into()),
            Request::Sequence(inside) => Self::Sequence(all(inside)),
            Request::Atomic(inside) => Self::Atomic(all(inside)),
        }
    }
}

impl From<RequestForm> for Request {
    fn from(form: RequestForm) -> Self {
        let all = |inside: Vec<RequestForm>| inside.into_iter().map(Self::from).collect();
        match form {
            RequestForm::Get { target } => Self::Get { target },
            RequestForm::Add {
                target,
                value,
                type_,
            } => Self::Add {
                target,
                kind: match value {
                    Some(ValueForm(value)) => NodeKind::Leaf(value),
                    None => NodeKind::Interior { type_ },
                },
            },
            RequestForm::Replace { target, value } => Self::Replace {
                target,
                value: value.0,
            },
            RequestForm::Copy { source, target } => Self::Copy { source, target },
            RequestForm::Delete { target } => Self::Delete { target },
            RequestForm::Exec {
                target,
                correlator,
                argument,
            } => Self::Exec {
                target,
                correlator,
                argument: argument.map(|value| value.0),
            },
            RequestForm::Alert(form) => Self::Interaction(form.into()),
            RequestForm::Sequence(inside) => Self::Sequence(all(inside)),
            RequestForm::Atomic(inside) => Self::Atomic(all(inside)),
        }
    }
}

#[derive(Serialize)]
struct Written<'a> {
    format: &'a str,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    type_: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    format: Option<String>,
    #[serde(rename = "type")]
    type_: Option<String>,
    text: Option<String>,
    base64: Option<String>,
}

impl Serialize for ValueForm {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let value = &self.0;
        let text = match value.format() {
            Format::Bin => None,
            _ => std::str::from_utf8(value.data()).ok(),
        };
        let base64 = match text {
            Some(_) => None,
            None => Some(Zeroizing::new(BASE64.encode(value.data()))),
        };
        Written {
            format: value.format().as_str(),
            type_: value.type_(),
            text,
            base64: base64.as_ref().map(|text| text.as_str()),
        }
        .serialize(to)
    }
}

impl<'de> Deserialize<'de> for ValueForm {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let given = Given::deserialize(from)?;
        let (default, octets) = match (given.text, given.base64) {
            (Some(text), None) => (Format::Chr, text.into_bytes()),
            (None, Some(text)) => {
                let text = Zeroizing::new(text);
                let octets = BASE64.decode(text.as_bytes());
                let octets = octets.map_err(|_| de::Error::custom("malformed base64"))?;
                (Format::Bin, octets)
            }
            _ => return Err(de::Error::custom("a value has text or base64")),
        };
        let format = given.format.map_or(default, |text| Format::read(&text));
        Ok(Self(Value::new(format, given.type_, octets)))
    }
}
