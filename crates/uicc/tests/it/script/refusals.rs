//! Lines that are wrong: which, where in them, and what would be right.

use uicc::script::{Script, ScriptFault, no_files};

/// What the last line of a text is refused for, and at which word.
fn refused(text: &str) -> (usize, ScriptFault) {
    let error = Script::parse(text, no_files).err();
    let error = error.unwrap_or_else(|| panic!("{text}: taken"));
    assert_eq!(error.line, text.lines().count(), "{text}");
    assert!(!error.fault.code().is_empty());
    (error.position, error.fault)
}

#[test]
fn words() {
    for (text, position, fault) in [
        ("selects 3F00", 1, ScriptFault::Statement),
        ("SELECT 3F00", 1, ScriptFault::Statement),
        ("select", 0, ScriptFault::Missing),
        ("select 3F00/", 2, ScriptFault::Word),
        ("select 3F0", 2, ScriptFault::Word),
        ("select 3F00/usim2", 2, ScriptFault::Word),
        ("select 3F00 7FFF", 3, ScriptFault::Extra),
        ("select \"3F00", 0, ScriptFault::Quotes),
        ("read-binary 0", 0, ScriptFault::Missing),
        ("activate-file 6F07", 2, ScriptFault::Extra),
        ("delete a000000003 all", 3, ScriptFault::Word),
        ("delete a000000003 related related", 4, ScriptFault::Extra),
        ("get-status", 0, ScriptFault::Missing),
        ("get-status files", 2, ScriptFault::Word),
        ("install", 0, ScriptFault::Missing),
        ("install for-fun a000000003", 2, ScriptFault::Word),
        (
            "install for-load a000000003 privileges 00",
            4,
            ScriptFault::Word,
        ),
        (
            "install for-load a000000003 token 00 token 00",
            6,
            ScriptFault::Twice,
        ),
        (
            "install for-load a000000003 domain a000000003 domain a000000003",
            6,
            ScriptFault::Twice,
        ),
        (
            "install for-install a000000003 a000000003",
            0,
            ScriptFault::Missing,
        ),
        ("lock", 0, ScriptFault::Missing),
        ("load-block 0 00 first", 4, ScriptFault::Word),
    ] {
        assert_eq!(refused(text), (position, fault), "{text}");
    }
}

#[test]
fn numbers() {
    for text in [
        "read-binary 32768 1",
        "read-binary 0 0",
        "read-binary 0 257",
        "read-binary -1 1",
        "read-record 0 1",
        "read-record 255 1",
        "read-record 1 0",
        "read-record 1 257",
        "update-record 0 00",
        "update-record 255 00",
        "update-binary 32768 00",
        "update-binary 0x8000 00",
        "load-block 256 00",
        "get-data 0066 257",
        "limit 0",
        "limit 65536",
    ] {
        assert_eq!(refused(text).1, ScriptFault::Number, "{text}");
    }
}

#[test]
fn octets() {
    let long = "00".repeat(256);
    for (text, fault) in [
        ("update-binary 0", ScriptFault::OddHex(1)),
        ("update-binary 0g", ScriptFault::NotHex),
        ("update-binary 5 012", ScriptFault::OddHex(3)),
        ("delete a0000000", ScriptFault::Octets(4)),
        ("select aid a0000000", ScriptFault::Octets(4)),
        ("install for-load a0000000", ScriptFault::Octets(4)),
        (
            "install for-load a000000003 domain a0000000",
            ScriptFault::Octets(4),
        ),
        ("get-data 010203", ScriptFault::Octets(3)),
        ("raw 00a400", ScriptFault::Octets(3)),
    ] {
        assert_eq!(refused(text).1, fault, "{text}");
    }
    let seventeen = "a0".repeat(17);
    let fault = ScriptFault::Octets(17);
    for text in ["delete", "lock", "unlock", "install for-load", "select aid"] {
        assert_eq!(refused(&format!("{text} {seventeen}")).1, fault, "{text}");
    }
    assert_eq!(refused(&format!("get-status isd {seventeen}")), (3, fault));
    for text in [
        "update-binary",
        "update-binary 1",
        "update-record 1",
        "load-block 0",
    ] {
        let fault = ScriptFault::Octets(256);
        assert_eq!(refused(&format!("{text} {long}")).1, fault, "{text}");
    }
    // 240 octets of parameters and 16 of fields are one too many for an APDU.
    let text = |octets: usize| {
        let parameters = format!("c981{:02x}{}", octets - 3, "00".repeat(octets - 3));
        format!("install for-load a000000003 parameters {parameters}")
    };
    assert!(Script::parse(&text(244), no_files).is_ok());
    assert!(matches!(refused(&text(245)).1, ScriptFault::Content(_)));
}

#[test]
fn parameters_are_objects() {
    for wrong in ["0102", "c90301", "c900ff", "df", "c98101"] {
        let text = format!("install for-load a000000003 parameters {wrong}");
        assert_eq!(refused(&text), (5, ScriptFault::Word), "{wrong}");
    }
    for right in ["c900", "c90101ef04c60268f8", "ea020102", "df2000", "none"] {
        let text = format!("install for-load a000000003 parameters {right}");
        assert!(Script::parse(&text, no_files).is_ok(), "{right}");
    }
    let install = "install for-install a000000003 a000000003 a000000003 privileges";
    assert_eq!(refused(&format!("{install} 0102")).1, ScriptFault::Word);
    assert_eq!(refused(&format!("{install} none")).1, ScriptFault::Word);
    assert!(Script::parse(&format!("{install} 80c000"), no_files).is_ok());
}

#[test]
fn whole_commands() {
    for wrong in ["00d600000301", "00d60000000001", "00d60000010000ff"] {
        let fault = refused(&format!("raw {wrong}")).1;
        assert!(matches!(fault, ScriptFault::Content(_)), "{wrong}");
    }
}

#[test]
fn headers() {
    for (text, fault) in [
        ("format long", ScriptFault::Word),
        ("format compact\nformat compact", ScriptFault::Twice),
        ("limit 140\nlimit 140", ScriptFault::Twice),
        ("packets one\npackets one", ScriptFault::Twice),
        ("packets two", ScriptFault::Word),
        ("read-binary\nformat compact", ScriptFault::LateHeader),
        ("read-binary\nlimit 140", ScriptFault::LateHeader),
        ("format compact expanded", ScriptFault::Extra),
    ] {
        assert_eq!(refused(text).1, fault, "{text}");
    }
    let script = Script::parse("limit 140 # one message\nformat expanded", no_files).unwrap();
    assert_eq!(script.limit(), Some(140));
    assert_eq!(script.format(), Some(uicc::remote::Format::Expanded));
}

/// A value goes to its own file, and to no other that happens to be selected.
#[test]
fn values_for_another_file() {
    let imsi = "update-binary imsi 001010123456789";
    for before in ["", "select spn\n", "select 3F00/7F43/6F07\n", "select mf\n"] {
        assert_eq!(
            refused(&format!("{before}{imsi}")).1,
            ScriptFault::Selected,
            "{before}"
        );
    }
    for before in [
        "select imsi\n",
        "select spn\nselect 6F07\n",
        "select mf/7F20/6F07\n",
        "select aid a0000000871002\n",
        "raw 00a4080c047fff6f07\n",
        "select usim\nraw 00b0870009\n",
    ] {
        let text = format!("{before}{imsi}");
        assert!(Script::parse(&text, no_files).is_ok(), "{before}");
    }
    for (text, word) in [
        ("update-record 1 imsi 001010123456789", 3),
        ("update-binary smsp \"x\"", 2),
    ] {
        assert_eq!(
            refused(&format!("select imsi\n{text}")),
            (word, ScriptFault::Word)
        );
    }
    // A value has no offset.
    let fault = refused("select imsi\nupdate-binary 1 imsi 001010123456789").1;
    assert!(matches!(fault, ScriptFault::NotHex));
}

/// What is allowed is said; the number of a subscriber is not.
#[test]
fn values_that_are_wrong() {
    let error = Script::parse("select acc\nupdate-binary acc 16", no_files).unwrap_err();
    assert_eq!((error.line, &error.fault), (2, &ScriptFault::Word));
    assert_eq!(error.word.as_deref(), Some("16"));
    assert!(!error.allowed.is_empty());
    let error = Script::parse("select imsi\nupdate-binary imsi 0010x", no_files).unwrap_err();
    assert_eq!(error.word, None);
    assert!(!error.to_string().contains("0010"), "{error}");
}

#[test]
fn files_that_are_not_there() {
    let fault = refused("load a.cap").1;
    assert_eq!(
        fault,
        ScriptFault::Source("there are no files here".to_owned())
    );
    let error = Script::parse("load a.cap", |_| Ok(vec![1, 2, 3])).unwrap_err();
    assert!(matches!(error.fault, ScriptFault::Content(_)));
    let error = Script::parse("load a.cap blocks 3", |_| Ok(vec![1, 2, 3])).unwrap_err();
    assert_eq!(error.position, 2);
}

#[test]
fn there_is_an_end_to_scripts() {
    let line = format!("update-binary {}\n", "00".repeat(255));
    let most = (4 << 20) / 261;
    assert!(Script::parse(&line.repeat(most), no_files).is_ok());
    assert_eq!(refused(&line.repeat(most + 1)).1, ScriptFault::TooLong);
}

/// It says where and what, and what would be right.
#[test]
fn messages() {
    let message = |text| Script::parse(text, no_files).unwrap_err().to_string();
    assert_eq!(
        message("\nread-record 255 1"),
        "line 2, word 2 (255): no number that is in range; allowed: a record, 1 to 254"
    );
    assert_eq!(
        message("delete 0102"),
        "line 1, word 2: 2 octets; allowed: an AID, 5 to 16 octets in hexadecimal"
    );
}

/// Keys are in no debug output and in no error.
#[test]
fn keys_are_not_shown() {
    let key = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";
    let script = Script::parse(&format!("raw 80d8000010{key}"), no_files).unwrap();
    let packets = script.packets(uicc::remote::Format::Compact, 99).unwrap();
    let shown = format!("{script:?} {packets:?}");
    assert!(
        !shown.contains("5a") && !shown.contains("90, 90"),
        "{shown}"
    );
    for wrong in [
        format!("raw 80d8000011{key}"),
        format!("raw 80d8000010{key}5"),
        format!("update-binary x{key}"),
        format!("read-binary 0 1 {key}"),
    ] {
        let error = Script::parse(&wrong, no_files).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("5a5a"), "{error}");
    }
}
