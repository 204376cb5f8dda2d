//! HLRs that are not there, not known, silent, or not the ones of the database.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use aka::{TuakKey, TuakLengths};
use hlr::OsmoHlr;
use provisioning::payload::{MilenageKeys, SubscriberKeys, TuakKeys};
use provisioning::ports::hlr::{HlrError, HlrPort, settle};
use secret::Secret;

use crate::world::{K, imsi, keys, subscriber, world};

const IMSI: &str = "001020000000001";

/// One line to a control interface and its answer, without our client.
pub fn ctrl_line(at: SocketAddr, line: &str) -> String {
    let mut stream = TcpStream::connect(at).unwrap();
    let length = u16::try_from(line.len() + 1).unwrap().to_be_bytes();
    let frame = [&length, &[0xee, 0x00][..], line.as_bytes()].concat();
    stream.write_all(&frame).unwrap();
    let mut head = [0; 3];
    stream.read_exact(&mut head).unwrap();
    let mut rest = vec![0; usize::from(u16::from_be_bytes([head[0], head[1]]))];
    stream.read_exact(&mut rest).unwrap();
    String::from_utf8(rest[1..].to_vec()).unwrap()
}

fn code<T>(result: Result<T, HlrError>) -> &'static str {
    result.err().map_or("none", |error| error.code())
}

#[tokio::test]
async fn another_schema_is_refused_unsupported_and_left_alone() {
    let Some(world) = world() else { return };
    for version in [5, 7] {
        world.sql(&format!("PRAGMA user_version = {version}"));
        let dump = world.sql(".dump");
        let wanted = subscriber(IMSI, true);
        let settled = settle(&world.hlr, wanted.imsi(), Some(&wanted)).await;
        let error = settled.unwrap_err();
        assert_eq!(error.code(), "hlr-unsupported");
        assert!(error.to_string().contains(&version.to_string()), "{error}");
        assert_eq!(code(world.hlr.probe().await), "hlr-unsupported");
        assert_eq!(world.sql(".dump"), dump);
    }
}

#[tokio::test]
async fn a_database_of_another_hlr_is_noticed() {
    let (Some(one), Some(two)) = (world(), world()) else {
        return;
    };
    two.settle(&subscriber(IMSI, true)).await;
    let mixed = OsmoHlr::new(one.osmo.ctrl(), two.osmo.database()).unwrap();
    assert_eq!(code(mixed.probe().await), "hlr-differs");
    assert_eq!(code(mixed.read(&imsi(IMSI)).await), "hlr-differs");
    let other = subscriber("001020000000002", true);
    // It is made in the one HLR, and then missing in the other's database.
    let settled = settle(&mixed, other.imsi(), Some(&other)).await;
    assert_eq!(code(settled), "hlr-differs");
    assert_eq!(two.sql("SELECT count(*) FROM subscriber"), "1");
}

#[tokio::test]
async fn what_it_cannot_hold_is_refused_by_name() {
    let Some(world) = world() else { return };
    world.settle(&subscriber(IMSI, false)).await;
    let SubscriberKeys::Milenage(usual) = keys(K) else {
        panic!("MILENAGE");
    };
    let own = MilenageKeys {
        constants: Some(vec![0; 85]),
        ..usual
    };
    let tuak = TuakKeys {
        k: TuakKey::Short(Secret::new(K)),
        topc: Secret::new([1; 32]),
        lengths: TuakLengths::LIKE_MILENAGE,
        iterations: std::num::NonZeroU8::MIN,
    };
    let number = imsi(IMSI);
    for (odd, name) in [(own.into(), "milenage-constants"), (tuak.into(), "tuak")] {
        let refused = world.hlr.set_auth(&number, &odd, aka::Seq::default());
        let error = refused.await.unwrap_err();
        assert_eq!(error.code(), "hlr-unsupported");
        assert!(error.to_string().contains(name), "{error}");
    }
    let unknown = imsi("001020000000009");
    let zero = aka::Seq::default();
    assert_eq!(code(world.hlr.enable(&unknown).await), "hlr-refused");
    assert_eq!(code(world.hlr.disable(&unknown).await), "none");
    assert_eq!(code(world.hlr.delete(&unknown).await), "none");
    let set = world.hlr.set_auth(&unknown, &keys(K), zero).await;
    assert_eq!(code(set), "hlr-refused");
    world.hlr.create(&unknown).await.unwrap();
    assert_eq!(code(world.hlr.enable(&unknown).await), "hlr-refused");
    assert_eq!(world.sql("SELECT count(*) FROM auc_3g"), "1");
}

#[tokio::test]
async fn a_hlr_that_ended_is_unreachable_and_one_that_is_back_is_used_again() {
    let Some(world) = world() else { return };
    let wanted = subscriber(IMSI, true);
    world.settle(&wanted).await;
    let (ctrl, database) = (world.osmo.ctrl(), world.osmo.database().to_owned());
    drop(world.osmo);
    assert_eq!(code(world.hlr.read(&imsi(IMSI)).await), "hlr-unreachable");
    let settled = settle(&world.hlr, wanted.imsi(), Some(&wanted)).await;
    assert_eq!(code(settled), "hlr-unreachable");
    // The same address again: whoever had a connection makes another.
    let back = TcpListener::bind(ctrl).unwrap();
    let answers = std::thread::spawn(move || {
        let (mut stream, _) = back.accept().unwrap();
        let mut octets = [0; 512];
        let count = stream.read(&mut octets).unwrap();
        let asked = String::from_utf8_lossy(&octets[4..count]).into_owned();
        let line = b"ERROR 1 No such subscriber.";
        let length = u16::try_from(line.len() + 1).unwrap().to_be_bytes();
        let frame = [&length, &[0xee, 0x00][..], line].concat();
        stream.write_all(&frame).unwrap();
        asked
    });
    assert_eq!(code(world.hlr.read(&imsi(IMSI)).await), "hlr-differs");
    let asked = answers.join().unwrap();
    assert_eq!(asked, format!("GET 1 subscriber.by-imsi-{IMSI}.info-all"));
    assert!(database.exists());
    let gone = OsmoHlr::new(ctrl, &world.scratch.path().join("no.db")).unwrap();
    assert_eq!(code(gone.read(&imsi(IMSI)).await), "hlr-unreachable");
}

/// The client's bounds: a silent peer, one that sends too much, and one that sends
/// what nobody asked for.
#[tokio::test]
async fn silent_and_talkative_peers_cost_a_bounded_time() {
    let Some(world) = world() else { return };
    let trap = [&[0, 9, 0xee, 0][..], b"TRAP 0 x"].concat();
    let answers: [&[u8]; 4] = [
        b"",
        &[0xff, 0xff, 0xee, 0x00],
        b"HTTP/1.1 400 \r\n\r\n",
        &trap,
    ];
    for answer in answers {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let octets = answer.repeat(100);
        std::thread::spawn(move || {
            let mut held = Vec::new();
            while let Ok((mut stream, _)) = listener.accept() {
                let _ = stream.write_all(&octets);
                held.push(stream);
            }
        });
        let hlr = OsmoHlr::new(at, world.osmo.database()).unwrap();
        let began = Instant::now();
        assert_eq!(code(hlr.probe().await), "hlr-unreachable");
        assert!(began.elapsed() < Duration::from_secs(30), "a hang");
    }
}

#[test]
fn keys_go_over_loopback_alone() {
    let far = "192.0.2.1:4259".parse().unwrap();
    let refused = OsmoHlr::new(far, "hlr.db".as_ref());
    assert_eq!(code(refused.map(drop)), "hlr-unsupported");
}
