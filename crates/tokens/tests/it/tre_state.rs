//! A whole TRE on a file backend: stored state, restored state, foreign state.

use std::fs;
use std::path::Path;

use aka::{Amf, AuthenticationVector, Ind, Rand, Seq, Sqn};
use provisioning::bootstrap::{Bootstrap, NetworkAccess};
use provisioning::documents::{Refusal, Signed};
use provisioning::tre::{Accepted, Tre, UsimAnswer};
use provisioning::{Digest, Reason, SigningKey};
use tokens::{FileBackend, TrePackage};
use tre::TreError;
use trust::{Certificate, TimeInterval, TimePolicy};

use crate::support::{copy_dir, noon, random};
use crate::tre_packages::{Factory, milenage_keys};

type TestTre = Tre<FileBackend<sim::net::SimRandom>>;

fn open(factory: &Factory, path: &Path) -> TestTre {
    TrePackage::open(path, factory.protection(), random(50)).unwrap()
}

/// A refusal of a made-up document: what changes a TRE's state without an order.
fn refuse(tre: &mut TestTre, document: u8) -> Option<Vec<u8>> {
    tre.refuse(Digest([document; 32]), Reason::new("bootstrap-expired"))
        .unwrap()
        .map(|report| report.octets)
}

fn seq(octets: &[u8], certificate: &[u8]) -> u64 {
    let certificate = Certificate::from_der(certificate).unwrap();
    let spki = certificate.public_key().spki_der();
    let signed = Signed::<Refusal>::verify_pinned(octets, spki).unwrap();
    signed.document.seq
}

fn attach(tre: &mut TestTre, seq: u64) -> bool {
    let milenage = milenage_keys().milenage().unwrap();
    let sqn = Sqn::new(Seq::new(seq).unwrap(), Ind::new(1).unwrap());
    let vector = AuthenticationVector::new(&milenage, Rand([9; 16]), sqn, Amf([0x80, 0]));
    match tre.authenticate(&vector.rand, &vector.autn).unwrap() {
        UsimAnswer::Response(response) => response.res.ct_eq(&vector.xres),
        UsimAnswer::SyncFailure(_) => false,
    }
}

fn code<T>(result: Result<T, provisioning::ProvisioningError>) -> String {
    match result {
        Ok(_) => "accepted".to_owned(),
        Err(error) => error.reason().code().to_owned(),
    }
}

#[test]
fn a_tre_goes_on_where_its_stored_state_says() {
    let mut factory = Factory::new(1);
    let (path, package) = factory.make("tre");
    let certificate = &package.signature_certificate;
    for round in 1..=5u8 {
        let mut tre = open(&factory, &path);
        assert!(!tre.is_restored());
        // The last round's document was reported and stays so.
        assert!(round == 1 || refuse(&mut tre, round - 1).is_none());
        let report = refuse(&mut tre, round).unwrap();
        assert_eq!(seq(&report, certificate), u64::from(round));
        assert!(attach(&mut tre, u64::from(round)));
        assert!(!attach(&mut tre, u64::from(round)), "a vector serves once");
        TrePackage::store(&path, &mut tre).unwrap();
        // Nothing changed since: nothing is written.
        let before = fs::read(path.join("state.sealed")).unwrap();
        TrePackage::store(&path, &mut tre).unwrap();
        assert_eq!(fs::read(path.join("state.sealed")).unwrap(), before);
    }
}

#[test]
fn a_bootstrap_signed_with_the_operators_key_is_taken() {
    let mut factory = Factory::new(2);
    let (path, package) = factory.make("tre");
    let document = Bootstrap {
        tre_id: package.tre_id.clone(),
        ctx_version: 1,
        switch_counter: 0,
        from: package.sho_id.clone(),
        drf_url: "https://drf.mnc001.mcc001.rehome.test/drf".to_owned(),
        access: NetworkAccess {
            id: "nap-1".to_owned(),
            apn: "m2m".to_owned(),
        },
        change: None,
    };
    let time = TimePolicy::Trusted(TimeInterval::exactly(noon()));
    let mut tre = open(&factory, &path);
    let sealed = |key: &SigningKey| document.seal(key).unwrap();
    let wrong = sealed(&factory.operator.keys.object);
    let right = sealed(&factory.operator.keys.bootstrap);
    let random = factory.random();
    assert_eq!(
        code(tre.bootstrap(&wrong, time, random)),
        "certificate-purpose-wrong"
    );
    let taken = tre.bootstrap(&right, time, random).unwrap();
    assert!(matches!(taken, Accepted::Connectivity { .. }));
    TrePackage::store(&path, &mut tre).unwrap();
    drop(tre);
    let mut tre = open(&factory, &path);
    let again = tre.bootstrap(&right, time, factory.random()).unwrap();
    assert!(matches!(again, Accepted::Repeated));
}

#[test]
fn a_restored_state_file_is_noticed_and_still_attaches() {
    let mut factory = Factory::new(3);
    let (path, _) = factory.make("tre");
    let file = path.join("state.sealed");
    let mut older = vec![fs::read(&file).unwrap()];
    for round in 1..=3 {
        let mut tre = open(&factory, &path);
        refuse(&mut tre, round).unwrap();
        TrePackage::store(&path, &mut tre).unwrap();
        older.push(fs::read(&file).unwrap());
    }
    let newest = older.pop().unwrap();
    for (octets, age) in older.iter().zip(0..) {
        fs::write(&file, octets).unwrap();
        let mut tre = open(&factory, &path);
        assert!(tre.is_restored(), "state {age}");
        let refused = tre.refuse(Digest([9; 32]), Reason::new("bootstrap-expired"));
        assert_eq!(code(refused), "state-restored");
        assert!(attach(&mut tre, 1));
    }
    fs::write(&file, newest).unwrap();
    assert!(!open(&factory, &path).is_restored());
}

#[test]
fn power_that_fails_between_state_and_counter_loses_nothing() {
    let mut factory = Factory::new(4);
    let (path, _) = factory.make("tre");
    let file = path.join("state.sealed");
    let before = fs::read(&file).unwrap();
    let mut tre = open(&factory, &path);
    refuse(&mut tre, 1).unwrap();
    let pending = tre.stage().unwrap().unwrap();
    tokens::key_file::replace(&file, pending.octets()).unwrap();
    drop((pending, tre));
    let mut tre = open(&factory, &path);
    assert!(!tre.is_restored());
    assert!(refuse(&mut tre, 1).is_none(), "the new state is there");
    // The counter caught up: the state before is a restored one by now.
    drop(tre);
    fs::write(&file, before).unwrap();
    assert!(open(&factory, &path).is_restored());
}

#[test]
fn power_that_fails_before_the_state_is_in_place_leaves_the_old_one() {
    let mut factory = Factory::new(5);
    let (path, package) = factory.make("tre");
    let mut tre = open(&factory, &path);
    refuse(&mut tre, 1).unwrap();
    let pending = tre.stage().unwrap().unwrap();
    // Written under its temporary name, not yet renamed; half of it, and all.
    let octets = pending.octets().to_vec();
    drop((pending, tre));
    for part in [octets.len() / 2, octets.len()] {
        let temporary = path.join(".state.sealed.new.tmp");
        fs::write(&temporary, &octets[..part]).unwrap();
        let mut tre = open(&factory, &path);
        assert!(!tre.is_restored());
        let report = refuse(&mut tre, 1).unwrap();
        assert_eq!(seq(&report, &package.signature_certificate), 1);
    }
    let mut tre = open(&factory, &path);
    refuse(&mut tre, 2).unwrap();
    TrePackage::store(&path, &mut tre).unwrap();
    assert!(!path.join(".state.sealed.new.tmp").exists());
}

#[test]
fn the_state_of_another_tre_is_refused() {
    let mut factory = Factory::new(6);
    let (own, _) = factory.make("own");
    let (other, _) = factory.make("other");
    fs::copy(other.join("state.sealed"), own.join("state.sealed")).unwrap();
    let opened = TrePackage::open(&own, factory.protection(), random(51));
    assert_eq!(crate::support::code(opened), "sealed-invalid");
}

#[test]
fn a_state_file_that_is_gone_altered_or_open_to_others_is_refused() {
    let mut factory = Factory::new(7);
    let (path, _) = factory.make("tre");
    let file = path.join("state.sealed");
    let good = fs::read(&file).unwrap();
    let open = |octets: &[u8]| {
        fs::write(&file, octets).unwrap();
        TrePackage::open(&path, factory.protection(), random(52)).is_ok()
    };
    for at in [0, 1, 12, 13, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(!open(&bad), "octet {at}");
    }
    assert!(!open(&[]));
    assert!(!open(&good[..good.len() - 1]));
    assert!(open(&good));
    crate::support::set_mode(&file, 0o604);
    let opened = TrePackage::open(&path, factory.protection(), random(53));
    assert_eq!(crate::support::code(opened), "key-file-readable-by-others");
    fs::remove_file(&file).unwrap();
    let opened = TrePackage::open(&path, factory.protection(), random(54));
    assert_eq!(crate::support::code(opened), "key-file-missing");
}

#[test]
fn two_writers_are_told_apart() {
    let mut factory = Factory::new(8);
    let (path, _) = factory.make("tre");
    let mut tre = open(&factory, &path);
    refuse(&mut tre, 1).unwrap();
    let first = tre.stage().unwrap().unwrap();
    let second = tre.stage().unwrap().unwrap();
    tre.stored(first).unwrap();
    let error = tre.stored(second).err().unwrap();
    assert!(
        matches!(
            error,
            provisioning::ProvisioningError::Tre(TreError::CounterMoved { .. })
        ),
        "{error}"
    );
    let opened = TrePackage::open(&path, factory.protection(), random(55));
    assert_eq!(crate::support::code(opened), "tre-in-use");
}

/// The limit that SECURITY.md names: if this ever fails, the page is wrong.
#[test]
fn a_whole_directory_restored_goes_unnoticed() {
    let mut factory = Factory::new(9);
    let (path, _) = factory.make("tre");
    let backup = factory.dir.join("backup");
    copy_dir(&path, &backup);
    let mut tre = open(&factory, &path);
    refuse(&mut tre, 1).unwrap();
    TrePackage::store(&path, &mut tre).unwrap();
    drop(tre);
    assert!(!open(&factory, &backup).is_restored());
}
