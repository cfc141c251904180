//! Parameter sets, and what they leave room for.

#![allow(clippy::arithmetic_side_effects, reason = "numbers are those of the sets below")]

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::error::RlweError;
use super::ntt::Table;
use super::prime::{Factor, Prime};
use crate::ot::Width;

/// The primes of each [`Set`].
pub(super) const PRIMES: [&[Prime]; 4] = [
    &[Prime::new(0x3fff_fff8_4001), Prime::new(0x3fff_fff7_0001)],
    &[Prime::new(0x3_ffff_ffff_c001), Prime::new(0x3_ffff_fffc_c001)],
    &[Prime::new(0xf_fffc_4001), Prime::new(0xf_fff0_0001), Prime::new(0x3_fffe_4001)],
    &[Prime::new(0xfff_ffff_c001), Prime::new(0xfff_fff6_c001), Prime::new(0xfff_ffeb_c001)],
];

/// Ring degree N and modulus q. A larger q hides heavier weights, and takes more bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Set {
    /// N = 4096, two primes of 46 bits.
    Tiny,
    /// N = 4096, two primes of 50 bits.
    Small,
    /// N = 4096, primes of 36, 36 and 34 bits.
    Medium,
    /// N = 8192, three primes of 44 bits.
    Large,
}

impl Set {
    /// All sets, the cheapest first.
    pub const ALL: [Self; 4] = [Self::Tiny, Self::Small, Self::Medium, Self::Large];

    /// N.
    #[must_use]
    pub const fn degree(self) -> usize {
        match self {
            Self::Tiny | Self::Small | Self::Medium => 4096,
            Self::Large => 8192,
        }
    }

    pub(super) const fn primes(self) -> &'static [Prime] {
        let [tiny, small, medium, large] = PRIMES;
        match self {
            Self::Tiny => tiny,
            Self::Small => small,
            Self::Medium => medium,
            Self::Large => large,
        }
    }

    /// Bits of q: q is just below 2 to that.
    #[must_use]
    pub fn modulus_bits(self) -> u32 {
        self.primes().iter().map(Prime::bits).sum()
    }
}

/// A set, and the ring Z_2^l of the numbers. Cheap to clone.
#[derive(Clone)]
pub struct Parameters {
    set: Set,
    width: Width,
    tables: Arc<[Table]>,
    /// For each prime, -2^-l: what a number is scaled by.
    scales: Arc<[Factor]>,
    /// For each prime p, (q / p)^-1.
    cofactors: Arc<[Factor]>,
    /// q mod 2^64.
    modulus: u64,
}

impl Parameters {
    /// The fewest and most bits of numbers.
    pub const BITS: std::ops::RangeInclusive<u32> = 8..=45;

    /// # Errors
    ///
    /// [`RlweError::Width`] unless `width` is within [`BITS`](Self::BITS).
    pub fn new(set: Set, width: Width) -> Result<Self, RlweError> {
        if !Self::BITS.contains(&width.bits()) {
            return Err(RlweError::Width { bits: width.bits() });
        }
        let tables = set.primes().iter().map(|prime| Table::new(*prime, set.degree())).collect();
        let scales = set.primes().iter().map(|prime| {
            let power = prime.pow(2, u64::from(width.bits()));
            prime.factor(prime.sub(0, prime.invert(power)))
        });
        let cofactors = set.primes().iter().map(|prime| {
            let others = set.primes().iter().filter(|other| *other != prime);
            let product = others.fold(1, |product, other| {
                prime.mul(product, prime.mul_factor(other.value(), prime.factor(1)))
            });
            prime.factor(prime.invert(product))
        });
        let modulus = set.primes().iter().fold(1, |q: u64, prime| q.wrapping_mul(prime.value()));
        let (scales, cofactors) = (scales.collect(), cofactors.collect());
        Ok(Self { set, width, tables, scales, cofactors, modulus })
    }

    /// Degree and modulus.
    #[must_use]
    pub fn set(&self) -> Set {
        self.set
    }

    /// The ring of the numbers.
    #[must_use]
    pub fn width(&self) -> Width {
        self.width
    }

    /// N.
    #[must_use]
    pub fn degree(&self) -> usize {
        self.set.degree()
    }

    /// How many primes q is the product of.
    #[must_use]
    pub fn primes(&self) -> usize {
        self.tables.len()
    }

    /// l.
    pub(super) fn bits(&self) -> u32 {
        self.width.bits()
    }

    /// One for each prime.
    pub(super) fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The transforms of another degree, one for each prime.
    pub(super) fn transforms(&self, degree: usize) -> Arc<[Table]> {
        if degree == self.degree() {
            return self.tables.clone();
        }
        self.set.primes().iter().map(|prime| Table::new(*prime, degree)).collect()
    }

    pub(super) fn scales(&self) -> &[Factor] {
        &self.scales
    }

    pub(super) fn cofactors(&self) -> &[Factor] {
        &self.cofactors
    }

    /// Numbers of a polynomial: N for each prime.
    pub(super) fn numbers(&self) -> usize {
        self.degree() * self.tables.len()
    }

    /// q mod 2^l.
    pub(super) fn modulus_in_ring(&self) -> u64 {
        self.modulus & self.width.mask()
    }

    /// Bits of a coefficient of the first half of a response: l + 3 + log2 N.
    pub(super) fn first_width(&self) -> Width {
        within(self.bits() + 3 + self.degree().trailing_zeros())
    }

    /// Bits of a coefficient of the second half of a response: l + 4.
    pub(super) fn second_width(&self) -> Width {
        within(self.bits() + 4)
    }

    /// Bytes of one encrypted polynomial in a request, without the seed.
    #[must_use]
    pub fn request_bytes(&self) -> usize {
        let widths = self.set.primes().iter().map(|prime| within(prime.bits()));
        widths.map(|width| width.bytes(self.degree())).sum()
    }

    /// Bytes of a response of which `count` coefficients are needed.
    #[must_use]
    pub fn response_bytes(&self, count: usize) -> usize {
        self.first_width().bytes(self.degree()) + self.second_width().bytes(count)
    }
}

/// So many bits. There are at most 64, since l is at most 45 and N at most 2^13.
#[allow(clippy::expect_used, reason = "a test computes the widths of all sets and rings")]
fn within(bits: u32) -> Width {
    Width::new(bits).expect("at most 64 bits")
}

impl std::fmt::Debug for Parameters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parameters")
            .field("set", &self.set)
            .field("width", &self.width.bits())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The most bits of q for 128 bits against classical attacks with ternary secrets, by the
    /// community's guidelines of 2024 (eprint 2024/463). The standard of 2018 has 109 and 218.
    const GUIDELINES: [(usize, u32); 2] = [(4096, 106), (8192, 214)];

    #[test]
    fn sets_have_128_bits_of_security_by_the_guidelines() {
        for set in Set::ALL {
            let (_, most) =
                GUIDELINES.into_iter().find(|(degree, _)| *degree == set.degree()).unwrap();
            assert!(set.modulus_bits() <= most, "{set:?}");
            assert!(set.primes().iter().all(|prime| prime.bits() <= 50));
        }
    }

    /// 1 - 2^-10 < q / 2^bits < 1, and primes differ.
    #[test]
    fn the_modulus_is_just_below_a_power_of_two() {
        for set in Set::ALL {
            let primes = set.primes();
            let short = primes.iter().map(|p| 1.0 - p.value() as f64 / 2_f64.powi(p.bits() as i32));
            assert!(short.sum::<f64>() < 2_f64.powi(-10), "{set:?}");
            assert!(primes.is_sorted_by(|a, b| a.value() > b.value()));
        }
    }

    #[test]
    fn widths_are_bounded() {
        for bits in [1, 7, 46, 64] {
            let width = Width::new(bits).unwrap();
            assert!(matches!(Parameters::new(Set::Small, width), Err(RlweError::Width { .. })));
        }
        for bits in Parameters::BITS {
            for set in Set::ALL {
                let parameters = Parameters::new(set, Width::new(bits).unwrap()).unwrap();
                assert!(parameters.first_width().bits() <= 64);
                // The client lifts its product from two primes: see `secret.rs`.
                let primes = set.primes().iter().take(2).map(|prime| u128::from(prime.value()));
                let most = (set.degree() as u128 - 1) << parameters.first_width().bits();
                assert!(most < primes.product());
            }
        }
    }
}
