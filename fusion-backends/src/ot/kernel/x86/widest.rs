//! On four blocks at a time: VAES, VPCLMULQDQ, AVX-512.

use super::kernels::kernels;
use super::*;

kernels!(
    "avx512f,avx2,vaes,vpclmulqdq,aes,pclmulqdq,sse4.1", __m512i, 4, 4,
    load: _mm512_loadu_si512, store: _mm512_storeu_si512,
    zero: _mm512_setzero_si512, xor: _mm512_xor_si512,
    spread: |key: &Block| _mm512_broadcast_i32x4(super::narrow::block(key)),
    round: _mm512_aesenc_epi128, last: _mm512_aesenclast_epi128,
    product: _mm512_clmulepi64_epi128,
    swap: _mm512_shuffle_epi32, and: _mm512_and_si512,
    high: _mm512_set4_epi64(-1, 0, -1, 0),
    add: _mm512_add_epi64, step: _mm512_set4_epi64(0, GROUP as i64, 0, GROUP as i64)
);
