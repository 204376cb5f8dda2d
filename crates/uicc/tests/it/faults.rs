//! What must not go through.

use uicc::UiccError;
use uicc::packet::{
    CipherAlgorithm, Cntr, Framing, KeySet, MacAlgorithm, Proof, SealedCommand, SingleDes, Spi,
    Status, wrap,
};

use crate::support::{all, field, header, keys};

const AES: &[u8] = &[5; 16];

fn refused(packet: &[u8], keys: &KeySet) -> UiccError {
    match SealedCommand::parse(Framing::Sms, packet) {
        Ok(sealed) => sealed.open(Some(keys)).unwrap_err(),
        Err(error) => error,
    }
}

/// Each octet that RC or CC covers, and RC or CC itself.
#[test]
fn no_octet_of_a_protected_command_can_be_changed() {
    let mut tried = 0;
    for vector in all("commands") {
        let header = header(&vector);
        let keys = keys(&vector, header.kid >> 4);
        if header.spi.to_octets()[0] & 3 == 0 {
            continue;
        }
        let packet = field(&vector, "command_packet");
        for at in 0..packet.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut changed = packet.clone();
                changed[at] ^= flip;
                let sealed = SealedCommand::parse(Framing::Sms, &changed);
                let opened = sealed.and_then(|sealed| sealed.open(Some(&keys)));
                assert!(opened.is_err(), "{}: octet {at}", vector["name"]);
                tried += 1;
            }
        }
    }
    assert!(tried > 1000);
}

#[test]
fn no_octet_of_a_signed_response_can_be_changed() {
    for vector in all("responses") {
        if vector["expect"]["cc_ok"].as_bool() != Some(true) {
            continue;
        }
        let keys = keys(&vector, 1);
        let spi2 = field(&vector, "spi2")[0];
        let terms = uicc::packet::ReceiptTerms {
            spi: Spi::from_octets([0, spi2]).unwrap(),
            kic: keys.kic(),
            kid: keys.kid(),
            tar: uicc::packet::Tar([0xb0, 0, 0x11]),
        };
        // With its header, which the CC covers, and without.
        let octets = field(&vector, "response_with_udh");
        for octets in [&octets[..], &octets[3..]] {
            no_octet_can_be_changed(&terms, Framing::Sms, &keys, octets);
        }
    }
}

fn no_octet_can_be_changed(
    terms: &uicc::packet::ReceiptTerms,
    framing: Framing,
    keys: &KeySet,
    octets: &[u8],
) {
    let read = terms.read(framing, Some(keys), octets).unwrap();
    assert_eq!(read.proof, Proof::Verified);
    for at in 0..octets.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut changed = octets.to_vec();
            changed[at] ^= flip;
            let read = terms.read(framing, Some(keys), &changed);
            assert!(
                read.is_err() || read.is_ok_and(|read| read.proof != Proof::Verified),
                "octet {at}"
            );
        }
    }
}

/// The same with an identifier and a BER length in front, which RC and CC cover.
#[test]
fn no_octet_can_be_changed_over_cat_tp() {
    for vector in all("commands") {
        let header = header(&vector);
        let keys = keys(&vector, header.kid >> 4);
        if header.spi.to_octets()[0] & 3 == 0 {
            continue;
        }
        for octets in [20, 200] {
            let packet = wrap(Framing::Ber, &header, Some(&keys), &vec![7; octets]).unwrap();
            let open = |packet: &[u8]| {
                SealedCommand::parse(Framing::Ber, packet)
                    .and_then(|sealed| sealed.open(Some(&keys)))
                    .is_ok()
            };
            assert!(open(&packet));
            for at in 0..packet.len() {
                for flip in [0x01, 0x80, 0xff] {
                    let mut changed = packet.clone();
                    changed[at] ^= flip;
                    assert!(!open(&changed), "{}: octet {at}", vector["name"]);
                }
            }
        }
    }
    let (mut header, keys) = aes();
    for second in [0x09, 0x19] {
        header.spi = Spi::from_octets([0x16, second]).unwrap();
        let terms = uicc::packet::ReceiptTerms {
            spi: header.spi,
            kic: header.kic,
            kid: header.kid,
            tar: header.tar,
        };
        for octets in [0, 150] {
            let data = vec![7; octets];
            let made = terms.write(Framing::Ber, Some(&keys), header.cntr, Status::Ok, &data);
            no_octet_can_be_changed(&terms, Framing::Ber, &keys, &made.unwrap());
        }
    }
}

/// SPI 16 19, key set 2.
fn aes() -> (uicc::packet::CommandHeader, KeySet) {
    let vector = &all("commands")[10];
    assert_eq!(vector["name"], "otaman aes128 1619");
    (header(vector), keys(vector, 2))
}

#[test]
fn the_key_set_decides_not_the_header() {
    let (header, keys) = aes();
    let packet = wrap(Framing::Sms, &header, Some(&keys), &[1, 2, 3]).unwrap();
    // KIc AES to DES, KID AES to DES.
    for (at, octet, what) in [(5, 0x21, "KIc"), (6, 0x21, "KID")] {
        let mut changed = packet.clone();
        changed[at] = octet;
        assert_eq!(refused(&changed, &keys), UiccError::KeySet(what));
    }
    // Sets that differ; a set that is not the one at hand.
    let mut changed = packet.clone();
    changed[6] = 0x32;
    assert_eq!(refused(&changed, &keys), UiccError::KeySetsDiffer);
    changed[5] = 0x32;
    assert_eq!(refused(&changed, &keys), UiccError::KeySet("KIc"));
    // A CC of four octets where the set has eight, and the other way round.
    let set = KeySet::new(2).unwrap();
    let set = set
        .with_cipher(CipherAlgorithm::Aes, AES, SingleDes::Refused)
        .unwrap();
    let [four, eight] = [MacAlgorithm::AesCmac4, MacAlgorithm::AesCmac8]
        .map(|mac| set.clone().with_mac(mac, AES, SingleDes::Refused).unwrap());
    for (sender, receiver) in [(&four, &eight), (&eight, &four)] {
        let packet = wrap(Framing::Sms, &header, Some(sender), &[1; 11]).unwrap();
        assert_eq!(refused(&packet, receiver), UiccError::CheckLength);
        assert!(
            SealedCommand::parse(Framing::Sms, &packet)
                .unwrap()
                .open(Some(sender))
                .is_ok()
        );
    }
    // No key at all.
    let sealed = SealedCommand::parse(Framing::Sms, &packet).unwrap();
    assert_eq!(sealed.open(None).err(), Some(UiccError::NoKey("KIc")));
    let empty = KeySet::new(2).unwrap();
    let half = empty
        .with_cipher(CipherAlgorithm::Aes, AES, SingleDes::Refused)
        .unwrap();
    assert_eq!(
        sealed.open(Some(&half)).err(),
        Some(UiccError::NoKey("KID"))
    );
    // An algorithm of somebody's own; digital signatures.
    let mut changed = packet.clone();
    changed[5] = 0x23;
    assert_eq!(refused(&changed, &keys), UiccError::Proprietary("KIc"));
    let mut changed = packet;
    changed[3] = 0x17;
    assert_eq!(refused(&changed, &keys), UiccError::DigitalSignature);
}

#[test]
fn single_des_needs_a_policy() {
    let set = || KeySet::new(1).unwrap();
    let one = [0x11; 8];
    let twice = [one, one].concat();
    // The parity bits make no other key.
    let parity = [one, [0x10; 8]].concat();
    let last = [[0x22; 8], one, one].concat();
    for (algorithm, key) in [
        (CipherAlgorithm::DesCbc, &one[..]),
        (CipherAlgorithm::DesEcb, &one),
        (CipherAlgorithm::TripleDes2, &twice),
        (CipherAlgorithm::TripleDes2, &parity),
        (CipherAlgorithm::TripleDes3, &last),
    ] {
        let refused = set().with_cipher(algorithm, key, SingleDes::Refused);
        assert_eq!(refused.err(), Some(UiccError::SingleDes));
        assert!(
            set()
                .with_cipher(algorithm, key, SingleDes::Allowed)
                .is_ok()
        );
    }
    let refused = set().with_mac(MacAlgorithm::Des, &one, SingleDes::Refused);
    assert_eq!(refused.err(), Some(UiccError::SingleDes));
    let short = set().with_cipher(CipherAlgorithm::Aes, &one, SingleDes::Refused);
    assert_eq!(short.err(), Some(UiccError::KeyLength("AES")));
    for number in [0, 16] {
        assert_eq!(KeySet::new(number).err(), Some(UiccError::KeySetNumber));
    }
}

/// Whoever sent a command that can't be opened may know no key: nothing that such a
/// one is answered helps to find it.
#[test]
fn what_can_not_be_opened_is_answered_in_the_clear() {
    let (mut header, keys) = aes();
    for second in [0x19, 0x1a, 0x39] {
        header.spi = Spi::from_octets([0x16, second]).unwrap();
        let mut packet = wrap(Framing::Sms, &header, Some(&keys), &[1; 11]).unwrap();
        let last = packet.len() - 1;
        packet[last] ^= 1;
        let sealed = SealedCommand::parse(Framing::Sms, &packet).unwrap();
        let why = sealed.open(Some(&keys)).unwrap_err();
        assert_eq!(why, UiccError::CheckFailed);
        let refusal = sealed.refusal(&why).unwrap();
        assert_eq!(
            refusal,
            [2, 0x71, 0, 0, 11, 10, 0xb0, 0, 0x11, 0, 0, 0, 0, 0, 0, 1]
        );
        // The server takes it for what it is.
        let read = sealed
            .terms()
            .read(Framing::Sms, Some(&keys), &refusal)
            .unwrap();
        assert_eq!(
            (read.proof, read.status),
            (Proof::Missing, Status::CheckFailed)
        );
    }
    header.spi = Spi::from_octets([0x16, 0x18]).unwrap();
    let packet = wrap(Framing::Sms, &header, Some(&keys), &[1; 11]).unwrap();
    let sealed = SealedCommand::parse(Framing::Sms, &packet).unwrap();
    assert_eq!(sealed.refusal(&UiccError::CheckFailed), None);
}

/// A command that is not even opened: ciphered without a CC, for a target that wants one.
#[test]
fn a_refusal_before_opening_has_no_counter_that_was_ciphered() {
    let (mut header, keys) = aes();
    // RPL 11, RHL 10, TAR, CNTR, no padding, 0A.
    let answer = |cntr| {
        [
            2, 0x71, 0, 0, 11, 10, 0xb0, 0, 0x11, 0, 0, 0, 0, cntr, 0, 10,
        ]
        .to_vec()
    };
    for (spi, expected) in [
        ([0x04, 0x01], Some(answer(0))),
        ([0x04, 0x19], Some(answer(0))),
        ([0x00, 0x02], Some(answer(0x11))),
        ([0x04, 0x00], None),
    ] {
        header.spi = Spi::from_octets(spi).unwrap();
        let packet = wrap(Framing::Sms, &header, Some(&keys), &[1; 11]).unwrap();
        let sealed = SealedCommand::parse(Framing::Sms, &packet).unwrap();
        let refused = sealed.refused(Status::InsufficientSecurityLevel);
        assert_eq!(refused, expected, "{spi:02x?}");
    }
}

/// A response that was changed or is another key's: its CC is wrong, and that is what is
/// said, whatever its padding has become.
#[test]
fn a_wrong_cc_is_named_before_the_padding() {
    let (header, keys) = aes();
    let terms = uicc::packet::ReceiptTerms {
        spi: header.spi,
        kic: header.kic,
        kid: header.kid,
        tar: header.tar,
    };
    let made = terms.write(Framing::Sms, Some(&keys), header.cntr, Status::Ok, &[1; 20]);
    let made = made.unwrap();
    // The first block has CNTR, PCNTR and the status.
    for at in 9..25 {
        let mut changed = made.clone();
        changed[at] ^= 1;
        let read = terms.read(Framing::Sms, Some(&keys), &changed).unwrap();
        assert_eq!(read.proof, Proof::Failed, "{at}");
    }
}

/// Ciphered in blocks by themselves (DES in ECB mode), a block of the data becomes the one
/// with the counters: PCNTR, and two octets of data.
#[test]
fn padding_longer_than_the_data_is_refused() {
    let set = KeySet::new(2).unwrap();
    let keys = set
        .with_cipher(CipherAlgorithm::DesEcb, &[7; 8], SingleDes::Allowed)
        .unwrap();
    let (mut header, _) = aes();
    header.spi = Spi::from_octets([0x04, 0x00]).unwrap();
    header.kic = 0x2d;
    for (pcntr, data) in [
        (0, Some(&[1, 2][..])),
        (2, Some(&[])),
        (3, None),
        (15, None),
    ] {
        let block = [0, 0, 0, 0, 9, pcntr, 1, 2];
        let long = [&[0, 0][..], &block].concat();
        let packet = wrap(Framing::Sms, &header, Some(&keys), &long).unwrap();
        // CPL, CHL to TAR, two blocks: without the first of them.
        assert_eq!(packet.len(), 2 + 8 + 16);
        let cut = [&[0, 16][..], &packet[2..10], &packet[18..]].concat();
        let sealed = SealedCommand::parse(Framing::Sms, &cut).unwrap();
        let opened = sealed.open(Some(&keys));
        match data {
            Some(data) => assert_eq!(opened.unwrap().data, data),
            None => assert_eq!(opened.err(), Some(UiccError::Length("padding counter"))),
        }
    }
}

/// The same way, with data that more padding would fit into: DES has blocks of 8 octets.
#[test]
fn padding_is_less_than_a_block() {
    let set = KeySet::new(2).unwrap();
    let keys = set
        .with_cipher(CipherAlgorithm::DesEcb, &[7; 8], SingleDes::Allowed)
        .unwrap();
    let (mut header, _) = aes();
    header.spi = Spi::from_octets([0x04, 0x00]).unwrap();
    header.kic = 0x2d;
    for (pcntr, length) in [(0, Some(18)), (7, Some(11)), (8, None), (15, None)] {
        let block = [0, 0, 0, 0, 9, pcntr, 1, 1];
        let long = [&[0, 0][..], &block, &[1; 16]].concat();
        let packet = wrap(Framing::Sms, &header, Some(&keys), &long).unwrap();
        assert_eq!(packet.len(), 2 + 8 + 32);
        let cut = [&[0, 32][..], &packet[2..10], &packet[18..]].concat();
        let sealed = SealedCommand::parse(Framing::Sms, &cut).unwrap();
        let opened = sealed.open(Some(&keys));
        match length {
            Some(length) => assert_eq!(opened.unwrap().data, vec![1; length]),
            None => assert_eq!(opened.err(), Some(UiccError::Length("padding counter"))),
        }
    }
}

#[test]
fn a_receipt_comes_only_where_it_is_asked_for() {
    let (mut header, keys) = aes();
    for (second, ok, low) in [
        (0x18, false, false),
        (0x19, true, true),
        (0x1a, false, true),
    ] {
        header.spi = Spi::from_octets([0x16, second]).unwrap();
        let packet = wrap(Framing::Sms, &header, Some(&keys), &[]).unwrap();
        let sealed = SealedCommand::parse(Framing::Sms, &packet).unwrap();
        let command = sealed.open(Some(&keys)).unwrap();
        let made = |status| command.receipt(Some(&keys), status, &[]).unwrap().is_some();
        assert_eq!((made(Status::Ok), made(Status::CounterLow)), (ok, low));
    }
}

#[test]
fn lengths_that_lie_are_refused() {
    let (header, keys) = aes();
    let packet = wrap(Framing::Sms, &header, Some(&keys), &[1; 11]).unwrap();
    for end in 0..packet.len() {
        let error = refused(&packet[..end], &keys);
        assert!(
            matches!(error, UiccError::Truncated(_) | UiccError::Length(_)),
            "{end}"
        );
    }
    let longer = [packet.as_slice(), &[0]].concat();
    assert_eq!(refused(&longer, &keys), UiccError::Length("CPL"));
    for chl in [0, 12, 22, 0xff] {
        let mut changed = packet.clone();
        changed[2] = chl;
        assert_eq!(refused(&changed, &keys), UiccError::Length("CHL"), "{chl}");
    }
    // A padding counter of more than there is, with nothing that could notice.
    let mut open = header;
    open.spi = Spi::from_octets([0x04, 0x00]).unwrap();
    let mut packet = wrap(Framing::Sms, &open, Some(&keys), &[1; 10]).unwrap();
    assert!(
        SealedCommand::parse(Framing::Sms, &packet)
            .unwrap()
            .open(Some(&keys))
            .is_ok()
    );
    // CNTR and PCNTR are in the first block.
    packet[10] ^= 1;
    assert_eq!(
        refused(&packet, &keys),
        UiccError::Length("padding counter")
    );
    // Padding without a cipher.
    open.spi = Spi::from_octets([0x00, 0x00]).unwrap();
    let mut packet = wrap(Framing::Sms, &open, None, &[1; 10]).unwrap();
    packet[15] = 1;
    assert_eq!(
        refused(&packet, &keys),
        UiccError::Length("padding counter")
    );
    assert_eq!(header.cntr, Cntr::new(0x11).unwrap());
}
