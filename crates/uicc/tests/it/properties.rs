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

    #[test]
    fn any_octets_are_taken_or_refused(
        keys in key_set(),
        octets in prop::collection::vec(any::<u8>(), 0..64),
        length in any::<bool>(),
    ) {
        let mut octets = octets;
        if length && octets.len() > 3 {
            let rest = u16::try_from(octets.len() - 2).unwrap().to_be_bytes();
            octets[..2].copy_from_slice(&rest);
            octets[2] = 13 + octets[2] % 9;
        }
        for framing in [Framing::Sms, Framing::Ber] {
            if let Ok(sealed) = SealedCommand::parse(framing, &octets) {
                let opened = sealed.open(Some(&keys));
                if let Err(why) = opened {
                    let _ = sealed.refusal(&why);
                }
                let _ = sealed.terms().read(framing, Some(&keys), &octets);
            }
        }
    }
}
