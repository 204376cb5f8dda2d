//! The firmware update object (OMA FUMO 1.0): its nodes (clause 5.1), its
//! states (clauses 5.1 and 6), its reports (clause 6.2), power cuts.

use dm::Error;
use dm::client::{self, GenericAlert};
use dm::objects::fumo::{Effect, Expected, Fumo, Leftover, Operation, Package, ResultCode, State};
use dm::objects::{DownloadUrl, Snapshot};
use dm::tree::{Acl, Executed, Execution, Node, Right, Tree};

use crate::kit::{
    Talk, device_tree, exec, in_batches, new_operator, old_operator, over, plain_client,
    plain_server, text, uri,
};

const AT: &str = "./FUMO/modem";
const URL: &str = "https://dl.test/modem-2.bin?t=1";

struct Device {
    tree: Tree,
    fumo: Fumo,
}

fn mounted(fumo: Fumo) -> Device {
    let mut tree = device_tree();
    tree.put(uri("./FUMO"), Node::interior().permanent())
        .unwrap();
    let acl = Acl::only(&new_operator(), &Right::ALL);
    fumo.mount(&mut tree, Some(acl)).unwrap();
    Device { tree, fumo }
}

impl Device {
    fn new() -> Self {
        mounted(Fumo::new(uri(AT)))
    }

    fn power_cut(&self) -> Self {
        let octets = self.fumo.snapshot().octets().to_vec();
        mounted(Fumo::restore(&Snapshot::from_octets(octets)).unwrap())
    }

    fn exec(&mut self, node: &str, correlator: &str) -> Result<Executed, Error> {
        let call = Execution {
            correlator: Some(correlator.to_owned()),
            argument: None,
        };
        let at = uri(&format!("{AT}/{node}"));
        self.tree.exec(&new_operator(), &at, &call)
    }

    fn replace(&mut self, node: &str, value: &str) -> Result<(), Error> {
        let at = uri(&format!("{AT}/{node}"));
        self.tree.replace(&new_operator(), &at, over(value))
    }

    fn get(&self, node: &str) -> Result<String, Error> {
        let at = uri(&format!("{AT}/{node}"));
        let value = self.tree.get(&new_operator(), &at)?;
        Ok(String::from_utf8(value.data().to_vec()).unwrap())
    }

    /// The number in the leaf State.
    fn state(&self) -> u8 {
        let shown = self.get("State").unwrap().parse().unwrap();
        assert_eq!(self.fumo.state().number(), shown);
        shown
    }

    fn started(node: &str, correlator: &str) -> Self {
        let mut device = Self::new();
        device.replace(&format!("{node}/PkgURL"), URL).unwrap();
        assert_eq!(device.exec(node, correlator).unwrap(), Executed::Accepted);
        assert_eq!(device.state(), 30);
        device
    }

    /// The next effect in a word.
    fn effect(&self) -> String {
        let from = |package: &Package| match package {
            Package::Downloaded => "file".to_owned(),
            Package::Received(data) => String::from_utf8(data.expose().clone()).unwrap(),
        };
        match self.fumo.poll_effect() {
            None => "-".to_owned(),
            Some(Effect::Download { url, offset, .. }) => format!("download {url} {offset}"),
            Some(Effect::Verify(package)) => format!("verify {}", from(&package)),
            Some(Effect::Apply(package)) => format!("apply {}", from(&package)),
            Some(Effect::AskOutcome) => "ask".to_owned(),
            Some(_) => panic!("an effect without a test"),
        }
    }

    /// The report that is due, which is then answered.
    fn reported(&self) -> (String, String) {
        let alert = self.fumo.report().unwrap().alert;
        assert_eq!(alert.source, Some(uri(AT)));
        assert_eq!(alert.value.format().to_string(), "int");
        self.fumo.handle_reported().unwrap();
        let code = String::from_utf8(alert.value.data().to_vec()).unwrap();
        assert_eq!(alert.mark.is_none(), code.starts_with('2'), "{code}");
        let type_ = alert
            .type_
            .strip_prefix("org.openmobilealliance.dm.firmwareupdate.");
        let correlator = alert.correlator.unwrap_or_default();
        (format!("{} {code}", type_.unwrap()), correlator)
    }
}

fn report(text: &str, correlator: &str) -> (String, String) {
    (text.to_owned(), correlator.to_owned())
}

fn status<T>(outcome: Result<T, Error>) -> u16 {
    outcome.map_or_else(|error| error.status().0, |_| 200)
}

#[test]
fn download_then_update() {
    let mut device = Device::started("Download", "c1");
    assert_eq!(device.effect(), format!("download {URL} 0"));
    assert_eq!(device.effect(), "-");
    device.fumo.handle_download_progress(500).unwrap();
    device.fumo.handle_download_progress(1000).unwrap();
    device.fumo.handle_downloaded(true).unwrap();
    assert_eq!(device.state(), 40);
    assert_eq!(device.effect(), "verify file");
    assert!(device.fumo.report().is_none());
    device.fumo.handle_verified().unwrap();
    assert_eq!((device.state(), device.effect()), (50, "-".to_owned()));
    assert_eq!(device.reported(), report("download 200", "c1"));
    device.exec("Update", "c2").unwrap();
    assert_eq!(device.state(), 60);
    assert_eq!(device.effect(), "apply file");
    let success = ResultCode::SUCCESS;
    device
        .fumo
        .handle_applied(success, Leftover::Package)
        .unwrap();
    assert_eq!(device.state(), 90);
    assert_eq!(device.reported(), report("update 200", "c2"));
    assert!(device.fumo.report().is_none());
    for state in [100, 10] {
        device.fumo.handle_cleaned_up().unwrap();
        assert_eq!(device.state(), state);
    }
    assert!(device.fumo.handle_cleaned_up().is_err());
}

#[test]
fn download_and_update_in_one() {
    let device = Device::started("DownloadAndUpdate", "c1");
    assert_eq!(device.effect(), format!("download {URL} 0"));
    device.fumo.handle_downloaded(true).unwrap();
    assert_eq!(device.effect(), "verify file");
    device.fumo.handle_verified().unwrap();
    assert_eq!(device.state(), 60);
    assert!(device.fumo.report().is_none());
    assert_eq!(device.effect(), "apply file");
    let vendor = ResultCode::vendor(250).unwrap();
    device
        .fumo
        .handle_applied(vendor, Leftover::Nothing)
        .unwrap();
    assert_eq!(device.state(), 100);
    assert_eq!(device.reported(), report("downloadandupdate 250", "c1"));
}

#[test]
fn a_package_in_the_tree() {
    let mut device = Device::new();
    device.replace("Update/PkgData", "octets").unwrap();
    assert_eq!((device.state(), device.effect()), (50, "-".to_owned()));
    // Never to be read.
    assert_eq!(status(device.get("Update/PkgData")), 405);
    device.exec("Update", "c1").unwrap();
    assert_eq!(device.effect(), "verify octets");
    device.fumo.handle_verified().unwrap();
    assert_eq!(
        (device.state(), device.effect()),
        (60, "apply octets".to_owned())
    );
    device
        .fumo
        .handle_failed(ResultCode::UPDATE_FAILED)
        .unwrap();
    assert_eq!(device.state(), 70);
    assert_eq!(device.reported(), report("update 410", "c1"));
    // The server tries the same package again.
    device.exec("Update", "c2").unwrap();
    assert_eq!(device.effect(), "apply octets");
    let success = ResultCode::SUCCESS;
    device
        .fumo
        .handle_applied(success, Leftover::Nothing)
        .unwrap();
    assert_eq!(device.state(), 100);
    assert_eq!(status(device.exec("Update", "c3")), 500);
    // No octets, no package.
    device.replace("Update/PkgData", "more").unwrap();
    device.replace("Update/PkgData", "").unwrap();
    assert_eq!(device.state(), 10);
}

/// The numbers of clause 6.2.4.
const FAILURES: [(ResultCode, u16); 17] = [
    (ResultCode::CLIENT_ERROR, 400),
    (ResultCode::USER_CANCELLED, 401),
    (ResultCode::CORRUPTED, 402),
    (ResultCode::DEVICE_MISMATCH, 403),
    (ResultCode::NOT_VALIDATED, 404),
    (ResultCode::NOT_ACCEPTABLE, 405),
    (ResultCode::AUTHENTICATION, 406),
    (ResultCode::TIMED_OUT, 407),
    (ResultCode::NOT_IMPLEMENTED, 408),
    (ResultCode::UNDEFINED, 409),
    (ResultCode::UPDATE_FAILED, 410),
    (ResultCode::BAD_URL, 411),
    (ResultCode::SERVER_UNAVAILABLE, 412),
    (ResultCode::SERVER_ERROR, 500),
    (ResultCode::NO_ROOM_TO_DOWNLOAD, 501),
    (ResultCode::NO_ROOM_TO_UPDATE, 502),
    (ResultCode::NETWORK, 503),
];

#[test]
fn every_failure_at_every_stage() {
    assert_eq!(ResultCode::NAMED.len(), FAILURES.len() + 1);
    let own = [450, 499, 550, 599].map(|code| (ResultCode::vendor(code).unwrap(), code));
    for (failure, code) in FAILURES.into_iter().chain(own) {
        // Fetching, checking what was fetched, installing.
        for (stage, state) in [20, 20, 70].into_iter().enumerate() {
            for node in ["Download", "DownloadAndUpdate"] {
                if stage == 2 && node == "Download" {
                    continue;
                }
                let device = Device::started(node, "c1");
                if stage > 0 {
                    device.fumo.handle_downloaded(true).unwrap();
                }
                if stage > 1 {
                    device.fumo.handle_verified().unwrap();
                }
                device.fumo.handle_failed(failure).unwrap();
                assert_eq!(device.state(), state);
                let type_ = node.to_lowercase();
                assert_eq!(device.reported(), report(&format!("{type_} {code}"), "c1"));
                assert_eq!(device.effect(), "-");
                assert!(device.fumo.handle_failed(failure).is_err());
            }
        }
    }
    for code in [0, 200, 249, 300, 400, 413, 449, 500, 549, 600] {
        assert!(ResultCode::vendor(code).is_err(), "{code}");
    }
}

#[test]
fn a_package_that_fails_its_check_when_it_is_to_be_installed_is_gone() {
    let mut device = Device::new();
    device.replace("Update/PkgData", "octets").unwrap();
    device.exec("Update", "c1").unwrap();
    device
        .fumo
        .handle_failed(ResultCode::NOT_VALIDATED)
        .unwrap();
    assert_eq!(device.state(), 80);
    assert_eq!(device.reported(), report("update 404", "c1"));
    assert_eq!(status(device.exec("Update", "c2")), 500);
}

#[test]
fn another_digest_or_length_is_402() {
    let device = Device::started("Download", "c1");
    device.fumo.handle_downloaded(false).unwrap();
    assert_eq!(device.state(), 20);
    assert_eq!(device.reported(), report("download 402", "c1"));

    let digest = "AB".repeat(32);
    for (stored, state) in [(999, 20), (1000, 40)] {
        let mut device = Device::new();
        device.replace("Ext/rehome/Size", "1000").unwrap();
        device.replace("Ext/rehome/SHA256", &digest).unwrap();
        device.replace("Download/PkgURL", URL).unwrap();
        assert_eq!(device.get("Ext/rehome/SHA256").unwrap(), "ab".repeat(32));
        device.exec("Download", "c1").unwrap();
        let Some(Effect::Download { expected, .. }) = device.fumo.poll_effect() else {
            panic!("no download");
        };
        let wanted = Expected {
            size: Some(1000),
            sha256: Some([0xab; 32]),
        };
        assert_eq!(expected, wanted);
        device.fumo.handle_download_progress(stored).unwrap();
        device.fumo.handle_downloaded(true).unwrap();
        assert_eq!(device.state(), state);
    }
    let mut device = Device::new();
    for (node, wrong) in [
        ("Size", "-1"),
        ("Size", "x"),
        ("SHA256", "ab"),
        ("SHA256", "zz"),
    ] {
        assert_eq!(
            status(device.replace(&format!("Ext/rehome/{node}"), wrong)),
            412
        );
    }
}

#[test]
fn urls_that_can_not_be() {
    let long = format!("https://h/{}", "a".repeat(DownloadUrl::MAX_LENGTH));
    let wrong = [
        ("", 400),
        ("ftp://dl.test/a", 400),
        ("file:///etc/passwd", 400),
        ("javascript://x/", 400),
        ("dl.test/a", 400),
        ("//dl.test/a", 400),
        ("http:/dl.test/a", 400),
        ("https://", 400),
        ("https:///a", 400),
        ("https://:443/a", 400),
        ("https://user:pw@dl.test/a", 400),
        ("https://dl.test@evil.test/a", 400),
        ("https://dl.test:0/a", 400),
        ("https://dl.test:65536/a", 400),
        ("https://dl.test:+1/a", 400),
        ("https://dl.test:/a", 400),
        ("https://dl test/a", 400),
        ("https://dl.test/a b", 400),
        ("https://dl.test/\r\nX: y", 400),
        ("https://dl.test/ä", 400),
        ("https://dl.test/a#b", 400),
        ("https://[::1/a", 400),
        ("https://[::g]/a", 400),
        ("https://[::1]x/a", 400),
        ("https://dl$test/", 400),
        (long.as_str(), 413),
    ];
    let mut device = Device::new();
    for (url, code) in wrong {
        for node in ["Download", "DownloadAndUpdate"] {
            let outcome = device.replace(&format!("{node}/PkgURL"), url);
            assert_eq!(status(outcome), code, "{url}");
        }
    }
    assert_eq!(device.get("Download/PkgURL").unwrap(), "");
    let right = [
        "http://h",
        "HTTPS://dl.test:8443?x=%20",
        "https://[2001:db8::1]:8443/a",
        "https://192.0.2.1/a;b?c=d/e@f",
    ];
    for url in right {
        device.replace("Download/PkgURL", url).unwrap();
        assert_eq!(device.get("Download/PkgURL").unwrap(), url);
    }
}

#[test]
fn an_exec_without_a_url_is_reported_as_411() {
    for node in ["Download", "DownloadAndUpdate"] {
        let mut device = Device::new();
        assert_eq!(device.exec(node, "c1").unwrap(), Executed::Accepted);
        assert_eq!((device.state(), device.effect()), (20, "-".to_owned()));
        let type_ = node.to_lowercase();
        assert_eq!(device.reported(), report(&format!("{type_} 411"), "c1"));
    }
}

#[test]
fn nothing_is_changed_while_an_operation_is_under_way() {
    let mut fetching = Device::started("DownloadAndUpdate", "c1");
    for state in [30, 40, 60] {
        assert_eq!(fetching.state(), state);
        for node in ["Download", "Update", "DownloadAndUpdate"] {
            assert_eq!(status(fetching.exec(node, "c2")), 500);
        }
        for (node, value) in [
            ("Download/PkgURL", "https://other.test/"),
            ("DownloadAndUpdate/PkgURL", "https://other.test/"),
            ("Update/PkgData", "octets"),
            ("Ext/rehome/Size", "7"),
        ] {
            assert_eq!(status(fetching.replace(node, value)), 500, "{node}");
        }
        assert!(fetching.fumo.handle_cleaned_up().is_err());
        match state {
            30 => fetching.fumo.handle_downloaded(true).unwrap(),
            _ => drop(fetching.fumo.handle_verified()),
        }
    }
    assert_eq!(fetching.get("DownloadAndUpdate/PkgURL").unwrap(), URL);
}

#[test]
fn another_package_makes_the_one_at_hand_forgotten() {
    for (node, value) in [
        ("Download/PkgURL", "https://other.test/"),
        ("Ext/rehome/Size", "7"),
    ] {
        let mut device = Device::started("Download", "c1");
        device.fumo.handle_downloaded(true).unwrap();
        device.fumo.handle_verified().unwrap();
        device.replace(node, value).unwrap();
        assert_eq!(device.state(), 10);
        assert_eq!(status(device.exec("Update", "c2")), 500);
    }
}

#[test]
fn the_nodes_and_what_they_take() {
    let mut device = Device::new();
    let children = "Download/Update/DownloadAndUpdate/State/Ext";
    let top = device.tree.get(&new_operator(), &uri(AT)).unwrap();
    assert_eq!(top.data(), children.as_bytes());
    let (name, version) = (Some("modem".to_owned()), Some("2".to_owned()));
    device.fumo.describe(name, version).unwrap();
    assert_eq!(device.get("PkgName").unwrap(), "modem");
    assert_eq!(device.get("PkgVersion").unwrap(), "2");
    let table = [
        // Get, Replace, Exec, Add of a child or of itself, Delete.
        ("PkgName", [200, 405, 405, 418, 405]),
        ("PkgVersion", [200, 405, 405, 418, 405]),
        ("Download", [200, 405, 200, 418, 405]),
        ("Download/PkgURL", [200, 200, 405, 418, 405]),
        ("Update", [200, 405, 500, 418, 405]),
        ("Update/PkgData", [405, 200, 405, 418, 405]),
        ("DownloadAndUpdate", [200, 405, 200, 418, 405]),
        ("DownloadAndUpdate/PkgURL", [200, 200, 405, 418, 405]),
        ("State", [200, 405, 405, 418, 405]),
        ("Ext", [200, 405, 405, 418, 405]),
        ("Ext/rehome", [200, 405, 405, 418, 405]),
        ("Ext/vendor", [404, 404, 404, 405, 404]),
        ("More", [404, 404, 404, 405, 404]),
    ];
    let (by, call) = (new_operator(), Execution::default());
    for (node, wanted) in table {
        let mut device = device.power_cut();
        let at = uri(&format!("{AT}/{node}"));
        let got = [
            status(device.tree.get(&by, &at)),
            status(device.tree.replace(&by, &at, over("https://h/"))),
            status(device.tree.exec(&by, &at, &call)),
            status(device.tree.add(&by, &at, text("x"))),
            status(device.tree.delete(&by, &at)),
        ];
        assert_eq!(got, wanted, "{node}");
        let other = old_operator();
        if wanted[0] != 404 {
            assert_eq!(status(device.tree.get(&other, &at)), 425, "{node}");
            assert_eq!(status(device.tree.replace(&other, &at, over("x"))), 425);
            assert_eq!(status(device.tree.exec(&other, &at, &call)), 425);
        }
    }
    assert_eq!(status(device.tree.delete(&by, &uri(AT))), 405);
}

#[test]
fn a_power_cut_while_fetching_goes_on_from_the_stored_offset() {
    let device = Device::started("DownloadAndUpdate", "c1");
    device.fumo.handle_commanded_by(&new_operator()).unwrap();
    assert_eq!(device.effect(), format!("download {URL} 0"));
    device.fumo.handle_download_progress(4096).unwrap();
    let device = device.power_cut();
    assert_eq!(device.state(), 30);
    assert_eq!(device.effect(), format!("download {URL} 4096"));
    assert_eq!(device.effect(), "-");
    let device = device.power_cut();
    assert_eq!(device.effect(), format!("download {URL} 4096"));
    // The server does not resume.
    device.fumo.handle_download_progress(0).unwrap();
    device.fumo.handle_failed(ResultCode::NETWORK).unwrap();
    let device = device.power_cut();
    assert_eq!(device.fumo.report().unwrap().server, Some(new_operator()));
    assert_eq!(device.reported(), report("downloadandupdate 503", "c1"));
}

#[test]
fn a_power_cut_while_checking_checks_again() {
    let device = Device::started("Download", "c1");
    device.fumo.handle_downloaded(true).unwrap();
    assert_eq!(device.effect(), "verify file");
    let device = device.power_cut();
    assert_eq!(
        (device.state(), device.effect()),
        (40, "verify file".to_owned())
    );
    device.fumo.handle_verified().unwrap();
    assert_eq!(device.state(), 50);

    let mut device = Device::new();
    device.replace("Update/PkgData", "octets").unwrap();
    device.exec("Update", "c2").unwrap();
    assert_eq!(device.effect(), "verify octets");
    let device = device.power_cut();
    assert_eq!(
        (device.state(), device.effect()),
        (60, "verify octets".to_owned())
    );
    // Nothing was installed yet, so nothing can have come of it.
    let success = ResultCode::SUCCESS;
    assert!(
        device
            .fumo
            .handle_applied(success, Leftover::Package)
            .is_err()
    );
    device.fumo.handle_verified().unwrap();
    assert_eq!(device.effect(), "apply octets");
}

#[test]
fn a_power_cut_while_installing_asks_what_came_of_it() {
    let installing = || {
        let device = Device::started("DownloadAndUpdate", "c1");
        device.fumo.handle_downloaded(true).unwrap();
        device.fumo.handle_verified().unwrap();
        assert_eq!(device.effect(), "apply file");
        let device = device.power_cut();
        assert_eq!((device.state(), device.effect()), (60, "ask".to_owned()));
        device
    };
    let outcomes = [
        (ResultCode::SUCCESS, Leftover::Package, 90, "200"),
        (ResultCode::SUCCESS, Leftover::Nothing, 100, "200"),
        (ResultCode::UPDATE_FAILED, Leftover::Package, 70, "410"),
        (ResultCode::UPDATE_FAILED, Leftover::Nothing, 80, "410"),
    ];
    for (code, left, state, number) in outcomes {
        let device = installing();
        device.fumo.handle_applied(code, left).unwrap();
        assert_eq!(device.state(), state);
        let wanted = report(&format!("downloadandupdate {number}"), "c1");
        assert_eq!(device.reported(), wanted);
    }
    // It had not begun.
    let device = installing();
    device.fumo.handle_not_begun().unwrap();
    assert_eq!(device.effect(), "apply file");
}

#[test]
fn a_power_cut_at_rest_changes_nothing() {
    let failed = || {
        let mut device = Device::new();
        device.replace("Update/PkgData", "octets").unwrap();
        device.exec("Update", "c1").unwrap();
        device.fumo.handle_verified().unwrap();
        device
    };
    let fail = ResultCode::UPDATE_FAILED;
    let ready = || {
        let mut device = Device::new();
        device.replace("Update/PkgData", "octets").unwrap();
        device
    };
    let at_rest = [
        (10, Device::new()),
        (20, {
            let device = Device::started("Download", "c1");
            device.fumo.handle_failed(ResultCode::NETWORK).unwrap();
            device
        }),
        (50, ready()),
        (70, {
            let device = failed();
            device.fumo.handle_applied(fail, Leftover::Package).unwrap();
            device
        }),
        (80, {
            let device = failed();
            device.fumo.handle_applied(fail, Leftover::Nothing).unwrap();
            device
        }),
        (90, {
            let device = failed();
            let code = ResultCode::SUCCESS;
            device.fumo.handle_applied(code, Leftover::Package).unwrap();
            device
        }),
        (100, {
            let device = failed();
            let code = ResultCode::SUCCESS;
            device.fumo.handle_applied(code, Leftover::Nothing).unwrap();
            device
        }),
    ];
    for (state, before) in at_rest {
        let mut after = before.power_cut();
        assert_eq!((after.state(), after.effect()), (state, "-".to_owned()));
        assert_eq!(after.fumo.report(), before.fumo.report(), "{state}");
        assert_eq!(
            before.fumo.snapshot().octets(),
            after.fumo.snapshot().octets()
        );
        let has_package = [50, 70].contains(&state);
        assert_eq!(
            status(after.exec("Update", "c2")) == 200,
            has_package,
            "{state}"
        );
    }
}

#[test]
fn a_snapshot_that_is_not_one_is_refused() {
    let device = Device::started("DownloadAndUpdate", "c1");
    device.fumo.handle_download_progress(4096).unwrap();
    let octets = device.fumo.snapshot().octets().to_vec();
    for cut in 0..octets.len() {
        let torn = Snapshot::from_octets(octets[..cut].to_vec());
        assert!(Fumo::restore(&torn).is_err(), "{cut}");
    }
    let mut longer = octets.clone();
    longer.push(0);
    assert!(Fumo::restore(&Snapshot::from_octets(longer)).is_err());
    // Any octet may be wrong; nothing panics.
    for at in 0..octets.len() {
        for bit in 0..8 {
            let mut wrong = octets.clone();
            wrong[at] ^= 1 << bit;
            if let Ok(fumo) = Fumo::restore(&Snapshot::from_octets(wrong)) {
                drop(fumo.poll_effect());
            }
        }
    }
}

#[test]
fn the_owner_is_held_to_the_order_of_things() {
    let device = Device::new();
    let misuse = |outcome: Result<(), Error>| assert_eq!(outcome.unwrap_err().code(), "dm-misuse");
    let success = ResultCode::SUCCESS;
    misuse(device.fumo.handle_download_progress(1));
    misuse(device.fumo.handle_downloaded(true));
    misuse(device.fumo.handle_verified());
    misuse(device.fumo.handle_applied(success, Leftover::Package));
    misuse(device.fumo.handle_failed(ResultCode::NETWORK));
    misuse(device.fumo.handle_not_begun());
    misuse(device.fumo.handle_reported());
    let device = Device::started("Download", "c1");
    misuse(device.fumo.handle_verified());
    misuse(device.fumo.handle_failed(success));
    misuse(device.fumo.handle_applied(success, Leftover::Package));
    assert_eq!(device.state(), 30);
}

#[test]
fn an_atomic_that_fails_leaves_no_trace_and_no_effect() {
    let mut device = Device::new();
    device
        .replace("Download/PkgURL", "https://old.test/")
        .unwrap();
    device.tree.begin().unwrap();
    device.replace("Download/PkgURL", URL).unwrap();
    device.exec("Download", "c1").unwrap();
    assert_eq!(device.effect(), "-");
    let stored = device.power_cut();
    assert_eq!((stored.state(), stored.effect()), (10, "-".to_owned()));
    assert!(device.fumo.describe(None, None).is_err());
    device.tree.roll_back().unwrap();
    assert_eq!((device.state(), device.effect()), (10, "-".to_owned()));
    assert_eq!(device.get("Download/PkgURL").unwrap(), "https://old.test/");

    device.tree.begin().unwrap();
    device.replace("Download/PkgURL", URL).unwrap();
    device.exec("Download", "c1").unwrap();
    device.tree.commit().unwrap();
    assert_eq!(device.state(), 30);
    assert_eq!(device.effect(), format!("download {URL} 0"));
}

#[test]
fn results_without_an_answer_stop_further_operations() {
    let mut device = Device::new();
    for number in 0..8 {
        device.exec("Download", &format!("c{number}")).unwrap();
    }
    assert_eq!(status(device.exec("Download", "c8")), 500);
    let mut device = device.power_cut();
    for number in 0..8 {
        assert_eq!(
            device.reported(),
            report("download 411", &format!("c{number}"))
        );
    }
    device.exec("Download", "c8").unwrap();
    assert_eq!(status(device.exec("Download", &"c".repeat(1025))), 413);
}

#[test]
fn a_whole_session_with_its_report() {
    let mut device = Device::new();
    device.replace("Download/PkgURL", URL).unwrap();
    let fumo = device.fumo.clone();
    let mut talk = Talk::new(plain_client(), plain_server(), device.tree);
    let mut logic = in_batches(vec![vec![exec(&format!("{AT}/Download"), Some("c1"))]]);
    talk.run(&mut logic, &mut |session, event| {
        if let client::Event::Running { .. } = event {
            fumo.handle_commanded_by(&new_operator()).unwrap();
            fumo.handle_downloaded(true).unwrap();
            fumo.handle_verified().unwrap();
            let report = fumo.report().unwrap();
            assert_eq!(report.server, Some(new_operator()));
            session.alert(report.alert).unwrap();
        }
    });
    assert_eq!(talk.command_codes("Exec"), [202]);
    let alert = talk.server_events.iter().find_map(|event| match event {
        dm::server::Event::Alert { alert: _, .. } => Some(format!("{event:?}")),
        _ => None,
    });
    let alert = alert.unwrap();
    for part in [
        "org.openmobilealliance.dm.firmwareupdate.download",
        AT,
        "c1",
    ] {
        assert!(alert.contains(part), "{alert}");
    }
    assert_eq!(talk.client_events.last(), Some(&client::Event::Finished));
}

#[test]
fn an_exec_without_a_correlator_is_reported_without_one() {
    let mut device = Device::new();
    let (by, at) = (new_operator(), uri(&format!("{AT}/Download")));
    for correlator in [None, Some(String::new())] {
        let call = Execution {
            correlator,
            argument: None,
        };
        device.tree.exec(&by, &at, &call).unwrap();
        let GenericAlert { correlator, .. } = device.fumo.report().unwrap().alert;
        assert_eq!(correlator, None);
        device.fumo.handle_reported().unwrap();
    }
}

/// Clause 5.1, State; clause 6.2.2.
#[test]
fn numbers_and_types() {
    let numbers: Vec<u8> = State::ALL.iter().map(|state| state.number()).collect();
    assert_eq!(numbers, [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    let types = [
        Operation::Download.alert_type(),
        Operation::Update.alert_type(),
        Operation::DownloadAndUpdate.alert_type(),
    ];
    let wanted = [
        "org.openmobilealliance.dm.firmwareupdate.download",
        "org.openmobilealliance.dm.firmwareupdate.update",
        "org.openmobilealliance.dm.firmwareupdate.downloadandupdate",
    ];
    assert_eq!(types, wanted);
}
