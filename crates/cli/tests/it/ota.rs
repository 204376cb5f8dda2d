//! `rehome ota` against known answers of other programs (`vectors/`), and its refusals.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use uicc::sms::{Deliver, Timestamp};

use crate::command::{Ran, rehome};

fn vectors(name: &str) -> Vec<Value> {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../vectors/secured-packets.json"
    );
    let all: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    all[name].as_array().unwrap().clone()
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
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

fn hex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
}

fn json(ran: &Ran) -> Value {
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
fn responses_are_read_and_made() {
    for vector in vectors("responses") {
        let (expected, decoded) = (&vector["expect"], &vector["decoded"]);
        let spi = format!("00{}", text(&vector, "spi2"));
        let set = match text(&vector, "cipher") {
            "aes_cbc" => "12",
            _ => "15",
        };
        let terms = |verb: &'static str| {
            let mut line = vec![
                "ota", "response", verb, "--spi", &spi, "--kic", set, "--kid", set,
            ];
            line.extend(["--tar", text(decoded, "tar"), "--json"]);
            line.extend(["--kic-key", text(&vector, "kic_key")]);
            line.extend(["--kid-key", text(&vector, "kid_key")]);
            line
        };
        let mut line = terms("read");
        line.push(text(&vector, "response_with_udh"));
        let read = rehome(&line);
        let failed = expected["cc_ok"] == false;
        assert_eq!(read.status, Some(i32::from(failed)), "{}", read.stderr);
        let found: Value = serde_json::from_str(&read.stdout).unwrap();
        let cntr = u64::from_str_radix(text(decoded, "cntr"), 16).unwrap();
        assert_eq!(found["cntr"], cntr);
        for name in ["tar", "pcntr", "status", "cc_ok", "data"] {
            assert_eq!(found[name], decoded[name], "{}: {name}", vector["name"]);
        }
        let proof = match expected["cc_ok"].as_bool() {
            Some(true) => "verified",
            Some(false) => "failed",
            None => "not-asked",
        };
        assert_eq!(found["proof"], proof, "{}", vector["name"]);
        if failed {
            assert!(read.stderr.contains("check-failed"), "{}", read.stderr);
            continue;
        }
        let status = format!("{:02x}", decoded["status"].as_u64().unwrap());
        let cntr = cntr.to_string();
        let mut line = terms("make");
        line.extend(["--cntr", &cntr, "--status", &status, text(decoded, "data")]);
        assert_eq!(
            json(&rehome(&line))["response"],
            vector["response_with_udh"]
        );
    }
}

/// Without a CC where SPI asks for one, "PoR OK" is what anybody can say. RC is Python's
/// zlib.crc32 over UDH, RPL, RHL and the rest.
#[test]
fn what_proves_a_response_is_said() {
    let key = "000102030405060708090a0b0c0d0e0f";
    let read = |spi: &'static str, kid: &'static str, response: &'static str| {
        let terms = ["--spi", spi, "--kic", "12", "--kid", kid, "--tar", "b00010"];
        let line = [&["ota", "response", "read", "--json"], &terms[..]].concat();
        let keys = match spi {
            "1619" => vec!["--kic-key", key, "--kid-key", key],
            _ => vec![],
        };
        let ran = rehome(&[line, keys, vec![response]].concat());
        let found: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(found["status_text"], "PoR OK");
        assert_eq!(found["cntr"], 7);
        (ran, found["proof"].clone(), found["cc_ok"].clone())
    };
    let forged = "027100000e0ab0001000000000070000019000";
    let (ran, proof, cc_ok) = read("1619", "12", forged);
    assert_eq!(ran.status, Some(1), "{}", ran.stdout);
    assert_eq!((proof, cc_ok), (json!("missing"), Value::Null));
    assert!(ran.stderr.contains("proof-missing: "), "{}", ran.stderr);
    let (ran, proof, cc_ok) = read("1601", "12", forged);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert_eq!((proof, cc_ok), (json!("not-asked"), Value::Null));
    // An RC is no CC; it is missed like one, and a wrong one is as wrong.
    let (ran, proof, cc_ok) = read(
        "1605",
        "15",
        "02710000120eb0001000000000070000cb9a4a0f019000",
    );
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    assert_eq!((proof, cc_ok), (json!("rc"), Value::Null));
    let (ran, proof, cc_ok) = read(
        "1605",
        "15",
        "02710000120eb0001000000000070000cb9a4a0f019001",
    );
    assert_eq!(ran.status, Some(1));
    assert_eq!((proof, cc_ok), (json!("failed"), json!(false)));
    let (ran, proof, _) = read("1605", "15", forged);
    assert_eq!((ran.status, proof), (Some(1), json!("missing")));
}

/// Response packet of pySim's tests, in a report and a SUBMIT written from TS 23.040
/// clauses 9.2.2.1a and 9.2.2.2; parts of 16 octets each.
#[test]
fn a_response_is_read_from_its_messages() {
    let vector = &vectors("responses")[0];
    let with_header = text(vector, "response_with_udh");
    let packet = &with_header[6..];
    let read = |given: &[&str]| {
        let terms = ["--spi", "0019", "--kic", "12", "--kid", "12", "--tar"];
        let keys = [text(vector, "kic_key"), text(vector, "kid_key")];
        let keys = ["--kic-key", keys[0], "--kid-key", keys[1]];
        let line = [&["ota", "response", "read", "--json"], &terms[..]].concat();
        rehome(&[&line[..], &["b00011"], &keys[..], given].concat())
    };
    let octets = packet.len() / 2;
    let (pid_dcs, ud) = ("7ff6", format!("{:02x}{with_header}", octets + 3));
    let submit = |reference: u8, header: &str, body: &str| {
        let length = (header.len() + body.len()) / 2;
        format!(
            "41{reference:02x}0581{}7ff6{length:02x}{header}{body}",
            "2143f5"
        )
    };
    let (one, rest) = packet.split_at(32);
    let (two, three) = rest.split_at(32);
    let parts = [
        submit(1, "0700030903017100", one),
        submit(2, "050003090302", two),
        submit(3, "050003090303", three),
    ];
    let [one, two, three] = [&parts[0], &parts[1], &parts[2]].map(String::as_str);
    for given in [
        &[format!("4007{pid_dcs}{ud}").as_str()][..],
        &[&format!("40d507{pid_dcs}{ud}")],
        // Its octets are the user data; no header of the message's own.
        &[&format!("0007{pid_dcs}{ud}")],
        &[&submit(0, "027100", packet)],
        &[one, two, three],
        &[three, one, two, one],
    ] {
        let found = json(&read(given));
        assert_eq!(found["proof"], "verified", "{given:?}");
        assert_eq!(found["data"], vector["decoded"]["data"]);
    }
    let other = submit(4, "0500030a0302", "00");
    for (given, said) in [
        (&[one, three][..], "parts of the response are missing"),
        (&[one, &other, three], "parts of the response are missing"),
        (
            &[one, two, three, &submit(4, "027100", packet)],
            "several messages",
        ),
        (
            &[&submit(0, "027000", packet)],
            "carries no response packet",
        ),
        (&[one, with_header], "SMS-SUBMITs"),
        (&["--ber", one, two], "for SMS"),
    ] {
        let refused = read(given);
        assert_eq!((refused.status, refused.stdout.as_str()), (Some(1), ""));
        assert!(refused.stderr.contains(said), "{said}: {}", refused.stderr);
    }
}

/// What is too long for a report comes by SUBMIT, and the report says so (status 0B).
#[test]
fn a_long_answer_of_a_card_is_read() {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
    let (card, profile) = (path("card"), path("profile.toml"));
    let content = "5a".repeat(200);
    let file = format!(
        "[[file]]\npath = \"3f00/7ff0/6fff\"\ncontent = {{ transparent = \"{content}\" }}\n\
         rules = {{ read = \"always\", update = \"never\" }}\n"
    );
    std::fs::write(&profile, file).unwrap();
    let made = rehome(&[
        "ota",
        "card",
        "new",
        "--state",
        &card,
        "--profile",
        &profile,
    ]);
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    let [kic, kid] =
        ["kic", "kid"].map(|name| format!("@{}", path(&format!("card/keys/{name}-1.hex"))));
    let terms = [
        "--spi", "1619", "--kic", "12", "--kid", "12", "--tar", "b00010", "--json",
    ];
    let keys = ["--kic-key", &kic, "--kid-key", &kid];
    let of = |verb: &[&str], rest: &[&str]| {
        rehome(&[&["ota"], verb, &terms[..], &keys[..], rest].concat())
    };
    let wrapped = json(&of(&["wrap"], &["--cntr", "1", "00a4000c026fff00b00000c8"]));
    let packet = text(&wrapped, "packet");
    let answer = json(&rehome(&[
        "ota", "card", "run", "--state", &card, "--json", packet,
    ]));
    let read = |given: &[&str]| json(&of(&["response", "read"], given));
    let notice = read(&[text(&answer, "report")]);
    assert_eq!(
        (&notice["status"], &notice["proof"]),
        (&json!(11), &json!("verified"))
    );
    assert_eq!(
        notice["status_text"],
        "the response follows in an SMS-SUBMIT"
    );
    let submits = answer["submits"].as_array().unwrap().iter();
    let submits: Vec<_> = submits
        .rev()
        .map(|submit| submit.as_str().unwrap())
        .collect();
    assert_eq!(submits.len(), 2);
    let response = read(&submits);
    assert_eq!(
        (&response["status"], &response["proof"]),
        (&json!(0), &json!("verified"))
    );
    assert_eq!(response["data"], format!("029000{content}"));
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
