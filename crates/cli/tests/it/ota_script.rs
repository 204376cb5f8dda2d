//! `rehome ota script`: what it prints, what it takes, and its refusals. Octets are those
//! of `vectors/`, of TS 102 221 and of programs that the tests of `uicc` name.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::command::{Ran, rehome};

const SELECTS: &str = "00a4000c023f0000a4000c027fff00a4000c026f07";

fn written(dir: &Path, name: &str, octets: impl AsRef<[u8]>) -> String {
    let path = dir.join(name);
    fs::write(&path, octets).unwrap();
    path.to_str().unwrap().to_owned()
}

fn script(line: &[&str]) -> Ran {
    rehome(&[&["ota", "script"], line].concat())
}

fn printed(line: &[&str]) -> String {
    let ran = script(line);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    ran.stdout
}

fn json(line: &[&str]) -> Value {
    serde_json::from_str(&printed(line)).unwrap()
}

/// What a command line is refused for.
fn refused(line: &[&str]) -> String {
    let ran = script(line);
    assert_eq!(ran.status, Some(1), "{}", ran.stdout);
    assert_eq!(ran.stdout, "");
    ran.stderr
}

/// Runs it with something on standard input.
fn with_input(line: &[&str], text: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rehome"))
        .args(["ota", "script"])
        .args(line)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_script_is_compiled() {
    let dir = tempfile::tempdir().unwrap();
    let text = "select imsi\nread-binary 0 9\nget-status applications\n";
    let file = written(dir.path(), "a.ota", text);
    let first = format!("{SELECTS}00b0000009");
    let second = format!("{SELECTS}80f24002024f0000c0000000");
    let expected = format!("{first}\n{second}\n");
    assert_eq!(printed(&["compile", &file]), expected);
    assert_eq!(with_input(&["compile", "-"], text), expected);
    let object = json(&["compile", "--json", &file]);
    let packets = object["packets"].as_array().unwrap();
    assert_eq!(packets[0]["data"], first);
    let commands = &packets[0]["commands"];
    assert_eq!(commands[0], json!({ "line": 1, "apdu": "00a4000c023f00" }));
    assert_eq!(commands[3], json!({ "line": 2, "apdu": "00b0000009" }));
    assert_eq!(
        packets[1]["commands"][4],
        json!({ "line": 3, "apdu": "00c0000000" })
    );
    // The options come before the script's headers.
    let file = written(
        dir.path(),
        "b.ota",
        "format compact\nlimit 5\nget-status applications\n",
    );
    assert!(refused(&["compile", &file]).contains("script-limit: "));
    let expanded = printed(&["compile", "--format", "expanded", "--limit", "140", &file]);
    assert_eq!(expanded, "aa0a220880f24002024f0000\n");
    // A line is what `wrap` takes.
    let wrapped = rehome(&[
        "ota",
        "wrap",
        "--spi",
        "0000",
        "--kic",
        "00",
        "--kid",
        "00",
        "--tar",
        "000000",
        "--cntr",
        "0",
        expanded.trim(),
    ]);
    assert_eq!(wrapped.status, Some(0), "{}", wrapped.stderr);
    assert!(wrapped.stdout.contains(expanded.trim()));
}

/// Files are beside the script, wherever it is run.
#[test]
fn a_package_is_beside_its_script() {
    let dir = tempfile::tempdir().unwrap();
    let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/cap.json");
    let vectors: Value = serde_json::from_slice(&fs::read(vectors).unwrap()).unwrap();
    let vector = &vectors["packages"][0];
    let archive = vector["archive"].as_str().unwrap();
    let archive = data_encoding::HEXLOWER.decode(archive.as_bytes()).unwrap();
    written(dir.path(), "a.cap", archive);
    let file = written(dir.path(), "a.ota", "load a.cap\n");
    let load_file = vector["load_file"].as_str().unwrap();
    let octets = load_file.len() / 2 + 3;
    let expected = format!(
        "80e88000{octets:02x}c481{:02x}{load_file}00c0000000\n",
        octets - 3
    );
    assert_eq!(printed(&["compile", &file]), expected);
    let file = written(dir.path(), "b.ota", "\nload b.cap\n");
    let message = refused(&["compile", &file]);
    assert!(message.contains("script-source: ") && message.contains("line 2, word 2 (b.cap)"));
    let file = written(dir.path(), "c.ota", "load a.ota\n");
    assert!(refused(&["compile", &file]).contains("script-content: "));
}

#[test]
fn what_is_not_compiled() {
    let dir = tempfile::tempdir().unwrap();
    let file = written(dir.path(), "a.ota", "select mf\nread-record 255 1\n");
    let message = refused(&["compile", &file]);
    let expected = "line 2, word 2 (255): no number that is in range; allowed: a record, 1 to 254";
    assert!(message.contains(expected), "{message}");
    assert!(
        message.contains("script-number: ") && message.contains("a.ota"),
        "{message}"
    );
    let key = "5a".repeat(16);
    let file = written(dir.path(), "b.ota", format!("raw 80d8000011{key}\n"));
    assert!(!refused(&["compile", &file]).contains("5a5a"));
    let file = written(dir.path(), "c.ota", "# nothing\n");
    assert!(refused(&["compile", &file]).contains("no statement"));
    let file = written(dir.path(), "d.ota", b"select \xff");
    assert!(refused(&["compile", &file]).contains("not UTF-8"));
    let file = written(dir.path(), "e.ota", vec![b'#'; (1 << 20) + 1]);
    assert!(refused(&["compile", &file]).contains("longer than 1048576 octets"));
    assert!(refused(&["compile", "nowhere.ota"]).contains("can't read nowhere.ota"));
}

#[test]
fn octets_are_explained() {
    let dir = tempfile::tempdir().unwrap();
    let octets = format!("{SELECTS}00d6000009080910101032547698");
    let expected =
        "format compact\nselect 3F00/7FFF/6F07  # imsi\nupdate-binary imsi 001010123456789\n";
    let file = written(dir.path(), "a.hex", format!("{}\n", octets.to_uppercase()));
    assert_eq!(printed(&["explain", &file]), expected);
    assert_eq!(with_input(&["explain", "-"], &octets), expected);
    assert_eq!(printed(&["explain", &octets]), expected);
    let binary = data_encoding::HEXLOWER.decode(octets.as_bytes()).unwrap();
    let file = written(dir.path(), "a.bin", binary);
    assert_eq!(printed(&["explain", &file]), expected);
    // And back.
    let text = written(dir.path(), "a.ota", expected);
    assert_eq!(printed(&["compile", &text]), format!("{octets}\n"));
    let object = json(&["explain", "--json", &file]);
    assert_eq!(object["format"], "compact");
    assert_eq!(object["stop"], Value::Null);
    let line = json!({
        "text": "update-binary imsi 001010123456789",
        "comment": "",
        "apdus": ["00d6000009080910101032547698"],
    });
    assert_eq!(object["lines"][1], line);
    let file = written(dir.path(), "b.hex", "00b00000098010000000");
    assert!(printed(&["explain", &file]).contains("# it can't be read further: class 80"));
    assert!(json(&["explain", "--json", &file])["stop"].is_string());
    // Text with a slip in it is not taken for octets.
    for (slip, said) in [
        (octets.replacen("4000c", "40O0c", 1), "octet 5 of the text"),
        (format!("0x{octets}"), "octet 1 of the text"),
        (
            format!("{octets}\n0"),
            "an odd number of hexadecimal digits",
        ),
    ] {
        let file = written(dir.path(), "d.hex", slip);
        let message = refused(&["explain", &file]);
        assert!(
            message.contains(said) && message.contains("d.hex"),
            "{message}"
        );
    }
    let file = written(dir.path(), "c.hex", "aa05");
    assert!(refused(&["explain", &file]).contains("length of the template"));
    assert!(refused(&["explain", "--limit", "5", &file]).contains("--response"));
}

#[test]
fn answers_are_explained_by_line() {
    let dir = tempfile::tempdir().unwrap();
    let text = "select imsi\nread-binary 0 9\nselect acc\nupdate-binary acc 3\n";
    let script = written(dir.path(), "a.ota", text);
    let answer = written(dir.path(), "1.hex", "049000080910101032547698");
    let by = ["explain", "--response", "--script", &script, "--packet"];
    let found = printed(&[&by[..], &["1", &answer]].concat());
    let expected = "commands carried out: 4\ncommand 4, line 2, READ BINARY: 9000 done\n  \
        080910101032547698\n  imsi 001010123456789\n";
    assert_eq!(found, expected);
    let failed = written(dir.path(), "2.hex", "046982");
    let found = printed(&[&by[..], &["2", &failed]].concat());
    let expected = "commands carried out: 4\ncommand 4, line 4, UPDATE BINARY: failed, 6982 \
        security status not satisfied\n";
    assert_eq!(found, expected);
    let found = json(&[&by[..], &["2", "--json", &failed]].concat());
    assert_eq!(found["failed"], 4);
    assert_eq!(found["commands"][0]["line"], 4);
    assert_eq!(found["commands"][0]["sw"], "6982");
    assert_eq!(found["notes"], json!([]));
    // Which packet it is has to be said, and there are two.
    let line = ["explain", "--response", "--script", &script, &answer];
    assert!(refused(&line).contains("which of the 2 packets"));
    for wrong in ["0", "3"] {
        assert!(refused(&[&by[..], &[wrong, &answer]].concat()).contains("--packet is 1 to 2"));
    }
    // Without the script; the format is seen.
    let answer = written(dir.path(), "3.hex", "016132");
    let found = printed(&["explain", "--response", &answer]);
    assert_eq!(
        found,
        "commands carried out: 1\ncommand 1: 6132 done; GET RESPONSE has 50 octets\n"
    );
    let answer = written(dir.path(), "4.hex", "ab06800101900101");
    let found = printed(&["explain", "--response", &answer]);
    assert!(found.contains("bad format: unknown tag"), "{found}");
    let answer = written(dir.path(), "5.hex", "af8023026a880000");
    let found = printed(&["explain", "--response", "--format", "indefinite", &answer]);
    assert!(found.starts_with("commands carried out: not said\ncommand 1: failed, 6a88 "));
    let answer = written(dir.path(), "6.hex", "0190");
    assert!(refused(&["explain", "--response", &answer]).contains("the answer to the script"));
}
