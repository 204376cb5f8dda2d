//! `rehome device manage` against `rehome serve`: what a device shows below DM, in
//! HTTP and in TLS (OMA DM session security clauses 9.2.1 and 9.2.2).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::certs::{Leaf, authority};
use super::node::{Server, text};
use crate::command::{Ran, rehome};

const HOST: &str = "dm.rehome.test";
const DEVICE: &str = "urn:imei:490154203237518";
const PSK: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn write_private(path: &Path, content: &str) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// A server that takes every login, in one of the profiles.
pub(super) fn server(profile: &str) -> Server {
    let mut server = Server::start();
    let own = authority("servers");
    let leaf = own.leaf(&Leaf {
        host: Some(HOST),
        for_clients: false,
        ..Leaf::default()
    });
    fs::write(server.scratch().join("servers.pem"), own.pem()).unwrap();
    server.give_identity(&leaf.pem(), &leaf.key_pem());
    let fleet = authority("devices");
    fs::write(server.scratch().join("dm/devices.pem"), fleet.pem()).unwrap();
    let device = fleet.leaf(&Leaf {
        uris: &[DEVICE],
        ..Leaf::default()
    });
    device.write(server.scratch(), "device");
    authority("others")
        .leaf(&Leaf {
            uris: &[DEVICE],
            ..Leaf::default()
        })
        .write(server.scratch(), "wrong");
    server.configure(
        "# client_certificates = \"none\"",
        "client_certificates = \"optional\"",
    );
    server.configure("# client_authorities", "client_authorities");
    server.configure("# psk = false", "psk = true");
    server.configure("# profile = \"3gpp\"", &format!("profile = \"{profile}\""));
    server.configure(
        "http_authentication = \"none\"",
        "http_authentication = \"digest-or-basic\"",
    );
    server.restart();
    server
}

pub(super) struct Managed {
    pub(super) dir: PathBuf,
    made: Value,
}

/// A device whose account has `shown` besides, and what the server knows of it.
fn device(server: &Server, profile: &str, how: &[&str], shown: &str) -> Managed {
    let managed = init(server, how, ("", shown), &[]);
    fs::copy(
        server.scratch().join("servers.pem"),
        managed.dir.join("servers.pem"),
    )
    .unwrap();
    managed.configure("# authorities", "authorities");
    managed.configure("profile = \"3gpp\"", &format!("profile = \"{profile}\""));
    managed
}

/// A device without authorities; `more` goes to `init`.
pub(super) fn init(
    server: &Server,
    how: &[&str],
    (top, shown): (&str, &str),
    more: &[&str],
) -> Managed {
    let login = ["account", "add", DEVICE];
    let made = server.json(&[&login[..], how].concat()).remove(0);
    let member = |name: &str| made[name].as_str().unwrap();
    let scratch = server.scratch();
    let file = scratch.join("account.toml");
    let content = format!(
        "server_id = \"{}\"\naddress = \"https://{HOST}/dm\"\n{top}\
         [client]\nname = \"{}\"\nsecret = \"{}\"\n\
         [server]\nname = \"{}\"\nsecret = \"{}\"\n{shown}",
        member("server_id"),
        member("user"),
        member("secret"),
        member("server_id"),
        member("server_secret"),
    );
    write_private(&file, &content);
    let dir = scratch.join("managed");
    let init = ["device", "manage", "init", "--state", text(&dir)];
    let rest = ["--device-id", DEVICE, "--account", text(&file)];
    let ran = rehome(&[&init[..], &rest, more].concat());
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let settings = dir.join("manage.toml");
    let content = fs::read_to_string(&settings).unwrap();
    fs::write(
        &settings,
        format!("{content}\"{HOST}\" = \"{}\"\n", server.address()),
    )
    .unwrap();
    Managed { dir, made }
}

impl Managed {
    pub(super) fn configure(&self, from: &str, to: &str) {
        let settings = self.dir.join("manage.toml");
        let content = fs::read_to_string(&settings).unwrap();
        assert!(content.contains(from), "{content}");
        fs::write(&settings, content.replace(from, to)).unwrap();
    }

    pub(super) fn run(&self) -> (Ran, Value) {
        let state = ["device", "manage", "run", "--state", text(&self.dir)];
        let ran = rehome(&[&state[..], &["--once", "--json"]].concat());
        let first = ran.stdout.lines().next().unwrap_or("null");
        let line = serde_json::from_str(first).unwrap();
        (ran, line)
    }

    pub(super) fn show(&self, how: &[&str]) -> Ran {
        let server = self.made["server_id"].as_str().unwrap();
        let show = ["device", "manage", "account", "show", server];
        let state = ["--state", text(&self.dir)];
        rehome(&[&show[..], &state, how].concat())
    }

    pub(super) fn remove(self, server: &Server) {
        server.ok(&["account", "remove", DEVICE]);
        fs::remove_dir_all(self.dir).unwrap();
    }
}

/// The account's other secret, and how the device has it.
fn in_http(server: &Server, kind: &str, secret: &str) -> (Vec<String>, String) {
    let file = server.scratch().join("login");
    write_private(&file, "of HTTP");
    let how = [
        "--login",
        kind,
        "--login-name",
        "a device",
        "--login-secret-file",
    ];
    let type_ = kind.strip_prefix("http-").unwrap();
    let shown = format!("[http]\ntype = \"{type_}\"\nname = \"a device\"\nsecret = \"{secret}\"\n");
    let how = how.iter().copied().chain([text(&file)]);
    (how.map(str::to_owned).collect(), shown)
}

fn words(how: &[String]) -> Vec<&str> {
    how.iter().map(String::as_str).collect()
}

#[test]
fn a_device_logs_in_by_http() {
    let server = server("3gpp");
    for (kind, secret, ended) in [
        ("http-digest", "of HTTP", "finished"),
        ("http-basic", "of HTTP", "finished"),
        ("http-digest", "a guess", "http-login-refused"),
        ("http-basic", "a guess", "http-login-refused"),
    ] {
        let (how, shown) = in_http(&server, kind, secret);
        let managed = device(&server, "3gpp", &words(&how), &shown);
        let id = server.queue(&["get", "./DevInfo/Man", "--device", DEVICE]);
        let (ran, line) = managed.run();
        assert_eq!(line["ended"], ended, "{kind} {secret}: {}", ran.stderr);
        let done = server.state(&id) == "done";
        assert_eq!(done, ended == "finished", "{kind} {secret}");
        for text in [&ran.stdout, &ran.stderr] {
            assert!(!text.contains(secret), "{text}");
        }
        managed.remove(&server);
    }
    let managed = device(&server, "3gpp", &[], "");
    assert_eq!(managed.run().1["ended"], "http-login-missing");
}

#[test]
fn a_device_comes_with_a_pre_shared_key() {
    for profile in ["3gpp", "dm"] {
        let server = server(profile);
        let file = server.scratch().join("psk");
        write_private(&file, PSK);
        let login = [
            "--login",
            "psk",
            "--login-name",
            "a key",
            "--login-secret-file",
        ];
        let how = [&login[..], &[text(&file)]].concat();
        let shown = format!("[psk]\nidentity = \"a key\"\nkey = \"{PSK}\"\n");
        let managed = device(&server, profile, &how, &shown);
        // The key is all that the two need of TLS.
        fs::remove_file(managed.dir.join("servers.pem")).unwrap();
        let settings = managed.dir.join("manage.toml");
        let content = fs::read_to_string(&settings).unwrap();
        let content = content.replace("\nauthorities", "\n# authorities");
        fs::write(&settings, content).unwrap();
        let id = server.queue(&["get", "./DevInfo/Man", "--device", DEVICE]);
        let (ran, line) = managed.run();
        assert_eq!(line["ended"], "finished", "{profile}: {}", ran.stderr);
        assert_eq!(server.state(&id), "done");

        let other = server.scratch().join("other");
        for wrong in [
            format!("a key:{}", PSK.replace("00", "ff")),
            format!("another:{PSK}"),
        ] {
            write_private(&other, &wrong);
            let changed = managed.show(&["--psk-file", text(&other)]);
            assert_eq!(changed.status, Some(0), "{}", changed.stderr);
            let (ran, line) = managed.run();
            assert_eq!(line["ended"], "psk-refused", "{wrong}: {}", ran.stderr);
        }
        // Without it the account's credentials of DM are not enough.
        let content = fs::read_to_string(&settings).unwrap();
        let content = content.replace("\n# authorities", "\nauthorities");
        fs::write(&settings, content).unwrap();
        let authorities = server.scratch().join("servers.pem");
        fs::copy(authorities, managed.dir.join("servers.pem")).unwrap();
        assert_eq!(managed.show(&["--nothing"]).status, Some(0));
        assert_eq!(managed.run().1["ended"], "http-login-missing");
        write_private(&other, &format!("a key:{PSK}"));
        managed.show(&["--psk-file", text(&other)]);
        assert_eq!(managed.run().1["ended"], "finished");
        let shown = rehome(&["device", "manage", "tree", "--state", text(&managed.dir)]);
        assert!(shown.stdout.contains("PSKSecret = ***"), "{}", shown.stdout);
        let stored = fs::read(managed.dir.join("management.db")).unwrap();
        let key = &data_encoding::HEXLOWER.decode(PSK.as_bytes()).unwrap();
        assert!(!stored.windows(key.len()).any(|part| part == key));
    }
}

#[test]
fn a_device_comes_with_a_certificate() {
    let server = server("3gpp");
    let shown = "[certificate]\nfile = \"device.pem\"\nkey = \"device.key\"\n";
    let managed = device(&server, "3gpp", &[], shown);
    let id = server.queue(&["get", "./DevInfo/Man", "--device", DEVICE]);
    let (ran, line) = managed.run();
    assert_eq!(line["ended"], "finished", "{}", ran.stderr);
    assert_eq!(server.state(&id), "done");
    let scratch = server.scratch();
    let pair = |name: &str| {
        let file = |end: &str| text(&scratch.join(format!("{name}.{end}"))).to_owned();
        (file("pem"), file("key"))
    };
    let (wrong, key) = pair("wrong");
    let changed = managed.show(&["--certificate", &wrong, "--key", &key]);
    assert_eq!(changed.status, Some(0), "{}", changed.stderr);
    let (ran, line) = managed.run();
    assert_eq!(
        line["ended"], "client-certificate-refused",
        "{}",
        ran.stderr
    );
    // The key of another certificate is none.
    let (right, _) = pair("device");
    let changed = managed.show(&["--certificate", &right, "--key", &key]);
    assert_eq!(changed.status, Some(1));
    assert!(changed.stderr.contains("don't fit"), "{}", changed.stderr);
    let shown = rehome(&["device", "manage", "tree", "--state", text(&managed.dir)]);
    assert!(shown.stdout.contains("KeySecret = ***"), "{}", shown.stdout);
    managed.remove(&server);

    // An account that names a certificate is not served without it, whatever the
    // device proves in DM.
    let how = ["--login", "certificate", "--certificate", &right];
    let managed = device(
        &server,
        "3gpp",
        &how,
        "[certificate]\nfile = \"device.pem\"\nkey = \"device.key\"\n",
    );
    assert_eq!(managed.run().1["ended"], "finished");
    managed.remove(&server);
}

/// A login of HTTP is wanted beside a certificate, and of the same device.
#[test]
fn a_certificate_does_not_stand_for_a_login_of_http() {
    let server = server("3gpp");
    let certificate = "[certificate]\nfile = \"device.pem\"\nkey = \"device.key\"\n";
    let (how, http) = in_http(&server, "http-digest", "of HTTP");
    let cases = [
        (certificate.to_owned(), "http-login-missing"),
        (format!("{certificate}{http}"), "finished"),
        (
            format!("{certificate}{}", http.replace("a device", "another")),
            "answer-refused",
        ),
    ];
    let file = server.scratch().join("login");
    write_private(&file, "of HTTP");
    let add = ["account", "add", "urn:imei:350000000000006"];
    let login = ["--login", "http-digest", "--login-name", "another"];
    server.ok(&[&add[..], &login, &["--login-secret-file", text(&file)]].concat());
    for (shown, ended) in cases {
        let managed = device(&server, "3gpp", &words(&how), &shown);
        let (ran, line) = managed.run();
        assert_eq!(line["ended"], ended, "{shown}: {}", ran.stderr);
        managed.remove(&server);
    }
}

/// With required certificates a device without one learns what it lacks.
#[test]
fn a_device_is_told_that_it_lacks_a_certificate() {
    let mut server = server("3gpp");
    server.configure(
        "client_certificates = \"optional\"",
        "client_certificates = \"required\"",
    );
    server.restart();
    let managed = device(&server, "3gpp", &[], "");
    let (ran, line) = managed.run();
    assert_eq!(
        line["ended"], "client-certificate-missing",
        "{}",
        ran.stderr
    );
    // Where only DM asks, an account that names a certificate still wants it.
    managed.remove(&server);
    server.configure(
        "client_certificates = \"required\"",
        "client_certificates = \"optional\"",
    );
    server.configure(
        "http_authentication = \"digest-or-basic\"",
        "http_authentication = \"none\"",
    );
    server.logs = true;
    server.restart();
    let pem = server.scratch().join("device.pem");
    let how = ["--login", "certificate", "--certificate", text(&pem)];
    let managed = device(&server, "3gpp", &how, "");
    let id = server.queue(&["get", "./DevInfo/Man", "--device", DEVICE]);
    assert_eq!(managed.run().1["ended"], "answer-refused");
    let logged = server.logged();
    assert!(logged.contains("transport-login-missing"), "{logged}");
    assert_eq!(server.state(&id), "queued");
}
