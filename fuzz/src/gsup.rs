//! GSUP messages, IPA frames and a connection's engine (OsmoHLR user manual, chapter
//! "Generic Subscriber Update Protocol (GSUP)"; the handshake of libosmo-abis). The
//! octets of a stream begin with one that says how it is cut.

use clock::Tick;
use gsup::ipa::{Control, FrameDecoder};
use gsup::{Config, Connection, Event, Message, PeerName, Preamble};

use crate::claim::{allocated, bounded};

/// The most that one message asks for, as a multiple of its octets.
const MULTIPLE: usize = 64;
/// The most that a decoder of frames holds: a header and a payload.
const FRAME: u16 = 4096;
/// A decoder with this limit may ask for a header and this, once, and nothing else
/// of the process asks for as much as a kilobyte meanwhile.
const SHORT: u16 = 64;
const ASIDE: usize = 1024;
/// The most octets of an answer to one octet: a ping of four brings a pong of four,
/// two octets of an ID_GET a tag with the name.
const ANSWER: usize = 20;

/// What is read is written, and reads back the same.
pub(crate) fn message(octets: &[u8]) {
    let preamble = Preamble::decode(octets);
    let read = bounded(octets, MULTIPLE, || Message::decode(octets));
    let Ok(read) = read else { return };
    assert!(preamble.is_ok(), "a message without a preamble");
    let written = read.encode().expect("what was read is written");
    let again = Message::decode(written.expose()).expect("and read again");
    assert!(again == read, "{again:?} was {read:?}");
    let twice = again.encode().expect("and written again");
    assert!(twice.expose() == written.expose(), "it is written one way");
}

/// How a stream comes: in pieces of so many octets.
fn cut(octets: &[u8]) -> (usize, &[u8]) {
    match octets.split_first() {
        Some((first, rest)) => (usize::from(*first).max(1), rest),
        None => (1, octets),
    }
}

/// All frames up to the first fault, as owned octets.
fn frames(stream: &[u8], piece: usize) -> (Vec<(u8, Vec<u8>)>, bool) {
    let mut decoder = FrameDecoder::new(FRAME);
    let mut found = Vec::new();
    for mut piece in stream.chunks(piece) {
        loop {
            match decoder.push(&mut piece) {
                Ok(Some(frame)) => found.push((frame.stream.id(), frame.payload.to_vec())),
                Ok(None) => break,
                Err(_) => return (found, true),
            }
        }
        assert!(piece.is_empty(), "a decoder takes all that it is given");
    }
    (found, false)
}

/// Frames do not depend on how they are cut; the decoder asks for one frame's room,
/// once; control messages that are read are written and read alike.
pub(crate) fn ipa(octets: &[u8]) {
    let (piece, stream) = cut(octets);
    let whole = frames(stream, stream.len().max(1));
    assert!(frames(stream, piece) == whole, "cut otherwise");
    let before = allocated();
    let mut decoder = FrameDecoder::new(SHORT);
    let mut rest = stream;
    while let Ok(Some(_)) = decoder.push(&mut rest) {}
    let asked = allocated().wrapping_sub(before);
    let most = 3 + usize::from(SHORT) + ASIDE;
    assert!(asked <= most, "{asked} octets for frames of {SHORT}");
    for (_, payload) in &whole.0 {
        let Ok(control) = bounded(payload, MULTIPLE, || Control::decode(payload)) else {
            continue;
        };
        let written = control.encode().expect("what was read is written");
        let (again, broken) = frames(written.expose(), 1);
        assert!(!broken && again.len() == 1, "one frame");
        let again = Control::decode(&again[0].1).expect("and read again");
        assert!(again == control, "{again:?} was {control:?}");
    }
}

/// Both sides of a connection.
pub(crate) fn connection(octets: &[u8]) {
    let (piece, stream) = cut(octets);
    let name = || {
        "fuzz-00-00-00-00-00-00"
            .parse::<PeerName>()
            .expect("a name")
    };
    let config = Config::default();
    for mut side in [
        Connection::server(Tick::ZERO, config),
        Connection::client(Tick::ZERO, config, name()),
    ] {
        let mut closed = 0;
        let mut sent = drained(&mut side);
        for piece in stream.chunks(piece) {
            side.handle_input(Tick::ZERO, piece);
            closed += ends(&mut side);
            sent += drained(&mut side);
        }
        let most = ANSWER * (stream.len() + 1);
        assert!(sent <= most, "{sent} octets out for {}", stream.len());
        gives_up(&mut side, closed);
    }
    // One that is never polled keeps no more than its limit.
    let config = Config {
        transmit_limit: 1024,
        ..config
    };
    let mut side = Connection::server(Tick::ZERO, config);
    side.handle_input(Tick::ZERO, stream);
    let kept = drained(&mut side);
    assert!(kept <= config.transmit_limit, "{kept} octets kept");
}

/// What waits to be sent, in octets.
fn drained(side: &mut Connection) -> usize {
    std::iter::from_fn(|| side.poll_transmit())
        .map(|octets| octets.expose().len())
        .sum()
}

/// How often it was closed. Requests that can't be read are answered.
fn ends(side: &mut Connection) -> usize {
    let mut closed = 0;
    while let Some(event) = side.poll_event() {
        match event {
            Event::Refused {
                error,
                preamble: Some(preamble),
            } => {
                let _ = side.refuse(&preamble, error.cause());
            }
            Event::Closed { .. } => closed += 1,
            _ => {}
        }
    }
    closed
}

/// A peer that says nothing any more is given up within the longest of all waits,
/// and closed once.
fn gives_up(side: &mut Connection, mut closed: usize) {
    let config = Config::default();
    let most = config.handshake_timeout + config.ping_interval + config.pong_timeout;
    let last = Tick::ZERO.plus(most);
    for _ in 0..3 {
        let Some(due) = side.poll_timeout() else {
            break;
        };
        assert!(due <= last, "it waits for more than {most:?}");
        side.handle_timeout(due);
        closed += ends(side);
        drained(side);
    }
    assert_eq!(side.poll_timeout(), None, "it waits for ever");
    assert_eq!(closed, 1, "closed once");
    side.handle_input(last, b"\0\x01\xfe\0");
    assert_eq!(drained(side) + ends(side), 0, "nothing after the end");
}
