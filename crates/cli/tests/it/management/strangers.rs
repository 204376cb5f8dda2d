//! What a management server refuses.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

use dm::auth::Requirement;
use dm::session::{Encoding, Received};
use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use openssl::x509::{X509, X509NameBuilder};

use super::device::{Device, md5, post};
use super::node::{Server, prepared, text};
use crate::command::rehome;

const DEVICE: &str = "IMEI:490154203237518";
const XML: &str = "application/vnd.syncml.dm+xml";

/// What a server said, with the name that it said it to left out.
fn said(answers: &[Vec<u8>], name: &str) -> Vec<String> {
    let text = |octets: &Vec<u8>| {
        let received = Received::read(Encoding::Xml, octets).unwrap();
        dm::queue::Transcript::default()
            .received(&received)
            .replace(name, "NAME")
    };
    answers.iter().map(text).collect()
}

#[test]
fn a_stranger_and_a_wrong_secret_learn_the_same_which_is_nothing() {
    let server = Server::start();
    let known = server.device(DEVICE);
    let id = server.queue(&["get", "./DevInfo/Man", "--device", DEVICE]);
    let user = DEVICE.replace(':', "-");
    let go = |name: &str| {
        let mut device = Device::new(
            &server.url(),
            name,
            md5(&user, "wrong"),
            Requirement::Transport,
        );
        let went = device.run();
        assert!(!went.finished && went.executed.is_empty());
        said(&went.answers, name)
    };
    let (wrong, unknown) = (go(DEVICE), go("IMEI:000000000000000"));
    assert!(wrong.len() >= 2, "challenged, then refused");
    assert_eq!(wrong, unknown);
    let command = server.command(&id);
    assert_eq!(
        (&command["state"], &command["attempts"]),
        (&"queued".into(), &0.into())
    );
    assert!(server.sessions().is_empty(), "strangers write nothing");
    let mut known = known;
    assert_eq!(known.run().executed, ["./DevInfo/Man"]);
}

/// Four messages with credentials that nobody has, in somebody's name.
fn guesses(url: &str, name: &str) -> Vec<String> {
    let first = fs::read_to_string("tests/it/management/package1.xml").unwrap();
    let first = first.replace("IMEI:000000000000001", name);
    let cred = "</Source><Cred><Meta><Format xmlns=\"syncml:metinf\">b64</Format>\
                <Type xmlns=\"syncml:metinf\">syncml:auth-md5</Type></Meta>\
                <Data>AAAAAAAAAAAAAAAAAAAAAA==</Data></Cred></SyncHdr>";
    let guess = first.replace("</Source></SyncHdr>", cred);
    let one = |number: u32| {
        let message = guess.replace("<MsgID>1<", &format!("<MsgID>{number}<"));
        let answer = post(url, XML, message.as_bytes());
        let text = match answer.status {
            200 => said(&[answer.body], name).remove(0),
            _ => String::from_utf8(answer.body).unwrap(),
        };
        format!("{} {text}", answer.status)
    };
    (1..=4).map(one).collect()
}

#[test]
fn guesses_end_alike_and_nothing_is_written() {
    let server = Server::start();
    let mut device = server.device(DEVICE);
    let (known, unknown) = (
        guesses(&server.url(), DEVICE),
        guesses(&server.url(), "IMEI:000000000000000"),
    );
    assert_eq!(known, unknown);
    assert!(known[0].contains("<Chal>"), "{}", known[0]);
    assert!(known[1].contains("<Data>401</Data>") && !known[1].contains("<Chal>"));
    assert!(known[3].contains("dm-session-over"), "{}", known[3]);
    assert!(server.sessions().is_empty());
    assert!(device.run().finished);
}

/// Posts the device's next message before it does, without what proves it, with a
/// wrong proof, and with a MsgID far ahead.
fn intrude(url: &str, message: &[u8]) {
    let text = String::from_utf8(message.to_vec()).unwrap();
    let Some((head, rest)) = text.split_once("<Cred>") else {
        return;
    };
    let (cred, tail) = rest.split_once("</Cred>").unwrap();
    let (before, data) = cred.split_once("<Data>").unwrap();
    let (_, after) = data.split_once("</Data>").unwrap();
    let digest = "AAAAAAAAAAAAAAAAAAAAAA==";
    let none = format!("{head}{tail}");
    let wrong = format!("{head}<Cred>{before}<Data>{digest}</Data>{after}</Cred>{tail}");
    let (start, id) = none.split_once("<MsgID>").unwrap();
    let (_, end) = id.split_once("</MsgID>").unwrap();
    let ahead = format!("{start}<MsgID>4000</MsgID>{end}");
    for forged in [none, wrong, ahead] {
        let answer = post(url, XML, forged.as_bytes());
        let said = String::from_utf8(answer.body).unwrap();
        let refused = said.contains("<Data>401</Data>") || said.contains("<Data>407</Data>");
        assert!(answer.status == 400 || refused, "{said}");
        assert!(!said.contains("<Cmd>Get</Cmd><Data>200"), "{said}");
    }
}

/// Whoever knows the device's name and the SessionID changes nothing: the same
/// session goes on to its end, with each command once.
#[test]
fn a_session_is_not_disturbed_by_what_proves_nothing() {
    let server = Server::start();
    let mut device = server.device(DEVICE);
    device.before_post = Some(intrude);
    let queue = |target: &str| server.queue(&["get", target, "--device", DEVICE]);
    let ids = ["./DevInfo/Man", "./DevInfo/Mod", "./Settings/Interval"].map(queue);
    for _ in 0..2 {
        // From a first message without credentials, then from one with them.
        let went = device.run();
        assert!(went.finished && went.server_proved);
    }
    for id in ids {
        let command = server.command(&id);
        assert_eq!(command["state"], "done", "{command}");
        assert_eq!(command["attempts"], 1, "{command}");
    }
    let sessions = server.sessions();
    assert_eq!(sessions.len(), 2, "{sessions:?}");
    assert!(sessions.iter().all(|it| it["outcome"] == "finished"));
}

/// A device that leaves its credentials out once is challenged where it is, and
/// goes on.
#[test]
fn a_challenge_in_a_session_that_was_proved_is_answered_in_it() {
    let server = Server::start();
    let mut device = server.device(DEVICE);
    let id = server.queue(&["get", "./DevInfo/Man", "--device", DEVICE]);
    device.bare = Some(3);
    let went = device.run();
    assert!(went.finished && went.server_proved);
    assert_eq!(server.command(&id)["state"], "done");
    assert_eq!(server.command(&id)["attempts"], 1);
    let sessions = server.sessions();
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    assert_eq!(sessions[0]["outcome"], "finished");
    let shown = server.ok(&["session", "show", sessions[0]["session"].as_str().unwrap()]);
    assert!(
        shown.contains("<Data>407</Data>"),
        "the challenge is on record"
    );
}

#[test]
fn only_syncml_is_taken_and_answered_in_kind() {
    let server = Server::start();
    let url = server.url();
    assert_eq!(post(&url, "text/xml", b"<SyncML/>").status, 415);
    assert_eq!(post(&url, XML, b"<SyncML/>").status, 400);
    assert_eq!(post(&url, XML, b"").status, 400);
    assert_eq!(post(&format!("{url}/x"), XML, b"").status, 404);
    assert_eq!(post(&url, XML, &vec![b' '; 70_000]).status, 413);
    let message = fs::read_to_string("tests/it/management/package1.xml").unwrap();
    let types = [
        XML,
        "application/vnd.syncml+xml",
        "Application/VND.syncml.DM+xml; charset=utf-8",
    ];
    for (at, media_type) in types.into_iter().enumerate() {
        // A repeated message would get the same answer again, type and all.
        let session = format!("<SessionID>9{at}<");
        let message = message.replace("<SessionID>1<", &session);
        let answer = post(&url, media_type, message.as_bytes());
        assert_eq!(answer.status, 200, "{media_type}");
        let wanted = media_type.split(';').next().unwrap().to_ascii_lowercase();
        assert_eq!(answer.content_type, wanted);
    }
    let elsewhere = message.replace("https://dm.rehome.test/dm", "https://other.test/dm");
    let refused = post(&url, XML, elsewhere.as_bytes());
    assert_eq!(refused.status, 400);
    let text = String::from_utf8(refused.body).unwrap();
    assert!(text.contains("dm-target-differs"), "{text}");
}

#[test]
fn the_api_is_for_its_token() {
    let server = Server::start();
    let wrong = ["account", "list", "--token", "x"];
    let ran = rehome(&[&["dm"], wrong.as_slice(), &["--server", &server.api()]].concat());
    assert_eq!(ran.status, Some(1));
    assert!(ran.stderr.contains("token-wrong"), "{}", ran.stderr);
    for (arguments, code) in [
        (
            ["get", "./A", "--device", "unknown"].as_slice(),
            "unknown-device",
        ),
        (&["command", "show", "0123456789abcdef"], "unknown-command"),
        (&["session", "show", "0123456789abcdef"], "unknown-session"),
        (&["session", "show", "x"], "malformed"),
        (&["account", "remove", "unknown"], "unknown-device"),
        (&["command", "list", "--state", "asleep"], "malformed"),
    ] {
        let ran = server.run(arguments);
        assert_eq!(ran.status, Some(1), "{arguments:?}");
        assert!(ran.stderr.contains(code), "{arguments:?}: {}", ran.stderr);
    }
    let request = tempfile::NamedTempFile::new().unwrap();
    fs::write(&request, r#"{"atomic":[{"get":{"target":"./A"}}]}"#).unwrap();
    server.ok(&["account", "add", DEVICE]);
    let ran = server.run(&["send", text(request.path()), "--device", DEVICE]);
    assert!(ran.stderr.contains("dm-misuse"), "{}", ran.stderr);
}

#[test]
fn plain_http_is_for_loopback() {
    let (_scratch, config, _) = prepared();
    let settings = fs::read_to_string(&config).unwrap();
    for name in ["dm", "api"] {
        let open = settings.replace(
            &format!("\n{name} = \"127.0.0.1:0\""),
            &format!("\n{name} = \"0.0.0.0:0\""),
        );
        assert_ne!(open, settings);
        fs::write(&config, open).unwrap();
        let ran = rehome(&["serve", "--config", text(&config)]);
        assert_eq!(ran.status, Some(1));
        assert!(ran.stderr.contains("loopback"), "{}", ran.stderr);
    }
}

/// A certificate that signs itself, and its key, both PEM.
pub(super) fn identity() -> (Vec<u8>, Vec<u8>) {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "dm.rehome.test").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder
        .set_not_before(&Asn1Time::days_from_now(0).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::days_from_now(1).unwrap())
        .unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    let pem = builder.build().to_pem().unwrap();
    (pem, key.private_key_to_pem_pkcs8().unwrap())
}

#[test]
fn with_a_certificate_it_speaks_tls() {
    let mut server = Server::start();
    let (certificate, key) = identity();
    server.give_identity(&certificate, &key);
    server.restart();
    let address = server.url().replace("http://", "").replace("/dm", "");
    let mut connector = SslConnector::builder(SslMethod::tls_client()).unwrap();
    connector.set_verify(SslVerifyMode::NONE);
    let stream = TcpStream::connect(&address).unwrap();
    let mut stream = connector.build().connect("dm.rehome.test", stream).unwrap();
    let shown = stream.ssl().peer_certificate().unwrap();
    assert_eq!(shown.to_pem().unwrap(), certificate);
    let message = fs::read_to_string("tests/it/management/package1.xml").unwrap();
    let request = format!(
        "POST /dm HTTP/1.1\r\nHost: dm.rehome.test\r\nContent-Type: {XML}\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{message}",
        message.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("syncml:auth-md5"), "{answer}");
}
