//! `rehome ota` against known answers of other programs (`vectors/`), and its refusals.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use uicc::sms::{Deliver, Timestamp};

use crate::command::{Ran, rehome};

pub(crate) fn vectors(name: &str) -> Vec<Value> {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../vectors/secured-packets.json"
    );
    let all: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    all[name].as_array().unwrap().clone()
}

pub(crate) fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap()
}

/// What the command says of itself and of its keys.
fn terms<'a>(vector: &'a Value, verb: &[&'a str]) -> Vec<&'a str> {
    let mut line = vec!["ota"];
    line.extend(verb);
    line.extend(["--spi", text(vector, "spi"), "--kic", text(vector, "kic")]);
    line.extend(["--kid", text(vector, "kid"), "--tar", text(vector, "tar")]);
    line.extend(["--kic-key", text(vector, "kic_key")]);
    if text(vector, "auth") != "crc32" {
        line.extend(["--kid-key", text(vector, "kid_key")]);
    }
    line
}

pub(crate) fn hex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
}

pub(crate) fn json(ran: &Ran) -> Value {
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn commands_are_those_of_other_programs() {
    for vector in vectors("commands") {
        let cntr = u64::from_str_radix(text(&vector, "cntr"), 16).unwrap();
        let cntr = cntr.to_string();
        let mut line = terms(&vector, &["wrap"]);
        line.extend(["--cntr", &cntr, "--json", text(&vector, "secured_data")]);
        let made = json(&rehome(&line));
        assert_eq!(
            made["packet"], vector["command_packet"],
            "{}",
            vector["name"]
        );
        assert_eq!(made["parts"][0]["udh"], "027000");
        assert_eq!(made["parts"][0]["ud"], vector["command_packet"]);
        assert_eq!(made["tpdus"], json!([]));
        // With no word of what secures it: the packet says that.
        let mut line = vec!["ota", "unwrap", "--kic-key", text(&vector, "kic_key")];
        if text(&vector, "auth") != "crc32" {
            line.extend(["--kid-key", text(&vector, "kid_key")]);
        }
        line.extend(["--json", text(&vector, "command_packet")]);
        let opened = json(&rehome(&line));
        for name in ["spi", "kic", "kid", "tar"] {
            assert_eq!(opened[name], vector[name], "{}", vector["name"]);
        }
        assert_eq!(opened["data"], vector["secured_data"]);
        assert_eq!(opened["cntr"].to_string(), cntr);
    }
}

#[test]
fn a_tpdu_is_that_of_another_program() {
    let framing = vectors("framing");
    let vector = framing
        .iter()
        .find(|vector| vector["name"] == "otaman SMS-DELIVER single, CPI in UDH")
        .unwrap();
    let command = vectors("commands")
        .into_iter()
        .find(|command| command["command_packet"] == vector["packet"])
        .unwrap();
    let mut line = terms(&command, &["wrap"]);
    line.extend(["--cntr", "1", "--json", "--tpdu", "--oa", "12345"]);
    line.extend([
        "--scts",
        text(vector, "scts"),
        text(&command, "secured_data"),
    ]);
    let made = json(&rehome(&line));
    // The first octet there says that more messages wait.
    let tpdu = text(vector, "tpdu").replacen("40", "44", 1);
    assert_eq!(made["tpdus"], json!([tpdu]));
    let mut line = vec![
        "ota",
        "unwrap",
        "--json",
        "--kic-key",
        text(&command, "kic_key"),
    ];
    line.extend(["--kid-key", text(&command, "kid_key"), &tpdu]);
    assert_eq!(json(&rehome(&line))["data"], command["secured_data"]);
    // 300 octets need three messages; all but the last say that more wait.
    let mut line = terms(&command, &["wrap"]);
    let long = "5a".repeat(300);
    line.extend([
        "--cntr",
        "1",
        "--json",
        "--tpdu",
        "--oa",
        "+49170",
        "--reference",
        "7",
    ]);
    line.push(&long);
    let made = json(&rehome(&line));
    let (parts, tpdus) = (
        made["parts"].as_array().unwrap(),
        made["tpdus"].as_array().unwrap(),
    );
    assert_eq!((parts.len(), tpdus.len()), (3, 3));
    assert_eq!(parts[0]["udh"], "0700030703017000");
    assert_eq!(parts[1]["udh"], "050003070302");
    let first: Vec<_> = tpdus
        .iter()
        .map(|tpdu| &tpdu.as_str().unwrap()[..2])
        .collect();
    assert_eq!(first, ["40", "40", "44"]);
    // The time stamp is a date: TS 23.040 clause 9.2.3.11, year, month and day in
    // semi-octets, the lower one first.
    let deliver = Deliver::parse(&hex(tpdus[0].as_str().unwrap())).unwrap();
    assert_eq!(deliver.timestamp, Timestamp([0x62, 0x10, 0x10, 0, 0, 0, 0]));
    // For people: a line each, without the marks of JSON.
    line.retain(|word| *word != "--json");
    let shown = rehome(&line).stdout;
    let names: Vec<_> = shown.lines().map(|row| row[..6].trim()).collect();
    assert_eq!(
        names,
        [
            "packet", "part 1", "part 2", "part 3", "tpdu 1", "tpdu 2", "tpdu 3"
        ]
    );
    assert!(shown.lines().nth(2).unwrap().ends_with("udh 050003070302"));
    assert!(!shown.contains(['"', '{', '[']), "{shown}");
}

#[test]
fn refusals_name_what_is_wrong_and_never_a_key() {
    let vector = &vectors("commands")[0];
    let secret = "0123456789abcdef0123456789abcde";
    let base = |kic: &'static str, kid: &'static str| {
        vec![
            "ota", "wrap", "--spi", "1619", "--kic", kic, "--kid", kid, "--tar", "b00011",
            "--cntr", "1",
        ]
    };
    let (des, aes) = ("0123456789abcdef", "000102030405060708090a0b0c0d0e0f");
    for (line, said) in [
        (
            [
                base("12", "12"),
                vec!["--kic-key", secret, "--kid-key", aes, "00"],
            ]
            .concat(),
            "--kic-key",
        ),
        (
            [
                base("11", "11"),
                vec!["--kic-key", des, "--kid-key", des, "00"],
            ]
            .concat(),
            "single-des-denied: --kic-key: single DES",
        ),
        (
            [
                base("12", "22"),
                vec!["--kic-key", aes, "--kid-key", aes, "00"],
            ]
            .concat(),
            "key-sets-differ",
        ),
        (
            [
                base("13", "12"),
                vec!["--kic-key", aes, "--kid-key", aes, "00"],
            ]
            .concat(),
            "unsupported",
        ),
        (
            [base("12", "12"), vec!["--kid-key", aes, "00"]].concat(),
            "KIc",
        ),
        (
            [
                base("15", "15"),
                vec!["--kic-key", aes, "--kid-key", aes, "--cc-len", "4", "00"],
            ]
            .concat(),
            "--cc-len",
        ),
        (
            [
                base("12", "12"),
                vec!["--kic-key", aes, "--kid-key", aes, "--cc-len", "9", "00"],
            ]
            .concat(),
            "--cc-len",
        ),
    ] {
        let refused = rehome(&line);
        assert_eq!(refused.status, Some(1), "{line:?}: {}", refused.stdout);
        assert!(refused.stderr.contains(said), "{said}: {}", refused.stderr);
        for key in [secret, des, aes] {
            assert!(!refused.stderr.contains(key), "{}", refused.stderr);
        }
    }
    let reserved = rehome(&[
        "ota", "wrap", "--spi", "0300", "--kic", "12", "--kid", "12", "--tar", "b00011", "--cntr",
        "1", "00",
    ]);
    assert!(
        reserved.stderr.contains("digital signatures"),
        "{}",
        reserved.stderr
    );
    // Another key, another CC.
    let mut line = vec!["ota", "unwrap", "--kic-key", text(vector, "kic_key")];
    line.extend([
        "--kid-key",
        text(vector, "kic_key"),
        text(vector, "command_packet"),
    ]);
    let wrong = rehome(&line);
    assert_eq!(wrong.status, Some(1));
    assert!(
        wrong.stderr.contains("check-failed: the RC or CC is wrong"),
        "{}",
        wrong.stderr
    );
}

/// TS 102 225 clause 5.1.4: a counter that is all ones blocks its key set.
#[test]
fn no_command_blocks_a_counter() {
    let key = "000102030405060708090a0b0c0d0e0f";
    for (spi, cntr, taken) in [
        ("1219", "1099511627775", false),
        ("1a19", "1099511627775", false),
        ("1219", "1099511627774", true),
        ("1a19", "1099511627774", true),
        // No counter, and one that nobody looks at.
        ("0219", "1099511627775", true),
        ("0a19", "1099511627775", true),
    ] {
        let line = [
            "ota", "wrap", "--spi", spi, "--kic", "12", "--kid", "12", "--tar", "b00011",
        ];
        let made = rehome(&[&line[..], &["--kid-key", key, "--cntr", cntr, "00"]].concat());
        assert_eq!(made.status, Some(i32::from(!taken)), "{spi} {cntr}");
        assert_eq!(
            made.stderr.contains("counter-blocked: "),
            !taken,
            "{}",
            made.stderr
        );
        assert_eq!(made.stdout.is_empty(), !taken);
    }
}

/// Codes are those of docs/uicc-ota.md, whatever stands in front of the refusal.
#[test]
fn refusals_have_codes() {
    let key = "000102030405060708090a0b0c0d0e0f";
    let vector = &vectors("commands")[10];
    assert_eq!(vector["auth"], "aes_cmac_64");
    let packet = text(vector, "command_packet");
    let keys = [
        "--kic-key",
        text(vector, "kic_key"),
        "--kid-key",
        text(vector, "kid_key"),
    ];
    let terms = [
        "--spi", "1219", "--kic", "12", "--kid", "12", "--tar", "b00011",
    ];
    let of = |verb: &[&str], rest: &[&str]| {
        let ran = rehome(&[&["ota"], verb, rest].concat());
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""), "{rest:?}");
        ran.stderr
    };
    let length = of(
        &["unwrap", "--cc-len", "4"],
        &[&keys[..], &[packet]].concat(),
    );
    assert!(
        length.contains("rehome: key-set-mismatch: ") && length.contains("--cc-len"),
        "{length}"
    );
    let signed = ["--kic-key", key, "--kid-key", key, "0271000012"];
    let [mut other, mut short] = [terms, terms];
    (other[1], short[3]) = ("0300", "02");
    for (verb, rest, code) in [
        (&["unwrap"][..], vec![packet], "key-missing"),
        (&["unwrap"], vec!["0001"], "length-wrong"),
        (&["unwrap", "--ussd"], vec!["00"], "unsupported"),
        (
            &["wrap"],
            [&terms[..], &["--cntr", "1", "--kid-key", "00", "00"]].concat(),
            "key-length",
        ),
        (
            &["wrap"],
            [&other[..], &["--cntr", "1", "00"]].concat(),
            "digital-signature-unsupported",
        ),
        (
            &["wrap"],
            [&short[..], &["--cntr", "1", "--kic-key", key, "00"]].concat(),
            "key-set-number",
        ),
        (
            &["response", "read"],
            [&terms[..], &signed].concat(),
            "length-wrong",
        ),
        (
            &["response", "make"],
            [
                &terms[..],
                &["--cntr", "1", "--ussd", "--kic-key", key, "--kid-key", key],
            ]
            .concat(),
            "unsupported",
        ),
        (&["script", "explain"], vec!["aa05"], "length-wrong"),
    ] {
        let said = of(verb, &rest);
        assert!(
            said.contains(&format!("rehome: {code}: ")),
            "{code}: {said}"
        );
    }
}

/// The example of the documentation, by the shell: each packet has a counter of its own.
#[test]
fn the_example_of_a_script_of_several_packets_runs() {
    let docs = include_str!("../../../../docs/uicc-ota.md");
    let from = docs.find("    cntr=17\n").unwrap();
    let example = docs[from..].split("\n\n").next().unwrap();
    let home = tempfile::tempdir().unwrap();
    let key = "000102030405060708090a0b0c0d0e0f";
    for (name, content) in [
        ("kic.hex", key),
        ("kid.hex", key),
        (
            "script.ota",
            "select imsi\nread-binary 0 9\nget-status applications\n",
        ),
    ] {
        let file = home.path().join(name);
        std::fs::write(&file, content).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let beside = Path::new(env!("CARGO_BIN_EXE_rehome")).parent().unwrap();
    let path = format!("{}:{}", beside.display(), std::env::var("PATH").unwrap());
    let output = Command::new("sh")
        .args(["-c", example])
        .env("PATH", path)
        .current_dir(home.path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let printed = String::from_utf8(output.stdout).unwrap();
    let packets = printed
        .lines()
        .filter_map(|line| line.strip_prefix("packet"));
    let counters: Vec<_> = packets
        .map(|packet| {
            let keys = ["--kic-key", key, "--kid-key", key];
            let line = [&["ota", "unwrap", "--json"], &keys[..], &[packet.trim()]].concat();
            json(&rehome(&line))["cntr"].as_u64().unwrap()
        })
        .collect();
    assert_eq!(counters, [17, 18]);
}

#[test]
fn keys_come_from_private_files() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("key");
    let vector = &vectors("commands")[0];
    std::fs::write(&file, text(vector, "kic_key")).unwrap();
    let named = format!("@{}", file.display());
    let mut line = vec!["ota", "unwrap", "--json", "--kic-key", &named];
    line.extend([
        "--kid-key",
        text(vector, "kid_key"),
        text(vector, "command_packet"),
    ]);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let open = rehome(&line);
    assert_eq!(open.status, Some(1));
    assert!(!open.stderr.contains(text(vector, "kic_key")));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(json(&rehome(&line))["data"], vector["secured_data"]);
}

/// RC is Python's zlib.crc32 over CPI, CPL, CHL and the rest (3GPP TS 31.115 clause 6.1).
#[test]
fn a_command_travels_by_ussd_and_a_response_does_not() {
    let packet = "03191101000005b0001100000000000046c31cb000a40004023f00";
    let of = |verb: &[&'static str], rest: &[&'static str]| {
        let terms = ["--spi", "0100", "--kic", "00", "--kid", "05"];
        let line = [&["ota"], verb, &terms, &["--tar", "b00011", "--ussd"], rest].concat();
        rehome(&line)
    };
    let made = json(&of(&["wrap"], &["--cntr", "0", "--json", "00a40004023f00"]));
    let string = format!("01{packet}");
    assert_eq!(made, json!({"packet": packet, "ussd": string}));
    let opened = json(&rehome(&["ota", "unwrap", "--ussd", "--json", &string]));
    assert_eq!(opened["data"], "00a40004023f00");
    let long = "00".repeat(200).leak();
    for refused in [
        of(&["response", "make"], &["--cntr", "0"]),
        of(&["response", "read"], &["0400"]),
        of(&["wrap"], &["--cntr", "0", long]),
        of(&["wrap"], &["--cntr", "0", "--tpdu", "--oa", "1", "00"]),
    ] {
        assert_eq!(refused.status, Some(1));
        assert!(
            refused.stderr.contains("unsupported: "),
            "{}",
            refused.stderr
        );
    }
}
