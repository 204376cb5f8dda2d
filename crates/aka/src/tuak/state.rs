//! The 1600 bits that TUAK permutes, TS 35.231 clause 6.1, as 25 lanes: each field
//! is in reverse order of octets there, so a lane is eight octets of the field,
//! most significant first.

use std::num::NonZeroU8;

use keccak::{Backend, BackendClosure, Keccak, ParState1600};
use secret::Secret;
use zeroize::{Zeroize, Zeroizing, optimization_barrier};

use super::TuakKey;
use crate::value::Value;
use crate::{Amf, Rand, Sqn};

/// The lanes of one state.
pub(super) type State = [u64; 25];

/// A state of zeros.
pub(super) const ZERO: State = [0; 25];

/// Where the outputs begin: RES, MAC and TOPc in lane 0, CK, IK and AK here.
pub(super) const CK_LANE: usize = 4;
pub(super) const IK_LANE: usize = 8;
pub(super) const AK_LANE: usize = 12;

/// ALGONAME, above the octet of INSTANCE.
const NAME: u64 = u64::from_be_bytes(*b"TUAK1.0\0");

/// Padding for a rate of 1088 bits: five ones after the inputs, one at the end.
const PADDING_FIRST: u64 = 0x1f;
const PADDING_LAST: u64 = 1 << 63;

/// The state with what does not change for a subscriber: TOPc (or TOP), the
/// name, K and how long it is, and the padding. Wiped on drop.
#[derive(Clone)]
pub(super) struct Start(Zeroizing<State>);

impl Start {
    pub(super) fn new(operator: &Secret<[u8; 32]>, k: &TuakKey) -> Self {
        let [o3, o2, o1, o0] = lanes::<4>(operator.expose());
        let (k, long) = match k {
            TuakKey::Short(k) => {
                let [k1, k0] = lanes::<2>(k.expose());
                ([k0, k1, 0, 0], 0)
            }
            TuakKey::Long(k) => {
                let [k3, k2, k1, k0] = lanes::<4>(k.expose());
                ([k0, k1, k2, k3], 1)
            }
        };
        let [k0, k1, k2, k3] = k;
        let mut start = Zeroizing::new(ZERO);
        let fields = [
            o0,
            o1,
            o2,
            o3,
            NAME | long,
            0,
            0,
            0,
            k0,
            k1,
            k2,
            k3,
            PADDING_FIRST,
            0,
            0,
            0,
            PADDING_LAST,
        ];
        for (lane, field) in start.iter_mut().zip(fields) {
            *lane = field;
        }
        Self(start)
    }

    /// The input for one function.
    pub(super) fn state(
        &self,
        instance: u8,
        rand: Option<&Rand>,
        sqn: Option<(Sqn, Amf)>,
    ) -> State {
        let mut state = *self.0;
        let [_, _, _, _, name, rand0, rand1, sqn_amf, ..] = &mut state;
        *name |= u64::from(instance);
        if let Some(rand) = rand {
            [*rand1, *rand0] = lanes(&rand.0);
        }
        if let Some((sqn, amf)) = sqn {
            *sqn_amf = sqn.to_u64() << 16 | u64::from(u16::from_be_bytes(amf.0));
        }
        state
    }

    /// The operator's constant in it.
    pub(super) fn topc(&self) -> Secret<[u8; 32]> {
        Secret::new(octets(&self.0, 0))
    }
}

/// The field that begins at `lane`, 32 octets, most significant first.
pub(super) fn octets(state: &State, lane: usize) -> [u8; 32] {
    let mut out = [0; 32];
    let field = state.iter().skip(lane).take(4).rev();
    for (to, lane) in out.as_chunks_mut::<8>().0.iter_mut().zip(field) {
        *to = lane.to_be_bytes();
    }
    out
}

/// The first `length` octets of the field that begins at `lane`, at most 32. In
/// the field's reverse order these are its last.
pub(super) fn value(state: &State, lane: usize, length: usize) -> Value<32> {
    let mut field = octets(state, lane);
    let (_, value) = field.split_at(field.len().saturating_sub(length));
    let value = Value::new(value);
    field.zeroize();
    value
}

/// Keccak-f[1600] on each state, `iterations` times.
pub(super) fn permute(states: &mut [State], iterations: NonZeroU8) {
    #[cfg(target_arch = "x86_64")]
    let states = super::wide::permute(states, iterations);
    Keccak::new().with_backend(Permute { states, iterations });
}

struct Permute<'a> {
    states: &'a mut [State],
    iterations: NonZeroU8,
}

impl BackendClosure for Permute<'_> {
    fn call_once<B: Backend>(self) {
        let (together, alone) = ParState1600::<B>::slice_as_chunks_mut(self.states);
        let (many, one) = (B::get_par_f1600(), B::get_f1600());
        for _ in 0..self.iterations.get() {
            together.iter_mut().for_each(many);
            alone.iter_mut().for_each(one);
        }
    }
}

/// Zeros that the compiler does not leave out.
pub(super) fn wipe(states: &mut [State]) {
    states.fill(ZERO);
    optimization_barrier(states);
}

fn lanes<const N: usize>(octets: &[u8]) -> [u64; N] {
    let mut lanes = [0; N];
    for (lane, octets) in lanes.iter_mut().zip(octets.as_chunks::<8>().0) {
        *lane = u64::from_be_bytes(*octets);
    }
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The permutation alone: `keccak_f1600` of `vectors/tuak.json`, all states
    /// together.
    #[test]
    fn the_permutation_gives_the_published_states() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/tuak.json");
        let file: serde_json::Value =
            serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let sets = file["keccak_f1600"].as_array().unwrap();
        assert_eq!(sets.len(), 6);
        let read = |name: &str| -> Vec<State> {
            let state = |row: &serde_json::Value| {
                let text = row[name].as_str().unwrap().as_bytes();
                let octets = data_encoding::HEXLOWER.decode(text).unwrap();
                assert_eq!(octets.len(), 200);
                let mut lanes = octets
                    .chunks_exact(8)
                    .map(|lane| u64::from_le_bytes(lane.try_into().unwrap()));
                std::array::from_fn(|_| lanes.next().unwrap())
            };
            sets.iter().map(state).collect()
        };
        let mut states = read("IN");
        permute(&mut states, NonZeroU8::MIN);
        assert_eq!(states, read("OUT"));
    }
}
