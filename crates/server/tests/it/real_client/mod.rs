//! Debian's libosmo-gsup-client, unmodified, against osmo-hlr and against our
//! HLR's plain listener: both bring an attach to its end, and what the client said
//! to osmo-hlr, octet by octet, is answered by ours message for message.

mod frames;
mod osmo;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use gsup::{AuthTuple, Res, UmtsPart};
use server::PlainClient;
use server::operator::HlrSettings;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::card::{self, plant, seq_ind};
use crate::world::{RO, Setup, World};
use frames::From;
use osmo::OsmoHlr;

const IMSI: &str = "001017000000001";
/// Of GSUP: a message and two elements.
const INSERT_DATA: u8 = 0x10;
const MSISDN: u8 = 0x08;
const PDP_INFO_COMPLETE: u8 = 0x04;
const PATIENCE: Duration = Duration::from_secs(30);

/// The client, compiled; nothing where the libraries are not there and need not
/// be.
fn client(dir: &Path) -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/gsup_client.c");
    let program = dir.join("gsup_client");
    let made = Command::new("cc")
        .args(["-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-o"])
        .args([&program, &source])
        .args(["-losmo-gsup-client", "-losmogsm", "-losmocore", "-ltalloc"])
        .output();
    let why = match made {
        Ok(made) if made.status.success() => return Some(program),
        Ok(made) => String::from_utf8_lossy(&made.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    skipped(&format!("no client with libosmo-gsup-client: {why}"));
    None
}

fn has_osmo_hlr() -> bool {
    let there = Command::new("osmo-hlr").arg("--version").output().is_ok();
    if !there {
        skipped("no osmo-hlr");
    }
    there
}

fn skipped(what: &str) {
    let must = std::env::var_os("CI").is_some_and(|ci| ci == "true");
    assert!(!must, "{what}");
    println!("skipped: {what}");
}

async fn run(program: &Path, arguments: &[&str]) -> Vec<String> {
    let mut command = Command::new(program);
    command.args(arguments);
    let ran = tokio::task::spawn_blocking(move || command.output());
    let ran = ran.await.unwrap().unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success(), "{}: {said}", ran.status);
    said.lines().map(str::to_owned).collect()
}

async fn attach(program: &Path, to: SocketAddr) -> Vec<String> {
    let (address, port) = (to.ip().to_string(), to.port().to_string());
    run(program, &["attach", &address, &port, IMSI]).await
}

fn field<const N: usize>(line: &str, name: &str) -> [u8; N] {
    let found = line.split(' ').find_map(|word| word.strip_prefix(name));
    let octets = HEXLOWER_PERMISSIVE.decode(found.unwrap().as_bytes());
    octets.unwrap().try_into().unwrap()
}

/// What the client printed is an attach from end to end, and the vectors are the
/// card's.
fn check(said: &[String], contexts: &str) {
    let (vectors, others): (Vec<&String>, Vec<&String>) =
        said.iter().partition(|line| line.starts_with("vector "));
    assert_eq!(
        others,
        [
            "OSMO_GSUP_MSGT_SEND_AUTH_INFO_RESULT",
            "OSMO_GSUP_MSGT_INSERT_DATA_REQUEST",
            contexts,
            "OSMO_GSUP_MSGT_UPDATE_LOCATION_RESULT",
        ]
    );
    assert_eq!(vectors.len(), 5);
    let mut last = None;
    for line in vectors {
        let tuple = AuthTuple {
            rand: field(line, "rand="),
            sres: field(line, "sres=").into(),
            kc: field(line, "kc=").into(),
            umts: Some(UmtsPart {
                ik: field(line, "ik=").into(),
                ck: field(line, "ck=").into(),
                autn: field(line, "autn="),
                res: Res::new(&field::<8>(line, "res=")).unwrap(),
            }),
        };
        let now = Some(seq_ind(&tuple));
        assert!(now > last, "rising numbers");
        last = now;
        let (res, ck, ik, _) =
            milenage::Milenage::new_with_opc(card::K, card::OPC).f2345(&tuple.rand);
        let umts = tuple.umts.unwrap();
        assert_eq!(umts.res.expose(), res);
        assert_eq!((*umts.ck.expose(), *umts.ik.expose()), (ck, ik));
    }
}

async fn our_world(name: &str) -> World {
    let setup = Setup {
        hlr: HlrSettings {
            clients: vec![PlainClient {
                address: Ipv4Addr::LOCALHOST.into(),
                name: "sgsn".to_owned(),
                serves: "00101".parse().unwrap(),
            }],
            ..HlrSettings::default()
        },
        ..Setup::default()
    };
    let world = World::with(name, setup).await;
    plant(&world, IMSI).await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unmodified_client_attaches_at_osmo_hlr_and_at_ours_alike() {
    let world = our_world("real-client").await;
    let dir = world.scratch.path().to_owned();
    let plain = world.operators[RO].gsup_plain_address().unwrap();
    let Some(program) = client(&dir) else {
        return world.shutdown().await;
    };
    check(&attach(&program, plain).await, "contexts 1");
    if has_osmo_hlr() {
        let hlr = OsmoHlr::start(&dir);
        let hex = |octets: &[u8]| HEXLOWER.encode(octets);
        let (k, opc) = (hex(&card::K), hex(&card::OPC));
        hlr.set(&[
            format!("subscriber.create {IMSI}"),
            format!("subscriber.by-imsi-{IMSI}.aud3g milenage,{k},opc,{opc}"),
        ]);
        let (at, log, forwarder) = frames::forward(hlr.gsup()).await;
        check(&attach(&program, at).await, "contexts 1");
        timeout(PATIENCE, forwarder).await.unwrap().unwrap();
        let log = std::mem::take(&mut *log.lock().unwrap());
        replay(&log, plain).await;
    }
    world.shutdown().await;
}

/// What the client said then, said to our HLR: where osmo-hlr sent a message,
/// ours sends one of the same kind with the same elements.
async fn replay(log: &[(From, Vec<u8>)], plain: SocketAddr) {
    let mut stream = TcpStream::connect(plain).await.unwrap();
    let mut compared = Vec::new();
    for (from, frame) in log {
        match (from, frames::gsup(frame)) {
            (From::Client, _) => stream.write_all(frame).await.unwrap(),
            (From::Server, None) => {}
            (From::Server, Some(theirs)) => {
                let ours = loop {
                    let frame = timeout(PATIENCE, frames::read(&mut stream)).await;
                    let frame = frame.unwrap().expect("ours answers");
                    if let Some(message) = frames::gsup(&frame) {
                        break message.to_vec();
                    }
                };
                let (mut theirs, mut ours) = (frames::kinds(theirs), frames::kinds(&ours));
                if theirs.0 == INSERT_DATA {
                    // osmo-hlr sends an MSISDN, empty where there is none; ours
                    // has none, and says that these are all contexts.
                    theirs.1.retain(|tag| *tag != MSISDN);
                    ours.1.retain(|tag| *tag != PDP_INFO_COMPLETE);
                }
                assert_eq!(ours, theirs);
                compared.push(theirs.0);
            }
        }
    }
    assert_eq!(compared, [0x0a, 0x10, 0x06]);
}

/// Why our HLR draws SRES and Kc where there are to be no triplets: the library
/// takes a tuple without them for a GSM one whose SRES and Kc are zeros.
#[tokio::test]
async fn the_library_makes_zeros_of_an_absent_triplet() {
    let dir = tempfile::tempdir().unwrap();
    let Some(program) = client(dir.path()) else {
        return;
    };
    let mut tuple = Vec::new();
    for (tag, count) in [(0x20, 16), (0x23, 16), (0x24, 16), (0x25, 16), (0x27, 8)] {
        tuple.extend([tag, count]);
        tuple.extend(vec![tag; usize::from(count)]);
    }
    let mut message = vec![0x0a, 1, 8, 0, 1, 0x71, 0, 0, 0, 0, 0xf1, 3];
    message.push(u8::try_from(tuple.len()).unwrap());
    message.extend(tuple);
    let said = run(&program, &["decode", &HEXLOWER.encode(&message)]).await;
    assert_eq!(said.len(), 1);
    // OSMO_AUTH_TYPE_GSM is 1, OSMO_AUTH_TYPE_UMTS 2.
    assert!(said[0].starts_with("vector types=3 "), "{said:?}");
    assert_eq!(field::<4>(&said[0], "sres="), [0; 4]);
    assert_eq!(field::<8>(&said[0], "kc="), [0; 8]);
}
