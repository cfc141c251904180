//! Arithmetic modulo a prime below 2^50, in constant time.

#![allow(clippy::arithmetic_side_effects, reason = "bounds are written beside; no length is used")]

/// A prime p, 2^(bits - 1) < p < 2^bits with bits at most 50, and p = 1 mod 16384.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prime {
    value: u64,
    bits: u32,
    /// floor(2^(2 bits + 1) / p).
    barrett: u64,
    /// floor(2^192 / p): the high 128 bits, and the low 64.
    inverse: (u128, u64),
}

/// A number below p that many others are multiplied by, with floor(number 2^64 / p), after Shoup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Factor {
    pub(super) value: u64,
    pub(super) quotient: u64,
}

impl Prime {
    /// The most bits that a prime has, so that products fit 52-bit multipliers with room to spare.
    pub(super) const MOST_BITS: u32 = 50;

    pub(super) const fn new(value: u64) -> Self {
        let bits = u64::BITS - value.leading_zeros();
        assert!(bits <= Self::MOST_BITS && value % 16384 == 1, "a prime that suits the transform");
        let p = value as u128;
        // 2^128 = high p + rest, and high is exact since p divides no power of two.
        let (high, rest) = (u128::MAX / p, u128::MAX % p + 1);
        Self {
            value,
            bits,
            barrett: ((1_u128 << (2 * bits + 1)) / p) as u64,
            inverse: (high, ((rest << 64) / p) as u64),
        }
    }

    pub(super) const fn value(&self) -> u64 {
        self.value
    }

    pub(super) const fn bits(&self) -> u32 {
        self.bits
    }

    /// x mod p, for x below 2 p.
    pub(super) const fn once(&self, x: u64) -> u64 {
        // The difference is huge if x is below p. `Ord::min` would do, were it const.
        let less = x.wrapping_sub(self.value);
        let is_less = (less >> 63).wrapping_neg();
        (x & is_less) | (less & !is_less)
    }

    /// a + b, for both below p.
    pub(super) const fn add(&self, a: u64, b: u64) -> u64 {
        self.once(a + b)
    }

    /// a - b, for both below p.
    pub(super) const fn sub(&self, a: u64, b: u64) -> u64 {
        self.once(a + self.value - b)
    }

    /// a b, for both below p.
    pub(super) const fn mul(&self, a: u64, b: u64) -> u64 {
        let x = a as u128 * b as u128;
        // Barrett: the estimate is the quotient, or 1 or 2 less; all products are below 2^103.
        let high = x >> (self.bits - 1);
        let quotient = ((high * self.barrett as u128) >> (self.bits + 2)) as u64;
        let rest = (x as u64).wrapping_sub(quotient.wrapping_mul(self.value));
        self.once(self.once_of_four(rest))
    }

    /// x mod 2 p, for x below 4 p.
    pub(super) const fn once_of_four(&self, x: u64) -> u64 {
        let less = x.wrapping_sub(2 * self.value);
        let is_less = (less >> 63).wrapping_neg();
        (x & is_less) | (less & !is_less)
    }

    /// `value` as a factor; it must be below p.
    pub(super) const fn factor(&self, value: u64) -> Factor {
        Factor { value, quotient: (((value as u128) << 64) / self.value as u128) as u64 }
    }

    /// x times the factor modulo p, or that plus p, for any x.
    pub(super) const fn mul_lazy(&self, x: u64, factor: Factor) -> u64 {
        let quotient = ((x as u128 * factor.quotient as u128) >> 64) as u64;
        x.wrapping_mul(factor.value).wrapping_sub(quotient.wrapping_mul(self.value))
    }

    /// x times the factor modulo p, for any x.
    pub(super) const fn mul_factor(&self, x: u64, factor: Factor) -> u64 {
        self.once(self.mul_lazy(x, factor))
    }

    /// A signed number modulo p; its magnitude must be below p.
    pub(super) const fn of_signed(&self, x: i64) -> u64 {
        let is_negative = (x >> 63).cast_unsigned();
        x.cast_unsigned().wrapping_add(self.value & is_negative)
    }

    pub(super) const fn pow(&self, base: u64, mut exponent: u64) -> u64 {
        let (mut power, mut result) = (base, 1);
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = self.mul(result, power);
            }
            power = self.mul(power, power);
            exponent >>= 1;
        }
        result
    }

    /// 1 / x, for x not 0.
    pub(super) const fn invert(&self, x: u64) -> u64 {
        self.pow(x, self.value - 2)
    }

    /// x / p in units of 2^-128, for x below p: less than the true value, by less than 2 units.
    pub(super) const fn fraction(&self, x: u64) -> u128 {
        let (high, low) = self.inverse;
        (x as u128 * high).wrapping_add((x as u128 * low as u128) >> 64)
    }

    /// A root of X^`degree` + 1, the first that small bases give. `degree` is a power of two.
    #[allow(clippy::expect_used, reason = "primes are those of the sets")]
    pub(super) fn root(&self, degree: usize) -> u64 {
        let exponent = (self.value - 1) / (2 * degree as u64);
        let roots = (2..self.value).map(|base| self.pow(base, exponent));
        let mut primitive = roots.filter(|root| self.pow(*root, degree as u64) == self.value - 1);
        primitive.next().expect("a prime that is 1 mod 2 N has a root")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::rlwe::params::PRIMES;

    /// Miller and Rabin, with bases that decide below 2^64.
    fn is_prime(n: u64) -> bool {
        let pow = |base: u64, mut exponent: u64| {
            let (mut result, mut base) = (1_u128, u128::from(base));
            while exponent > 0 {
                if exponent & 1 == 1 {
                    result = result * base % u128::from(n);
                }
                base = base * base % u128::from(n);
                exponent >>= 1;
            }
            result as u64
        };
        let (twos, odd) = ((n - 1).trailing_zeros(), (n - 1) >> (n - 1).trailing_zeros());
        [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37].iter().all(|base| {
            let first = pow(*base, odd);
            first == 1 || (0..twos).any(|square| pow(*base, odd << square) == n - 1)
        })
    }

    #[test]
    fn primes_are_prime_and_have_roots() {
        for prime in PRIMES.iter().copied().flatten() {
            assert!(is_prime(prime.value()));
            for degree in [4, 4096, 8192] {
                let root = prime.root(degree);
                assert_eq!(prime.pow(root, degree as u64), prime.value() - 1);
            }
        }
    }

    proptest! {
        #[test]
        fn arithmetic_is_that_of_big_numbers(a: u64, b: u64, any: u64, which in 0..PRIMES.len()) {
            for prime in PRIMES[which] {
                let p = prime.value();
                let (a, b) = (a % p, b % p);
                let wide = |x: u64| u128::from(x);
                prop_assert_eq!(wide(prime.mul(a, b)), wide(a) * wide(b) % wide(p));
                prop_assert_eq!(wide(prime.add(a, b)), (wide(a) + wide(b)) % wide(p));
                prop_assert_eq!(wide(prime.sub(a, b)), (wide(a) + wide(p) - wide(b)) % wide(p));
                prop_assert_eq!(
                    wide(prime.mul_factor(any, prime.factor(a))), wide(any) * wide(a) % wide(p)
                );
                if a != 0 {
                    prop_assert_eq!(prime.mul(a, prime.invert(a)), 1);
                }
                let signed = any as i64 % p as i64;
                prop_assert_eq!(i128::from(prime.of_signed(signed)), i128::from(signed).rem_euclid(i128::from(p)));
                // fraction p <= a 2^128 < (fraction + 2) p, without overflow in 2^128: a 2^128 / p
                // by long division.
                let (mut rest, mut quotient) = (wide(a), 0_u128);
                for _ in 0..128 {
                    rest <<= 1;
                    quotient = quotient << 1 | u128::from(rest >= wide(p));
                    rest -= if rest >= wide(p) { wide(p) } else { 0 };
                }
                let found = prime.fraction(a);
                prop_assert!(found <= quotient && quotient - found < 2, "{found} {quotient}");
            }
        }

        #[test]
        fn extremes_do_not_overflow(which in 0..PRIMES.len(), low in 1_u64..4, high in 1_u64..4) {
            for prime in PRIMES[which] {
                let p = u128::from(prime.value());
                let (a, b) = (prime.value() - low, prime.value() - high);
                prop_assert_eq!(u128::from(prime.mul(a, b)), u128::from(a) * u128::from(b) % p);
            }
        }
    }
}
