//! The CertTRE extension 1.3.6.1.4.1.32473.7.16 (operator-change profile,
//! section 1): what the supplier certifies about a TRE. Suites are chosen from
//! it before anything else of the TRE is known.

use const_oid::ObjectIdentifier;
use der::asn1::AnyRef;
use der::{Decode, Encode, Reader, Sequence};

use crate::recipient::{extension, read_certificate};
use crate::{Suite, TreError, choose_suite};

/// A.16 under the profile's arc A = 1.3.6.1.4.1.32473.7.
pub const CERT_TRE_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.7.16");

const VERSION: u8 = 1;
/// Numbers in a list: one octet each, no number twice.
const MAX_LISTED: usize = 16;

/// What CertTRE says of its TRE. Lists are ascending, without repetition, with
/// 1 to 16 numbers; those that this version does not know are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertTre {
    /// Envelope suites that the TRE opens, by [`Suite::octet`].
    pub suites: Vec<u8>,
    /// The lowest suite that it accepts.
    pub min_suite: u8,
    /// Authentication algorithms: 1 MILENAGE, 2 TUAK.
    pub algorithms: Vec<u8>,
    /// MCIM slots, 1 or more.
    pub slots: u8,
    /// The least T_attach that it accepts, in seconds, 1 or more.
    pub t_attach_min: u32,
    /// The least T_ack that it accepts, in seconds, 1 or more.
    pub t_ack_min: u32,
}

/// The SEQUENCE on the wire.
#[derive(Sequence)]
struct Wire {
    version: u8,
    suites: Vec<u8>,
    min_suite: u8,
    algs: Vec<u8>,
    slots: u8,
    t_attach_min: u32,
    t_ack_min: u32,
}

/// Only as far as the version, which decides what follows.
struct Version(u8);

impl CertTre {
    /// DER of the extension's value.
    ///
    /// # Errors
    /// [`TreError::CertTreMalformed`] for contents that [`CertTre::decode`]
    /// refuses.
    pub fn encode(&self) -> Result<Vec<u8>, TreError> {
        self.check()?;
        let wire = Wire {
            version: VERSION,
            suites: self.suites.clone(),
            min_suite: self.min_suite,
            algs: self.algorithms.clone(),
            slots: self.slots,
            t_attach_min: self.t_attach_min,
            t_ack_min: self.t_ack_min,
        };
        wire.to_der().map_err(TreError::Encoding)
    }

    /// Reads the extension's value.
    ///
    /// # Errors
    /// [`TreError::CertTreUnsupportedVersion`]; [`TreError::CertTreMalformed`]
    /// for anything but strict DER, for lists that are empty, too long or not
    /// ascending, for a `min_suite` above every suite, and for zero slots or
    /// seconds.
    pub fn decode(der: &[u8]) -> Result<Self, TreError> {
        let malformed = |_| TreError::CertTreMalformed;
        let Version(version) = Version::from_der(der).map_err(malformed)?;
        if version != VERSION {
            return Err(TreError::CertTreUnsupportedVersion(version));
        }
        let wire = Wire::from_der(der).map_err(malformed)?;
        let this = Self {
            suites: wire.suites,
            min_suite: wire.min_suite,
            algorithms: wire.algs,
            slots: wire.slots,
            t_attach_min: wire.t_attach_min,
            t_ack_min: wire.t_ack_min,
        };
        this.check()?;
        Ok(this)
    }

    /// Reads the extension of a certificate in DER, which the caller has
    /// verified.
    ///
    /// # Errors
    /// [`TreError::CertificateMalformed`]; [`TreError::CertTreMalformed`] if
    /// the extension is missing; as [`CertTre::decode`].
    pub fn from_certificate(der: &[u8]) -> Result<Self, TreError> {
        let certificate = read_certificate(der)?;
        let value = extension(&certificate, CERT_TRE_OID)?;
        Self::decode(value.ok_or(TreError::CertTreMalformed)?)
    }

    /// The suite for all envelopes of an order to this TRE.
    ///
    /// # Errors
    /// [`TreError::NoCommonSuite`].
    pub fn choose_suite(&self, policy: &[Suite]) -> Result<Suite, TreError> {
        choose_suite(&self.suites, self.min_suite, policy)
    }

    fn check(&self) -> Result<(), TreError> {
        let reachable = self.suites.last().is_some_and(|top| *top >= self.min_suite);
        let sound = is_list(&self.suites)
            && is_list(&self.algorithms)
            && reachable
            && self.slots > 0
            && self.t_attach_min > 0
            && self.t_ack_min > 0;
        if sound {
            Ok(())
        } else {
            Err(TreError::CertTreMalformed)
        }
    }
}

impl<'a> Decode<'a> for Version {
    fn decode<R: Reader<'a>>(reader: &mut R) -> der::Result<Self> {
        reader.sequence(|reader| {
            let version = u8::decode(reader)?;
            while !reader.is_finished() {
                AnyRef::decode(reader)?;
            }
            Ok(Self(version))
        })
    }
}

fn is_list(numbers: &[u8]) -> bool {
    (1..=MAX_LISTED).contains(&numbers.len())
        && numbers
            .iter()
            .zip(numbers.iter().skip(1))
            .all(|(a, b)| a < b)
}
