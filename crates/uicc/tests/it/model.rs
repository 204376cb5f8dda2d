//! 10,000 drawn packets against an independent Python model
//! (`vectors/model/secured_packet_model.py`, whose output says how the inputs are
//! derived).

use sha2::{Digest, Sha256};
use uicc::packet::{
    CipherAlgorithm, Cntr, CommandHeader, Framing, KeySet, MacAlgorithm, Proof, SealedCommand,
    SingleDes, Spi, Status, Tar, wrap,
};

use crate::support::hex;

const MODEL: &str = include_str!("../../../../vectors/secured-packets-model.txt");

const CIPHERS: [(CipherAlgorithm, usize); 7] = [
    (CipherAlgorithm::DesCbc, 8),
    (CipherAlgorithm::DesEcb, 8),
    (CipherAlgorithm::TripleDes2, 16),
    (CipherAlgorithm::TripleDes3, 24),
    (CipherAlgorithm::Aes, 16),
    (CipherAlgorithm::Aes, 24),
    (CipherAlgorithm::Aes, 32),
];

const MACS: [(MacAlgorithm, usize); 7] = [
    (MacAlgorithm::Des, 8),
    (MacAlgorithm::TripleDes2, 16),
    (MacAlgorithm::TripleDes3, 24),
    (MacAlgorithm::AesCmac4, 16),
    (MacAlgorithm::AesCmac8, 16),
    (MacAlgorithm::AesCmac8, 24),
    (MacAlgorithm::AesCmac4, 32),
];

/// SplitMix64.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn pick(&mut self, of: u8) -> u8 {
        u8::try_from(self.next() % u64::from(of)).unwrap()
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next().to_le_bytes()[0]).collect()
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        self.take(N).try_into().unwrap()
    }
}

/// A packet's inputs.
struct Case {
    framing: Framing,
    header: CommandHeader,
    keys: KeySet,
    data: Vec<u8>,
    status: Status,
    answer: Vec<u8>,
}

const RC: u8 = 1;
const CC: u8 = 2;

impl Case {
    fn draw(number: u64) -> Self {
        let mut draw = Draw(number);
        let framing = [Framing::Sms, Framing::Ber][usize::from(draw.pick(2))];
        let (integrity, ciphered, counter) = (draw.pick(3), draw.pick(2), draw.pick(4));
        let (receipt, mut answered) = (draw.pick(3), draw.pick(3));
        let (answer_ciphered, carrier) = (draw.pick(2), draw.pick(2));
        let number = 1 + draw.pick(15);
        let (cipher, length) = CIPHERS[usize::from(draw.pick(7))];
        let kic_key = draw.take(length);
        let (mac, length) = MACS[usize::from(draw.pick(7))];
        let kid_key = draw.take(length);
        let crc = [1, 5][usize::from(draw.pick(2))];
        let (tar, cntr) = (draw.array(), draw.array());
        let length = usize::try_from(draw.next() % 256).unwrap();
        let data = draw.take(length);
        let status = Status::from_octet(draw.pick(13));
        let length = usize::from(draw.pick(64));
        let answer = draw.take(length);
        if integrity != 0 && answered != 0 {
            answered = integrity;
        }
        let is_crc = integrity == RC || answered == RC;
        let keys = KeySet::new(number)
            .and_then(|set| set.with_cipher(cipher, &kic_key, SingleDes::Allowed))
            .and_then(|set| set.with_mac(mac, &kid_key, SingleDes::Allowed))
            .unwrap();
        assert!(integrity <= CC && answered <= CC);
        let first = integrity | ciphered << 2 | counter << 3;
        let second = receipt | answered << 2 | answer_ciphered << 4 | carrier << 5;
        Self {
            framing,
            header: CommandHeader {
                spi: Spi::from_octets([first, second]).unwrap(),
                kic: keys.kic(),
                kid: if is_crc {
                    number << 4 | crc
                } else {
                    keys.kid()
                },
                tar: Tar(tar),
                cntr: Cntr::from_octets(cntr),
            },
            keys,
            data,
            status,
            answer,
        }
    }
}

fn digest(octets: &[u8]) -> Vec<u8> {
    Sha256::digest(octets)[..8].to_vec()
}

#[test]
fn ten_thousand_packets_are_those_of_the_model() {
    let lines = MODEL.lines().filter(|line| !line.starts_with('#'));
    let mut count = 0;
    for (number, line) in (0..).zip(lines) {
        let case = Case::draw(number);
        let (framing, keys) = (case.framing, Some(&case.keys));
        let command = wrap(framing, &case.header, keys, &case.data).unwrap();
        let opened = SealedCommand::parse(framing, &command).unwrap();
        let opened = opened.open(keys).unwrap();
        assert_eq!((&opened.data, opened.cntr), (&case.data, case.header.cntr));
        let terms = opened.terms();
        let response = terms
            .write(framing, keys, opened.cntr, case.status, &case.answer)
            .unwrap();
        let read = terms.read(framing, keys, &response).unwrap();
        assert_eq!((read.data, read.status), (case.answer, case.status));
        assert!(matches!(read.proof, Proof::Verified | Proof::NotAsked));
        let found = [digest(&command), digest(&response)].concat();
        assert_eq!(found, hex(line), "packet {number}");
        count += 1;
    }
    assert_eq!(count, 10_000);
}
