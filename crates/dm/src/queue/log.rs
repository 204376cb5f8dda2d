//! What people read of a session: every message as XML without its secrets.

use syncml::{AlertCode, StatusCode, xml};

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
        masked_text(received, &mut self.received)
    }

    /// The text of a message that goes out, as XML.
    #[must_use]
    pub fn sent(&mut self, encoding: Encoding, octets: &[u8]) -> String {
        Received::read(encoding, octets).map_or_else(
            |error| format!("(not shown: {error})"),
            |received| masked_text(&received, &mut self.sent),
        )
    }
}

fn masked_text(received: &Received<'_>, unfinished: &mut bool) -> String {
    let message = received.message();
    let masked = if *unfinished {
        message.masked_as_continued()
    } else {
        message.masked()
    };
    *unfinished = message.has_unfinished_item();
    xml::encode(&masked).map_or_else(
        |error| format!("(not shown: {error})"),
        |octets| String::from_utf8_lossy(&octets).into_owned(),
    )
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
