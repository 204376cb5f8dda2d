//! Whatever a terminal or a sender gives: the card answers, and what it keeps is a state
//! that a card can have.

use sim::card::{Card, StoredCard, deliver};
use sim::net::SimRandom;

use clock::Random;
use uicc::sms::SmsPpDownload;

use super::support::{USIM, card, header, packet, tpdus};

const CLASSES: [u8; 5] = [0x00, 0x80, 0x00, 0x80, 0xa0];
const INSTRUCTIONS: [u8; 20] = [
    0xa4, 0xb0, 0xd6, 0xb2, 0xdc, 0xa2, 0x32, 0x04, 0x44, 0x20, 0xc0, 0xf2, 0xc2, 0x12, 0x14, 0x10,
    0xe6, 0xe8, 0xe4, 0x99,
];
const NAMES: [[u8; 2]; 6] = [
    [0x3f, 0x00],
    [0x7f, 0xf0],
    [0x7f, 0xff],
    [0x6f, 0x39],
    [0x6f, 0x42],
    [0x6f, 0x46],
];

fn pick<T: Copy>(random: &mut impl Random, from: &[T]) -> T {
    let [drawn] = random.array::<1>();
    from[usize::from(drawn) % from.len()]
}

/// A command that is often nearly right.
fn command(random: &mut impl Random) -> Vec<u8> {
    let [p1, p2, length, le, shape] = random.array::<5>();
    let (p1, p2) = match shape & 3 {
        0 => (p1 & 3, p2 & 7),
        1 => (0, 0x0c),
        2 => (p1 & 9, 0x04),
        _ => (p1, p2),
    };
    let instruction = pick(random, &INSTRUCTIONS);
    let mut octets = vec![pick(random, &CLASSES), instruction, p1, p2];
    if shape & 4 == 0 {
        let mut data = vec![0; usize::from(length & 0x3f)];
        random.fill(&mut data);
        if shape & 8 == 0 {
            data = pick(random, &NAMES).to_vec();
        }
        octets.push(data.len() as u8);
        octets.extend(data);
    }
    if shape & 16 == 0 {
        octets.push(le);
    }
    octets
}

fn can_be(card: &Card) {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("card");
    drop(StoredCard::create(&directory, card.state().clone()).unwrap());
    let again = StoredCard::open(&directory).unwrap();
    assert!(again.card().state() == card.state());
}

#[test]
fn any_command_of_a_terminal() {
    let mut random = SimRandom::from_seed(41);
    let mut card = card();
    card.handle_apdu(&[&[0, 0x20, 0, 1, 8][..], b"1234\xff\xff\xff\xff"].concat());
    card.handle_apdu(&[&[0, 0x20, 0, 0x0a, 8][..], b"87654321"].concat());
    let mut done = 0;
    for _ in 0..20_000 {
        let response = card.handle_apdu(&command(&mut random));
        assert!(response.data.len() <= 256);
        // TS 102 221 clause 10.2.1: 61XX, or between 6200 and 9FFF.
        assert!((0x6100..=0x9fff).contains(&response.status.0));
        done += usize::from(response.status.0 == 0x9000);
    }
    // Some of it was right: the draws are worth something.
    assert!(done > 500, "{done}");
    can_be(&card);
}

#[test]
fn any_message() {
    let mut random = SimRandom::from_seed(42);
    let mut card = card();
    for cntr in 11..511 {
        let script: String = (0..pick(&mut random, &[1, 2, 3, 20]))
            .map(|_| super::support::text(&command(&mut random)))
            .collect();
        let sealed = packet(&header(0x1639, USIM, cntr), &script);
        let mut messages = tpdus(&sealed, pick(&mut random, &[1, 2, 3]));
        for tpdu in &mut messages {
            let [place, bit] = random.array::<2>();
            if place & 1 == 0 {
                let place = usize::from(place) % tpdu.len();
                tpdu[place] ^= 1 << (bit & 7);
            }
            // What a mobile keeps for itself, a card has to bear all the same.
            if deliver(&mut card, tpdu).is_err() {
                let download = SmsPpDownload {
                    service_centre: None,
                    tpdu: tpdu.clone(),
                };
                card.handle_apdu(&download.command().unwrap());
            }
        }
    }
    can_be(&card);
}
