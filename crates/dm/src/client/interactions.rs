//! Which user interactions a device has, and within which limits (OMA DM
//! Protocol 1.2 clause 10.2: 406 for those that it has not; OMA DM RepPro 1.2
//! clause 6.6.2: 416 for what it can't show).

use std::time::Duration;

use crate::Error;
use crate::interaction::{Interaction, Kind};

/// What the device can do with its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interactions {
    /// The kinds that it has.
    pub kinds: Vec<Kind>,
    /// How long the user may take where the server names no time (MAXDT).
    pub wait: Duration,
    /// The longest time that the server gets for one interaction, whatever it
    /// names.
    pub longest_wait: Duration,
    /// The most characters of a text, a title or a choice.
    pub max_text: usize,
    /// The most choices.
    pub max_choices: usize,
}

impl Interactions {
    /// A device without a user.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            kinds: Vec::new(),
            wait: Duration::from_secs(60),
            longest_wait: Duration::from_secs(600),
            max_text: 4096,
            max_choices: 100,
        }
    }

    /// Every kind; one minute where the server names no time, ten at most,
    /// texts of 4,096 characters, 100 choices.
    #[must_use]
    pub fn all() -> Self {
        Self {
            kinds: Kind::ALL.to_vec(),
            ..Self::none()
        }
    }

    pub(super) fn check_kind(&self, kind: Kind) -> Result<(), Error> {
        let has = self.kinds.contains(&kind);
        has.then_some(())
            .ok_or(Error::Unsupported("this user interaction"))
    }

    /// Whether it can be shown.
    pub(super) fn can_show(&self, interaction: &Interaction) -> bool {
        let choices = interaction.choices();
        let fits = |text: &String| text.chars().count() <= self.max_text;
        choices.len() <= self.max_choices && fits(&interaction.text) && choices.iter().all(fits)
    }

    /// How long the user has. Never less than the interaction is to be seen.
    pub(super) fn wait(&self, interaction: &Interaction) -> Duration {
        let options = &interaction.options;
        let wait = options.max_wait.unwrap_or(self.wait);
        wait.max(options.min_shown.unwrap_or_default())
            .min(self.longest_wait)
    }
}

impl Default for Interactions {
    /// None.
    fn default() -> Self {
        Self::none()
    }
}
