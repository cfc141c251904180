//! AVX-512 with IFMA, and AVX2 with FMA.
//!
//! Functions with `target_feature` are safe to write and unsafe to call. What makes the calls sound is
//! that each kernel's factors are made where the processor has its instructions, and nowhere else:
//! whoever holds them may call.

pub(super) mod avx2;
pub(super) mod avx512;

use super::Level;

/// Those that this processor has, the fastest last.
pub(super) fn levels() -> impl Iterator<Item = Level> {
    let all = [(Level::Avx2, avx2::is_present()), (Level::Avx512, avx512::is_present())];
    all.into_iter().filter_map(|(level, is_present)| is_present.then_some(level))
}
