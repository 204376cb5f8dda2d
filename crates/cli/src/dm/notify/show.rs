//! A notification as people and scripts see it.

use dm::notification::{Notification, UiMode};
use serde_json::{Map, Value, json};

use super::{By, Ui};
use crate::hex;

/// The fields of a notification, which stands in `octets`.
pub(super) fn object(notification: &Notification, octets: &[u8]) -> Map<String, Value> {
    let fields = [
        ("server_id", json!(notification.server_id.as_str())),
        ("session", json!(notification.session_id.0)),
        ("session_id", json!(notification.session_id.to_hex())),
        ("ui", json!(Ui::name(notification.ui_mode))),
        ("initiator", json!(By::name(notification.initiator))),
        ("vendor", json!(hex::text(&notification.vendor))),
        ("notification", json!(hex::text(octets))),
    ];
    let named = fields.map(|(name, value)| (name.to_owned(), value));
    named.into_iter().collect()
}

/// The same in lines.
pub(super) fn lines(notification: &Notification) -> Vec<(&'static str, String)> {
    let session = notification.session_id;
    let recommended = match notification.ui_mode {
        UiMode::NotSpecified => "none: nothing is recommended",
        UiMode::Background => "background: the user need not know",
        UiMode::Informative => "informative: the user is to be told",
        UiMode::UserInteraction => "interaction: the user is to be asked first",
    };
    let vendor = match notification.vendor.as_slice() {
        [] => "nothing".to_owned(),
        octets => hex::text(octets),
    };
    vec![
        ("version", "1.1, which DM 1.2 has".to_owned()),
        ("server", notification.server_id.to_string()),
        (
            "session",
            format!("{}, {} in its messages", session.0, session.to_hex()),
        ),
        ("ui", recommended.to_owned()),
        ("initiator", By::name(notification.initiator).to_owned()),
        ("vendor", vendor),
    ]
}
