//! Receipts that are messages of the card's own (3GPP TS 31.115 clause 4.2, by SUBMIT):
//! who can make a card send one, and what becomes of those that nobody fetches.

use sim::card::{Card, Delivered, start};
use uicc::packet::{CommandHeader, Proof, Status, Tar};
use uicc::sms::Submit;

use super::support::{
    OPEN, USIM, apdu, card, header, packet, read, send, state, submitted, text, tpdus,
};

/// As many as wait before a command by SUBMIT is refused; the same without a CC.
const MOST: usize = 255;
const MOST_WITHOUT_CC: usize = 64;

/// Signed and ciphered, always, by SUBMIT.
fn by_submit(cntr: u64) -> CommandHeader {
    header(0x1639, USIM, cntr)
}

/// A card whose terminal has not said that it sends messages.
fn card_that_keeps() -> Card {
    Card::power_on(state())
}

fn waiting(card: &Card) -> usize {
    card.state().outbox().len()
}

/// SPN's first letter.
fn letter(card: &Card) -> u8 {
    let file = card.state().files().find("3f00/7ff0/6f46").unwrap();
    file.content.octets()[1]
}

fn counter(card: &Card) -> u64 {
    card.state().key_sets()[0].counter().to_u64()
}

/// Receipts until there is no room; the last counter.
fn filled(card: &mut Card) -> u64 {
    let mut cntr = 10;
    while waiting(card) < MOST {
        cntr += 1;
        send(card, &packet(&by_submit(cntr), "00a4000c026f46"));
    }
    cntr
}

/// An answer in the report, and no message.
fn is_report(delivered: &Delivered, text_of: &str) {
    assert_eq!(text(&delivered.receipt), text_of);
    assert!(delivered.submits.is_empty());
}

#[test]
fn forgeries_send_nothing_and_push_nothing_out() {
    let mut card = card_that_keeps();
    let genuine = by_submit(11);
    send(&mut card, &packet(&genuine, "00a4000c026f46"));
    let mut wrong = packet(&by_submit(12), "00a4000c026f46");
    *wrong.last_mut().unwrap() ^= 1;
    for _ in 0..300 {
        is_report(&send(&mut card, &wrong), "027100000b0ab0001000000000000001");
        assert_eq!(waiting(&card), 1);
    }
    let submits = start(&mut card).unwrap();
    let response = read(&genuine, &submitted(&submits));
    assert_eq!(
        (response.status, response.proof),
        (Status::Ok, Proof::Verified)
    );
}

/// Commands without a CC that no target takes, and a known packet once more: from
/// anybody, in the terminal's reach or not.
#[test]
fn who_has_no_key_sends_no_message() {
    for mut card in [card(), card_that_keeps()] {
        for (spi, tar, answer) in [
            (0x1039, USIM, "027100000b0ab00010000000000b000a"),
            (0x1039, Tar([1, 2, 3]), "027100000b0a010203000000000b0009"),
            (0x1439, USIM, "027100000b0ab000100000000000000a"),
        ] {
            let header = header(spi, tar, 11);
            is_report(&send(&mut card, &packet(&header, "00a4000c026f46")), answer);
        }
        let header = by_submit(11);
        let sealed = packet(&header, "00a4000c026f46");
        let first = send(&mut card, &sealed);
        assert!(first.receipt.is_empty());
        let before = waiting(&card);
        let again = send(&mut card, &sealed);
        assert!(again.submits.is_empty());
        assert_eq!(waiting(&card), before);
        let response = read(&header, &again.receipt);
        assert_eq!(
            (response.status, response.proof),
            (Status::CounterLow, Proof::Verified)
        );
    }
}

/// Nothing is given up for another: the next one is refused before it is carried out, and
/// taken when there is room again.
#[test]
fn a_full_outbox_refuses_the_next() {
    let mut card = card_that_keeps();
    let last = filled(&mut card);
    let script = "00a4000c026f46 00d600010141";
    for cntr in last + 1..last + 4 {
        let refused = send(&mut card, &packet(&by_submit(cntr), script));
        let response = read(&by_submit(cntr), &refused.receipt);
        assert_eq!(
            (response.status, response.proof),
            (Status::InsufficientMemory, Proof::Verified)
        );
        // It must not come again when there is room.
        assert_eq!(counter(&card), cntr);
        assert_eq!((letter(&card), waiting(&card)), (0xff, MOST));
    }
    // Who wants no receipt needs no room; a receipt in the report does not either.
    send(&mut card, &packet(&header(0x1620, USIM, last + 4), script));
    assert_eq!(letter(&card), 0x41);
    let reported = header(0x1619, USIM, last + 5);
    let delivered = send(&mut card, &packet(&reported, "00a4000c026f46 00b0000002"));
    let response = read(&reported, &delivered.receipt);
    assert_eq!(text(&response.data), "0290000141");
    // What is too long for it: that it was carried out is said, what it gave is lost.
    let long = header(0x1619, USIM, last + 6);
    let delivered = send(&mut card, &packet(&long, "00a4000c026f3c 00b20104b0"));
    let response = read(&long, &delivered.receipt);
    assert_eq!(
        (response.status, response.proof, response.data),
        (Status::Ok, Proof::Verified, Vec::new())
    );
    // All of them come, in their order, when the terminal fetches.
    let submits = start(&mut card).unwrap();
    assert_eq!(submits.len(), MOST);
    for (cntr, submit) in (11..).zip(&submits) {
        let receipt = submitted(std::slice::from_ref(submit));
        assert_eq!(read(&by_submit(cntr), &receipt).cntr, by_submit(cntr).cntr);
    }
    let next = by_submit(last + 7);
    let delivered = send(&mut card, &packet(&next, script));
    let response = read(&next, &submitted(&delivered.submits));
    assert_eq!(response.status, Status::Ok);
}

/// The last receipt before there is no room may be long: it is there whole.
#[test]
fn the_last_receipt_is_whole() {
    let mut card = card_that_keeps();
    let mut cntr = 10;
    while waiting(&card) < MOST - 1 {
        cntr += 1;
        send(&mut card, &packet(&by_submit(cntr), "00a4000c026f46"));
    }
    let reads = "220500b20104b0".repeat(10);
    let value = format!("220700a4000c026f3c{reads}");
    let script = format!("aa{:02x}{value}", value.len() / 2);
    let long = by_submit(cntr + 1);
    send(&mut card, &packet(&long, &script));
    assert!(waiting(&card) > MOST + 10, "{}", waiting(&card));
    let submits = [start(&mut card).unwrap(), start(&mut card).unwrap()].concat();
    assert!(waiting(&card) == 0);
    let response = read(&long, &submitted(&submits[MOST - 1..]));
    assert_eq!(
        (response.status, response.data.len() > 1760),
        (Status::Ok, true)
    );
}

/// A target that takes commands from anybody has its receipts sent as they ask, but not
/// in everybody's place.
#[test]
fn commands_without_a_cc_leave_room() {
    let mut card = card_that_keeps();
    let open = header(0x0021, OPEN, 77);
    for _ in 0..MOST_WITHOUT_CC {
        is_report(&send(&mut card, &packet(&open, "00a4000c026f46")), "");
    }
    let refused = send(&mut card, &packet(&open, "00a4000c026f46"));
    is_report(&refused, "027100000b0ab00020000000004d0007");
    assert_eq!(waiting(&card), MOST_WITHOUT_CC);
    send(&mut card, &packet(&by_submit(11), "00a4000c026f46"));
    assert_eq!(waiting(&card), MOST_WITHOUT_CC + 1);
}

/// What is confirmed is what was fetched, whatever came in between.
#[test]
fn what_comes_between_fetch_and_its_answer() {
    let mut card = card_that_keeps();
    send(&mut card, &packet(&by_submit(11), "00a4000c026f46"));
    let announced = apdu(&mut card, "801000000400000002");
    let fetched = apdu(&mut card, &format!("80120000{}", &announced[2..]));
    for cntr in 12..400 {
        for tpdu in tpdus(&packet(&by_submit(cntr), "00a4000c026f46"), 1) {
            let download = uicc::sms::SmsPpDownload {
                service_centre: None,
                tpdu,
            };
            apdu(&mut card, &text(&download.command().unwrap()));
        }
    }
    assert_eq!(waiting(&card), MOST);
    let announced = apdu(&mut card, "801400000c810301130082028281830100");
    assert_eq!(waiting(&card), MOST - 1);
    let next = apdu(&mut card, &format!("80120000{}", &announced[2..]));
    let tpdu = |command: &str| {
        let (_, behind) = command.split_once("81838b").unwrap();
        let octets = super::support::hex(behind.strip_suffix("9000").unwrap());
        Submit::parse(&octets[1..]).unwrap()
    };
    for (cntr, command) in [(11, &fetched), (12, &next)] {
        let submit = tpdu(command).encode().unwrap();
        let response = read(&by_submit(cntr), &submitted(&[submit]));
        assert_eq!(
            (response.status, response.cntr),
            (Status::Ok, by_submit(cntr).cntr)
        );
    }
}
