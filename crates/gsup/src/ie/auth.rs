//! Authentication vectors (GSUP, clause "Auth tuple"; TS 33.102 clauses 6.3
//! and 6.8) and resynchronisation (clause 6.3.5).

use std::fmt;

use secret::{Secret, SecretBytes};

use super::{AUTH_TUPLE, AUTN, AUTS, CK, IK, KC, RAND, RES, SRES};
use crate::GsupError;
use crate::octets::{Element, Reader, Writer, once};

/// One authentication vector: the GSM triplet and, where the subscriber has a
/// USIM, the rest of the UMTS quintet under the same RAND.
///
/// Equality takes constant time; `Debug` shows RAND and AUTN, which go over
/// the air in clear, and no key.
#[derive(Clone)]
pub struct AuthTuple {
    /// The challenge.
    pub rand: [u8; 16],
    /// The expected answer of GSM.
    pub sres: Secret<[u8; 4]>,
    /// The cipher key of GSM.
    pub kc: Secret<[u8; 8]>,
    /// What UMTS adds.
    pub umts: Option<UmtsPart>,
}

/// What UMTS adds to a GSM triplet.
#[derive(Clone)]
pub struct UmtsPart {
    /// The integrity key.
    pub ik: Secret<[u8; 16]>,
    /// The cipher key.
    pub ck: Secret<[u8; 16]>,
    /// The network's authentication token.
    pub autn: [u8; 16],
    /// The expected answer.
    pub res: Res,
}

/// The expected answer of UMTS, 4 to 16 octets (TS 33.102 clause 6.3.7).
#[derive(Clone)]
pub struct Res(SecretBytes);

impl Res {
    /// Takes an expected answer.
    ///
    /// # Errors
    /// [`GsupError::MalformedRes`] outside 4 to 16 octets.
    pub fn new(octets: &[u8]) -> Result<Self, GsupError> {
        if (4..=16).contains(&octets.len()) {
            Ok(Self(SecretBytes::new(octets.to_vec())))
        } else {
            Err(GsupError::MalformedRes)
        }
    }

    /// The octets themselves; never format them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }
}

impl PartialEq for AuthTuple {
    fn eq(&self, other: &Self) -> bool {
        let umts = match (&self.umts, &other.umts) {
            (Some(ours), Some(theirs)) => ours == theirs,
            (None, None) => true,
            _ => false,
        };
        umts & (self.rand == other.rand) & self.sres.ct_eq(&other.sres) & self.kc.ct_eq(&other.kc)
    }
}

impl Eq for AuthTuple {}

impl PartialEq for UmtsPart {
    fn eq(&self, other: &Self) -> bool {
        (self.autn == other.autn)
            & self.ik.ct_eq(&other.ik)
            & self.ck.ct_eq(&other.ck)
            & self.res.0.ct_eq(&other.res.0)
    }
}

impl Eq for UmtsPart {}

impl fmt::Debug for AuthTuple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthTuple")
            .field("rand", &self.rand)
            .field("umts", &self.umts)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for UmtsPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UmtsPart")
            .field("autn", &self.autn)
            .finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Fields {
    rand: Option<[u8; 16]>,
    sres: Option<Secret<[u8; 4]>>,
    kc: Option<Secret<[u8; 8]>>,
    ik: Option<Secret<[u8; 16]>>,
    ck: Option<Secret<[u8; 16]>>,
    autn: Option<[u8; 16]>,
    res: Option<Res>,
}

impl AuthTuple {
    /// The most vectors in one answer.
    pub const MAX_COUNT: usize = 5;

    pub(crate) fn decode(element: Element<'_>, message_type: u8) -> Result<Self, GsupError> {
        let mut fields = Fields::default();
        let mut reader = Reader::new(element.value);
        while let Some(inner) = reader.element()? {
            let iei = inner.iei;
            match iei {
                RAND => once(&mut fields.rand, iei, inner.array()?)?,
                SRES => once(&mut fields.sres, iei, inner.array()?.into())?,
                KC => once(&mut fields.kc, iei, inner.array()?.into())?,
                IK => once(&mut fields.ik, iei, inner.array()?.into())?,
                CK => once(&mut fields.ck, iei, inner.array()?.into())?,
                AUTN => once(&mut fields.autn, iei, inner.array()?)?,
                RES => once(&mut fields.res, iei, Res::new(inner.value)?)?,
                _ => {}
            }
        }
        let missing = |iei| GsupError::ElementMissing { message_type, iei };
        Ok(Self {
            rand: fields.rand.ok_or(missing(RAND))?,
            umts: fields.umts()?,
            sres: fields.sres.ok_or(missing(SRES))?,
            kc: fields.kc.ok_or(missing(KC))?,
        })
    }

    pub(crate) fn encode(&self, writer: &mut Writer) -> Result<(), GsupError> {
        writer.nested(AUTH_TUPLE, |value| {
            value.element(RAND, &self.rand)?;
            value.element(SRES, self.sres.expose())?;
            value.element(KC, self.kc.expose())?;
            if let Some(umts) = &self.umts {
                value.element(IK, umts.ik.expose())?;
                value.element(CK, umts.ck.expose())?;
                value.element(AUTN, &umts.autn)?;
                value.element(RES, umts.res.expose())?;
            }
            Ok(())
        })
    }
}

impl Fields {
    /// The four UMTS elements come together or not at all: half a quintet
    /// would be a silent step down to GSM.
    fn umts(&mut self) -> Result<Option<UmtsPart>, GsupError> {
        let parts = (
            self.ik.take(),
            self.ck.take(),
            self.autn.take(),
            self.res.take(),
        );
        let absent = match parts {
            (None, None, None, None) => return Ok(None),
            (Some(ik), Some(ck), Some(autn), Some(res)) => {
                return Ok(Some(UmtsPart { ik, ck, autn, res }));
            }
            (None, ..) => IK,
            (_, None, ..) => CK,
            (_, _, None, _) => AUTN,
            (_, _, _, None) => RES,
        };
        Err(GsupError::ElementIncomplete { iei: absent })
    }
}

/// A USIM's request to resynchronise: AUTS with the RAND that provoked it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Resync {
    /// SQN of the USIM, concealed, with its MAC-S.
    pub auts: [u8; 14],
    /// The challenge that the USIM refused.
    pub rand: [u8; 16],
}

impl Resync {
    pub(crate) fn from_parts(
        auts: Option<[u8; 14]>,
        rand: Option<[u8; 16]>,
    ) -> Result<Option<Self>, GsupError> {
        match (auts, rand) {
            (None, None) => Ok(None),
            (Some(auts), Some(rand)) => Ok(Some(Self { auts, rand })),
            (None, Some(_)) => Err(GsupError::ElementIncomplete { iei: AUTS }),
            (Some(_), None) => Err(GsupError::ElementIncomplete { iei: RAND }),
        }
    }

    pub(crate) fn encode(&self, writer: &mut Writer) -> Result<(), GsupError> {
        writer.element(AUTS, &self.auts)?;
        writer.element(RAND, &self.rand)
    }
}
