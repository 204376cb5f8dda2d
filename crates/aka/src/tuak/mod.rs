//! TUAK, TS 35.231: the functions f1, f1*, f2, f3, f4, f5 and f5* over
//! Keccak-f[1600] with an operator constant. f1, f1* and f5* take a permutation
//! each, f2 to f5 one together; TOPc is derived once.

mod lengths;
mod state;
#[cfg(target_arch = "x86_64")]
mod wide;

use std::num::NonZeroU8;

pub use lengths::TuakLengths;

use secret::Secret;

use crate::value::{Res, Value};
use crate::{Amf, AuthenticationVector, Autn, Challenge, Keys, Outputs, Rand, Sqn};
use state::{AK_LANE, CK_LANE, IK_LANE, Start, State, permute, wipe};

/// The subscriber key of TUAK, 128 or 256 bits.
#[derive(Clone)]
pub enum TuakKey {
    /// 128 bits.
    Short(Secret<[u8; 16]>),
    /// 256 bits.
    Long(Secret<[u8; 32]>),
}

impl TuakKey {
    /// The key's 16 or 32 octets.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        match self {
            Self::Short(k) => k.expose(),
            Self::Long(k) => k.expose(),
        }
    }
}

/// The operator's constant of TUAK, 32 octets.
pub enum TuakOperator {
    /// TOP, the same for all subscribers; TOPc is derived from it and K.
    Top(Secret<[u8; 32]>),
    /// TOPc, derived for one K.
    Topc(Secret<[u8; 32]>),
}

/// One subscriber's TUAK, wiped on drop.
#[derive(Clone)]
pub struct Tuak {
    start: Start,
    lengths: TuakLengths,
    iterations: NonZeroU8,
}

/// INSTANCE of each function (TS 35.231 clauses 6.2 to 6.5), without the bits
/// that lengths decide.
#[derive(Clone, Copy)]
enum Function {
    F1,
    F1Star,
    F2345,
    F5Star,
}

/// Challenges whose permutations are done in one go.
const TOGETHER: usize = 8;

impl Tuak {
    /// TUAK for `k` with `iterations` of Keccak-f[1600] in each function: one,
    /// unless the operator says otherwise.
    #[must_use]
    pub fn new(
        k: &TuakKey,
        operator: &TuakOperator,
        lengths: TuakLengths,
        iterations: NonZeroU8,
    ) -> Self {
        let start = match operator {
            TuakOperator::Topc(topc) => Start::new(topc, k),
            TuakOperator::Top(top) => {
                let mut state = [Start::new(top, k).state(0, None, None)];
                permute(&mut state, iterations);
                let topc = state
                    .first()
                    .map_or([0; 32], |state| state::octets(state, 0));
                wipe(&mut state);
                Start::new(&Secret::new(topc), k)
            }
        };
        Self {
            start,
            lengths,
            iterations,
        }
    }

    /// TOPc, for provisioning: it goes into envelopes and sealed stores only.
    #[must_use]
    pub fn topc(&self) -> Secret<[u8; 32]> {
        self.start.topc()
    }

    /// The lengths of the outputs.
    #[must_use]
    pub fn lengths(&self) -> TuakLengths {
        self.lengths
    }

    /// All seven functions at once (TS 35.231 clause 6).
    #[must_use]
    pub fn outputs(&self, rand: &Rand, sqn: Sqn, amf: Amf) -> Outputs {
        let challenge = Challenge {
            rand: *rand,
            sqn,
            amf,
        };
        let mut states = [
            self.with_sqn(Function::F1, &challenge),
            self.with_sqn(Function::F1Star, &challenge),
            self.without_sqn(Function::F2345, rand),
            self.without_sqn(Function::F5Star, rand),
        ];
        permute(&mut states, self.iterations);
        let [f1, f1_star, f2345, f5_star] = &states;
        let outputs = Outputs {
            mac_a: state::value(f1, 0, self.lengths.mac()),
            mac_s: state::value(f1_star, 0, self.lengths.mac()),
            xres: state::value(f2345, 0, self.lengths.res()),
            ck: state::value(f2345, CK_LANE, self.lengths.ck()),
            ik: state::value(f2345, IK_LANE, self.lengths.ik()),
            ak: anonymity_key(f2345),
            ak_s: anonymity_key(f5_star),
        };
        wipe(&mut states);
        outputs
    }

    /// AK* alone.
    #[must_use]
    pub(crate) fn f5_star(&self, rand: &Rand) -> Secret<[u8; 6]> {
        self.one(self.without_sqn(Function::F5Star, rand), anonymity_key)
    }

    pub(crate) fn short_f1(&self, challenge: &Challenge) -> [u8; 8] {
        self.one(self.with_sqn(Function::F1, challenge), short_mac)
    }

    pub(crate) fn short_f1_star(&self, challenge: &Challenge) -> [u8; 8] {
        self.one(self.with_sqn(Function::F1Star, challenge), short_mac)
    }

    pub(crate) fn short_f2345(&self, rand: &Rand) -> Keys {
        self.one(self.without_sqn(Function::F2345, rand), |state| Keys {
            res: self.short_res(state),
            ck: short_key(state, CK_LANE),
            ik: short_key(state, IK_LANE),
            ak: anonymity_key(state),
        })
    }

    pub(crate) fn short_vector(&self, challenge: &Challenge) -> AuthenticationVector {
        let mut states = self.vector_states(challenge);
        permute(&mut states, self.iterations);
        let vector = self.read_vector(challenge, &states);
        wipe(&mut states);
        vector
    }

    /// Appends a vector for each challenge.
    pub(crate) fn short_vectors(
        &self,
        challenges: &[Challenge],
        out: &mut Vec<AuthenticationVector>,
    ) {
        out.reserve(challenges.len());
        let mut states = [[state::ZERO; 2]; TOGETHER];
        for together in challenges.chunks(TOGETHER) {
            let (used, _) = states.split_at_mut(together.len());
            for (pair, challenge) in used.iter_mut().zip(together) {
                *pair = self.vector_states(challenge);
            }
            permute(used.as_flattened_mut(), self.iterations);
            let pairs = used.iter().zip(together);
            out.extend(pairs.map(|(pair, challenge)| self.read_vector(challenge, pair)));
        }
        wipe(states.as_flattened_mut());
    }

    /// f1 and f2345.
    fn vector_states(&self, challenge: &Challenge) -> [State; 2] {
        [
            self.with_sqn(Function::F1, challenge),
            self.without_sqn(Function::F2345, &challenge.rand),
        ]
    }

    fn read_vector(&self, challenge: &Challenge, pair: &[State; 2]) -> AuthenticationVector {
        let ([f1, f2345], Challenge { rand, sqn, amf }) = (pair, *challenge);
        AuthenticationVector {
            rand,
            autn: Autn::new(sqn, &anonymity_key(f2345), amf, short_mac(f1)),
            xres: self.short_res(f2345),
            ck: short_key(f2345, CK_LANE),
            ik: short_key(f2345, IK_LANE),
        }
    }

    fn short_res(&self, state: &State) -> Res {
        Value::new(state::value(state, 0, self.lengths.res()).expose())
    }

    /// One permutation, and what `read` makes of it.
    fn one<T>(&self, state: State, read: impl FnOnce(&State) -> T) -> T {
        let mut states = [state];
        permute(&mut states, self.iterations);
        let [state] = &states;
        let out = read(state);
        wipe(&mut states);
        out
    }

    fn with_sqn(&self, function: Function, challenge: &Challenge) -> State {
        self.start.state(
            function.instance(self.lengths),
            Some(&challenge.rand),
            Some((challenge.sqn, challenge.amf)),
        )
    }

    fn without_sqn(&self, function: Function, rand: &Rand) -> State {
        self.start
            .state(function.instance(self.lengths), Some(rand), None)
    }
}

impl Function {
    /// INSTANCE but for its last bit, which says how long K is.
    fn instance(self, lengths: TuakLengths) -> u8 {
        match self {
            Self::F1 => lengths.mac_bits(),
            Self::F1Star => 0x80 | lengths.mac_bits(),
            Self::F2345 => 0x40 | lengths.key_bits(),
            Self::F5Star => 0xc0,
        }
    }
}

/// A MAC of 64 bits.
fn short_mac(state: &State) -> [u8; 8] {
    let [lane, ..] = *state;
    lane.to_be_bytes()
}

/// CK or IK of 128 bits.
fn short_key(state: &State, lane: usize) -> Secret<[u8; 16]> {
    let [.., a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = state::octets(state, lane);
    Secret::new([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p])
}

fn anonymity_key(state: &State) -> Secret<[u8; 6]> {
    let [.., a, b, c, d, e, f] = state::octets(state, AK_LANE);
    Secret::new([a, b, c, d, e, f])
}
