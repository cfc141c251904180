//! Division of secrets by a public number. A division instruction takes longer for some numbers than for
//! others, and a check for a divisor of zero is a branch: here is neither.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    reason = "by a divisor that is not zero"
)]

use std::num::NonZeroU32;

/// A divisor d, and what it takes to divide by it with multiplications.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reciprocal {
    divisor: u64,
    /// (2^64 - 1) / d, rounded down: (2^64 - e) / d, for an e of 1 to d.
    inverse: u64,
}

impl Reciprocal {
    /// `divisor` is public: a division instruction takes its reciprocal.
    pub(super) fn new(divisor: NonZeroU32) -> Self {
        let divisor = u64::from(divisor.get());
        Self { divisor, inverse: u64::MAX / divisor }
    }

    /// The quotient, rounded down, and the remainder.
    ///
    /// # Security
    ///
    /// Takes the same instructions for each `number`, which may be secret.
    pub(super) fn divide(self, number: u64) -> [u64; 2] {
        // With x the number, x inverse / 2^64 = x / d - (x / 2^64) (e / d), where x < 2^64 and e <= d: it is
        // at most x / d, and more than x / d - 1. So rounded down it is the quotient or one less, and what
        // it leaves of x is less than 2 d < 2^33.
        let product = u128::from(number) * u128::from(self.inverse);
        let quotient = (product >> 64) as u64;
        let left = number.wrapping_sub(quotient.wrapping_mul(self.divisor));
        // 1 if less than d is left, as the difference then wraps around, and 0 otherwise.
        let difference = left.wrapping_sub(self.divisor);
        let done = difference >> 63;
        let remainder = difference.wrapping_add(self.divisor & done.wrapping_neg());
        [quotient.wrapping_add(1 - done), remainder]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(divisor: u32, number: u64) {
        let k = u64::from(divisor);
        let found = Reciprocal::new(NonZeroU32::new(divisor).unwrap()).divide(number);
        assert_eq!(found, [number / k, number % k], "{number} by {divisor}");
    }

    /// Small ones, and those about powers of two, up to the largest.
    fn divisors() -> impl Iterator<Item = u32> {
        let powers = (2..u32::BITS).flat_map(|bit| [(1 << bit) - 1, 1 << bit, (1 << bit) + 1]);
        (1..=300).chain(powers).chain([1000, 641, 6_700_417, 0xaaaa_aaab, u32::MAX - 1, u32::MAX])
    }

    #[test]
    fn every_number_of_a_few_bits() {
        for divisor in 1..=260 {
            (0..1 << 12).for_each(|number| check(divisor, number));
        }
    }

    #[test]
    fn numbers_about_multiples_of_the_divisor() {
        for divisor in divisors() {
            let k = u64::from(divisor);
            let most = u64::MAX / k;
            let quotients = [0, 1, 2, 3, most / 2, most - 1, most].into_iter();
            let quotients = quotients.chain((0..64).map(|bit| (1 << bit) % most.max(2)));
            for multiple in quotients.map(|quotient| quotient.wrapping_mul(k)) {
                for near in [-2, -1, 0, 1, 2, i64::from(divisor) - 1] {
                    check(divisor, multiple.wrapping_add_signed(near));
                }
            }
            for bit in 0..64 {
                (-2..=2).for_each(|near| check(divisor, (1_u64 << bit).wrapping_add_signed(near)));
            }
            (0..3).for_each(|less| check(divisor, u64::MAX - less));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn is_that_of_integers(
            number: u64, small in 0_u32..64, divisor in 1_u32.., smaller in 0_u32..32,
        ) {
            check((divisor >> smaller).max(1), number >> small);
        }
    }
}
