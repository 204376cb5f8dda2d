//! The AuC's decisions, TS 33.102 clauses 6.3.2 and 6.3.5 and annex C.1: which
//! sequence numbers vectors get, and what a resynchronisation changes. A
//! subscriber's numbers are reserved in blocks: the bound is stored first, the
//! vectors leave after, and a restart goes on above the bound.

use clock::Random;

use crate::{
    AkaError, AlgorithmSet, Amf, AuthenticationVector, Auts, Challenge, Ind, Rand, Seq, Sqn,
};

/// The most vectors in one answer; GSUP carries up to five.
pub const MAX_VECTORS: usize = 5;

/// How many SEQs the first stored bound after a start covers: a subscriber that
/// asks seldom skips few at each restart.
const FIRST_BLOCK: u64 = 32;
/// How many each further one covers: a subscriber that asks often is stored
/// seldom. Far below Δ of annex C.2.1, so that no USIM takes the gap for a fault.
const BLOCK: u64 = 1024;

/// The SEQs of one subscriber: `next` is in memory, `bound` in the store, and
/// no SEQ of `bound` or above has ever been used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeqReservation {
    next: Seq,
    bound: Seq,
    /// What the next bound covers.
    block: u64,
}

/// An answer to a request for vectors.
pub struct Issue {
    /// The bound to store, if it moved, before any of the vectors leaves.
    pub store_bound: Option<Seq>,
    /// The vectors in the order of their SQN.
    pub vectors: Vec<AuthenticationVector>,
}

impl SeqReservation {
    /// A subscriber from the store: goes on at the stored bound, above
    /// everything that may have been used before a crash. SEQ 0 is never used,
    /// since a new USIM counts it as seen.
    #[must_use]
    pub fn from_bound(bound: Seq) -> Self {
        let bound = bound.max(Seq::default().plus(1).unwrap_or(bound));
        Self {
            next: bound,
            bound,
            block: FIRST_BLOCK,
        }
    }

    /// The bound as it should be in the store.
    #[must_use]
    pub fn bound(&self) -> Seq {
        self.bound
    }

    /// Makes `count` vectors for the node with index `ind`.
    ///
    /// # Errors
    /// A count outside 1 to [`MAX_VECTORS`], or used-up numbers; nothing
    /// changed then.
    pub fn issue<A: AlgorithmSet + ?Sized>(
        &mut self,
        algorithm: &A,
        amf: Amf,
        ind: Ind,
        count: usize,
        random: &mut impl Random,
    ) -> Result<Issue, AkaError> {
        if !(1..=MAX_VECTORS).contains(&count) {
            return Err(AkaError::VectorCount {
                asked: count,
                max: MAX_VECTORS,
            });
        }
        let after = self
            .next
            .plus(count as u64)
            .ok_or(AkaError::SequenceExhausted)?;
        let mut challenges = Vec::with_capacity(count);
        for step in 0..count as u64 {
            let seq = self.next.plus(step).ok_or(AkaError::SequenceExhausted)?;
            challenges.push(Challenge {
                rand: Rand(random.array()),
                sqn: Sqn::new(seq, ind),
                amf,
            });
        }
        let mut vectors = Vec::with_capacity(count);
        algorithm.vectors(&challenges, &mut vectors);
        self.next = after;
        Ok(Issue {
            store_bound: self.raise_bound(),
            vectors,
        })
    }

    /// Takes a resynchronisation: the next SEQ becomes one above the USIM's, but
    /// only if it is not there yet, so that a replayed AUTS can't rewind it.
    /// Returns the bound to store, if it moved.
    ///
    /// # Errors
    /// [`AkaError::AutsInvalid`] if the AUTS is not this subscriber's for this
    /// RAND; used-up numbers. Nothing changed then.
    pub fn resynchronise<A: AlgorithmSet + ?Sized>(
        &mut self,
        algorithm: &A,
        rand: &Rand,
        auts: &Auts,
    ) -> Result<Option<Seq>, AkaError> {
        let sqn_ms = auts.verify(algorithm, rand)?;
        let above = sqn_ms.seq().plus(1).ok_or(AkaError::SequenceExhausted)?;
        self.next = self.next.max(above);
        Ok(self.raise_bound())
    }

    fn raise_bound(&mut self) -> Option<Seq> {
        if self.next <= self.bound {
            return None;
        }
        self.bound = self.next.plus(self.block).unwrap_or(Seq::MAX);
        self.block = BLOCK;
        Some(self.bound)
    }
}
