//! A square of bits, transposed by exchanging ever smaller squares off the diagonal.

/// See [`transpose`](super::transpose()).
#[inline(always)]
pub(super) fn transpose(rows: &mut [[u64; 2]; 128]) {
    let (upper, lower) = rows.split_at_mut(64);
    for (upper, lower) in upper.iter_mut().zip(lower) {
        std::mem::swap(&mut upper[1], &mut lower[0]);
    }
    exchange::<32>(rows);
    exchange::<16>(rows);
    exchange::<8>(rows);
    exchange::<4>(rows);
    exchange::<2>(rows);
    exchange::<1>(rows);
}

#[inline(always)]
fn exchange<const SIZE: usize>(rows: &mut [[u64; 2]; 128]) {
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
