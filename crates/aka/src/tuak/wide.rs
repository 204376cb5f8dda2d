//! Keccak-f[1600] (FIPS 202 clause 3) on four or eight states at once, for
//! processors of x86-64 with AVX2 or AVX-512: one register holds a lane of each
//! state. Other processors take the crate `keccak` (`super::state`).

use core::arch::x86_64::{
    __m256i, __m512i, _mm256_andnot_si256, _mm256_extract_epi64, _mm256_or_si256,
    _mm256_set_epi64x, _mm256_set1_epi64x, _mm256_setzero_si256, _mm256_slli_epi64,
    _mm256_srli_epi64, _mm256_xor_si256, _mm512_extracti64x4_epi64, _mm512_rol_epi64,
    _mm512_set_epi64, _mm512_set1_epi64, _mm512_setzero_si512, _mm512_ternarylogic_epi64,
    _mm512_xor_si512,
};
use std::num::NonZeroU8;

use zeroize::optimization_barrier;

use super::state::State;

const ROUNDS: [u64; 24] = [
    0x0000_0000_0000_0001,
    0x0000_0000_0000_8082,
    0x8000_0000_0000_808a,
    0x8000_0000_8000_8000,
    0x0000_0000_0000_808b,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8009,
    0x0000_0000_0000_008a,
    0x0000_0000_0000_0088,
    0x0000_0000_8000_8009,
    0x0000_0000_8000_000a,
    0x0000_0000_8000_808b,
    0x8000_0000_0000_008b,
    0x8000_0000_0000_8089,
    0x8000_0000_0000_8003,
    0x8000_0000_0000_8002,
    0x8000_0000_0000_0080,
    0x0000_0000_0000_800a,
    0x8000_0000_8000_000a,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8080,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8008,
];

/// One round on `$a`, 25 registers in the order of the lanes: theta, rho with pi,
/// chi, iota.
macro_rules! round {
    ($a:ident, $constant:expr, $xor5:ident, $xor:ident, $rol:ident, $chi:ident) => {{
        let [
            a0,
            a1,
            a2,
            a3,
            a4,
            a5,
            a6,
            a7,
            a8,
            a9,
            a10,
            a11,
            a12,
            a13,
            a14,
            a15,
            a16,
            a17,
            a18,
            a19,
            a20,
            a21,
            a22,
            a23,
            a24,
        ] = $a;
        let c0 = $xor5(a0, a5, a10, a15, a20);
        let c1 = $xor5(a1, a6, a11, a16, a21);
        let c2 = $xor5(a2, a7, a12, a17, a22);
        let c3 = $xor5(a3, a8, a13, a18, a23);
        let c4 = $xor5(a4, a9, a14, a19, a24);
        let d0 = $xor(c4, $rol::<1, 63>(c1));
        let d1 = $xor(c0, $rol::<1, 63>(c2));
        let d2 = $xor(c1, $rol::<1, 63>(c3));
        let d3 = $xor(c2, $rol::<1, 63>(c4));
        let d4 = $xor(c3, $rol::<1, 63>(c0));
        // b[y + 5 * ((2x + 3y) mod 5)] is a[x + 5y], turned.
        let b0 = $xor(a0, d0);
        let b1 = $rol::<44, 20>($xor(a6, d1));
        let b2 = $rol::<43, 21>($xor(a12, d2));
        let b3 = $rol::<21, 43>($xor(a18, d3));
        let b4 = $rol::<14, 50>($xor(a24, d4));
        let b5 = $rol::<28, 36>($xor(a3, d3));
        let b6 = $rol::<20, 44>($xor(a9, d4));
        let b7 = $rol::<3, 61>($xor(a10, d0));
        let b8 = $rol::<45, 19>($xor(a16, d1));
        let b9 = $rol::<61, 3>($xor(a22, d2));
        let b10 = $rol::<1, 63>($xor(a1, d1));
        let b11 = $rol::<6, 58>($xor(a7, d2));
        let b12 = $rol::<25, 39>($xor(a13, d3));
        let b13 = $rol::<8, 56>($xor(a19, d4));
        let b14 = $rol::<18, 46>($xor(a20, d0));
        let b15 = $rol::<27, 37>($xor(a4, d4));
        let b16 = $rol::<36, 28>($xor(a5, d0));
        let b17 = $rol::<10, 54>($xor(a11, d1));
        let b18 = $rol::<15, 49>($xor(a17, d2));
        let b19 = $rol::<56, 8>($xor(a23, d3));
        let b20 = $rol::<62, 2>($xor(a2, d2));
        let b21 = $rol::<55, 9>($xor(a8, d3));
        let b22 = $rol::<39, 25>($xor(a14, d4));
        let b23 = $rol::<41, 23>($xor(a15, d0));
        let b24 = $rol::<2, 62>($xor(a21, d1));
        $a = [
            $xor($chi(b0, b1, b2), $constant),
            $chi(b1, b2, b3),
            $chi(b2, b3, b4),
            $chi(b3, b4, b0),
            $chi(b4, b0, b1),
            $chi(b5, b6, b7),
            $chi(b6, b7, b8),
            $chi(b7, b8, b9),
            $chi(b8, b9, b5),
            $chi(b9, b5, b6),
            $chi(b10, b11, b12),
            $chi(b11, b12, b13),
            $chi(b12, b13, b14),
            $chi(b13, b14, b10),
            $chi(b14, b10, b11),
            $chi(b15, b16, b17),
            $chi(b16, b17, b18),
            $chi(b17, b18, b19),
            $chi(b18, b19, b15),
            $chi(b19, b15, b16),
            $chi(b20, b21, b22),
            $chi(b21, b22, b23),
            $chi(b22, b23, b24),
            $chi(b23, b24, b20),
            $chi(b24, b20, b21),
        ];
    }};
}

/// Permutes as many states as there are from the front, four or eight at a time,
/// and returns the others.
pub(super) fn permute(states: &mut [State], iterations: NonZeroU8) -> &mut [State] {
    let mut rest = states;
    if is_x86_feature_detected!("avx512f") {
        let (eights, after) = rest.as_chunks_mut::<8>();
        for eight in eights {
            call_eight(eight, iterations);
        }
        rest = after;
    }
    if is_x86_feature_detected!("avx2") {
        let (fours, after) = rest.as_chunks_mut::<4>();
        for four in fours {
            call_four(four, iterations);
        }
        rest = after;
    }
    rest
}

#[expect(
    unsafe_code,
    reason = "a function for some processors alone; the compiler can't see that it was asked"
)]
fn call_eight(states: &mut [State; 8], iterations: NonZeroU8) {
    debug_assert!(is_x86_feature_detected!("avx512f"));
    // SAFETY: the only caller has found AVX-512F in this processor.
    unsafe { eight(states, iterations) }
}

#[expect(
    unsafe_code,
    reason = "a function for some processors alone; the compiler can't see that it was asked"
)]
fn call_four(states: &mut [State; 4], iterations: NonZeroU8) {
    debug_assert!(is_x86_feature_detected!("avx2"));
    // SAFETY: the only caller has found AVX2 in this processor.
    unsafe { four(states, iterations) }
}

#[target_feature(enable = "avx512f")]
fn eight(states: &mut [State; 8], iterations: NonZeroU8) {
    let mut lanes = [_mm512_setzero_si512(); 25];
    {
        let [s0, s1, s2, s3, s4, s5, s6, s7] = &*states;
        let first = s0.iter().zip(s1).zip(s2.iter().zip(s3));
        let last = s4.iter().zip(s5).zip(s6.iter().zip(s7));
        for (lane, (first, last)) in lanes.iter_mut().zip(first.zip(last)) {
            let (((a, b), (c, d)), ((e, f), (g, h))) = (first, last);
            let [a, b, c, d, e, f, g, h] = [a, b, c, d, e, f, g, h].map(|n| n.cast_signed());
            *lane = _mm512_set_epi64(h, g, f, e, d, c, b, a);
        }
    }
    for _ in 0..iterations.get() {
        for constant in ROUNDS {
            let constant = _mm512_set1_epi64(constant.cast_signed());
            round!(
                lanes,
                constant,
                xor5_512,
                _mm512_xor_si512,
                rol_512,
                chi_512
            );
        }
    }
    let [s0, s1, s2, s3, s4, s5, s6, s7] = states;
    let first = s0.iter_mut().zip(s1).zip(s2.iter_mut().zip(s3));
    let last = s4.iter_mut().zip(s5).zip(s6.iter_mut().zip(s7));
    for (lane, (first, last)) in lanes.iter().zip(first.zip(last)) {
        let (((a, b), (c, d)), ((e, f), (g, h))) = (first, last);
        [*a, *b, *c, *d] = split(_mm512_extracti64x4_epi64::<0>(*lane));
        [*e, *f, *g, *h] = split(_mm512_extracti64x4_epi64::<1>(*lane));
    }
    lanes.fill(_mm512_setzero_si512());
    optimization_barrier(&lanes);
}

#[target_feature(enable = "avx2")]
fn four(states: &mut [State; 4], iterations: NonZeroU8) {
    let mut lanes = [_mm256_setzero_si256(); 25];
    {
        let [s0, s1, s2, s3] = &*states;
        let each = s0.iter().zip(s1).zip(s2.iter().zip(s3));
        for (lane, ((a, b), (c, d))) in lanes.iter_mut().zip(each) {
            let [a, b, c, d] = [a, b, c, d].map(|n| n.cast_signed());
            *lane = _mm256_set_epi64x(d, c, b, a);
        }
    }
    for _ in 0..iterations.get() {
        for constant in ROUNDS {
            let constant = _mm256_set1_epi64x(constant.cast_signed());
            round!(
                lanes,
                constant,
                xor5_256,
                _mm256_xor_si256,
                rol_256,
                chi_256
            );
        }
    }
    let [s0, s1, s2, s3] = states;
    let each = s0.iter_mut().zip(s1).zip(s2.iter_mut().zip(s3));
    for (lane, ((a, b), (c, d))) in lanes.iter().zip(each) {
        [*a, *b, *c, *d] = split(*lane);
    }
    lanes.fill(_mm256_setzero_si256());
    optimization_barrier(&lanes);
}

#[target_feature(enable = "avx2")]
fn split(lane: __m256i) -> [u64; 4] {
    [
        _mm256_extract_epi64::<0>(lane),
        _mm256_extract_epi64::<1>(lane),
        _mm256_extract_epi64::<2>(lane),
        _mm256_extract_epi64::<3>(lane),
    ]
    .map(i64::cast_unsigned)
}

#[target_feature(enable = "avx512f")]
fn xor5_512(a: __m512i, b: __m512i, c: __m512i, d: __m512i, e: __m512i) -> __m512i {
    let abc = _mm512_ternarylogic_epi64::<0x96>(a, b, c);
    _mm512_ternarylogic_epi64::<0x96>(abc, d, e)
}

#[target_feature(enable = "avx512f")]
fn rol_512<const LEFT: i32, const RIGHT: i32>(a: __m512i) -> __m512i {
    _mm512_rol_epi64::<LEFT>(a)
}

/// a ^ (!b & c)
#[target_feature(enable = "avx512f")]
fn chi_512(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
    _mm512_ternarylogic_epi64::<0xd2>(a, b, c)
}

#[target_feature(enable = "avx2")]
fn xor5_256(a: __m256i, b: __m256i, c: __m256i, d: __m256i, e: __m256i) -> __m256i {
    let abc = _mm256_xor_si256(_mm256_xor_si256(a, b), c);
    _mm256_xor_si256(_mm256_xor_si256(abc, d), e)
}

#[target_feature(enable = "avx2")]
fn rol_256<const LEFT: i32, const RIGHT: i32>(a: __m256i) -> __m256i {
    _mm256_or_si256(_mm256_slli_epi64::<LEFT>(a), _mm256_srli_epi64::<RIGHT>(a))
}

/// a ^ (!b & c)
#[target_feature(enable = "avx2")]
fn chi_256(a: __m256i, b: __m256i, c: __m256i) -> __m256i {
    _mm256_xor_si256(a, _mm256_andnot_si256(b, c))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keccak-f[1600] of the crate `keccak` on each state.
    fn expected(states: &[State], iterations: u8) -> Vec<State> {
        let one = |state: &State| {
            let mut state = *state;
            for _ in 0..iterations {
                keccak::Keccak::new().with_f1600(|f1600| f1600(&mut state));
            }
            state
        };
        states.iter().map(one).collect()
    }

    fn drawn(count: usize) -> Vec<State> {
        let mut word = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            word ^= word << 13;
            word ^= word >> 7;
            word ^= word << 17;
            word
        };
        let state = |_| std::array::from_fn(|_| next());
        (0..count).map(state).collect()
    }

    /// Each kernel that this processor has, beside another Keccak.
    #[test]
    fn each_kernel_permutes_as_the_crate_does() {
        let mut kernels = 0;
        for iterations in [1, 2, 255] {
            let many = NonZeroU8::new(iterations).unwrap();
            if is_x86_feature_detected!("avx512f") {
                let mut states: [State; 8] = drawn(8).try_into().unwrap();
                let wanted = expected(&states, iterations);
                call_eight(&mut states, many);
                assert!(states.as_slice() == wanted, "eight, {iterations}");
                kernels += 1;
            }
            if is_x86_feature_detected!("avx2") {
                let mut states: [State; 4] = drawn(4).try_into().unwrap();
                let wanted = expected(&states, iterations);
                call_four(&mut states, many);
                assert!(states.as_slice() == wanted, "four, {iterations}");
                kernels += 1;
            }
        }
        println!("{kernels} runs of kernels");
    }

    /// Any number of states; what is left over is left alone.
    #[test]
    fn what_does_not_fill_a_kernel_is_handed_back() {
        for count in 0..20 {
            let mut states = drawn(count);
            let (before, wanted) = (states.clone(), expected(&states, 1));
            let rest = permute(&mut states, NonZeroU8::MIN).len();
            let done = count - rest;
            assert!(states[..done] == wanted[..done], "{count}");
            assert!(states[done..] == before[done..], "{count}");
            let width = if is_x86_feature_detected!("avx2") {
                4
            } else {
                20
            };
            assert!(rest < width, "{count}");
        }
    }
}
