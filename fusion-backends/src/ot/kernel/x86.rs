//! AES-NI and PCLMULQDQ, and VAES and VPCLMULQDQ where the processor has them, with AVX2 or AVX-512.
//!
//! Functions with `target_feature` are safe to write and unsafe to call; from elsewhere they are called
//! here alone. A [`Key`] or [`Level`] other than `Portable` is made by [`best`] alone, which is what
//! makes the calls sound.

mod kernels;
mod narrow;
mod wide;
mod widest;

use std::arch::x86_64::*;

use super::{Block, DRAWN, Key, Level, Stripe, fold as fold_with, places, transpose as squares};

/// The best that this processor has.
pub(super) fn best() -> Level {
    let narrow = is_x86_feature_detected!("aes")
        && is_x86_feature_detected!("pclmulqdq")
        && is_x86_feature_detected!("sse4.1");
    let wide = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("vaes")
        && is_x86_feature_detected!("vpclmulqdq");
    match (narrow, wide, is_x86_feature_detected!("avx512f")) {
        (true, true, true) => Level::Widest,
        (true, true, false) => Level::Wide,
        (true, false, _) => Level::Narrow,
        (false, ..) => Level::Portable,
    }
}

/// Those that this processor has, the best last.
pub(super) fn levels() -> impl Iterator<Item = Level> {
    [Level::Narrow, Level::Wide, Level::Widest].into_iter().filter(|level| *level <= best())
}

/// All round keys.
pub(super) fn expand(level: Level, key: Block) -> [Block; 11] {
    assert!(level != Level::Portable && best() != Level::Portable, "no instructions for AES");
    // SAFETY: the processor has AES, as was just asserted.
    unsafe { narrow::expand(key) }
}

/// Calls the kernel for a level that is not `Portable`.
macro_rules! at {
    ($level:expr, $kernel:ident($($argument:expr),*)) => {
        match $level {
            // SAFETY: this level says that `best` found VAES, VPCLMULQDQ, AVX2 and AVX-512.
            Level::Widest => unsafe { widest::$kernel($($argument),*) },
            // SAFETY: this level says that `best` found VAES, VPCLMULQDQ and AVX2.
            Level::Wide => unsafe { wide::$kernel($($argument),*) },
            // SAFETY: the other one says that `best` found AES, PCLMULQDQ and SSE4.1.
            _ => unsafe { narrow::$kernel($($argument),*) },
        }
    };
}

pub(super) fn hash(key: &Key, blocks: &mut [Block], tweaks: &[Block]) {
    at!(key.level, hash(&key.rounds, blocks, tweaks));
}

pub(super) fn stream(key: &Key, first: Block, blocks: &mut [Block]) {
    at!(key.level, stream(&key.rounds, first, blocks));
}

pub(super) fn split(key: &Key, left: &mut [Block], right: &mut [Block]) -> Block {
    at!(key.level, split(&key.rounds, left, right))
}

pub(super) fn gather(key: &Key, first: u64, table: &[Block], rows: &mut [Block]) {
    at!(key.level, gather(&key.rounds, first, table, rows));
}

/// `level` is that of the keys.
pub(super) fn fold(
    level: Level,
    keys: &[Key],
    first: Block,
    all: &mut Stripe,
    by_bit: &mut [Stripe],
) {
    at!(level, fold(keys, first, all, by_bit));
}

/// The sum of the products, not reduced: its low and its high half.
pub(super) fn dot(level: Level, a: &[Block], b: &[Block]) -> (Block, Block) {
    at!(level, dot(a, b))
}

pub(super) fn transpose(rows: &mut [[u64; 2]; 128]) {
    #[target_feature(enable = "avx2")]
    fn with_avx2(rows: &mut [[u64; 2]; 128]) {
        squares::transpose(rows);
    }
    assert!(best() >= Level::Wide, "no AVX2");
    // SAFETY: the processor has AVX2, as was just asserted.
    unsafe { with_avx2(rows) }
}
