//! Intervals that contain the exact number, and the probabilities made of them.

use std::{fmt, iter::Sum};

use crate::{
    Ratio,
    float::{
        Float,
        Rounding::{Down, Up},
    },
};

/// A positive number, known to lie within two others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Interval {
    pub(crate) lower: Float,
    pub(crate) upper: Float,
}

impl Interval {
    pub(crate) const ZERO: Self = Self { lower: Float::ZERO, upper: Float::ZERO };
    pub(crate) const ONE: Self = Self { lower: Float::ONE, upper: Float::ONE };

    pub(crate) fn exact(number: u64) -> Self {
        let number = Float::exact(number);
        Self { lower: number, upper: number }
    }

    pub(crate) fn mul(self, other: Self) -> Self {
        Self { lower: self.lower.mul(other.lower, Down), upper: self.upper.mul(other.upper, Up) }
    }

    pub(crate) fn div(self, other: Self) -> Self {
        Self { lower: self.lower.div(other.upper, Down), upper: self.upper.div(other.lower, Up) }
    }

    pub(crate) fn mul_div(self, by: u64, over: u64) -> Self {
        Self { lower: self.lower.mul_div(by, over, Down), upper: self.upper.mul_div(by, over, Up) }
    }

    pub(crate) fn add(self, other: Self) -> Self {
        Self { lower: self.lower.add(other.lower, Down), upper: self.upper.add(other.upper, Up) }
    }

    pub(crate) fn pow(self, power: u64) -> Self {
        Self { lower: self.lower.pow(power, Down), upper: self.upper.pow(power, Up) }
    }

    /// self * 2^`bits`.
    pub(crate) fn scaled(self, bits: u32) -> Self {
        let unit = Float::power_of_two(bits.into());
        self.mul(Self { lower: unit, upper: unit })
    }

    /// Up to `more` may be missing.
    pub(crate) fn widened(self, more: Float) -> Self {
        Self { upper: self.upper.add(more, Up), ..self }
    }

    /// As a probability: it is at most 1.
    pub(crate) fn probability(self) -> Probability {
        Probability(Self { lower: self.lower.min(Float::ONE), upper: self.upper.min(Float::ONE) })
    }
}

impl Sum for Interval {
    fn sum<I: Iterator<Item = Self>>(terms: I) -> Self {
        terms.fold(Self::ZERO, Self::add)
    }
}

/// A probability, enclosed by two numbers that integer arithmetic has rounded outwards; usually
/// they agree in 50 bits or more. What is said of it is said of the upper one, so rounding can
/// overstate a risk, never a guarantee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Probability(pub(crate) Interval);

impl Probability {
    /// Certain not to happen.
    pub const ZERO: Self = Self(Interval::ZERO);
    /// Certain to happen.
    pub const ONE: Self = Self(Interval::ONE);

    /// Whether it is at most 2^-`bits`. Never wrongly `true`; no floating point is involved.
    #[must_use]
    pub fn is_at_most(&self, bits: u32) -> bool {
        self.0.upper <= Float::power_of_two(-i64::from(bits))
    }

    /// Whether it is at most `limit`. Never wrongly `true`; no floating point is involved.
    #[must_use]
    pub fn is_within(&self, limit: Ratio) -> bool {
        let below = Float::exact(limit.denominator());
        self.0.upper.mul(below, Up) <= Float::exact(limit.numerator())
    }

    /// Whether it is certainly over `limit`.
    pub(crate) fn is_over(&self, limit: Ratio) -> bool {
        let below = Float::exact(limit.denominator());
        self.0.lower.mul(below, Down) > Float::exact(limit.numerator())
    }

    /// Whether it is certainly over 2^-`bits`.
    #[must_use]
    pub fn exceeds(&self, bits: u32) -> bool {
        self.0.lower > Float::power_of_two(-i64::from(bits))
    }

    /// The greatest whole number of bits for which [`is_at_most`](Self::is_at_most) holds;
    /// [`u32::MAX`] if it cannot happen.
    #[must_use]
    pub fn whole_bits(&self) -> u32 {
        if self.0.upper.is_zero() { u32::MAX } else { self.0.upper.bits_below_one() }
    }

    /// -log2, rounded down: the floating-point error is under 1e-9 bits, and so much is taken
    /// off. Infinity if it cannot happen. For display: decide with
    /// [`is_at_most`](Self::is_at_most).
    #[must_use]
    pub fn bits(&self) -> f64 {
        (-self.0.upper.log2() - 1e-9).max(0.0)
    }

    /// Its value, rounded up; 0 only if it cannot happen or is under 2^-1000. For display.
    #[must_use]
    pub fn value(&self) -> f64 {
        let value = self.0.upper.log2();
        if value < -1000.0 { 0.0 } else { ((value + 1e-9).exp2()).min(1.0) }
    }
}

/// `2^-40.35`, the bits rounded down.
impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.bits();
        if bits.is_infinite() {
            return f.write_str("0");
        }
        write!(f, "2^-{:.2}", (bits * 100.0).floor() / 100.0)
    }
}
