//! The transform in plain integers, after Harvey ("Faster arithmetic for number-theoretic
//! transforms", 2014): numbers stay below 4 p on the way in and below 2 p on the way back.

use super::{PIECE, Prime, Roots};

pub(super) fn forward(prime: &Prime, roots: &Roots, values: &mut [u64]) {
    let (mut blocks, mut half) = (1, values.len() / 2);
    while half > 0 {
        let factors = &roots.forward[blocks..2 * blocks];
        for (pair, factor) in values.chunks_exact_mut(2 * half).zip(factors) {
            let (low, high) = pair.split_at_mut(half);
            for (x, y) in low.iter_mut().zip(high) {
                let (a, b) = (prime.once_of_four(*x), prime.mul_lazy(*y, *factor));
                *x = a + b;
                *y = a + 2 * prime.value() - b;
            }
        }
        (blocks, half) = (2 * blocks, half / 2);
    }
    values.iter_mut().for_each(|x| *x = prime.once(prime.once_of_four(*x)));
}

pub(super) fn inverse(prime: &Prime, roots: &Roots, values: &mut [u64]) {
    let (mut blocks, mut half) = (values.len() / 2, 1);
    while blocks > 0 {
        let factors = &roots.inverse[blocks..2 * blocks];
        for (pair, factor) in values.chunks_exact_mut(2 * half).zip(factors) {
            let (low, high) = pair.split_at_mut(half);
            for (x, y) in low.iter_mut().zip(high) {
                let (a, b) = (*x, *y);
                *x = prime.once_of_four(a + b);
                *y = prime.mul_lazy(a + 2 * prime.value() - b, *factor);
            }
        }
        (blocks, half) = (blocks / 2, 2 * half);
    }
    values.iter_mut().for_each(|x| *x = prime.mul_factor(*x, roots.scale));
}

pub(super) fn multiply_add(prime: &Prime, sum: &mut [u64], a: &[u64], b: &[u64]) {
    for ((sum, a), b) in sum.iter_mut().zip(a).zip(b) {
        *sum = prime.add(*sum, prime.mul(*a, *b));
    }
}

pub(super) fn accumulate(
    prime: &Prime,
    sums: [&mut [u64; PIECE]; 2],
    weights: &[&[u64; PIECE]],
    inputs: &[[&[u64; PIECE]; 2]],
) {
    let [first, second] = sums;
    for (weights, inputs) in weights.iter().zip(inputs) {
        for (sum, input) in [&mut *first, &mut *second].into_iter().zip(inputs) {
            for ((sum, weight), input) in sum.iter_mut().zip(*weights).zip(*input) {
                *sum = prime.add(*sum, prime.mul(*weight, *input));
            }
        }
    }
}
