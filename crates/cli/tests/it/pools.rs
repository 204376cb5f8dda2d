//! `rehome hlr pool`: a batch from an operator to a supplier and back in devices
//! (docs/pcids.md), each party a process or a directory of its own.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::by_hand::{Node, operator, text};
use crate::command::{Ran, rehome};

fn good(arguments: &[&str]) -> Ran {
    let ran = rehome(arguments);
    assert_eq!(ran.status, Some(0), "{arguments:?}: {}", ran.stderr);
    ran
}

fn refused(arguments: &[&str], why: &str) {
    let ran = rehome(arguments);
    assert_eq!(ran.status, Some(1), "{arguments:?}");
    assert!(ran.stderr.contains(why), "{arguments:?}: {}", ran.stderr);
}

fn rows(ran: &Ran) -> Vec<Value> {
    let lines = ran.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn fingerprint(certificate: &Path) -> String {
    let ran = good(&["peer", "fingerprint", text(certificate)]);
    ran.stdout.trim().to_owned()
}

#[test]
fn a_batch_is_drawn_made_into_devices_and_taken_once() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path();
    let (config, token) = operator(dir, "001-01");
    let node_dir = config.parent().unwrap().to_owned();
    let acme = dir.join("acme");
    let listen = ["--listen", "127.0.0.1"];
    good(
        &[
            &["init", "supplier", text(&acme), "--name", "acme"][..],
            &listen,
        ]
        .concat(),
    );
    let pva = acme.join("keys/pva.pem");
    let (document, encipherment) = (
        acme.join("keys/pva-document.pem"),
        acme.join("keys/pva-encipherment.pem"),
    );
    let known = [
        "peer",
        "add-supplier",
        text(&node_dir),
        "--name",
        "acme",
        "--cert",
        text(&pva),
        "--fingerprint",
        &fingerprint(&pva),
        "--address",
        "127.0.0.1",
        "--document",
        text(&document),
    ];
    good(&known);
    let out = dir.join("batch.cms");
    let (supplier, api_token) = (acme.join("rehome.toml"), token);
    {
        // Without the supplier's leaf nothing is drawn.
        let node = Node::start(&config);
        let url = node.api();
        let api = ["--operator", &url, "--token", &api_token];
        let add = |name, first, last| {
            let pool = ["hlr", "pool", "add", name, "--first", first, "--last", last];
            [&pool[..], &["--until", "2099-01-01T00:00:00Z"], &api].concat()
        };
        good(&add("meters", "001018000000000", "001018000000009"));
        refused(
            &add("more", "001018000000009", "001018000000020"),
            "pool-overlaps",
        );
        refused(
            &add("far", "001028000000000", "001028000000009"),
            "imsi-not-of-sho",
        );
        let draw = [
            "hlr",
            "pool",
            "draw",
            "meters",
            "--supplier",
            "acme",
            "--out",
            text(&out),
        ];
        refused(&[&draw[..], &api].concat(), "supplier-without-encipherment");
    }
    good(&[&known[..], &["--encipherment", text(&encipherment)]].concat());
    let node = Node::start(&config);
    let url = node.api();
    let api = ["--operator", &url, "--token", &api_token];
    let draw = [
        "hlr",
        "pool",
        "draw",
        "meters",
        "--supplier",
        "acme",
        "--out",
        text(&out),
    ];
    let drawn = good(&[&draw[..], &["--count", "8"], &api].concat());
    let batch = drawn.stdout.trim().to_owned();
    refused(&[&draw[..], &api].concat(), "exists already");
    let spare = dir.join("spare.cms");
    let more = [
        "hlr",
        "pool",
        "draw",
        "meters",
        "--supplier",
        "acme",
        "--out",
        text(&spare),
    ];
    refused(
        &[&more[..], &["--count", "3"], &api].concat(),
        "pcids-exhausted",
    );
    assert!(!spare.exists());

    let again = dir.join("again.cms");
    good(
        &[
            &["hlr", "pool", "again", &batch, "--out", text(&again)][..],
            &api,
        ]
        .concat(),
    );
    let keys = node_dir.join("keys");
    let (anchor, own) = (keys.join("anchor.pem"), keys.join("encipherment.pem"));
    let signer = keys.join("peer-document.pem");
    let make = |tres: &Path, file: &Path, signer: &Path, more: &[&str]| -> Vec<String> {
        let arguments = [
            "manufacture",
            "--config",
            text(&supplier),
            "--out",
            text(tres),
            "--operator-cert",
            text(&anchor),
            "--operator-encipherment",
            text(&own),
            "--pcids",
            text(file),
            "--operator-document",
            text(signer),
        ];
        let all = arguments.iter().chain(more);
        all.map(|part| (*part).to_owned()).collect()
    };
    let run = |arguments: Vec<String>, why: Option<&str>| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        match why {
            Some(why) => refused(&arguments, why),
            None => drop(good(&arguments)),
        }
    };
    // A changed octet; another leaf than the signer's; another number of TREs.
    let mut changed = fs::read(&out).unwrap();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    let bad = dir.join("bad.cms");
    fs::write(&bad, changed).unwrap();
    run(
        make(&dir.join("t1"), &bad, &signer, &[]),
        Some("handover-signature-invalid"),
    );
    let peer = keys.join("peer.pem");
    run(
        make(&dir.join("t2"), &out, &peer, &[]),
        Some("certificate-purpose-wrong"),
    );
    run(
        make(&dir.join("t3"), &out, &signer, &["--count", "3"]),
        Some("for 8 TREs"),
    );
    let tres = dir.join("tres");
    run(make(&tres, &out, &signer, &[]), None);
    // The same batch, sealed anew or not.
    run(
        make(&dir.join("t4"), &out, &signer, &[]),
        Some("batch-taken"),
    );
    run(
        make(&dir.join("t5"), &again, &signer, &[]),
        Some("batch-taken"),
    );

    let handover = tres.join("pcids.cms");
    for _ in 0..2 {
        good(&[&["hlr", "import", text(&handover)][..], &api].concat());
    }
    let shown = rows(&good(
        &[&["hlr", "pool", "show", &batch, "--json"][..], &api].concat(),
    ));
    assert_eq!(shown.len(), 8);
    for row in &shown {
        assert_eq!(row["state"], "assigned");
        let tre_id = row["holder"]["tre_id"].as_str().unwrap();
        assert!(tre_id.starts_with("urn:x-rehome:tre:acme:"));
        assert!(row["imsi"].as_str().unwrap().starts_with("00101*******"));
    }
    let give_up = [&["hlr", "pool", "give-up", &batch][..], &api].concat();
    assert!(good(&give_up).stderr.contains("0 PCIDs"));

    // The node's directory says the same as its API.
    let local = rows(&good(&["hlr", "pools", text(&node_dir), "--json"]));
    let listed = rows(&good(
        &[&["hlr", "pool", "list", "--json"][..], &api].concat(),
    ));
    assert_eq!(local, listed);
    let pool = local.iter().find(|row| row["name"] == "meters").unwrap();
    assert_eq!((&pool["used"], &pool["total"]), (&8.into(), &10.into()));
    assert_eq!(pool["level"], "short");
    let log = rows(&good(&["hlr", "log", text(&node_dir), "--json"]));
    let actions: Vec<&str> = log
        .iter()
        .map(|row| row["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["pcids-drawn", "pool-added"]);

    let list = [
        "hlr",
        "allowed",
        text(&node_dir),
        "001018000000000",
        "--json",
    ];
    let allowed = rows(&good(&list));
    let services: Vec<&str> = allowed
        .iter()
        .map(|row| row["service"].as_str().unwrap())
        .collect();
    assert_eq!(services, ["drf", "ocsp", "pva"]);
    assert_eq!(allowed[0]["host"], "drf.mnc001.mcc001.rehome.test");
    assert_eq!(allowed[0]["port"], 443);
    refused(
        &["hlr", "allowed", text(&node_dir), "001018000000009"],
        "not",
    );
    let devices = fs::read_to_string(tres.join("devices.csv")).unwrap();
    let tre_id = devices.lines().nth(1).unwrap().split(',').next().unwrap();
    let departures = [&["order", "departures", tre_id][..], &api].concat();
    assert_eq!(good(&departures).stdout, "");
}
