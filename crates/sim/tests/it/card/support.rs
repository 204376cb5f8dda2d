//! A card with known keys, a server for it, and its mobile.

use clock::Random;
use data_encoding::HEXLOWER;
use sim::card::{Card, Chip, Delivered, Profile, State, deliver, start};
use uicc::packet::{
    CipherAlgorithm, Cntr, CommandHeader, Framing, KeySet, MacAlgorithm, ReceiptTerms, Response,
    SingleDes, Spi, Tar, wrap,
};
use uicc::sms::{
    Address, Deliver, PacketKind, Reference, Submit, Timestamp, UserData, packet_of, parts,
};

pub(crate) const KIC: &str = "000102030405060708090a0b0c0d0e0f";
pub(crate) const KID: &str = "101112131415161718191a1b1c1d1e1f";

/// A target for each security level that tests want, all on the USIM.
pub(crate) const PROFILE: &str = r#"
iccid = "8988211000000000011"
imsi = "001010123456789"
pin1 = "1234"
adm1 = "87654321"
memory = 4096

[[key_set]]
number = 1
kic = "000102030405060708090a0b0c0d0e0f"
kid = "101112131415161718191a1b1c1d1e1f"
cntr = 10

[[key_set]]
number = 2
cipher = "3des-2"
mac = "3des-2"
kic = "00112233445566778899aabbccddeeff"
kid = "ffeeddccbbaa99887766554433221100"

[[target]]
tar = "b00000"
kind = { files = "3f00" }
msl = "16"
access = { pin1 = true, adm1 = true }

[[target]]
tar = "b00010"
kind = { files = "3f00/7ff0" }
msl = "16"
access = { pin1 = true, adm1 = true }

# Takes anything, and may do what needs no condition or PIN1.
[[target]]
tar = "b00020"
kind = { files = "3f00/7ff0" }
msl = "00"
access = { pin1 = true }

[[target]]
tar = "000000"
kind = "applications"
msl = "16"
"#;

pub(crate) const USIM: Tar = Tar([0xb0, 0, 0x10]);
pub(crate) const OPEN: Tar = Tar([0xb0, 0, 0x20]);
pub(crate) const ISSUER: Tar = Tar([0; 3]);

/// Counts: a card draws only for what its profile does not say.
pub(crate) struct Counting(pub(crate) u8);

impl Random for Counting {
    fn fill(&mut self, out: &mut [u8]) {
        for octet in out {
            self.0 = self.0.wrapping_add(1);
            *octet = self.0;
        }
    }
}

pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    HEXLOWER.decode(digits.as_bytes()).unwrap()
}

pub(crate) fn text(octets: &[u8]) -> String {
    HEXLOWER.encode(octets)
}

pub(crate) fn state() -> State {
    let profile = Profile::read(PROFILE).unwrap();
    profile.make(&mut Counting(0)).unwrap()
}

pub(crate) fn card() -> Card {
    let mut card = Card::power_on(state());
    start(&mut card).unwrap();
    card
}

/// One APDU to a terminal's channel: data and status word in one text.
pub(crate) fn apdu(card: &mut Card, command: &str) -> String {
    text(&card.handle_apdu(&hex(command)).encode())
}

pub(crate) fn keys() -> KeySet {
    KeySet::new(1)
        .unwrap()
        .with_cipher(CipherAlgorithm::Aes, &hex(KIC), SingleDes::Refused)
        .unwrap()
        .with_mac(MacAlgorithm::AesCmac8, &hex(KID), SingleDes::Refused)
        .unwrap()
}

pub(crate) fn server() -> Address {
    "12345".parse().unwrap()
}

pub(crate) fn header(spi: u16, tar: Tar, cntr: u64) -> CommandHeader {
    CommandHeader {
        spi: Spi::from_octets(spi.to_be_bytes()).unwrap(),
        kic: 0x12,
        kid: 0x12,
        tar,
        cntr: Cntr::new(cntr).unwrap(),
    }
}

pub(crate) const fn terms(header: &CommandHeader) -> ReceiptTerms {
    ReceiptTerms {
        spi: header.spi,
        kic: header.kic,
        kid: header.kid,
        tar: header.tar,
    }
}

pub(crate) fn packet(header: &CommandHeader, script: &str) -> Vec<u8> {
    wrap(Framing::Sms, header, Some(&keys()), &hex(script)).unwrap()
}

/// SMS-DELIVERs with a packet.
pub(crate) fn tpdus(packet: &[u8], reference: u8) -> Vec<Vec<u8>> {
    let parts = parts(PacketKind::Command, packet, Reference::Short(reference)).unwrap();
    parts
        .into_iter()
        .map(|part| {
            let message = Deliver::to_card(server(), Timestamp([0; 7]), part);
            message.encode().unwrap()
        })
        .collect()
}

/// Gives a packet to the card; what came of the last part.
pub(crate) fn send(chip: &mut impl Chip, packet: &[u8]) -> Delivered {
    let mut last = None;
    for tpdu in tpdus(packet, 1) {
        last = Some(deliver(chip, &tpdu).unwrap());
    }
    last.unwrap()
}

/// A script with CC, ciphered, counted, its receipt signed and ciphered in the report.
pub(crate) fn run(chip: &mut impl Chip, tar: Tar, cntr: u64, script: &str) -> Response {
    let header = header(0x1619, tar, cntr);
    let delivered = send(chip, &packet(&header, script));
    let receipt = match delivered.submits.as_slice() {
        [] => delivered.receipt,
        submits => submitted(submits),
    };
    read(&header, &receipt)
}

pub(crate) fn read(header: &CommandHeader, receipt: &[u8]) -> Response {
    let terms = terms(header);
    terms.read(Framing::Sms, Some(&keys()), receipt).unwrap()
}

/// The response packet in SMS-SUBMITs.
pub(crate) fn submitted(submits: &[Vec<u8>]) -> Vec<u8> {
    let mut whole = UserData::default();
    for (place, tpdu) in submits.iter().enumerate() {
        let submit = Submit::parse(tpdu).unwrap();
        assert_eq!(submit.destination, server());
        if place == 0 {
            whole.elements.clone_from(&submit.user_data.elements);
        }
        whole.body.extend(submit.user_data.body);
    }
    let carried = packet_of(&whole).unwrap();
    assert_eq!(carried.kind, PacketKind::Response);
    carried.packet
}
