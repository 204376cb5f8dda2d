//! Block ciphers in the two modes of TS 102 225 clause 5.1.2: CBC with an initial
//! value of zeros, and ECB for DES. Schedules are made once for each key.

use aes::cipher::{Block, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256};
use des::{Des, TdesEde2, TdesEde3};

use crate::UiccError;

/// A cipher with its key.
#[derive(Clone)]
pub(super) enum BlockCipher {
    Des(Des),
    TripleDes2(TdesEde2),
    TripleDes3(TdesEde3),
    Aes128(Aes128),
    Aes192(Aes192),
    Aes256(Aes256),
}

/// Calls something with the cipher inside.
macro_rules! with {
    ($cipher:expr, $inner:ident => $call:expr) => {
        match $cipher {
            BlockCipher::Des($inner) => $call,
            BlockCipher::TripleDes2($inner) => $call,
            BlockCipher::TripleDes3($inner) => $call,
            BlockCipher::Aes128($inner) => $call,
            BlockCipher::Aes192($inner) => $call,
            BlockCipher::Aes256($inner) => $call,
        }
    };
}

fn keyed<C: KeyInit>(key: &[u8], name: &'static str) -> Result<C, UiccError> {
    C::new_from_slice(key).map_err(|_| UiccError::KeyLength(name))
}

impl BlockCipher {
    pub(super) fn des(key: &[u8]) -> Result<Self, UiccError> {
        Ok(Self::Des(keyed(key, "DES")?))
    }

    pub(super) fn triple_des_2(key: &[u8]) -> Result<Self, UiccError> {
        Ok(Self::TripleDes2(keyed(key, "3DES with two keys")?))
    }

    pub(super) fn triple_des_3(key: &[u8]) -> Result<Self, UiccError> {
        Ok(Self::TripleDes3(keyed(key, "3DES with three keys")?))
    }

    pub(super) fn aes(key: &[u8]) -> Result<Self, UiccError> {
        match key.len() {
            16 => Ok(Self::Aes128(keyed(key, "AES")?)),
            24 => Ok(Self::Aes192(keyed(key, "AES")?)),
            _ => Ok(Self::Aes256(keyed(key, "AES")?)),
        }
    }

    /// Octets of a block.
    pub(super) const fn block(&self) -> usize {
        match self {
            Self::Des(_) | Self::TripleDes2(_) | Self::TripleDes3(_) => 8,
            Self::Aes128(_) | Self::Aes192(_) | Self::Aes256(_) => 16,
        }
    }

    /// Enciphers whole blocks in place; `chain` is the initial value and then the last
    /// block, in its first octets.
    pub(super) fn chain(&self, chain: &mut [u8; 16], octets: &mut [u8]) {
        with!(self, cipher => cbc_encrypt(cipher, chain, octets));
    }

    /// Mixes whole blocks into `chain`, as a MAC does.
    pub(super) fn absorb(&self, chain: &mut [u8; 16], octets: &[u8]) {
        with!(self, cipher => cbc_mac(cipher, chain, octets));
    }

    /// CBC over whole blocks, initial value zero.
    pub(super) fn encrypt_cbc(&self, octets: &mut [u8]) {
        self.chain(&mut [0; 16], octets);
    }

    pub(super) fn decrypt_cbc(&self, octets: &mut [u8]) {
        with!(self, cipher => cbc_decrypt(cipher, octets));
    }

    pub(super) fn encrypt_ecb(&self, octets: &mut [u8]) {
        for block in octets.chunks_exact_mut(self.block()) {
            self.chain(&mut [0; 16], block);
        }
    }

    pub(super) fn decrypt_ecb(&self, octets: &mut [u8]) {
        for block in octets.chunks_exact_mut(self.block()) {
            self.decrypt_cbc(block);
        }
    }
}

/// `to` becomes `to` ⊕ `with`, as far as both go.
fn mix(to: &mut [u8], with: &[u8]) {
    for (to, with) in to.iter_mut().zip(with) {
        *to ^= with;
    }
}

fn as_block<C: BlockCipherEncrypt>(octets: &[u8]) -> Block<C> {
    let mut block = Block::<C>::default();
    for (to, from) in block.iter_mut().zip(octets) {
        *to = *from;
    }
    block
}

fn cbc_encrypt<C: BlockCipherEncrypt>(cipher: &C, chain: &mut [u8; 16], octets: &mut [u8]) {
    let size = C::block_size();
    let mut last: Block<C> = as_block::<C>(chain);
    for block in octets.chunks_exact_mut(size) {
        mix(&mut last, block);
        cipher.encrypt_block(&mut last);
        block.copy_from_slice(&last);
    }
    for (to, from) in chain.iter_mut().zip(last.iter()) {
        *to = *from;
    }
}

fn cbc_mac<C: BlockCipherEncrypt>(cipher: &C, chain: &mut [u8; 16], octets: &[u8]) {
    let mut last: Block<C> = as_block::<C>(chain);
    for block in octets.chunks_exact(C::block_size()) {
        mix(&mut last, block);
        cipher.encrypt_block(&mut last);
    }
    for (to, from) in chain.iter_mut().zip(last.iter()) {
        *to = *from;
    }
}

fn cbc_decrypt<C: BlockCipherDecrypt>(cipher: &C, octets: &mut [u8]) {
    let size = C::block_size();
    let mut last = Block::<C>::default();
    for block in octets.chunks_exact_mut(size) {
        let mut now = Block::<C>::default();
        now.copy_from_slice(block);
        let ciphered = now.clone();
        cipher.decrypt_block(&mut now);
        mix(&mut now, &last);
        block.copy_from_slice(&now);
        last = ciphered;
    }
}
