//! Key sets and headers as the vectors name them.

use data_encoding::HEXLOWER;
use serde_json::Value;
use uicc::packet::{
    CipherAlgorithm, Cntr, CommandHeader, KeySet, MacAlgorithm, SingleDes, Spi, Tar,
};

pub(crate) const VECTORS: &str = include_str!("../../../../vectors/secured-packets.json");

pub(crate) fn hex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).unwrap()
}

pub(crate) fn field(vector: &Value, name: &str) -> Vec<u8> {
    hex(vector[name].as_str().unwrap())
}

pub(crate) fn array<const N: usize>(vector: &Value, name: &str) -> [u8; N] {
    field(vector, name).try_into().unwrap()
}

pub(crate) fn cipher(name: &str) -> CipherAlgorithm {
    match name {
        "des_cbc" => CipherAlgorithm::DesCbc,
        "des_ecb" => CipherAlgorithm::DesEcb,
        "3des2" => CipherAlgorithm::TripleDes2,
        "3des3" => CipherAlgorithm::TripleDes3,
        "aes_cbc" => CipherAlgorithm::Aes,
        other => panic!("{other}"),
    }
}

/// None for redundancy checks, which need no key.
pub(crate) fn mac(name: &str) -> Option<MacAlgorithm> {
    match name {
        "des" => Some(MacAlgorithm::Des),
        "3des2" => Some(MacAlgorithm::TripleDes2),
        "3des3" => Some(MacAlgorithm::TripleDes3),
        "aes_cmac_32" => Some(MacAlgorithm::AesCmac4),
        "aes_cmac_64" => Some(MacAlgorithm::AesCmac8),
        "crc16" | "crc32" => None,
        other => panic!("{other}"),
    }
}

/// The key set `number` of a vector.
pub(crate) fn keys(vector: &Value, number: u8) -> KeySet {
    let set = KeySet::new(number).unwrap();
    let kic = field(vector, "kic_key");
    let algorithm = cipher(vector["cipher"].as_str().unwrap());
    let set = set
        .with_cipher(algorithm, &kic, SingleDes::Allowed)
        .unwrap();
    match mac(vector["auth"].as_str().unwrap()) {
        Some(algorithm) => {
            let kid = field(vector, "kid_key");
            set.with_mac(algorithm, &kid, SingleDes::Allowed).unwrap()
        }
        None => set,
    }
}

pub(crate) fn header(vector: &Value) -> CommandHeader {
    let [kic] = array(vector, "kic");
    let [kid] = array(vector, "kid");
    CommandHeader {
        spi: Spi::from_octets(array(vector, "spi")).unwrap(),
        kic,
        kid,
        tar: Tar(array(vector, "tar")),
        cntr: Cntr::from_octets(array(vector, "cntr")),
    }
}

pub(crate) fn all(name: &str) -> Vec<Value> {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    vectors[name].as_array().unwrap().clone()
}
