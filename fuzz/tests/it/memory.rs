//! The claim on memory for inputs that are made to break it. The targets make
//! it for each of theirs.

use dm::bootstrap::{DocumentLimits, ProvisioningDoc};
use dm::session::{Encoding, Received};
use dm::tnds::TreeDocumentLimits;
use fuzz::claim;
use syncml::{Limits, wbxml, xml};

use crate::alone;

fn asked(octets: &[u8], read: impl FnOnce(&[u8])) -> usize {
    let before = claim::allocated();
    read(octets);
    let asked = claim::allocated() - before;
    println!(
        "{asked} for {}, {} times",
        octets.len(),
        asked.saturating_sub(claim::FREE) / octets.len()
    );
    asked
}

fn all(octets: &[u8]) -> usize {
    let limits = Limits::default();
    let text = String::from_utf8_lossy(octets);
    [
        asked(octets, |octets| drop(xml::decode(octets, &limits))),
        asked(octets, |octets| drop(wbxml::decode(octets, &limits))),
        asked(octets, |octets| drop(xml::read_tree(octets, &limits))),
        asked(octets, |octets| drop(wbxml::read_tree(octets, &limits))),
        asked(octets, |octets| drop(wbxml::to_markup(octets, &limits))),
        asked(octets, |octets| {
            drop(ProvisioningDoc::read(octets, &DocumentLimits::default()));
        }),
        asked(octets, |_| {
            drop(dm::tnds::read(&text, &TreeDocumentLimits::default()));
            drop(dm::ddf::read(&text, &TreeDocumentLimits::default()));
        }),
        asked(octets, |octets| {
            drop(Received::read(Encoding::Xml, octets));
            drop(Received::read(Encoding::Wbxml, octets));
        }),
    ]
    .into_iter()
    .max()
    .unwrap()
}

/// Lengths that promise what does not come.
#[test]
fn a_length_is_not_an_allocation() {
    let _alone = alone();
    for length in [
        &b"\x8f\xff\xff\xff\x7f"[..],
        b"\xff\xff\xff\x7f",
        b"\x87\xff\x7f",
    ] {
        let table = [b"\x02\xa4\x01\x6a", length].concat();
        let opaque = [b"\x02\xa4\x01\x6a\x00\x6d\x6c\xc3", length].concat();
        let end = [b"\x02\xa4\x01\x6a\x00\x6d\x6c\x71\xc3", length, b"abc"].concat();
        for octets in [table, opaque, end] {
            assert!(all(&octets) < 4096);
        }
    }
}

/// References to one long string of the table: 16 times the document.
#[test]
fn references_do_not_multiply_without_end() {
    let _alone = alone();
    let table = [vec![b'a'; 9_999], vec![0]].concat();
    let mut octets = b"\x02\xa4\x01\x6a\xce\x10".to_vec();
    octets.extend(&table);
    octets.extend(b"\x6d\x6c\x71");
    octets.extend(b"\x83\x00".repeat(10_000));
    let most = 40 * octets.len() + claim::FREE;
    assert!(all(&octets) < most);
}

/// The smallest commands, items and elements, as many as there may be.
#[test]
fn small_elements_do_not_grow_without_end() {
    let _alone = alone();
    let sample = include_bytes!("../../../vectors/oma-dm/libdmclient-package1.wbxml");
    // SyncBody, 200,000 times an empty Get; the same open.
    let body = sample.iter().position(|octet| *octet == 0x6b).unwrap();
    for word in [&b"\x13"[..], b"\x53\x01", b"\x54\x01", b"\x05"] {
        for count in [950, 200_000] {
            let octets = [&sample[..=body], &word.repeat(count)].concat();
            let most = 400 * octets.len() + claim::FREE;
            assert!(all(&octets) < most);
        }
    }
    let trees: [&[u8]; 2] = [b"<a>", b"<a b='c' d='e'>"];
    for word in trees {
        let empty = [&word[..word.len() - 1], b"/>"].concat();
        let octets = [b"<r>", empty.repeat(30_000).as_slice(), b"</r>"].concat();
        let most = 40 * octets.len() + claim::FREE;
        assert!(all(&octets) < most);
    }
}
