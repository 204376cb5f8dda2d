//! `rehome aka` against TS 35.208, TS 35.233 and the model of EPS and 5G, and its
//! refusals.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::Value;

use crate::command::{Ran, rehome};

/// Names of `rehome aka vector` and of the standard's functions.
const FUNCTIONS: [(&str, &str); 7] = [
    ("mac_a", "f1"),
    ("mac_s", "f1*"),
    ("xres", "f2"),
    ("ck", "f3"),
    ("ik", "f4"),
    ("ak", "f5"),
    ("ak_s", "f5*"),
];

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

fn file(name: &str) -> Value {
    let file = format!("{}/../../vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

fn rows() -> Vec<Value> {
    file("milenage.json")["umts"].as_array().unwrap().clone()
}

/// Runs `rehome aka` with these options, some with values from a row.
fn aka(verb: &str, row: &Value, named: &[(&str, &str)], others: &[&str]) -> Ran {
    let mut arguments = vec!["aka", verb];
    for (option, name) in named {
        arguments.extend([*option, row[*name].as_str().unwrap()]);
    }
    arguments.extend(others);
    rehome(&arguments)
}

fn object(ran: &Ran) -> Value {
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn json_has_the_standards_values() {
    for (row, operator) in rows().iter().zip(["op", "opc"].into_iter().cycle()) {
        let ran = vector(row, operator, &[], true);
        assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
        let object: Value = serde_json::from_str(&ran.stdout).unwrap();
        for (ours, standard) in FUNCTIONS {
            assert_eq!(object[ours], row[standard], "{ours}");
        }
        assert_eq!(object["autn"], row["derived"]["AUTN"]);
        assert_eq!(object.as_object().unwrap().len(), FUNCTIONS.len() + 1);
    }
}

#[test]
fn text_has_a_line_for_each_value() {
    let row = &rows()[0];
    let ran = vector(row, "opc", &[], false);
    assert_eq!(ran.stdout.lines().count(), 8);
    assert!(
        ran.stdout
            .contains(&format!("mac_a {}", row["f1"].as_str().unwrap()))
    );
}

#[test]
fn tuak_has_the_standards_values_in_every_length() {
    for (row, top) in file("tuak.json")["tuak"]
        .as_array()
        .unwrap()
        .iter()
        .zip([true, false].into_iter().cycle())
    {
        let bits = |name: &str| row["lengths"][name].to_string();
        let (mac, res, ck, ik) = (bits("MAC"), bits("RES"), bits("CK"), bits("IK"));
        let iterations = row["keccak_iterations"].to_string();
        let operator = if top {
            ("--top", "TOP")
        } else {
            ("--topc", "TOPc")
        };
        let named = [
            ("--k", "K"),
            operator,
            ("--rand", "RAND"),
            ("--sqn", "SQN"),
            ("--amf", "AMF"),
        ];
        let others = [
            ["--alg", "tuak"],
            ["--mac-bits", &mac],
            ["--res-bits", &res],
            ["--ck-bits", &ck],
            ["--ik-bits", &ik],
            ["--iterations", &iterations],
        ];
        let others = [&others.concat()[..], &["--json"]].concat();
        let object = object(&aka("vector", row, &named, &others));
        for (ours, standard) in FUNCTIONS {
            assert_eq!(object[ours], row[standard], "{ours}");
        }
        assert_eq!(object.get("autn").is_some(), mac == "64", "{object}");
    }
}

#[test]
fn a_serving_network_gives_the_models_keys() {
    let names = [
        "mac_a",
        "mac_s",
        "xres",
        "ck",
        "ik",
        "ak",
        "ak_s",
        "autn",
        "kasme",
        "xres_star",
        "hxres_star",
        "kausf",
        "kseaf",
        "ck_prime",
        "ik_prime",
    ];
    let model = file("aka-eps-5g.json");
    let cases = model["cases"].as_array().unwrap();
    let of = |alg: &str, operator: &str| {
        let found = cases.iter().find(|row| {
            row["alg"] == alg && row.get(operator).is_some() && row.get("kasme").is_some()
        });
        found.unwrap().clone()
    };
    for (alg, operator) in [
        ("milenage", "op"),
        ("milenage", "opc"),
        ("tuak", "top"),
        ("tuak", "topc"),
    ] {
        let row = of(alg, operator);
        let network = &row["serving_network"];
        let network = format!(
            "{}-{}",
            network["mcc"].as_str().unwrap(),
            network["mnc"].as_str().unwrap()
        );
        let option = format!("--{operator}");
        let named = [
            ("--alg", "alg"),
            ("--k", "k"),
            (option.as_str(), operator),
            ("--rand", "rand"),
            ("--sqn", "sqn"),
            ("--amf", "amf"),
        ];
        let mut others = vec!["--json".to_owned(), "--serving-network".to_owned(), network];
        if alg == "tuak" {
            others.extend(["--res-bits".to_owned(), row["lengths"]["res"].to_string()]);
            others.extend([
                "--iterations".to_owned(),
                row["keccak_iterations"].to_string(),
            ]);
        }
        let others: Vec<_> = others.iter().map(String::as_str).collect();
        let object = object(&aka("vector", &row, &named, &others));
        for name in names {
            assert_eq!(object[name], row[name], "{name} of {}", row["name"]);
        }
        assert_eq!(object.as_object().unwrap().len(), names.len());
    }
}

#[test]
fn eps_and_5g_want_the_separation_bit_and_lengths_of_a_vector() {
    let row = &rows()[0];
    let network = ("--serving-network", "001-01");
    let ran = vector(row, "opc", &[("--amf", "7fff"), network], true);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""));
    assert!(ran.stderr.contains("separation bit"), "{}", ran.stderr);
    assert_eq!(
        vector(row, "opc", &[("--amf", "8000"), network], true).status,
        Some(0)
    );

    let row = &file("tuak.json")["tuak"][0];
    let named = [
        ("--k", "K"),
        ("--topc", "TOPc"),
        ("--rand", "RAND"),
        ("--sqn", "SQN"),
        ("--amf", "AMF"),
    ];
    for (option, bits, what) in [
        ("--mac-bits", "128", "MAC of 128"),
        ("--res-bits", "256", "RES of 256"),
        ("--ck-bits", "256", "CK of 256"),
        ("--ik-bits", "256", "IK of 256"),
        ("--mac-bits", "96", "MAC of 96"),
    ] {
        let others = ["--alg", "tuak", option, bits, network.0, network.1];
        let ran = aka("vector", row, &named, &others);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""));
        let expected = format!("unsupported: {what} bits");
        assert!(ran.stderr.contains(&expected), "{}", ran.stderr);
    }
}

#[test]
fn keys_and_lengths_of_the_other_algorithm_are_refused() {
    let row = &rows()[0];
    let ran = vector(row, "opc", &[("--alg", "tuak")], false);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""));
    assert!(ran.stderr.contains("TUAK wants --top or --topc"));
    for (option, value) in [("--mac-bits", "64"), ("--iterations", "1")] {
        let ran = vector(row, "opc", &[(option, value)], false);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""));
        assert!(ran.stderr.contains("unsupported: MILENAGE"));
    }
}

#[test]
fn an_auts_of_another_implementation_is_read_and_a_wrong_one_is_named() {
    let model = file("aka-eps-5g.json");
    for alg in ["milenage", "tuak"] {
        let cases = model["cases"].as_array().unwrap().iter();
        let mut cases = cases.filter(|row| {
            let constant = if alg == "tuak" { "topc" } else { "opc" };
            row["alg"] == alg && row.get(constant).is_some() && row.get("kasme").is_some()
        });
        let row = cases.next().unwrap();
        let constant = if alg == "tuak" {
            ("--topc", "topc")
        } else {
            ("--opc", "opc")
        };
        let iterations = row["keccak_iterations"].to_string();
        let mut others = vec!["--json"];
        if alg == "tuak" {
            others.extend(["--iterations", &iterations]);
        }
        let named = [
            ("--alg", "alg"),
            ("--k", "k"),
            constant,
            ("--rand", "rand"),
            ("--auts", "auts"),
        ];
        let read = object(&aka("resync", row, &named, &others));
        let sqn = row["sqn"].as_str().unwrap();
        let number = u64::from_str_radix(sqn, 16).unwrap();
        let expected = serde_json::json!({
            "sqn_ms": sqn, "seq": number >> 5, "ind": number & 31, "mac_s_holds": true
        });
        assert_eq!(read, expected);

        let mut wrong = row.clone();
        let auts = row["auts"].as_str().unwrap();
        let (head, last) = auts.split_at(27);
        let last = if last == "0" { "1" } else { "0" };
        wrong["auts"] = format!("{head}{last}").into();
        let ran = aka("resync", &wrong, &named, &others);
        assert_eq!(ran.status, Some(1));
        let read: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(
            (&read["sqn_ms"], &read["mac_s_holds"]),
            (&sqn.into(), &false.into())
        );
        assert!(ran.stderr.contains("AUTS"), "{}", ran.stderr);
    }
}

/// Arguments are there for all users of a machine to see; files and the
/// environment are not.
#[test]
fn keys_come_from_private_files_and_from_the_environment() {
    let row = &rows()[0];
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str, mode: u32| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        format!("@{}", path.display())
    };
    let k = row["K"].as_str().unwrap();
    let private = write("k", &format!("{k}\n"), 0o600);
    let ran = vector(row, "opc", &[("--k", &private)], true);
    assert_eq!(object(&ran)["mac_a"], row["f1"]);

    let open = write("open", k, 0o644);
    let bad = write("bad", "secret text", 0o600);
    for given in [&open, &bad, &"@/nowhere/at/all".to_owned()] {
        let ran = vector(row, "opc", &[("--k", given)], true);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(1), ""));
        assert!(ran.stderr.contains("--k"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("secret text") && !ran.stderr.contains(k));
    }

    let mut command = Command::new(env!("CARGO_BIN_EXE_rehome"));
    command.args(["aka", "vector", "--alg", "milenage", "--json"]);
    for (option, name) in [("--rand", "RAND"), ("--sqn", "SQN"), ("--amf", "AMF")] {
        command.args([option, row[name].as_str().unwrap()]);
    }
    command.env("REHOME_AKA_K", k);
    command.env("REHOME_AKA_OPC", row["OPc"].as_str().unwrap());
    let output = command.output().unwrap();
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(object["mac_a"], row["f1"]);

    let help = command.arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(help.contains("REHOME_AKA_K") && !help.contains(k), "{help}");
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
