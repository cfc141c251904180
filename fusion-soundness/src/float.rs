//! Unsigned floating point with a 64-bit mantissa, a 64-bit exponent and directed rounding, in
//! integer arithmetic only.
//!
//! **Error.** An operation returns the nearest representable number on the side asked for, so
//! its relative error is under 2^-63 (one unit in the last place of a mantissa of at least 2^63),
//! and zero if the exact result fits 64 bits. There is no subtraction: all quantities are
//! positive, so n operations in sequence err by less than a factor (1 + 2^-63)^n < 1 + n 2^-62
//! for n < 2^60, and a sum errs no more, in relative terms, than the worst of its terms and its
//! additions.

use Rounding::{Down, Up};

/// Which side of the exact result to return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rounding {
    Down,
    Up,
}

/// `mantissa` * 2^`exponent`, with the mantissa's top bit set; zero is the least exponent with
/// mantissa 0. The order of the fields is the order of the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Float {
    exponent: i64,
    mantissa: u64,
}

impl Float {
    pub(crate) const ZERO: Self = Self { exponent: i64::MIN, mantissa: 0 };
    pub(crate) const ONE: Self = Self::power_of_two(0);

    /// 2^`exponent`.
    pub(crate) const fn power_of_two(exponent: i64) -> Self {
        Self { exponent: exponent - 63, mantissa: 1 << 63 }
    }

    /// The number itself: 64 bits fit.
    pub(crate) fn exact(number: u64) -> Self {
        if number == 0 { Self::ZERO } else { Self::rounded(number.into(), 0, false, Down) }
    }

    pub(crate) fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// `value` * 2^`exponent`, plus, if `more`, something under 2^`exponent`; `value` has then at
    /// least 64 bits.
    fn rounded(value: u128, exponent: i64, more: bool, rounding: Rounding) -> Self {
        let bits = 128 - value.leading_zeros();
        if bits <= 64 {
            let mantissa = (value as u64) << (64 - bits);
            let exact = Self { exponent: exponent - i64::from(64 - bits), mantissa };
            return if more && rounding == Up { exact.successor() } else { exact };
        }
        let below = bits - 64;
        let kept =
            Self { exponent: exponent + i64::from(below), mantissa: (value >> below) as u64 };
        let lost = more || value.trailing_zeros() < below;
        if lost && rounding == Up { kept.successor() } else { kept }
    }

    fn successor(self) -> Self {
        match self.mantissa.checked_add(1) {
            Some(mantissa) => Self { mantissa, ..self },
            None => Self { exponent: self.exponent + 1, mantissa: 1 << 63 },
        }
    }

    pub(crate) fn mul(self, other: Self, rounding: Rounding) -> Self {
        if self.is_zero() || other.is_zero() {
            return Self::ZERO;
        }
        let product = u128::from(self.mantissa) * u128::from(other.mantissa);
        Self::rounded(product, self.exponent + other.exponent, false, rounding)
    }

    /// Division by zero is a mistake of the caller; the quotient is then zero.
    pub(crate) fn div(self, other: Self, rounding: Rounding) -> Self {
        if self.is_zero() || other.is_zero() {
            return Self::ZERO;
        }
        // At least 2^127 over less than 2^64: the quotient has 64 bits or 65.
        let dividend = u128::from(self.mantissa) << 64;
        let divisor = u128::from(other.mantissa);
        let exponent = self.exponent - other.exponent - 64;
        Self::rounded(dividend / divisor, exponent, !dividend.is_multiple_of(divisor), rounding)
    }

    /// self * `by` / `over`, rounded once.
    pub(crate) fn mul_div(self, by: u64, over: u64, rounding: Rounding) -> Self {
        if self.is_zero() || by == 0 || over == 0 {
            return Self::ZERO;
        }
        let product = u128::from(self.mantissa) * u128::from(by);
        // At least 2^127 over less than 2^64, as above.
        let above = product.leading_zeros();
        let dividend = product << above;
        let quotient = dividend / u128::from(over);
        let more = quotient * u128::from(over) != dividend;
        Self::rounded(quotient, self.exponent - i64::from(above), more, rounding)
    }

    pub(crate) fn add(self, other: Self, rounding: Rounding) -> Self {
        let (small, large) = if self < other { (self, other) } else { (other, self) };
        if small.is_zero() {
            return large;
        }
        let apart = large.exponent.abs_diff(small.exponent);
        let small = u128::from(small.mantissa) << 63;
        let shifted = if apart < 128 { small >> apart } else { 0 };
        let more = apart >= 128 || u64::from(small.trailing_zeros()) < apart;
        let sum = (u128::from(large.mantissa) << 63) + shifted;
        Self::rounded(sum, large.exponent - 63, more, rounding)
    }

    /// 1 - self, rounded up; for numbers up to 1. The one subtraction: where it cancels, the error
    /// of self is multiplied accordingly, on the same side.
    pub(crate) fn complement(self) -> Self {
        // In units of 2^-127; what does not fit is dropped, which makes the result greater.
        let units = u32::try_from(self.exponent.saturating_add(127)).ok();
        let units = units.map_or(0, |shift| u128::from(self.mantissa) << shift.min(64));
        let rest = (1u128 << 127).saturating_sub(units);
        if rest == 0 { Self::ZERO } else { Self::rounded(rest, -127, false, Up) }
    }

    /// By squaring: as many roundings count as there are multiplications in the naive product.
    pub(crate) fn pow(self, mut power: u64, rounding: Rounding) -> Self {
        let (mut square, mut result) = (self, Self::ONE);
        while power > 0 {
            if power & 1 == 1 {
                result = result.mul(square, rounding);
            }
            power >>= 1;
            if power > 0 {
                square = square.mul(square, rounding);
            }
        }
        result
    }

    /// 2^32 log2 of a number of at least 1, as a whole number on the side asked for. Each squaring
    /// gives a bit; roundings are on the same side, and all together move the result by less than
    /// 2^-28.
    pub(crate) fn log2_units(self, rounding: Rounding) -> u64 {
        let mut units = u64::try_from(self.exponent + 63).unwrap_or(0);
        let mut rest = Self { exponent: -63, ..self };
        for _ in 0..32 {
            rest = rest.mul(rest, rounding);
            let bit = rest.exponent + 63;
            units = 2 * units + u64::from(bit > 0);
            rest.exponent -= bit;
        }
        units + u64::from(rounding == Up && rest != Self::ONE)
    }

    /// self * `number` * 2^4096, for comparison with an exact number.
    #[cfg(test)]
    pub(crate) fn times(self, number: &num_bigint::BigUint) -> num_bigint::BigUint {
        if self.is_zero() {
            return num_bigint::BigUint::ZERO;
        }
        let shift = self.exponent + 4096;
        assert!(shift >= 0, "{self:?} is too small for the oracle");
        (number * self.mantissa) << shift as u64
    }

    /// The greatest n with self <= 2^-n; for numbers in (0, 1].
    pub(crate) fn bits_below_one(self) -> u32 {
        let power = self.exponent + 63 + i64::from(self.mantissa != 1 << 63);
        u32::try_from(-power).unwrap_or(if power > 0 { 0 } else { u32::MAX })
    }

    /// log2, within 1e-9 as long as the exponent is under 2^20; minus infinity for zero.
    pub(crate) fn log2(self) -> f64 {
        if self.is_zero() {
            return f64::NEG_INFINITY;
        }
        (self.mantissa as f64 / 2f64.powi(63)).log2() + (self.exponent + 63) as f64
    }
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::*;

    /// self * 2^2000, exactly.
    fn scaled(float: Float) -> BigUint {
        BigUint::from(float.mantissa) << (2000 + float.exponent) as u64
    }

    fn float() -> impl Strategy<Value = Float> {
        (any::<u64>(), -200..200i64)
            .prop_map(|(mantissa, exponent)| Float { mantissa: mantissa | 1 << 63, exponent })
    }

    /// numerator / denominator within [low, high], and these at most a unit apart.
    fn encloses(low: Float, high: Float, numerator: &BigUint, denominator: &BigUint) {
        assert!(scaled(low) * denominator <= *numerator, "{low:?} is over");
        assert!(scaled(high) * denominator >= *numerator, "{high:?} is under");
        assert!(high == low || high == low.successor(), "{low:?} {high:?}");
        if low != high {
            assert!(scaled(low) * denominator < *numerator);
        }
    }

    proptest! {
        #[test]
        fn every_operation_is_rounded_outwards_by_one_unit(
            x in float(), y in float(), by in 1..u64::MAX, over in 1..u64::MAX,
        ) {
            let both = |op: &dyn Fn(Rounding) -> Float| (op(Down), op(Up));
            let one = BigUint::from(1u8);
            let (low, high) = both(&|r| x.mul(y, r));
            encloses(low, high, &(scaled(x) * scaled(y)), &(&one << 2000u64));
            let (low, high) = both(&|r| x.div(y, r));
            encloses(low, high, &(scaled(x) << 2000u64), &scaled(y));
            let (low, high) = both(&|r| x.mul_div(by, over, r));
            encloses(low, high, &(scaled(x) * by), &over.into());
            let (low, high) = both(&|r| x.add(y, r));
            encloses(low, high, &(scaled(x) + scaled(y)), &one);
        }

        #[test]
        fn powers_are_on_their_side(x in float(), power in 0..5u64) {
            let x = Float { exponent: x.exponent / 8, ..x };
            let exact = scaled(x).pow(power as u32);
            let unit = BigUint::from(1u8) << (2000 * power);
            prop_assert!(scaled(x.pow(power, Down)) * &unit <= &exact << 2000u64);
            prop_assert!(scaled(x.pow(power, Up)) * &unit >= &exact << 2000u64);
        }

        #[test]
        fn complements_are_rounded_up(x in float()) {
            let x = Float { exponent: -64 - x.exponent.abs(), ..x };
            let (sum, one) = (scaled(x) + scaled(x.complement()), scaled(Float::ONE));
            prop_assert!(sum >= one && sum - one <= BigUint::from(1u8) << 1937u64);
        }

        #[test]
        fn whole_numbers_are_exact(x in 1..1u64 << 31, y in 1..1u64 << 31) {
            let (a, b) = (Float::exact(x), Float::exact(y));
            for rounding in [Down, Up] {
                prop_assert_eq!(a.mul(b, rounding), Float::exact(x * y));
                prop_assert_eq!(a.add(b, rounding), Float::exact(x + y));
                prop_assert_eq!(Float::exact(x * y).div(b, rounding), a);
                prop_assert_eq!(Float::exact(x).mul_div(y, x, rounding), b);
            }
            prop_assert_eq!(a < b, x < y);
        }
    }

    #[test]
    fn logarithms_are_whole_numbers_on_their_side() {
        // 2^units <= (above/below)^(2^32) cannot be written out: 2^20 of it can.
        for (above, below) in
            [(3u64, 2u64), (4, 1), (19, 16), (1_000_000_001, 1_000_000_000), (7, 7)]
        {
            let quotient = |rounding| Float::exact(above).div(Float::exact(below), rounding);
            let (low, high) = (quotient(Down).log2_units(Down), quotient(Up).log2_units(Up));
            assert!(low == high || low + 1 == high, "{above}/{below}: {low} {high}");
            let power = |n: u64| BigUint::from(n).pow(1 << 16);
            // log2(x) * 2^16, between whole numbers.
            let bits = (power(above) / power(below)).bits() - 1;
            assert!(
                low >> 16 <= bits && high >= bits << 16,
                "{above}/{below}: {low} {bits} {high}"
            );
            let log2 = (above as f64 / below as f64).log2() * 2f64.powi(32);
            assert!((low as f64 - log2).abs() < 1.5, "{above}/{below}: {low} {log2}");
        }
        assert_eq!(Float::exact(8).log2_units(Up), 3 << 32);
    }

    #[test]
    fn bits_count_exact_powers_in_full() {
        assert_eq!(Float::power_of_two(-40).bits_below_one(), 40);
        assert_eq!(Float::power_of_two(-40).successor().bits_below_one(), 39);
        assert_eq!(Float::ONE.bits_below_one(), 0);
        assert_eq!(Float::ONE.complement(), Float::ZERO);
        assert_eq!(Float::ZERO.complement(), Float::ONE);
        assert_eq!(Float::exact(3).bits_below_one(), 0);
        assert_eq!(Float::power_of_two(-7).log2(), -7.0);
    }
}
