//! What a device says of itself: alerts and the device information (OMA DM
//! Protocol 1.2 clauses 8.3 and 8.7, OMA DM RepPro 1.2 clause 7).

use syncml::{Alert, AlertCode, Command, Format, ItemCommand, StatusCode, SyncHdr};

use super::{AlertId, AlertItem, Event, InFlight, Opening, Session};
use crate::Error;
use crate::interaction::Kind;
use crate::session::{Initiation, Profile, Violation, command_status, item_value};
use crate::tree::{NodeUri, Value};

/// The node of the device information (OMA DM StdObj 1.2, DevInfo).
const DEVICE_INFO: &str = "DevInfo";

impl Session {
    pub(super) fn take_alert(&mut self, header: &SyncHdr, command: &Command, alert: &Alert) {
        let (status, id) = self.judge_alert(alert);
        self.reply(command_status(&header.msg_id, command, status, None), id);
    }

    fn judge_alert(&mut self, alert: &Alert) -> (StatusCode, Option<AlertId>) {
        let Some(code) = alert.code else {
            return (StatusCode::INCOMPLETE_COMMAND, None);
        };
        match code {
            AlertCode::NEXT_MESSAGE | AlertCode::SESSION_ABORT => (StatusCode::OK, None),
            AlertCode::NO_END_OF_DATA => {
                self.give_up_object();
                (StatusCode::OK, None)
            }
            AlertCode::CLIENT_INITIATED_MGMT => self.start(Initiation::Client),
            AlertCode::SERVER_INITIATED_MGMT => self.start(Initiation::Server),
            AlertCode::GENERIC_ALERT if alert.items.is_empty() => {
                (StatusCode::INCOMPLETE_COMMAND, None)
            }
            // Only a server asks users; from a device it is ignored (OMA DM
            // Protocol 1.2 clause 10.2).
            code if Kind::of_code(code).is_some() => {
                (StatusCode::OPTIONAL_FEATURE_NOT_SUPPORTED, None)
            }
            AlertCode::GENERIC_ALERT | AlertCode::CLIENT_EVENT => self.report_alert(code, alert),
            // Of no meaning in device management (OMA DM RepPro 1.2 clause 7).
            _ => (StatusCode::OPTIONAL_FEATURE_NOT_SUPPORTED, None),
        }
    }

    fn start(&mut self, initiation: Initiation) -> (StatusCode, Option<AlertId>) {
        if let Opening::Due {
            alert: alert @ false,
            ..
        } = &mut self.opening
        {
            *alert = true;
            self.events.push_back(Event::Started(initiation));
            (StatusCode::OK, None)
        } else {
            // A session that has begun does not begin again.
            (StatusCode::COMMAND_NOT_ALLOWED, None)
        }
    }

    fn report_alert(&mut self, code: AlertCode, alert: &Alert) -> (StatusCode, Option<AlertId>) {
        let items: Result<Vec<AlertItem>, Error> = alert
            .items
            .iter()
            .map(|item| {
                let meta = item.meta.as_ref();
                Ok(AlertItem {
                    source: item.source_uri().map(str::to_owned),
                    type_: item.type_(None).map(str::to_owned),
                    mark: meta.and_then(|meta| meta.rare.mark.clone()),
                    value: item_value(item, None)?,
                })
            })
            .collect();
        let items = match items {
            Ok(items) => items,
            Err(error) => {
                self.events
                    .push_back(Event::Violation(Violation::DataUnreadable));
                return (error.status(), None);
            }
        };
        if let Some(correlator) = &alert.correlator {
            self.awaited.remove(correlator);
            // Only the Status of an Exec under way has to know of it.
            let under_way = |sent: &InFlight| sent.correlator.as_ref() == Some(correlator);
            if self.in_flight.iter().any(under_way) {
                self.reported.insert(correlator.clone());
            }
        }
        let id = AlertId(self.next_alert);
        self.next_alert = self.next_alert.wrapping_add(1);
        self.events.push_back(Event::Alert {
            alert: id,
            code,
            correlator: alert.correlator.clone(),
            items,
        });
        let unanswered = match code {
            AlertCode::GENERIC_ALERT => StatusCode::UNSUPPORTED_MEDIA_TYPE_OR_FORMAT,
            // The login status, which is for whoever wants it.
            AlertCode::CLIENT_EVENT if self.config.profile == Profile::Windows => StatusCode::OK,
            _ => StatusCode::OPTIONAL_FEATURE_NOT_SUPPORTED,
        };
        (unanswered, Some(id))
    }

    /// The one Replace that a client may send.
    pub(super) fn take_device_info(
        &mut self,
        header: &SyncHdr,
        command: &Command,
        replace: &ItemCommand,
    ) {
        let Some(leaves) = device_info(replace) else {
            return self.refuse_command(header, command);
        };
        if let Opening::Due { info, .. } = &mut self.opening {
            *info = true;
        }
        self.events.push_back(Event::DeviceInfo(leaves));
        let status = command_status(&header.msg_id, command, StatusCode::OK, None);
        self.reply(status, None);
    }
}

/// The leaves below `./DevInfo`; `None` if an item is about anything else.
/// Interior nodes, which some clients list too, are left out.
fn device_info(replace: &ItemCommand) -> Option<Vec<(NodeUri, Value)>> {
    let meta = replace.meta.as_ref();
    let mut leaves = Vec::new();
    for item in &replace.items {
        let uri: NodeUri = item
            .source_uri()
            .or_else(|| item.target_uri())?
            .parse()
            .ok()?;
        if uri.segments().next() != Some(DEVICE_INFO) {
            return None;
        }
        if item.format(meta) != Some(&Format::Node) {
            leaves.push((uri, item_value(item, meta).ok()??));
        }
    }
    (!leaves.is_empty()).then_some(leaves)
}
