//! Key sets (TS 102 225 clauses 5.1.2 and 5.1.3): the keys for KIc and KID with the
//! algorithms that they are for. The key set decides; a header that names something
//! else is refused, and a header does not say how long an AES CMAC is.

use std::fmt;

use zeroize::Zeroizing;

use super::check::{Mac, Value, subkeys};
use super::cipher::BlockCipher;
use crate::UiccError;

/// Algorithms for ciphering, with the low half of KIc.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CipherAlgorithm {
    /// 1: DES in CBC mode.
    DesCbc,
    /// D: DES in ECB mode.
    DesEcb,
    /// 5: 3DES with two keys, outer CBC.
    TripleDes2,
    /// 9: 3DES with three keys, outer CBC.
    TripleDes3,
    /// 2: AES in CBC mode, with a key of 128, 192 or 256 bits.
    Aes,
}

/// Algorithms for cryptographic checksums, with the low half of KID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MacAlgorithm {
    /// 1: DES, 8 octets.
    Des,
    /// 5: 3DES with two keys, 8 octets.
    TripleDes2,
    /// 9: 3DES with three keys, 8 octets.
    TripleDes3,
    /// 2: AES CMAC cut to 4 octets.
    AesCmac4,
    /// 2: AES CMAC cut to 8 octets.
    AesCmac8,
}

/// Whether keys of 56 bits will do: DES, and 3DES whose keys are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SingleDes {
    /// No.
    Refused,
    /// Yes, for cards that have nothing else.
    Allowed,
}

/// A key set.
#[derive(Clone)]
pub struct KeySet {
    number: u8,
    cipher: Option<(CipherAlgorithm, BlockCipher)>,
    mac: Option<MacKey>,
}

#[derive(Clone)]
struct MacKey {
    algorithm: MacAlgorithm,
    cipher: BlockCipher,
    /// Of CMAC.
    subkeys: Option<Zeroizing<[[u8; 16]; 2]>>,
}

impl CipherAlgorithm {
    /// The low half of KIc.
    #[must_use]
    pub const fn nibble(self) -> u8 {
        match self {
            Self::DesCbc => 0x1,
            Self::DesEcb => 0xd,
            Self::TripleDes2 => 0x5,
            Self::TripleDes3 => 0x9,
            Self::Aes => 0x2,
        }
    }
}

impl MacAlgorithm {
    /// The low half of KID.
    #[must_use]
    pub const fn nibble(self) -> u8 {
        match self {
            Self::Des => 0x1,
            Self::TripleDes2 => 0x5,
            Self::TripleDes3 => 0x9,
            Self::AesCmac4 | Self::AesCmac8 => 0x2,
        }
    }

    /// Octets of the checksum.
    #[must_use]
    pub const fn length(self) -> usize {
        match self {
            Self::AesCmac4 => 4,
            _ => 8,
        }
    }
}

impl KeySet {
    /// Key set `number`, 1 to 15, without keys.
    ///
    /// # Errors
    /// [`UiccError::KeySetNumber`].
    pub fn new(number: u8) -> Result<Self, UiccError> {
        if !(1..=15).contains(&number) {
            return Err(UiccError::KeySetNumber);
        }
        Ok(Self {
            number,
            cipher: None,
            mac: None,
        })
    }

    /// Its number.
    #[must_use]
    pub const fn number(&self) -> u8 {
        self.number
    }

    /// With this key for KIc.
    ///
    /// # Errors
    /// [`UiccError::KeyLength`]; [`UiccError::SingleDes`].
    pub fn with_cipher(
        mut self,
        algorithm: CipherAlgorithm,
        key: &[u8],
        policy: SingleDes,
    ) -> Result<Self, UiccError> {
        let cipher = match algorithm {
            CipherAlgorithm::DesCbc | CipherAlgorithm::DesEcb => BlockCipher::des(key)?,
            CipherAlgorithm::TripleDes2 => BlockCipher::triple_des_2(key)?,
            CipherAlgorithm::TripleDes3 => BlockCipher::triple_des_3(key)?,
            CipherAlgorithm::Aes => BlockCipher::aes(key)?,
        };
        allow(&cipher, key, policy)?;
        self.cipher = Some((algorithm, cipher));
        Ok(self)
    }

    /// With this key for KID.
    ///
    /// # Errors
    /// As for [`Self::with_cipher`].
    pub fn with_mac(
        mut self,
        algorithm: MacAlgorithm,
        key: &[u8],
        policy: SingleDes,
    ) -> Result<Self, UiccError> {
        let cipher = match algorithm {
            MacAlgorithm::Des => BlockCipher::des(key)?,
            MacAlgorithm::TripleDes2 => BlockCipher::triple_des_2(key)?,
            MacAlgorithm::TripleDes3 => BlockCipher::triple_des_3(key)?,
            MacAlgorithm::AesCmac4 | MacAlgorithm::AesCmac8 => BlockCipher::aes(key)?,
        };
        allow(&cipher, key, policy)?;
        let subkeys = (cipher.block() == 16).then(|| subkeys(&cipher));
        self.mac = Some(MacKey {
            algorithm,
            cipher,
            subkeys,
        });
        Ok(self)
    }

    /// What it ciphers with.
    #[must_use]
    pub fn cipher(&self) -> Option<CipherAlgorithm> {
        self.cipher.as_ref().map(|(algorithm, _)| *algorithm)
    }

    /// What its checksums are.
    #[must_use]
    pub fn mac(&self) -> Option<MacAlgorithm> {
        self.mac.as_ref().map(|key| key.algorithm)
    }

    /// KIc: the set and its algorithm; of a set without one, the set.
    #[must_use]
    pub fn kic(&self) -> u8 {
        self.number << 4 | self.cipher().map_or(0, CipherAlgorithm::nibble)
    }

    /// KID for checksums.
    #[must_use]
    pub fn kid(&self) -> u8 {
        self.number << 4 | self.mac().map_or(0, MacAlgorithm::nibble)
    }

    /// Octets of a block of its cipher.
    pub(super) fn block(&self) -> usize {
        self.cipher.as_ref().map_or(1, |(_, cipher)| cipher.block())
    }

    pub(super) fn encrypt(&self, octets: &mut [u8]) {
        match &self.cipher {
            Some((CipherAlgorithm::DesEcb, cipher)) => cipher.encrypt_ecb(octets),
            Some((_, cipher)) => cipher.encrypt_cbc(octets),
            None => {}
        }
    }

    pub(super) fn decrypt(&self, octets: &mut [u8]) {
        match &self.cipher {
            Some((CipherAlgorithm::DesEcb, cipher)) => cipher.decrypt_ecb(octets),
            Some((_, cipher)) => cipher.decrypt_cbc(octets),
            None => {}
        }
    }

    /// The checksum over `parts`, one after the other; nothing without a key.
    pub(super) fn checksum(&self, parts: &[&[u8]]) -> Option<Value> {
        let key = self.mac.as_ref()?;
        let mut mac = Mac::new(&key.cipher);
        for part in parts {
            super::check::Checksum::update(&mut mac, part);
        }
        Some(match &key.subkeys {
            Some(subkeys) => mac.cmac(subkeys, key.algorithm.length()),
            None => mac.zero_padded(),
        })
    }
}

/// What it is, without its keys.
impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySet")
            .field("number", &self.number)
            .field("cipher", &self.cipher())
            .field("mac", &self.mac())
            .finish_non_exhaustive()
    }
}

/// Single DES, or 3DES that comes to it (parity bits count for nothing).
fn allow(cipher: &BlockCipher, key: &[u8], policy: SingleDes) -> Result<(), UiccError> {
    let equal = |a: usize, b: usize| {
        let (a, b) = (key.chunks(8).nth(a), key.chunks(8).nth(b));
        let pairs = a.into_iter().flatten().zip(b.into_iter().flatten());
        a.is_some() && b.is_some() && pairs.fold(0, |seen, (a, b)| seen | (a ^ b) & 0xfe) == 0
    };
    let is_single = match cipher {
        BlockCipher::Des(_) => true,
        BlockCipher::TripleDes2(_) => equal(0, 1),
        BlockCipher::TripleDes3(_) => equal(0, 1) || equal(1, 2),
        _ => false,
    };
    match (is_single, policy) {
        (true, SingleDes::Refused) => Err(UiccError::SingleDes),
        _ => Ok(()),
    }
}
