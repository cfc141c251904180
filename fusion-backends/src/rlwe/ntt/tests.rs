use proptest::prelude::*;
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::*;
use crate::rlwe::params::PRIMES;

/// The portable level, and what is compared with it: all levels of this processor, or the one that
/// `cargo xtask emulate` names, since its emulator does not give the errors of products as AVX2 must.
fn levels() -> Vec<Level> {
    let named = std::env::var("FUSION_LEVEL").ok();
    let is_named = |level: &Level| named.as_ref().is_none_or(|name| *name == format!("{level:?}"));
    let mut levels = Level::all();
    levels.retain(|level| *level == Level::Portable || is_named(level));
    levels
}

/// Numbers below p, many of them at the ends.
fn numbers(prime: &Prime, degree: usize, rng: &mut StdRng) -> Vec<u64> {
    let number = |_| match rng.random_range(0..4) {
        0 => prime.value() - 1 - rng.random_range(0..2),
        1 => rng.random_range(0..2),
        _ => rng.random_range(0..prime.value()),
    };
    (0..degree).map(number).collect()
}

fn schoolbook(prime: &Prime, a: &[u64], b: &[u64]) -> Vec<u64> {
    let mut product = vec![0; a.len()];
    for (i, a) in a.iter().enumerate() {
        for (j, b) in b.iter().enumerate() {
            let (place, term) = ((i + j) % product.len(), prime.mul(*a, *b));
            let wraps = i + j >= product.len();
            let sum = if wraps {
                prime.sub(product[place], term)
            } else {
                prime.add(product[place], term)
            };
            product[place] = sum;
        }
    }
    product
}

fn product(table: &Table, a: &[u64], b: &[u64]) -> Vec<u64> {
    let (mut a, mut b, mut sum) = (a.to_vec(), b.to_vec(), vec![0; a.len()]);
    table.forward(&mut a);
    table.forward(&mut b);
    table.multiply_add(&mut sum, &a, &b);
    table.inverse(&mut sum);
    sum
}

proptest! {
    #[test]
    fn products_are_those_of_the_schoolbook(seed: u64, log in 4_u32..8) {
        let (mut rng, degree) = (StdRng::seed_from_u64(seed), 1 << log);
        for prime in PRIMES.iter().copied().flatten() {
            let [a, b] = [(); 2].map(|()| numbers(prime, degree, &mut rng));
            let expected = schoolbook(prime, &a, &b);
            for level in levels() {
                let table = Table::at(level, *prime, degree);
                prop_assert_eq!(&product(&table, &a, &b), &expected, "{:?}", level);
            }
        }
    }
}

/// What the other tests compare, for `cargo xtask emulate` to read.
#[test]
fn levels_are_told() {
    println!("levels of the transform: {:?}", levels());
}

#[test]
fn every_level_gives_the_same() {
    let mut rng = StdRng::seed_from_u64(1);
    for prime in PRIMES.iter().copied().flatten() {
        for degree in [4096, 8192] {
            let tables: Vec<_> = levels()
                .into_iter()
                .map(|level| (level, Table::at(level, *prime, degree)))
                .collect();
            for round in 0..8 {
                let a = match round {
                    0 => vec![prime.value() - 1; degree],
                    1 => vec![prime.value() / 2; degree],
                    2 => vec![prime.value() / 2 + 1; degree],
                    _ => numbers(prime, degree, &mut rng),
                };
                let steps: Vec<_> = tables
                    .iter()
                    .map(|(level, table)| {
                        let (mut there, mut back) = (a.clone(), a.clone());
                        table.forward(&mut there);
                        table.inverse(&mut back);
                        let mut sum = numbers(prime, degree, &mut StdRng::seed_from_u64(2));
                        table.multiply_add(&mut sum, &there, &back);
                        let mut same = there.clone();
                        table.inverse(&mut same);
                        assert!(same == a, "{level:?}");
                        (there, back, sum)
                    })
                    .collect();
                assert!(steps.iter().all(|step| *step == steps[0]));
                let all = steps.iter().flat_map(|(there, back, sum)| [there, back, sum]).flatten();
                assert!(all.into_iter().all(|x| *x < prime.value()));
            }
        }
    }
}

#[test]
fn sums_of_products_are_those_of_single_ones() {
    let mut rng = StdRng::seed_from_u64(4);
    for prime in PRIMES.iter().copied().flatten() {
        for terms in [0, 1, 3, 4, 5, 9] {
            let mut pieces = |count| -> Vec<[u64; PIECE]> {
                (0..count).map(|_| numbers(prime, PIECE, &mut rng).try_into().unwrap()).collect()
            };
            let (weights, first, second) = (pieces(terms), pieces(terms), pieces(terms));
            let sums = pieces(2);
            let mut expected = sums.clone();
            for at in 0..PIECE {
                for term in 0..terms {
                    for (half, inputs) in [&first, &second].into_iter().enumerate() {
                        let product = prime.mul(weights[term][at], inputs[term][at]);
                        expected[half][at] = prime.add(expected[half][at], product);
                    }
                }
            }
            let inputs: Vec<_> = first.iter().zip(&second).map(|(a, b)| [a, b]).collect();
            for level in levels() {
                let mut found = sums.clone();
                let [first, second] = found.get_disjoint_mut([0, 1]).unwrap();
                Table::at(level, *prime, PIECE).accumulate(
                    [first, second],
                    &weights.iter().collect::<Vec<_>>(),
                    &inputs,
                );
                assert_eq!(found, expected, "{level:?}");
            }
        }
    }
}

/// The heaviest numbers and the largest values, for more terms than are summed without reduction, and
/// rows that do not fill a block.
#[test]
fn sums_of_multiples_are_exact() {
    const MOST: i64 = 1 << 30;
    let mut rng = StdRng::seed_from_u64(5);
    for prime in [PRIMES[0][1], PRIMES[1][0], PRIMES[2][2], PRIMES[3][1]] {
        for (terms, rows, stride) in [(0, 1, 1), (1, 4, 2), (257, 5, 3), (513, 2, 1)] {
            let mut pieces = |count| -> Vec<[u64; PIECE]> {
                (0..count).map(|_| numbers(&prime, PIECE, &mut rng).try_into().unwrap()).collect()
            };
            let (mut inputs, sums) = (pieces(terms), pieces(rows * stride));
            inputs.iter_mut().for_each(|input| input[..300].fill(prime.value() - 1));
            let weights: Vec<i64> = (0..terms * rows)
                .map(|at| match at / terms {
                    0 => MOST,
                    1 => -MOST,
                    _ => rng.random_range(-MOST..=MOST),
                })
                .collect();
            let mut expected = sums.clone();
            for (row, weights) in weights.chunks_exact(terms.max(1)).enumerate() {
                for (at, sum) in expected[row * stride].iter_mut().enumerate() {
                    let products = weights.iter().zip(&inputs);
                    let all = products.map(|(w, x)| i128::from(*w) * i128::from(x[at]));
                    let whole = i128::from(*sum) + all.sum::<i128>();
                    *sum = whole.rem_euclid(prime.value().into()) as u64;
                }
            }
            let inputs: Vec<_> = inputs.iter().collect();
            for level in levels() {
                let mut found = sums.clone();
                Table::at(level, prime, PIECE).combine(&mut found, stride, &weights, &inputs);
                assert!(found == expected, "{level:?}, {terms} terms");
            }
        }
    }
}

/// The first value is that at the root itself, and constants stay.
#[test]
fn values_are_those_at_the_roots() {
    for prime in PRIMES.iter().copied().flatten() {
        let (table, degree) = (Table::new(*prime, 16), 16);
        let mut coefficients: Vec<u64> = (1..=16).collect();
        let root = prime.root(degree);
        let horner = |at: u64| (1..=16).rev().fold(0, |sum, c| prime.add(prime.mul(sum, at), c));
        let expected = horner(root);
        table.forward(&mut coefficients);
        assert_eq!(coefficients[0], expected);
        let mut constant = vec![0; 16];
        constant[0] = 5;
        table.forward(&mut constant);
        assert_eq!(constant, [5; 16]);
    }
}
