//! Devices that show certificates, with `openssl s_client` and `curl` as devices:
//! the certificate is the Source's (RFC 5280 clauses 4.1.2.5, 4.2.1.6, 4.2.1.12 and
//! 6; OMA DM session security clause 9.2.2).

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::certs::{Issued, Leaf, alone, authority};
use super::node::{Server, text};

const HOST: &str = "dm.rehome.test";
const DEVICE: &str = "urn:imei:490154203237518";
const OTHER: &str = "urn:imei:350000000000006";

struct World {
    server: Server,
    fleet: Issued,
}

/// A server that wants certificates of devices.
fn world(wanted: &str) -> World {
    let mut server = Server::start();
    let own = authority("servers");
    let leaf = own.leaf(&Leaf {
        host: Some(HOST),
        for_clients: false,
        ..Leaf::default()
    });
    fs::write(server.scratch().join("servers.pem"), own.pem()).unwrap();
    let fleet = authority("devices");
    fs::write(server.scratch().join("dm/devices.pem"), fleet.pem()).unwrap();
    server.give_identity(&leaf.pem(), &leaf.key_pem());
    let line = format!("client_certificates = \"{wanted}\"");
    server.configure("# client_certificates = \"none\"", &line);
    server.configure("# client_authorities", "client_authorities");
    server.logs = true;
    server.restart();
    World { server, fleet }
}

fn message(source: &str) -> String {
    let message = fs::read_to_string("tests/it/management/package1.xml").unwrap();
    message.replace("IMEI:000000000000001", source)
}

fn output(command: &mut Command, input: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A peer that breaks off early reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

impl World {
    fn write(&self, issued: &Issued, name: &str) {
        issued.write(self.server.scratch(), name);
    }

    /// Posts a first message by curl; the status and the code of a problem, `None`
    /// where there was no connection.
    fn curl(&self, certificate: Option<&str>, source: &str) -> Option<(u16, String)> {
        let dir = self.server.scratch();
        let address = self.server.address();
        let port = address.rsplit_once(':').unwrap().1;
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--max-time", "30"]);
        command.args(["--resolve", &format!("{HOST}:{port}:127.0.0.1")]);
        command.args(["--cacert", text(&dir.join("servers.pem"))]);
        if let Some(name) = certificate {
            let file = |end: &str| text(&dir.join(format!("{name}.{end}"))).to_owned();
            command.args(["--cert", &file("pem"), "--key", &file("key")]);
        }
        command.args(["-H", "Content-Type: application/vnd.syncml.dm+xml"]);
        command.args(["--data-binary", "@-", "--write-out", "\n%{http_code}"]);
        command.arg(format!("https://{HOST}:{port}/dm"));
        let ran = output(&mut command, message(source).as_bytes());
        if !ran.status.success() {
            return None;
        }
        let said = String::from_utf8_lossy(&ran.stdout).into_owned();
        let (body, status) = said.rsplit_once('\n').unwrap();
        let problem: Option<Value> = serde_json::from_str(body).ok();
        let code = problem.and_then(|it| Some(it["code"].as_str()?.to_owned()));
        Some((status.parse().unwrap(), code.unwrap_or_default()))
    }

    fn passes(&self, certificate: Option<&str>, source: &str) {
        let answer = self.curl(certificate, source);
        assert_eq!(
            answer,
            Some((200, String::new())),
            "{certificate:?} {source}"
        );
    }

    /// No connection; the server has logged why.
    fn refused(&self, certificate: Option<&str>, code: &str) {
        let before = self.server.logged().matches(code).count();
        assert_eq!(self.curl(certificate, DEVICE), None, "{certificate:?}");
        let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while self.server.logged().matches(code).count() == before {
            let logged = self.server.logged();
            assert!(std::time::Instant::now() < until, "no {code} in {logged}");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    /// What `openssl s_client` says of a handshake.
    fn s_client(&self, version: &str, name: &str) -> String {
        let dir = self.server.scratch();
        let file = |end: &str| text(&dir.join(format!("{name}.{end}"))).to_owned();
        let request = format!(
            "POST /dm HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\
             Content-Type: application/vnd.syncml.dm+xml\r\nContent-Length: {}\r\n\r\n{}",
            message(DEVICE).len(),
            message(DEVICE)
        );
        let mut command = Command::new("openssl");
        command.args(["s_client", "-connect", &self.server.address()]);
        command.args(["-servername", HOST, version, "-ign_eof", "-nocommands"]);
        command.args(["-cert", &file("pem"), "-key", &file("key")]);
        let ran = output(&mut command, request.as_bytes());
        let both = [ran.stdout, ran.stderr].concat();
        String::from_utf8_lossy(&both).into_owned()
    }
}

/// SHA-256 in hexadecimal digits of what the shell's words print, by openssl.
fn sha256(words: &str, dir: &Path) -> String {
    let ran = Command::new("sh")
        .args(["-c", &format!("{words} | openssl dgst -sha256 -r")])
        .current_dir(dir)
        .output()
        .unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    said.split(' ').next().unwrap().to_owned()
}

#[test]
fn a_certificate_under_the_authority_is_of_the_device_that_it_names() {
    let world = world("required");
    for device in [DEVICE, OTHER] {
        world.server.ok(&["account", "add", device]);
    }
    let of = |uris: &[&str]| {
        world.fleet.leaf(&Leaf {
            uris,
            ..Leaf::default()
        })
    };
    world.write(&of(&[DEVICE]), "device");
    world.passes(Some("device"), DEVICE);
    for version in ["-tls1_2", "-tls1_3"] {
        let said = world.s_client(version, "device");
        assert!(said.contains("HTTP/1.1 200"), "{version}: {said}");
    }
    let wrong = Some((403, "transport-of-another-device".to_owned()));
    assert_eq!(world.curl(Some("device"), OTHER), wrong);
    // Names are compared as a whole (and one may begin as another does).
    world.write(&of(&["urn:imei:49015420323751"]), "prefix");
    world.refused(Some("prefix"), "client-certificate-of-nobody");
    world.write(&of(&["URN:IMEI:490154203237518"]), "letters");
    world.refused(Some("letters"), "client-certificate-of-nobody");
    world.write(&of(&[]), "nameless");
    world.refused(Some("nameless"), "client-certificate-of-nobody");
    world.write(&of(&[DEVICE, OTHER]), "both");
    world.refused(Some("both"), "client-certificate-ambiguous");
    // A name beside it that no device has is nobody's.
    world.write(&of(&["urn:x:serial:1", DEVICE]), "more");
    world.passes(Some("more"), DEVICE);
    world.refused(None, "certificate-missing");
    // Without its account a device is nobody.
    world.server.ok(&["account", "remove", DEVICE]);
    world.refused(Some("device"), "client-certificate-of-nobody");
}

#[test]
fn a_certificate_has_to_be_good_in_itself() {
    let world = world("optional");
    world.server.ok(&["account", "add", DEVICE]);
    let uris: &[&str] = &[DEVICE];
    let usual = || Leaf {
        uris,
        ..Leaf::default()
    };
    let expired = Leaf {
        dates: ("20000101000000Z", "20200101000000Z"),
        ..usual()
    };
    let early = Leaf {
        dates: ("90000101000000Z", "99991231235959Z"),
        ..usual()
    };
    let of_server = Leaf {
        for_clients: false,
        ..usual()
    };
    for (leaf, code) in [
        (&expired, "client-certificate-expired"),
        (&early, "client-certificate-not-yet-valid"),
        (&of_server, "client-certificate-purpose"),
    ] {
        world.write(&world.fleet.leaf(leaf), "wrong");
        world.refused(Some("wrong"), code);
        // An account that names the certificate itself makes it no better.
        let own = alone(leaf);
        world.write(&own, "own");
        let pem = world.server.scratch().join("own.pem");
        let login = ["--login", "certificate", "--certificate", text(&pem)];
        let device = format!("pinned {code}");
        world
            .server
            .ok(&[&["account", "add", &device], &login[..]].concat());
        world.refused(Some("own"), code);
    }
    // The name of the authority, but not its key.
    for other in [authority("devices"), authority("others")] {
        world.write(&other.leaf(&usual()), "other");
        world.refused(Some("other"), "client-certificate-unknown");
    }
    world.write(&alone(&usual()), "self");
    world.refused(Some("self"), "client-certificate-unknown");
    // Who has none proves itself in DM.
    world.passes(None, DEVICE);
}

#[test]
fn an_account_names_its_certificate() {
    let world = world("required");
    let dir = world.server.scratch();
    let leaf = Leaf::default();
    let (one, two) = (alone(&leaf), alone(&leaf));
    world.write(&one, "one");
    world.write(&two, "two");
    let add = |device: &str, how: &[&str]| {
        let login = ["account", "add", device, "--login", "certificate"];
        world.server.json(&[&login[..], how].concat()).remove(0)
    };
    let file = |name: &str| text(&dir.join(name)).to_owned();
    let made = add(DEVICE, &["--certificate", &file("one.pem")]);
    let digest = sha256("openssl x509 -in one.pem -outform DER", dir);
    assert_eq!(
        made["login"]["name"],
        format!("certificate-sha256:{digest}")
    );
    let made = add(OTHER, &["--certificate", &file("two.pem"), "--key-only"]);
    let words = "openssl x509 -in two.pem -pubkey -noout | openssl pkey -pubin -outform DER";
    let digest = sha256(words, dir);
    assert_eq!(made["login"]["name"], format!("key-sha256:{digest}"));
    world.passes(Some("one"), DEVICE);
    world.passes(Some("two"), OTHER);
    let wrong = Some((403, "transport-of-another-device".to_owned()));
    assert_eq!(world.curl(Some("one"), OTHER), wrong);
    assert_eq!(world.curl(Some("two"), DEVICE), wrong);
    // Another certificate of the same key.
    world.write(&one.renewed(&leaf), "one");
    world.refused(Some("one"), "client-certificate-unknown");
    world.write(&two.renewed(&leaf), "two");
    world.passes(Some("two"), OTHER);
    // An authority's certificate does not stand for the one that the account names.
    let named = world.fleet.leaf(&Leaf {
        uris: &[DEVICE],
        ..Leaf::default()
    });
    world.write(&named, "named");
    world.refused(Some("named"), "client-certificate-of-nobody");
    // One certificate is of one device.
    let taken = world.server.run(&[
        "account",
        "add",
        "third",
        "--login",
        "certificate",
        "--key-only",
        "--certificate",
        &file("two.pem"),
    ]);
    assert!(taken.stderr.contains("login-taken"), "{}", taken.stderr);
}

#[test]
fn an_account_names_the_subject_of_its_certificates() {
    const TRE: &str = "urn:x-rehome:tre:acme:00112233445566778899aabbccddeeff";
    let world = world("required");
    let how = ["--login", "certificate", "--subject", TRE];
    world
        .server
        .ok(&[&["account", "add", DEVICE], &how[..]].concat());
    let leaf = world.fleet.leaf(&Leaf {
        uris: &[TRE],
        ..Leaf::default()
    });
    world.write(&leaf, "tre");
    world.passes(Some("tre"), DEVICE);
    // Its own name is not the one that the account says.
    let leaf = world.fleet.leaf(&Leaf {
        uris: &[DEVICE],
        ..Leaf::default()
    });
    world.write(&leaf, "imei");
    world.refused(Some("imei"), "client-certificate-of-nobody");
    // A subject is nothing without an authority.
    world.write(
        &alone(&Leaf {
            uris: &[TRE],
            ..Leaf::default()
        }),
        "self",
    );
    world.refused(Some("self"), "client-certificate-unknown");
}

#[test]
fn a_login_by_certificate_is_said_in_one_way() {
    let world = world("optional");
    world.write(&alone(&Leaf::default()), "one");
    let pem = text(&world.server.scratch().join("one.pem")).to_owned();
    let empty = world.server.scratch().join("empty.pem");
    fs::write(&empty, "nothing").unwrap();
    let certificate = ["--login", "certificate"];
    for how in [
        &certificate[..],
        &["--login", "http-digest", "--certificate", &pem],
        &[
            "--login",
            "certificate",
            "--certificate",
            &pem,
            "--subject",
            "urn:a",
        ],
        &[
            "--login",
            "certificate",
            "--certificate",
            &pem,
            "--login-name",
            "a",
        ],
        &["--login", "certificate", "--certificate", text(&empty)],
        &["--login", "certificate", "--subject", ""],
        &["--login", "certificate", "--subject", "urn:a", "--key-only"],
    ] {
        let ran = world
            .server
            .run(&[&["account", "add", DEVICE], how].concat());
        assert_ne!(ran.status, Some(0), "{how:?}");
    }
    assert!(world.server.json(&["account", "list"]).is_empty());
}

#[test]
fn authorities_without_a_request_for_certificates_are_a_mistake() {
    let mut server = Server::start();
    let own = alone(&Leaf::default());
    server.give_identity(&own.pem(), &own.key_pem());
    fs::write(server.scratch().join("dm/devices.pem"), own.pem()).unwrap();
    server.configure("# client_authorities", "client_authorities");
    let config = server.scratch().join("dm/rehome.toml");
    server.stop();
    let ran = crate::command::rehome(&["serve", "--config", text(&config)]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.contains("not asked for"), "{}", ran.stderr);
}
