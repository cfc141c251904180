//! The matrix product over all slots, modulo 2^64.

use rand::Rng;
use zeroize::Zeroizing;

/// Rows that stay in the cache while all slots pass.
const BLOCK: usize = 8;

/// A matrix that hides the weights, or the weights hidden by it. Row-major.
pub(super) struct Matrix {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) values: Zeroizing<Vec<i64>>,
}

impl Matrix {
    /// Uniform, the same on both ends of a seed.
    pub(super) fn random<R: Rng>(inputs: usize, outputs: usize, rng: &mut R) -> Self {
        let values = (0..inputs.saturating_mul(outputs)).map(|_| rng.next_u64().cast_signed());
        Self { inputs, outputs, values: Zeroizing::new(values.collect()) }
    }

    /// y += M x for each slot.
    pub(super) fn add_product(&self, x: &[u64], y: &mut [u64]) {
        add_product(&self.values, (self.inputs, self.outputs), x, y);
    }
}

/// y += W x for each slot, where W has `outputs` rows of `inputs` numbers.
pub(super) fn add_product(
    weights: &[i64],
    (inputs, outputs): (usize, usize),
    x: &[u64],
    y: &mut [u64],
) {
    let (inputs, outputs) = (inputs.max(1), outputs.max(1));
    for (block, rows) in weights.chunks(inputs.saturating_mul(BLOCK)).enumerate() {
        let done = block.saturating_mul(BLOCK);
        for (x, y) in x.chunks_exact(inputs).zip(y.chunks_exact_mut(outputs)) {
            for (row, y) in rows.chunks_exact(inputs).zip(y.iter_mut().skip(done)) {
                *y = y.wrapping_add(dot(row, x));
            }
        }
    }
}

fn dot(row: &[i64], x: &[u64]) -> u64 {
    let terms = row.iter().zip(x).map(|(w, x)| w.cast_unsigned().wrapping_mul(*x));
    terms.fold(0, u64::wrapping_add)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn the_product_is_that_of_the_definition() {
        let mut rng = StdRng::seed_from_u64(3);
        for (inputs, outputs, slots) in [(1, 1, 1), (3, 8, 2), (5, 9, 4), (2, 17, 0)] {
            let matrix = Matrix::random(inputs, outputs, &mut rng);
            let x: Vec<u64> = (0..slots * inputs).map(|_| rng.next_u64()).collect();
            let start: Vec<u64> = (0..slots * outputs).map(|_| rng.next_u64()).collect();
            let mut expected = start.clone();
            for (i, y) in expected.iter_mut().enumerate() {
                for j in 0..inputs {
                    let w = matrix.values[i % outputs * inputs + j].cast_unsigned();
                    *y = y.wrapping_add(w.wrapping_mul(x[i / outputs * inputs + j]));
                }
            }
            let mut found = start;
            matrix.add_product(&x, &mut found);
            assert_eq!(found, expected);
        }
    }
}
