//! WK, strictly (operator-change profile, section 2): the variable parts of
//! the one CMS structure that a suite and a kind of key fix, and its DER.

use der::asn1::{Any, BitString, OctetString, SetOfVec};
use der::{Decode, Encode, Tag, TagNumber, Tagged};
use spki::AlgorithmIdentifierOwned;

use super::cms::{
    self, AuthEnvelopedData, ContentInfo, EncryptedContentInfo, EnvelopedData,
    KeyAgreeRecipientInfo, KeyTransRecipientInfo, OriginatorPublicKey, RecipientEncryptedKey,
    RecipientKeyIdentifier, malformed,
};
use super::strict_der;
use crate::public_key::{POINT, UNCOMPRESSED};
use crate::{KeyKind, Recipient, Suite, TreError};

/// EnvelopedData with a recipient by key identifier (RFC 5652 clause 6.1).
const ENVELOPED_VERSION: u8 = 2;
/// AuthEnvelopedData (RFC 5083 clause 2.1).
const AUTH_ENVELOPED_VERSION: u8 = 0;
/// Key transport by key identifier (RFC 5652 clause 6.2.1).
const TRANSPORT_VERSION: u8 = 2;
/// Key agreement (RFC 5652 clause 6.2.2).
const AGREEMENT_VERSION: u8 = 3;

/// `RecipientInfo ::= CHOICE { ktri, kari [1], kekri [2], pwri [3], ori [4] }`.
const KARI: TagNumber = TagNumber::N1;
/// `OriginatorIdentifierOrKey ::= CHOICE { …, originatorKey [1] }`.
const ORIGINATOR_KEY: TagNumber = TagNumber::N1;
/// `rKeyId [0]`.
const R_KEY_ID: TagNumber = TagNumber::N0;
/// `subjectKeyIdentifier [0] IMPLICIT` OCTET STRING.
const KEY_IDENTIFIER: Tag = Tag::ContextSpecific {
    number: TagNumber::N0,
    constructed: false,
};

/// How the content key travels.
pub(super) enum Transport {
    /// RSAES-OAEP.
    Rsa {
        /// One of the two spellings of the only algorithm.
        algorithm: AlgorithmIdentifierOwned,
        /// As long as the recipient's modulus, if it is right.
        encrypted_key: Vec<u8>,
    },
    /// Ephemeral-static ECDH and AES key wrap.
    Ec {
        /// `04|x|y`, perhaps off the curve.
        ephemeral_point: Vec<u8>,
        /// 8 octets longer than the content key, if it is right.
        encrypted_key: Vec<u8>,
    },
}

/// The parts of WK that differ between envelopes of one suite.
pub(super) struct WrappedKey {
    pub(super) suite: Suite,
    /// The recipient's subject key identifier.
    pub(super) identifier: Vec<u8>,
    pub(super) transport: Transport,
    /// Suite 1: the CBC IV; suite 2: the GCM nonce.
    pub(super) nonce: Vec<u8>,
    pub(super) encrypted: Vec<u8>,
    /// Suite 2: the GCM tag; empty in suite 1.
    pub(super) tag: Vec<u8>,
}

impl WrappedKey {
    /// DER of the ContentInfo.
    pub(super) fn encode(&self) -> Result<Vec<u8>, TreError> {
        self.to_content_info()
            .and_then(|info| info.to_der())
            .map_err(TreError::Encoding)
    }

    /// Reads WK. What is not DER or does not follow RFC 5652 and 5083 is
    /// malformed. The rest must be, octet for octet, what [`Self::encode`]
    /// makes of its parts: so no other OID, parameter, choice, attribute or
    /// second recipient passes, whether or not it was thought of here.
    pub(super) fn decode(suite: Suite, octets: &[u8]) -> Result<Self, TreError> {
        strict_der::check(octets).map_err(malformed)?;
        let info = ContentInfo::from_der(octets).map_err(malformed)?;
        let parts = Self::of_content_info(suite, &info)?;
        if parts.encode()? == octets {
            Ok(parts)
        } else {
            Err(TreError::EnvelopeAlgorithmRefused)
        }
    }

    /// That `recipient` is meant, and by its kind of key.
    pub(super) fn check_addressee(&self, recipient: &Recipient) -> Result<(), TreError> {
        if self.identifier != recipient.identifier().as_octets() {
            return Err(TreError::EnvelopeNotForThisKey);
        }
        match (&self.transport, recipient.kind()) {
            (Transport::Rsa { .. }, KeyKind::Rsa) | (Transport::Ec { .. }, KeyKind::EcP256) => {
                Ok(())
            }
            _ => Err(TreError::EnvelopeAlgorithmRefused),
        }
    }

    fn to_content_info(&self) -> der::Result<ContentInfo> {
        let mut recipient_infos = SetOfVec::new();
        recipient_infos.insert(self.to_recipient_info()?)?;
        let encrypted_content_info = cms::encrypted(self.suite, &self.nonce, &self.encrypted)?;
        let content = match self.suite {
            Suite::One => Any::encode_from(&EnvelopedData {
                version: ENVELOPED_VERSION,
                originator_info: None,
                recipient_infos,
                encrypted_content_info,
                unprotected_attrs: None,
            })?,
            Suite::Two => Any::encode_from(&AuthEnvelopedData {
                version: AUTH_ENVELOPED_VERSION,
                originator_info: None,
                recipient_infos,
                encrypted_content_info,
                auth_attrs: None,
                mac: OctetString::new(self.tag.as_slice())?,
                unauth_attrs: None,
            })?,
        };
        let content_type = cms::content_type(self.suite);
        Ok(ContentInfo {
            content_type,
            content,
        })
    }

    fn to_recipient_info(&self) -> der::Result<Any> {
        match &self.transport {
            Transport::Rsa {
                algorithm,
                encrypted_key,
            } => Any::encode_from(&KeyTransRecipientInfo {
                version: TRANSPORT_VERSION,
                rid: Any::new(KEY_IDENTIFIER, self.identifier.as_slice())?,
                algorithm: algorithm.clone(),
                encrypted_key: OctetString::new(encrypted_key.as_slice())?,
            }),
            Transport::Ec {
                ephemeral_point,
                encrypted_key,
            } => self.to_agreement(ephemeral_point, encrypted_key),
        }
    }

    fn to_agreement(&self, ephemeral_point: &[u8], encrypted_key: &[u8]) -> der::Result<Any> {
        let originator = OriginatorPublicKey {
            algorithm: cms::originator_algorithm(),
            public_key: BitString::from_bytes(ephemeral_point)?,
        };
        let identifier = RecipientKeyIdentifier {
            subject_key_identifier: OctetString::new(self.identifier.as_slice())?,
            date: None,
            other: None,
        };
        let info = KeyAgreeRecipientInfo {
            version: AGREEMENT_VERSION,
            originator: cms::implicit(ORIGINATOR_KEY, &originator)?,
            ukm: None,
            algorithm: cms::agreement_algorithm(self.suite)?,
            keys: vec![RecipientEncryptedKey {
                rid: cms::implicit(R_KEY_ID, &identifier)?,
                encrypted_key: OctetString::new(encrypted_key)?,
            }],
        };
        cms::implicit(KARI, &info)
    }

    fn of_content_info(suite: Suite, info: &ContentInfo) -> Result<Self, TreError> {
        if info.content_type != cms::content_type(suite) {
            return Err(TreError::EnvelopeAlgorithmRefused);
        }
        match suite {
            Suite::One => {
                let data: EnvelopedData = info.content.decode_as().map_err(malformed)?;
                let parts = Self::of_parts(
                    suite,
                    &data.recipient_infos,
                    data.encrypted_content_info,
                    Vec::new(),
                )?;
                check_version(data.version, ENVELOPED_VERSION)?;
                Ok(parts)
            }
            Suite::Two => {
                let data: AuthEnvelopedData = info.content.decode_as().map_err(malformed)?;
                let parts = Self::of_parts(
                    suite,
                    &data.recipient_infos,
                    data.encrypted_content_info,
                    data.mac.into_bytes(),
                )?;
                check_version(data.version, AUTH_ENVELOPED_VERSION)?;
                Ok(parts)
            }
        }
    }

    fn of_parts(
        suite: Suite,
        recipients: &SetOfVec<Any>,
        encrypted: EncryptedContentInfo,
        tag: Vec<u8>,
    ) -> Result<Self, TreError> {
        let recipient = the_only(recipients.as_slice())?;
        let (identifier, transport) = of_recipient_info(recipient)?;
        let (nonce, tag_length) = cms::nonce(suite, &encrypted.algorithm)?;
        if tag.len() != tag_length {
            return Err(TreError::EnvelopeMalformed);
        }
        Ok(Self {
            suite,
            identifier,
            transport,
            nonce,
            encrypted: encrypted.content.into_bytes(),
            tag,
        })
    }
}

/// Recipient's identifier and encrypted content key, by what kind of
/// RecipientInfo it is.
fn of_recipient_info(info: &Any) -> Result<(Vec<u8>, Transport), TreError> {
    match info.tag() {
        Tag::Sequence => of_transport(&info.decode_as().map_err(malformed)?),
        tag if tag == cms::implicit_tag(KARI) => of_agreement(&cms::of_implicit(info)?),
        Tag::ContextSpecific { .. } => Err(TreError::EnvelopeAlgorithmRefused),
        _ => Err(TreError::EnvelopeMalformed),
    }
}

fn of_transport(info: &KeyTransRecipientInfo) -> Result<(Vec<u8>, Transport), TreError> {
    check_choice(&info.rid, KEY_IDENTIFIER)?;
    check_version(info.version, TRANSPORT_VERSION)?;
    cms::check_oaep(&info.algorithm)?;
    let transport = Transport::Rsa {
        algorithm: info.algorithm.clone(),
        encrypted_key: info.encrypted_key.as_bytes().to_vec(),
    };
    Ok((info.rid.value().to_vec(), transport))
}

fn of_agreement(info: &KeyAgreeRecipientInfo) -> Result<(Vec<u8>, Transport), TreError> {
    check_choice(&info.originator, cms::implicit_tag(ORIGINATOR_KEY))?;
    let originator: OriginatorPublicKey = cms::of_implicit(&info.originator)?;
    let point = originator.public_key.as_bytes().unwrap_or_default();
    if point.len() != POINT || point.first() != Some(&UNCOMPRESSED) {
        return Err(TreError::EnvelopeMalformed);
    }
    let key = the_only(&info.keys)?;
    check_choice(&key.rid, cms::implicit_tag(R_KEY_ID))?;
    let identifier: RecipientKeyIdentifier = cms::of_implicit(&key.rid)?;
    check_version(info.version, AGREEMENT_VERSION)?;
    let transport = Transport::Ec {
        ephemeral_point: point.to_vec(),
        encrypted_key: key.encrypted_key.as_bytes().to_vec(),
    };
    let identifier = identifier.subject_key_identifier.into_bytes();
    Ok((identifier, transport))
}

/// None is no CMS, more than one is not for one TRE.
fn the_only<T>(items: &[T]) -> Result<&T, TreError> {
    match items {
        [] => Err(TreError::EnvelopeMalformed),
        [only] => Ok(only),
        _ => Err(TreError::EnvelopeAlgorithmRefused),
    }
}

/// In each CHOICE here the alternatives that the profile leaves out are a
/// SEQUENCE (by issuer and serial number) or another context-specific tag.
fn check_choice(chosen: &Any, expected: Tag) -> Result<(), TreError> {
    match chosen.tag() {
        tag if tag == expected => Ok(()),
        Tag::Sequence | Tag::ContextSpecific { .. } => Err(TreError::EnvelopeAlgorithmRefused),
        _ => Err(TreError::EnvelopeMalformed),
    }
}

/// The clauses give one version to each structure as the profile has it.
fn check_version(found: u8, due: u8) -> Result<(), TreError> {
    if found == due {
        Ok(())
    } else {
        Err(TreError::EnvelopeMalformed)
    }
}
