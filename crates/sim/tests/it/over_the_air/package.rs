//! A CAP file that is loaded, and its applets installed, block by block in packets of
//! their own, over the same road (GlobalPlatform Card Specification 2.3 clauses 11.5 and
//! 11.6, ETSI TS 102 226 clause 8).

use serde_json::Value;
use sim::net::{Outcome, Pair, for_each_seed};
use uicc::packet::{Spi, Tar};
use uicc::remote::{Format, ScriptResponse};
use uicc::script::Script;

use super::gateway::{Gateway, Job};
use super::phone::Phone;
use super::{LIMIT, ROAD, keys, make_card};
use crate::card::support::hex;

const TAR: Tar = Tar([0, 0, 0]);
/// Octets of a packet's data: a block with its header, and little more.
const ROOM: usize = 120;
const SEEDS: u64 = 10;

/// The package with two applets of `vectors/cap.json`.
fn vector() -> Value {
    let vectors = include_str!("../../../../../vectors/cap.json");
    let vectors: Value = serde_json::from_str(vectors).unwrap();
    let mut packages = vectors["packages"].as_array().unwrap().iter();
    let two = packages.find(|package| package["applets"].as_array().unwrap().len() == 2);
    two.unwrap().clone()
}

fn packets(script: &str, archive: &str) -> Vec<Vec<u8>> {
    let script = Script::parse(script, |name| {
        assert_eq!(name, "two.cap");
        Ok(hex(archive))
    });
    let packets = script.unwrap().packets(Format::Compact, ROOM).unwrap();
    packets.into_iter().map(|packet| packet.data).collect()
}

fn run(seed: u64, vector: &Value) -> bool {
    let text = |name: &str| vector[name].as_str().unwrap();
    let (archive, package) = (text("archive"), text("package"));
    let applets = [0, 1].map(|number| vector["applets"][number].as_str().unwrap());
    let mut script = format!("install for-load {package}\nload two.cap\n");
    for applet in applets {
        script += &format!("install for-install {package} {applet} {applet}\n");
    }
    let look = "get-status isd\n";
    let [check] = <[_; 1]>::try_from(packets(look, archive)).unwrap();
    let script = packets(&script, archive);
    // 779 octets and their length in blocks of a hundred or so, three INSTALLs.
    assert!(script.len() > 10, "{}", script.len());
    let count = script.len();
    let jobs = script.into_iter().map(|script| Job {
        script,
        check: check.clone(),
    });

    let directory = tempfile::tempdir().unwrap();
    make_card(directory.path());
    type Both = Pair<Gateway, Phone>;
    let spi = Spi::from_octets([0x16, 0x19]).unwrap();
    let gateway = Gateway::new(Both::B, keys(), spi, TAR, jobs.collect());
    let phone = Phone::new(Both::A, directory.path().to_owned(), &[]);
    let mut pair = Pair::new(seed, ROAD, gateway, phone);
    let outcome = pair.run(LIMIT, |gateway, _| gateway.is_idle());
    assert_eq!(outcome, Outcome::Reached);

    let (gateway, phone) = (pair.a().unwrap(), pair.b().unwrap());
    assert_eq!(gateway.done.len(), count);
    for done in &gateway.done {
        let answer = ScriptResponse::read(Format::Compact, &done.answer).unwrap();
        let ScriptResponse::Compact { last, .. } = answer else {
            panic!("{answer:?}");
        };
        assert_eq!(last.status.to_string(), "9000");
    }
    // All blocks, once each and in their order: the load file is whole.
    let registry = phone.card().card().state().registry();
    let [loaded] = registry.packages.as_slice() else {
        panic!("{:?}", registry.packages);
    };
    assert_eq!(loaded.aid.0, hex(package));
    let installed: Vec<_> = registry
        .applications
        .iter()
        .map(|it| it.aid.0.clone())
        .collect();
    assert_eq!(installed, applets.map(hex));
    assert!(registry.applications.iter().all(|it| it.is_selectable));
    gateway.done.iter().any(|done| !done.by_its_own)
}

#[test]
fn a_package_is_loaded_block_by_block() {
    let vector = vector();
    let mut looked = Vec::new();
    let test = "over_the_air::package::a_package_is_loaded_block_by_block";
    for_each_seed("sim", test, SEEDS, |seed| looked.push(run(seed, &vector)));
    // Receipts were lost, too.
    assert!(looked.len() == 1 || looked.contains(&true));
}
