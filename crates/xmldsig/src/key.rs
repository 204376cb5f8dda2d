//! Public keys that may verify, and the verification itself, by libcrypto
//! (docs/operator-change.md section 3; SEC 1 section 4.1.4, RFC 8017 section
//! 8.2.2).

use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey, Public};
use openssl::rsa::Padding;
use openssl::sha::sha256;
use openssl::sign::Verifier;

use crate::algorithm::{MAX_RSA_BITS, MIN_RSA_BITS, SignatureAlgorithm};
use crate::error::XmlDsigError;

/// What comes before the point in the SubjectPublicKeyInfo of an uncompressed
/// P-256 key: id-ecPublicKey, prime256v1, BIT STRING, 04 (RFC 5480 section 2).
const P256_SPKI_HEAD: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];
const P256_SPKI_LENGTH: usize = P256_SPKI_HEAD.len() + 64;

/// The smallest public exponent (FIPS 186-5 section 5.1).
const MIN_RSA_EXPONENT: u32 = 65_537;

/// A public key of one of the two algorithms.
#[derive(Clone, Debug)]
pub struct VerifyingKey {
    algorithm: SignatureAlgorithm,
    key: PKey<Public>,
}

impl VerifyingKey {
    /// Takes the DER of a SubjectPublicKeyInfo: an uncompressed point of P-256,
    /// or RSA (rsaEncryption) of 3072 bits or more with an odd exponent of
    /// 65537 or more.
    ///
    /// # Errors
    /// [`XmlDsigError::KeyNotAllowed`] for every other key, for a DER that is
    /// not minimal, and for trailing octets.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, XmlDsigError> {
        Self::read(der).ok_or(XmlDsigError::KeyNotAllowed)
    }

    fn read(der: &[u8]) -> Option<Self> {
        let key = PKey::public_key_from_der(der).ok()?;
        // libcrypto ignores trailing octets and forgives lax lengths.
        if key.public_key_to_der().ok()? != der {
            return None;
        }
        let algorithm = match key.id() {
            Id::EC => Self::p256(der)?,
            Id::RSA => Self::rsa(&key)?,
            _ => return None,
        };
        Some(Self { algorithm, key })
    }

    /// Other curves, explicit parameters and compressed points have another
    /// head or length. libcrypto has refused points off the curve by now.
    fn p256(der: &[u8]) -> Option<SignatureAlgorithm> {
        (der.len() == P256_SPKI_LENGTH && der.starts_with(&P256_SPKI_HEAD))
            .then_some(SignatureAlgorithm::EcdsaP256Sha256)
    }

    fn rsa(key: &PKey<Public>) -> Option<SignatureAlgorithm> {
        let rsa = key.rsa().ok()?;
        let bits = u32::try_from(rsa.n().num_bits()).ok()?;
        let smallest = BigNum::from_u32(MIN_RSA_EXPONENT).ok()?;
        let allowed = (MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits)
            && rsa.e().is_bit_set(0)
            && *rsa.e() >= *smallest;
        allowed.then_some(SignatureAlgorithm::RsaPkcs1Sha256)
    }

    /// The algorithm of this key.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Checks that `value` is this key's signature over `message`.
    pub(crate) fn verify(&self, message: &[u8], value: &[u8]) -> Result<(), XmlDsigError> {
        let valid = match self.algorithm {
            SignatureAlgorithm::EcdsaP256Sha256 => self.verify_ecdsa(message, value),
            SignatureAlgorithm::RsaPkcs1Sha256 => self.verify_rsa(message, value),
        };
        if valid == Some(true) {
            Ok(())
        } else {
            Err(XmlDsigError::SignatureInvalid)
        }
    }

    fn verify_ecdsa(&self, message: &[u8], value: &[u8]) -> Option<bool> {
        let (r, s) = value.split_at_checked(32)?;
        let r = BigNum::from_slice(r).ok()?;
        let s = BigNum::from_slice(s).ok()?;
        let signature = EcdsaSig::from_private_components(r, s).ok()?;
        let key = self.key.ec_key().ok()?;
        signature.verify(&sha256(message), &key).ok()
    }

    fn verify_rsa(&self, message: &[u8], value: &[u8]) -> Option<bool> {
        let mut verifier = Verifier::new(MessageDigest::sha256(), &self.key).ok()?;
        verifier.set_rsa_padding(Padding::PKCS1).ok()?;
        verifier.verify_oneshot(value, message).ok()
    }
}
