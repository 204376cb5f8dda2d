//! AES-CBC (NIST SP 800-38A), AES-GCM (SP 800-38D), AES key wrap (RFC 3394)
//! and HMAC (RFC 2104) by libcrypto, with the verdicts of decryption as
//! constant-time choices, so that a fault can be carried to the end
//! (operator-change profile, section 2: one error with one timing).

use openssl::cipher::Cipher as WrapCipher;
use openssl::cipher_ctx::{CipherCtx, CipherCtxFlags};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use openssl::symm::{Cipher, Crypter, Mode};
use secret::{Secret, SecretBytes};
use subtle::Choice;
use zeroize::Zeroizing;

/// AES block, CBC IV and GCM tag.
pub(crate) const BLOCK: usize = 16;
/// GCM nonce.
pub(crate) const NONCE: usize = 12;

/// AES-CBC over whole blocks, no padding added. AES-256 for a key of 32
/// octets, else AES-128.
pub(crate) fn cbc_encrypt(key: &[u8], iv: &[u8], plain: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let mut crypter = cbc(Mode::Encrypt, key, iv)?;
    let mut out = vec![0; plain.len() + BLOCK];
    let written = crypter.update(plain, &mut out)?;
    out.truncate(written);
    Ok(out)
}

/// Undoes [`cbc_encrypt`]; padding, if any, stays in place.
pub(crate) fn cbc_decrypt(
    key: &[u8],
    iv: &[u8],
    ciphertext: &[u8],
) -> Result<SecretBytes, ErrorStack> {
    let mut crypter = cbc(Mode::Decrypt, key, iv)?;
    let mut out = Zeroizing::new(vec![0; ciphertext.len() + BLOCK]);
    let written = crypter.update(ciphertext, &mut out)?;
    out.truncate(written);
    Ok(Secret::new(std::mem::take(&mut *out)))
}

fn cbc(mode: Mode, key: &[u8], iv: &[u8]) -> Result<Crypter, ErrorStack> {
    let cipher = if key.len() == 32 {
        Cipher::aes_256_cbc()
    } else {
        Cipher::aes_128_cbc()
    };
    let mut crypter = Crypter::new(cipher, mode, key, Some(iv))?;
    crypter.pad(false);
    Ok(crypter)
}

/// What AES-256-GCM made of a plaintext.
pub(crate) struct Sealed {
    pub(crate) ciphertext: Vec<u8>,
    pub(crate) tag: [u8; BLOCK],
}

/// AES-256-GCM with a nonce of 12 octets.
pub(crate) fn gcm_encrypt(
    key: &[u8],
    nonce: &[u8; NONCE],
    aad: &[u8],
    plain: &[u8],
) -> Result<Sealed, ErrorStack> {
    let mut crypter = Crypter::new(Cipher::aes_256_gcm(), Mode::Encrypt, key, Some(nonce))?;
    crypter.aad_update(aad)?;
    let mut ciphertext = vec![0; plain.len() + BLOCK];
    let written = crypter.update(plain, &mut ciphertext)?;
    let mut rest = [0; BLOCK];
    crypter.finalize(&mut rest)?;
    ciphertext.truncate(written);
    let mut tag = [0; BLOCK];
    crypter.get_tag(&mut tag)?;
    Ok(Sealed { ciphertext, tag })
}

/// Undoes [`gcm_encrypt`]. Where the choice is false, the tag is wrong and the
/// octets must not be used.
pub(crate) fn gcm_decrypt(
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    ciphertext: &[u8],
    tag: &[u8],
) -> Result<(SecretBytes, Choice), ErrorStack> {
    let mut crypter = Crypter::new(Cipher::aes_256_gcm(), Mode::Decrypt, key, Some(nonce))?;
    crypter.aad_update(aad)?;
    crypter.set_tag(tag)?;
    let mut out = Zeroizing::new(vec![0; ciphertext.len() + BLOCK]);
    let written = crypter.update(ciphertext, &mut out)?;
    let genuine = crypter.finalize(&mut [0; BLOCK]).is_ok();
    out.truncate(written);
    let plain = Secret::new(std::mem::take(&mut *out));
    Ok((plain, Choice::from(u8::from(genuine))))
}

/// AES key wrap with the default initial value.
pub(crate) fn wrap(key: &SecretBytes, plain: &SecretBytes) -> Result<Vec<u8>, ErrorStack> {
    let mut context = wrap_context()?;
    context.encrypt_init(Some(wrap_cipher(key)), Some(key.expose()), None)?;
    let mut out = vec![0; plain.expose().len() + 2 * BLOCK];
    let written = context.cipher_update(plain.expose(), Some(&mut out))?;
    out.truncate(written);
    Ok(out)
}

/// Undoes [`wrap`]; `None` where the integrity check value is wrong.
pub(crate) fn unwrap(key: &SecretBytes, wrapped: &[u8]) -> Result<Option<SecretBytes>, ErrorStack> {
    let mut context = wrap_context()?;
    context.decrypt_init(Some(wrap_cipher(key)), Some(key.expose()), None)?;
    let mut out = Zeroizing::new(vec![0; wrapped.len() + BLOCK]);
    let Ok(written) = context.cipher_update(wrapped, Some(&mut out)) else {
        return Ok(None);
    };
    out.truncate(written);
    Ok(Some(Secret::new(std::mem::take(&mut *out))))
}

fn wrap_context() -> Result<CipherCtx, ErrorStack> {
    let mut context = CipherCtx::new()?;
    context.set_flags(CipherCtxFlags::FLAG_WRAP_ALLOW);
    Ok(context)
}

fn wrap_cipher(key: &SecretBytes) -> &'static openssl::cipher::CipherRef {
    if key.expose().len() == 32 {
        WrapCipher::aes_256_wrap()
    } else {
        WrapCipher::aes_128_wrap()
    }
}

/// HMAC over the concatenation of `parts`.
pub(crate) fn hmac(
    digest: MessageDigest,
    key: &[u8],
    parts: &[&[u8]],
) -> Result<Vec<u8>, ErrorStack> {
    let key = PKey::hmac(key)?;
    let mut signer = Signer::new(digest, &key)?;
    for part in parts {
        signer.update(part)?;
    }
    signer.sign_to_vec()
}
