//! `rehome dm notify` with a secret of its own, against messages that another
//! program made (`crates/dm/tests/it/notification.rs` has the script).

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use dm::notification::from_push;
use serde_json::Value;
use tempfile::NamedTempFile;

use crate::command::{Ran, rehome};

const BACKGROUND: &str =
    "ba6d3ba346141f365b949c1218b3428902d800000000ab0e636f6d2e6578616d706c652e646d";
const WITH_VENDOR: &str = "3f95f8d17e9ef9f11b71f70469e8f56102f0000000ffff0e636f6d2e6578616d706c652e\
     646d010276656e646f72";
const RESYNC_OCTETS: &str =
    "b329bc738f6e21b8feda7ecd0832732d02c800000000010e636f6d2e6578616d706c652e646d";
const RESYNC_TEXT: &str =
    "343e1f784048d0452f2f9c8ee6e177c302e800000000010e636f6d2e6578616d706c652e646d";
/// `printf nonce | base64`
const NONCE: &str = "bm9uY2U=";

/// How long something that comes at once may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A private file with the server's secret.
fn password(secret: &str) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    fs::write(&file, secret).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    file
}

fn path(file: &NamedTempFile) -> &str {
    file.path().to_str().unwrap()
}

fn make(arguments: &[&str]) -> Ran {
    let file = password("s3cret\n");
    let own = [
        "--server-id",
        "com.example.dm",
        "--password-file",
        path(&file),
    ];
    rehome(&[&["dm", "notify"], own.as_slice(), arguments].concat())
}

fn made(arguments: &[&str]) -> String {
    let ran = make(arguments);
    assert_eq!(ran.status, Some(0), "{arguments:?}: {}", ran.stderr);
    ran.stdout
}

fn read(arguments: &[&str]) -> Ran {
    rehome(&[&["dm", "notify", "read"], arguments].concat())
}

#[test]
fn notifications_are_those_of_another_program() {
    let of = |arguments: &[&str]| made(arguments).trim().to_owned();
    let background = ["--nonce", NONCE, "--session", "0xab", "--ui", "background"];
    assert_eq!(of(&background), BACKGROUND);
    let vendor = [
        "--nonce",
        NONCE,
        "--session",
        "65535",
        "--ui",
        "interaction",
    ];
    let vendor = [
        &vendor,
        &["--initiator", "user", "--vendor", "010276656e646f72"][..],
    ]
    .concat();
    assert_eq!(of(&vendor), WITH_VENDOR);
    assert_eq!(of(&["--resync", "octets", "--session", "1"]), RESYNC_OCTETS);
    let text = ["--resync", "text", "--session", "1", "--ui", "informative"];
    assert_eq!(of(&text), RESYNC_TEXT);
    assert_eq!(
        of(&[&background, &["--wsp"][..]].concat()),
        format!("010603c4af87{BACKGROUND}")
    );
}

#[test]
fn a_notification_is_explained_and_checked() {
    let shown = read(&[BACKGROUND]);
    assert_eq!(shown.status, Some(0), "{}", shown.stderr);
    for part in [
        "171, AB in its messages",
        "com.example.dm",
        "background",
        "not checked",
    ] {
        assert!(shown.stdout.contains(part), "{part}: {}", shown.stdout);
    }
    let (right, wrong) = (password("s3cret"), password("secret"));
    let json = |arguments: &[&str]| -> Value {
        let ran = read(&[arguments, &["--json"]].concat());
        assert_eq!(ran.status, Some(0), "{}", ran.stderr);
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let pushed = format!("010603c4af87{WITH_VENDOR}");
    let object = json(&[&pushed, "--password-file", path(&right), "--nonce", NONCE]);
    assert_eq!(object["verified"], true);
    assert_eq!(object["nonce"], "stored");
    assert_eq!(
        (&object["session"], &object["session_id"]),
        (&65535.into(), &"FFFF".into())
    );
    assert_eq!(
        (&object["ui"], &object["initiator"]),
        (&"interaction".into(), &"user".into())
    );
    assert_eq!(object["vendor"], "010276656e646f72");
    let both = [
        "--password-file",
        path(&right),
        "--nonce",
        NONCE,
        "--resync",
        "text",
    ];
    assert_eq!(
        json(&[&[RESYNC_TEXT], both.as_slice()].concat())["nonce"],
        "resync"
    );
    let unchecked = json(&[BACKGROUND]);
    assert_eq!(
        (&unchecked["verified"], &unchecked["nonce"]),
        (&false.into(), &Value::Null)
    );
    for (message, file, nonce) in [
        (BACKGROUND, &wrong, ["--nonce", NONCE]),
        (BACKGROUND, &right, ["--nonce", "bm9uY2V4"]),
        (RESYNC_TEXT, &right, ["--resync", "octets"]),
    ] {
        let ran = read(&[&[message, "--password-file", path(file)], nonce.as_slice()].concat());
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""));
        assert!(ran.stderr.contains("wrong digest"), "{}", ran.stderr);
    }
}

#[test]
fn a_notification_may_be_in_a_file() {
    let octets = data_encoding::HEXLOWER
        .decode(BACKGROUND.as_bytes())
        .unwrap();
    for content in [octets, format!("{BACKGROUND}\n").into_bytes()] {
        let file = NamedTempFile::new().unwrap();
        fs::write(&file, content).unwrap();
        let ran = read(&[path(&file)]);
        assert!(ran.stdout.contains("com.example.dm"), "{}", ran.stderr);
    }
    for (wrong, part) in [
        ("0102", "malformed notification: too short"),
        ("no-such-file", "neither hexadecimal digits nor a file"),
    ] {
        let ran = read(&[wrong]);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""));
        assert!(ran.stderr.contains(part), "{}", ran.stderr);
    }
}

#[test]
fn arguments_that_do_not_fit_are_usage_errors() {
    let file = password("s3cret");
    let own = ["--server-id", "a", "--password-file", path(&file)];
    let wrong: [&[&str]; 8] = [
        &["--session", "65536", "--nonce", NONCE],
        &["--device", "d", "--session", "1"],
        &["--session", "0", "--nonce", NONCE],
        &["--session", "1", "--nonce", "*"],
        &["--session", "1", "--nonce", NONCE, "--resync", "text"],
        &["--session", "1", "--nonce", NONCE, "--vendor", "0"],
        &[
            "--session",
            "1",
            "--nonce",
            NONCE,
            "--wsp",
            "--http",
            "http://x/",
        ],
        &["--session", "1"],
    ];
    for (at, arguments) in wrong.into_iter().enumerate() {
        let own = if at == 1 { &[][..] } else { &own };
        let ran = rehome(&[&["dm", "notify"], own, arguments].concat());
        assert_eq!(
            (ran.status, ran.stdout.as_str()),
            (Some(2), ""),
            "{arguments:?}"
        );
    }
    let ran = read(&[BACKGROUND, "--password-file", path(&file)]);
    assert_eq!(ran.status, Some(2), "{}", ran.stderr);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let ran = rehome(
        &[
            &["dm", "notify"],
            &own[..],
            &["--session", "1", "--nonce", NONCE],
        ]
        .concat(),
    );
    assert_eq!(
        (ran.status, ran.stdout.as_str()),
        (Some(1), ""),
        "open to others"
    );
}

#[test]
fn it_is_sent_in_a_datagram() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let to = socket.local_addr().unwrap().to_string();
    let arguments = [
        "--nonce",
        NONCE,
        "--session",
        "171",
        "--ui",
        "background",
        "--udp",
        &to,
    ];
    assert!(made(&arguments).is_empty());
    let mut octets = [0; 2048];
    let length = socket.recv(&mut octets).unwrap();
    assert_eq!(
        data_encoding::HEXLOWER.encode(&octets[..length]),
        BACKGROUND
    );
    let printed = made(&[&arguments, &["--wsp", "--json", "--device", "IMEI:1"][..]].concat());
    let printed: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(
        (&printed["sent_by"], &printed["sent_to"]),
        (&"udp".into(), &to.as_str().into())
    );
    assert_eq!(
        (&printed["device"], &printed["session"]),
        (&"IMEI:1".into(), &171.into())
    );
    let length = socket.recv(&mut octets).unwrap();
    let message = from_push(&octets[..length]).unwrap();
    assert_eq!(data_encoding::HEXLOWER.encode(message), BACKGROUND);
}

/// Answers one request; gives its head and body.
fn answer_one(listener: &TcpListener, status: &str) -> (String, Vec<u8>) {
    listener.set_nonblocking(true).unwrap();
    let began = Instant::now();
    let mut stream = loop {
        match listener.accept() {
            Ok((stream, _)) => break stream,
            Err(error) => assert!(began.elapsed() < PATIENCE, "nobody came: {error}"),
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut octets = Vec::new();
    let body = BACKGROUND.len() / 2;
    loop {
        let mut some = [0; 512];
        let length = stream.read(&mut some).unwrap();
        octets.extend_from_slice(&some[..length]);
        let head = octets.windows(4).position(|part| part == b"\r\n\r\n");
        if let Some(head) = head.filter(|head| octets.len() >= head + 4 + body) {
            write!(
                stream,
                "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            )
            .unwrap();
            let body = octets.split_off(head + 4);
            return (
                String::from_utf8(octets).unwrap().to_ascii_lowercase(),
                body,
            );
        }
        assert!(length > 0, "closed");
    }
}

#[test]
fn it_is_sent_by_http() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/push", listener.local_addr().unwrap());
    for (status, code) in [("202 Accepted", 0), ("404 Not Found", 1)] {
        let ran = std::thread::scope(|scope| {
            let answered = scope.spawn(|| answer_one(&listener, status));
            let ran = make(&[
                "--nonce",
                NONCE,
                "--session",
                "171",
                "--ui",
                "background",
                "--hex",
                "--http",
                &url,
            ]);
            let (head, body) = answered.join().unwrap();
            assert!(head.starts_with("post /push "), "{head}");
            assert!(head.contains("content-type: application/vnd.syncml.notification\r\n"));
            assert_eq!(data_encoding::HEXLOWER.encode(&body), BACKGROUND);
            ran
        });
        assert_eq!(ran.status, Some(code), "{}", ran.stderr);
        let printed = if code == 0 { BACKGROUND } else { "" };
        assert_eq!(ran.stdout.trim(), printed);
    }
    let ran = make(&[
        "--nonce",
        NONCE,
        "--session",
        "1",
        "--http",
        "https://x.invalid/",
    ]);
    assert!(ran.stderr.contains("unsupported"), "{}", ran.stderr);
}
