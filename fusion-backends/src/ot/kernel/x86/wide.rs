//! On pairs of blocks: VAES, VPCLMULQDQ, AVX2.

use super::kernels::kernels;
use super::*;

kernels!(
    "avx2,vaes,vpclmulqdq,aes,pclmulqdq,sse4.1", __m256i, 2, 8,
    load: _mm256_loadu_si256, store: _mm256_storeu_si256,
    zero: _mm256_setzero_si256, xor: _mm256_xor_si256,
    spread: |key: &Block| _mm256_broadcastsi128_si256(super::narrow::block(key)),
    round: _mm256_aesenc_epi128, last: _mm256_aesenclast_epi128,
    product: _mm256_clmulepi64_epi128,
    swap: _mm256_shuffle_epi32, and: _mm256_and_si256,
    high: _mm256_set_epi64x(-1, 0, -1, 0),
    add: _mm256_add_epi64, step: _mm256_set_epi64x(0, GROUP as i64, 0, GROUP as i64)
);
