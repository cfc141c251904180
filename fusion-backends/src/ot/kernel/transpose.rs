//! A square of bits, transposed by exchanging ever smaller squares off the diagonal.

/// See [`transpose`](super::transpose()).
#[inline(always)]
pub(super) fn transpose(rows: &mut [[u64; 2]; 128]) {
    let (upper, lower) = rows.split_at_mut(64);
    for (upper, lower) in upper.iter_mut().zip(lower) {
        std::mem::swap(&mut upper[1], &mut lower[0]);
    }
    squares(rows);
}

/// Transposes each square of 64 x 64 bits: bit i of its row j becomes bit j of its row i.
#[inline(always)]
pub(crate) fn squares<const BESIDE: usize>(rows: &mut [[u64; BESIDE]]) {
    exchange::<32, BESIDE>(rows);
    exchange::<16, BESIDE>(rows);
    exchange::<8, BESIDE>(rows);
    exchange::<4, BESIDE>(rows);
    exchange::<2, BESIDE>(rows);
    exchange::<1, BESIDE>(rows);
}

#[inline(always)]
fn exchange<const SIZE: usize, const BESIDE: usize>(rows: &mut [[u64; BESIDE]]) {
    // The low SIZE bits of every 2 SIZE.
    let mask = u64::MAX / ((1 << SIZE) + 1);
    for square in rows.chunks_exact_mut(2 * SIZE) {
        let (upper, lower) = square.split_at_mut(SIZE);
        for (upper, lower) in upper.as_flattened_mut().iter_mut().zip(lower.as_flattened_mut()) {
            let differ = ((*upper >> SIZE) ^ *lower) & mask;
            *upper ^= differ << SIZE;
            *lower ^= differ;
        }
    }
}
