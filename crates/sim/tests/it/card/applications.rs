//! Remote application management (ETSI TS 102 226 clause 8, GlobalPlatform Card
//! Specification 2.3 clause 11): a load file is loaded, installed, listed and deleted. The
//! load file is that of `vectors/cap.json`.

use serde_json::Value;
use sim::card::{Card, Chip, StoredCard};

use super::support::{ISSUER, card, hex, run, state, text};

/// The AIDs of the vector.
const PACKAGE: &str = "05d276000085";
const MODULE: &str = "06d27600008501";

/// The CAP file.
pub(super) fn archive() -> Vec<u8> {
    let vectors = include_str!("../../../../../vectors/cap.json");
    let vectors: Value = serde_json::from_str(vectors).unwrap();
    hex(vectors["packages"][0]["archive"].as_str().unwrap())
}

/// The Load File Data Block.
fn block() -> String {
    let vectors = include_str!("../../../../../vectors/cap.json");
    let vectors: Value = serde_json::from_str(vectors).unwrap();
    let package = &vectors["packages"][0];
    assert_eq!(package["package"], PACKAGE[2..]);
    assert_eq!(package["applets"][0], MODULE[2..]);
    let octets = |name: &str| package[name].as_str().unwrap().to_owned();
    octets("block_head") + &octets("load_file")
}

/// A counter for each script, from the card's.
fn script(card: &mut Card, script: &str) -> String {
    let last = card.state().key_sets()[0].counter().to_u64();
    let response = run(card, ISSUER, last + 1, script);
    text(&response.data)
}

/// A command with its Lc; the last of a compact script may have an Le.
fn command(header: &str, data: &str) -> String {
    let data = data.replace(' ', "");
    format!("{header}{:02x}{data}", data.len() / 2)
}

fn install_for_load(package: &str) -> String {
    command("80e60200", &format!("{package} 00 00 00 00"))
}

fn install(p1: &str, package: &str, module: &str, application: &str) -> String {
    let data = format!("{package} {module} {application} 0100 02c900 00");
    command(&format!("80e6{p1}00"), &data)
}

/// LOAD commands of 40 octets each.
fn loads() -> Vec<String> {
    let block = block();
    let blocks: Vec<&str> = (0..block.len())
        .step_by(80)
        .map(|at| &block[at..block.len().min(at + 80)])
        .collect();
    let last = blocks.len() - 1;
    let number = |(number, octets): (usize, &&str)| {
        let p1 = if number == last { "80" } else { "00" };
        command(&format!("80e8{p1}{number:02x}"), octets)
    };
    blocks.iter().enumerate().map(number).collect()
}

fn loaded() -> Card {
    let mut card = card();
    assert_eq!(script(&mut card, &install_for_load(PACKAGE)), "016101");
    let loads = loads();
    assert!(loads.len() > 3);
    for (place, load) in loads.iter().enumerate() {
        let status = if place + 1 == loads.len() {
            "6101"
        } else {
            "9000"
        };
        assert_eq!(script(&mut card, load), format!("01{status}"));
    }
    card
}

fn deleted(card: &mut Card, p2: &str, aid: &str) -> String {
    script(card, &command(&format!("80e400{p2}"), &format!("4f{aid}")))
}

#[test]
fn the_life_of_an_application() {
    let mut card = loaded();
    let status = |card: &mut Card, p1: &str| script(card, &format!("80f2{p1}02024f0000"));
    // Life cycle LOADED, version 1.0; with its module.
    let entry = "4f05d276000085 9f700101 ce020100";
    let plain = |octets: &str| text(&hex(octets));
    assert_eq!(
        status(&mut card, "20"),
        plain(&format!("019000 e30f {entry}"))
    );
    let modules = format!("019000 e317 {entry} 8406d27600008501");
    assert_eq!(status(&mut card, "10"), plain(&modules));
    assert_eq!(status(&mut card, "40"), "016a88");
    // Installed under an AID of its own, then made selectable.
    let own = "07d2760000850102";
    let done = script(&mut card, &(install("04", PACKAGE, MODULE, own) + "00"));
    assert_eq!(done, "01900000");
    let entry = |state: &str| {
        let application = format!("4f{own} 9f7001{state} c50100 c4{PACKAGE}");
        plain(&format!("019000 e317 {application}"))
    };
    assert_eq!(status(&mut card, "40"), entry("03"));
    let selectable = command("80e60800", &format!("00 00 {own} 0100 00 00"));
    assert_eq!(script(&mut card, &selectable), "016101");
    assert_eq!(status(&mut card, "40"), entry("07"));
    // Locked, and as it was; once each.
    let set = |p2: &str| command(&format!("80f040{p2}"), &own[2..]);
    assert_eq!(script(&mut card, &set("80")), "019000");
    assert_eq!(status(&mut card, "40"), entry("87"));
    assert_eq!(script(&mut card, &set("80")), "016985");
    assert_eq!(script(&mut card, &set("00")), "019000");
    assert_eq!(status(&mut card, "40"), entry("07"));
    assert_eq!(script(&mut card, &set("00")), "016985");
    assert_eq!(
        script(&mut card, &set("80").replace("80f040", "80f080")),
        "016a86"
    );
    assert_eq!(script(&mut card, "80f0408005d276000099"), "016a88");
    // One more under its module's AID, both at once.
    assert_eq!(
        script(&mut card, &install("0c", PACKAGE, MODULE, "00")),
        "016101"
    );
    assert_eq!(card.state().registry().applications.len(), 2);
    // TS 102 226 clause 8.2.1.7: two applications.
    assert!(script(&mut card, "80caff2100").starts_with("019000ff211081020002"));
    // In use; with all that stands on it; gone.
    assert_eq!(deleted(&mut card, "00", PACKAGE), "016985");
    assert_eq!(deleted(&mut card, "00", MODULE), "016101");
    assert_eq!(deleted(&mut card, "00", PACKAGE), "016985");
    assert_eq!(deleted(&mut card, "80", PACKAGE), "016101");
    assert_eq!(deleted(&mut card, "00", PACKAGE), "016a88");
    assert!(card.state().registry().applications.is_empty());
    assert_eq!(card.state().registry().free(), 4096);
}

/// The whole of it in one script, in both formats.
#[test]
fn one_script_loads_and_installs() {
    let all = |last: &str| {
        let mut all = vec![install_for_load(PACKAGE)];
        all.extend(loads());
        all.push(install("0c", PACKAGE, MODULE, "00") + last);
        all
    };
    let mut compact = card();
    let count = all("").len();
    assert_eq!(
        script(&mut compact, &all("").concat()),
        format!("{count:02x}6101")
    );
    let mut expanded = card();
    let wrap = |command: &String| format!("22{:02x}{command}", command.len() / 2);
    let value: String = all("00").iter().map(wrap).collect();
    let given = script(&mut expanded, &format!("ae80{value}0000"));
    // INSTALL and LOAD without an Le; the last gives its confirmation.
    let loads = "23029000".repeat(loads().len() - 1);
    assert_eq!(
        given,
        format!("af808001{count:02x}23026101{loads}230261012303009000 0000").replace(' ', "")
    );
    assert!(compact.state().registry() == expanded.state().registry());
}

#[test]
fn blocks_come_in_order_and_across_restarts() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("card");
    drop(StoredCard::create(&directory, state()).unwrap());
    let mut cntr = 10;
    let mut one = |script: &str| {
        cntr += 1;
        let mut card = StoredCard::open(&directory).unwrap();
        text(&run(&mut card as &mut StoredCard, ISSUER, cntr, script).data)
    };
    let loads = loads();
    // Before INSTALL [for load].
    assert_eq!(one(&loads[0]), "016985");
    assert_eq!(one(&install_for_load(PACKAGE)), "016101");
    assert_eq!(one(&loads[1]), "016a86");
    assert_eq!(one(&loads[0]), "019000");
    assert_eq!(one(&loads[0]), "016a86");
    for load in &loads[1..loads.len() - 1] {
        assert_eq!(one(load), "019000");
    }
    assert_eq!(one(&loads[loads.len() - 1]), "016101");
    assert_eq!(one(&loads[loads.len() - 1]), "016985");
    let card = StoredCard::open(&directory).unwrap();
    assert_eq!(card.card().state().registry().packages.len(), 1);
}

#[test]
fn load_files_that_are_refused() {
    let mut card = card();
    for (data, status) in [
        // No AID, no end, a hash, a token, another security domain, more memory.
        ("04d2760000 00 00 00 00", "6a80"),
        ("05d276000085 00 00 00", "6a80"),
        ("05d276000085 00 0101 00 00", "6a80"),
        ("05d276000085 00 00 00 0101", "6a80"),
        ("05d276000085 05d276000085 00 00 00", "6a88"),
        ("05d276000085 00 00 06ef04c6021001 00", "6a84"),
        ("05d276000085 00 00 06ef04c6021000 00", "6101"),
        ("05d276000085 08a000000151000000 00 00 00", "6101"),
        // The AID of the issuer's security domain is taken.
        ("08a000000151000000 00 00 00 00", "6985"),
    ] {
        let install = command("80e60200", data);
        assert_eq!(script(&mut card, &install), format!("01{status}"), "{data}");
    }
    assert_eq!(script(&mut card, "80e6020100"), "016a86");
    assert_eq!(script(&mut card, "80e6200000"), "016a86");
    // Another AID than the announced one, and what is no load file.
    for (announced, octets) in [("05d276000086", block()), (PACKAGE, "c4020100".to_owned())] {
        assert_eq!(script(&mut card, &install_for_load(announced)), "016101");
        let load = command("80e88000", &octets);
        assert_eq!(script(&mut card, &load), "016a80");
        assert_eq!(script(&mut card, &load), "016985");
    }
    // Blocks without end.
    assert_eq!(script(&mut card, &install_for_load(PACKAGE)), "016101");
    let mut status = String::new();
    for number in 0..17 {
        let load = command(&format!("80e800{number:02x}"), &"00".repeat(250));
        status = script(&mut card, &load);
    }
    assert_eq!(status, "016a84");
    assert!(card.state().registry().packages.is_empty());
    assert!(card.state().registry().loading.is_none());
}

#[test]
fn applications_that_are_refused() {
    let mut card = loaded();
    let package = install_for_load(PACKAGE);
    assert_eq!(script(&mut card, &package), "016985");
    for (data, status) in [
        // A package and a module that are not there; no parameters; privileges; a token.
        ("05d276000086 06d27600008501 00 0100 02c900 00", "6a88"),
        ("05d276000085 06d27600008502 00 0100 02c900 00", "6a88"),
        ("05d276000085 06d27600008501 00 0100 00 00", "6a80"),
        ("05d276000085 06d27600008501 00 00 02c900 00", "6a80"),
        ("05d276000085 06d27600008501 00 0100 02c900 0101", "6a80"),
        (
            "05d276000085 06d27600008501 05d276000085 0100 02c900 00",
            "6985",
        ),
        ("05d276000085 06d27600008501 00 0100 02c900 00", "6101"),
        ("05d276000085 06d27600008501 00 0100 02c900 00", "6985"),
    ] {
        let install = command("80e60c00", data);
        assert_eq!(script(&mut card, &install), format!("01{status}"), "{data}");
    }
    let unknown = command("80e60800", "00 00 07d2760000850199 0100 00 00");
    assert_eq!(script(&mut card, &unknown), "016a88");
    for (p2, aid, status) in [
        ("00", "08a000000151000000", "6985"),
        ("01", MODULE, "6a86"),
        ("00", "05d276000099", "6a88"),
    ] {
        assert_eq!(deleted(&mut card, p2, aid), format!("01{status}"));
    }
    assert_eq!(script(&mut card, "80e40000020102"), "016a80");
    assert_eq!(script(&mut card, "80ca006600"), "016a88");
}

/// GlobalPlatform Card Specification 2.3 table 11-49: C9 is mandatory, and in no place of
/// its own. EF with its memory, EA of ETSI TS 102 226 beside it.
#[test]
fn install_parameters_in_any_order() {
    let long = format!("ea8180{}", "00".repeat(128));
    let mut number = 0;
    for (parameters, status) in [
        ("c90101".to_owned(), "6101"),
        ("ef04c8020100c900".to_owned(), "6101"),
        ("c900ef04c8020100".to_owned(), "6101"),
        (format!("{long}c90101"), "6101"),
        (format!("c98180{}", "00".repeat(128)), "6101"),
        // Not there, or only within another; an object that ends too early; a length of
        // two octets that needs one, or of more.
        ("ef04c8020100".to_owned(), "6a80"),
        ("ef02c900".to_owned(), "6a80"),
        ("c90102ef04c80201".to_owned(), "6a80"),
        ("c900ef".to_owned(), "6a80"),
        ("c9810100".to_owned(), "6a80"),
        ("c982000100".to_owned(), "6a80"),
    ] {
        let mut card = loaded();
        number += 1;
        // The fields have lengths as objects have them.
        let length = match parameters.len() / 2 {
            length @ ..=0x7f => format!("{length:02x}"),
            length => format!("81{length:02x}"),
        };
        let application = format!("07d27600008501{number:02x}");
        let data = format!("{PACKAGE} {MODULE} {application} 0100 {length}{parameters} 00");
        let install = command("80e60c00", &data);
        assert_eq!(script(&mut card, &install), format!("01{status}"), "{data}");
        let is_there = card.state().registry().applications.len() == 1;
        assert_eq!(is_there, status == "6101");
    }
}

/// What the script language writes is what the card reads, above 127 octets too.
#[test]
fn long_parameters_of_a_script() {
    let parameters = format!("c98180{}", "5a".repeat(128));
    let line = "install for-install d276000085 d27600008501 d2760000850107";
    let line = format!("{line} parameters {parameters}");
    let compiled = uicc::script::Script::parse(&line, uicc::script::no_files).unwrap();
    let packets = compiled
        .packets(uicc::remote::Format::Compact, 1000)
        .unwrap();
    let mut card = loaded();
    let answer = script(&mut card, &text(&packets[0].data));
    // INSTALL and GET RESPONSE.
    assert_eq!(answer, "02900000");
    assert_eq!(card.state().registry().applications.len(), 1);
}

/// An entry has 25 octets: ten fit into one answer.
#[test]
fn more_than_one_answer_holds() {
    let mut card = loaded();
    for number in 0..12 {
        let aid = format!("07d27600008501{number:02x}");
        let install = install("0c", PACKAGE, MODULE, &aid);
        assert_eq!(script(&mut card, &install), "016101");
    }
    let both = "80f24002024f00 00c0000000 80f24003024f00 00c0000000";
    let first = script(&mut card, "80f24002024f0000");
    assert_eq!(&first[..6], "016310");
    let entries = |answer: &str| answer.matches("e3174f07d27600008501").count();
    assert_eq!(entries(&first), 10);
    let second = script(&mut card, both);
    assert_eq!(&second[..6], "049000");
    assert_eq!(entries(&second), 2);
    assert!(second.contains("4f07d276000085010b"));
    // Another P1 has no next one; a prefix finds one.
    let other = "80f24002024f00 80f22003024f0000";
    assert_eq!(script(&mut card, other), "026985");
    let one = script(&mut card, "80f24002094f07d276000085010300");
    assert_eq!(entries(&one), 1);
}

/// The memory of a profile: 4096 octets, of which applications take some.
#[test]
fn memory_is_bounded() {
    let mut card = loaded();
    let mut last = String::new();
    for number in 0..40 {
        let aid = format!("07d27600008501{number:02x}");
        last = script(&mut card, &install("0c", PACKAGE, MODULE, &aid));
        if last != "016101" {
            break;
        }
    }
    assert_eq!(last, "016a84");
    assert!(card.state().registry().free() < 256);
    assert!(card.apdu(&hex("00a4000c023f00")).is_ok());
}
