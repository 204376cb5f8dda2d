//! The commands that run each party by itself: what they refuse, and what they
//! say then. The whole walk is the README's, run by `./x readme`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::command::{Ran, rehome};

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// An operator's directory whose listeners take any free port, and its token.
pub(crate) fn operator(dir: &Path, plmn: &str) -> (PathBuf, String) {
    let path = dir.join(plmn);
    let made = rehome(&[
        "init",
        "operator",
        text(&path),
        "--plmn",
        plmn,
        "--listen",
        "127.0.0.1",
    ]);
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    let config = path.join("rehome.toml");
    let mut settings = fs::read_to_string(&config).unwrap();
    for port in [8443, 8444, 8445, 8446, 8450] {
        settings = settings.replace(&format!(":{port}\""), ":0\"");
    }
    fs::write(&config, settings).unwrap();
    (config, made.stdout.trim().to_owned())
}

/// A node that runs until it is dropped.
pub(crate) struct Node {
    child: Child,
    pub(crate) ready: Value,
}

impl Node {
    pub(crate) fn start(config: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_rehome"))
            .args(["serve", "--config", text(config)])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(ready["ready"], true);
        Self { child, ready }
    }

    pub(crate) fn api(&self) -> String {
        format!("http://{}", self.ready["api"].as_str().unwrap())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(config: &Path) -> Ran {
    rehome(&["serve", "--config", text(config)])
}

#[test]
fn a_configuration_with_an_unknown_key_is_refused_by_its_name() {
    let scratch = tempfile::tempdir().unwrap();
    let (config, _) = operator(scratch.path(), "001-01");
    let good = fs::read_to_string(&config).unwrap();
    for (from, to, named) in [
        ("[listen]", "colour = 1\n[listen]", "colour"),
        ("ask_pva", "ask_pvas", "ask_pvas"),
        ("dm =", "dmm =", "dmm"),
        ("role = \"operator\"", "role = \"hlr\"", "hlr"),
        ("transfer = \"token\"", "transfer = \"nobody\"", "nobody"),
        ("\"milenage\"", "\"comp128\"", "comp128"),
    ] {
        fs::write(&config, good.replace(from, to)).unwrap();
        let ran = serve(&config);
        assert_eq!(ran.status, Some(1), "{to}");
        assert!(ran.stderr.contains(named), "{to}: {}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn whom_a_gsup_client_serves_is_said_in_full() {
    let scratch = tempfile::tempdir().unwrap();
    let (config, _) = operator(scratch.path(), "001-01");
    let good = fs::read_to_string(&config).unwrap();
    let client = "[[hlr.clients]]\naddress = \"127.0.0.1\"\nname = \"NAME\"\nserves = SERVES\n";
    let client = |name: &str, serves: &str| client.replace("NAME", name).replace("SERVES", serves);
    let plain = "plain = \"127.0.0.1:0\"\n";
    // Tables come last: what stands behind one belongs to it.
    let with = |hlr: &str| {
        let (section, clients) = hlr.split_at(hlr.find("[[").unwrap_or(hlr.len()));
        let top = good.replace("[hlr]\n", &format!("[hlr]\n{section}"));
        format!("{top}{clients}")
    };
    for (hlr, named) in [
        (client("sgsn", "\"all\""), "hlr.plain"),
        (plain.to_owned() + &client("sgsn", "\"some\""), "some"),
        (plain.to_owned() + &client("sgsn", "[\"0010\"]"), "0010"),
        (plain.to_owned() + &client("sgsn", "[\"\"]"), "prefix"),
        (plain.to_owned() + &client("001-99", "\"all\""), "001-99"),
        (
            plain.to_owned() + &client("a", "\"all\"") + &client("b", "\"all\""),
            "address of another",
        ),
    ] {
        fs::write(&config, with(&hlr)).unwrap();
        let ran = serve(&config);
        assert_eq!(ran.status, Some(1), "{hlr}");
        assert!(ran.stderr.contains(named), "{hlr}: {}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
    let hlr = plain.to_owned() + &client("sgsn", "[\"00101\"]");
    fs::write(&config, with(&hlr)).unwrap();
    let node = Node::start(&config);
    let at: std::net::SocketAddr = node.ready["gsup_plain"].as_str().unwrap().parse().unwrap();
    assert!(at.ip().is_loopback());
}

#[test]
fn a_peer_serves_nobody_unless_it_is_said() {
    let scratch = tempfile::tempdir().unwrap();
    let (home, _) = operator(scratch.path(), "001-01");
    let (other, _) = operator(scratch.path(), "001-02");
    let home = home.parent().unwrap();
    let cert = other.parent().unwrap().join("keys").join("anchor.pem");
    let print = rehome(&["peer", "fingerprint", text(&cert)]);
    let add = |serves: &[&str]| {
        let fingerprint = print.stdout.trim();
        let mut line = vec!["peer", "add", text(home), "--plmn", "001-02", "--cert"];
        line.extend([text(&cert), "--fingerprint", fingerprint]);
        line.extend(["--address", "127.0.1.2"]);
        line.extend(serves);
        rehome(&line)
    };
    let file = home.join("peers").join("001-02.toml");
    let written = || fs::read_to_string(&file).unwrap();
    assert_eq!(add(&[]).status, Some(0));
    assert!(!written().contains("serves"));
    for (serves, line) in [
        ("all", "serves = \"all\""),
        ("00101,26201", "serves = [\"00101\", \"26201\"]"),
    ] {
        assert_eq!(add(&["--serves", serves]).status, Some(0));
        assert!(written().contains(line), "{}", written());
    }
    let before = written();
    for bad in ["", "0010", "everybody", "00101,"] {
        assert_eq!(add(&["--serves", bad]).status, Some(2), "{bad:?}");
        assert_eq!(written(), before);
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let scratch = tempfile::tempdir().unwrap();
    let (config, _) = operator(scratch.path(), "001-01");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let settings = fs::read_to_string(&config).unwrap();
    let settings = settings.replacen(
        "gsup = \"127.0.0.1:0\"",
        &format!("gsup = \"127.0.0.1:{port}\""),
        1,
    );
    fs::write(&config, settings).unwrap();
    let ran = serve(&config);
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.stderr
            .contains(&format!("127.0.0.1:{port} (listen.gsup)")),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("in use"), "{}", ran.stderr);
}

/// TOP is wanted where new subscribers get TUAK, and only there: operators that an
/// earlier version made have none.
#[test]
fn an_operator_with_tuak_wants_its_top() {
    let scratch = tempfile::tempdir().unwrap();
    let (config, _) = operator(scratch.path(), "001-01");
    let top = config.parent().unwrap().join("top.key");
    assert_eq!(fs::read(&top).unwrap().len(), 32);
    let milenage = fs::read_to_string(&config).unwrap();
    let tuak = milenage.replace("algorithm = \"milenage\"", "algorithm = \"tuak\"");
    assert_ne!(milenage, tuak);
    fs::write(&config, &tuak).unwrap();
    drop(Node::start(&config));
    let osmo = "# [hlr.osmo]                 # subscribers in an OsmoHLR: docs/hlr-connectors.md\n# ctrl =";
    assert!(tuak.contains(osmo));
    let osmo = tuak
        .replace(osmo, "[hlr.osmo]\nctrl =")
        .replace("# database", "database");
    fs::write(&config, osmo).unwrap();
    let ran = serve(&config);
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.contains("no TUAK"), "{}", ran.stderr);
    fs::write(&config, &tuak).unwrap();
    fs::write(&top, [1; 16]).unwrap();
    let ran = serve(&config);
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.stderr.contains("top.key is 32 octets"),
        "{}",
        ran.stderr
    );
    fs::remove_file(&top).unwrap();
    let ran = serve(&config);
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.contains("top.key"), "{}", ran.stderr);
    let (before, rest) = milenage.split_once("[hlr]").unwrap();
    let (_, after) = rest.split_once("[certificates]").unwrap();
    fs::write(&config, format!("{before}[certificates]{after}")).unwrap();
    drop(Node::start(&config));
}

#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let (config, _) = operator(scratch.path(), "001-01");
    let dir = config.parent().unwrap();
    for name in ["node.key", "op.key", "api.digest", "keys/bootstrap.key"] {
        let path = dir.join(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let ran = serve(&config);
        assert_eq!(ran.status, Some(1), "{name}");
        assert!(ran.stderr.contains("chmod 600"), "{name}: {}", ran.stderr);
        assert!(ran.stderr.contains(name), "{}", ran.stderr);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[test]
fn the_api_is_for_loopback_and_for_its_token() {
    let scratch = tempfile::tempdir().unwrap();
    let (config, token) = operator(scratch.path(), "001-01");
    let settings = fs::read_to_string(&config).unwrap();
    let open = settings.replace("api = \"127.0.0.1:0\"", "api = \"0.0.0.0:0\"");
    fs::write(&config, open).unwrap();
    let ran = serve(&config);
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.contains("loopback"), "{}", ran.stderr);
    fs::write(&config, settings).unwrap();
    let node = Node::start(&config);
    let api = node.api();
    let list = |token: &str| rehome(&["order", "list", "--operator", &api, "--token", token]);
    assert_eq!(list(&token).status, Some(0));
    for wrong in ["", "x", &token[1..], &format!("{token}x")] {
        let ran = list(wrong);
        assert_eq!(ran.status, Some(1));
        assert!(ran.stderr.contains("token-wrong"), "{}", ran.stderr);
        assert!(!ran.stderr.contains(&token), "a token is not repeated");
    }
    let unknown = "0".repeat(32);
    let shown = rehome(&[
        "order",
        "show",
        &unknown,
        "--operator",
        &api,
        "--token",
        &token,
    ]);
    assert_eq!(shown.status, Some(1));
    assert!(shown.stderr.contains("unknown-order"), "{}", shown.stderr);
}

/// A supplier's directory with three TREs for the operator.
pub(crate) fn manufactured(dir: &Path, operator: &Path) -> PathBuf {
    let (acme, out) = (dir.join("acme"), dir.join("tres"));
    let keys = operator.parent().unwrap().join("keys");
    let made = rehome(&[
        "init",
        "supplier",
        text(&acme),
        "--name",
        "acme",
        "--listen",
        "127.0.0.1",
    ]);
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    let made = rehome(&[
        "manufacture",
        "--config",
        text(&acme.join("rehome.toml")),
        "--count",
        "3",
        "--out",
        text(&out),
        "--operator-cert",
        text(&keys.join("anchor.pem")),
        "--operator-encipherment",
        text(&keys.join("encipherment.pem")),
        "--first-pcid",
        "001019000000001",
    ]);
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    out
}

fn add(verb: &str, to: &Path, name: [&str; 2], cert: &Path, rest: &[&str]) {
    let fingerprint = rehome(&["peer", "fingerprint", text(cert)]).stdout;
    let mut arguments = vec!["peer", verb, text(to), name[0], name[1]];
    arguments.extend(["--cert", text(cert), "--fingerprint", fingerprint.trim()]);
    arguments.extend(["--address", "127.0.0.1"]);
    arguments.extend(rest);
    let added = rehome(&arguments);
    assert_eq!(added.status, Some(0), "{}", added.stderr);
}

#[test]
fn good_rows_go_through_beside_bad_ones() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path();
    let (ro, ro_token) = operator(dir, "001-01");
    let (sho, token) = operator(dir, "001-02");
    let tres = manufactured(dir, &ro);
    let (pva, document) = (
        dir.join("acme/keys/pva.pem"),
        dir.join("acme/keys/pva-document.pem"),
    );
    for node in [&ro, &sho] {
        let document = ["--document", text(&document)];
        add(
            "add-supplier",
            node.parent().unwrap(),
            ["--name", "acme"],
            &pva,
            &document,
        );
    }
    let anchor = dir.join("001-01/keys/anchor.pem");
    add(
        "add",
        sho.parent().unwrap(),
        ["--plmn", "001-01"],
        &anchor,
        &[],
    );
    let (home, next) = (Node::start(&ro), Node::start(&sho));
    let imported = rehome(&[
        "hlr",
        "import",
        text(&tres.join("pcids.cms")),
        "--operator",
        &home.api(),
        "--token",
        &ro_token,
    ]);
    assert_eq!(imported.status, Some(0), "{}", imported.stderr);
    // Sealed for the first operator alone.
    let foreign = rehome(&[
        "hlr",
        "import",
        text(&tres.join("pcids.cms")),
        "--operator",
        &next.api(),
        "--token",
        &token,
    ]);
    assert_eq!(foreign.status, Some(1));
    assert!(
        foreign.stderr.contains("envelope-not-for-this-key"),
        "{}",
        foreign.stderr
    );

    let devices = fs::read_to_string(tres.join("devices.csv")).unwrap();
    let rows: Vec<&str> = devices.lines().collect();
    let fields: Vec<&str> = rows[1].split(',').collect();
    let bad = [
        format!("{},x", rows[1]),
        rows[1].replace("acme", "emca"),
        rows[1].replace("001-01", "001-77"),
        rows[1].replace("001-01", "1-1"),
        format!("{},{},{},{}", fields[0], fields[1], "###", fields[3]),
        format!("{},{},{},{}", fields[0], fields[1], fields[3], fields[2]),
    ];
    let codes = [
        "row-malformed",
        "unknown-pva",
        "unknown-sho",
        "sho-id-malformed",
        "cert-sig-malformed",
    ];
    let mixed = dir.join("mixed.csv");
    let all = [
        &[rows[0].to_owned()],
        bad.as_slice(),
        &[rows[2].to_owned(), rows[3].to_owned()],
    ];
    fs::write(&mixed, all.concat().join("\n")).unwrap();
    let ran = rehome(&[
        "register",
        text(&mixed),
        "--operator",
        &next.api(),
        "--token",
        &token,
        "--json",
    ]);
    assert_eq!(ran.status, Some(1), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("2 registered, 6 refused"),
        "{}",
        ran.stderr
    );
    let mut results: Vec<Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    results.sort_by_key(|row| row["row"].as_u64());
    for (row, code) in results.iter().zip(codes) {
        assert_eq!(row["code"], code, "{row}");
    }
    assert!(
        results[5]["code"].is_string(),
        "certificates in each other's place"
    );
    for row in &results[6..] {
        assert_eq!(row["order_id"].as_str().unwrap().len(), 32, "{row}");
    }
    // Once more: each device has its order already.
    let again = rehome(&[
        "register",
        text(&tres.join("devices.csv")),
        "--operator",
        &next.api(),
        "--token",
        &token,
    ]);
    assert_eq!(
        again.stdout.matches("refused: order-in-progress").count(),
        2,
        "{}",
        again.stdout
    );
}

#[test]
fn transfer_tokens_are_kept_from_others() {
    let scratch = tempfile::tempdir().unwrap();
    let tokens = scratch.path().join("tokens.csv");
    fs::write(&tokens, "tre_id,token\n").unwrap();
    fs::set_permissions(&tokens, fs::Permissions::from_mode(0o644)).unwrap();
    let devices = scratch.path().join("devices.csv");
    fs::write(&devices, "tre_id,sho_id,cert_sig,cert_enc\n").unwrap();
    let ran = rehome(&[
        "register",
        text(&devices),
        "--operator",
        "http://127.0.0.1:9",
        "--token",
        "x",
        "--transfer-tokens",
        text(&tokens),
    ]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.contains("chmod 600"), "{}", ran.stderr);
}

#[test]
fn a_certificate_with_another_fingerprint_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let (ro, _) = operator(scratch.path(), "001-01");
    let (sho, _) = operator(scratch.path(), "001-02");
    let node = ro.parent().unwrap();
    let (own, other) = (
        node.join("keys/anchor.pem"),
        sho.parent().unwrap().join("keys/anchor.pem"),
    );
    let fingerprint = rehome(&["peer", "fingerprint", text(&own)]).stdout;
    let added = rehome(&[
        "peer",
        "add",
        text(node),
        "--plmn",
        "001-02",
        "--cert",
        text(&other),
        "--fingerprint",
        fingerprint.trim(),
        "--address",
        "127.0.0.1",
    ]);
    assert_eq!(added.status, Some(1));
    assert!(
        added.stderr.contains("another fingerprint"),
        "{}",
        added.stderr
    );
    // The right fingerprint, under another operator's name.
    let fingerprint = rehome(&["peer", "fingerprint", text(&other)]).stdout;
    let added = rehome(&[
        "peer",
        "add",
        text(node),
        "--plmn",
        "001-03",
        "--cert",
        text(&other),
        "--fingerprint",
        fingerprint.trim(),
        "--address",
        "127.0.0.1",
    ]);
    assert_eq!(added.status, Some(1), "{}", added.stderr);
    assert_eq!(fs::read_dir(node.join("peers")).unwrap().count(), 0);
}
