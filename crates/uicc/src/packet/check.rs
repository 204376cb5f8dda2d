//! Redundancy checks and cryptographic checksums (TS 102 225 clauses 5.1.3 and 5.3.1):
//! CRC-16 and CRC-32 of ISO/IEC 13239, the MAC of ISO/IEC 9797 algorithm 1 with
//! padding by zeros, CMAC (SP 800-38B).

use zeroize::Zeroizing;

use super::cipher::BlockCipher;

/// A checksum over octets that come in pieces.
pub(super) trait Checksum {
    fn update(&mut self, octets: &[u8]);
}

/// What a checksum of any kind gives: up to eight octets.
#[derive(Clone, Copy)]
pub(super) struct Value {
    octets: [u8; 8],
    length: usize,
}

impl Value {
    fn first(octets: &[u8], length: usize) -> Self {
        let mut value = Self {
            octets: [0; 8],
            length,
        };
        for (to, from) in value.octets.iter_mut().zip(octets.iter().take(length)) {
            *to = *from;
        }
        value
    }

    pub(super) fn octets(&self) -> &[u8] {
        self.octets.get(..self.length).unwrap_or_default()
    }
}

/// CRC-16, high octet first.
pub(super) struct Crc16(u16);

impl Crc16 {
    pub(super) const fn new() -> Self {
        Self(0xffff)
    }

    pub(super) fn value(self) -> Value {
        Value::first(&(!self.0).to_be_bytes(), 2)
    }
}

impl Checksum for Crc16 {
    fn update(&mut self, octets: &[u8]) {
        for octet in octets {
            self.0 ^= u16::from(*octet);
            for _ in 0..8 {
                // x^16 + x^12 + x^5 + 1, mirrored.
                let carry = 0x8408 & (self.0 & 1).wrapping_neg();
                self.0 = self.0 >> 1 ^ carry;
            }
        }
    }
}

/// CRC-32, highest octet first.
pub(super) struct Crc32(u32);

impl Crc32 {
    pub(super) const fn new() -> Self {
        Self(0xffff_ffff)
    }

    pub(super) fn value(self) -> Value {
        Value::first(&(!self.0).to_be_bytes(), 4)
    }
}

impl Checksum for Crc32 {
    fn update(&mut self, octets: &[u8]) {
        for octet in octets {
            self.0 ^= u32::from(*octet);
            for _ in 0..8 {
                let carry = 0xedb8_8320 & (self.0 & 1).wrapping_neg();
                self.0 = self.0 >> 1 ^ carry;
            }
        }
    }
}

/// A MAC's state: blocks are taken as soon as one more octet says that they are not
/// the last.
pub(super) struct Mac<'a> {
    cipher: &'a BlockCipher,
    chain: Zeroizing<[u8; 16]>,
    held: Zeroizing<[u8; 16]>,
    count: usize,
}

impl<'a> Mac<'a> {
    pub(super) fn new(cipher: &'a BlockCipher) -> Self {
        Self {
            cipher,
            chain: Zeroizing::new([0; 16]),
            held: Zeroizing::new([0; 16]),
            count: 0,
        }
    }

    fn take_held(&mut self) {
        let block = self.cipher.block();
        let held = self.held.get(..block).unwrap_or_default();
        self.cipher.absorb(&mut self.chain, held);
        self.held.fill(0);
        self.count = 0;
    }

    /// Padded by zeros to a whole block; eight octets.
    pub(super) fn zero_padded(mut self) -> Value {
        if self.count > 0 {
            self.take_held();
        }
        Value::first(self.chain.as_slice(), 8)
    }

    /// CMAC's end, with its subkeys for a whole last block and for a padded one.
    pub(super) fn cmac(mut self, subkeys: &[[u8; 16]; 2], length: usize) -> Value {
        let [whole, padded] = subkeys;
        let subkey = if self.count == 16 {
            whole
        } else {
            if let Some(end) = self.held.get_mut(self.count) {
                *end = 0x80;
            }
            padded
        };
        for (to, from) in self.held.iter_mut().zip(subkey) {
            *to ^= from;
        }
        self.take_held();
        Value::first(self.chain.as_slice(), length)
    }
}

impl Checksum for Mac<'_> {
    fn update(&mut self, mut octets: &[u8]) {
        let block = self.cipher.block();
        while !octets.is_empty() {
            if self.count == block {
                self.take_held();
            }
            if self.count == 0 {
                // All but the last block, which may be the last of all.
                let whole = (octets.len() - 1) / block * block;
                if let Some((now, rest)) = octets.split_at_checked(whole) {
                    self.cipher.absorb(&mut self.chain, now);
                    octets = rest;
                }
            }
            let room = block - self.count;
            let (now, rest) = octets.split_at(room.min(octets.len()));
            let held = self.held.iter_mut().skip(self.count);
            for (to, from) in held.zip(now) {
                *to = *from;
            }
            self.count += now.len();
            octets = rest;
        }
    }
}

/// K1 and K2 of CMAC with AES (RFC 4493 clause 2.3).
pub(super) fn subkeys(cipher: &BlockCipher) -> Zeroizing<[[u8; 16]; 2]> {
    let mut zero = Zeroizing::new([0; 16]);
    cipher.absorb(&mut zero, &[0; 16]);
    let first = doubled(u128::from_be_bytes(*zero));
    Zeroizing::new([first, doubled(first)].map(u128::to_be_bytes))
}

const fn doubled(value: u128) -> u128 {
    let carry = (value >> 127).wrapping_neg() & 0x87;
    value << 1 ^ carry
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;
    use crate::packet::{KeySet, MacAlgorithm, SingleDes};

    const VECTORS: &str = include_str!("../../../../vectors/secured-packets.json");

    fn crc<C: Checksum>(mut checksum: C, octets: &[u8], cut: usize) -> C {
        let (first, second) = octets.split_at(cut);
        checksum.update(first);
        checksum.update(second);
        checksum
    }

    /// Of the specification's examples, FIPS 113, RFC 4493 and another program
    /// (`primitive_kats`), in two pieces cut anywhere.
    #[test]
    fn checksums_are_the_known_ones() {
        let all: Json = serde_json::from_str(VECTORS).unwrap();
        let mut checked = 0;
        for vector in all["primitive_kats"].as_array().unwrap() {
            let field = |name: &str| {
                let text = vector[name].as_str().unwrap_or_default();
                data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
            };
            let (data, key, out) = (field("data"), field("key"), field("out"));
            let name = vector["alg"].as_str().unwrap().split(' ').next().unwrap();
            let mac = match name {
                "des" => Some(MacAlgorithm::Des),
                "3des2" => Some(MacAlgorithm::TripleDes2),
                "aes_cmac_32" => Some(MacAlgorithm::AesCmac4),
                "aes_cmac_64" => Some(MacAlgorithm::AesCmac8),
                _ => None,
            };
            for cut in 0..=data.len() {
                let value = match (name, mac) {
                    ("crc16", _) => crc(Crc16::new(), &data, cut).value(),
                    ("crc32", _) => crc(Crc32::new(), &data, cut).value(),
                    (_, Some(mac)) => {
                        let keys = KeySet::new(1).unwrap();
                        let keys = keys.with_mac(mac, &key, SingleDes::Allowed).unwrap();
                        let (first, second) = data.split_at(cut);
                        keys.checksum(&[first, second]).unwrap()
                    }
                    // Checksums of somebody's own.
                    ("xor4" | "xor8", None) => break,
                    other => panic!("{other:?}"),
                };
                assert_eq!(value.octets(), out, "{name}, {cut}");
            }
            checked += usize::from(!name.starts_with("xor"));
        }
        assert_eq!(checked, 10);
    }
}
