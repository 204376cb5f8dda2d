//! Files through a terminal's channel, and by remote scripts: ETSI TS 102 221 clauses 8
//! and 11, with the status words of clause 10.2.

use sim::card::holds_keys;
use uicc::packet::Status;

use super::support::{OPEN, USIM, apdu, card, run};

#[test]
fn select_reaches_what_clause_8_4_1_says() {
    let mut card = card();
    let mut select = |identifier: &str| apdu(&mut card, &format!("00a4000c02{identifier}"));
    // From the MF: its children; not what is deeper.
    assert_eq!(select("2fe2"), "9000");
    assert_eq!(select("7f10"), "9000");
    // From DF TELECOM: a child, itself, its parent's children that are DFs, the MF.
    assert_eq!(select("6f3a"), "9000");
    assert_eq!(select("7f10"), "9000");
    assert_eq!(select("2fe2"), "6a82");
    assert_eq!(select("7ff0"), "9000");
    assert_eq!(select("5f3b"), "9000");
    assert_eq!(select("4f20"), "9000");
    // The parent of the current DF, and the MF from anywhere.
    assert_eq!(select("6f07"), "6a82");
    assert_eq!(select("7ff0"), "9000");
    assert_eq!(select("6f07"), "9000");
    assert_eq!(select("3f00"), "9000");
    assert_eq!(select("6f07"), "6a82");
    // The application that was selected last.
    assert_eq!(select("7fff"), "9000");
    assert_eq!(select("6f07"), "9000");
}

#[test]
fn select_by_name_and_by_path() {
    let mut card = card();
    // No application has been selected.
    assert_eq!(apdu(&mut card, "00a4000c027fff"), "6a82");
    assert_eq!(apdu(&mut card, "00a4040c07a0000000871002"), "9000");
    assert_eq!(apdu(&mut card, "00a4000c026f07"), "9000");
    assert_eq!(apdu(&mut card, "00a4040c07a0000000871004"), "6a82");
    assert_eq!(apdu(&mut card, "00a4080c047fff6f46"), "9000");
    assert_eq!(apdu(&mut card, "00a4080c067ff05f3b4f20"), "9000");
    assert_eq!(apdu(&mut card, "00a4090c024f20"), "9000");
    assert_eq!(apdu(&mut card, "00a4030c"), "9000");
    assert_eq!(apdu(&mut card, "00a4010c025f3b"), "9000");
    assert_eq!(apdu(&mut card, "00a4010c024f20"), "6a82");
    assert_eq!(apdu(&mut card, "00a4080c032fe200"), "6700");
    assert_eq!(apdu(&mut card, "00a4020c022fe2"), "6a86");
    assert_eq!(apdu(&mut card, "00a4001c022fe2"), "6a86");
}

/// Clause 11.1.1.3: 62, the descriptor 82, the identifier 83, life cycle 8A, size 80.
#[test]
fn fcp_templates() {
    let mut card = card();
    // With Le at once, without it by GET RESPONSE.
    let at_once = apdu(&mut card, "00a40004022fe200");
    assert!(at_once.starts_with("62"), "{at_once}");
    assert!(at_once.ends_with("9000"), "{at_once}");
    let length = (at_once.len() - 4) / 2;
    assert_eq!(apdu(&mut card, "00a40004022fe2"), format!("61{length:02x}"));
    assert_eq!(
        apdu(&mut card, &format!("00c00000{:02x}", length + 1)),
        format!("6c{length:02x}")
    );
    let fetched = apdu(&mut card, &format!("00c00000{length:02x}"));
    assert_eq!(fetched, at_once);
    assert_eq!(apdu(&mut card, "00c0000001"), "6985");
    // ICCID: transparent, ten octets, activated, read always, updated never.
    for object in [
        "82024121",
        "83022fe2",
        "8a0105",
        "8002000a",
        "8001019000",
        "8001029700",
    ] {
        assert!(at_once.contains(object), "{object} in {at_once}");
    }
    let dir = apdu(&mut card, "00a40004022f0000");
    assert!(dir.contains("8205422100260283022f00"), "{dir}");
    let usim = apdu(&mut card, "00a4040410a0000000871002ffffffff890709000000");
    assert!(
        usim.contains("8202782183027ff08410a0000000871002ffffffff8907090000"),
        "{usim}"
    );
    let meter = apdu(&mut card, "00a40004026f3900");
    assert!(meter.contains("82054621000303"), "{meter}");
    // PIN1 for reading: user authentication with key reference 01.
    assert!(meter.contains("800101a406830101950108"), "{meter}");
}

#[test]
fn transparent_files() {
    let mut card = card();
    assert_eq!(apdu(&mut card, "00b0000001"), "6986");
    apdu(&mut card, "00a4000c022fe2");
    // TS 102 221 clause 13.2: digits in semi-octets, low half first.
    assert_eq!(apdu(&mut card, "00b000000a"), "988812010000000010f19000");
    assert_eq!(apdu(&mut card, "00b0000000"), "988812010000000010f19000");
    assert_eq!(apdu(&mut card, "00b0000901"), "f19000");
    assert_eq!(apdu(&mut card, "00b0000902"), "6c01");
    assert_eq!(apdu(&mut card, "00b0000a01"), "6b00");
    assert_eq!(apdu(&mut card, "00b08a0001"), "6a82");
    assert_eq!(apdu(&mut card, "00b20104"), "6700");
    assert_eq!(apdu(&mut card, "00b201040a"), "6981");
    assert_eq!(apdu(&mut card, "00d600000100"), "6982");
}

#[test]
fn pins_open_files_for_the_terminal_alone() {
    let mut card = card();
    apdu(&mut card, "00a4040c07a0000000871002");
    apdu(&mut card, "00a4000c026f07");
    assert_eq!(apdu(&mut card, "00b0000009"), "6982");
    assert_eq!(apdu(&mut card, "00200001"), "63c3");
    assert_eq!(apdu(&mut card, "00200001083030303030303030"), "63c2");
    assert_eq!(apdu(&mut card, "002000010431323334"), "6700");
    assert_eq!(apdu(&mut card, "002000020831323334ffffffff"), "6a88");
    assert_eq!(apdu(&mut card, "002000010831323334ffffffff"), "9000");
    // TS 31.102 clause 4.2.2: length 8, parity 9 (an odd number of digits), digits.
    assert_eq!(
        apdu(&mut card, "00b0000009"),
        "080910101032547698 9000".replace(' ', "")
    );
    // PIN1 is not ADM1.
    assert_eq!(apdu(&mut card, "00d600000108"), "6982");
    assert_eq!(apdu(&mut card, "0020000a083837363534333231"), "9000");
    assert_eq!(apdu(&mut card, "00d600000108"), "9000");
    card.reset();
    apdu(&mut card, "00a4040c07a0000000871002");
    apdu(&mut card, "00a4000c026f07");
    assert_eq!(apdu(&mut card, "00b0000009"), "6982");
    for tries in ["63c2", "63c1", "6983", "6983"] {
        assert_eq!(apdu(&mut card, "00200001083030303030303030"), tries);
    }
    assert_eq!(apdu(&mut card, "002000010831323334ffffffff"), "6983");
}

#[test]
fn a_script_has_a_session_of_its_own() {
    let mut card = card();
    apdu(&mut card, "00a4000c022fe2");
    // The target begins at the ADF; it may do what needs PIN1 and no more.
    let imsi = run(&mut card, OPEN, 11, "00a4000c026f07 00b0000009");
    assert_eq!(imsi.status, Status::Ok);
    assert_eq!(imsi.data, super::support::hex("02 9000 080910101032547698"));
    let refused = run(&mut card, OPEN, 12, "00a4000c026f07 00d6000001ff");
    assert_eq!(refused.data, super::support::hex("02 6982"));
    let done = run(&mut card, USIM, 13, "00a4000c026f46 00d60001024142");
    assert_eq!(done.data, super::support::hex("02 9000"));
    // The terminal's file is still EF ICCID, and it has verified nothing.
    assert_eq!(apdu(&mut card, "00b0000002"), "98889000");
    apdu(&mut card, "00a4040c07a0000000871002");
    apdu(&mut card, "00a4000c026f07");
    assert_eq!(apdu(&mut card, "00b0000009"), "6982");
    apdu(&mut card, "00a4000c026f46");
    assert_eq!(apdu(&mut card, "00b0000004"), "014142ff9000");
}

#[test]
fn records() {
    let mut card = card();
    apdu(&mut card, "002000010831323334ffffffff");
    apdu(&mut card, "00a4040c07a0000000871002");
    apdu(&mut card, "00a4080c047f106f3a");
    let record = |octet: &str| octet.repeat(28);
    let update = |place: &str, octet: &str| format!("00dc{place}1c{}", record(octet));
    assert_eq!(apdu(&mut card, &update("0204", "22")), "9000");
    assert_eq!(apdu(&mut card, &update("0a04", "aa")), "9000");
    assert_eq!(apdu(&mut card, &update("0b04", "bb")), "6a83");
    assert_eq!(apdu(&mut card, "00dc010401ff"), "6700");
    assert_eq!(apdu(&mut card, "00b202041b"), "6c1c");
    let ok = |octet: &str| format!("{}9000", record(octet));
    // No record is current: the absolute mode has moved nothing.
    assert_eq!(apdu(&mut card, "00b200041c"), "6a83");
    assert_eq!(apdu(&mut card, "00b200021c"), ok("ff"));
    // A command that fails moves nothing (clause 11.1.5.1).
    assert_eq!(apdu(&mut card, "00b200021d"), "6c1c");
    assert_eq!(apdu(&mut card, "00b200021c"), ok("22"));
    assert_eq!(apdu(&mut card, "00b200041c"), ok("22"));
    assert_eq!(apdu(&mut card, "00b200031c"), ok("ff"));
    assert_eq!(apdu(&mut card, "00b200031c"), "6a83");
    // The last one, after SELECT.
    apdu(&mut card, "00a4080c047f106f3a");
    assert_eq!(apdu(&mut card, "00b200031c"), ok("aa"));
    assert_eq!(apdu(&mut card, "00b200021c"), "6a83");
    assert_eq!(apdu(&mut card, "00b201011c"), "6a86");
    // SEARCH RECORD: forward from 1, backward from 9, nothing.
    assert_eq!(apdu(&mut card, "00a201040422222222 00"), "029000");
    assert_eq!(
        apdu(&mut card, "00a2090502ffff00"),
        "090807060504030190 00".replace(' ', "")
    );
    assert_eq!(apdu(&mut card, "00a20104023333 00"), "6282");
    assert_eq!(apdu(&mut card, "00b0000001"), "6981");
}

#[test]
fn cyclic_files() {
    let mut card = card();
    apdu(&mut card, "002000010831323334ffffffff");
    apdu(&mut card, "00a4040c07a0000000871002");
    apdu(&mut card, "00a4000c026f39");
    assert_eq!(apdu(&mut card, "8032000003000102 00"), "0001020001029000");
    assert_eq!(apdu(&mut card, "80320000030000ff 00"), "0002010000ff9000");
    // The oldest is written and becomes the first.
    assert_eq!(apdu(&mut card, "00dc000303000a00"), "9000");
    for (place, record) in [("01", "000a00"), ("02", "000201"), ("03", "000102")] {
        assert_eq!(
            apdu(&mut card, &format!("00b2{place}0403")),
            format!("{record}9000")
        );
    }
    assert_eq!(apdu(&mut card, "00dc010403000000"), "6981");
    assert_eq!(apdu(&mut card, "8032000003ffffff"), "9850");
    // Round and round.
    assert_eq!(apdu(&mut card, "00b2000303"), "0001029000");
    assert_eq!(apdu(&mut card, "00b2000203"), "000a009000");
}

#[test]
fn deactivated_files_and_unknown_commands() {
    let mut card = card();
    apdu(&mut card, "0020000a083837363534333231");
    apdu(&mut card, "00a4040c07a0000000871002");
    assert_eq!(apdu(&mut card, "00040000"), "6986");
    assert_eq!(apdu(&mut card, "00a4000c026f46"), "9000");
    assert_eq!(apdu(&mut card, "00040000"), "9000");
    assert_eq!(apdu(&mut card, "00b0000001"), "6984");
    assert_eq!(apdu(&mut card, "00a4000c026f46"), "6283");
    // Life cycle: operational, deactivated.
    let template = apdu(&mut card, "00a40004026f4600");
    assert!(
        template.contains("8a0104") && template.ends_with("6283"),
        "{template}"
    );
    assert_eq!(apdu(&mut card, "00440000026f46"), "9000");
    assert_eq!(apdu(&mut card, "00b0000001"), "019000");
    assert_eq!(apdu(&mut card, "00440001"), "6a86");
    for (command, status) in [
        ("00fe0000", "6d00"),
        ("80fe0000", "6d00"),
        ("a0b0000001", "6e00"),
        ("01b0000001", "6881"),
        ("00b0", "6700"),
        ("00b00000", "6700"),
    ] {
        assert_eq!(apdu(&mut card, command), status, "{command}");
    }
    // STATUS: of the current DF, its name, nothing.
    let template = apdu(&mut card, "80f2000000");
    assert!(template.starts_with("62"), "{template}");
    let length = template.len() / 2 - 2;
    assert_eq!(apdu(&mut card, "80f2000001"), format!("6c{length:02x}"));
    assert!(apdu(&mut card, "80f2000100").starts_with("8410a0000000871002"));
    assert_eq!(apdu(&mut card, "80f2000c"), "9000");
}

/// TS 31.102 clauses 4.2 and 4.4, TS 51.011 clause 10.3.
#[test]
fn files_that_hold_keys() {
    for path in [
        "7ff0/6f08",
        "7ff0/6f09",
        "7ff0/6f2c",
        "7ff0/6fc3",
        "7ff0/6fe4",
        "7ff0/5f3b/4f20",
        "7ff0/5f3b/4f52",
        "7ff0/5f40/4f46",
        "7ff0/5fc0/4f03",
        "7ff0/5fc0/4f04",
        "7ff0/5fc0/4f05",
        "7f20/6f20",
        "7f20/6f52",
    ] {
        assert!(holds_keys(&format!("3f00/{path}")), "{path}");
        let upper = path.to_uppercase();
        assert!(holds_keys(&format!("3F00/{upper}")), "{upper}");
    }
    // The same identifiers elsewhere, and others beside them.
    for path in [
        "7ff0/6f07",
        "7ff0/6f20",
        "7ff0/6f52",
        "7ff0/5fc0/4f02",
        "7ff0/5fc0/4f06",
        "7ff0/5fc0/4f20",
        "7ff0/5f3b/4f03",
        "7ff0/5f90/4f05",
        "",
    ] {
        assert!(!holds_keys(&format!("3f00/{path}")), "{path}");
    }
}
