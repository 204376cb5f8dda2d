//! The software component object (OMA SCOMO 1.0, in part): lists, primitives,
//! reports, power cuts, refusals.

use dm::Error;
use dm::objects::Snapshot;
use dm::objects::scomo::{Action, Component, Effect, Leftover, ResultCode, Scomo, Target};
use dm::tree::{Acl, Executed, Execution, NodeKind, Right, Tree, Value};

use crate::kit::{device_tree, id, interior, new_operator, old_operator, over, text, uri};

const URL: &str = "https://dl.test/app.bin";

struct Device {
    tree: Tree,
    scomo: Scomo,
}

fn mounted(scomo: Scomo) -> Device {
    let mut tree = device_tree();
    let acl = Acl::only(&new_operator(), &Right::ALL);
    scomo.mount(&mut tree, Some(acl)).unwrap();
    Device { tree, scomo }
}

fn package() -> Target {
    Target::Package("p1".to_owned())
}

fn part() -> Target {
    Target::Component("c1".to_owned())
}

fn component(active: bool) -> Component {
    Component {
        node: "c1".to_owned(),
        id: "com.acme.app".to_owned(),
        name: Some("App".to_owned()),
        version: Some("1.2".to_owned()),
        package: Some("com.acme.pkg".to_owned()),
        active,
    }
}

fn status<T>(outcome: Result<T, Error>) -> u16 {
    outcome.map_or_else(|error| error.status().0, |_| 200)
}

impl Device {
    fn new() -> Self {
        mounted(Scomo::new(uri("./SCOMO")))
    }

    /// With a package described in Download.
    fn described() -> Self {
        let mut device = Self::new();
        let by = new_operator();
        let at = "./SCOMO/Download/p1";
        device.tree.add(&by, &uri(at), interior()).unwrap();
        let leaves = [("PkgID", "com.acme.pkg"), ("Name", "App"), ("PkgURL", URL)];
        for (leaf, value) in leaves {
            let at = uri(&format!("{at}/{leaf}"));
            device.tree.add(&by, &at, text(value)).unwrap();
        }
        device
    }

    /// With a package in Delivered.
    fn delivered() -> Self {
        let mut device = Self::described();
        device.exec("Download/p1/Operations/Download").unwrap();
        device.scomo.handle_downloaded(&package()).unwrap();
        device.scomo.handle_verified(&package()).unwrap();
        device.scomo.handle_reported().unwrap();
        device
    }

    /// With a component in Deployed.
    fn deployed(active: bool) -> Self {
        let device = Self::new();
        device.scomo.put_component(component(active)).unwrap();
        device
    }

    fn power_cut(&self) -> Self {
        let octets = self.scomo.snapshot().octets().to_vec();
        mounted(Scomo::restore(&Snapshot::from_octets(octets)).unwrap())
    }

    fn exec(&mut self, node: &str) -> Result<Executed, Error> {
        let call = Execution {
            correlator: Some("c".to_owned()),
            argument: None,
        };
        let at = uri(&format!("./SCOMO/{node}"));
        self.tree.exec(&new_operator(), &at, &call)
    }

    fn get(&self, node: &str) -> String {
        let at = uri(&format!("./SCOMO/{node}"));
        let value = self.tree.get(&new_operator(), &at);
        value.map_or_else(
            |error| error.status().0.to_string(),
            |value| String::from_utf8(value.data().to_vec()).unwrap(),
        )
    }

    /// The next effect in a word.
    fn effect(&self) -> String {
        match self.scomo.poll_effect() {
            None => "-".to_owned(),
            Some(Effect { target, action }) => {
                let action = match action {
                    Action::Download { url, offset } => format!("download {url} {offset}"),
                    Action::AskOutcome(operation) => format!("ask {operation:?}"),
                    other => format!("{other:?}").to_lowercase(),
                };
                format!("{} {action}", target.name())
            }
        }
    }

    /// The report that is due, which is then answered.
    fn reported(&self) -> String {
        let alert = self.scomo.report().unwrap().alert;
        self.scomo.handle_reported().unwrap();
        assert_eq!(alert.type_, "urn:oma:at:scomo:1.0:OperationComplete");
        assert_eq!(alert.correlator.as_deref(), Some("c"));
        assert_eq!(alert.value.format().to_string(), "xml");
        let data = String::from_utf8(alert.value.data().to_vec()).unwrap();
        assert_eq!(alert.mark.is_none(), data.contains("<ResultCode>12"));
        let source = alert.source.unwrap().to_string();
        format!("{} {data}", source.strip_prefix("./SCOMO/").unwrap())
    }
}

fn data(code: u16, id: &str) -> String {
    format!("<ResultCode>{code}</ResultCode><Identifier>{id}</Identifier>")
}

#[test]
fn download_then_install() {
    let mut device = Device::described();
    assert_eq!(
        device.get("Download/p1"),
        "PkgID/Name/PkgURL/Status/Operations"
    );
    assert_eq!(device.get("Download/p1/Status"), "10");
    let done = device.exec("Download/p1/Operations/Download").unwrap();
    assert_eq!(done, Executed::Accepted);
    assert_eq!(device.get("Download/p1/Status"), "30");
    assert_eq!(device.effect(), format!("p1 download {URL} 0"));
    assert_eq!(device.effect(), "-");
    device
        .scomo
        .handle_download_progress(&package(), 10)
        .unwrap();
    device.scomo.handle_downloaded(&package()).unwrap();
    assert_eq!(device.effect(), "p1 verify");
    assert_eq!(device.get("Inventory/Delivered"), "");
    device.scomo.handle_verified(&package()).unwrap();
    assert_eq!(device.get("Download/p1/Status"), "40");
    assert_eq!(device.get("Inventory/Delivered"), "p1");
    assert_eq!(device.get("Inventory/Delivered/p1/State"), "10");
    assert_eq!(device.get("Inventory/Delivered/p1/PkgID"), "com.acme.pkg");
    let source = "Download/p1/Operations/Download";
    assert_eq!(
        device.reported(),
        format!("{source} {}", data(1200, "com.acme.pkg"))
    );

    device
        .exec("Inventory/Delivered/p1/Operations/Install")
        .unwrap();
    assert_eq!(device.get("Inventory/Delivered/p1/Status"), "40");
    assert_eq!(device.effect(), "p1 install");
    device
        .scomo
        .handle_installed(&package(), vec![component(true)], Leftover::Package)
        .unwrap();
    assert_eq!(device.get("Inventory/Delivered/p1/State"), "20");
    assert_eq!(device.get("Inventory/Delivered/p1/Status"), "10");
    assert_eq!(device.get("Inventory/Deployed/c1/ID"), "com.acme.app");
    assert_eq!(device.get("Inventory/Deployed/c1/Version"), "1.2");
    assert_eq!(device.get("Inventory/Deployed/c1/PkgIDRef"), "com.acme.pkg");
    assert_eq!(device.get("Inventory/Deployed/c1/State"), "20");
    let source = "Inventory/Delivered/p1/Operations/Install";
    assert_eq!(
        device.reported(),
        format!("{source} {}", data(1200, "com.acme.pkg"))
    );
    assert_eq!(status(device.exec(source)), 500);

    device
        .exec("Inventory/Delivered/p1/Operations/Remove")
        .unwrap();
    assert_eq!(device.get("Inventory/Delivered/p1/Status"), "30");
    assert_eq!(device.effect(), "p1 remove");
    device.scomo.handle_done(&package()).unwrap();
    assert_eq!(device.get("Inventory/Delivered"), "");
    let source = "Inventory/Delivered/p1/Operations/Remove";
    assert_eq!(
        device.reported(),
        format!("{source} {}", data(1200, "com.acme.pkg"))
    );
}

#[test]
fn download_and_install_in_one() {
    for (left, delivered) in [(Leftover::Package, "p1"), (Leftover::Nothing, "")] {
        let mut device = Device::described();
        device
            .exec("Download/p1/Operations/DownloadInstall")
            .unwrap();
        device.scomo.handle_downloaded(&package()).unwrap();
        device.scomo.handle_verified(&package()).unwrap();
        assert_eq!(device.get("Download/p1/Status"), "50");
        assert!(device.scomo.report().is_none());
        assert_eq!(device.effect(), "p1 install");
        let parts = vec![component(false)];
        device
            .scomo
            .handle_installed(&package(), parts, left)
            .unwrap();
        assert_eq!(device.get("Inventory/Delivered"), delivered);
        assert_eq!(device.get("Inventory/Deployed/c1/State"), "10");
        assert_eq!(device.scomo.components(), [component(false)]);
        let source = "Download/p1/Operations/DownloadInstall";
        assert_eq!(
            device.reported(),
            format!("{source} {}", data(1200, "com.acme.pkg"))
        );
    }
}

#[test]
fn components_are_activated_deactivated_and_removed() {
    let steps = [
        (false, "Activate", "50", "c1 activate", "20"),
        (true, "Deactivate", "70", "c1 deactivate", "10"),
    ];
    for (active, operation, progress, effect, state) in steps {
        let mut device = Device::deployed(active);
        let node = format!("Inventory/Deployed/c1/Operations/{operation}");
        device.exec(&node).unwrap();
        assert_eq!(device.get("Inventory/Deployed/c1/Status"), progress);
        assert_eq!(device.effect(), effect);
        device.scomo.handle_done(&part()).unwrap();
        assert_eq!(device.get("Inventory/Deployed/c1/Status"), "10");
        assert_eq!(device.get("Inventory/Deployed/c1/State"), state);
        assert_eq!(
            device.reported(),
            format!("{node} {}", data(1200, "com.acme.app"))
        );
        // Once more changes nothing.
        device.exec(&node).unwrap();
        assert_eq!(device.effect(), "-");
        assert_eq!(device.get("Inventory/Deployed/c1/Status"), "10");
        assert_eq!(
            device.reported(),
            format!("{node} {}", data(1200, "com.acme.app"))
        );
    }
    let mut device = Device::deployed(true);
    let node = "Inventory/Deployed/c1/Operations/Remove";
    device.exec(node).unwrap();
    assert_eq!(device.get("Inventory/Deployed/c1/Status"), "30");
    assert_eq!(device.effect(), "c1 remove");
    device.scomo.handle_done(&part()).unwrap();
    assert_eq!(device.get("Inventory/Deployed"), "");
    assert_eq!(
        device.reported(),
        format!("{node} {}", data(1200, "com.acme.app"))
    );
}

/// Numbers of results.
const FAILURES: [(ResultCode, u16); 16] = [
    (ResultCode::CLIENT_ERROR, 1400),
    (ResultCode::USER_CANCELLED, 1401),
    (ResultCode::DOWNLOAD_FAILED, 1402),
    (ResultCode::AUTHENTICATION, 1403),
    (ResultCode::NO_ROOM_TO_DOWNLOAD, 1404),
    (ResultCode::INSTALL_FAILED, 1405),
    (ResultCode::NO_ROOM_TO_INSTALL, 1406),
    (ResultCode::NOT_VALIDATED, 1407),
    (ResultCode::REMOVE_FAILED, 1408),
    (ResultCode::ACTIVATE_FAILED, 1409),
    (ResultCode::DEACTIVATE_FAILED, 1410),
    (ResultCode::NOT_IMPLEMENTED, 1411),
    (ResultCode::UNDEFINED, 1412),
    (ResultCode::WRONG_ENVIRONMENT, 1413),
    (ResultCode::SERVER_ERROR, 1500),
    (ResultCode::SERVER_UNAVAILABLE, 1501),
];

/// What fails, where its Status stands, and that then, with and without data.
fn failing() -> Vec<(
    Device,
    Target,
    &'static str,
    &'static str,
    [&'static str; 2],
)> {
    let (with, without) = (
        "Download/p1/Operations/",
        "Inventory/Delivered/p1/Operations/",
    );
    let status = ["Download/p1/Status", "Inventory/Delivered/p1/Status"];
    let on_part = "Inventory/Deployed/c1/Operations/";
    let part_status = "Inventory/Deployed/c1/Status";
    let start = |mut device: Device, node: &str| {
        device.exec(node).unwrap();
        device
    };
    let fetching = |operation: &str| start(Device::described(), &format!("{with}{operation}"));
    let checking = fetching("Download");
    checking.scomo.handle_downloaded(&package()).unwrap();
    let installing = fetching("DownloadInstall");
    installing.scomo.handle_downloaded(&package()).unwrap();
    installing.scomo.handle_verified(&package()).unwrap();
    let on = |node: &str| start(Device::delivered(), &format!("{without}{node}"));
    let component =
        |active, node: &str| start(Device::deployed(active), &format!("{on_part}{node}"));
    vec![
        (
            fetching("Download"),
            package(),
            "Download",
            status[0],
            ["20"; 2],
        ),
        (checking, package(), "Download", status[0], ["20"; 2]),
        (
            fetching("DownloadInstall"),
            package(),
            "DownloadInstall",
            status[0],
            ["20"; 2],
        ),
        (
            installing,
            package(),
            "DownloadInstall",
            status[0],
            ["60", "70"],
        ),
        (on("Install"), package(), "Install", status[1], ["50", "60"]),
        (on("Remove"), package(), "Remove", status[1], ["20"; 2]),
        (
            component(false, "Activate"),
            part(),
            "Activate",
            part_status,
            ["40"; 2],
        ),
        (
            component(true, "Deactivate"),
            part(),
            "Deactivate",
            part_status,
            ["60"; 2],
        ),
        (
            component(true, "Remove"),
            part(),
            "Remove",
            part_status,
            ["20"; 2],
        ),
    ]
}

#[test]
fn every_failure_of_every_operation() {
    assert_eq!(ResultCode::NAMED.len(), FAILURES.len() + 1);
    let own = [1450, 1599].map(|code| (ResultCode::vendor(code).unwrap(), code));
    for (failure, code) in FAILURES.into_iter().chain(own) {
        for (before, target, operation, at, wanted) in failing() {
            for (left, wanted) in [Leftover::Package, Leftover::Nothing]
                .into_iter()
                .zip(wanted)
            {
                let device = before.power_cut();
                device.scomo.handle_failed(&target, failure, left).unwrap();
                assert_eq!(device.get(at), wanted, "{operation}");
                if operation == "DownloadInstall" {
                    let kept = if wanted == "60" { "p1" } else { "" };
                    assert_eq!(device.get("Inventory/Delivered"), kept);
                }
                let report = device.reported();
                assert!(
                    report.contains(&format!("/Operations/{operation} ")),
                    "{report}"
                );
                assert!(report.contains(&format!(">{code}<")), "{report}");
                assert_eq!(device.effect(), "-");
                let again = device.scomo.handle_failed(&target, failure, left);
                assert_eq!(again.unwrap_err().code(), "dm-misuse");
            }
        }
    }
    for code in [0, 1200, 1249, 1300, 1413, 1449, 1500, 1549, 1600] {
        assert!(ResultCode::vendor(code).is_err(), "{code}");
    }
    assert!(ResultCode::vendor(1250).unwrap().is_success());
}

#[test]
fn a_package_that_is_gone_is_not_installed_but_can_be_removed() {
    let mut device = Device::delivered();
    let install = "Inventory/Delivered/p1/Operations/Install";
    device.exec(install).unwrap();
    let code = ResultCode::INSTALL_FAILED;
    device
        .scomo
        .handle_failed(&package(), code, Leftover::Nothing)
        .unwrap();
    assert_eq!(status(device.exec(install)), 500);
    device
        .exec("Inventory/Delivered/p1/Operations/Remove")
        .unwrap();
    device.scomo.handle_done(&package()).unwrap();
    assert_eq!(device.get("Inventory/Delivered"), "");
    // One that failed with its data is tried again.
    let mut device = Device::delivered();
    device.exec(install).unwrap();
    device
        .scomo
        .handle_failed(&package(), code, Leftover::Package)
        .unwrap();
    device.exec(install).unwrap();
}

#[test]
fn power_cuts_at_every_stage() {
    let effects = [
        ("p1 download", "p1 download"),
        ("p1 verify", "p1 verify"),
        ("p1 download", "p1 download"),
        ("p1 install", "p1 ask DownloadInstall"),
        ("p1 install", "p1 ask Install"),
        ("p1 remove", "p1 ask RemovePackage"),
        ("c1 activate", "c1 ask Activate"),
        ("c1 deactivate", "c1 ask Deactivate"),
        ("c1 remove", "c1 ask RemoveComponent"),
    ];
    for ((before, target, _, at, _), (first, then)) in failing().into_iter().zip(effects) {
        assert!(before.effect().starts_with(first));
        let fetching = before.scomo.handle_download_progress(&target, 77).is_ok();
        let after = before.power_cut();
        assert_eq!(after.get(at), before.get(at));
        let effect = after.effect();
        assert!(effect.starts_with(then), "{effect}");
        assert_eq!(effect.ends_with(" 77"), fetching);
        assert_eq!(after.effect(), "-");
        assert_eq!(
            after.scomo.snapshot().octets(),
            before.scomo.snapshot().octets()
        );
        if effect.contains("ask") {
            after.scomo.handle_not_begun(&target).unwrap();
            assert_eq!(after.effect(), first);
        } else {
            assert!(after.scomo.handle_not_begun(&target).is_err());
        }
    }
    // A result waits for its answer.
    let mut device = Device::deployed(true);
    device
        .exec("Inventory/Deployed/c1/Operations/Activate")
        .unwrap();
    let device = device.power_cut();
    let node = "Inventory/Deployed/c1/Operations/Activate";
    assert_eq!(
        device.reported(),
        format!("{node} {}", data(1200, "com.acme.app"))
    );
}

#[test]
fn everything_else_is_refused() {
    let mut device = Device::delivered();
    device.scomo.put_component(component(true)).unwrap();
    // Optional primitives: 406.
    for node in [
        "Download/p1/Operations/DownloadInstallInactive",
        "Inventory/Delivered/p1/Operations/InstallInactive",
    ] {
        assert_eq!(status(device.exec(node)), 406, "{node}");
    }
    // What is no primitive: 405 and 404.
    for (node, code) in [
        ("Download/p1", 405),
        ("Download/p1/Operations", 405),
        ("Download/p1/PkgURL", 405),
        ("Inventory/Deployed/c1", 405),
        ("Inventory/Deployed/c1/Operations/Install", 404),
        ("Inventory/Deployed/c2/Operations/Remove", 404),
        ("Download/p2/Operations/Download", 404),
        ("Inventory/Delivered/p1/Operations/Download", 404),
        ("Ext", 404),
    ] {
        assert_eq!(status(device.exec(node)), code, "{node}");
    }
    let by = new_operator();
    let add = |device: &mut Device, node: &str, kind| {
        status(device.tree.add(&by, &uri(&format!("./SCOMO/{node}")), kind))
    };
    for node in ["Data", "InstallParams", "EnvType", "Description", "Status2"] {
        assert_eq!(
            add(&mut device, &format!("Download/p1/{node}"), text("x")),
            405
        );
    }
    assert_eq!(add(&mut device, "Download/p2", text("x")), 405);
    assert_eq!(add(&mut device, "Download/p1/Ext", interior()), 405);
    assert_eq!(add(&mut device, "Inventory/Delivered/p2", interior()), 405);
    assert_eq!(
        add(&mut device, "Inventory/Delivered/p1/Data", text("x")),
        405
    );
    assert_eq!(add(&mut device, "Inventory/Deployed/c2", interior()), 405);
    assert_eq!(add(&mut device, "Other", interior()), 405);
    let at = |node: &str| uri(&format!("./SCOMO/{node}"));
    for node in [
        "Download",
        "Download/p1/PkgURL",
        "Inventory/Delivered/p1",
        "Inventory/Deployed/c1",
        "Inventory/Deployed/c1/Operations/Remove",
    ] {
        assert_eq!(status(device.tree.delete(&by, &at(node))), 405, "{node}");
    }
    for node in [
        "Download/p1/Status",
        "Inventory/Delivered/p1/State",
        "Inventory/Deployed/c1/ID",
        "Inventory/Deployed/c1/Operations/Remove",
    ] {
        assert_eq!(status(device.tree.replace(&by, &at(node), over("20"))), 405);
    }
    let remove = at("Inventory/Deployed/c1/Operations/Remove");
    assert_eq!(status(device.tree.get(&by, &remove)), 405);
    let octets = NodeKind::Leaf(Value::octets(b"https://h/".to_vec()));
    device
        .tree
        .add(&by, &at("Download/p3"), interior())
        .unwrap();
    assert_eq!(add(&mut device, "Download/p3/PkgURL", octets), 415);
    assert_eq!(
        add(&mut device, "Download/p3/PkgURL", text("ftp://h/")),
        400
    );
    assert_eq!(
        add(&mut device, "Download/p3/PkgID", text(&"x".repeat(256))),
        413
    );
    let wrong = device
        .tree
        .replace(&by, &at("Download/p1/PkgURL"), over("file:///x"));
    assert_eq!(status(wrong), 400);
    assert_eq!(device.get("Download/p1/PkgURL"), URL);
    device.tree.delete(&by, &at("Download/p1")).unwrap();
    assert_eq!(device.get("Download"), "p3");
}

#[test]
fn another_server_gets_nowhere() {
    let mut device = Device::delivered();
    device.scomo.put_component(component(true)).unwrap();
    let other = old_operator();
    let call = Execution::default();
    for node in [
        "Download",
        "Download/p1",
        "Download/p1/PkgURL",
        "Download/p1/Operations/Download",
        "Inventory/Delivered/p1/Operations/Install",
        "Inventory/Deployed/c1",
        "Inventory/Deployed/c1/Operations/Remove",
    ] {
        let at = uri(&format!("./SCOMO/{node}"));
        assert_eq!(status(device.tree.get(&other, &at)), 425, "{node}");
        assert_eq!(status(device.tree.replace(&other, &at, over("x"))), 425);
        assert_eq!(status(device.tree.exec(&other, &at, &call)), 425);
        assert_eq!(status(device.tree.delete(&other, &at)), 425);
    }
    let new = uri("./SCOMO/Download/p2");
    assert_eq!(status(device.tree.add(&other, &new, interior())), 425);
}

#[test]
fn a_package_without_a_url_is_reported() {
    let mut device = Device::new();
    let at = uri("./SCOMO/Download/p1");
    device.tree.add(&new_operator(), &at, interior()).unwrap();
    let node = "Download/p1/Operations/DownloadInstall";
    device.exec(node).unwrap();
    assert_eq!(device.get("Download/p1/Status"), "20");
    assert_eq!(device.effect(), "-");
    assert_eq!(device.reported(), format!("{node} {}", data(1402, "p1")));
}

#[test]
fn several_at_a_time_and_one_on_each() {
    let mut device = Device::described();
    device.scomo.put_component(component(false)).unwrap();
    let by = new_operator();
    device.exec("Download/p1/Operations/Download").unwrap();
    let activate = "Inventory/Deployed/c1/Operations/Activate";
    device.exec(activate).unwrap();
    assert_eq!(device.effect(), format!("p1 download {URL} 0"));
    assert_eq!(device.effect(), "c1 activate");
    device
        .scomo
        .handle_commanded_by(&id("s.c"), &uri(&format!("./SCOMO/{activate}")))
        .unwrap();
    // Nothing else is begun on either, nor is the package described anew.
    for node in [
        "Download/p1/Operations/DownloadInstall",
        "Inventory/Deployed/c1/Operations/Remove",
    ] {
        assert_eq!(status(device.exec(node)), 500, "{node}");
    }
    let at = uri("./SCOMO/Download/p1/PkgURL");
    assert_eq!(status(device.tree.replace(&by, &at, over(URL))), 500);
    assert_eq!(
        status(device.tree.delete(&by, &uri("./SCOMO/Download/p1"))),
        500
    );
    // Each ends for itself.
    let device = device.power_cut();
    assert!(device.scomo.handle_done(&package()).is_err());
    device.scomo.handle_done(&part()).unwrap();
    assert_eq!(device.scomo.report().unwrap().server, Some(id("s.c")));
    device.scomo.handle_downloaded(&package()).unwrap();
    device.scomo.handle_verified(&package()).unwrap();
    assert!(device.reported().starts_with(activate));
    assert_eq!(device.scomo.report().unwrap().server, None);
    assert!(device.reported().starts_with("Download/p1/"));
}

#[test]
fn lists_and_jobs_have_an_end() {
    let mut device = Device::new();
    let by = new_operator();
    for number in 0..64 {
        let at = uri(&format!("./SCOMO/Download/p{number}"));
        device.tree.add(&by, &at, interior()).unwrap();
        let part = Component {
            node: format!("c{number}"),
            ..component(false)
        };
        device.scomo.put_component(part).unwrap();
    }
    let at = uri("./SCOMO/Download/more");
    assert_eq!(status(device.tree.add(&by, &at, interior())), 420);
    let more = Component {
        node: "more".to_owned(),
        ..component(false)
    };
    assert_eq!(status(device.scomo.put_component(more)), 420);
    for wrong in ["", "a/b", "..", "a?b"] {
        let part = Component {
            node: wrong.to_owned(),
            ..component(false)
        };
        assert_eq!(status(device.scomo.put_component(part)), 400, "{wrong}");
    }
    for number in 0..8 {
        let node = format!("Inventory/Deployed/c{number}/Operations/Activate");
        assert_eq!(status(device.exec(&node)), 200);
    }
    let node = "Inventory/Deployed/c8/Operations/Activate";
    assert_eq!(status(device.exec(node)), 500);
}

#[test]
fn components_that_can_not_be_listed_are_not_installed() {
    let mut device = Device::delivered();
    device
        .exec("Inventory/Delivered/p1/Operations/Install")
        .unwrap();
    let wrong = Component {
        node: "a/b".to_owned(),
        ..component(true)
    };
    let parts = vec![component(true), wrong];
    let outcome = device
        .scomo
        .handle_installed(&package(), parts, Leftover::Package);
    assert_eq!(status(outcome), 400);
    assert!(device.scomo.components().is_empty());
    assert_eq!(device.get("Inventory/Delivered/p1/Status"), "40");
}

#[test]
fn identifiers_are_escaped_in_reports() {
    let device = Device::new();
    let part = Component {
        id: "<a>&b".to_owned(),
        ..component(true)
    };
    device.scomo.put_component(part).unwrap();
    let mut device = device;
    device
        .exec("Inventory/Deployed/c1/Operations/Activate")
        .unwrap();
    let report = device.reported();
    assert!(
        report.ends_with("<Identifier>&lt;a&gt;&amp;b</Identifier>"),
        "{report}"
    );
}

#[test]
fn an_atomic_that_fails_leaves_no_trace_and_no_effect() {
    let mut device = Device::described();
    device.tree.begin().unwrap();
    device.exec("Download/p1/Operations/Download").unwrap();
    let at = uri("./SCOMO/Download/p2");
    device.tree.add(&new_operator(), &at, interior()).unwrap();
    assert_eq!(device.effect(), "-");
    assert_eq!(device.power_cut().get("Download/p1/Status"), "10");
    device.tree.roll_back().unwrap();
    assert_eq!(device.effect(), "-");
    assert_eq!(device.get("Download"), "p1");
    assert_eq!(device.get("Download/p1/Status"), "10");
}

/// A job whose package or component is not there is no job.
#[test]
fn a_snapshot_that_contradicts_itself_is_refused() {
    for (device, target, operation, ..) in failing() {
        let octets = device.scomo.snapshot().octets().to_vec();
        let name = target.name().as_bytes();
        let field = [&[0, 0, 0, 0, 0, 0, 0, 2], name].concat();
        let last = octets.windows(field.len()).rposition(|at| at == field);
        let mut wrong = octets.clone();
        wrong[last.unwrap() + field.len() - 1] = b'9';
        let wrong = Scomo::restore(&Snapshot::from_octets(wrong));
        assert_eq!(
            wrong.err().unwrap().code(),
            "dm-command-failed",
            "{operation}"
        );
    }
}

#[test]
fn a_snapshot_that_is_not_one_is_refused() {
    for (device, ..) in failing() {
        let octets = device.scomo.snapshot().octets().to_vec();
        for cut in 0..octets.len() {
            let torn = Snapshot::from_octets(octets[..cut].to_vec());
            assert!(Scomo::restore(&torn).is_err(), "{cut}");
        }
        // Any octet may be wrong; nothing panics.
        for at in 0..octets.len() {
            for bit in 0..8 {
                let mut wrong = octets.clone();
                wrong[at] ^= 1 << bit;
                if let Ok(scomo) = Scomo::restore(&Snapshot::from_octets(wrong)) {
                    drop(scomo.poll_effect());
                }
            }
        }
    }
}
