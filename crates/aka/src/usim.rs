//! The USIM's side of AKA, TS 33.102 clause 6.3.3 and annex C.2: accept a
//! challenge, or answer with an AUTS. The state is stored before the response
//! leaves.

use secret::{Secret, ct_eq};

use crate::{AkaError, AlgorithmSet, Autn, Auts, Challenge, Ind, Rand, Res, Seq, Sqn};

/// Which SEQ a USIM takes, seen from SEQ_MS, the highest that it has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How far a SEQ may be above SEQ_MS, the Δ of annex C.2.1: without a bound,
    /// one vector with an enormous SEQ would use up the USIM's numbers.
    pub jump: u64,
    /// A SEQ must be less than this below SEQ_MS, the L of annex C.2.3: without it,
    /// a vector for a node that was seldom used stays good for as long as nothing
    /// newer comes from there.
    pub age: Option<u64>,
}

impl Limits {
    /// Δ of 2^28 and no L (the profiles of annex C.3).
    pub const PROFILE: Self = Self {
        jump: 1 << 28,
        age: None,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::PROFILE
    }
}

/// The highest SEQ accepted for each IND (annex C.2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqnArray([Seq; Ind::COUNT]);

/// A response and the session keys.
pub struct Response {
    /// RES, 4 to 16 octets; 8 for MILENAGE.
    pub res: Res,
    /// Cipher key.
    pub ck: Secret<[u8; 16]>,
    /// Integrity key.
    pub ik: Secret<[u8; 16]>,
}

/// What a USIM makes of a challenge whose MAC was right.
pub enum Answer {
    /// The SQN was fresh; the array has changed and must be stored before
    /// [`Response::res`] leaves.
    Accepted(Response),
    /// The SQN was not fresh; nothing changed.
    SyncFailure(Auts),
}

impl SqnArray {
    /// The state of a USIM that has accepted nothing.
    #[must_use]
    pub fn new() -> Self {
        Self([Seq::default(); Ind::COUNT])
    }

    /// The state from stored numbers, one for each IND.
    #[must_use]
    pub fn from_seqs(seqs: [Seq; Ind::COUNT]) -> Self {
        Self(seqs)
    }

    /// The numbers to store, one for each IND.
    #[must_use]
    pub fn seqs(&self) -> &[Seq; Ind::COUNT] {
        &self.0
    }

    /// SQN_MS: the highest number accepted so far (annex C.2.2).
    #[must_use]
    pub fn highest(&self) -> Sqn {
        (0u8..)
            .zip(&self.0)
            .fold(Sqn::default(), |highest, (ind, seq)| {
                let sqn = Ind::new(ind).map_or(highest, |ind| Sqn::new(*seq, ind));
                // Compare SEQ first: an unused IND must not win by its index alone.
                if sqn.seq() > highest.seq() {
                    sqn
                } else {
                    highest
                }
            })
    }

    /// Whether the USIM would take this number under [`Limits::PROFILE`].
    #[must_use]
    pub fn accepts(&self, sqn: Sqn) -> bool {
        self.accepts_within(sqn, &Limits::PROFILE)
    }

    /// Whether the USIM would take this number: above the last one of its IND,
    /// not too far above the highest of all, and not too far below it.
    #[must_use]
    pub fn accepts_within(&self, sqn: Sqn, limits: &Limits) -> bool {
        let last = self
            .0
            .get(sqn.ind().to_usize())
            .copied()
            .unwrap_or(Seq::MAX);
        let highest = self.highest().seq();
        let young = limits.age.is_none_or(|age| highest.above(sqn.seq()) < age);
        young && sqn.seq() > last && sqn.seq().above(highest) <= limits.jump
    }

    fn take(&mut self, sqn: Sqn) {
        if let Some(last) = self.0.get_mut(sqn.ind().to_usize()) {
            *last = sqn.seq();
        }
    }
}

impl Default for SqnArray {
    fn default() -> Self {
        Self::new()
    }
}

/// Answers a challenge under [`Limits::PROFILE`].
///
/// # Errors
/// [`AkaError::MacFailure`] if the challenge does not come from this
/// subscriber's home network; nothing changed then.
pub fn authenticate<A: AlgorithmSet + ?Sized>(
    algorithm: &A,
    array: &mut SqnArray,
    rand: &Rand,
    autn: &Autn,
) -> Result<Answer, AkaError> {
    authenticate_within(algorithm, array, rand, autn, &Limits::PROFILE)
}

/// Answers a challenge.
///
/// # Errors
/// As [`authenticate`].
pub fn authenticate_within<A: AlgorithmSet + ?Sized>(
    algorithm: &A,
    array: &mut SqnArray,
    rand: &Rand,
    autn: &Autn,
    limits: &Limits,
) -> Result<Answer, AkaError> {
    let (concealed, amf, received) = autn.parts();
    let keys = algorithm.f2345(rand);
    let sqn = Sqn::revealed(concealed, &keys.ak);
    let challenge = Challenge {
        rand: *rand,
        sqn,
        amf,
    };
    if !ct_eq(&algorithm.f1(&challenge), &received) {
        return Err(AkaError::MacFailure);
    }
    if !array.accepts_within(sqn, limits) {
        return Ok(Answer::SyncFailure(Auts::new(
            algorithm,
            rand,
            array.highest(),
        )));
    }
    array.take(sqn);
    Ok(Answer::Accepted(Response {
        res: keys.res,
        ck: keys.ck,
        ik: keys.ik,
    }))
}
