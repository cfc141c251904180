//! Exact division by any public number. CrypTFlow2, section 4.2, "general division", rearranged.
//!
//! With x + y - w 2^l the value shifted up by 2^(l-1), w its carry, and everything divided by k with
//! remainder, the value is k times a number that the parties share, plus v, the sum of all
//! remainders. v is small, between -2 k and 2 k, so that its quotient takes comparisons of a few bits.

#![allow(clippy::arithmetic_side_effects, reason = "numbers below 2^64, in 128 bits")]

use std::io::{Read, Write};
use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use fusion_core::transcript::Role;
use zeroize::Zeroizing;

use super::Layers;
use super::error::{Fault, LayerError, MISSING};
use super::layout::Layout;
use super::lengths::runs;
use super::need::Need;
use super::product::number;
use super::reciprocal::Reciprocal;
use super::shares::Shares;
use super::truncate::{Truncation, in_ring};
use crate::ot::Width;

/// Division of values of a ring by a public number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Division {
    width: Width,
    divisor: NonZeroU32,
    /// The ring in which v and what it is compared with fit: below 4 k.
    small: Width,
}

/// 2^(l-1) and 2^l, divided.
struct Parts {
    half: (i128, i128),
    whole: (i128, i128),
}

impl Division {
    /// `None` if the divisor is 0.
    #[must_use]
    pub const fn new(width: Width, divisor: u32) -> Option<Self> {
        let Some(divisor) = NonZeroU32::new(divisor) else { return None };
        let bits = u32::BITS - (divisor.get() - 1).leading_zeros();
        let Some(small) = Width::new(bits + 3) else { return None };
        Some(Self { width, divisor, small })
    }

    /// The same by a shift, if the divisor is a power of two that is less than the ring.
    fn truncation(self) -> Option<Truncation> {
        let shift = self.divisor.trailing_zeros();
        let power = self.divisor.is_power_of_two().then_some(shift);
        Truncation::new(self.width, power?, self.width)
    }

    fn k(self) -> i128 {
        i128::from(self.divisor.get())
    }

    fn parts(self) -> Parts {
        let half = 1 << (self.width.bits() - 1);
        let divided = |number: i128| (number.div_euclid(self.k()), number.rem_euclid(self.k()));
        Parts { half: divided(half), whole: divided(2 * half) }
    }

    /// The least quotient that v may have, and all others.
    fn quotients(self) -> (i128, RangeInclusive<i128>) {
        let Parts { half: (_, half), whole: (_, whole) } = self.parts();
        let (least, most) = (-half - whole, 2 * (self.k() - 1) - half);
        let (least, most) = (least.div_euclid(self.k()), most.div_euclid(self.k()));
        (least, least + 1..=most)
    }

    /// The ring of the carry: it counts in both.
    fn carry(self) -> Width {
        if self.small.bits() > self.width.bits() { self.small } else { self.width }
    }

    /// How often v is compared.
    fn comparisons(self) -> usize {
        self.quotients().1.count()
    }
}

impl Need {
    /// Of [`Layers::divide`].
    #[must_use]
    pub fn divide(division: Division, count: usize) -> Self {
        if let Some(truncation) = division.truncation() {
            return Self::truncate(truncation, count);
        }
        let many = count.saturating_mul(division.comparisons());
        let bits = if division.width.bits() > 1 {
            Self::product(Role::Client, many)
        } else {
            Self::default()
        };
        Self::comparison(&Layout::new(&[division.width.bits()]), count)
            + Self::product(Role::Server, count)
            + Self::negative(division.small, many)
            + bits
    }
}

impl<S: Read + Write> Layers<'_, S> {
    /// Each value divided by the number, rounded down. Exact for every value.
    ///
    /// # Errors
    ///
    /// [`LayerError`]: the values are in another ring, too little is prepared, the connection failed,
    /// or the peer's message is malformed.
    pub fn divide(&mut self, division: Division, values: &Shares) -> Result<Shares, LayerError> {
        in_ring("division", division.width, values)?;
        let need = Need::divide(division, values.len());
        self.layer("division", need, |layers| layers.quotients(division, values))
    }

    fn quotients(&mut self, division: Division, values: &Shares) -> Result<Shares, Fault> {
        if let Some(truncation) = division.truncation() {
            return self.shift_down(truncation, values);
        }
        if values.is_empty() {
            return Ok(Shares::zero(division.width, 0));
        }
        let (width, small, count) = (division.width, division.small, values.len());
        let Parts { half, whole } = division.parts();
        let (least, others) = division.quotients();
        let public =
            |width, number: i128, layers: &Self| layers.public(width, number as u64, count);

        let up = 1_u64 << (width.bits() - 1);
        let shifted = values.plus(&self.public(width, up, count));
        let (_, carries) = self.carries(&shifted, &Layout::new(&[width.bits()]))?;
        let carry = carries.into_iter().next().ok_or(MISSING)?;
        let job = self.number_job(&carry, division.carry(), Role::Server);
        let [product] = self.products_in_place([job])?;
        let carry = number(&carry, division.carry(), product.as_ref())?;

        let reciprocal = Reciprocal::new(division.divisor);
        let own = |of: fn([u64; 2]) -> u64, width| {
            Shares::new(width, shifted.values().iter().map(|x| of(reciprocal.divide(*x))))
        };
        let remainders = own(|[_, remainder]| remainder, small)
            .minus(&carry.reduce(small).times(whole.1 as i64))
            .minus(&public(small, half.1, self));
        let comparisons = division.comparisons();
        let mut compared = Zeroizing::new(Vec::with_capacity(comparisons * count));
        for quotient in others {
            let threshold = public(small, quotient * division.k(), self);
            compared.extend_from_slice(remainders.minus(&threshold).values());
        }
        let compared = Shares::new(small, compared.iter().copied());
        let negative = self.sign(&compared)?;
        let reached = self.not(&negative);
        let job = self.number_job(&reached, width, Role::Client);
        let [product] = self.products_in_place([job])?;
        let reached = number(&reached, width, product.as_ref())?;

        let mut quotients = own(|[quotient, _]| quotient, width)
            .minus(&carry.reduce(width).times(whole.0 as i64))
            .minus(&public(width, half.0 - least, self));
        for reached in runs(reached.values(), count, comparisons)? {
            quotients = quotients.plus(&Shares::new(width, reached.iter().copied()));
        }
        Ok(quotients)
    }
}
