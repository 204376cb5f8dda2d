//! Counters of key sets (ETSI TS 102 225 clause 5.1.1 table 1, clause 5.1.4): the four
//! modes, across restarts, and what must not move them.

use sim::card::{Card, Chip, Profile, State, StoredCard};
use uicc::packet::{Cntr, Proof, Status, Tar};

use super::support::{
    Counting, OPEN, PROFILE, USIM, card, header, hex, packet, read, run, send, state,
};

/// What the key set has after the profile.
const LAST: u64 = 10;
const BLOCKED: u64 = (1 << 40) - 1;
/// Appends nothing, writes one octet that can be seen: EF SPN, first letter.
const SCRIPT: &str = "00a4000c026f46 00d6000101";

fn counter(card: &Card) -> u64 {
    card.state().key_sets()[0].counter().to_u64()
}

fn letter(card: &Card) -> u8 {
    let file = card.state().files().find("3f00/7ff0/6f46").unwrap();
    file.content.octets()[1]
}

/// A card whose target takes a command of any security for EF SPN.
fn open_state() -> State {
    let profile = PROFILE.replace(
        "access = { pin1 = true }",
        "access = { pin1 = true, adm1 = true }",
    );
    let profile = Profile::read(&profile).unwrap();
    profile.make(&mut Counting(0)).unwrap()
}

/// Each command to a card that has just been powered on, and forgeries between them.
#[test]
fn the_four_modes() {
    let (ok, low) = (Status::Ok, Status::CounterLow);
    let (high, blocked) = (Status::CounterHigh, Status::CounterBlocked);
    // SPI's first octet with CC and ciphering, and what becomes of 9, 10, 11, 12, FF.
    for (spi, expected) in [
        (0x06, [ok, ok, ok, ok, ok]),
        (0x0e, [ok, ok, ok, ok, ok]),
        (0x16, [low, low, ok, ok, blocked]),
        (0x1e, [low, low, ok, high, blocked]),
    ] {
        for (received, status) in [9, 10, 11, 12, BLOCKED].into_iter().zip(expected) {
            let case = format!("{spi:02x} {received}");
            let home = tempfile::tempdir().unwrap();
            let directory = home.path().join("card");
            drop(StoredCard::create(&directory, open_state()).unwrap());
            let given = |sealed: &[u8]| {
                let mut card = StoredCard::open(&directory).unwrap();
                let delivered = send(&mut card, sealed);
                drop(card);
                let card = StoredCard::open(&directory).unwrap();
                let kept = (counter(card.card()), letter(card.card()));
                (delivered.receipt, kept)
            };
            // A wrong CC: with this counter, with one that would be taken, with the last.
            let forged = |kept: (u64, u8)| {
                for cntr in [received, kept.0 + 1, BLOCKED - 1, BLOCKED] {
                    let header = header(spi << 8 | 0x19, OPEN, cntr);
                    let mut wrong = packet(&header, &format!("{SCRIPT}42"));
                    *wrong.last_mut().unwrap() ^= 1;
                    let (receipt, after) = given(&wrong);
                    assert_eq!(read(&header, &receipt).status, Status::CheckFailed);
                    assert_eq!(after, kept, "{case}: {cntr}");
                }
            };
            forged((LAST, 0xff));
            let header = header(spi << 8 | 0x19, OPEN, received);
            let is_counted = spi & 0x10 != 0;
            let kept = match status {
                Status::Ok if is_counted => (received, 0x41),
                Status::Ok => (LAST, 0x41),
                _ => (LAST, 0xff),
            };
            let sealed = packet(&header, &format!("{SCRIPT}41"));
            let (receipt, after) = given(&sealed);
            let response = read(&header, &receipt);
            assert_eq!((response.status, after), (status, kept), "{case}");
            assert_eq!(response.proof, Proof::Verified);
            assert_eq!(response.cntr, header.cntr);
            forged(kept);
            // The same packet once more.
            let again = match status {
                Status::Ok if is_counted => low,
                other => other,
            };
            let (receipt, after) = given(&sealed);
            assert_eq!(
                (read(&header, &receipt).status, after),
                (again, kept),
                "{case}"
            );
        }
    }
}

#[test]
fn a_counter_is_kept_across_restarts() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("card");
    drop(StoredCard::create(&directory, state()).unwrap());
    let header = header(0x1e19, USIM, 11);
    let sealed = packet(&header, &format!("{SCRIPT}41"));
    let status = |cntr: u64| {
        let mut card = StoredCard::open(&directory).unwrap();
        run(&mut card, USIM, cntr, &format!("{SCRIPT}41")).status
    };
    assert_eq!(status(10), Status::CounterLow);
    assert_eq!(status(11), Status::Ok);
    assert_eq!(status(11), Status::CounterLow);
    assert_eq!(status(13), Status::Ok);
    assert_eq!(status(BLOCKED), Status::CounterBlocked);
    let mut card = StoredCard::open(&directory).unwrap();
    assert_eq!(counter(card.card()), 13);
    let again = send(&mut card, &sealed);
    assert_eq!(read(&header, &again.receipt).status, Status::CounterLow);
}

#[test]
fn a_failed_cc_moves_nothing() {
    let header = header(0x1619, USIM, 500);
    let good = packet(&header, &format!("{SCRIPT}41"));
    // Every octet from SPI on, without those that say what is asked for (SPI, KIc, KID,
    // TAR are covered by other tests): the ciphered part.
    for place in 10..good.len() {
        let mut card = card();
        let mut wrong = good.clone();
        wrong[place] ^= 1;
        send(&mut card, &wrong);
        assert_eq!((counter(&card), letter(&card)), (LAST, 0xff), "{place}");
    }
    let mut card = card();
    let mut wrong = good.clone();
    *wrong.last_mut().unwrap() ^= 0x80;
    let refused = send(&mut card, &wrong);
    assert_eq!(read(&header, &refused.receipt).status, Status::CheckFailed);
    // Not even "one higher" was taken: what it had blocked is taken now.
    assert_eq!(
        run(&mut card, USIM, 11, &format!("{SCRIPT}42")).status,
        Status::Ok
    );
    assert_eq!((counter(&card), letter(&card)), (11, 0x42));
}

/// The CC is right: whoever made it has the key, and the packet must not come again.
#[test]
fn a_counter_moves_with_a_command_for_nobody() {
    let mut card = card();
    let unknown = run(&mut card, Tar([1, 2, 3]), 20, SCRIPT);
    assert_eq!(unknown.status, Status::TarUnknown);
    assert_eq!(counter(&card), 20);
}

/// Without a CC anybody could block a key set for ever.
#[test]
fn a_command_without_a_cc_moves_a_counter_only_where_its_target_takes_it() {
    let mut card = card();
    for (spi, tar, moved) in [
        // No CC, RC, ciphering alone: the target wants a CC.
        (0x1001, USIM, false),
        (0x1101, USIM, false),
        (0x1401, USIM, false),
        (0x1001, Tar([1, 2, 3]), false),
        (0x1001, OPEN, true),
    ] {
        let mut header = header(spi, tar, 1 << 30);
        if spi >> 8 & 3 == 1 {
            header.kid = 0x11;
        }
        let before = counter(&card);
        let delivered = card.apdu(&envelope(&packet(&header, SCRIPT)));
        assert!(delivered.is_ok());
        assert_eq!(counter(&card) != before, moved, "{spi:04x}");
    }
    assert_eq!(Cntr::new(counter(&card)), Cntr::new(1 << 30));
}

fn envelope(packet: &[u8]) -> Vec<u8> {
    let tpdu = super::support::tpdus(packet, 1).remove(0);
    let download = uicc::sms::SmsPpDownload {
        service_centre: None,
        tpdu,
    };
    download.command().unwrap()
}

/// A counter of four octets of FF and one less is not blocked; the next one is.
#[test]
fn the_last_counter() {
    let mut card = card();
    let status = run(&mut card, USIM, BLOCKED - 1, "00a4000c026f46").status;
    assert_eq!(status, Status::Ok);
    let status = run(&mut card, USIM, BLOCKED, "00a4000c026f46").status;
    assert_eq!(status, Status::CounterBlocked);
    assert_eq!(
        hex("fffffffffe"),
        Cntr::new(counter(&card)).unwrap().to_octets()
    );
}
