//! `rehome ota card`: a card of a directory, with `rehome ota wrap` and `response read` as
//! its server, and killed while it works.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use uicc::packet::{
    CipherAlgorithm, Cntr, CommandHeader, Framing, KeySet, MacAlgorithm, SingleDes, Spi, Tar, wrap,
};

use crate::command::{Ran, rehome};

/// Each answer on its line.
fn answers(ran: &Ran) -> Vec<Value> {
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let lines = ran.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn one(ran: &Ran) -> Value {
    let mut all = answers(ran);
    assert_eq!(all.len(), 1, "{}", ran.stdout);
    all.remove(0)
}

fn show(card: &str) -> Value {
    one(&rehome(&["ota", "card", "show", "--state", card, "--json"]))
}

/// The octets of a file, by its path.
fn content(shown: &Value, path: &str) -> String {
    let mut files = shown["files"].as_array().unwrap().iter();
    let file = files.find(|file| file["path"] == path).unwrap();
    file["content"].as_str().unwrap().to_owned()
}

#[test]
fn a_script_by_hand() {
    let home = tempfile::tempdir().unwrap();
    let card = home.path().join("card");
    let card = card.to_str().unwrap();
    let made = rehome(&["ota", "card", "new", "--state", card]);
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    let paths: Vec<&str> = made.stdout.lines().collect();
    let [kic, kid, pin1, adm1] = paths[..] else {
        panic!("{}", made.stdout)
    };
    let mut drawn = Vec::new();
    for path in [kic, kid, pin1, adm1] {
        let mode = fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600, "{path}");
        drawn.push(fs::read_to_string(path).unwrap());
    }
    assert_ne!(drawn[0], drawn[1]);
    assert!(pin1.ends_with("/card/keys/pin1.txt") && adm1.ends_with("/card/keys/adm1.txt"));
    assert_eq!(drawn[2], "1234");
    // VERIFY PIN with the key reference of ADM1.
    let code = drawn.split_off(2).remove(1);
    assert!(code.len() == 8 && code.bytes().all(|octet| octet.is_ascii_digit()));
    let verify = format!(
        "0020000a08{}",
        data_encoding::HEXLOWER.encode(code.as_bytes())
    );
    let run = ["ota", "card", "run", "--state", card, "--json", &verify];
    assert_eq!(one(&rehome(&run))["response"], "9000");
    let (kic, kid) = (format!("@{kic}"), format!("@{kid}"));
    let terms = [
        "--spi",
        "1619",
        "--kic",
        "12",
        "--kid",
        "12",
        "--tar",
        "b00010",
        "--kic-key",
        &kic,
        "--kid-key",
        &kid,
        "--json",
    ];
    // EF SPN: show it (1), then the name.
    let script = "00a4000c026f4600d600000501526568 6f00b0000004";
    let wrapping = [
        &["ota", "wrap"],
        &terms[..],
        &["--cntr", "1", "--tpdu", "--oa", "12345", script],
    ];
    let wrapped = one(&rehome(&wrapping.concat()));
    let tpdu = wrapped["tpdus"][0].as_str().unwrap();
    let packet = wrapped["packet"].as_str().unwrap();
    let run = ["ota", "card", "run", "--state", card, "--json"];
    let answer = one(&rehome(&[&run[..], &[tpdu]].concat()));
    assert_eq!(answer["status"], "9000");
    assert_eq!(answer["report_is_error"], false);
    let receipt = answer["receipt"].as_str().unwrap();
    let read = |receipt: &str| {
        let reading = [&["ota", "response", "read"], &terms[..], &[receipt]];
        one(&rehome(&reading.concat()))
    };
    let response = read(receipt);
    assert_eq!(response["status"], 0);
    assert_eq!(response["cc_ok"], true);
    assert_eq!(response["data"], "03900001526568");
    // The same packet without a message: it has been taken; an APDU beside it.
    let both = rehome(&[&run[..], &["00a4000c022fe2", packet, "00b0000002"]].concat());
    let both = answers(&both);
    assert_eq!(both[0]["response"], "9000");
    assert_eq!(read(both[1]["receipt"].as_str().unwrap())["status"], 2);
    assert_eq!(both[2]["response"], "98889000");
    let shown = show(card);
    assert_eq!(
        content(&shown, "3f00/7ff0/6f46"),
        format!("015265686f{}", "ff".repeat(12))
    );
    assert_eq!(shown["key_sets"][0]["cntr"], 1);
    assert_eq!(shown["key_sets"][0]["cipher"], "aes");
    assert_eq!(shown["targets"][0]["tar"], "b00000");
    assert_eq!(shown["free"], 65536);
    // No key in anything that was printed, in both forms.
    let plain = rehome(&["ota", "card", "show", "--state", card]);
    for line in [
        r#"3f00/7ff0/6f46       transparent  015265686f ff*12  # spn "Reho" show-plmn"#,
        "3f00/7ff0/6f07       transparent  080910100000000010  # imsi 001010000000001",
        "3f00/7ff0/6f39       cyclic  3 of 3 octets",
        "3f00/7ff0            adf  a0000000871002ffffffff8907090000",
        "key_set 1         cipher aes  cntr 1  mac aes-cmac-8  number 1",
    ] {
        assert!(
            plain.stdout.lines().any(|it| it == line),
            "{}",
            plain.stdout
        );
    }
    for key in &drawn {
        assert_eq!(key.len(), 32);
        for printed in [&plain.stdout, &shown.to_string(), &made.stdout] {
            assert!(!printed.contains(key.as_str()));
        }
    }
    for printed in [&plain.stdout, &shown.to_string(), &made.stdout] {
        assert!(!printed.contains(code.as_str()));
    }
    let again = rehome(&["ota", "card", "new", "--state", card]);
    assert_eq!(again.status, Some(1));
    assert!(again.stderr.contains("card-exists"), "{}", again.stderr);
}

#[test]
fn refusals() {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
    let (card, profile) = (path("card"), path("profile.toml"));
    let refused = |line: &[&str], code: &str| {
        let ran = rehome(line);
        assert_eq!(ran.status, Some(1), "{line:?}");
        assert!(ran.stderr.contains(code), "{line:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "");
        ran.stderr
    };
    refused(&["ota", "card", "show", "--state", &card], "io");
    let new = [
        "ota",
        "card",
        "new",
        "--state",
        &card,
        "--profile",
        &profile,
    ];
    let key = "000102030405060708090a0b0c0d0e0f";
    let write = |text: &str, mode: u32| {
        fs::write(&profile, text).unwrap();
        fs::set_permissions(&profile, fs::Permissions::from_mode(mode)).unwrap();
    };
    write(&format!("[[key_set]]\nkic = \"{key}\"\n"), 0o644);
    let said = refused(&new, "file-open-to-others");
    assert!(!said.contains(key), "{said}");
    write(&format!("[[key_set]]\nkic = \"{key}g\"\n"), 0o600);
    let said = refused(&new, "profile-unreadable");
    assert!(!said.contains(key) && said.contains("line 2"), "{said}");
    assert!(!Path::new(&card).exists());
    write("imsi = \"001010000000001\"\n", 0o644);
    assert_eq!(rehome(&new).status, Some(0));
    // Nothing is done where one argument can't be read.
    let run = [
        "ota",
        "card",
        "run",
        "--state",
        &card,
        "00a4000c023f00",
        "0g",
    ];
    refused(&run, "no hexadecimal digit");
    // TP-PID 00: a message for the user. With 7F the card has it: no CC, and no receipt.
    let message = |protocol: &str| {
        let command = "000e0d00000000b00010000000000000";
        format!("440191f1{protocol}f60000000000000013027000{command}")
    };
    let given = ["ota", "card", "run", "--state", &card, "--json"];
    let said = refused(
        &[&given[..], &[&message("00")]].concat(),
        "message-not-for-card",
    );
    assert!(said.contains("TP-PID 00, TP-DCS f6"), "{said}");
    let taken = one(&rehome(&[&given[..], &[&message("7f")]].concat()));
    assert_eq!(
        (&taken["status"], &taken["report"]),
        (&"9000".into(), &"0000".into())
    );
    fs::set_permissions(
        Path::new(&card).join("card.json"),
        fs::Permissions::from_mode(0o644),
    )
    .unwrap();
    refused(
        &["ota", "card", "show", "--state", &card],
        "file-open-to-others",
    );
}

/// Either a card with its keys, or neither.
#[test]
fn a_new_card_that_fails_is_not_there() {
    let home = tempfile::tempdir().unwrap();
    let card = home.path().join("card");
    let new = ["ota", "card", "new", "--state", card.to_str().unwrap()];
    let names = || {
        let files = fs::read_dir(&card).unwrap();
        let mut names: Vec<String> = files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    // Keys of something else stay as they are.
    let keys = card.join("keys");
    fs::create_dir_all(&keys).unwrap();
    fs::write(keys.join("kic-1.hex"), "mine").unwrap();
    let refused = rehome(&new);
    assert_eq!((refused.status, refused.stdout.as_str()), (Some(1), ""));
    assert!(refused.stderr.contains("card/keys"), "{}", refused.stderr);
    assert_eq!(names(), ["keys", "lock"]);
    let kept = fs::read_to_string(keys.join("kic-1.hex")).unwrap();
    assert_eq!(
        (kept.as_str(), fs::read_dir(&keys).unwrap().count()),
        ("mine", 1)
    );
    fs::remove_dir_all(&keys).unwrap();
    // What is in the way of the card's file can't be removed as a file.
    let obstacle = card.join(".card.json.new");
    fs::create_dir(&obstacle).unwrap();
    let failed = rehome(&new);
    assert_eq!((failed.status, failed.stdout.as_str()), (Some(1), ""));
    assert!(failed.stderr.contains("io:"), "{}", failed.stderr);
    assert_eq!(names(), [".card.json.new", "lock"]);
    fs::remove_dir(&obstacle).unwrap();
    let made = rehome(&new);
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    assert_eq!(names(), ["card.json", "keys", "lock"]);
    assert_eq!(made.stdout.lines().count(), 4);
}

/// EF Keys, EF Kc, and an EF 5GS3GPPNSC that the profile adds, with its DF.
#[test]
fn keys_in_files_are_not_shown() {
    let home = tempfile::tempdir().unwrap();
    let (card, profile) = (home.path().join("card"), home.path().join("profile.toml"));
    let (card, profile) = (card.to_str().unwrap(), profile.to_str().unwrap());
    let rules = "rules = { read = \"pin1\", update = \"pin1\" }";
    let secret = "c0ffee11";
    let file = |path: &str, content: &str| {
        format!("[[file]]\npath = \"3f00/7ff0/{path}\"\n{rules}\ncontent = {{ {content} }}\n")
    };
    let text = [
        file("6f08", &format!("transparent = \"{secret}\"")),
        file("5f3b/4f20", &format!("transparent = \"{secret}07\"")),
        file("5fc0", "directory = {}"),
        file("5fc0/4f03", &format!("linear-fixed = [\"{secret}\"]")),
        file("5fc0/4f0a", "transparent = \"deadbeef\""),
    ]
    .concat();
    let new = ["ota", "card", "new", "--state", card, "--profile", profile];
    for (mode, status) in [(0o644, 1), (0o600, 0)] {
        fs::write(profile, &text).unwrap();
        fs::set_permissions(profile, fs::Permissions::from_mode(mode)).unwrap();
        let ran = rehome(&new);
        assert_eq!(ran.status, Some(status), "{}", ran.stderr);
        assert_eq!(ran.stderr.contains("file-open-to-others"), status == 1);
    }
    let plain = rehome(&["ota", "card", "show", "--state", card]).stdout;
    let shown = show(card);
    for said in [&plain, &shown.to_string()] {
        assert!(!said.contains(secret), "{said}");
        assert!(said.contains("deadbeef"), "{said}");
    }
    for line in [
        "3f00/7ff0/6f08       transparent  4 octets, not shown: keys",
        "3f00/7ff0/5fc0/4f03  linear-fixed  1 of 4 octets, not shown: keys",
    ] {
        assert!(plain.lines().any(|it| it == line), "{plain}");
    }
    let mut files = shown["files"].as_array().unwrap().iter();
    let kc = files.find(|file| file["path"] == "3f00/7ff0/5f3b/4f20");
    assert_eq!(
        (&kc.unwrap()["content"], &kc.unwrap()["octets"]),
        (&Value::Null, &5.into())
    );
}

const KIC: &str = "000102030405060708090a0b0c0d0e0f";
const KID: &str = "101112131415161718191a1b1c1d1e1f";

/// A packet whose script writes its own counter into EF SPN.
fn counted(cntr: u16) -> String {
    let key = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap();
    let keys = KeySet::new(1)
        .unwrap()
        .with_cipher(CipherAlgorithm::Aes, &key(KIC), SingleDes::Refused)
        .unwrap()
        .with_mac(MacAlgorithm::AesCmac8, &key(KID), SingleDes::Refused)
        .unwrap();
    let header = CommandHeader {
        spi: Spi::from_octets([0x16, 0x19]).unwrap(),
        kic: 0x12,
        kid: 0x12,
        tar: Tar([0xb0, 0, 0x10]),
        cntr: Cntr::new(u64::from(cntr)).unwrap(),
    };
    let mut script = key("00a4000c026f4600d6000102");
    script.extend(cntr.to_be_bytes());
    let packet = wrap(Framing::Sms, &header, Some(&keys), &script).unwrap();
    data_encoding::HEXLOWER.encode(&packet)
}

/// SIGKILL at some moment: the counter and the file are of one command, and whatever was
/// answered is stored.
#[test]
fn killed_while_it_works() {
    let home = tempfile::tempdir().unwrap();
    let (card, profile) = (home.path().join("card"), home.path().join("profile.toml"));
    fs::write(
        &profile,
        format!("[[key_set]]\nkic = \"{KIC}\"\nkid = \"{KID}\"\n"),
    )
    .unwrap();
    fs::set_permissions(&profile, fs::Permissions::from_mode(0o600)).unwrap();
    let (card, profile) = (card.to_str().unwrap(), profile.to_str().unwrap());
    let made = rehome(&["ota", "card", "new", "--state", card, "--profile", profile]);
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    let mut cntr: u16 = 0;
    for round in 0..8_u64 {
        let packets: Vec<String> = (1..=300).map(|more| counted(cntr + more)).collect();
        let mut child = Command::new(env!("CARGO_BIN_EXE_rehome"))
            .args(["ota", "card", "run", "--state", card, "--json"])
            .args(&packets)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut printed = String::new();
        stdout.read_line(&mut printed).unwrap();
        std::thread::sleep(Duration::from_micros(round * 1_700));
        child.kill().unwrap();
        child.wait().unwrap();
        stdout.read_to_string(&mut printed).unwrap();
        let answered = printed.matches("\"receipt\":\"027100").count() as u64;
        let shown = show(card);
        let counter = shown["key_sets"][0]["cntr"].as_u64().unwrap();
        assert!(answered > 0);
        assert!(
            counter >= u64::from(cntr) + answered,
            "{counter} {answered}"
        );
        let name = content(&shown, "3f00/7ff0/6f46");
        assert_eq!(u64::from_str_radix(&name[2..6], 16).unwrap(), counter);
        cntr = u16::try_from(counter).unwrap();
    }
}
