//! Sessions: when a device came, how it went, and every message of it.

use dm::queue::{MessageRecord, SessionRecord, SessionRef};
use provisioning::Reason;
use serde_json::{Value, json};
use store::SessionQuery;

use super::super::Shared;
use super::text::Query;
use super::{Answer, failed, malformed};

impl Shared {
    pub(super) async fn list_sessions(&self, query: &Query) -> Answer {
        if !query.has_only(&["device", "before", "limit"]) {
            return Err(malformed());
        }
        let wanted = SessionQuery {
            device: query.text("device").map(str::to_owned),
            before: query.number("before").ok_or_else(malformed)?,
            limit: query.limit().ok_or_else(malformed)?,
        };
        let page = self.store.sessions(wanted).await.map_err(failed)?;
        let sessions: Vec<Value> = page.sessions.iter().map(summary).collect();
        Ok(json!({ "sessions": sessions, "next": page.next }))
    }

    pub(super) async fn show_session(&self, id: &str) -> Answer {
        let id: SessionRef = id.parse().map_err(|_| malformed())?;
        let known = self.store.session(id).await.map_err(failed)?;
        let (session, messages) = known.ok_or((404, Reason::new("unknown-session")))?;
        let messages: Vec<Value> = messages.iter().map(message).collect();
        let mut shown = summary(&session);
        if let Some(object) = shown.as_object_mut() {
            object.insert("messages".to_owned(), messages.into());
        }
        Ok(shown)
    }
}

fn summary(session: &SessionRecord) -> Value {
    json!({
        "session": session.id.to_string(),
        "device": session.device,
        "session_id": session.session_id,
        "started": session.started.to_string(),
        "ended": session.ended.map(|ended| ended.to_string()),
        "outcome": session.outcome,
    })
}

fn message(message: &MessageRecord) -> Value {
    json!({
        "number": message.number,
        "direction": message.direction.name(),
        "at": message.at.to_string(),
        "text": message.text,
    })
}
