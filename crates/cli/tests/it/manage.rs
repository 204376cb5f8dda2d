//! `rehome device manage`: a device is set up, managed by a server on loopback,
//! and shown, as a user does it.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use dm::server::Request;
use dm::tree::{NodeKind, Value as NodeValue};
use serde_json::Value;

use self::files::{FileServer, firmware};
use self::server::{DEVICE, DmServer};
use crate::command::{Ran, rehome};

#[allow(
    dead_code,
    unreachable_pub,
    reason = "the crate `device` has more use for it"
)]
#[path = "../../../device/tests/it/managed/files.rs"]
pub(crate) mod files;
#[allow(
    dead_code,
    unreachable_pub,
    reason = "the crate `device` has more use for it"
)]
#[path = "../../../device/tests/it/managed/server.rs"]
pub(crate) mod server;

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn write_private(path: &Path, content: &str) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// An account file for the server `a`.
fn account(dir: &Path, url: &str) -> PathBuf {
    let path = dir.join("account.toml");
    let content = format!(
        r#"server_id = "a"
name = "The server"
address = "{url}"

[client]
name = "device"
secret = "device secret"

[server]
type = "digest"
name = "a"
secret = "a secret"
"#
    );
    write_private(&path, &content);
    path
}

/// Runs the command while the test's servers go on.
async fn manage(arguments: &[&str]) -> Ran {
    let all = [&["device", "manage"], arguments].concat();
    let all: Vec<String> = all.into_iter().map(str::to_owned).collect();
    let run = move || rehome(&all.iter().map(String::as_str).collect::<Vec<_>>());
    tokio::task::spawn_blocking(run).await.unwrap()
}

async fn init(dir: &Path, how: &[&str]) -> (PathBuf, Ran) {
    let state = dir.join("device");
    let fixed = [
        "init",
        "--state",
        text(&state),
        "--device-id",
        DEVICE,
        "--man",
        "Acme",
        "--mod",
        "M1",
    ];
    let ran = manage(&[&fixed, how].concat()).await;
    (state, ran)
}

async fn tree(state: &Path, uri: &str) -> Vec<Value> {
    let ran = manage(&["tree", "--state", text(state), "--json", uri]).await;
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let shown: Value = serde_json::from_str(&ran.stdout).unwrap();
    shown.as_array().unwrap().clone()
}

async fn value(state: &Path, uri: &str) -> Value {
    tree(state, uri).await[0]["value"].clone()
}

fn replace(target: &str, value: &str) -> Request {
    Request::Replace {
        target: target.to_owned(),
        value: NodeValue::text(value),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_set_up_managed_and_shown() {
    let scratch = tempfile::tempdir().unwrap();
    let server = DmServer::start("a", "a secret").await;
    let file = account(scratch.path(), &server.url);
    let (state, made) = init(scratch.path(), &["--account", text(&file)]).await;
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    assert_eq!(value(&state, "./DevInfo/Man").await, "Acme");
    server.plan(vec![
        Request::Add {
            target: "./Settings".to_owned(),
            kind: NodeKind::Interior { type_: None },
        },
        Request::Add {
            target: "./Settings/colour".to_owned(),
            kind: NodeKind::Leaf(NodeValue::text("red\tgreen")),
        },
    ]);
    let run = ["run", "--state", text(&state), "--once"];
    let refused = manage(&run).await;
    assert_eq!(refused.status, Some(1));
    assert!(
        refused.stderr.contains("HTTP is not allowed"),
        "{}",
        refused.stderr
    );
    assert_eq!(server.seen().requests, 0);
    let ran = manage(&[run.as_slice(), &["--allow-http", "--json"]].concat()).await;
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let lines: Vec<Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["ended"], "finished");
    assert_eq!(lines[0]["commands"].as_array().unwrap().len(), 2);
    assert_eq!(lines[1]["firmware"], 10);
    let shown = manage(&["tree", "--state", text(&state)]).await;
    assert!(shown.stdout.contains("\n  Settings"), "{}", shown.stdout);
    assert!(
        shown.stdout.contains("\n    colour = red\\tgreen"),
        "{}",
        shown.stdout
    );
    assert!(
        shown.stdout.contains("AAuthSecret = ***"),
        "{}",
        shown.stdout
    );
    assert!(shown.stdout.contains("PkgURL"), "{}", shown.stdout);
    for ran in [&shown, &ran, &made] {
        for secret in ["device secret", "a secret"] {
            assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret));
        }
    }
    let missing = manage(&["tree", "--state", text(&state), "./Nothing"]).await;
    assert_eq!(missing.status, Some(1));
}

/// A device whose firmware is installed by a program, and where it puts it.
pub(crate) async fn init_with_program(dir: &Path, url: &str) -> (PathBuf, PathBuf) {
    let file = account(dir, url);
    let (state, made) = init(dir, &["--account", text(&file)]).await;
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    let (installed, script) = (dir.join("installed"), dir.join("install.sh"));
    fs::write(&script, "cp \"$2\" \"$1\"\n").unwrap();
    let update = format!(
        "\n[update]\nprogram = \"/bin/sh\"\narguments = [\"{}\", \"{}\"]\n\n[hosts]",
        text(&script),
        text(&installed)
    );
    let settings = state.join("manage.toml");
    let content = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, content.replace("\n[hosts]", &update)).unwrap();
    (state, installed)
}

pub(crate) fn update_commands(url: &str) -> Vec<Request> {
    vec![
        replace("./FUMO/firmware/DownloadAndUpdate/PkgURL", url),
        Request::Exec {
            target: "./FUMO/firmware/DownloadAndUpdate".to_owned(),
            correlator: Some("order-1".to_owned()),
            argument: None,
        },
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn firmware_is_installed_by_the_configured_program() {
    let scratch = tempfile::tempdir().unwrap();
    let server = DmServer::start("a", "a secret").await;
    let body = firmware(50_000, 1);
    let files = FileServer::start(body.clone());
    let (state, installed) = init_with_program(scratch.path(), &server.url).await;
    server.plan(update_commands(&files.url));
    let run = ["run", "--state", text(&state), "--once", "--allow-http"];
    let ran = manage(&run).await;
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert!(
        ran.stdout.ends_with("firmware: state 100\n"),
        "{}",
        ran.stdout
    );
    assert_eq!(fs::read(&installed).unwrap(), body);
    let reports = std::mem::take(&mut server.seen().reports);
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].code, "200");
    assert_eq!(reports[0].correlator.as_deref(), Some("order-1"));
    assert_eq!(manage(&run).await.status, Some(0));
    assert!(server.seen().reports.is_empty());
}

/// The program is told what to do, and a component goes as it came.
#[tokio::test(flavor = "multi_thread")]
async fn software_is_changed_by_the_configured_program() {
    let scratch = tempfile::tempdir().unwrap();
    let server = DmServer::start("a", "a secret").await;
    let body = firmware(50_000, 2);
    let files = FileServer::start(body.clone());
    let file = account(scratch.path(), &server.url);
    let (state, made) = init(scratch.path(), &["--account", text(&file)]).await;
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    let (installed, script) = (scratch.path().join("lamp"), scratch.path().join("do.sh"));
    let words = "case $REHOME_SOFTWARE in\ninstall) cp \"$2\" \"$1\";;\n\
        remove) test \"$2\" = \"$REHOME_NAME\" && rm \"$1\";;\n*) exit 1;;\nesac\n";
    fs::write(&script, words).unwrap();
    let program = format!(
        "\n[software]\nprogram = \"/bin/sh\"\narguments = [\"{}\", \"{}\"]\n\n[hosts]",
        text(&script),
        text(&installed)
    );
    let settings = state.join("manage.toml");
    let content = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, content.replace("\n[hosts]", &program)).unwrap();
    let at = "./SCOMO/software";
    let add = |target: String, kind: NodeKind| Request::Add { target, kind };
    let exec = |what: &str| Request::Exec {
        target: format!("{at}/{what}"),
        correlator: Some(what.to_owned()),
        argument: None,
    };
    let package = format!("{at}/Download/lamp");
    server.plan(vec![
        add(package.clone(), NodeKind::Interior { type_: None }),
        add(
            format!("{package}/PkgURL"),
            NodeKind::Leaf(NodeValue::text(files.url.as_str())),
        ),
        exec("Download/lamp/Operations/DownloadInstall"),
    ]);
    let run = ["run", "--state", text(&state), "--once", "--allow-http"];
    let ran = manage(&run).await;
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert_eq!(fs::read(&installed).unwrap(), body);
    let component = "Inventory/Deployed/lamp/Operations";
    server.plan(vec![exec(&format!("{component}/Deactivate"))]);
    assert_eq!(manage(&run).await.status, Some(0));
    server.plan(vec![exec(&format!("{component}/Remove"))]);
    assert_eq!(manage(&run).await.status, Some(0));
    assert!(!installed.exists());
    let reports = std::mem::take(&mut server.seen().reports);
    let found: Vec<&str> = reports
        .iter()
        .map(|report| report.code.split(['<', '>']).nth(2).unwrap())
        .collect();
    assert_eq!(found, ["1200", "1410", "1200"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_comes_from_a_provisioning_document_too() {
    let scratch = tempfile::tempdir().unwrap();
    let server = DmServer::start("a", "a secret").await;
    let path = scratch.path().join("bootstrap.xml");
    let auth = |level: &str, name: &str, secret: &str| {
        format!(
            r#"<characteristic type="APPAUTH"><parm name="AAUTHLEVEL" value="{level}"/>
               <parm name="AAUTHTYPE" value="DIGEST"/><parm name="AAUTHNAME" value="{name}"/>
               <parm name="AAUTHSECRET" value="{secret}"/></characteristic>"#
        )
    };
    let document = format!(
        r#"<wap-provisioningdoc version="1.1"><characteristic type="APPLICATION">
        <parm name="APPID" value="w7"/><parm name="PROVIDER-ID" value="a"/>
        <parm name="TO-NAPID" value="main NAP"/>
        <parm name="ADDR" value="{}"/>{}{}</characteristic>
        <characteristic type="NAPDEF"><parm name="NAPID" value="main NAP"/>
        <parm name="NAP-ADDRESS" value="m2m.example"/><parm name="NAP-ADDRTYPE" value="APN"/>
        <parm name="BEARER" value="GSM-GPRS"/></characteristic></wap-provisioningdoc>"#,
        server.url,
        auth("APPSRV", "device", "device secret"),
        auth("CLIENT", "a", "a secret")
    );
    write_private(&path, &document);
    let (state, made) = init(scratch.path(), &["--bootstrap", text(&path)]).await;
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    let address = value(&state, "./DMAcc/a/AppAddr/1/Addr").await;
    assert_eq!(address, server.url);
    let point = value(&state, "./DMAcc/a/ToConRef/1/ConRef").await;
    assert_eq!(point, "./NAP/main_NAP");
    let nodes = tree(&state, "./NAP/main_NAP").await;
    assert_eq!(nodes[0]["acl"], "Delete=a&Get=a&Replace=a");
    server.plan(vec![
        Request::Get {
            target: "./NAP/main_NAP/Addr".to_owned(),
        },
        replace("./NAP/main_NAP/Addr", "other.example"),
    ]);
    let run = ["run", "--state", text(&state), "--once", "--allow-http"];
    assert_eq!(manage(&run).await.status, Some(0));
    assert_eq!(server.seen().sessions, 1);
    assert_eq!(server.seen().results[0].1, "m2m.example");
    let address = value(&state, "./NAP/main_NAP/Addr").await;
    assert_eq!(address, "other.example");
}

/// Identifiers that differ only where a node name has no place for them; access
/// points too, from one document or two (OMA DM StdObj 1.2, mapping of w7).
#[tokio::test(flavor = "multi_thread")]
async fn no_two_provisioned_accounts_get_one_node_name() {
    let scratch = tempfile::tempdir().unwrap();
    let document = |file: &str, servers: &[&str]| {
        let application = |server: &&str| {
            format!(
                r#"<characteristic type="APPLICATION"><parm name="APPID" value="w7"/>
                <parm name="PROVIDER-ID" value="{server}"/><parm name="TO-NAPID" value="n.1"/>
                <parm name="ADDR" value="https://dm.example/dm"/></characteristic>"#
            )
        };
        let applications: String = servers.iter().map(application).collect();
        let point = r#"<characteristic type="NAPDEF"><parm name="NAPID" value="n.1"/>
            <parm name="NAP-ADDRESS" value="m2m"/></characteristic>"#;
        let path = scratch.path().join(file);
        let whole = format!(
            r#"<wap-provisioningdoc version="1.1">{applications}{point}</wap-provisioningdoc>"#
        );
        write_private(&path, &whole);
        path
    };
    let one = document("1.xml", &["x.a", "x_a", "x_a_2"]);
    let two = document("2.xml", &["x-a", "x!a"]);
    let how = ["--bootstrap", text(&one), "--bootstrap", text(&two)];
    let (state, made) = init(scratch.path(), &how).await;
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    let mut found = Vec::new();
    for node in tree(&state, "./DMAcc").await {
        let uri = node["uri"].as_str().unwrap().to_owned();
        let Some(at) = uri.strip_suffix("/ServerID") else {
            continue;
        };
        let point = value(&state, &format!("{at}/ToConRef/1/ConRef")).await;
        found.push((node["value"].clone(), at.to_owned(), point));
    }
    let servers: HashSet<String> = found.iter().map(|(it, _, _)| it.to_string()).collect();
    let places: HashSet<&str> = found.iter().map(|(_, at, _)| at.as_str()).collect();
    assert_eq!((servers.len(), places.len()), (5, 5), "{found:?}");
    // Each goes by the access point of its own document, under that server's rights.
    for (server, _, point) in &found {
        let nodes = tree(&state, point.as_str().unwrap()).await;
        let acl = nodes[0]["acl"].as_str().unwrap().to_owned();
        let has = acl
            .split(['&', '=', '+'])
            .any(|name| name == server.as_str().unwrap());
        assert!(has, "{server}: {acl}");
    }
    let points: HashSet<String> = found.iter().map(|(_, _, it)| it.to_string()).collect();
    assert_eq!(points.len(), 2, "{points:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_t_be_an_account_is_refused_without_showing_it() {
    let scratch = tempfile::tempdir().unwrap();
    let good = account(scratch.path(), "http://127.0.0.1:1/dm");
    let content = fs::read_to_string(&good).unwrap();
    let refused = async |content: &str, wanted: &str| {
        write_private(&good, content);
        let (state, ran) = init(scratch.path(), &["--account", text(&good)]).await;
        assert_eq!(ran.status, Some(1), "{wanted}");
        assert!(ran.stderr.contains(wanted), "{wanted}: {}", ran.stderr);
        assert!(!ran.stderr.contains("secret\""), "{}", ran.stderr);
        assert!(!ran.stderr.contains("4711"), "{}", ran.stderr);
        assert!(!state.exists(), "nothing is left behind");
    };
    refused(&content.replace("\"device secret\"", "4711"), "line 7").await;
    refused(&content.replace("name = \"The", "colour = \"The"), "line 2").await;
    refused(&content.replace("http://", "ftp://"), "URL").await;
    let both = content.replace("[client]", "[client]\ntype = \"basic\"");
    refused(&both, "Basic without TLS").await;
    let anybody = content.split("[server]").next().unwrap().to_owned();
    refused(&anybody, "must have credentials").await;
    write_private(&good, &content);
    fs::set_permissions(&good, fs::Permissions::from_mode(0o644)).unwrap();
    let (_, ran) = init(scratch.path(), &["--account", text(&good)]).await;
    assert!(ran.stderr.contains("chmod 600"), "{}", ran.stderr);
    let (_, ran) = init(scratch.path(), &[]).await;
    assert_eq!(ran.status, Some(2), "{}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_s_account_is_removed_with_its_rights() {
    let scratch = tempfile::tempdir().unwrap();
    let file = account(scratch.path(), "http://127.0.0.1:1/dm");
    let (state, made) = init(scratch.path(), &["--account", text(&file)]).await;
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    let acl = async || {
        let nodes = tree(&state, "./FUMO/firmware").await;
        nodes[0]["acl"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(acl().await, "Exec=a&Get=a&Replace=a");
    let remove = ["account", "remove", "--state", text(&state)];
    let unknown = manage(&[remove.as_slice(), &["b"]].concat()).await;
    assert_eq!(unknown.status, Some(1), "{}", unknown.stderr);
    let removed = manage(&[remove.as_slice(), &["a"]].concat()).await;
    assert_eq!(removed.status, Some(0), "{}", removed.stderr);
    assert!(!acl().await.contains('a'), "{}", acl().await);
    assert_eq!(tree(&state, "./DMAcc").await.len(), 1, "no account is left");
}
