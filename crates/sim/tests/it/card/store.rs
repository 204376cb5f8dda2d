//! A card's state in a directory: whole or not at all, one process at a time, and what is
//! refused when it is read; profiles.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use sim::card::{CardError, Chip, Profile, StoredCard, deliver, start};
use uicc::packet::Status;

use super::support::{
    Counting, KIC, KID, PROFILE, USIM, header, packet, read, run, send, state, submitted, tpdus,
};

const SCRIPT: &str = "00a4000c026f46 00d6000101";

fn letter(card: &StoredCard) -> u8 {
    let files = card.card().state().files();
    files.find("3f00/7ff0/6f46").unwrap().content.octets()[1]
}

fn counter(card: &StoredCard) -> u64 {
    card.card().state().key_sets()[0].counter().to_u64()
}

fn new(directory: &Path) -> StoredCard {
    StoredCard::create(directory, state()).unwrap()
}

fn refused(directory: &Path) -> CardError {
    StoredCard::open(directory).err().unwrap()
}

#[test]
fn a_write_that_fails_gives_no_answer_and_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let mut card = new(&home.path().join("card"));
    let file = home.path().join("card/card.json");
    let before = fs::read(&file).unwrap();
    // What is in the way can't be removed as a file.
    let obstacle = home.path().join("card/.card.json.new");
    fs::create_dir(&obstacle).unwrap();
    let header = header(0x1619, USIM, 11);
    let sealed = packet(&header, &format!("{SCRIPT}41"));
    let tpdu = tpdus(&sealed, 1).remove(0);
    let error = deliver(&mut card, &tpdu).unwrap_err();
    assert_eq!(error.code(), "io");
    assert_eq!(fs::read(&file).unwrap(), before);
    assert_eq!((counter(&card), letter(&card)), (10, 0xff));
    // What changes nothing needs no store.
    assert_eq!(
        card.apdu(&[0, 0xa4, 0, 0x0c, 2, 0x3f, 0]).unwrap().status.0,
        0x9000
    );
    fs::remove_dir(&obstacle).unwrap();
    // The same packet: it had not been taken.
    let delivered = send(&mut card, &sealed);
    assert_eq!(read(&header, &delivered.receipt).status, Status::Ok);
    assert_eq!((counter(&card), letter(&card)), (11, 0x41));
}

/// A write may fail when the new state is there already (the directory could not be
/// flushed): what was in memory does not count any more.
#[test]
fn after_a_write_that_failed_the_stored_state_counts() {
    let home = tempfile::tempdir().unwrap();
    let mut card = new(&home.path().join("card"));
    let file = home.path().join("card/card.json");
    let obstacle = home.path().join("card/.card.json.new");
    fs::create_dir(&obstacle).unwrap();
    let sealed = packet(&header(0x1619, USIM, 11), &format!("{SCRIPT}41"));
    let tpdu = tpdus(&sealed, 1).remove(0);
    assert_eq!(deliver(&mut card, &tpdu).unwrap_err().code(), "io");
    let stored = fs::read_to_string(&file).unwrap();
    fs::write(&file, stored.replace(r#""cntr":10"#, r#""cntr":11"#)).unwrap();
    fs::remove_dir(&obstacle).unwrap();
    let status = run(&mut card, USIM, 11, &format!("{SCRIPT}41")).status;
    assert_eq!(status, Status::CounterLow);
    assert_eq!((counter(&card), letter(&card)), (11, 0xff));
}

/// What is stored when the answer is there is what the next power on finds: the counter,
/// the file and the receipt together.
#[test]
fn a_receipt_to_be_fetched_is_stored_with_the_rest() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("card");
    let mut card = new(&directory);
    // The terminal has not said that it sends messages: the receipt waits.
    let header = header(0x1639, USIM, 11);
    let delivered = send(&mut card, &packet(&header, &format!("{SCRIPT}41")));
    assert!(delivered.submits.is_empty());
    drop(card);
    let mut card = StoredCard::open(&directory).unwrap();
    assert_eq!((counter(&card), letter(&card)), (11, 0x41));
    let submits = start(&mut card).unwrap();
    assert_eq!(read(&header, &submitted(&submits)).status, Status::Ok);
    drop(card);
    // Fetched and confirmed: gone.
    let mut card = StoredCard::open(&directory).unwrap();
    assert!(start(&mut card).unwrap().is_empty());
}

#[test]
fn a_file_that_a_crash_left_is_in_nobodys_way() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("card");
    let mut card = new(&directory);
    fs::write(directory.join(".card.json.new"), "{").unwrap();
    assert_eq!(
        run(&mut card, USIM, 11, &format!("{SCRIPT}41")).status,
        Status::Ok
    );
    drop(card);
    let card = StoredCard::open(&directory).unwrap();
    assert_eq!((counter(&card), letter(&card)), (11, 0x41));
}

#[test]
fn one_process_at_a_time_and_private() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("card");
    let card = new(&directory);
    assert_eq!(refused(&directory).code(), "card-busy");
    drop(card);
    let again = StoredCard::create(&directory, state()).err().unwrap();
    assert_eq!(again.code(), "card-exists");
    let file = directory.join("card.json");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(&directory)), (0o600, 0o700));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(refused(&directory).code(), "file-open-to-others");
    let empty = refused(&home.path().join("nothing"));
    assert_eq!(empty.code(), "io");
    assert!(!home.path().join("nothing").exists());
}

#[test]
fn states_that_can_not_be() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("card");
    drop(new(&directory));
    let file = directory.join("card.json");
    let good = fs::read_to_string(&file).unwrap();
    for (from, to, code) in [
        (r#""version":1"#, r#""version":2"#, "card-state-version"),
        (
            r#""version":1"#,
            r#""version":"1""#,
            "card-state-unreadable",
        ),
        (
            r#""cntr":10"#,
            r#""cntr":10,"more":1"#,
            "card-state-unreadable",
        ),
        (KIC, "0001", "key-length"),
        (KIC, "000g", "card-state-unreadable"),
        (r#""number":2"#, r#""number":1"#, "card-state-wrong"),
        (r#""number":2"#, r#""number":16"#, "key-set-number"),
        (r#""tar":"b00020""#, r#""tar":"b00010""#, "card-state-wrong"),
        (r#""tar":"b00020""#, r#""tar":"b000""#, "card-state-wrong"),
        (r#""msl":"16""#, r#""msl":"96""#, "card-state-wrong"),
        (
            r#""files":"3f00""#,
            r#""files":"3f00/7f11""#,
            "card-state-wrong",
        ),
        (
            r#""identifier":"2fe2""#,
            r#""identifier":"2f00""#,
            "card-state-wrong",
        ),
        (r#""parent":0"#, r#""parent":99"#, "card-state-wrong"),
        (r#""waiting":[]"#, r#""waiting":["00"]"#, "card-state-wrong"),
    ] {
        assert!(good.contains(from), "{from}");
        fs::write(&file, good.replace(from, to)).unwrap();
        let error = refused(&directory);
        assert_eq!(error.code(), code, "{to}: {error}");
        // Whatever is wrong, no error has a key in it.
        let said = format!("{error} {error:?}");
        assert!(!said.contains(KIC) && !said.contains(KID), "{said}");
    }
    fs::write(&file, &good[..good.len() / 2]).unwrap();
    assert_eq!(refused(&directory).code(), "card-state-unreadable");
    fs::write(&file, &good).unwrap();
    assert!(StoredCard::open(&directory).is_ok());
}

#[test]
fn profiles() {
    assert!(Profile::read(PROFILE).unwrap().has_secrets());
    for plain in ["", "imsi = \"001010000000001\"", "[[key_set]]\nnumber = 1"] {
        assert!(!Profile::read(plain).unwrap().has_secrets());
    }
    for secret in ["pin1 = \"1234\"", "[[key_set]]\nkid = \"00\""] {
        assert!(Profile::read(secret).unwrap().has_secrets());
    }
    let file = |path: &str, rest: &str| {
        let text = format!("[[file]]\npath = \"{path}\"\n{rest}");
        Profile::read(&text).unwrap().has_secrets()
    };
    let content = "content = { transparent = \"00\" }";
    let rules = "rules = { read = \"pin1\", update = \"pin1\" }";
    assert!(file("3f00/7ff0/6f08", content));
    assert!(file("3F00/7FF0/5FC0/4F05", content));
    assert!(!file("3f00/7ff0/6f08", rules));
    assert!(!file("3f00/7ff0/6f46", content));
    let made = |text: &str| Profile::read(text).and_then(|it| it.make(&mut Counting(0)));
    // JSON of the same form; keys that are drawn differ from one another.
    let state = made(r#"{"imsi": "00101", "key_set": [{"number": 3}]}"#);
    assert_eq!(state.err().unwrap().code(), "profile-wrong");
    let state = made(r#"{"imsi": "001010", "key_set": [{"number": 3}]}"#).unwrap();
    let imsi = state.files().find("3f00/7ff0/6f07").unwrap();
    // Length 4; parity 1 (an even number), 001010; filled.
    assert_eq!(
        imsi.content.octets(),
        [4, 0x01, 0x10, 0x10, 0xf0, 0xff, 0xff, 0xff, 0xff]
    );
    let [kic, kid] = state.key_sets()[0].shown();
    assert_eq!((kic.len(), kid.len()), (32, 32));
    assert_ne!(*kic, *kid);
    let des = "[[key_set]]\nnumber = 1\ncipher = \"des-cbc\"\nmac = \"des\"\n";
    assert_eq!(made(des).err().unwrap().code(), "single-des-denied");
    assert!(made(&format!("{des}single_des = true\n")).is_ok());
    let file = |rest: &str| made(&format!("[[file]]\npath = \"3f00/7ff0/6fff\"\n{rest}"));
    let content = "content = { linear-fixed = [\"0102\", \"0304\"] }\n";
    assert_eq!(file(content).err().unwrap().code(), "profile-wrong");
    let rules = "rules = { read = \"always\", update = \"never\" }\n";
    let state = file(&format!("{content}{rules}")).unwrap();
    let added = state.files().find("3f00/7ff0/6fff").unwrap();
    assert_eq!(added.content.octets(), [1, 2, 3, 4]);
    let uneven = "content = { linear-fixed = [\"0102\", \"03\"] }\n";
    assert_eq!(
        file(&format!("{uneven}{rules}")).err().unwrap().code(),
        "profile-wrong"
    );
    for (text, code) in [
        ("imsi = 5", "profile-unreadable"),
        ("nothing = 5", "profile-unreadable"),
        ("iccid = \"89\"", "profile-wrong"),
        ("pin1 = \"123\"", "profile-wrong"),
        ("[[key_set]]\nnumber = 16", "key-set-number"),
        ("[[key_set]]\ncntr = 1099511627776", "profile-wrong"),
        ("[[key_set]]\nkic = \"00\"", "key-length"),
        ("[[file]]\npath = \"3f00/2fe2/0001\"", "profile-wrong"),
    ] {
        assert_eq!(made(text).err().unwrap().code(), code, "{text}");
    }
    let wrong = PROFILE.replace(KIC, &format!("{KIC}g"));
    let error = Profile::read(&wrong).err().unwrap();
    assert!(!format!("{error} {error:?}").contains("0c0d"), "{error}");
}
