//! Large objects as a server takes them from a device: Results and alerts (OMA
//! DM Protocol 1.2 clauses 7 and 8.7).

use dm::server;
use dm::session::Violation;
use syncml::{Alert, AlertCode, Command, Format, Item, Message, Meta};

use crate::fake::{FakeClient, alert, results, status};
use crate::kit::{get, names, plain_server, statuses};

const X: &str = "./NAP/x";

/// Results in chunks as a server takes them.
#[test]
fn a_server_puts_results_together() {
    let part = |data: &str, size: Option<u64>, more_data: bool| {
        let mut item = Item::source(X).with_data(data.into());
        item.meta = size.map(|size| Meta {
            size: Some(size),
            ..Meta::default()
        });
        item.more_data = more_data;
        item
    };
    let ok = |said: &Message| {
        statuses(said)[1..]
            .iter()
            .map(|status| status.code.0)
            .collect()
    };
    type Step = (Item, Vec<u16>, bool);
    let rows: Vec<(&str, Vec<Step>, Option<&str>)> = vec![
        (
            "three chunks",
            vec![
                (part("one ", Some(13), true), vec![213], false),
                (part("two ", None, true), vec![213], false),
                (part("three", None, false), vec![], false),
            ],
            Some("one two three"),
        ),
        (
            "too short",
            vec![
                (part("one ", Some(13), true), vec![213], false),
                (part("two", None, false), vec![424], false),
            ],
            None,
        ),
        (
            "no Size",
            vec![
                (part("one ", None, true), vec![411], false),
                (part("two", None, false), vec![411], false),
            ],
            None,
        ),
        (
            "too large",
            vec![
                (part("one ", Some(101), true), vec![413], false),
                (part("two", None, false), vec![413], false),
            ],
            None,
        ),
        (
            "refused to its end",
            vec![
                (part("one ", None, true), vec![411], false),
                (part("two ", None, true), vec![411], false),
                (part("three", None, false), vec![411], false),
            ],
            None,
        ),
        (
            "longer than its Size",
            vec![
                (part("one ", Some(2), true), vec![424], false),
                (part("two ", None, true), vec![424], false),
                (part("three", None, false), vec![424], false),
            ],
            None,
        ),
        (
            "another value",
            vec![
                (part("one ", Some(7), true), vec![213], false),
                (part("one ", Some(6), true), vec![213], true),
                (part("tw", None, false), vec![], false),
            ],
            Some("one tw"),
        ),
    ];
    for (what, steps, value) in rows {
        let mut config = plain_server();
        config.max_object = 100;
        let mut fake = FakeClient::with(config);
        let opening = fake.opening(Vec::new());
        fake.hand(&opening).unwrap();
        let command = fake.server.push(get(X)).unwrap();
        let mut heard = fake.next().unwrap();
        let (asked, cmd_id) = (heard.header.msg_id.number().unwrap(), 4);
        let mut first = vec![status(2, asked, cmd_id, "Get", 200)];
        for (item, codes, ends) in steps {
            let is_final = !item.more_data;
            let msg_id = heard.header.msg_id.number().unwrap();
            let mut said = vec![status(1, msg_id, 0, "SyncHdr", 200)];
            said.append(&mut first);
            said.push(results(3, asked, cmd_id, item));
            heard = fake.say(said, is_final);
            let found: Vec<u16> = ok(&heard);
            assert_eq!(found, codes, "{what}");
            let alerts = names(&heard)
                .iter()
                .filter(|name| **name == "Alert")
                .count();
            assert_eq!(alerts, usize::from(ends) + usize::from(!is_final), "{what}");
        }
        let found = fake.events.iter().find_map(|event| match event {
            server::Event::Results { value, .. } => Some(value.data().to_vec()),
            _ => None,
        });
        assert_eq!(
            found,
            value.map(|value| value.as_bytes().to_vec()),
            "{what}"
        );
        let is_refused = |event: &server::Event| matches!(event, server::Event::ResultsRefused { command: get, .. } if *get == command);
        assert_eq!(
            fake.events.iter().any(is_refused),
            value.is_none(),
            "{what}"
        );
    }
}

/// An object that the device leaves unfinished: alert 1225 to it.
#[test]
fn a_device_that_does_not_finish() {
    let generic = |cmd_id: u32, more_data: bool| {
        let mut alert = Alert::new(cmd_id, AlertCode::GENERIC_ALERT);
        let mut item = Item::source(X).with_data("one ".into());
        item.meta = Some(Meta {
            size: more_data.then_some(8),
            ..Meta::typed(Format::Chr, "urn:x")
        });
        item.more_data = more_data;
        alert.items = vec![item];
        Command::Alert(alert)
    };
    for (what, second, codes) in [
        ("nothing", vec![], vec![]),
        ("another alert", vec![alert(3, 1224)], vec![406]),
        ("the device information", vec![alert(3, 1226)], vec![412]),
    ] {
        let mut fake = FakeClient::new();
        let opening = fake.opening(vec![generic(3, true)]);
        let message = Message {
            body: syncml::SyncBody {
                is_final: false,
                ..opening.body
            },
            ..opening
        };
        fake.hand(&message).unwrap();
        let heard = fake.next().unwrap();
        assert_eq!(statuses(&heard)[3].code.0, 213);
        let mut said = vec![
            status(1, 1, 0, "SyncHdr", 200),
            // For the server's own alert 1222; no violation.
            status(2, 1, 5, "Alert", 200),
        ];
        said.extend(second);
        let heard = fake.say(said, true);
        let ends = heard
            .body
            .commands
            .iter()
            .find_map(|command| match command {
                Command::Alert(alert) => Some((alert.code.unwrap().0, alert.items.clone())),
                _ => None,
            });
        assert_eq!(ends, Some((1225, vec![Item::source(X)])), "{what}");
        let found: Vec<u16> = statuses(&heard)[1..]
            .iter()
            .map(|status| status.code.0)
            .collect();
        assert_eq!(found, codes, "{what}");
        let unfinished = server::Event::Violation(Violation::ObjectUnfinished);
        assert!(fake.events.contains(&unfinished), "{what}");
        let unknown = server::Event::Violation(Violation::UnknownReference);
        assert!(!fake.events.contains(&unknown), "{what}");
    }
    // The device information, and an alert of several items, are not cut.
    let mut fake = FakeClient::new();
    let mut message = fake.opening(vec![]);
    if let Some(Command::Replace(replace)) = message.body.commands.last_mut() {
        replace.items[0].more_data = true;
    }
    let mut two = generic(3, true);
    if let Command::Alert(alert) = &mut two {
        alert.items.push(alert.items[0].clone());
    }
    message.body.commands.push(two);
    fake.hand(&message).unwrap();
    let heard = fake.next().unwrap();
    let found: Vec<u16> = statuses(&heard)[1..]
        .iter()
        .map(|status| status.code.0)
        .collect();
    assert_eq!(found, [200, 406, 406]);
}
