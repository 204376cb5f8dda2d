//! `rehome ota response` against known answers of other programs (`vectors/`) and a
//! simulated card.

use serde_json::{Value, json};

use crate::command::rehome;
use crate::ota::{json, text, vectors};

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
