//! What people read of a session: every message as XML without its secrets.

use syncml::{AlertCode, Message, StatusCode, xml};

use crate::server::{Event, Session};
use crate::session::{Encoding, Received};

/// The texts of a session's messages for people, with `***` for credentials,
/// nonces and secret values, the later parts of large objects among them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Transcript {
    /// The last message in each direction ended in the middle of an object.
    received: bool,
    sent: bool,
}

impl Transcript {
    /// The text of a message that came, as XML.
    #[must_use]
    pub fn received(&mut self, received: &Received<'_>) -> String {
        masked_text(received.message().clone(), &mut self.received)
    }

    /// The text of a message that goes out, as XML.
    #[must_use]
    pub fn sent(&mut self, encoding: Encoding, octets: &[u8]) -> String {
        Received::read(encoding, octets).map_or_else(
            |error| format!("(not shown: {error})"),
            |received| masked_text(received.message, &mut self.sent),
        )
    }
}

fn masked_text(mut message: Message, unfinished: &mut bool) -> String {
    if std::mem::replace(unfinished, message.has_unfinished_item()) {
        message.mask_as_continued();
    } else {
        message.mask();
    }
    // What was written is UTF-8.
    let text = xml::encode(&message).map_err(|error| error.to_string());
    text.and_then(|octets| String::from_utf8(octets).map_err(|error| error.to_string()))
        .unwrap_or_else(|error| format!("(not shown: {error})"))
}

/// Answers alerts that a device sends of its own with 200: the session's record
/// keeps them.
pub fn accept_alert(session: &mut Session, event: &Event) {
    if let Event::Alert {
        alert,
        code: AlertCode::GENERIC_ALERT | AlertCode::CLIENT_EVENT,
        ..
    } = event
    {
        // One whose answer has gone out can't be answered again.
        let _ = session.answer_alert(*alert, StatusCode::OK);
    }
}
