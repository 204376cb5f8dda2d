//! Known answers, in both directions.

use uicc::packet::{Framing, Proof, ReceiptTerms, SealedCommand, Spi, Status, Tar, wrap};

use crate::support::{all, array, field, header, keys};

#[test]
fn commands_are_made_and_opened() {
    let mut commands = all("commands");
    commands.extend(all("lwm2m_generated"));
    assert_eq!(commands.len(), 16);
    for vector in &commands {
        let name = vector["name"].as_str().unwrap();
        let header = header(vector);
        let keys = keys(vector, header.kid >> 4);
        let (data, packet) = (
            field(vector, "secured_data"),
            field(vector, "command_packet"),
        );
        let made = wrap(Framing::Sms, &header, Some(&keys), &data).unwrap();
        assert_eq!(made, packet, "{name}");
        let sealed = SealedCommand::parse(Framing::Sms, &packet).unwrap();
        let needed = sealed.key_set().unwrap();
        assert!(
            needed.is_none_or(|number| number == keys.number()),
            "{name}"
        );
        let opened = sealed.open(Some(&keys)).unwrap();
        assert_eq!(opened.data, data, "{name}");
        assert_eq!(opened.cntr, header.cntr, "{name}");
        assert_eq!(opened.terms().spi, header.spi, "{name}");
        assert_eq!(opened.terms().tar, header.tar, "{name}");
        if needed.is_none() {
            assert_eq!(sealed.open(None).unwrap(), opened, "{name}");
        }
    }
}

#[test]
fn responses_are_read_and_made() {
    let responses = all("responses");
    assert_eq!(responses.len(), 10);
    for vector in &responses {
        let name = vector["name"].as_str().unwrap();
        let [second] = array(vector, "spi2");
        let (expected, decoded) = (&vector["expect"], &vector["decoded"]);
        // The command's own: key set 1 with the algorithms of the vector.
        let keys = keys(vector, 1);
        let terms = ReceiptTerms {
            spi: Spi::from_octets([0, second]).unwrap(),
            kic: keys.kic(),
            kid: keys.kid(),
            tar: Tar(array(decoded, "tar")),
        };
        let octets = field(vector, "response_with_udh");
        let response = terms.read(Framing::Sms, Some(&keys), &octets).unwrap();
        assert_eq!(
            u64::from(response.status.to_octet()),
            expected["status"].as_u64().unwrap()
        );
        assert_eq!(response.data, field(expected, "data"), "{name}");
        assert_eq!(response.tar, terms.tar, "{name}");
        assert_eq!(response.cntr.to_octets().to_vec(), field(decoded, "cntr"));
        assert_eq!(
            u64::from(response.pcntr),
            decoded["pcntr"].as_u64().unwrap()
        );
        let proof = match expected["cc_ok"].as_bool() {
            Some(true) => Proof::Verified,
            Some(false) => Proof::Failed,
            None => Proof::NotAsked,
        };
        assert_eq!(response.proof, proof, "{name}");
        // Without its user data header it is the same.
        let bare = terms.read(Framing::Sms, Some(&keys), &octets[3..]).unwrap();
        assert_eq!(bare, response, "{name}");
        if proof == Proof::Failed {
            continue;
        }
        let (cntr, status) = (response.cntr, response.status);
        let made = terms.write(Framing::Sms, Some(&keys), cntr, status, &response.data);
        assert_eq!(made.unwrap(), octets, "{name}");
    }
}

/// The same command over TCP: an identifier, a BER length, and both in the CC.
#[test]
fn the_other_framing_is_covered_by_the_checksum() {
    let vectors = all("commands");
    let vector = &vectors[3];
    let header = header(vector);
    let keys = keys(vector, 2);
    let data = vec![7; 200];
    let packet = wrap(Framing::Ber, &header, Some(&keys), &data).unwrap();
    // CHL, SPI to TAR, and fourteen blocks from CNTR on.
    let length: u8 = 1 + 7 + 14 * 16;
    assert_eq!(packet[..3], [0x01, 0x81, length]);
    assert_eq!(packet.len(), 3 + usize::from(length));
    let opened = SealedCommand::parse(Framing::Ber, &packet).unwrap();
    let command = opened.open(Some(&keys)).unwrap();
    assert_eq!(command.data, data);
    let receipt = command
        .receipt(Some(&keys), Status::Ok, &[1, 0x90, 0])
        .unwrap()
        .unwrap();
    assert_eq!(receipt[0], 0x02);
    let read = command
        .terms()
        .read(Framing::Ber, Some(&keys), &receipt)
        .unwrap();
    assert_eq!((read.proof, read.data), (Proof::Verified, vec![1, 0x90, 0]));
    // The body of the one is not the body of the other.
    let sms = wrap(Framing::Sms, &header, Some(&keys), &data).unwrap();
    assert_ne!(sms[2..], packet[3..]);
}
