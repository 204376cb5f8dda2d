//! What a user answers, and the Status that says so (OMA DM Protocol 1.2 clause
//! 10.2; OMA DM RepPro 1.2 clause 6.6.2).

use std::fmt;

use secret::SecretBytes;
use syncml::{Data, Item, StatusCode};

use super::{Asked, Interaction};
use crate::Error;

/// The outcome of an interaction.
pub enum Reply {
    /// The text of a display was shown: 200.
    Done,
    /// Yes: 200.
    Confirmed,
    /// No: 304.
    Refused,
    /// The text typed, in UTF-8; it may be a password: 200 with an item.
    Text(SecretBytes),
    /// The numbers of the choices, from 1: 200 with an item for each.
    Choices(Vec<u32>),
    /// The user wants the whole operation stopped: 214.
    Cancelled,
    /// The user did nothing in time: 408. Counts as cancelled (clause 10.3.2).
    TimedOut,
    /// The device can't show it, a limit of its own: 416.
    NotShown,
}

impl Reply {
    /// A text that was typed.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(SecretBytes::new(text.as_bytes().to_vec()))
    }

    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::Done | Self::Confirmed | Self::Text(_) | Self::Choices(_) => StatusCode::OK,
            Self::Refused => StatusCode::NOT_MODIFIED,
            Self::Cancelled => StatusCode::OPERATION_CANCELLED,
            Self::TimedOut => StatusCode::REQUEST_TIMEOUT,
            Self::NotShown => StatusCode::REQUESTED_RANGE_NOT_SATISFIABLE,
        }
    }

    /// What the Status has besides its code.
    pub(crate) fn items(&self) -> Result<Vec<Item>, Error> {
        let item = |text: String| Item::default().with_data(Data::Text(text));
        Ok(match self {
            Self::Text(text) => {
                let text = std::str::from_utf8(text.expose());
                let text = text.map_err(|_| Error::Misuse("the user's text is not UTF-8"))?;
                vec![item(text.to_owned())]
            }
            Self::Choices(numbers) => numbers
                .iter()
                .map(|number| item(number.to_string()))
                .collect(),
            _ => Vec::new(),
        })
    }

    /// Whether nothing after the interaction is to be done.
    pub(crate) const fn stops(&self) -> bool {
        matches!(self, Self::Cancelled | Self::TimedOut)
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "Done",
            Self::Confirmed => "Confirmed",
            Self::Refused => "Refused",
            Self::Text(_) => "Text(***)",
            Self::Choices(numbers) => return write!(f, "Choices({numbers:?})"),
            Self::Cancelled => "Cancelled",
            Self::TimedOut => "TimedOut",
            Self::NotShown => "NotShown",
        })
    }
}

impl PartialEq for Reply {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(two)) => one.ct_eq(two),
            (Self::Choices(one), Self::Choices(two)) => one == two,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl Eq for Reply {}

impl Interaction {
    /// Whether the user can have answered so: numbers within the list and none
    /// twice, one for a single choice, a text as MAXLEN and IT want it.
    pub(crate) fn check(&self, reply: &Reply) -> Result<(), Error> {
        let fits = match (&self.asked, reply) {
            (Asked::Display, Reply::Done)
            | (Asked::Confirm, Reply::Confirmed | Reply::Refused)
            | (_, Reply::Cancelled | Reply::TimedOut | Reply::NotShown) => true,
            (Asked::TextInput, Reply::Text(text)) => {
                let text = String::from_utf8_lossy(text.expose());
                let longest = self.options.max_len.unwrap_or(u32::MAX);
                let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
                length <= longest && self.options.input.fits(&text)
            }
            (Asked::SingleChoice(_), Reply::Choices(numbers)) => {
                numbers.len() == 1 && self.are_choices(numbers)
            }
            (Asked::MultipleChoice(_), Reply::Choices(numbers)) => self.are_choices(numbers),
            _ => false,
        };
        fits.then_some(())
            .ok_or(Error::Misuse("no answer to this interaction"))
    }

    fn are_choices(&self, numbers: &[u32]) -> bool {
        let known = |number: &u32| {
            usize::try_from(*number)
                .is_ok_and(|number| (1..=self.choices().len()).contains(&number))
        };
        let mut seen = std::collections::BTreeSet::new();
        !numbers.is_empty()
            && numbers
                .iter()
                .all(|number| known(number) && seen.insert(*number))
    }

    /// What the user answered, from an [`Event::Status`] of the server's
    /// session; `None` if that tells of something else (not supported, not
    /// executed, rolled back) or makes no sense.
    ///
    /// [`Event::Status`]: crate::server::Event::Status
    #[must_use]
    pub fn reply(&self, status: StatusCode, items: &[Item]) -> Option<Reply> {
        let texts = || items.iter().map(|item| item.data.as_ref()?.as_str());
        let reply = match status {
            StatusCode::NOT_MODIFIED => Reply::Refused,
            StatusCode::OPERATION_CANCELLED => Reply::Cancelled,
            StatusCode::REQUEST_TIMEOUT => Reply::TimedOut,
            StatusCode::REQUESTED_RANGE_NOT_SATISFIABLE => Reply::NotShown,
            StatusCode::OK => match self.asked {
                Asked::Display => Reply::Done,
                Asked::Confirm => Reply::Confirmed,
                Asked::TextInput => Reply::text(texts().next()??),
                Asked::SingleChoice(_) | Asked::MultipleChoice(_) => {
                    let number = |text: Option<&str>| text?.trim().parse().ok();
                    Reply::Choices(texts().map(number).collect::<Option<_>>()?)
                }
            },
            _ => return None,
        };
        // A length or a form that the device did not keep to is for the logic
        // to judge; numbers outside the list are nobody's.
        match &reply {
            Reply::Text(_) => Some(reply),
            _ => self.check(&reply).is_ok().then_some(reply),
        }
    }
}
