//! User interaction (OMA DM Protocol 1.2 clause 10): what a server has a device
//! show to its user or ask of them, as alerts 1100 to 1104, and what the user
//! answers, as the alert's Status.
//!
//! The first item of the alert holds the optional parameters ([`Options`]), the
//! second the text, the others the choices. Both ends of a session speak of it
//! in these types.

mod options;
mod reply;

use syncml::{Alert, AlertCode, Data, Item};

pub use options::{Echo, Input, Options};
pub use reply::Reply;

use crate::Error;
use crate::session::item_value;

/// The five interactions (clause 10.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// 1100: a text that needs no answer (clause 10.2.1).
    Display,
    /// 1101: yes or no (clause 10.2.2).
    Confirm,
    /// 1102: a text to be typed (clause 10.2.3).
    TextInput,
    /// 1103: one of a list (clause 10.2.4).
    SingleChoice,
    /// 1104: one or more of a list (clause 10.2.4).
    MultipleChoice,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Display,
        Self::Confirm,
        Self::TextInput,
        Self::SingleChoice,
        Self::MultipleChoice,
    ];

    /// The alert's code (OMA DM RepPro 1.2 clause 7).
    #[must_use]
    pub const fn code(self) -> AlertCode {
        match self {
            Self::Display => AlertCode::DISPLAY,
            Self::Confirm => AlertCode::CONFIRM_OR_REJECT,
            Self::TextInput => AlertCode::TEXT_INPUT,
            Self::SingleChoice => AlertCode::SINGLE_CHOICE,
            Self::MultipleChoice => AlertCode::MULTIPLE_CHOICE,
        }
    }

    /// The kind that a code stands for.
    #[must_use]
    pub fn of_code(code: AlertCode) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// What the user is to see and to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// See the text.
    Display,
    /// Agree or not.
    Confirm,
    /// Type a text.
    TextInput,
    /// Choose one of these. Numbers of choices begin with 1.
    SingleChoice(Vec<String>),
    /// Choose one or more of these.
    MultipleChoice(Vec<String>),
}

/// One interaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interaction {
    /// What is asked.
    pub asked: Asked,
    /// The text, for a choice its title.
    pub text: String,
    /// How it is to be shown.
    pub options: Options,
}

impl Interaction {
    /// An interaction without optional parameters.
    #[must_use]
    pub fn new(asked: Asked, text: impl Into<String>) -> Self {
        Self {
            asked,
            text: text.into(),
            options: Options::default(),
        }
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self.asked {
            Asked::Display => Kind::Display,
            Asked::Confirm => Kind::Confirm,
            Asked::TextInput => Kind::TextInput,
            Asked::SingleChoice(_) => Kind::SingleChoice,
            Asked::MultipleChoice(_) => Kind::MultipleChoice,
        }
    }

    /// The choices in order; none where nothing is to be chosen.
    #[must_use]
    pub fn choices(&self) -> &[String] {
        match &self.asked {
            Asked::SingleChoice(choices) | Asked::MultipleChoice(choices) => choices,
            _ => &[],
        }
    }

    /// The alert that asks for it.
    pub(crate) fn to_alert(&self) -> Result<Alert, Error> {
        let choosing = matches!(self.kind(), Kind::SingleChoice | Kind::MultipleChoice);
        if choosing && self.choices().is_empty() {
            return Err(Error::Misuse("nothing to choose from"));
        }
        let item = |text: &str| Item::default().with_data(Data::text(text));
        let parameters = self.options.write(self.kind())?;
        let first = if parameters.is_empty() {
            Item::default()
        } else {
            item(&parameters)
        };
        let mut alert = Alert::new("1", self.kind().code());
        alert.items = vec![first, item(&self.text)];
        alert
            .items
            .extend(self.choices().iter().map(|choice| item(choice)));
        Ok(alert)
    }

    /// What an alert of this `kind` asks for: 412 without text or choices, 415
    /// for what is not text. Items that the kind does not have are left alone.
    pub(crate) fn of_alert(kind: Kind, alert: &Alert) -> Result<Self, Error> {
        let mut texts = alert.items.iter().map(text);
        let parameters = texts.next().transpose()?.flatten().unwrap_or_default();
        let text = texts
            .next()
            .transpose()?
            .flatten()
            .ok_or(Error::Command("an interaction without a text"))?;
        let mut choices = || -> Result<Vec<String>, Error> {
            let choices: Vec<String> = texts
                .by_ref()
                .map(|text| text?.ok_or(Error::Command("a choice without a text")))
                .collect::<Result<_, _>>()?;
            if choices.is_empty() {
                return Err(Error::Command("nothing to choose from"));
            }
            Ok(choices)
        };
        let asked = match kind {
            Kind::Display => Asked::Display,
            Kind::Confirm => Asked::Confirm,
            Kind::TextInput => Asked::TextInput,
            Kind::SingleChoice => Asked::SingleChoice(choices()?),
            Kind::MultipleChoice => Asked::MultipleChoice(choices()?),
        };
        Ok(Self {
            asked,
            text,
            options: Options::read(kind, &parameters),
        })
    }
}

/// The text of an item; `None` without any.
fn text(item: &Item) -> Result<Option<String>, Error> {
    if item.more_data {
        return Err(Error::Unsupported("large objects in an interaction"));
    }
    let Some(value) = item_value(item, None)? else {
        return Ok(None);
    };
    String::from_utf8(value.data().to_vec())
        .map(Some)
        .map_err(|_| Error::MediaType)
}
