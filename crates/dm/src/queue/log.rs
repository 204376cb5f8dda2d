//! What people read of a session: every message as XML without its secrets.

use syncml::{AlertCode, StatusCode, xml};

use crate::server::{Event, Session};
use crate::session::{Encoding, Received};

/// A message as XML, with `***` for credentials, nonces and secret values.
#[must_use]
pub fn masked_text(received: &Received<'_>) -> String {
    let octets = xml::encode(&received.message().masked());
    octets.map_or_else(
        |error| format!("(not shown: {error})"),
        |octets| String::from_utf8_lossy(&octets).into_owned(),
    )
}

/// The same for a message that goes out.
#[must_use]
pub fn masked_octets(encoding: Encoding, octets: &[u8]) -> String {
    Received::read(encoding, octets).map_or_else(
        |error| format!("(not shown: {error})"),
        |received| masked_text(&received),
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
