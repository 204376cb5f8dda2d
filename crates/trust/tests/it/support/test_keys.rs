//! Fixed keys: EC keys whose private value is the seed, RSA keys from files.

use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};

pub(crate) fn p256(seed: u32) -> PKey<Private> {
    ec(Nid::X9_62_PRIME256V1, seed)
}

pub(crate) fn p384(seed: u32) -> PKey<Private> {
    ec(Nid::SECP384R1, seed)
}

pub(crate) fn ec(curve: Nid, seed: u32) -> PKey<Private> {
    let group = EcGroup::from_curve_name(curve).unwrap();
    let private = BigNum::from_u32(seed + 1000).unwrap();
    let mut public = EcPoint::new(&group).unwrap();
    let mut context = BigNumContext::new().unwrap();
    public
        .mul_generator2(&group, &private, &mut context)
        .unwrap();
    let key = EcKey::from_private_components(&group, &private, &public).unwrap();
    PKey::from_ec_key(key).unwrap()
}

/// `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072`.
pub(crate) fn rsa3072() -> PKey<Private> {
    PKey::private_key_from_pem(include_bytes!("../../fixtures/rsa3072.pem")).unwrap()
}

/// The same with 2048 bits: too weak for this profile.
pub(crate) fn rsa2048() -> PKey<Private> {
    PKey::private_key_from_pem(include_bytes!("../../fixtures/rsa2048.pem")).unwrap()
}

/// The SubjectPublicKeyInfo of a key.
pub(crate) fn spki(key: &PKey<Private>) -> Vec<u8> {
    key.public_key_to_der().unwrap()
}
