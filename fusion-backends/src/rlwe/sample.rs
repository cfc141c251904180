//! Random polynomials: secrets, errors, and uniform ones from a seed.

use chacha20::ChaCha20Rng;
use rand::{CryptoRng, Rng, RngExt, SeedableRng};
use zeroize::Zeroizing;

use super::params::Parameters;
use super::poly::Values;

/// Bytes of a seed.
pub(super) const SEED: usize = 32;
/// What a uniform polynomial is made from. Public.
pub(super) type Seed = [u8; SEED];

const DOMAIN: &str = "fusion cheetah rlwe uniform polynomial v1";

/// Pairs of bits of which an error is the sum of differences: its variance is half of that, 3.24^2.
const PAIRS: u32 = 21;
/// Twice the variance of an error, which the bounds in `noise.rs` are made of.
pub(super) const TWICE_VARIANCE: u32 = PAIRS;
/// An error is at most this in magnitude.
pub(super) const LARGEST_ERROR: u32 = PAIRS;

/// Draws in constant time from a ChaCha20 stream, whose key comes from the caller's generator and is
/// overwritten at the end.
pub(super) struct Sampler(ChaCha20Rng);

impl Sampler {
    pub(super) fn new<R: CryptoRng>(rng: &mut R) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *key);
        Self(ChaCha20Rng::from_seed(*key))
    }

    /// Generators for so many pieces of work, which may then be done in any order.
    pub(super) fn fork(&mut self, count: usize) -> Vec<Self> {
        (0..count).map(|_| Self::new(&mut self.0)).collect()
    }

    pub(super) fn seed(&mut self) -> Seed {
        self.0.random()
    }

    pub(super) fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    pub(super) fn double_word(&mut self) -> u128 {
        u128::from(self.word()) << 64 | u128::from(self.word())
    }

    /// -1, 0 and 1, each as likely as the others but for 2^-63.
    pub(super) fn ternary(&mut self, degree: usize) -> Zeroizing<Vec<i64>> {
        let third = |word: u64| (u128::from(word).wrapping_mul(3) >> 64) as i64;
        self.fill(degree, |word| third(word).wrapping_sub(1))
    }

    /// Centred binomial, of variance 10.5.
    pub(super) fn errors(&mut self, degree: usize) -> Zeroizing<Vec<i64>> {
        const MASK: u64 = (1 << PAIRS) - 1;
        self.fill(degree, |word| {
            let (plus, minus) = (word & MASK, word >> PAIRS & MASK);
            i64::from(ones(plus)).wrapping_sub(i64::from(ones(minus)))
        })
    }

    fn fill(&mut self, degree: usize, number: impl Fn(u64) -> i64) -> Zeroizing<Vec<i64>> {
        let mut numbers = Zeroizing::new(Vec::with_capacity(degree));
        numbers.extend((0..degree).map(|_| number(self.word())));
        numbers
    }
}

/// How many bits are set, by sums of ever more bits: some processors would use a table instead.
fn ones(word: u64) -> i32 {
    let pairs = word.wrapping_sub(word >> 1 & 0x5555_5555_5555_5555);
    let fours = (pairs & 0x3333_3333_3333_3333).wrapping_add(pairs >> 2 & 0x3333_3333_3333_3333);
    let bytes = fours.wrapping_add(fours >> 4) & 0x0f0f_0f0f_0f0f_0f0f;
    (bytes.wrapping_mul(0x0101_0101_0101_0101) >> 56) as i32
}

/// Values of a uniform polynomial, number `index` of those from this seed.
///
/// The seed, the index and the set are hashed to a key of ChaCha20; each value is made of the low
/// bits of the next 64, as many as the prime has, and is drawn again if it is not below the prime.
pub(super) fn uniform(parameters: &Parameters, seed: &Seed, index: u64) -> Values {
    let mut hasher = blake3::Hasher::new_derive_key(DOMAIN);
    hasher.update(seed).update(&index.to_le_bytes());
    hasher.update(&(parameters.degree() as u64).to_le_bytes());
    hasher.update(&parameters.set().modulus_bits().to_le_bytes());
    let mut stream = ChaCha20Rng::from_seed(*hasher.finalize().as_bytes());
    let mut values = Vec::with_capacity(parameters.numbers());
    for table in parameters.tables() {
        let prime = table.prime();
        let mask = u64::MAX.wrapping_shr(u64::BITS.wrapping_sub(prime.bits()));
        values.extend((0..parameters.degree()).map(|_| {
            loop {
                let value = stream.next_u64() & mask;
                if value < prime.value() {
                    break value;
                }
            }
        }));
    }
    Values::new(values)
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;

    use super::*;
    use crate::ot::Width;
    use crate::rlwe::Set;

    fn parameters(set: Set) -> Parameters {
        Parameters::new(set, Width::new(32).unwrap()).unwrap()
    }

    /// Means and variances within seven standard deviations of their estimates.
    #[test]
    fn numbers_have_the_moments_that_the_bounds_count_on() {
        let count = 1 << 16;
        let mut sampler = Sampler::new(&mut StdRng::seed_from_u64(3));
        let moments = |numbers: &[i64]| {
            let mean = numbers.iter().sum::<i64>() as f64 / count as f64;
            (mean, numbers.iter().map(|x| x * x).sum::<i64>() as f64 / count as f64)
        };
        let (mean, variance) = moments(&sampler.ternary(count));
        assert!(mean.abs() < 0.023 && (variance - 2.0 / 3.0).abs() < 0.013, "{mean} {variance}");
        let errors = sampler.errors(count);
        let (mean, variance) = moments(&errors);
        let expected = f64::from(TWICE_VARIANCE) / 2.0;
        assert!(mean.abs() < 0.09 && (variance - expected).abs() < 0.45, "{mean} {variance}");
        assert!(errors.iter().all(|error| error.unsigned_abs() <= u64::from(LARGEST_ERROR)));
    }

    #[test]
    fn ones_are_counted() {
        for word in [0, 1, 0x1f_ffff, 0x15_5555, 0x0a_aaaa, u64::MAX, 1 << 63] {
            assert_eq!(ones(word), word.count_ones() as i32);
        }
    }

    /// What both parties make of a seed is part of the wire.
    #[test]
    fn uniform_values_are_frozen() {
        let mut found = Vec::new();
        for set in Set::ALL {
            let mut hasher = blake3::Hasher::new();
            for index in 0..2 {
                let parameters = parameters(set);
                let values = uniform(&parameters, &[7; SEED], index);
                for (table, values) in parameters.tables().iter().zip(values.each(&parameters)) {
                    assert!(values.iter().all(|value| *value < table.prime().value()));
                    values.iter().for_each(|value| _ = hasher.update(&value.to_le_bytes()));
                }
            }
            found.push(hasher.finalize().to_hex()[..16].to_owned());
        }
        assert_eq!(found, FROZEN);
    }

    const FROZEN: [&str; 4] =
        ["17ac79882de969c5", "562366dc77b7fdda", "b6eb8b8c43ea5cad", "f3214f451e638913"];
}
