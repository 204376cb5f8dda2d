//! The USIM's side of AKA, TS 33.102 clause 6.3.3 and annex C.2: accept a
//! challenge, or answer with an AUTS. The state is stored before the response
//! leaves.

use secret::{Secret, ct_eq};

use crate::{AkaError, Autn, Auts, Ind, Milenage, Outputs, Rand, Seq, Sqn};

/// How far a SEQ may jump ahead, the Δ of annex C.2.1: without a bound, one
/// vector with an enormous SEQ would use up the USIM's numbers.
const MAX_JUMP: u64 = 1 << 28;

/// The highest SEQ accepted for each IND (annex C.2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqnArray([Seq; Ind::COUNT]);

/// A response and the session keys.
pub struct Response {
    /// RES, 8 octets.
    pub res: Secret<[u8; 8]>,
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

    /// Whether the USIM would take this number: above the last one of its IND
    /// and not too far above the highest of all.
    #[must_use]
    pub fn accepts(&self, sqn: Sqn) -> bool {
        let last = self
            .0
            .get(sqn.ind().to_usize())
            .copied()
            .unwrap_or(Seq::MAX);
        sqn.seq() > last && sqn.seq().above(self.highest().seq()) <= MAX_JUMP
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

/// Answers a challenge.
///
/// # Errors
/// [`AkaError::MacFailure`] if the challenge does not come from this
/// subscriber's home network; nothing changed then.
pub fn authenticate(
    milenage: &Milenage,
    array: &mut SqnArray,
    rand: &Rand,
    autn: &Autn,
) -> Result<Answer, AkaError> {
    let (concealed, amf, received) = autn.parts();
    // AK does not depend on SQN, so any number gives it.
    let Outputs { ak, .. } = milenage.outputs(rand, Sqn::default(), amf);
    let sqn = Sqn::revealed(concealed, &ak);
    let Outputs {
        mac_a,
        xres,
        ck,
        ik,
        ..
    } = milenage.outputs(rand, sqn, amf);
    if !ct_eq(&mac_a, &received) {
        return Err(AkaError::MacFailure);
    }
    if !array.accepts(sqn) {
        return Ok(Answer::SyncFailure(Auts::new(
            milenage,
            rand,
            array.highest(),
        )));
    }
    array.take(sqn);
    Ok(Answer::Accepted(Response { res: xres, ck, ik }))
}
