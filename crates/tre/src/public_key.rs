//! The public keys that the profile knows: EC P-256 and RSA of 3072 bits or
//! more (operator-change profile, sections 2 and 3), as strict
//! SubjectPublicKeyInfo (RFC 5280 clause 4.1.2.7, RFC 5480 clause 2,
//! RFC 3279 clause 2.3.1).

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912::{ID_EC_PUBLIC_KEY, RSA_ENCRYPTION, SECP_256_R_1};
use der::Decode;
use openssl::encrypt::Encrypter;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Public};
use openssl::rsa::{Padding, Rsa};
use secret::SecretBytes;
use spki::SubjectPublicKeyInfoRef;

use crate::TreError;

/// `04|x|y` on P-256 (SEC 1 clause 2.3.3).
pub(crate) const POINT: usize = 65;
/// The first octet of an uncompressed point.
pub(crate) const UNCOMPRESSED: u8 = 4;

const MIN_MODULUS: u32 = 3072;
/// Longer moduli buy nothing here and cost whoever is made to use them.
const MAX_MODULUS: u32 = 8192;

/// What a key can do: EC keys sign and agree, RSA keys sign and decrypt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// EC on P-256 (secp256r1).
    EcP256,
    /// RSA with a modulus of 3072 to 8192 bits.
    Rsa,
}

/// A public key of a known kind, checked: an EC point is on the curve, an RSA
/// modulus is long enough, the DER is the only one for this key.
#[derive(Clone)]
pub struct PublicKey {
    spki: Vec<u8>,
    bits: Vec<u8>,
    kind: KeyKind,
    key: PKey<Public>,
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    /// [`TreError::KeyUnsupported`] for every other key, curve, point form,
    /// parameter or encoding.
    pub fn from_spki(spki: &[u8]) -> Result<Self, TreError> {
        let unsupported = |_| TreError::KeyUnsupported;
        let info = SubjectPublicKeyInfoRef::from_der(spki).map_err(unsupported)?;
        let bits = info
            .subject_public_key
            .as_bytes()
            .ok_or(TreError::KeyUnsupported)?;
        let kind = kind_of(&info, bits).ok_or(TreError::KeyUnsupported)?;
        let key = PKey::public_key_from_der(spki).map_err(|_| TreError::KeyUnsupported)?;
        let sound = match kind {
            KeyKind::EcP256 => key.ec_key()?.check_key().is_ok(),
            KeyKind::Rsa => is_sound(&key.rsa()?),
        };
        if !sound || key.public_key_to_der()? != spki {
            return Err(TreError::KeyUnsupported);
        }
        Ok(Self {
            spki: spki.to_vec(),
            bits: bits.to_vec(),
            kind,
            key,
        })
    }

    /// SubjectPublicKeyInfo, DER.
    #[must_use]
    pub fn as_spki(&self) -> &[u8] {
        &self.spki
    }

    /// What the key can do.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The value of the subjectPublicKey BIT STRING: an EC point `04|x|y`, or
    /// an RSAPublicKey.
    pub(crate) fn bits(&self) -> &[u8] {
        &self.bits
    }

    pub(crate) fn key(&self) -> &PKey<Public> {
        &self.key
    }

    /// RSAES-OAEP with SHA-256, MGF1 with SHA-256 and the empty label
    /// (RFC 8017 clause 7.1.1), for an RSA key.
    pub(crate) fn oaep_encrypt(&self, plain: &SecretBytes) -> Result<Vec<u8>, TreError> {
        let mut encrypter = Encrypter::new(&self.key)?;
        encrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
        encrypter.set_rsa_oaep_md(MessageDigest::sha256())?;
        encrypter.set_rsa_mgf1_md(MessageDigest::sha256())?;
        let mut out = vec![0; self.key.size()];
        let length = encrypter.encrypt(plain.expose(), &mut out)?;
        out.truncate(length);
        Ok(out)
    }
}

fn kind_of(info: &SubjectPublicKeyInfoRef<'_>, bits: &[u8]) -> Option<KeyKind> {
    let parameters = info.algorithm.parameters?;
    if info.algorithm.oid == ID_EC_PUBLIC_KEY {
        let curve: ObjectIdentifier = parameters.decode_as().ok()?;
        let point = bits.len() == POINT && bits.first() == Some(&UNCOMPRESSED);
        (curve == SECP_256_R_1 && point).then_some(KeyKind::EcP256)
    } else {
        (info.algorithm.oid == RSA_ENCRYPTION && parameters.is_null()).then_some(KeyKind::Rsa)
    }
}

/// Modulus and exponent within FIPS 186-5 clause 5.1 (2^16 < e < 2^256, odd)
/// and our own limits.
fn is_sound(rsa: &Rsa<Public>) -> bool {
    let modulus = u32::try_from(rsa.n().num_bits()).unwrap_or(0);
    (MIN_MODULUS..=MAX_MODULUS).contains(&modulus)
        && rsa.n().is_bit_set(0)
        && rsa.e().is_bit_set(0)
        && (17..=256).contains(&rsa.e().num_bits())
}
