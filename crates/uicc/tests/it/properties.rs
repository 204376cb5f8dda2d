//! Whatever is wrapped is opened, and whatever comes is taken or refused.

use proptest::prelude::*;
use uicc::packet::{
    CipherAlgorithm, Cntr, CommandHeader, Framing, KeySet, MacAlgorithm, Proof, SealedCommand,
    SingleDes, Spi, Status, Tar, wrap,
};

fn key_set() -> impl Strategy<Value = KeySet> {
    let keys = prop::collection::vec(any::<u8>(), 32);
    (1..=15_u8, 0..7_usize, 0..7_usize, keys.clone(), keys).prop_map(
        |(number, cipher, mac, kic, kid)| {
            let (cipher, kic_length) = [
                (CipherAlgorithm::DesCbc, 8),
                (CipherAlgorithm::DesEcb, 8),
                (CipherAlgorithm::TripleDes2, 16),
                (CipherAlgorithm::TripleDes3, 24),
                (CipherAlgorithm::Aes, 16),
                (CipherAlgorithm::Aes, 24),
                (CipherAlgorithm::Aes, 32),
            ][cipher];
            let (mac, kid_length) = [
                (MacAlgorithm::Des, 8),
                (MacAlgorithm::TripleDes2, 16),
                (MacAlgorithm::TripleDes3, 24),
                (MacAlgorithm::AesCmac4, 16),
                (MacAlgorithm::AesCmac8, 16),
                (MacAlgorithm::AesCmac8, 24),
                (MacAlgorithm::AesCmac4, 32),
            ][mac];
            let set = KeySet::new(number).unwrap();
            let set = set
                .with_cipher(cipher, &kic[..kic_length], SingleDes::Allowed)
                .unwrap();
            set.with_mac(mac, &kid[..kid_length], SingleDes::Allowed)
                .unwrap()
        },
    )
}

/// All SPIs that are neither reserved nor signed.
fn spi() -> impl Strategy<Value = Spi> {
    (0..0x20_u8, 0..0x40_u8).prop_filter_map("reserved", |(first, second)| {
        Spi::from_octets([first, second]).ok()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_wrapped_is_opened_and_its_receipt_read(
        keys in key_set(),
        spi in spi(),
        crc in prop::sample::select(vec![1_u8, 5]),
        tar in any::<[u8; 3]>(),
        cntr in 0..1_u64 << 40,
        is_ber in any::<bool>(),
        data in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        use uicc::packet::Integrity;
        let framing = if is_ber { Framing::Ber } else { Framing::Sms };
        let is_crc = [spi.integrity, spi.receipt_integrity].contains(&Integrity::Redundancy);
        let has_mac = [spi.integrity, spi.receipt_integrity].contains(&Integrity::Checksum);
        // KID names one algorithm: both at once only where they have the same number.
        let kid = if is_crc { keys.number() << 4 | crc } else { keys.kid() };
        prop_assume!(!(is_crc && has_mac) || kid == keys.kid());
        let header = CommandHeader {
            spi,
            kic: keys.kic(),
            kid,
            tar: Tar(tar),
            cntr: Cntr::new(cntr).unwrap(),
        };
        let packet = wrap(framing, &header, Some(&keys), &data).unwrap();
        let sealed = SealedCommand::parse(framing, &packet).unwrap();
        let command = sealed.open(Some(&keys)).unwrap();
        prop_assert_eq!(&command.data, &data);
        prop_assert_eq!(command.cntr, header.cntr);
        let status = Status::from_octet((cntr & 0x0f) as u8);
        let cntr = command.cntr;
        let response = command.terms().write(framing, Some(&keys), cntr, status, &data).unwrap();
        let read = command.terms().read(framing, Some(&keys), &response).unwrap();
        prop_assert_eq!(read.data, data);
        prop_assert_eq!(read.status, status);
        let proof = match spi.receipt_integrity {
            Integrity::None => Proof::NotAsked,
            _ => Proof::Verified,
        };
        prop_assert_eq!(read.proof, proof);
    }

    /// What opens without a CC is what is made of it again, unless it was ciphered: then
    /// its padding may have been anything. Nobody draws a CC.
    #[test]
    fn any_octets_are_made_again_or_refused(
        keys in key_set(),
        octets in prop::collection::vec(any::<u8>(), 16..64),
        shape in 0..4_u8,
        is_ber in any::<bool>(),
    ) {
        let mut octets = octets;
        let rest = u8::try_from(octets.len() - 2).unwrap();
        octets[..3].copy_from_slice(&[if is_ber { 1 } else { 0 }, rest, 13]);
        octets[5..7].copy_from_slice(&[keys.kic(), keys.kid()]);
        match shape {
            // Nothing secures it.
            0 => (octets[3], octets[4], octets[15]) = (octets[3] & 0x18, octets[4] & 0x29, 0),
            1 => (octets[3], octets[4]) = (4 | octets[3] & 0x1c, 1),
            2 => (octets[2], octets[3]) = (21, 2 | octets[3] & 0x1c),
            _ => {}
        }
        let framing = if is_ber { Framing::Ber } else { Framing::Sms };
        let sealed = SealedCommand::parse(framing, &octets);
        let opened = sealed.as_ref().map(|sealed| sealed.open(Some(&keys)));
        if shape == 0 && octets[4] & 3 != 3 {
            prop_assert!(matches!(opened, Ok(Ok(_))), "{octets:02x?}");
        }
        let Ok(Ok(command)) = opened else {
            return Ok(());
        };
        let terms = command.terms();
        prop_assert!(terms.spi.integrity != uicc::packet::Integrity::Checksum);
        let header = CommandHeader {
            spi: terms.spi,
            kic: terms.kic,
            kid: terms.kid,
            tar: terms.tar,
            cntr: command.cntr,
        };
        let again = wrap(framing, &header, Some(&keys), &command.data).unwrap();
        if terms.spi.is_ciphered {
            let sealed = SealedCommand::parse(framing, &again).unwrap();
            prop_assert_eq!(sealed.open(Some(&keys)), Ok(command));
        } else {
            prop_assert_eq!(again, octets);
        }
    }

    /// As a response: nobody draws a CC, and what nothing secures is written again.
    #[test]
    fn any_response_is_written_again_or_not_proven(
        keys in key_set(),
        octets in prop::collection::vec(any::<u8>(), 13..64),
        has_cc in any::<bool>(),
        is_ber in any::<bool>(),
    ) {
        let framing = if is_ber { Framing::Ber } else { Framing::Sms };
        let mut octets = octets;
        let rest = u8::try_from(octets.len() - 2).unwrap();
        let check = match has_cc {
            true => octets[2] % 9,
            false => 0,
        };
        octets[..3].copy_from_slice(&[if is_ber { 2 } else { 0 }, rest, 10 + check]);
        if !has_cc {
            octets[11] = 0;
        }
        for second in [0x09, 0x19, 0x01] {
            let terms = uicc::packet::ReceiptTerms {
                spi: Spi::from_octets([0x16, second]).unwrap(),
                kic: keys.kic(),
                kid: keys.kid(),
                tar: Tar(octets[3..6].try_into().unwrap()),
            };
            let Ok(read) = terms.read(framing, Some(&keys), &octets) else {
                prop_assert!(has_cc, "nothing secures it: {octets:02x?}");
                continue;
            };
            prop_assert_ne!(read.proof, Proof::Verified);
            if !has_cc {
                prop_assert_eq!(read.proof == Proof::NotAsked, second == 0x01);
                let plain = uicc::packet::ReceiptTerms {
                    spi: Spi::from_octets([0, 1]).unwrap(),
                    ..terms
                };
                let again = plain.write(framing, None, read.cntr, read.status, &read.data);
                prop_assert!(again.unwrap().ends_with(&octets));
            }
        }
    }
}
