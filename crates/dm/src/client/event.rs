//! What a session tells its owner, and the alerts that the owner sends (OMA DM
//! Protocol 1.2 clause 8.7).

use syncml::{Alert, AlertCode, Command, Item, StatusCode};

use super::InteractionId;
use crate::Error;
use crate::auth::Nonces;
use crate::interaction::Interaction;
use crate::session::{AbortReason, Encoding, Violation, wire_item};
use crate::tree::{NodeUri, Value};

/// An alert that the owner queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertId(pub(super) u32);

/// Something that happened in the session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The server accepted this device's credentials.
    Authenticated,
    /// The server proved who it is.
    ServerAuthenticated,
    /// The account's nonces, to be stored before the next
    /// [`poll_transmit`](super::Session::poll_transmit).
    NoncesChanged(Nonces),
    /// A command of the server was answered with a status other than 401 and
    /// 407; one event for each item.
    Executed {
        /// The command's name.
        command: String,
        /// The item's target, as the server wrote it.
        target: Option<String>,
        /// What became of it.
        status: StatusCode,
    },
    /// A process was accepted (202). With a correlator the session stays open
    /// until [`alert`](super::Session::alert) reports the result under it.
    Running {
        /// The process's node.
        uri: NodeUri,
        /// The correlator of the Exec.
        correlator: Option<String>,
    },
    /// The server wants the user asked. Its commands wait until
    /// [`answer_interaction`](super::Session::answer_interaction) or the time
    /// is over ([`poll_timeout`](super::Session::poll_timeout)). It is up to the
    /// owner to show it for the time that MINDT gives.
    ///
    /// In an Atomic the tree has what may yet be undone: it is not to be stored
    /// while it [is open](crate::tree::Tree::is_open). An owner who drops the
    /// session then calls [`Tree::roll_back`](crate::tree::Tree::roll_back).
    Interaction {
        /// For the answer.
        interaction: InteractionId,
        /// What to show and to ask.
        asked: Interaction,
    },
    /// The server's Status for an alert.
    AlertAnswered {
        /// Which alert.
        alert: AlertId,
        /// What the server made of it.
        status: StatusCode,
    },
    /// An alert was too large for the server's `MaxMsgSize` and not sent.
    AlertDropped {
        /// Which alert.
        alert: AlertId,
    },
    /// The server broke a rule that the session can live with.
    Violation(Violation),
    /// The session came to its regular end.
    Finished,
    /// The session ended otherwise.
    Aborted(AbortReason),
}

/// A generic alert (1226) with one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenericAlert {
    /// The alert's type, a URN.
    pub type_: String,
    /// The node that it is about.
    pub source: Option<NodeUri>,
    /// The correlator of the Exec that it reports on.
    pub correlator: Option<String>,
    /// Its importance, one of [`LEVELS`](Self::LEVELS); none means
    /// `informational`.
    pub mark: Option<String>,
    /// The data; its media type is not sent, `type_` stands in its place.
    pub value: Value,
}

impl GenericAlert {
    /// The levels of importance, the greatest first (OMA DM Protocol 1.2 clause
    /// 8.7).
    pub const LEVELS: [&'static str; 7] = [
        "fatal",
        "critical",
        "minor",
        "warning",
        "informational",
        "harmless",
        "indeterminate",
    ];

    pub(super) fn into_command(self, encoding: Encoding) -> Result<Command, Error> {
        let known = |mark: &String| Self::LEVELS.contains(&mark.as_str());
        if !self.mark.as_ref().is_none_or(known) {
            return Err(Error::Misuse("no level of importance"));
        }
        let item = self
            .source
            .map_or_else(Item::default, |uri| Item::source(uri.to_string()));
        let mut item = wire_item(encoding, item, &self.value)?;
        if let Some(meta) = &mut item.meta {
            meta.type_ = Some(self.type_);
            meta.rare.mark = self.mark;
        }
        let mut alert = Alert::new("1", AlertCode::GENERIC_ALERT);
        alert.correlator = self.correlator;
        alert.items = vec![item];
        Ok(Command::Alert(alert))
    }
}
