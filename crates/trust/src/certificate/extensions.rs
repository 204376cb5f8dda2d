//! The extensions that this profile processes (RFC 5280 clause 4.2): key usage,
//! basic constraints, extended key usage, subject alternative name, the two key
//! identifiers, authority information access, id-pkix-ocsp-nocheck (RFC 6960
//! clause 4.2.2.2.1), and A.16 as opaque octets. Others are ignored, or refused
//! when critical.

use std::collections::BTreeSet;

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::{
    ID_CE_AUTHORITY_KEY_IDENTIFIER, ID_CE_BASIC_CONSTRAINTS, ID_CE_EXT_KEY_USAGE, ID_CE_KEY_USAGE,
    ID_CE_SUBJECT_ALT_NAME, ID_CE_SUBJECT_KEY_IDENTIFIER, ID_PE_AUTHORITY_INFO_ACCESS,
};
use const_oid::db::rfc6960::ID_PKIX_OCSP_NOCHECK;
use der::asn1::{AnyRef, Null};
use der::{Decode, Encode, Reader, Tag, TagNumber, Tagged};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectKeyIdentifier,
};

use super::access;
use crate::{TRE_EXTENSION, TrustError};

const MAX_EXTENSIONS: usize = 32;
const MAX_NAMES: usize = 16;
const MAX_USAGES: usize = 16;

/// What a certificate's extensions say.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExtensionSet {
    pub(crate) key_usage: Option<KeyUsage>,
    pub(crate) authority: Option<Authority>,
    pub(crate) extended_key_usages: Option<BTreeSet<ObjectIdentifier>>,
    pub(crate) names: AlternativeNames,
    pub(crate) subject_key_identifier: Option<Vec<u8>>,
    pub(crate) authority_key_identifier: Option<Vec<u8>>,
    pub(crate) tre: Option<Vec<u8>>,
    pub(crate) ocsp_no_check: bool,
    /// Where its OCSP responder is.
    pub(crate) ocsp_url: Option<String>,
}

/// The basic constraints of a certificate authority; absent for a leaf.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Authority {
    pub(crate) critical: bool,
    pub(crate) path_length: Option<u8>,
}

/// A subject alternative name.
#[derive(Clone, Debug, Default)]
pub(crate) struct AlternativeNames {
    pub(crate) uris: Vec<String>,
    pub(crate) dns_names: Vec<String>,
}

impl AlternativeNames {
    /// The URI, if there is exactly one.
    pub(crate) fn only_uri(&self) -> Option<&str> {
        match self.uris.as_slice() {
            [uri] => Some(uri),
            _ => None,
        }
    }
}

impl ExtensionSet {
    pub(crate) fn read(extensions: &[Extension]) -> Result<Self, TrustError> {
        if extensions.len() > MAX_EXTENSIONS {
            return Err(malformed("more than 32 extensions"));
        }
        let mut seen = BTreeSet::new();
        let mut set = Self::default();
        for extension in extensions {
            if !seen.insert(extension.extn_id) {
                return Err(malformed("an extension twice"));
            }
            set.take(extension)?;
        }
        Ok(set)
    }

    fn take(&mut self, extension: &Extension) -> Result<(), TrustError> {
        let value = extension.extn_value.as_bytes();
        match extension.extn_id {
            ID_CE_KEY_USAGE => {
                let usage: KeyUsage = strictly(value).ok_or(malformed("key usage"))?;
                if usage.0.is_empty() {
                    return Err(malformed("key usage without a bit"));
                }
                self.key_usage = Some(usage);
            }
            ID_CE_BASIC_CONSTRAINTS => self.authority = authority(extension.critical, value)?,
            ID_CE_EXT_KEY_USAGE => self.extended_key_usages = Some(extended_key_usages(value)?),
            ID_CE_SUBJECT_ALT_NAME => self.names = alternative_names(value)?,
            ID_CE_SUBJECT_KEY_IDENTIFIER => {
                let SubjectKeyIdentifier(identifier) =
                    strictly(value).ok_or(malformed("subject key identifier"))?;
                self.subject_key_identifier = Some(identifier.into_bytes());
            }
            ID_CE_AUTHORITY_KEY_IDENTIFIER => {
                let identifier: AuthorityKeyIdentifier =
                    strictly(value).ok_or(malformed("authority key identifier"))?;
                self.authority_key_identifier = identifier
                    .key_identifier
                    .map(der::asn1::OctetString::into_bytes);
            }
            ID_PE_AUTHORITY_INFO_ACCESS => {
                self.ocsp_url = access::responder(extension.critical, value)?;
            }
            ID_PKIX_OCSP_NOCHECK => {
                let Null = strictly(value).ok_or(malformed("OCSP no check"))?;
                self.ocsp_no_check = true;
            }
            TRE_EXTENSION => self.tre = Some(value.to_vec()),
            other if extension.critical => {
                return Err(TrustError::ExtensionUnsupported(other.to_string()));
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether the extended key usages are these, no fewer and no more.
    pub(crate) fn has_exactly(&self, usages: &[ObjectIdentifier]) -> bool {
        self.extended_key_usages
            .as_ref()
            .is_some_and(|own| own.len() == usages.len() && usages.iter().all(|u| own.contains(u)))
    }
}

pub(crate) fn malformed(what: &'static str) -> TrustError {
    TrustError::CertificateMalformed(what)
}

/// Decodes and compares the re-encoding, so that only DER passes.
pub(crate) fn strictly<'a, T: Decode<'a> + Encode>(der: &'a [u8]) -> Option<T> {
    let value = T::from_der(der).ok()?;
    (value.to_der().ok()? == der).then_some(value)
}

fn authority(critical: bool, value: &[u8]) -> Result<Option<Authority>, TrustError> {
    let constraints: BasicConstraints = strictly(value).ok_or(malformed("basic constraints"))?;
    let path_length = constraints.path_len_constraint;
    if !constraints.ca && path_length.is_some() {
        return Err(malformed("a path length without cA"));
    }
    Ok(constraints.ca.then_some(Authority {
        critical,
        path_length,
    }))
}

fn extended_key_usages(value: &[u8]) -> Result<BTreeSet<ObjectIdentifier>, TrustError> {
    let ExtendedKeyUsage(list) = strictly(value).ok_or(malformed("extended key usage"))?;
    let set: BTreeSet<_> = list.iter().copied().collect();
    if set.is_empty() || set.len() != list.len() || list.len() > MAX_USAGES {
        return Err(malformed("extended key usage empty, repeated or too long"));
    }
    Ok(set)
}

/// Reads GeneralNames of URIs and dNSNames. Any other form is refused: the
/// extension is critical by TS 33.310, so what it says has to be understood.
pub(crate) fn alternative_names(value: &[u8]) -> Result<AlternativeNames, TrustError> {
    let fault = || malformed("subject alternative name");
    let list = AnyRef::from_der(value)
        .and_then(|names| {
            names.sequence(|reader| {
                let mut list = Vec::new();
                while !reader.is_finished() && list.len() <= MAX_NAMES {
                    list.push(AnyRef::decode(reader)?);
                }
                Ok(list)
            })
        })
        .map_err(|_| fault())?;
    if list.is_empty() || list.len() > MAX_NAMES {
        return Err(fault());
    }
    let mut names = AlternativeNames::default();
    for name in list {
        let number = match name.tag() {
            Tag::ContextSpecific {
                constructed: false,
                number,
            } => number,
            _ => return Err(TrustError::NameFormUnsupported),
        };
        let list = match number {
            TagNumber::N2 => &mut names.dns_names,
            TagNumber::N6 => &mut names.uris,
            _ => return Err(TrustError::NameFormUnsupported),
        };
        let text = std::str::from_utf8(name.value()).map_err(|_| fault())?;
        if text.is_empty() || !text.bytes().all(|octet| octet.is_ascii_graphic()) {
            return Err(fault());
        }
        list.push(text.to_owned());
    }
    Ok(names)
}
