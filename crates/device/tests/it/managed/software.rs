//! Software: fetched whole whatever the file server does, changed by the hook,
//! reported until the server has said 200 (OMA SCOMO 1.0, as `dm::objects::scomo`
//! has it).

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use device::management::{
    Answering, Client, Phase, SOFTWARE, SoftwareHook, SoftwareOutcome, SoftwareTask,
};
use dm::objects::scomo::{Component, Operation, ResultCode};
use dm::server::Request;
use syncml::StatusCode;

use super::device::{Managed, add, get};
use super::files::{FileServer, firmware};
use super::server::{DmServer, Report};

/// Says what it is told to say, and writes down what it got.
struct Hook {
    outcomes: Mutex<Vec<SoftwareOutcome>>,
    verdict: Result<(), ResultCode>,
    calls: Mutex<Vec<Call>>,
}

/// What was to be done, to which identifier, and with which package.
type Call = (Operation, Phase, String, Vec<u8>);

impl SoftwareHook for Hook {
    fn verify<'a>(&'a self, _: &'a Path) -> Answering<'a, Result<(), ResultCode>> {
        Box::pin(async { self.verdict })
    }

    fn run<'a>(&'a self, task: SoftwareTask<'a>) -> Answering<'a, SoftwareOutcome> {
        let octets = task.package.map(|file| std::fs::read(file).unwrap());
        let call = (task.operation, task.phase, task.id.to_owned());
        let (operation, phase, id) = call;
        let octets = octets.unwrap_or_default();
        self.calls
            .lock()
            .unwrap()
            .push((operation, phase, id, octets));
        Box::pin(async { self.outcomes.lock().unwrap().remove(0) })
    }
}

fn hook(outcomes: &[SoftwareOutcome]) -> Arc<Hook> {
    Arc::new(Hook {
        outcomes: Mutex::new(outcomes.to_vec()),
        verdict: Ok(()),
        calls: Mutex::default(),
    })
}

fn lamp() -> Component {
    Component {
        node: "lamp".to_owned(),
        id: "com.acme.lamp".to_owned(),
        name: None,
        version: Some("2".to_owned()),
        package: Some("p-1".to_owned()),
        active: true,
    }
}

fn exec(at: &str, correlator: &str) -> Request {
    Request::Exec {
        target: format!("{SOFTWARE}/{at}"),
        correlator: Some(correlator.to_owned()),
        argument: None,
    }
}

fn install(url: &str) -> Vec<Request> {
    vec![
        add(&format!("{SOFTWARE}/Download/lamp"), None),
        add(&format!("{SOFTWARE}/Download/lamp/PkgID"), Some("p-1")),
        add(&format!("{SOFTWARE}/Download/lamp/PkgURL"), Some(url)),
        exec("Download/lamp/Operations/DownloadInstall", "order-1"),
    ]
}

struct World {
    server: DmServer,
    files: FileServer,
    device: Managed,
    body: Vec<u8>,
}

impl World {
    async fn new() -> Self {
        let server = DmServer::start("a", "a secret").await;
        let body = firmware(200_000, 3);
        Self {
            device: Managed::new(&[("a", &server.url)]),
            files: FileServer::start(body.clone()),
            server,
            body,
        }
    }

    fn open(&self, hook: &Arc<Hook>) -> Client {
        let hook = hook.clone();
        self.device.with(|config| config.software = Some(hook))
    }

    /// Runs the commands to the end; what was reported.
    async fn run(&self, commands: Vec<Request>, hook: &Arc<Hook>) -> Vec<Report> {
        self.server.plan(commands);
        let mut client = self.open(hook);
        let round = client.round().await.unwrap();
        assert!(round.is_complete(), "{:?}", round.sessions);
        std::mem::take(&mut self.server.seen().reports)
    }

    /// The files of packages.
    fn packages(&self) -> usize {
        std::fs::read_dir(self.device.dir.join("packages")).map_or(0, Iterator::count)
    }
}

fn report(code: &str, about: &str, correlator: &str) -> Report {
    Report {
        type_: "urn:oma:at:scomo:1.0:OperationComplete".to_owned(),
        correlator: Some(correlator.to_owned()),
        code: format!("<ResultCode>{code}</ResultCode><Identifier>{about}</Identifier>"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn software_is_installed_deactivated_and_removed() {
    let world = World::new().await;
    let done = SoftwareOutcome::Done(vec![lamp()]);
    let hook = hook(&[done.clone(), done.clone(), done]);
    let reports = world.run(install(&world.files.url), &hook).await;
    assert_eq!(reports, [report("1200", "p-1", "order-1")]);
    assert_eq!(world.packages(), 0, "an installed package is not kept");
    let state = format!("{SOFTWARE}/Inventory/Deployed/lamp/State");
    let commands = vec![
        get(&state),
        exec("Inventory/Deployed/lamp/Operations/Deactivate", "order-2"),
    ];
    let reports = world.run(commands, &hook).await;
    assert_eq!(reports, [report("1200", "com.acme.lamp", "order-2")]);
    let commands = vec![
        get(&state),
        exec("Inventory/Deployed/lamp/Operations/Remove", "order-3"),
    ];
    let reports = world.run(commands, &hook).await;
    assert_eq!(reports, [report("1200", "com.acme.lamp", "order-3")]);
    let results: Vec<String> = {
        let seen = world.server.seen();
        seen.results
            .iter()
            .map(|(_, value)| value.clone())
            .collect()
    };
    assert_eq!(results, ["20", "10"], "active, then inactive");
    let calls = hook.calls.lock().unwrap();
    let (lamp, none) = ("com.acme.lamp".to_owned(), Vec::new());
    let wanted = [
        (
            Operation::Install,
            Phase::Apply,
            "p-1".to_owned(),
            world.body.clone(),
        ),
        (
            Operation::Deactivate,
            Phase::Apply,
            lamp.clone(),
            none.clone(),
        ),
        (Operation::RemoveComponent, Phase::Apply, lamp, none),
    ];
    assert!(*calls == wanted, "not these calls");
}

/// What failed is reported under its code, and what is of no use is not kept.
#[tokio::test(flavor = "multi_thread")]
async fn failures_have_their_codes() {
    let world = World::new().await;
    world.files.files().status = Some("404 Not Found");
    let reports = world.run(install(&world.files.url), &hook(&[])).await;
    assert_eq!(reports, [report("1402", "p-1", "order-1")]);
    world.files.files().status = None;
    let again = || vec![exec("Download/lamp/Operations/DownloadInstall", "order-2")];
    let mut false_ = hook(&[]);
    Arc::get_mut(&mut false_).unwrap().verdict = Err(ResultCode::NOT_VALIDATED);
    let reports = world.run(again(), &false_).await;
    assert_eq!(reports, [report("1407", "p-1", "order-2")]);
    assert_eq!(world.packages(), 0);
    let fails = hook(&[SoftwareOutcome::Failed(ResultCode::INSTALL_FAILED)]);
    let reports = world.run(again(), &fails).await;
    assert_eq!(reports, [report("1405", "p-1", "order-2")]);
    assert_eq!(world.packages(), 1, "good for another try");
    let install = vec![exec(
        "Inventory/Delivered/lamp/Operations/Install",
        "order-3",
    )];
    let works = hook(&[SoftwareOutcome::Done(vec![lamp()])]);
    let reports = world.run(install, &works).await;
    assert_eq!(reports, [report("1200", "p-1", "order-3")]);
    assert_eq!(world.packages(), 0);
}

/// A device that is cut off while it fetches asks for the rest.
#[tokio::test(flavor = "multi_thread")]
async fn a_download_goes_on_after_a_restart() {
    let world = World::new().await;
    world.server.plan(install(&world.files.url));
    world.files.files().stall_at = Some(100_000);
    let nothing = hook(&[]);
    let mut client = world.open(&nothing);
    let cut = tokio::time::timeout(Duration::from_secs(2), client.round()).await;
    assert!(cut.is_err(), "the file server stands still");
    drop(client);
    world.files.files().stall_at = None;
    let done = hook(&[SoftwareOutcome::Done(vec![lamp()])]);
    let reports = world.run(Vec::new(), &done).await;
    assert_eq!(reports, [report("1200", "p-1", "order-1")]);
    let calls = done.calls.lock().unwrap();
    assert!(calls[0].3 == world.body, "not the package");
    let ranges = world.files.ranges();
    assert_eq!(ranges.len(), 2, "{ranges:?}");
    assert!(
        ranges[1]
            .as_ref()
            .is_some_and(|it| it.starts_with("bytes="))
    );
}

/// A restart while the hook has the package, and a server that does not take the
/// result at first.
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_installation_is_asked_for_and_reported_once() {
    let world = World::new().await;
    let first = hook(&[SoftwareOutcome::Later]);
    let reports = world.run(install(&world.files.url), &first).await;
    assert!(reports.is_empty(), "{reports:?}");
    assert_eq!(world.packages(), 1);
    world.server.answer_reports(StatusCode::COMMAND_FAILED);
    let second = hook(&[
        SoftwareOutcome::NotBegun,
        SoftwareOutcome::Done(vec![lamp()]),
    ]);
    world.run(Vec::new(), &second).await;
    let phases: Vec<Phase> = {
        let calls = second.calls.lock().unwrap();
        calls.iter().map(|(_, phase, _, _)| *phase).collect()
    };
    assert_eq!(phases, [Phase::Outcome, Phase::Apply]);
    world.server.answer_reports(StatusCode::OK);
    let third = hook(&[]);
    assert!(world.open(&third).has_report());
    let reports = world.run(Vec::new(), &third).await;
    assert_eq!(reports, [report("1200", "p-1", "order-1")]);
    assert!(world.run(Vec::new(), &third).await.is_empty());
}

/// Another server's account comes first, and it hears nothing of what this one began.
#[tokio::test(flavor = "multi_thread")]
async fn the_server_that_began_it_hears_of_it() {
    let a = DmServer::start("a", "a secret").await;
    let other = DmServer::start("0", "0 secret").await;
    let files = FileServer::start(firmware(1000, 4));
    let device = Managed::new(&[("a", &a.url), ("0", &other.url)]);
    a.plan(install(&files.url));
    let done = hook(&[SoftwareOutcome::Done(vec![lamp()])]);
    let hook = done.clone();
    let mut client = device.with(|config| config.software = Some(hook));
    assert!(client.round().await.unwrap().is_complete());
    assert_eq!(a.seen().reports, [report("1200", "p-1", "order-1")]);
    assert!(other.seen().reports.is_empty());
}
