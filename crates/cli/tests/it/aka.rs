//! `rehome aka vector` against TS 35.208 and its refusals.

use serde_json::Value;

use crate::command::{Ran, rehome};

/// Runs the command on a row of the vector file; `replace` overrides options.
fn vector(row: &Value, operator: &str, replace: &[(&str, &str)], json: bool) -> Ran {
    let field = |name: &str| row[name].as_str().unwrap().to_owned();
    let mut options = vec![
        ("--alg", "milenage".to_owned()),
        ("--k", field("K")),
        ("--rand", field("RAND")),
        ("--sqn", field("SQN")),
        ("--amf", field("AMF")),
    ];
    options.push(if operator == "op" {
        ("--op", field("OP"))
    } else {
        ("--opc", field("OPc"))
    });
    for (name, value) in replace {
        options.retain(|(known, _)| known != name);
        options.push((name, (*value).to_owned()));
    }
    let mut arguments = vec!["aka", "vector"];
    for (name, value) in &options {
        arguments.extend([*name, value.as_str()]);
    }
    if json {
        arguments.push("--json");
    }
    rehome(&arguments)
}

fn rows() -> Vec<Value> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/milenage.json");
    let file: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    file["umts"].as_array().unwrap().clone()
}

#[test]
fn json_has_the_standards_values() {
    for (row, operator) in rows().iter().zip(["op", "opc"].into_iter().cycle()) {
        let ran = vector(row, operator, &[], true);
        assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
        let object: Value = serde_json::from_str(&ran.stdout).unwrap();
        let names = [
            ("mac_a", "f1"),
            ("mac_s", "f1*"),
            ("xres", "f2"),
            ("ck", "f3"),
            ("ik", "f4"),
            ("ak", "f5"),
            ("ak_s", "f5*"),
        ];
        for (ours, standard) in names {
            assert_eq!(object[ours], row[standard], "{ours}");
        }
        assert_eq!(object.as_object().unwrap().len(), names.len());
    }
}

#[test]
fn text_has_a_line_for_each_value() {
    let row = &rows()[0];
    let ran = vector(row, "opc", &[], false);
    assert_eq!(ran.stdout.lines().count(), 7);
    assert!(
        ran.stdout
            .contains(&format!("mac_a {}", row["f1"].as_str().unwrap()))
    );
}

#[test]
fn tuak_is_unsupported() {
    let ran = vector(&rows()[0], "opc", &[("--alg", "tuak")], false);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""));
    assert!(ran.stderr.contains("unsupported"), "{}", ran.stderr);
}

#[test]
fn a_wrong_key_is_refused_without_repeating_it() {
    for bad in [
        "00112233",
        "zz112233445566778899aabbccddeeff",
        "",
        "00112233445566778899aabbccddeeff00",
    ] {
        for option in ["--k", "--opc"] {
            let ran = vector(&rows()[0], "opc", &[(option, bad)], true);
            assert_eq!(
                (ran.status, ran.stdout.as_str()),
                (Some(1), ""),
                "{option} {bad}"
            );
            assert!(
                ran.stderr
                    .contains(&format!("{option}: 32 hexadecimal digits")),
                "{}",
                ran.stderr
            );
            assert!(
                bad.is_empty() || !ran.stderr.contains(bad),
                "{}",
                ran.stderr
            );
        }
    }
}

#[test]
fn usage_errors_end_with_status_2() {
    let row = &rows()[0];
    assert_eq!(
        vector(row, "opc", &[("--sqn", "0011")], false).status,
        Some(2)
    );
    assert_eq!(
        vector(
            row,
            "opc",
            &[("--op", "00112233445566778899aabbccddeeff")],
            false
        )
        .status,
        Some(2)
    );
    assert_eq!(rehome(&["aka", "vector"]).status, Some(2));
    assert_eq!(rehome(&[]).status, Some(2));
}
