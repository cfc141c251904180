//! ReLU that saturates, as quantised networks have it: activations of a few bits, whatever comes.
//!
//! The quotient of a truncated ReLU is below 2^(l - 1 - shift), so whether it exceeds the limit is a
//! comparison of that many bits. Then min(v, m) = m + [v < m] (v - m).

#![allow(clippy::arithmetic_side_effects, reason = "bits and shifts are below 64, checked first")]

use std::io::{Read, Write};

use super::Layers;
use super::error::{Fault, LayerError};
use super::need::Need;
use super::shares::Shares;
use super::truncate::{Truncation, in_ring};
use crate::cheetah::ot::Width;

/// min(floor(max(x, 0) / 2^shift), 2^bits - 1), from values of one ring to those of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clamp {
    from: Width,
    to: Width,
    bits: u32,
    /// To a ring that holds every quotient, cut off or not.
    truncation: Truncation,
    /// The smallest such ring.
    within: Width,
}

impl Clamp {
    /// `None` if `shift` is not below the bits of `from`, or `to` does not hold 2^`bits` - 1 as a signed
    /// number.
    #[must_use]
    pub fn new(from: Width, shift: u32, bits: u32, to: Width) -> Option<Self> {
        let within = Width::new(from.bits().checked_sub(shift)?)?;
        let ring = if within.bits() > to.bits() { within } else { to };
        let truncation = Truncation::new(from, shift, ring)?;
        (bits < to.bits()).then_some(Self { from, to, bits, truncation, within })
    }

    /// Whether some quotient is above the limit.
    fn cuts(self) -> bool {
        self.bits + 1 < self.within.bits()
    }
}

impl Need {
    /// Of [`Layers::relu_clamp`].
    #[must_use]
    pub fn relu_clamp(clamp: Clamp, count: usize) -> Self {
        let need = Self::relu_truncate(clamp.truncation, count);
        if clamp.cuts() { need + Self::relu(clamp.within, count) } else { need }
    }
}

impl<S: Read + Write> Layers<'_, S> {
    /// max(x, 0) of each value, divided by 2^shift and rounded down, and cut off at 2^bits - 1.
    ///
    /// # Errors
    ///
    /// As [`truncate`](Self::truncate).
    pub fn relu_clamp(&mut self, clamp: Clamp, values: &Shares) -> Result<Shares, LayerError> {
        in_ring("clamp", clamp.from, values)?;
        let need = Need::relu_clamp(clamp, values.len());
        self.layer("clamp", need, |layers| {
            let quotient = layers.shift_positive_down(clamp.truncation, values)?;
            if !clamp.cuts() {
                return Ok(quotient.reduce(clamp.to));
            }
            let most = layers.public(quotient.width(), (1 << clamp.bits) - 1, quotient.len());
            let excess = quotient.minus(&most);
            let below = layers.sign(&excess.reduce(clamp.within))?;
            let selected = layers.select(&[(&below, &excess.reduce(clamp.to))])?;
            let selected = selected.first().ok_or(Fault::NotPrepared)?;
            Ok(most.reduce(clamp.to).plus(selected))
        })
    }
}
