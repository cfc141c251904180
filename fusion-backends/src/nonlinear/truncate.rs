//! Exact division by powers of two, and rings of other sizes. CrypTFlow2, section 4.2, with the
//! carry from the low bits taken out of the comparison of all bits.
//!
//! With x + y - w 2^l the value, w the carry out of all bits and c the one out of the lowest f,
//! the quotient is (x >> f) + (y >> f) + c - w 2^(l-f), in integers, so in every ring. Signed values
//! are shifted up by 2^(l-1) before, and the result down again.

#![allow(clippy::arithmetic_side_effects, reason = "shifts are below 64, checked first")]

use std::io::{Read, Write};

use fusion_core::transcript::Role;

use super::Layers;
use super::error::{Fault, LayerError, MISSING};
use super::layout::Layout;
use super::need::Need;
use super::product::number;
use super::shares::Shares;
use crate::ot::Width;

/// Division by 2^shift, from values of one ring to those of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Truncation {
    from: Width,
    shift: u32,
    to: Width,
}

impl Truncation {
    /// `None` if `shift` is not below the bits of `from`.
    #[must_use]
    pub const fn new(from: Width, shift: u32, to: Width) -> Option<Self> {
        if shift < from.bits() { Some(Self { from, shift, to }) } else { None }
    }

    /// How the values are shifted: 2^(l-1), so that none is negative.
    fn offset(self) -> u64 {
        1 << (self.from.bits() - 1)
    }

    /// Bits of the quotient.
    fn high(self) -> u32 {
        self.from.bits() - self.shift
    }

    /// Bits of the result beyond those of the quotient. The carry out of all bits matters to them.
    pub(super) fn beyond(self) -> Option<Width> {
        Width::new(self.to.bits().saturating_sub(self.high()))
    }

    /// Bits to compare: for the carries out of the lowest `shift` and, if that matters, all bits.
    fn layout(self) -> Layout {
        let end = if self.beyond().is_some() { self.from.bits() } else { self.shift };
        Layout::new(&[self.shift, end])
    }

    /// The same for values that are not negative, where the highest bit is known from the sign.
    fn layout_of_positive(self) -> Layout {
        Layout::new(&[self.shift, self.from.bits() - 1])
    }
}

impl Need {
    /// Of [`Layers::truncate`].
    #[must_use]
    pub fn truncate(truncation: Truncation, count: usize) -> Self {
        let mut need = Self::comparison(&truncation.layout(), count);
        if truncation.shift > 0 && truncation.to.bits() > 1 {
            need += Self::product(LOW, count);
        }
        if truncation.beyond().is_some_and(|width| width.bits() > 1) {
            need += Self::product(HIGH, count);
        }
        need
    }

    /// Of [`Layers::relu_truncate`].
    #[must_use]
    pub fn relu_truncate(truncation: Truncation, count: usize) -> Self {
        let mut need = Self::comparison(&truncation.layout_of_positive(), count);
        if truncation.shift > 0 && truncation.to.bits() > 1 {
            need += Self::product(LOW, count);
        }
        if truncation.beyond().is_some() {
            need += Self::product(HIGH, count);
        }
        need + Self::select(count)
    }

    /// Of [`Layers::requantise`].
    #[must_use]
    pub fn requantise(truncation: Truncation, count: usize) -> Self {
        Self::truncate(truncation, count)
    }
}

/// Who has the numbers of the products of the lower carry, and of the higher one.
pub(super) const LOW: Role = Role::Server;
pub(super) const HIGH: Role = Role::Client;

impl<S: Read + Write> Layers<'_, S> {
    /// Each value divided by 2^shift and rounded down, in the ring `to`, which may be larger or
    /// smaller. Exact for every value; wraps around in a ring too small for the quotient.
    ///
    /// # Errors
    ///
    /// [`LayerError`]: the values are not in the ring `from`, too little is prepared, the connection
    /// failed, or the peer's message is malformed.
    pub fn truncate(
        &mut self,
        truncation: Truncation,
        values: &Shares,
    ) -> Result<Shares, LayerError> {
        in_ring("truncation", truncation.from, values)?;
        let need = Need::truncate(truncation, values.len());
        self.layer("truncation", need, |layers| layers.shift_down(truncation, values))
    }

    /// max(x, 0) of each value, divided by 2^shift and rounded down: cheaper than one after the
    /// other.
    ///
    /// # Errors
    ///
    /// As [`truncate`](Self::truncate).
    pub fn relu_truncate(
        &mut self,
        truncation: Truncation,
        values: &Shares,
    ) -> Result<Shares, LayerError> {
        in_ring("ReLU with truncation", truncation.from, values)?;
        let need = Need::relu_truncate(truncation, values.len());
        self.layer("ReLU with truncation", need, |layers| {
            layers.shift_positive_down(truncation, values)
        })
    }

    /// Each value times `multiplier` in the ring `from`, divided by 2^shift and rounded to the
    /// nearest, halves up. The product, and half a step more, must fit the ring, or wraps around.
    ///
    /// # Errors
    ///
    /// As [`truncate`](Self::truncate).
    pub fn requantise(
        &mut self,
        truncation: Truncation,
        multiplier: i64,
        values: &Shares,
    ) -> Result<Shares, LayerError> {
        let half = (1_u64 << truncation.shift) >> 1;
        let half = self.public(truncation.from, half, values.len());
        let scaled = values.times(multiplier).plus(&half);
        self.truncate(truncation, &scaled)
    }

    /// The values in a larger ring, or a smaller one.
    ///
    /// # Errors
    ///
    /// As [`truncate`](Self::truncate).
    pub fn extend(&mut self, to: Width, values: &Shares) -> Result<Shares, LayerError> {
        let truncation = Truncation { from: values.width(), shift: 0, to };
        self.truncate(truncation, values)
    }

    /// Shares of a number that both parties know.
    pub(super) fn public(&self, width: Width, number: u64, count: usize) -> Shares {
        let own = if self.material.role() == Role::Client { number } else { 0 };
        Shares::new(width, std::iter::repeat_n(own, count))
    }

    pub(super) fn shift_down(
        &mut self,
        truncation: Truncation,
        values: &Shares,
    ) -> Result<Shares, Fault> {
        let Truncation { from, shift, to } = truncation;
        let values = values.plus(&self.public(from, truncation.offset(), values.len()));
        let layout = truncation.layout();
        let mut carries = self.carries(&values, &layout)?.1.into_iter();
        let mut next = || carries.next().ok_or(MISSING);
        let low = if shift > 0 { Some(next()?) } else { None };
        let high = match truncation.beyond() {
            Some(beyond) => Some((next()?, beyond)),
            None => None,
        };
        let [of_low, of_high] = self.products_in_place([
            low.as_ref().and_then(|low| self.number_job(low, to, LOW)),
            high.as_ref().and_then(|(high, beyond)| self.number_job(high, *beyond, HIGH)),
        ])?;
        let low = low.map(|low| number(&low, to, of_low.as_ref())).transpose()?;
        let high =
            high.map(|(high, beyond)| number(&high, beyond, of_high.as_ref())).transpose()?;
        let quotient = self.quotient(truncation, &values, low.as_ref(), high.as_ref());
        let offset = self.public(to, truncation.offset() >> shift, values.len());
        Ok(quotient.minus(&offset))
    }

    fn shift_positive_down(
        &mut self,
        truncation: Truncation,
        values: &Shares,
    ) -> Result<Shares, Fault> {
        let Truncation { shift, to, .. } = truncation;
        let layout = truncation.layout_of_positive();
        let (highest, carries) = self.carries(values, &layout)?;
        let positive = if layout.bits() > 0 {
            self.not(&highest.xor(carries.last().ok_or(MISSING)?))
        } else {
            self.not(&highest)
        };
        let low = if shift > 0 { Some(carries.first().ok_or(MISSING)?) } else { None };
        // Where the value is not negative, there is a carry out of all bits if either highest bit is
        // set: d or e = d + e - d e.
        let [of_low, both] = self.products_in_place([
            low.and_then(|low| self.number_job(low, to, LOW)),
            truncation.beyond().map(|width| self.bits_job(&highest, width, HIGH)),
        ])?;
        let low = low.map(|low| number(low, to, of_low.as_ref())).transpose()?;
        let high = both.map(|both| Shares::new(both.width(), highest.iter()).minus(&both));
        let quotient = self.quotient(truncation, values, low.as_ref(), high.as_ref());
        let [kept] = self.select([(&positive, &quotient)])?;
        Ok(kept)
    }

    /// (x >> f) + c - w 2^(l-f), of which each party adds up its own.
    pub(super) fn quotient(
        &self,
        truncation: Truncation,
        values: &Shares,
        low: Option<&Shares>,
        high: Option<&Shares>,
    ) -> Shares {
        let Truncation { shift, to, .. } = truncation;
        let mut quotient = Shares::new(to, values.values().iter().map(|value| value >> shift));
        if let Some(low) = low {
            quotient = quotient.plus(low);
        }
        if let Some(high) = high {
            let carries = high.values().iter().map(|carry| carry << (truncation.high() & 63));
            quotient = quotient.minus(&Shares::new(to, carries));
        }
        quotient
    }
}

/// Whether the values are in the ring that a layer divides in.
pub(super) fn in_ring(layer: &'static str, ring: Width, values: &Shares) -> Result<(), LayerError> {
    if values.width() == ring {
        Ok(())
    } else {
        Err(LayerError::Shape { layer, reason: "the values are in another ring than it divides" })
    }
}
