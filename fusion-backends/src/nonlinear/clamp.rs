//! ReLU that saturates, as quantised networks have it: activations of a few bits, whatever comes.
//!
//! With m = 2^bits - 1, the result is m times [x is not negative], plus q - m where x is neither negative
//! nor at least 2^(bits + shift). That x - 2^(bits + shift) is not negative takes a comparison of the bits
//! above, which goes on from the carry that the sign of x needs anyway. For an x so low that the
//! difference wraps around, x is negative too.

#![allow(clippy::arithmetic_side_effects, reason = "bits and shifts are below 64, checked first")]

use std::io::{Read, Write};

use fusion_core::transcript::Role;

use super::Layers;
use super::error::{Fault, LayerError, MISSING};
use super::layout::Layout;
use super::need::Need;
use super::planes::Planes;
use super::product::number;
use super::shares::Shares;
use super::truncate::{HIGH, LOW, Truncation, in_ring};
use crate::ot::Width;

/// min(floor(max(x, 0) / 2^shift), 2^bits - 1), from values of one ring to those of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clamp {
    from: Width,
    shift: u32,
    bits: u32,
    to: Width,
    truncation: Truncation,
}

/// Who has the numbers of the products for the sign.
const SIGN: Role = Role::Client;

impl Clamp {
    /// `None` if `shift` is not below the bits of `from`, or `to` does not hold 2^`bits` - 1 as a signed
    /// number.
    #[must_use]
    pub fn new(from: Width, shift: u32, bits: u32, to: Width) -> Option<Self> {
        let truncation = Truncation::new(from, shift, to)?;
        (bits > 0 && bits < to.bits()).then_some(Self { from, shift, bits, to, truncation })
    }

    /// The first bit of what is too large.
    fn limit(self) -> u32 {
        self.bits + self.shift
    }

    /// Bits of x between that and the sign; none if no value is too large.
    fn above(self) -> u32 {
        (self.from.bits() - 1).saturating_sub(self.limit())
    }

    fn layout(self) -> Layout {
        Layout::forked(&[self.shift, self.limit(), self.from.bits() - 1], self.above())
    }
}

impl Need {
    /// Of [`Layers::relu_clamp`].
    #[must_use]
    pub fn relu_clamp(clamp: Clamp, count: usize) -> Self {
        if clamp.above() == 0 {
            return Self::relu_truncate(clamp.truncation, count);
        }
        let mut need = Self::comparison(&clamp.layout(), count) + Self::and(count);
        if clamp.shift > 0 {
            need += Self::product(LOW, count);
        }
        if clamp.truncation.beyond().is_some() {
            need += Self::product(HIGH, count);
        }
        need + Self::product(SIGN, count) + Self::select(count)
    }
}

impl<S: Read + Write> Layers<'_, S> {
    /// max(x, 0) of each value, divided by 2^shift and rounded down, and cut off at 2^bits - 1. Beside
    /// what [`relu_truncate`](Self::relu_truncate) takes, the bits above the limit are compared once more.
    ///
    /// # Errors
    ///
    /// As [`truncate`](Self::truncate).
    pub fn relu_clamp(&mut self, clamp: Clamp, values: &Shares) -> Result<Shares, LayerError> {
        if clamp.above() == 0 {
            return self.relu_truncate(clamp.truncation, values);
        }
        in_ring("clamp", clamp.from, values)?;
        let need = Need::relu_clamp(clamp, values.len());
        self.layer("clamp", need, |layers| layers.clamp(clamp, values))
    }

    fn clamp(&mut self, clamp: Clamp, values: &Shares) -> Result<Shares, Fault> {
        let Clamp { from, shift, bits, to, truncation } = clamp;
        let (top, limit, flip) = (from.bits() - 1, clamp.limit(), self.client_flips());
        let lower = values.minus(&self.public(from, 1 << limit, values.len()));
        let highest =
            |of: &Shares| Planes::of(of.values().iter().map(|value| value >> top), 1).into_bits();
        let planes = Planes::of(values.values().iter().map(|value| value ^ flip), top);
        let others = lower.values().iter().map(|value| (value ^ flip) >> limit);
        let planes = planes.and(&Planes::of(others, clamp.above()));

        let mut carries = self.below(&planes, &clamp.layout())?.into_iter();
        let mut next = || carries.next().ok_or(MISSING);
        let low = if shift > 0 { Some(next()?) } else { None };
        let [_, carry, of_lower] = [next()?, next()?, next()?];
        let own = highest(values);
        let positive = self.not(&own.xor(&carry));
        let too_large = self.not(&highest(&lower).xor(&of_lower));
        // As in a truncated ReLU; and the sign as a number.
        let [of_low, both, of_sign] = self.products_in_place([
            low.as_ref().and_then(|low| self.number_job(low, to, LOW)),
            truncation.beyond().map(|width| self.bits_job(&own, width, HIGH)),
            self.number_job(&positive, to, SIGN),
        ])?;
        let cut_off = self.and(&positive, &too_large)?;
        let low = low.map(|low| number(&low, to, of_low.as_ref())).transpose()?;
        let high = both.map(|both| Shares::new(both.width(), own.iter()).minus(&both));
        let quotient = self.quotient(truncation, values, low.as_ref(), high.as_ref());

        let most = (1_i64 << bits) - 1;
        let kept = quotient.minus(&self.public(to, most.cast_unsigned(), quotient.len()));
        let [kept] = self.select([(&positive.xor(&cut_off), &kept)])?;
        let sign = number(&positive, to, of_sign.as_ref())?;
        Ok(sign.times(most).plus(&kept))
    }
}
