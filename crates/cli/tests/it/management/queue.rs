//! Commands from people to devices and their answers back.

use std::fs;
use std::thread;

use super::node::{Server, text};

const DEVICE: &str = "IMEI:490154203237518";

#[test]
fn commands_go_to_the_device_and_answers_come_back() {
    let server = Server::start();
    let mut device = server.device(DEVICE);
    let get = server.queue(&["get", "./DevInfo/Man", "--device", DEVICE]);
    let replace = server.queue(&["replace", "./Settings/Interval", "30", "--device", DEVICE]);
    let hidden = server.queue(&["get", "./Hidden", "--device", DEVICE]);
    let exec = server.queue(&["exec", "./Process/Run", "--device", DEVICE]);
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("request.json");
    let request = r#"{"atomic":[
        {"add":{"target":"./Settings/New"}},
        {"add":{"target":"./Settings/New/Leaf","value":{"text":"1"}}}]}"#;
    fs::write(&file, request).unwrap();
    let atomic = server.queue(&["send", text(&file), "--device", DEVICE]);
    assert_eq!(server.state(&get), "queued");

    let went = device.run();
    assert!(went.finished && went.server_proved);
    assert_eq!(device.value("./Settings/Interval"), "30");
    assert_eq!(device.value("./Settings/New/Leaf"), "1");
    assert_eq!(*device.ran.lock().unwrap(), 1);
    let shown = server.ok(&["command", "show", &get]);
    let lines = ["done", "get ./DevInfo/Man: 200 ok", "./DevInfo/Man = Acme"];
    for line in lines {
        assert!(shown.contains(line), "{shown}");
    }
    let shown = server.command(&atomic);
    let statuses: Vec<_> = shown["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["status"])
        .collect();
    assert_eq!(statuses, [200, 200, 200]);
    assert_eq!(shown["succeeded"], true);
    for done in [&replace, &exec] {
        assert_eq!(server.command(done)["results"][0]["status"], 200);
    }
    let refused = server.command(&hidden);
    assert_eq!(refused["succeeded"], false);
    assert_eq!(
        refused["results"][0]["text"],
        "425 Permission denied (ACL of ./Hidden)"
    );
    // Nothing is left for another session.
    assert!(device.run().executed.is_empty());
    let states: Vec<_> = server.json(&["command", "list", "--device", DEVICE]);
    assert!(states.iter().all(|command| command["state"] == "done"));
}

#[test]
fn waiting_shows_the_answer_and_fails_with_the_command() {
    let server = Server::start();
    let mut device = server.device(DEVICE);
    thread::scope(|scope| {
        let good =
            scope.spawn(|| server.run(&["get", "./DevInfo/Man", "--device", DEVICE, "--wait"]));
        let bad =
            scope.spawn(|| server.run(&["get", "./Nowhere", "--device", DEVICE, "--wait=60"]));
        while server.json(&["command", "list", "--state", "queued"]).len() < 2 {}
        device.run();
        let good = good.join().unwrap();
        assert_eq!(good.status, Some(0), "{}", good.stderr);
        assert!(
            good.stdout.contains("./DevInfo/Man = Acme"),
            "{}",
            good.stdout
        );
        let bad = bad.join().unwrap();
        assert_eq!(bad.status, Some(1));
        assert!(
            bad.stdout.contains("get ./Nowhere: 404 not found"),
            "{}",
            bad.stdout
        );
    });
}

#[test]
fn higher_priority_goes_first_and_age_decides_among_equals() {
    let server = Server::start();
    let mut device = server.device(DEVICE);
    let wanted = [
        ("Man", "0"),
        ("Mod", "7"),
        ("Lang", "-7"),
        ("DmV", "7"),
        ("DevId", "0"),
    ];
    for (leaf, priority) in wanted {
        let target = format!("./DevInfo/{leaf}");
        server.queue(&["get", &target, "--device", DEVICE, "--priority", priority]);
    }
    let order = ["Mod", "DmV", "Man", "DevId", "Lang"].map(|leaf| format!("./DevInfo/{leaf}"));
    assert_eq!(device.run().executed, order);
}

#[test]
fn an_expired_command_is_never_delivered() {
    let server = Server::start();
    let mut device = server.device(DEVICE);
    let late = server.queue(&["delete", "./Settings", "--device", DEVICE, "--expires", "0"]);
    let fresh = server.queue(&[
        "get",
        "./DevInfo/Man",
        "--device",
        DEVICE,
        "--expires",
        "1h",
    ]);
    assert_eq!(device.run().executed, ["./DevInfo/Man"]);
    assert_eq!(server.state(&late), "expired");
    assert_eq!(server.command(&late)["attempts"], 0);
    assert_eq!(server.state(&fresh), "done");
    assert_eq!(device.value("./Settings/Interval"), "60");
}

#[test]
fn a_command_expires_although_its_device_stays_away() {
    let server = Server::start();
    server.device(DEVICE);
    let ran = server.run(&[
        "get",
        "./A",
        "--device",
        DEVICE,
        "--expires",
        "1s",
        "--wait=60",
    ]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.stdout.contains("expired"), "{}", ran.stdout);
}

#[test]
fn a_command_that_was_called_off_is_never_delivered() {
    let server = Server::start();
    let mut device = server.device(DEVICE);
    let id = server.queue(&["delete", "./Settings", "--device", DEVICE]);
    server.ok(&["command", "cancel", &id]);
    assert!(device.run().executed.is_empty());
    assert_eq!(server.state(&id), "cancelled");
    let again = server.run(&["command", "cancel", &id]);
    assert_eq!(again.status, Some(1));
    assert!(
        again.stderr.contains("command-not-waiting"),
        "{}",
        again.stderr
    );
}

#[test]
fn a_group_s_devices_get_a_command_each_two_of_them_at_once() {
    let server = Server::start();
    let names = ["urn:a:1", "urn:a:2", "urn:a:3"];
    let mut devices = names.map(|name| server.device(name));
    server.ok(&["group", "add", "fleet/north", names[0], names[1], names[2]]);
    let queued = server.json(&[
        "replace",
        "./Settings/Interval",
        "5",
        "--group",
        "fleet/north",
    ]);
    assert_eq!(queued.len(), 3);
    let [first, second, _] = &mut devices;
    thread::scope(|scope| {
        scope.spawn(|| first.run());
        scope.spawn(|| second.run());
    });
    let intervals = || {
        devices
            .each_ref()
            .map(|device| device.value("./Settings/Interval"))
    };
    assert_eq!(intervals(), ["5", "5", "60"]);
    devices[2].run();
    for command in server.json(&["command", "list"]) {
        assert_eq!(
            (&command["state"], &command["group"]),
            (&"done".into(), &"fleet/north".into())
        );
    }
    server.ok(&["group", "remove", "fleet/north", names[0]]);
    let left = server.json(&["delete", "./Settings/Interval", "--group", "fleet/north"]);
    assert_eq!(left.len(), 2);
    server.ok(&["group", "remove", "fleet/north"]);
    let gone = server.run(&["get", ".", "--group", "fleet/north"]);
    assert!(gone.stderr.contains("unknown-group"), "{}", gone.stderr);
}

#[test]
fn a_command_cut_off_goes_out_once_more_and_a_process_does_not() {
    let server = Server::start();
    let mut device = server.device(DEVICE);
    let get = server.queue(&["get", "./DevInfo/Man", "--device", DEVICE]);
    let exec = server.queue(&["exec", "./Process/Run", "--device", DEVICE]);
    // The first answer is a challenge, the second one has the commands.
    device.run_until(2);
    assert_eq!(server.state(&get), "sent");
    assert_eq!(server.state(&exec), "sent");
    assert_eq!(device.run().executed, ["./DevInfo/Man"]);
    assert_eq!(server.state(&get), "done");
    assert_eq!(server.command(&get)["attempts"], 2);
    assert_eq!(server.state(&exec), "unknown");
    assert!(device.run().executed.is_empty());
    assert_eq!(*device.ran.lock().unwrap(), 0);
    let outcomes: Vec<_> = server
        .sessions()
        .iter()
        .map(|s| s["outcome"].clone())
        .collect();
    assert_eq!(outcomes, ["finished", "finished", "dm-superseded"]);
}

#[test]
fn what_was_sent_survives_the_server() {
    let mut server = Server::start();
    let mut device = server.device(DEVICE);
    let get = server.queue(&["get", "./DevInfo/Man", "--device", DEVICE]);
    device.run_until(2);
    server.restart();
    assert_eq!(server.sessions()[0]["outcome"], "dm-server-ended");
    let mut device = device.moved_to(&server.url());
    assert_eq!(device.run().executed, ["./DevInfo/Man"]);
    assert_eq!(server.command(&get)["attempts"], 2);
}

#[test]
fn a_device_may_use_its_session_id_again() {
    let server = Server::start();
    let mut device = server.device(DEVICE);
    device.session_id = "1".to_owned();
    for cut in [2, usize::MAX, usize::MAX] {
        server.queue(&["get", "./DevInfo/Man", "--device", DEVICE]);
        device.run_until(cut);
    }
    let done = server.json(&["command", "list", "--state", "done"]);
    assert_eq!(done.len(), 3);
}
