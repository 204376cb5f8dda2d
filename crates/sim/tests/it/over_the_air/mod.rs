//! Scripts that reach a card through short messages of which some are lost and some come
//! twice, in any order, in virtual time (ETSI TS 102 225, TS 102 226, 3GPP TS 31.115).

mod gateway;
mod package;
mod phone;

use std::path::Path;
use std::time::Duration;

use sim::card::{Profile, StoredCard};
use sim::net::{Conditions, Outcome, Pair, PerMille, for_each_seed};
use uicc::packet::{CipherAlgorithm, KeySet, MacAlgorithm, SingleDes, Spi, Tar};
use uicc::remote::{Format, ScriptResponse};
use uicc::script::{DEFAULT_LIMIT, Script, no_files};

use crate::card::support::{Counting, hex};
use gateway::{Gateway, Job};
use phone::Phone;

/// One in ten lost, one in ten of the others twice, and any overtakes those before it.
const ROAD: Conditions = Conditions {
    loss: PerMille(100),
    duplication: PerMille(100),
    min_delay: Duration::from_secs(1),
    max_delay: Duration::from_secs(20),
};
const LIMIT: Duration = Duration::from_secs(24 * 3600);
const SEEDS: u64 = 40;

/// EF SPN; EF PLMNwAcT, of 20 networks here; EF ACM, a cyclic file: a script that is
/// carried out twice writes two records there.
const SPN: &str = "3f00/7ff0/6f46";
const NETWORKS: &str = "3f00/7ff0/6f60";
const METER: &str = "3f00/7ff0/6f39";
const WATCHED: [&str; 3] = [SPN, NETWORKS, METER];

const KIC: &str = "c1c2c3c4c5c6c7c8c9cacbcccdcecfc0";
const KID: &str = "d1d2d3d4d5d6d7d8d9dadbdcdddedfd0";
const TAR: Tar = Tar([0xb0, 0x00, 0x01]);

fn keys() -> KeySet {
    let set = KeySet::new(3).unwrap();
    let set = set.with_cipher(CipherAlgorithm::Aes, &hex(KIC), SingleDes::Refused);
    let set = set.unwrap();
    set.with_mac(MacAlgorithm::AesCmac8, &hex(KID), SingleDes::Refused)
        .unwrap()
}

fn make_card(directory: &Path) {
    let profile = format!(
        "[[key_set]]\nnumber = 3\nkic = \"{KIC}\"\nkid = \"{KID}\"\n\
         [[file]]\npath = \"{NETWORKS}\"\ncontent = {{ transparent = \"{}\" }}\n",
        "ffffff0000".repeat(20)
    );
    let state = Profile::read(&profile).unwrap().make(&mut Counting(1));
    StoredCard::create(directory, state.unwrap()).unwrap();
}

/// What the files have to hold then: TS 31.102 clauses 4.2.12 and 4.2.5: "Rehome"; 26201
/// for E-UTRAN, 26202 for GSM.
fn name() -> Vec<u8> {
    [hex("005265686f6d65"), vec![0xff; 10]].concat()
}

fn networks() -> Vec<u8> {
    hex(&["62f2104000", "62f2200080", &"ffffff0000".repeat(18)].concat())
}

/// Three files: by their values, and with UPDATE RECORD in mode PREVIOUS, the one that
/// cyclic files have (TS 102 221 clause 11.1.6).
const SCRIPT: &str = r#"
select spn
update-binary spn "Rehome"
select plmnwact
update-binary plmnwact 26201:eutran 26202:gsm pad 100
select usim/6f39
raw 00dc000303000005
"#;
/// What a second run of it would have changed: the record after the newest.
const LOOK: &str = "select usim/6f39\nread-record 2 3\n";

/// The data of the one packet that a script is, and how many commands it has.
fn packet(script: &str) -> (Vec<u8>, u8) {
    let packets = Script::parse(script, no_files)
        .unwrap()
        .packets(Format::Compact, DEFAULT_LIMIT);
    let [packet] = <[_; 1]>::try_from(packets.unwrap()).unwrap();
    (packet.data, u8::try_from(packet.commands.len()).unwrap())
}

/// How a run went.
struct Ran {
    lost: u64,
    doubled: u64,
    resets: u64,
    repeated: u64,
    looked: bool,
}

/// One script to one card; `receipt` is the second octet of SPI.
fn run(seed: u64, receipt: u8) -> Ran {
    let directory = tempfile::tempdir().unwrap();
    make_card(directory.path());
    // CC, ciphered, a counter that rises.
    let spi = Spi::from_octets([0x16, receipt]).unwrap();
    type Both = Pair<Gateway, Phone>;
    let ((script, commands), (check, looks)) = (packet(SCRIPT), packet(LOOK));
    // Two messages.
    assert!(script.len() > 137 && check.len() < 80);
    let job = Job { script, check };
    let gateway = Gateway::new(Both::B, keys(), spi, TAR, vec![job]);
    let phone = Phone::new(Both::A, directory.path().to_owned(), &WATCHED);
    let mut pair = Pair::new(seed, ROAD, gateway, phone);
    let outcome = pair.run(LIMIT, |gateway, _| gateway.is_idle());
    assert_eq!(outcome, Outcome::Reached);
    // What was still on its way arrives, too.
    let outcome = pair.run(LIMIT, |_, _| false);
    assert_eq!(outcome, Outcome::Quiet);

    let (gateway, phone) = (pair.a().unwrap(), pair.b().unwrap());
    // Each file has had two contents: the one of the profile, and the script's.
    let before = phone.held[METER][0].clone();
    assert_eq!(phone.held[SPN].len(), 2);
    assert_eq!(phone.held[SPN][1], name());
    assert_eq!(phone.held[NETWORKS].len(), 2);
    assert_eq!(phone.held[NETWORKS][1], networks());
    assert_eq!(phone.held[METER].len(), 2);
    assert_eq!(phone.held[METER][1], [&[0, 0, 5], &before[..6]].concat());
    // The gateway knows it, by receipts with a CC.
    let [done] = gateway.done.as_slice() else {
        panic!("{:?}", gateway.done);
    };
    let answer = ScriptResponse::read(Format::Compact, &done.answer).unwrap();
    let ScriptResponse::Compact { executed, last } = answer else {
        panic!("{answer:?}");
    };
    match done.by_its_own {
        true => assert_eq!((executed, last.encode()), (commands, hex("9000"))),
        // The record before the newest is one of the profile's.
        false => assert_eq!((executed, last.encode()), (looks, hex("0000009000"))),
    }
    // One counter for each packet, however often it came.
    let set = &phone.card().card().state().key_sets()[0];
    assert_eq!(set.counter().to_u64(), gateway.packets);
    let traffic = pair.traffic();
    Ran {
        lost: traffic.lost,
        doubled: traffic.doubled,
        resets: phone.resets,
        repeated: gateway.repeated,
        looked: !done.by_its_own,
    }
}

/// Receipts with a CC, ciphered; in the report, or in messages of their own.
fn runs(test: &str, receipt: u8) {
    let mut all = Vec::new();
    for_each_seed("sim", test, SEEDS, |seed| all.push(run(seed, receipt)));
    if all.len() < usize::try_from(SEEDS).unwrap() {
        return;
    }
    // The trouble was there.
    assert!(all.iter().map(|ran| ran.lost).sum::<u64>() > SEEDS / 4);
    assert!(all.iter().map(|ran| ran.doubled).sum::<u64>() > SEEDS / 4);
    assert!(all.iter().any(|ran| ran.resets > 0));
    assert!(all.iter().any(|ran| ran.repeated > 0));
    assert!(all.iter().any(|ran| ran.looked));
}

#[test]
fn a_script_is_carried_out_once_and_confirmed_by_reports() {
    runs(
        "over_the_air::a_script_is_carried_out_once_and_confirmed_by_reports",
        0x19,
    );
}

#[test]
fn a_script_is_carried_out_once_and_confirmed_by_messages() {
    runs(
        "over_the_air::a_script_is_carried_out_once_and_confirmed_by_messages",
        0x39,
    );
}
