//! On single blocks: AES-NI, PCLMULQDQ, SSE4.1. And what needs no more.

use super::kernels::kernels;
use super::*;

kernels!(
    "aes,pclmulqdq,sse4.1", __m128i, 1, 8,
    load: _mm_loadu_si128, store: _mm_storeu_si128,
    zero: _mm_setzero_si128, xor: _mm_xor_si128,
    spread: block,
    round: _mm_aesenc_si128, last: _mm_aesenclast_si128,
    product: _mm_clmulepi64_si128,
    swap: _mm_shuffle_epi32, and: _mm_and_si128,
    high: _mm_set_epi64x(-1, 0),
    add: _mm_add_epi64, step: _mm_set_epi64x(0, GROUP as i64)
);

#[target_feature(enable = "sse4.1")]
#[inline]
pub(super) fn block(block: &Block) -> __m128i {
    // SAFETY: a block is as long as a vector, and the load need not be aligned.
    unsafe { _mm_loadu_si128(std::ptr::from_ref(block).cast()) }
}

#[target_feature(enable = "sse4.1")]
#[inline]
pub(super) fn put(block: &mut Block, vector: __m128i) {
    // SAFETY: a block is as long as a vector, and the store need not be aligned.
    unsafe { _mm_storeu_si128(std::ptr::from_mut(block).cast(), vector) };
}

/// FIPS-197, section 5.2.
#[target_feature(enable = "aes,sse4.1")]
pub(super) fn expand(key: Block) -> [Block; 11] {
    let mut rounds = [key; 11];
    let mut last = block(&key);
    let mut next = |assist: __m128i, round: usize| {
        last = _mm_xor_si128(last, _mm_slli_si128::<4>(last));
        last = _mm_xor_si128(last, _mm_slli_si128::<8>(last));
        last = _mm_xor_si128(last, _mm_shuffle_epi32::<0xff>(assist));
        put(&mut rounds[round], last);
        last
    };
    let one = next(_mm_aeskeygenassist_si128::<0x01>(block(&key)), 1);
    let two = next(_mm_aeskeygenassist_si128::<0x02>(one), 2);
    let three = next(_mm_aeskeygenassist_si128::<0x04>(two), 3);
    let four = next(_mm_aeskeygenassist_si128::<0x08>(three), 4);
    let five = next(_mm_aeskeygenassist_si128::<0x10>(four), 5);
    let six = next(_mm_aeskeygenassist_si128::<0x20>(five), 6);
    let seven = next(_mm_aeskeygenassist_si128::<0x40>(six), 7);
    let eight = next(_mm_aeskeygenassist_si128::<0x80>(seven), 8);
    let nine = next(_mm_aeskeygenassist_si128::<0x1b>(eight), 9);
    next(_mm_aeskeygenassist_si128::<0x36>(nine), 10);
    rounds
}
