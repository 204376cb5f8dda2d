//! Firmware updates: fetched whole whatever the file server does, installed by
//! the hook, reported until the server has said 200.

use std::time::Duration;

use device::management::{Outcome, Phase};
use dm::objects::fumo::ResultCode;
use dm::server::Request;
use dm::tree::Value;
use syncml::StatusCode;

use super::device::{FUMO, Hook, Managed, exec, replace, sha256, update, update_to};
use super::files::{FileServer, firmware};
use super::server::{DmServer, Report};

const BOTH: &str = "org.openmobilealliance.dm.firmwareupdate.downloadandupdate";
const UPDATE: &str = "org.openmobilealliance.dm.firmwareupdate.update";

struct World {
    server: DmServer,
    files: FileServer,
    device: Managed,
    body: Vec<u8>,
}

impl World {
    async fn new() -> Self {
        let server = DmServer::start("a", "a secret").await;
        let body = firmware(200_000, 1);
        Self {
            device: Managed::new(&[("a", &server.url)]),
            files: FileServer::start(body.clone()),
            server,
            body,
        }
    }

    /// Runs the update to the end; the code that was reported.
    async fn run(&self, commands: Vec<Request>, hook: &std::sync::Arc<Hook>) -> Vec<Report> {
        self.server.plan(commands);
        let mut client = self.device.hooked(hook);
        let round = client.round().await.unwrap();
        assert!(round.is_complete(), "{:?}", round.sessions);
        assert!(!client.has_report());
        std::mem::take(&mut self.server.seen().reports)
    }

    async fn update(&self, hook: &std::sync::Arc<Hook>) -> Vec<Report> {
        self.run(update_to(&self.files.url, &self.body), hook).await
    }

    fn state(&self) -> u8 {
        self.device.open().firmware().unwrap().number()
    }

    fn has_package(&self) -> bool {
        self.device.dir.join("package").exists()
    }
}

fn reported(code: u16) -> Vec<Report> {
    vec![Report {
        type_: BOTH.to_owned(),
        correlator: Some("order-1".to_owned()),
        code: code.to_string(),
    }]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_is_fetched_installed_and_reported_once() {
    let world = World::new().await;
    let hook = Hook::new(&[Outcome::Applied]);
    assert_eq!(world.update(&hook).await, reported(200));
    let calls = hook.calls.lock().unwrap().clone();
    assert_eq!(calls, [(Phase::Apply, world.body.clone())]);
    assert_eq!(world.state(), 100);
    assert!(!world.has_package());
    world.device.open().round().await.unwrap();
    assert!(world.server.seen().reports.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_is_cut_goes_on_where_it_was() {
    let world = World::new().await;
    world.files.files().cuts = [70_001, 50_002].into();
    let hook = Hook::new(&[Outcome::Applied]);
    assert_eq!(world.update(&hook).await, reported(200));
    assert_eq!(hook.calls.lock().unwrap()[0].1, world.body);
    let range = |at: usize| {
        let range = Some(format!("bytes={at}-"));
        (range, Some("\"one\"".to_owned()))
    };
    let expected = [(None, None), range(70_001), range(120_003)];
    assert_eq!(world.files.files().requests, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_ranges_gives_the_whole_again() {
    let world = World::new().await;
    world.files.files().cuts = [70_001].into();
    world.files.files().no_ranges = true;
    let hook = Hook::new(&[Outcome::Applied]);
    assert_eq!(world.update(&hook).await, reported(200));
    assert_eq!(hook.calls.lock().unwrap()[0].1, world.body);
    assert_eq!(world.files.files().requests.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changes_in_between_is_fetched_anew() {
    for no_conditions in [false, true] {
        let world = World::new().await;
        let other = firmware(150_000, 2);
        world.files.files().cuts = [70_001].into();
        world.files.files().no_conditions = no_conditions;
        let change = Some((other.clone(), "\"two\"".to_owned()));
        world.files.files().change_after_first = change;
        let hook = Hook::new(&[Outcome::Applied]);
        // Only the digest is known.
        let commands = update(&world.files.url, 0, &sha256(&other));
        assert_eq!(world.run(commands, &hook).await, reported(200));
        assert_eq!(hook.calls.lock().unwrap()[0].1, other);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_without_a_strong_validator_is_never_put_together() {
    let world = World::new().await;
    world.files.files().cuts = [70_001].into();
    world.files.files().etag = "W/\"weak\"".to_owned();
    let hook = Hook::new(&[Outcome::Applied]);
    assert_eq!(world.update(&hook).await, reported(200));
    assert_eq!(world.files.ranges(), [None, None]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_package_is_not_installed() {
    let world = World::new().await;
    let hook = Hook::new(&[Outcome::Applied]);
    let (url, length) = (&world.files.url, world.body.len());
    let digest = sha256(&world.body);
    let cases = [
        update(url, length, &sha256(b"something else")),
        update(url, length + 1, &digest),
        update(url, length - 1, &digest),
    ];
    for commands in cases {
        assert_eq!(world.run(commands, &hook).await, reported(402));
        assert_eq!(world.state(), 20);
        assert!(!world.has_package());
    }
    assert!(hook.calls.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn file_servers_that_refuse_are_reported_as_such() {
    let world = World::new().await;
    let hook = Hook::new(&[Outcome::Applied]);
    for (status, code) in [
        ("302 Found", 411),
        ("404 Not Found", 411),
        ("401 Unauthorized", 406),
        ("500 Internal Server Error", 500),
    ] {
        world.files.files().status = Some(status);
        assert_eq!(world.update(&hook).await, reported(code), "{status}");
    }
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", gone.local_addr().unwrap());
    drop(gone);
    assert_eq!(world.run(update(&url, 0, ""), &hook).await, reported(412));
    assert!(hook.calls.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn downloads_have_limits_of_size_and_time() {
    let world = World::new().await;
    let run = async |change: fn(&mut device::management::Config)| {
        let commands = update(&world.files.url, 0, "");
        world.server.plan(commands);
        let mut client = world.device.with(change);
        client.round().await.unwrap();
        std::mem::take(&mut world.server.seen().reports)
    };
    let reports = run(|config| config.download.octets = 199_999).await;
    assert_eq!(reports, reported(501));
    world.files.files().stall_at = Some(100_000);
    let reports = run(|config| config.download.time = Duration::from_millis(500)).await;
    assert_eq!(reports, reported(407));
    world.files.files().stall_at = Some(0);
    let reports = run(|config| config.download.patience = Duration::from_millis(200)).await;
    assert_eq!(reports, reported(503));
    world.files.files().stall_at = None;
    let reports = run(|config| config.hook = None).await;
    assert_eq!(reports, reported(408), "there is nothing to install with");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_without_tls_needs_leave() {
    let world = World::new().await;
    world.server.plan(update_to(&world.files.url, &world.body));
    let mut client = world.device.open();
    let at = "./DMAcc/a".parse().unwrap();
    let initiation = device::management::Initiation::Client;
    client.session(&at, initiation).await.unwrap();
    drop(client);
    let mut client = world.device.with(|config| config.allow_http = false);
    client.work().await.unwrap();
    assert_eq!(client.firmware().unwrap().number(), 20);
    assert!(world.files.files().requests.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_that_fails_is_reported_and_can_be_tried_again() {
    let world = World::new().await;
    let failed = Outcome::Failed(ResultCode::UPDATE_FAILED);
    let hook = Hook::new(&[failed, Outcome::Applied]);
    assert_eq!(world.update(&hook).await, reported(410));
    assert_eq!(world.state(), 70);
    assert!(world.has_package());
    let again = world.run(vec![exec("Update", "order-2")], &hook).await;
    let expected = Report {
        type_: UPDATE.to_owned(),
        correlator: Some("order-2".to_owned()),
        code: "200".to_owned(),
    };
    assert_eq!(again, [expected]);
    assert_eq!(world.files.files().requests.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_that_the_hook_refuses_is_not_installed() {
    let world = World::new().await;
    let hook = Hook::new(&[Outcome::Applied]);
    *hook.verdict.lock().unwrap() = Err(ResultCode::NOT_VALIDATED);
    assert_eq!(world.update(&hook).await, reported(404));
    assert!(hook.calls.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_in_a_message_is_checked_and_installed() {
    let world = World::new().await;
    let hook = Hook::new(&[Outcome::Applied]);
    let body = firmware(3000, 3);
    for (digest, code) in [(sha256(b"something else"), "402"), (sha256(&body), "200")] {
        let commands = vec![
            replace(&format!("{FUMO}/Ext/rehome/SHA256"), &digest),
            Request::Replace {
                target: format!("{FUMO}/Update/PkgData"),
                value: Value::octets(body.clone()),
            },
            exec("Update", "order-1"),
        ];
        let reports = world.run(commands, &hook).await;
        assert_eq!((reports.len(), reports[0].code.as_str()), (1, code));
    }
    let calls = hook.calls.lock().unwrap().clone();
    assert_eq!(calls, [(Phase::Apply, body)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reboot_in_the_middle_is_asked_about() {
    for (after, phases, code) in [
        (vec![Outcome::Applied], 2, 200),
        (vec![Outcome::NotBegun, Outcome::Applied], 3, 200),
        (vec![Outcome::Failed(ResultCode::UPDATE_FAILED)], 2, 410),
    ] {
        let world = World::new().await;
        let hook = Hook::new(&[vec![Outcome::Later], after].concat());
        assert_eq!(world.update(&hook).await, []);
        assert_eq!(world.state(), 60);
        assert!(world.has_package());
        world.device.hooked(&hook).round().await.unwrap();
        assert_eq!(world.server.seen().reports, reported(code));
        let expected = [Phase::Apply, Phase::Outcome, Phase::Apply];
        assert_eq!(hook.phases(), expected[..phases]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_200_takes_a_result_away() {
    let world = World::new().await;
    let hook = Hook::new(&[Outcome::Applied]);
    world.server.answer_reports(StatusCode::COMMAND_FAILED);
    world.server.plan(update_to(&world.files.url, &world.body));
    let mut client = world.device.hooked(&hook);
    client.round().await.unwrap();
    assert!(client.has_report());
    drop(client);
    for _ in 0..2 {
        let before = world.server.seen().reports.len();
        world.device.hooked(&hook).round().await.unwrap();
        assert!(world.server.seen().reports.len() > before);
    }
    world.server.answer_reports(StatusCode::OK);
    world.server.seen().reports.clear();
    world.device.hooked(&hook).round().await.unwrap();
    world.device.hooked(&hook).round().await.unwrap();
    assert_eq!(world.server.seen().reports, reported(200));
    assert_eq!(hook.phases(), [Phase::Apply], "installed once");
}

/// Somebody in the server's place, who says 200 to everything.
#[tokio::test(flavor = "multi_thread")]
async fn an_impostor_s_200_takes_no_result_away() {
    let world = World::new().await;
    let hook = Hook::new(&[Outcome::Applied]);
    world.server.answer_reports(StatusCode::COMMAND_FAILED);
    world.server.plan(update_to(&world.files.url, &world.body));
    world.device.hooked(&hook).round().await.unwrap();
    let impostor = DmServer::start("a", "not a's secret").await;
    let mut client = world.device.hooked(&hook);
    let at: dm::tree::NodeUri = "./DMAcc/a/AppAddr/1/Addr".parse().unwrap();
    let node = dm::tree::Node::leaf(Value::text(impostor.url.as_str()));
    client.change(|tree| tree.put(at, node)).unwrap();
    let round = client.round().await.unwrap();
    assert!(!round.is_complete());
    assert!(!impostor.seen().reports.is_empty(), "it was told");
    assert!(client.has_report(), "and is not believed");
}
