//! A subscriber's keys in one authentication algorithm (TS 35.206 clause 2.3,
//! TS 35.231 clause 5), and their fields in the MCIM payload: TLV 12 to 16 of
//! docs/operator-change.md section 2.

use std::num::NonZeroU8;

use aka::{Algorithm, Constants, Milenage, Operator, Tuak, TuakKey, TuakLengths, TuakOperator};
use clock::Random;
use secret::{Secret, ct_eq};
use zeroize::Zeroizing;

use super::{Reader, Writer};
use crate::ProvisioningError;

const K: u8 = 0x12;
const ALGORITHM: u8 = 0x13;
const OPERATOR: u8 = 0x14;
const ROTATIONS: u8 = 0x15;
const LENGTHS: u8 = 0x16;
/// r1 to r5 in an octet each, c1 to c5 in sixteen each.
const CONSTANTS: usize = 5 + 5 * 16;

/// An authentication algorithm, by its number in CertTRE, TREInfo and TLV 13.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlgorithmId {
    /// 1: TS 35.206.
    Milenage,
    /// 2: TS 35.231.
    Tuak,
}

/// K and what belongs to it.
#[derive(Clone)]
pub enum SubscriberKeys {
    /// For MILENAGE.
    Milenage(MilenageKeys),
    /// For TUAK.
    Tuak(TuakKeys),
}

/// K, OPc and, where the operator has its own, r and c.
#[derive(Clone)]
pub struct MilenageKeys {
    /// The subscriber key.
    pub k: Secret<[u8; 16]>,
    /// The operator's constant for this K.
    pub opc: Secret<[u8; 16]>,
    /// r1..r5 | c1..c5 in 85 octets; the standard's values when absent.
    pub constants: Option<Vec<u8>>,
}

/// K, TOPc, and how TUAK is set up, in lengths that an authentication vector
/// carries: MAC 64, RES 32 to 128, CK and IK 128 bits.
#[derive(Clone)]
pub struct TuakKeys {
    /// The subscriber key, 128 or 256 bits.
    pub k: TuakKey,
    /// The operator's constant for this K.
    pub topc: Secret<[u8; 32]>,
    /// The lengths of the outputs.
    pub lengths: TuakLengths,
    /// How often each function does Keccak-f[1600].
    pub iterations: NonZeroU8,
}

/// The operator's constants, from which those of new subscribers are derived.
#[derive(Clone)]
pub struct OperatorConstants {
    /// OP of MILENAGE.
    pub op: Secret<[u8; 16]>,
    /// TOP of TUAK, if new subscribers get TUAK where their TRE has it.
    pub top: Option<Secret<[u8; 32]>>,
}

impl AlgorithmId {
    /// Its number.
    #[must_use]
    pub const fn octet(self) -> u8 {
        match self {
            Self::Milenage => 1,
            Self::Tuak => 2,
        }
    }
}

impl SubscriberKeys {
    /// Which algorithm they are for.
    #[must_use]
    pub fn id(&self) -> AlgorithmId {
        match self {
            Self::Milenage(_) => AlgorithmId::Milenage,
            Self::Tuak(_) => AlgorithmId::Tuak,
        }
    }

    /// The algorithm, ready to use.
    ///
    /// # Errors
    /// Constants that MILENAGE can't have; `length-unsupported` for a TUAK whose
    /// outputs no authentication vector carries.
    pub fn algorithm(&self) -> Result<Algorithm, ProvisioningError> {
        match self {
            Self::Milenage(keys) => keys.milenage().map(Algorithm::from),
            Self::Tuak(keys) => Ok(keys.tuak().try_into()?),
        }
    }

    /// K, 16 or 32 octets.
    #[must_use]
    pub fn k(&self) -> &[u8] {
        match self {
            Self::Milenage(keys) => keys.k.expose(),
            Self::Tuak(keys) => keys.k.expose(),
        }
    }

    /// OPc or TOPc, 16 or 32 octets.
    #[must_use]
    pub fn operator(&self) -> &[u8] {
        match self {
            Self::Milenage(keys) => keys.opc.expose(),
            Self::Tuak(keys) => keys.topc.expose(),
        }
    }

    /// Whether these are the same keys, in time that does not depend on them.
    #[must_use]
    pub fn ct_eq(&self, other: &Self) -> bool {
        let set_up = match (self, other) {
            (Self::Milenage(a), Self::Milenage(b)) => a.constants == b.constants,
            (Self::Tuak(a), Self::Tuak(b)) => {
                (a.lengths, a.iterations) == (b.lengths, b.iterations)
            }
            _ => false,
        };
        set_up & ct_eq(self.k(), other.k()) & ct_eq(self.operator(), other.operator())
    }

    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), ProvisioningError> {
        writer.put(K, self.k())?;
        writer.put(ALGORITHM, &[self.id().octet()])?;
        writer.put(OPERATOR, self.operator())?;
        match self {
            Self::Milenage(keys) => match &keys.constants {
                Some(constants) => writer.put(ROTATIONS, constants),
                None => Ok(()),
            },
            Self::Tuak(keys) => writer.put(LENGTHS, &keys.set_up()),
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ProvisioningError> {
        let keys = match reader.array(ALGORITHM)? {
            [1] => Self::Milenage(MilenageKeys {
                k: Secret::new(reader.array(K)?),
                opc: Secret::new(reader.array(OPERATOR)?),
                constants: reader.maybe(ROTATIONS).map(<[u8]>::to_vec),
            }),
            [2] => Self::Tuak(TuakKeys::set(
                reader.octets(K)?,
                Secret::new(reader.array(OPERATOR)?),
                &reader.array(LENGTHS)?,
            )?),
            _ => return Err(ProvisioningError::refused("algorithm-unsupported")),
        };
        keys.algorithm()?;
        Ok(keys)
    }
}

impl From<MilenageKeys> for SubscriberKeys {
    fn from(keys: MilenageKeys) -> Self {
        Self::Milenage(keys)
    }
}

impl From<TuakKeys> for SubscriberKeys {
    fn from(keys: TuakKeys) -> Self {
        Self::Tuak(keys)
    }
}

impl MilenageKeys {
    /// A new K, and the OPc that the operator's OP gives for it.
    pub fn random(op: &Secret<[u8; 16]>, random: &mut dyn Random) -> Self {
        let mut k = Zeroizing::new([0; 16]);
        random.fill(k.as_mut());
        let k = Secret::new(*k);
        let opc = Milenage::new(&k, &Operator::Op(op.clone())).opc().clone();
        Self {
            k,
            opc,
            constants: None,
        }
    }

    /// MILENAGE, ready to use.
    ///
    /// # Errors
    /// Constants that MILENAGE can't have.
    pub fn milenage(&self) -> Result<Milenage, ProvisioningError> {
        let operator = Operator::Opc(self.opc.clone());
        let constants = match &self.constants {
            None => Constants::STANDARD,
            Some(octets) => constants(octets)?,
        };
        Ok(Milenage::with_constants(&self.k, &operator, constants))
    }
}

impl TuakKeys {
    /// A new K of 256 bits, and the TOPc that the operator's TOP gives for it;
    /// one iteration, lengths as MILENAGE has them.
    pub fn random(top: &Secret<[u8; 32]>, random: &mut dyn Random) -> Self {
        let mut k = Zeroizing::new([0; 32]);
        random.fill(k.as_mut());
        let k = TuakKey::Long(Secret::new(*k));
        let (lengths, iterations) = (TuakLengths::LIKE_MILENAGE, NonZeroU8::MIN);
        let operator = TuakOperator::Top(top.clone());
        let topc = Tuak::new(&k, &operator, lengths, iterations).topc();
        Self {
            k,
            topc,
            lengths,
            iterations,
        }
    }

    /// TUAK, ready to use.
    #[must_use]
    pub fn tuak(&self) -> Tuak {
        let operator = TuakOperator::Topc(self.topc.clone());
        Tuak::new(&self.k, &operator, self.lengths, self.iterations)
    }

    /// TLV 16: iterations, then K, MAC, RES, CK and IK in octets, one octet each.
    pub(crate) fn set_up(&self) -> [u8; 6] {
        let octets = |length: usize| u8::try_from(length).unwrap_or(u8::MAX);
        [
            self.iterations.get(),
            octets(self.k.expose().len()),
            octets(self.lengths.mac()),
            octets(self.lengths.res()),
            octets(self.lengths.ck()),
            octets(self.lengths.ik()),
        ]
    }

    /// From the value of TLV 16.
    pub(crate) fn set(
        k: &[u8],
        topc: Secret<[u8; 32]>,
        set_up: &[u8; 6],
    ) -> Result<Self, ProvisioningError> {
        let [iterations, key, mac, res, ck, ik] = *set_up;
        if usize::from(key) != k.len() {
            return Err(ProvisioningError::Malformed("a K as long as TLV 16 says"));
        }
        let bits = |octets: u8| u16::from(octets) * 8;
        let lengths = TuakLengths::new(bits(mac), bits(res), bits(ck), bits(ik))?;
        let k = if let Ok(k) = <[u8; 16]>::try_from(k) {
            TuakKey::Short(Secret::new(k))
        } else if let Ok(k) = <[u8; 32]>::try_from(k) {
            TuakKey::Long(Secret::new(k))
        } else {
            return Err(ProvisioningError::Malformed("a K of 16 or 32 octets"));
        };
        Ok(Self {
            k,
            topc,
            lengths,
            iterations: NonZeroU8::new(iterations)
                .ok_or(ProvisioningError::Malformed("TUAK without an iteration"))?,
        })
    }
}

impl OperatorConstants {
    /// Keys of a new subscriber, for a TRE with these algorithms: TUAK if the
    /// operator wants it and the TRE has it, else MILENAGE.
    ///
    /// # Errors
    /// `algorithm-unsupported` if the TRE has neither.
    pub fn draw(
        &self,
        algorithms: &[u8],
        random: &mut dyn Random,
    ) -> Result<SubscriberKeys, ProvisioningError> {
        let has = |id: AlgorithmId| algorithms.contains(&id.octet());
        match &self.top {
            Some(top) if has(AlgorithmId::Tuak) => Ok(TuakKeys::random(top, random).into()),
            _ if has(AlgorithmId::Milenage) => Ok(MilenageKeys::random(&self.op, random).into()),
            _ => Err(ProvisioningError::refused("algorithm-unsupported")),
        }
    }
}

fn constants(octets: &[u8]) -> Result<Constants, ProvisioningError> {
    let wrong = ProvisioningError::Malformed("r and c are 85 octets");
    if octets.len() != CONSTANTS {
        return Err(wrong);
    }
    let Some((r, rest)) = octets.split_first_chunk::<5>() else {
        return Err(wrong);
    };
    let mut c = [[0; 16]; 5];
    for (to, from) in c.iter_mut().zip(rest.as_chunks::<16>().0) {
        *to = *from;
    }
    Ok(Constants::new(*r, c)?)
}
