//! Ephemeral-static ECDH on P-256 as CMS uses it (RFC 5753 clause 3.1): the
//! ephemeral key, and the ANSI X9.63 KDF over ECC-CMS-SharedInfo.

use clock::Random;
use der::asn1::OctetString;
use der::{Encode, Sequence};
use openssl::bn::{BigNum, BigNumContext};
use openssl::derive::Deriver;
use openssl::ec::{EcGroup, EcKey, EcPoint, PointConversionForm};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private, Public};
use openssl::sha::Sha256;
use secret::{Secret, SecretBytes};
use spki::AlgorithmIdentifierOwned;
use zeroize::Zeroizing;

use crate::public_key::{POINT, UNCOMPRESSED};
use crate::{PublicKey, TreError};

/// One draw in 2^32 fails; this many in a row mean a broken source.
const DRAWS: usize = 8;

/// The point `04|x|y` as a key, if it is on the curve.
pub(crate) fn public_point(octets: &[u8]) -> Option<PKey<Public>> {
    if octets.len() != POINT || octets.first() != Some(&UNCOMPRESSED) {
        return None;
    }
    let key = || -> Result<PKey<Public>, ErrorStack> {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
        let mut context = BigNumContext::new()?;
        let point = EcPoint::from_bytes(&group, octets, &mut context)?;
        let key = EcKey::from_public_key(&group, &point)?;
        key.check_key()?;
        PKey::from_ec_key(key)
    };
    key().ok()
}

/// An ephemeral key pair, for one envelope.
pub(crate) struct Ephemeral {
    key: PKey<Private>,
    point: Vec<u8>,
}

impl Ephemeral {
    /// Draws the private key by testing candidates of 32 octets (FIPS 186-5
    /// appendix A.2.2: the candidate plus one, if that is below the order).
    pub(crate) fn generate(random: &mut dyn Random) -> Result<Self, TreError> {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
        let mut context = BigNumContext::new()?;
        let mut order = BigNum::new()?;
        group.order(&mut order, &mut context)?;
        let mut candidate = Zeroizing::new([0u8; 32]);
        for _ in 0..DRAWS {
            random.fill(&mut *candidate);
            let mut scalar = BigNum::from_slice(&*candidate)?;
            scalar.set_const_time();
            scalar.add_word(1)?;
            let usable = scalar < order;
            let made = usable.then(|| Self::of_scalar(&group, &scalar, &mut context));
            scalar.clear();
            if let Some(made) = made {
                return Ok(made?);
            }
        }
        Err(TreError::RandomSource)
    }

    fn of_scalar(
        group: &EcGroup,
        scalar: &BigNum,
        context: &mut BigNumContext,
    ) -> Result<Self, ErrorStack> {
        let mut public = EcPoint::new(group)?;
        public.mul_generator2(group, scalar, context)?;
        let point = public.to_bytes(group, PointConversionForm::UNCOMPRESSED, context)?;
        let key = EcKey::from_private_components(group, scalar, &public)?;
        Ok(Self {
            key: PKey::from_ec_key(key)?,
            point,
        })
    }

    /// The public half, `04|x|y`.
    pub(crate) fn point(&self) -> &[u8] {
        &self.point
    }

    /// The x-coordinate of the point shared with `peer`, an EC key.
    pub(crate) fn agree(&self, peer: &PublicKey) -> Result<SecretBytes, TreError> {
        let mut deriver = Deriver::new(&self.key)?;
        deriver.set_peer(peer.key())?;
        Ok(Secret::new(deriver.derive_to_vec()?))
    }
}

/// `ECC-CMS-SharedInfo` of RFC 5753 clause 7.2, without entityUInfo (no ukm).
#[derive(Sequence)]
struct SharedInfo {
    key_info: AlgorithmIdentifierOwned,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT")]
    supp_pub_info: OctetString,
}

/// The key of `octets` octets, up to 32, that encrypts the content key: X9.63
/// KDF with SHA-256 (SEC 1 clause 3.6.1) of the shared `x`, for key wrap
/// `wrap`.
pub(crate) fn key_encryption_key(
    x: &SecretBytes,
    wrap: &AlgorithmIdentifierOwned,
    octets: usize,
) -> Result<SecretBytes, TreError> {
    let bits = u32::try_from(octets.saturating_mul(8)).unwrap_or(u32::MAX);
    let info = SharedInfo {
        key_info: wrap.clone(),
        supp_pub_info: OctetString::new(bits.to_be_bytes()).map_err(TreError::Encoding)?,
    };
    let mut hash = Sha256::new();
    hash.update(x.expose());
    hash.update(&1u32.to_be_bytes());
    hash.update(&info.to_der().map_err(TreError::Encoding)?);
    let block = Zeroizing::new(hash.finish());
    Ok(Secret::new(block.iter().copied().take(octets).collect()))
}
