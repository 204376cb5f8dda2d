//! User interaction (OMA DM Protocol 1.2 clause 10; the statuses of OMA DM
//! RepPro 1.2 clauses 6.6.2, 6.6.3 and 6.6.14).

use std::time::Duration;

use dm::client::{self, InteractionId, Interactions};
use dm::interaction::{Asked, Echo, Input, Interaction, Kind, Options, Reply};
use dm::server::{self, CommandId, Request};
use dm::session::Handled;
use syncml::{Alert, AlertCode, Command, Data, Item, Message};

use crate::commands::found;
use crate::fake::{FakeClient, FakeServer};
use crate::kit::{device_tree, names, plain_client, statuses};

/// A device with a user.
pub(crate) fn with_user() -> client::Config {
    let mut config = plain_client();
    config.interactions = Interactions::all();
    config
}

pub(crate) fn fake() -> FakeServer {
    FakeServer::with(with_user(), device_tree()).0
}

/// An alert with these items' texts; an empty text stands for no `Data`.
pub(crate) fn asking(cmd_id: u32, code: u16, texts: &[&str]) -> Command {
    let mut alert = Alert::new(cmd_id, AlertCode(code));
    alert.items = texts
        .iter()
        .map(|text| match *text {
            "" => Item::default(),
            text => Item::default().with_data(text.into()),
        })
        .collect();
    Command::Alert(alert)
}

/// The interaction that waits.
pub(crate) fn waiting(fake: &FakeServer) -> (InteractionId, Interaction) {
    let last = fake.events.last();
    let Some(client::Event::Interaction { interaction, asked }) = last else {
        panic!("no interaction: {last:?}");
    };
    (*interaction, asked.clone())
}

/// Hands commands over that stop at an interaction.
pub(crate) fn stop_at(fake: &mut FakeServer, commands: Vec<Command>) -> Interaction {
    let message = fake.message(commands, true);
    assert_eq!(fake.hand(&message).unwrap(), Handled::Taken);
    assert!(fake.client.is_suspended());
    assert!(fake.client.poll_transmit(fake.now).is_none());
    waiting(fake).1
}

/// Answers what waits; the client's next message, if it has one.
pub(crate) fn reply(fake: &mut FakeServer, reply: Reply) -> Option<Message> {
    let (id, _) = waiting(fake);
    fake.client.answer_interaction(id, reply).unwrap();
    assert!(fake.client.resume(fake.now, &mut fake.tree));
    fake.next()
}

/// CmdRef and code of each status but the header's.
pub(crate) fn coded(message: &Message) -> Vec<(String, u16)> {
    statuses(message)[1..]
        .iter()
        .map(|status| (status.cmd_ref.to_string(), status.code.0))
        .collect()
}

/// What the Status of command 2 says.
pub(crate) fn said(message: &Message) -> (u16, Vec<String>) {
    let all = statuses(message);
    let status = all
        .iter()
        .find(|status| status.cmd_ref.as_str() == "2")
        .unwrap();
    let text = |item: &Item| item.data.as_ref().unwrap().as_str().unwrap().to_owned();
    (status.code.0, status.items.iter().map(text).collect())
}

/// The examples of clauses 10.2.1 to 10.2.4 with their statuses.
#[test]
fn each_kind_with_its_answer() {
    let services = ["", "Select", "CNN", "Mobilbank", "Game Channel"];
    type Row<'a> = (u16, &'a [&'a str], Kind, Reply, u16, &'a [&'a str]);
    let rows: Vec<Row<'_>> = vec![
        (
            1100,
            &["MINDT=10", "Busy"],
            Kind::Display,
            Reply::Done,
            200,
            &[],
        ),
        (
            1101,
            &["", "Add it?"],
            Kind::Confirm,
            Reply::Confirmed,
            200,
            &[],
        ),
        (
            1101,
            &["", "Add it?"],
            Kind::Confirm,
            Reply::Refused,
            304,
            &[],
        ),
        (
            1102,
            &["", "Name?"],
            Kind::TextInput,
            Reply::text("CNN"),
            200,
            &["CNN"],
        ),
        (
            1102,
            &["IT=N", "?"],
            Kind::TextInput,
            Reply::text("-1.23"),
            200,
            &["-1.23"],
        ),
        (
            1103,
            &services,
            Kind::SingleChoice,
            Reply::Choices(vec![2]),
            200,
            &["2"],
        ),
        (
            1104,
            &services,
            Kind::MultipleChoice,
            Reply::Choices(vec![3, 2]),
            200,
            &["3", "2"],
        ),
        (
            1102,
            &["", "Name?"],
            Kind::TextInput,
            Reply::Cancelled,
            214,
            &[],
        ),
        (
            1104,
            &services,
            Kind::MultipleChoice,
            Reply::TimedOut,
            408,
            &[],
        ),
        (
            1103,
            &services,
            Kind::SingleChoice,
            Reply::NotShown,
            416,
            &[],
        ),
    ];
    for (code, texts, kind, answer, status, items) in rows {
        let mut fake = fake();
        let asked = stop_at(&mut fake, vec![asking(2, code, texts)]);
        assert_eq!(asked.kind(), kind);
        assert_eq!(asked.text, texts[1]);
        assert_eq!(asked.choices(), &texts[2..]);
        let message = reply(&mut fake, answer).unwrap();
        assert_eq!(names(&message), ["Status", "Status"]);
        let items: Vec<String> = items.iter().map(ToString::to_string).collect();
        assert_eq!(said(&message), (status, items), "{kind:?}");
        assert!(message.body.is_final);
    }
}

#[test]
fn what_a_device_does_not_have_is_406_and_what_is_incomplete_412() {
    let mut config = with_user();
    config.interactions.kinds = vec![Kind::Display, Kind::SingleChoice];
    config.interactions.max_text = 5;
    config.interactions.max_choices = 2;
    let opaque = Item::default().with_data(Data::base64(&[0xff, 0xfe]));
    let mut no_text = Alert::new(2, AlertCode::DISPLAY);
    no_text.items = vec![
        Item::default(),
        opaque.with_meta(syncml::Meta::formatted(syncml::Format::B64)),
    ];
    let mut chunk = Alert::new(2, AlertCode::DISPLAY);
    chunk.items = vec![Item::default(), Item::default().with_data("x".into())];
    chunk.items[1].more_data = true;
    for (what, command, status) in [
        ("kind", asking(2, 1101, &["", "x"]), 406),
        ("kind before items", asking(2, 1102, &[]), 406),
        ("no items", asking(2, 1100, &[]), 412),
        ("no text", asking(2, 1100, &["MINDT=1"]), 412),
        ("empty text item", asking(2, 1100, &["", ""]), 412),
        ("no choices", asking(2, 1103, &["", "x"]), 412),
        ("empty choice", asking(2, 1103, &["", "x", ""]), 412),
        ("octets", Command::Alert(no_text), 415),
        ("a chunk", Command::Alert(chunk), 406),
        ("long text", asking(2, 1100, &["", "123456"]), 416),
        ("long choice", asking(2, 1103, &["", "x", "123456"]), 416),
        (
            "many choices",
            asking(2, 1103, &["", "x", "1", "2", "3"]),
            416,
        ),
    ] {
        let mut config_again = plain_client();
        config_again.interactions = config.interactions.clone();
        let (mut fake, _) = FakeServer::with(config_again, device_tree());
        assert_eq!(found(&fake.codes(vec![command])), [status], "{what}");
        assert!(!fake.client.is_suspended());
    }
    // A device without a user has none of them, and says so before all else.
    for code in 1100..1105 {
        let (mut fake, _) = FakeServer::new();
        assert_eq!(
            found(&fake.codes(vec![asking(2, code, &["", "x", "y"])])),
            [406]
        );
    }
}

/// Clause 10.3: parameters of other kinds, unknown ones and nonsense are
/// skipped.
#[test]
fn parameters() {
    let seconds = |count| Some(Duration::from_secs(count));
    let typed = Options {
        min_shown: seconds(10),
        max_wait: seconds(30),
        default: Some("John Doe & sons=ä".to_owned()),
        max_len: Some(30),
        input: Input::Phone,
        echo: Echo::Password,
    };
    let written = "MINDT=10&MAXDT=30&DR=John+Doe%20%26%20sons%3D%c3%A4&MAXLEN=30&IT=P&ET=P";
    let plain = Options {
        default: None,
        max_len: None,
        input: Input::Alphanumeric,
        echo: Echo::Text,
        ..typed.clone()
    };
    let chosen = |text: &str| Options {
        default: Some(text.to_owned()),
        ..Options::default()
    };
    for (code, parameters, options) in [
        (1102, written, typed.clone()),
        (1100, written, plain.clone()),
        (1101, "DR=1&MAXLEN=3&IT=N&ET=P&X=Y", chosen("1")),
        (1104, "DR=2-3", chosen("2-3")),
        (
            1102,
            "MINDT=0&MAXDT=-3&MAXLEN=x&IT=Z&ET=Q&&=&MAXDT",
            Options::default(),
        ),
        (
            1102,
            "MINDT=1.5&MAXDT=99999999999&DR=%4&MAXLEN=0&IT=n",
            Options::default(),
        ),
        (1102, "DR=%ff", Options::default()),
        (1102, "", Options::default()),
    ] {
        let mut fake = fake();
        let asked = stop_at(
            &mut fake,
            vec![asking(2, code, &[parameters, "x", "a", "b", "c"])],
        );
        assert_eq!(asked.options, options, "{parameters}");
    }
    assert_eq!(chosen("2-3-9-0-x").default_choices(3), [2, 3]);
    let mut request = Interaction::new(Asked::TextInput, "Who?");
    request.options = typed;
    let (message, _) = sent(vec![Request::Interaction(request)]);
    let items = message.body.commands.last().unwrap().items();
    let parameters = items[0].data.as_ref().unwrap().as_str().unwrap();
    assert_eq!(
        parameters,
        "MINDT=10&MAXDT=30&DR=John+Doe+%26+sons%3D%C3%A4&MAXLEN=30&IT=P&ET=P"
    );
}

#[test]
fn the_forms_of_typed_texts() {
    for (input, good, bad) in [
        (Input::Alphanumeric, vec!["", "a b!"], vec![]),
        (
            Input::Numeric,
            vec!["1", "-1.23", "+4"],
            vec!["", "-", "1.2.3", "x"],
        ),
        (Input::Date, vec!["24122026"], vec!["2412202", "2412202x"]),
        (Input::Time, vec!["235959"], vec!["2359590", ""]),
        (
            Input::Phone,
            vec!["+3584p1w2s", "112"],
            vec!["1+2", "", "+", "12a"],
        ),
        (
            Input::Address,
            vec!["10.0.0.255"],
            vec!["10.0.0", "10.0.0.0.1", "a.b.c.d", "1000.0.0.1"],
        ),
    ] {
        assert!(good.iter().all(|text| input.fits(text)), "{input:?}");
        assert!(bad.iter().all(|text| !input.fits(text)), "{input:?}");
    }
}

#[test]
fn answers_that_the_user_can_not_have_given() {
    let rows: Vec<(u16, &str, Vec<Reply>)> = vec![
        (1100, "", vec![Reply::Confirmed, Reply::text("x")]),
        (1101, "", vec![Reply::Done, Reply::Choices(vec![1])]),
        (1102, "MAXLEN=3", vec![Reply::text("four"), Reply::Done]),
        (1102, "IT=N", vec![Reply::text("x")]),
        (
            1103,
            "",
            vec![
                Reply::Choices(vec![]),
                Reply::Choices(vec![0]),
                Reply::Choices(vec![3]),
                Reply::Choices(vec![1, 2]),
            ],
        ),
        (
            1104,
            "",
            vec![Reply::Choices(vec![]), Reply::Choices(vec![1, 1])],
        ),
    ];
    for (code, parameters, replies) in rows {
        let mut fake = fake();
        stop_at(
            &mut fake,
            vec![asking(2, code, &[parameters, "x", "a", "b"])],
        );
        let (id, _) = waiting(&fake);
        for reply in replies {
            let error = fake.client.answer_interaction(id, reply).unwrap_err();
            assert_eq!(error.code(), "dm-misuse");
        }
        // It waits on.
        assert!(!fake.client.resume(fake.now, &mut fake.tree));
        reply_code(&mut fake, Reply::Cancelled, 214);
    }
    // What no message can have, and what no message of this server can hold.
    let mut fake = fake();
    fake.max_msg_size = Some(2000);
    stop_at(&mut fake, vec![asking(2, 1102, &["", "x"])]);
    let (id, _) = waiting(&fake);
    for (text, code) in [
        ("x".repeat(2000), "dm-value-too-large"),
        ("\u{1}".to_owned(), "syncml-character-unwritable"),
    ] {
        let error = fake.client.answer_interaction(id, Reply::text(&text));
        let error = error.unwrap_err();
        if !code.starts_with("syncml") {
            assert_eq!(error.code(), code);
        }
    }
    reply_code(&mut fake, Reply::text("ok"), 200);
    // Once is enough, and another one's identifier is none.
    let late = fake.client.answer_interaction(id, Reply::text("ok"));
    assert_eq!(late.unwrap_err().code(), "dm-misuse");
    stop_at(&mut fake, vec![asking(2, 1101, &["", "x"])]);
    let wrong = fake.client.answer_interaction(id, Reply::Confirmed);
    assert_eq!(wrong.unwrap_err().code(), "dm-misuse");
}

pub(crate) fn reply_code(fake: &mut FakeServer, answer: Reply, code: u16) {
    let message = reply(fake, answer).unwrap();
    assert_eq!(said(&message).0, code);
}

/// The server's first message with commands, and their identifiers.
fn sent(requests: Vec<Request>) -> (Message, Vec<CommandId>) {
    let mut fake = FakeClient::new();
    let opening = fake.opening(Vec::new());
    fake.hand(&opening).unwrap();
    let ids = requests
        .into_iter()
        .map(|request| fake.server.push(request).unwrap())
        .collect();
    (fake.next().unwrap(), ids)
}

pub(crate) fn ask(asked: Asked, text: &str) -> Interaction {
    Interaction::new(asked, text)
}

#[test]
fn what_a_server_can_not_ask() {
    let mut fake = FakeClient::new();
    let mut no_time = ask(Asked::Display, "x");
    no_time.options.min_shown = Some(Duration::from_millis(999));
    let mut no_wait = ask(Asked::Confirm, "x");
    no_wait.options.max_wait = Some(Duration::ZERO);
    let mut short_wait = ask(Asked::Confirm, "x");
    short_wait.options.max_wait = Some(Duration::from_millis(999));
    let mut no_length = ask(Asked::TextInput, "x");
    no_length.options.max_len = Some(0);
    for request in [
        ask(Asked::SingleChoice(Vec::new()), "x"),
        ask(Asked::MultipleChoice(Vec::new()), "x"),
        no_time,
        no_wait,
        short_wait,
        no_length,
    ] {
        let error = fake.server.push(Request::Interaction(request)).unwrap_err();
        assert_eq!(error.code(), "dm-misuse");
    }
}

/// Clause 10.2: from a client they are ignored.
#[test]
fn a_device_does_not_ask_the_server() {
    let mut fake = FakeClient::new();
    let opening = fake.opening(vec![asking(3, 1101, &["", "?"])]);
    fake.hand(&opening).unwrap();
    let is_alert = |event: &server::Event| matches!(event, server::Event::Alert { .. });
    assert!(!fake.events.iter().any(is_alert));
    let answer = fake.next().unwrap();
    assert_eq!(statuses(&answer)[3].code.0, 406);
}

#[test]
fn an_answer_that_makes_no_sense_is_none() {
    let one = ask(Asked::SingleChoice(vec!["a".to_owned()]), "?");
    let item = |text: &str| Item::default().with_data(text.into());
    let code = syncml::StatusCode;
    assert_eq!(
        one.reply(code(200), &[item(" 1 ")]),
        Some(Reply::Choices(vec![1]))
    );
    for (status, items) in [
        (200, vec![]),
        (200, vec![item("2")]),
        (200, vec![item("x")]),
        (200, vec![item("1"), item("1")]),
        (200, vec![Item::default()]),
        (406, vec![item("1")]),
        (215, vec![]),
        (216, vec![item("1")]),
    ] {
        assert_eq!(one.reply(code(status), &items), None, "{status}");
    }
    let typed = ask(Asked::TextInput, "?");
    assert_eq!(typed.reply(code(200), &[]), None);
    assert_eq!(format!("{:?}", Reply::text("secret")), "Text(***)");
}
