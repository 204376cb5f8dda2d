//! The key under which aggregates are sealed: AES-256-GCM (NIST SP 800-38D)
//! with a key of its own for every version of every row.

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rand::rand_bytes;
use openssl::sign::Signer;
use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};
use secret::{MaskedImsi, Secret, SecretBytes};
use zeroize::Zeroizing;

use crate::Error;

/// What the store's key is derived for; the node's key serves other files too.
const PURPOSE: &[u8] = b"rehome-store-1";
const NONCE: usize = 12;
const TAG: usize = 16;

/// A store's key, derived from the node's or device's, with the number under
/// which rows name it.
pub struct StoreKey {
    id: u32,
    key: Secret<[u8; 32]>,
}

/// Where sealed octets belong; they open nowhere else.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) table: &'static str,
    pub(crate) key: &'a str,
    pub(crate) version: u64,
}

impl Place<'_> {
    /// `table|key|version`: no table's name has a bar in it and the version is
    /// digits, so that two places never read the same.
    fn binding(&self) -> String {
        format!("{}|{}|{}", self.table, self.key, self.version)
    }

    pub(crate) fn altered(&self) -> Error {
        let key = match self.table {
            "subscribers" => MaskedImsi(self.key).to_string(),
            _ => self.key.to_owned(),
        };
        Error::RowAltered {
            table: self.table,
            key,
        }
    }
}

impl StoreKey {
    /// The key with the number `id` from the node's 32 octets.
    ///
    /// # Errors
    /// [`Error::Crypto`].
    pub fn new(id: u32, node_key: &Secret<[u8; 32]>) -> Result<Self, Error> {
        let key = hmac(node_key, PURPOSE)?;
        Ok(Self { id, key })
    }

    /// The number under which rows name this key.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// `nonce 12 | ciphertext | tag 16`. A version is sealed a few times at
    /// most, so that random nonces stay far below the limit of SP 800-38D
    /// clause 8.3 however many rows there are.
    pub(crate) fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>, Error> {
        let binding = place.binding();
        let key = hmac(&self.key, binding.as_bytes())?;
        let (mut nonce, mut tag) = ([0; NONCE], [0; TAG]);
        rand_bytes(&mut nonce)?;
        let cipher = Cipher::aes_256_gcm();
        let ciphertext = encrypt_aead(
            cipher,
            key.expose(),
            Some(&nonce),
            binding.as_bytes(),
            plain,
            &mut tag,
        )?;
        Ok([nonce.as_slice(), &ciphertext, &tag].concat())
    }

    /// A tag of a secret of one `kind`, the same for the same secret: what can be
    /// looked for without telling the secret. No table has the name of a kind.
    pub(crate) fn tag(&self, kind: &str, secret: &SecretBytes) -> Result<Vec<u8>, Error> {
        let key = hmac(&self.key, format!("tag|{kind}").as_bytes())?;
        Ok(hmac(&key, secret.expose())?.expose().to_vec())
    }

    /// Opens what [`Self::seal`] made for this place.
    pub(crate) fn open(
        &self,
        place: Place<'_>,
        key_id: u32,
        octets: &[u8],
    ) -> Result<SecretBytes, Error> {
        let parts = octets
            .split_first_chunk::<NONCE>()
            .and_then(|(nonce, rest)| Some((nonce, rest.split_last_chunk::<TAG>()?)));
        let Some((nonce, (ciphertext, tag))) = parts.filter(|_| key_id == self.id) else {
            return Err(place.altered());
        };
        let binding = place.binding();
        let key = hmac(&self.key, binding.as_bytes())?;
        decrypt_aead(
            Cipher::aes_256_gcm(),
            key.expose(),
            Some(nonce),
            binding.as_bytes(),
            ciphertext,
            tag,
        )
        .map(Secret::new)
        .map_err(|_| place.altered())
    }
}

/// HMAC-SHA-256 as a key derivation function (NIST SP 800-108 in its simplest
/// form: one block, one label).
fn hmac(key: &Secret<[u8; 32]>, label: &[u8]) -> Result<Secret<[u8; 32]>, Error> {
    let key = PKey::hmac(key.expose())?;
    let mut out = Zeroizing::new([0; 32]);
    Signer::new(MessageDigest::sha256(), &key)?.sign_oneshot(&mut *out, label)?;
    Ok(Secret::new(*out))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'static> = Place {
        table: "orders",
        key: "a",
        version: 7,
    };

    fn key(id: u32, octet: u8) -> StoreKey {
        StoreKey::new(id, &Secret::new([octet; 32])).unwrap()
    }

    #[test]
    fn octets_open_in_their_place_only() {
        let octets = key(1, 1).seal(PLACE, b"plain").unwrap();
        let opened = key(1, 1).open(PLACE, 1, &octets).unwrap();
        assert_eq!(opened.expose(), b"plain");
        let elsewhere = [
            Place {
                table: "meta",
                ..PLACE
            },
            Place { key: "b", ..PLACE },
            Place {
                version: 8,
                ..PLACE
            },
        ];
        for place in elsewhere {
            assert!(key(1, 1).open(place, 1, &octets).is_err());
        }
        assert!(key(1, 2).open(PLACE, 1, &octets).is_err());
        assert!(key(1, 1).open(PLACE, 2, &octets).is_err());
    }

    #[test]
    fn an_altered_or_shortened_octet_string_does_not_open() {
        let octets = key(1, 1).seal(PLACE, b"plain").unwrap();
        for at in 0..octets.len() {
            let mut altered = octets.clone();
            altered[at] ^= 1;
            assert!(key(1, 1).open(PLACE, 1, &altered).is_err(), "octet {at}");
            assert!(
                key(1, 1).open(PLACE, 1, &octets[..at]).is_err(),
                "length {at}"
            );
        }
    }

    #[test]
    fn the_same_plaintext_never_looks_the_same() {
        let sealed = || key(1, 1).seal(PLACE, b"plain").unwrap();
        assert_ne!(sealed(), sealed());
    }

    /// RFC 4231 has no vector with a 32-octet key; this one is printed by
    /// `printf rehome-store-1 | openssl dgst -sha256 -mac HMAC -macopt
    /// hexkey:0101…01`.
    #[test]
    fn the_derived_key_is_the_hmac_that_openssl_prints() {
        let key = hmac(&Secret::new([1; 32]), PURPOSE).unwrap();
        let hex: String = key.expose().iter().map(|o| format!("{o:02x}")).collect();
        assert_eq!(
            hex,
            "a00088bfb982cdb88b4dd0cd430bb6181403fe107f285daa636049224f1f5707"
        );
    }

    #[test]
    fn an_error_shows_no_whole_imsi() {
        let place = Place {
            table: "subscribers",
            key: "001010123456789",
            version: 1,
        };
        let text = place.altered().to_string();
        assert!(!text.contains("001010123456789"), "{text}");
        assert!(text.contains("00101*******789"), "{text}");
    }
}
