//! What SPI, KIc and KID say, against the key set: which checksum and which cipher a
//! packet has (TS 102 225 clauses 5.1.1 to 5.1.3).

use super::check::{Checksum, Crc16, Crc32, Value};
use super::{Integrity, KeySet};
use crate::UiccError;

/// A packet's security, possible with the keys that are there.
#[derive(Clone, Copy)]
pub(super) struct Agreed<'a> {
    check: Check<'a>,
    cipher: Option<&'a KeySet>,
}

#[derive(Clone, Copy)]
enum Check<'a> {
    None,
    Crc16,
    Crc32,
    Mac(&'a KeySet, usize),
}

/// KIc or KID.
struct Indicator {
    name: &'static str,
    octet: u8,
}

impl Indicator {
    /// Whether it names the set and its algorithm. An algorithm of 0 is known to both
    /// sides without a word (tables 3 and 4).
    fn agrees(&self, keys: &KeySet, nibble: u8) -> Result<(), UiccError> {
        let (number, named) = (self.octet >> 4, self.octet & 0x0f);
        if named & 3 == 3 {
            return Err(UiccError::Proprietary(self.name));
        }
        let known = named == 0 || named == nibble;
        match known && number == keys.number() {
            true => Ok(()),
            false => Err(UiccError::KeySet(self.name)),
        }
    }
}

/// The key set that a packet with this security needs, if it needs one.
pub(super) fn key_set(
    integrity: Integrity,
    is_ciphered: bool,
    kic: u8,
    kid: u8,
) -> Result<Option<u8>, UiccError> {
    let has_mac = integrity == Integrity::Checksum;
    match (is_ciphered, has_mac) {
        (true, true) if kic >> 4 != kid >> 4 => Err(UiccError::KeySetsDiffer),
        (true, _) => Ok(Some(kic >> 4)),
        (false, true) => Ok(Some(kid >> 4)),
        (false, false) => Ok(None),
    }
}

impl<'a> Agreed<'a> {
    pub(super) fn new(
        integrity: Integrity,
        is_ciphered: bool,
        kic: u8,
        kid: u8,
        keys: Option<&'a KeySet>,
    ) -> Result<Self, UiccError> {
        key_set(integrity, is_ciphered, kic, kid)?;
        let (kic, kid) = (
            Indicator {
                name: "KIc",
                octet: kic,
            },
            Indicator {
                name: "KID",
                octet: kid,
            },
        );
        let cipher = match (is_ciphered, keys) {
            (false, _) => None,
            (true, None) => return Err(UiccError::NoKey(kic.name)),
            (true, Some(keys)) => {
                let cipher = keys.cipher().ok_or(UiccError::NoKey(kic.name))?;
                kic.agrees(keys, cipher.nibble())?;
                Some(keys)
            }
        };
        let check = match integrity {
            Integrity::None => Check::None,
            Integrity::Redundancy => match kid.octet & 0x0f {
                1 => Check::Crc16,
                5 => Check::Crc32,
                _ => return Err(UiccError::Reserved("KID")),
            },
            Integrity::Checksum => {
                let keys = keys.ok_or(UiccError::NoKey(kid.name))?;
                let mac = keys.mac().ok_or(UiccError::NoKey(kid.name))?;
                kid.agrees(keys, mac.nibble())?;
                Check::Mac(keys, mac.length())
            }
        };
        Ok(Self { check, cipher })
    }

    /// Octets of RC or CC.
    pub(super) const fn length(&self) -> usize {
        match self.check {
            Check::None => 0,
            Check::Crc16 => 2,
            Check::Crc32 => 4,
            Check::Mac(_, length) => length,
        }
    }

    /// Octets of a block of the cipher; one without a cipher.
    pub(super) fn block(&self) -> usize {
        self.cipher.map_or(1, KeySet::block)
    }

    /// Octets of padding after `length` octets that are ciphered.
    pub(super) fn padding(&self, length: usize) -> usize {
        length.next_multiple_of(self.block()) - length
    }

    pub(super) fn is_whole(&self, length: usize) -> bool {
        self.padding(length) == 0
    }

    pub(super) fn encrypt(&self, octets: &mut [u8]) {
        if let Some(keys) = self.cipher {
            keys.encrypt(octets);
        }
    }

    pub(super) fn decrypt(&self, octets: &mut [u8]) {
        if let Some(keys) = self.cipher {
            keys.decrypt(octets);
        }
    }

    /// RC or CC over `parts`, one after the other.
    pub(super) fn value(&self, parts: &[&[u8]]) -> Option<Value> {
        let over = |checksum: &mut dyn Checksum| {
            for part in parts {
                checksum.update(part);
            }
        };
        match self.check {
            Check::None => None,
            Check::Crc16 => {
                let mut crc = Crc16::new();
                over(&mut crc);
                Some(crc.value())
            }
            Check::Crc32 => {
                let mut crc = Crc32::new();
                over(&mut crc);
                Some(crc.value())
            }
            Check::Mac(keys, _) => keys.checksum(parts),
        }
    }

    /// Whether `found` is RC or CC over `parts`, in constant time.
    pub(super) fn verifies(&self, parts: &[&[u8]], found: &[u8]) -> bool {
        match self.value(parts) {
            Some(value) => secret::ct_eq(value.octets(), found),
            None => found.is_empty(),
        }
    }
}
