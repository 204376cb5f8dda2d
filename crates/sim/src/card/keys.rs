//! Key sets as a card keeps them (ETSI TS 102 225 clause 5.1): keys, the algorithms that
//! they are for, the counter.

use serde::{Deserialize, Serialize};
use uicc::UiccError;
use uicc::packet::{CipherAlgorithm, Cntr, KeySet, MacAlgorithm, SingleDes};

use super::octets::Hidden;

/// What a key for KIc is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cipher {
    /// DES in CBC mode.
    #[serde(rename = "des-cbc")]
    DesCbc,
    /// DES in ECB mode.
    #[serde(rename = "des-ecb")]
    DesEcb,
    /// 3DES with two keys.
    #[serde(rename = "3des-2")]
    TripleDes2,
    /// 3DES with three keys.
    #[serde(rename = "3des-3")]
    TripleDes3,
    /// AES with 128, 192 or 256 bits.
    #[serde(rename = "aes")]
    Aes,
}

/// What a key for KID is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mac {
    /// DES.
    #[serde(rename = "des")]
    Des,
    /// 3DES with two keys.
    #[serde(rename = "3des-2")]
    TripleDes2,
    /// 3DES with three keys.
    #[serde(rename = "3des-3")]
    TripleDes3,
    /// AES CMAC of four octets.
    #[serde(rename = "aes-cmac-4")]
    AesCmac4,
    /// AES CMAC of eight octets.
    #[serde(rename = "aes-cmac-8")]
    AesCmac8,
}

impl Cipher {
    const fn algorithm(self) -> CipherAlgorithm {
        match self {
            Self::DesCbc => CipherAlgorithm::DesCbc,
            Self::DesEcb => CipherAlgorithm::DesEcb,
            Self::TripleDes2 => CipherAlgorithm::TripleDes2,
            Self::TripleDes3 => CipherAlgorithm::TripleDes3,
            Self::Aes => CipherAlgorithm::Aes,
        }
    }

    /// Octets of a key that is drawn.
    pub(super) const fn key_length(self) -> usize {
        match self {
            Self::DesCbc | Self::DesEcb => 8,
            Self::TripleDes2 | Self::Aes => 16,
            Self::TripleDes3 => 24,
        }
    }
}

impl Mac {
    const fn algorithm(self) -> MacAlgorithm {
        match self {
            Self::Des => MacAlgorithm::Des,
            Self::TripleDes2 => MacAlgorithm::TripleDes2,
            Self::TripleDes3 => MacAlgorithm::TripleDes3,
            Self::AesCmac4 => MacAlgorithm::AesCmac4,
            Self::AesCmac8 => MacAlgorithm::AesCmac8,
        }
    }

    /// Octets of a key that is drawn.
    pub(super) const fn key_length(self) -> usize {
        match self {
            Self::Des => 8,
            Self::TripleDes2 | Self::AesCmac4 | Self::AesCmac8 => 16,
            Self::TripleDes3 => 24,
        }
    }
}

/// A key set in a card's state.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredKeySet {
    /// 1 to 15.
    pub number: u8,
    /// What it ciphers with.
    pub cipher: Cipher,
    pub(super) kic: Hidden,
    /// What its checksums are.
    pub mac: Mac,
    pub(super) kid: Hidden,
    /// Whether keys of 56 bits will do.
    pub(super) single_des: bool,
    /// The last counter that was taken.
    #[serde(rename = "cntr")]
    counter: u64,
}

impl StoredKeySet {
    pub(super) fn new(
        number: u8,
        (cipher, kic): (Cipher, Hidden),
        (mac, kid): (Mac, Hidden),
        single_des: bool,
        counter: Cntr,
    ) -> Self {
        Self {
            number,
            cipher,
            kic,
            mac,
            kid,
            single_des,
            counter: counter.to_u64(),
        }
    }

    /// Keys that open packets and secure them.
    ///
    /// # Errors
    /// As [`KeySet`] has them for a number, a key's length and single DES.
    pub fn keys(&self) -> Result<KeySet, UiccError> {
        let policy = match self.single_des {
            true => SingleDes::Allowed,
            false => SingleDes::Refused,
        };
        KeySet::new(self.number)?
            .with_cipher(self.cipher.algorithm(), self.kic.expose(), policy)?
            .with_mac(self.mac.algorithm(), self.kid.expose(), policy)
    }

    /// The last counter that was taken; all ones for a state that says more.
    #[must_use]
    pub fn counter(&self) -> Cntr {
        Cntr::new(self.counter).unwrap_or(Cntr::MAX)
    }

    pub(super) const fn set_counter(&mut self, counter: Cntr) {
        self.counter = counter.to_u64();
    }

    /// KIc and KID in hexadecimal digits, to be written where a server finds them.
    #[must_use]
    pub fn shown(&self) -> [zeroize::Zeroizing<String>; 2] {
        [&self.kic, &self.kid]
            .map(|key| zeroize::Zeroizing::new(data_encoding::HEXLOWER.encode(key.expose())))
    }
}
