//! The envelope `suite u8 | WK | IV 16 | CT | MAC` (operator-change profile,
//! section 2; TR 33.812 clause B.2.3.6): what only one TRE can read.
//!
//! # One error, one timing
//! Anybody can see whether octets are an envelope, of which suite, of which
//! structure and for which key; those faults have errors of their own. All
//! that depends on a private key has one: [`TreError::EnvelopeInvalid`].
//!
//! [`open`] never stops early at such a fault. Where the key operation refuses
//! its input, the content key fails to unwrap, or the content of WK has the
//! wrong padding, tag or length, random keys of the right size, drawn in every
//! case, take the place of what did not come out, chosen in constant time; the
//! next steps run on them, the MAC is computed under a random PIK, and the
//! verdict is false whatever it says. The MAC is checked before CT is
//! decrypted; under a wrong one CT is decrypted all the same, but with a random
//! PCK, so that the time is spent and PCK is not used. What is left is the cost
//! of a library's error record on the failing path, and a few comparisons at
//! the end that only the maker of a valid MAC can reach. Lengths are public:
//! a part of the wrong length costs what its length costs.

mod cms;
mod data;
mod layout;
mod message;
mod padding;
mod strict_der;
mod unwrap;
mod wrapped_key;

use clock::Random;
use secret::{Secret, SecretBytes};
use subtle::ConstantTimeEq;

pub use data::{Content, ContentTag, MAX_PAYLOAD, Opened};
pub use message::{open_message, seal_message};

use crate::agreement::{Ephemeral, key_encryption_key};
use crate::symmetric::{BLOCK, NONCE, cbc_decrypt, cbc_encrypt, gcm_encrypt, wrap};
use crate::{Backend, KeyKind, Recipient, Suite, TreError};
use layout::Head;
use unwrap::{Keys, select, unwrap_keys};
use wrapped_key::{Transport, WrappedKey};

/// Seals `content` for `recipient`.
///
/// Draws from `random`, in this order: PIK|PCK, the IV, the content key of WK,
/// the IV or nonce in WK, and for an EC recipient candidates of 32 octets for
/// the ephemeral key.
///
/// # Errors
/// [`TreError::PayloadTooLong`], [`TreError::RandomSource`].
pub fn seal(
    recipient: &Recipient,
    suite: Suite,
    content: &Content<'_>,
    random: &mut dyn Random,
) -> Result<Vec<u8>, TreError> {
    let plain = data::encode(content)?;
    let keys = Keys::new(suite, draw(random, suite.both_keys()));
    let iv = draw(random, BLOCK);
    let wrapped_key = wrap_plain(recipient, suite, keys.both(), random)?.encode()?;

    let mut octets = vec![suite.octet()];
    octets.extend(&wrapped_key);
    octets.extend(iv.expose());
    octets.extend(cbc_encrypt(keys.pck(), iv.expose(), plain.expose())?);
    let (_, protected) = octets.split_at(1 + wrapped_key.len());
    let mac = layout::mac(suite, keys.pik(), &wrapped_key, protected)?;
    octets.extend(mac);
    Ok(octets)
}

/// Opens an envelope with the key in `backend`'s envelope slot, which
/// `recipient` (the TRE's own certificate) names. `random` yields the keys
/// that stand in for those of an envelope that does not open.
///
/// Which suites and tags are welcome is for the caller to decide; [`suite`]
/// tells the suite before the key is used.
///
/// # Errors
/// [`TreError::EnvelopeMalformed`], [`TreError::EnvelopeUnsupportedSuite`],
/// [`TreError::EnvelopeAlgorithmRefused`], [`TreError::EnvelopeNotForThisKey`]
/// for what anybody can see; [`TreError::EnvelopeInvalid`] for all else that
/// is wrong with the octets. [`TreError::RecipientMismatch`] and
/// [`TreError::Device`] say nothing about them.
pub fn open(
    backend: &mut dyn Backend,
    recipient: &Recipient,
    octets: &[u8],
    random: &mut dyn Random,
) -> Result<Opened, TreError> {
    let head = Head::split(octets)?;
    let wrapped = WrappedKey::decode(head.suite, head.wrapped_key)?;
    wrapped.check_addressee(recipient)?;
    let body = head.body()?;
    recipient.is_in(backend)?;

    let (keys, unwrapped) = unwrap_keys(backend, &wrapped, random)?;
    let mac = layout::mac(head.suite, keys.pik(), head.wrapped_key, body.protected)?;
    let genuine = unwrapped & mac.as_slice().ct_eq(body.mac);
    let other_pck = draw(random, head.suite.cipher_key());
    let pck = select(keys.pck(), other_pck.expose(), genuine);
    let plain = cbc_decrypt(pck.expose(), body.iv, body.ciphertext)?;
    data::decode(head.suite, &plain, genuine)
}

/// The suite of an envelope, from its first octet alone.
///
/// # Errors
/// [`TreError::EnvelopeMalformed`] if there is none,
/// [`TreError::EnvelopeUnsupportedSuite`].
pub fn suite(octets: &[u8]) -> Result<Suite, TreError> {
    let first = *octets.first().ok_or(TreError::EnvelopeMalformed)?;
    Suite::from_octet(first).ok_or(TreError::EnvelopeUnsupportedSuite(first))
}

/// WK: a CMS ContentInfo (RFC 5652 clause 3) in DER, as other programs read it.
/// It is cut at its own length; nothing inside it has been checked.
///
/// # Errors
/// [`TreError::EnvelopeMalformed`], [`TreError::EnvelopeUnsupportedSuite`].
pub fn wrapped_key(octets: &[u8]) -> Result<&[u8], TreError> {
    Ok(Head::split(octets)?.wrapped_key)
}

fn draw(random: &mut dyn Random, octets: usize) -> SecretBytes {
    let mut out = vec![0; octets];
    random.fill(&mut out);
    Secret::new(out)
}

/// `PuKTRE(PIK|PCK)`, or any other content for a recipient.
fn wrap_plain(
    recipient: &Recipient,
    suite: Suite,
    plain: &SecretBytes,
    random: &mut dyn Random,
) -> Result<WrappedKey, TreError> {
    let content_key = draw(random, suite.cipher_key());
    let (nonce, encrypted, tag) = match suite {
        Suite::One => {
            let iv = draw(random, BLOCK).expose().clone();
            let padded = padding::pad(plain);
            let encrypted = cbc_encrypt(content_key.expose(), &iv, padded.expose())?;
            (iv, encrypted, Vec::new())
        }
        Suite::Two => {
            let mut nonce = [0; NONCE];
            random.fill(&mut nonce);
            let sealed = gcm_encrypt(content_key.expose(), &nonce, &[], plain.expose())?;
            (nonce.to_vec(), sealed.ciphertext, sealed.tag.to_vec())
        }
    };
    Ok(WrappedKey {
        suite,
        identifier: recipient.identifier().as_octets().to_vec(),
        transport: transport(recipient, suite, &content_key, random)?,
        nonce,
        encrypted,
        tag,
    })
}

/// The content key under the recipient's public key.
fn transport(
    recipient: &Recipient,
    suite: Suite,
    content_key: &SecretBytes,
    random: &mut dyn Random,
) -> Result<Transport, TreError> {
    match recipient.kind() {
        KeyKind::Rsa => Ok(Transport::Rsa {
            algorithm: cms::oaep_algorithm().map_err(TreError::Encoding)?,
            encrypted_key: recipient.public_key().oaep_encrypt(content_key)?,
        }),
        KeyKind::EcP256 => {
            let ephemeral = Ephemeral::generate(random)?;
            let x = ephemeral.agree(recipient.public_key())?;
            let key = key_encryption_key(&x, &cms::wrap_algorithm(suite), suite.cipher_key())?;
            Ok(Transport::Ec {
                ephemeral_point: ephemeral.point().to_vec(),
                encrypted_key: wrap(&key, content_key)?,
            })
        }
    }
}
