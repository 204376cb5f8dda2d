//! WK's ASN.1 (operator-change profile, section 2): EnvelopedData (RFC 5652
//! clause 6) and AuthEnvelopedData (RFC 5083 clause 2), key transport
//! (RFC 5652 clause 6.2.1) and key agreement (clause 6.2.2, RFC 5753
//! clause 3.1), and the algorithms that a suite fixes. The types read all that
//! those clauses allow, so that what is sound CMS but not ours can be told
//! from what is no CMS.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5911::{
    ID_AES_128_CBC, ID_AES_128_WRAP, ID_AES_256_GCM, ID_AES_256_WRAP, ID_CT_AUTH_ENVELOPED_DATA,
    ID_DATA, ID_ENVELOPED_DATA,
};
use const_oid::db::rfc5912::{
    ID_EC_PUBLIC_KEY, ID_MGF_1, ID_P_SPECIFIED, ID_RSAES_OAEP, ID_SHA_256,
};
use der::asn1::{Any, AnyRef, BitString, GeneralizedTime, Null, OctetString, SetOfVec};
use der::{Decode, Encode, Sequence, Tag, TagNumber};
use spki::AlgorithmIdentifierOwned;

use crate::symmetric::{BLOCK, NONCE};
use crate::{Suite, TreError};

/// dhSinglePass-stdDH-sha256kdf-scheme (RFC 5753 clause 7.1.4).
const STD_DH_SHA256_KDF: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.1.11.1");

/// `ContentInfo` (RFC 5652 clause 3).
#[derive(Sequence)]
pub(super) struct ContentInfo {
    pub(super) content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) content: Any,
}

/// `EnvelopedData`, for suite 1.
#[derive(Sequence)]
pub(super) struct EnvelopedData {
    pub(super) version: u8,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    pub(super) originator_info: Option<Vec<Any>>,
    pub(super) recipient_infos: SetOfVec<Any>,
    pub(super) encrypted_content_info: EncryptedContentInfo,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    pub(super) unprotected_attrs: Option<Vec<Any>>,
}

/// `AuthEnvelopedData`, for suite 2.
#[derive(Sequence)]
pub(super) struct AuthEnvelopedData {
    pub(super) version: u8,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    pub(super) originator_info: Option<Vec<Any>>,
    pub(super) recipient_infos: SetOfVec<Any>,
    pub(super) encrypted_content_info: EncryptedContentInfo,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    pub(super) auth_attrs: Option<Vec<Any>>,
    pub(super) mac: OctetString,
    #[asn1(context_specific = "2", tag_mode = "IMPLICIT", optional = "true")]
    pub(super) unauth_attrs: Option<Vec<Any>>,
}

/// `EncryptedContentInfo`; WK is never detached from its content.
#[derive(Sequence)]
pub(super) struct EncryptedContentInfo {
    pub(super) content_type: ObjectIdentifier,
    pub(super) algorithm: AlgorithmIdentifierOwned,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    pub(super) content: OctetString,
}

/// `KeyTransRecipientInfo`. `rid` is a SEQUENCE (issuer and serial number) or
/// `[0] IMPLICIT` OCTET STRING.
#[derive(Sequence)]
pub(super) struct KeyTransRecipientInfo {
    pub(super) version: u8,
    pub(super) rid: Any,
    pub(super) algorithm: AlgorithmIdentifierOwned,
    pub(super) encrypted_key: OctetString,
}

/// `KeyAgreeRecipientInfo`. The originator is a SEQUENCE, `[0]`, or
/// `[1] IMPLICIT` [`OriginatorPublicKey`].
#[derive(Sequence)]
pub(super) struct KeyAgreeRecipientInfo {
    pub(super) version: u8,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) originator: Any,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) ukm: Option<OctetString>,
    pub(super) algorithm: AlgorithmIdentifierOwned,
    pub(super) keys: Vec<RecipientEncryptedKey>,
}

/// `OriginatorPublicKey`.
#[derive(Sequence)]
pub(super) struct OriginatorPublicKey {
    pub(super) algorithm: AlgorithmIdentifierOwned,
    pub(super) public_key: BitString,
}

/// `RecipientEncryptedKey`. `rid` is a SEQUENCE (issuer and serial number) or
/// `[0] IMPLICIT` [`RecipientKeyIdentifier`].
#[derive(Sequence)]
pub(super) struct RecipientEncryptedKey {
    pub(super) rid: Any,
    pub(super) encrypted_key: OctetString,
}

/// `RecipientKeyIdentifier`.
#[derive(Sequence)]
pub(super) struct RecipientKeyIdentifier {
    pub(super) subject_key_identifier: OctetString,
    #[asn1(optional = "true")]
    pub(super) date: Option<GeneralizedTime>,
    #[asn1(optional = "true")]
    pub(super) other: Option<Vec<Any>>,
}

/// `RSAES-OAEP-params` (RFC 4055 clause 4.1).
#[derive(Sequence)]
struct OaepParameters {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    hash: Option<AlgorithmIdentifierOwned>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    mask_generation: Option<AlgorithmIdentifierOwned>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    label_source: Option<AlgorithmIdentifierOwned>,
}

/// `GCMParameters` (RFC 5084 clause 3.2).
#[derive(Sequence)]
struct GcmParameters {
    nonce: OctetString,
    #[asn1(default = "default_icv_length")]
    icv_length: u8,
}

/// `aes-ICVlen DEFAULT 12`.
const fn default_icv_length() -> u8 {
    12
}

/// The content type of WK.
pub(super) const fn content_type(suite: Suite) -> ObjectIdentifier {
    match suite {
        Suite::One => ID_ENVELOPED_DATA,
        Suite::Two => ID_CT_AUTH_ENVELOPED_DATA,
    }
}

/// id-aes128-wrap or id-aes256-wrap, parameters absent (RFC 3565 clause 2.3.2).
pub(crate) const fn wrap_algorithm(suite: Suite) -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: match suite {
            Suite::One => ID_AES_128_WRAP,
            Suite::Two => ID_AES_256_WRAP,
        },
        parameters: None,
    }
}

/// The key agreement with its key wrap as parameter.
pub(super) fn agreement_algorithm(suite: Suite) -> der::Result<AlgorithmIdentifierOwned> {
    with(STD_DH_SHA256_KDF, &wrap_algorithm(suite))
}

/// id-RSAES-OAEP with SHA-256 and MGF1 with SHA-256, as we write it.
pub(super) fn oaep_algorithm() -> der::Result<AlgorithmIdentifierOwned> {
    let hash = with(ID_SHA_256, &Null)?;
    let mask_generation = Some(with(ID_MGF_1, &hash)?);
    let parameters = OaepParameters {
        hash: Some(hash),
        mask_generation,
        label_source: None,
    };
    with(ID_RSAES_OAEP, &parameters)
}

/// That `algorithm` is OAEP as [`oaep_algorithm`] has it. SHA-256 may come
/// with NULL or without parameters (RFC 4055 clause 2.1; OpenSSL leaves them
/// out).
pub(super) fn check_oaep(algorithm: &AlgorithmIdentifierOwned) -> Result<(), TreError> {
    let parameters = match &algorithm.parameters {
        Some(parameters) if algorithm.oid == ID_RSAES_OAEP => parameters,
        _ => return Err(TreError::EnvelopeAlgorithmRefused),
    };
    let parameters: OaepParameters = parameters.decode_as().map_err(malformed)?;
    let unlabelled = with(
        ID_P_SPECIFIED,
        &OctetString::new([]).map_err(TreError::Encoding)?,
    )
    .map_err(TreError::Encoding)?;
    if parameters.label_source.as_ref() == Some(&unlabelled) {
        // A DEFAULT that is spelt out is not DER.
        return Err(TreError::EnvelopeMalformed);
    }
    let fits = parameters.hash.as_ref().is_some_and(is_sha256)
        && parameters
            .mask_generation
            .as_ref()
            .is_some_and(is_mgf1_sha256)
        && parameters.label_source.is_none();
    fits.then_some(()).ok_or(TreError::EnvelopeAlgorithmRefused)
}

fn is_sha256(algorithm: &AlgorithmIdentifierOwned) -> bool {
    let parameters = algorithm.parameters.as_ref();
    algorithm.oid == ID_SHA_256
        && parameters.is_none_or(|parameters| AnyRef::from(parameters).is_null())
}

fn is_mgf1_sha256(algorithm: &AlgorithmIdentifierOwned) -> bool {
    let hash = algorithm.parameters.as_ref();
    algorithm.oid == ID_MGF_1
        && hash.is_some_and(|hash| hash.decode_as().is_ok_and(|hash| is_sha256(&hash)))
}

/// The content encryption with its IV or nonce.
fn content_algorithm(suite: Suite, nonce: &[u8]) -> der::Result<AlgorithmIdentifierOwned> {
    let nonce = OctetString::new(nonce)?;
    match suite {
        Suite::One => with(ID_AES_128_CBC, &nonce),
        Suite::Two => {
            let icv_length = 16;
            with(ID_AES_256_GCM, &GcmParameters { nonce, icv_length })
        }
    }
}

/// The IV or nonce out of the content encryption's parameters, and the length
/// of tag that they announce (0 for CBC).
pub(super) fn nonce(
    suite: Suite,
    algorithm: &AlgorithmIdentifierOwned,
) -> Result<(Vec<u8>, usize), TreError> {
    let parameters = algorithm
        .parameters
        .as_ref()
        .filter(|_| algorithm.oid == content_cipher(suite))
        .ok_or(TreError::EnvelopeAlgorithmRefused)?;
    match suite {
        Suite::One => {
            let iv: OctetString = parameters.decode_as().map_err(malformed)?;
            if iv.as_bytes().len() != BLOCK {
                return Err(TreError::EnvelopeMalformed);
            }
            Ok((iv.into_bytes(), 0))
        }
        Suite::Two => {
            let gcm: GcmParameters = parameters.decode_as().map_err(malformed)?;
            if gcm.nonce.as_bytes().len() != NONCE {
                return Err(TreError::EnvelopeAlgorithmRefused);
            }
            Ok((gcm.nonce.into_bytes(), usize::from(gcm.icv_length)))
        }
    }
}

const fn content_cipher(suite: Suite) -> ObjectIdentifier {
    match suite {
        Suite::One => ID_AES_128_CBC,
        Suite::Two => ID_AES_256_GCM,
    }
}

/// `content` as id-data under `algorithm`.
pub(super) fn encrypted(
    suite: Suite,
    nonce: &[u8],
    content: &[u8],
) -> der::Result<EncryptedContentInfo> {
    Ok(EncryptedContentInfo {
        content_type: ID_DATA,
        algorithm: content_algorithm(suite, nonce)?,
        content: OctetString::new(content)?,
    })
}

/// id-ecPublicKey with absent parameters: the curve is the recipient's
/// (RFC 5753 clause 3.1.1).
pub(super) const fn originator_algorithm() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: ID_EC_PUBLIC_KEY,
        parameters: None,
    }
}

/// `[number] IMPLICIT` over a SEQUENCE.
pub(super) fn implicit(number: TagNumber, sequence: &impl Encode) -> der::Result<Any> {
    let der = sequence.to_der()?;
    Any::new(implicit_tag(number), AnyRef::from_der(&der)?.value())
}

/// The tag of `[number] IMPLICIT` over a SEQUENCE.
pub(super) const fn implicit_tag(number: TagNumber) -> Tag {
    Tag::ContextSpecific {
        number,
        constructed: true,
    }
}

/// The SEQUENCE that an implicit tag hides.
pub(super) fn of_implicit<T>(any: &Any) -> Result<T, TreError>
where
    T: for<'a> Decode<'a>,
{
    Any::new(Tag::Sequence, any.value())
        .and_then(|sequence| sequence.to_der())
        .and_then(|der| T::from_der(&der))
        .map_err(malformed)
}

/// What doesn't follow the clauses that the types here come from.
pub(super) fn malformed(_: der::Error) -> TreError {
    TreError::EnvelopeMalformed
}

fn with(oid: ObjectIdentifier, parameters: &impl Encode) -> der::Result<AlgorithmIdentifierOwned> {
    Ok(AlgorithmIdentifierOwned {
        oid,
        parameters: Some(Any::from_der(&parameters.to_der()?)?),
    })
}
