//! Messages of several parts (3GPP TS 23.040 clause 9.2.3.24.1): in another order, twice,
//! lost, across a restart, under one reference, and more than a card has room for.

use sim::card::{Card, Delivered, StoredCard, deliver};
use uicc::packet::{Proof, Status};

use super::support::{USIM, card, header, hex, packet, read, state, tpdus};

/// Three parts: a record of EF SMS (176 octets) and EF PLMNwAcT (40).
fn script(octet: u8) -> String {
    let octets = |count| format!("{octet:02x}").repeat(count);
    let record = format!("220700a4000c026f3c2281b500dc0104b0{}", octets(176));
    let networks = format!("220700a4000c026f60222d00d6000028{}", octets(40));
    let value = format!("{record}{networks}");
    format!("aa81{:02x}{value}", value.len() / 2)
}

fn record(card: &Card) -> u8 {
    let file = card.state().files().find("3f00/7ff0/6f3c").unwrap();
    file.content.octets()[0]
}

fn parts(cntr: u64, octet: u8, reference: u8) -> Vec<Vec<u8>> {
    let header = header(0x1619, USIM, cntr);
    let parts = tpdus(&packet(&header, &script(octet)), reference);
    assert_eq!(parts.len(), 3);
    parts
}

/// No answer: a part that waits.
fn waits(delivered: &Delivered) -> bool {
    delivered.status.0 == 0x9000 && delivered.receipt.is_empty() && delivered.submits.is_empty()
}

#[test]
fn every_order_and_doubles() {
    let orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    for (cntr, order) in (11..).zip(orders) {
        let mut card = card();
        let parts = parts(cntr, 0x5a, 7);
        let [first, second, last] = order.map(|place| &parts[place]);
        for tpdu in [first, first, second, first, second] {
            assert!(waits(&deliver(&mut card, tpdu).unwrap()));
            assert_eq!(record(&card), 0);
        }
        let done = deliver(&mut card, last).unwrap();
        let response = read(&header(0x1619, USIM, cntr), &done.receipt);
        assert_eq!(
            (response.status, response.proof),
            (Status::Ok, Proof::Verified)
        );
        assert_eq!(
            response.data,
            hex("ab13 800104 23029000 23029000 23029000 23029000")
        );
        assert_eq!(record(&card), 0x5a);
        assert!(card.state().waiting().is_empty());
    }
}

/// All of a message once more: its counter is not higher.
#[test]
fn a_message_that_comes_again_is_not_carried_out_again() {
    let mut card = card();
    let message = parts(11, 0x5a, 7);
    for tpdu in &message {
        deliver(&mut card, tpdu).unwrap();
    }
    let header = header(0x1619, USIM, 11);
    let again: Vec<Delivered> = message
        .iter()
        .map(|tpdu| deliver(&mut card, tpdu).unwrap())
        .collect();
    assert!(waits(&again[0]) && waits(&again[1]));
    assert_eq!(read(&header, &again[2].receipt).status, Status::CounterLow);
}

#[test]
fn a_lost_part_and_the_next_message_under_its_reference() {
    let mut card = card();
    let lost = parts(11, 0x11, 7);
    deliver(&mut card, &lost[0]).unwrap();
    deliver(&mut card, &lost[1]).unwrap();
    // The first part contradicts what waits: the old message is given up.
    let next = parts(12, 0x22, 7);
    assert!(waits(&deliver(&mut card, &next[0]).unwrap()));
    assert!(waits(&deliver(&mut card, &next[1]).unwrap()));
    let done = deliver(&mut card, &next[2]).unwrap();
    let response = read(&header(0x1619, USIM, 12), &done.receipt);
    assert_eq!(response.status, Status::Ok);
    assert_eq!(record(&card), 0x22);
    assert!(card.state().waiting().is_empty());
}

#[test]
fn parts_wait_across_restarts() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("card");
    drop(StoredCard::create(&directory, state()).unwrap());
    let mut last = None;
    for tpdu in parts(11, 0x5a, 7).iter().rev() {
        let mut card = StoredCard::open(&directory).unwrap();
        assert_eq!(record(card.card()), 0);
        last = Some(deliver(&mut card, tpdu).unwrap());
    }
    let response = read(&header(0x1619, USIM, 11), &last.unwrap().receipt);
    assert_eq!(response.status, Status::Ok);
    let card = StoredCard::open(&directory).unwrap();
    assert_eq!(record(card.card()), 0x5a);
}

/// First parts of 1,000 messages: what came first goes, and the last one can be whole.
#[test]
fn what_waits_is_bounded() {
    let mut card = card();
    for reference in 0..1000_u32 {
        let mut first = parts(11, 0x11, (reference % 256) as u8).remove(0);
        // Another sender: TP-OA's digits.
        let sender = (reference / 256) as u8;
        first[3] = 0x10 | sender;
        deliver(&mut card, &first).unwrap();
    }
    assert!(
        card.state().waiting().len() < 700,
        "{}",
        card.state().waiting().len()
    );
    let message = parts(12, 0x33, 9);
    for tpdu in &message {
        deliver(&mut card, tpdu).unwrap();
    }
    assert_eq!(record(&card), 0x33);
}
