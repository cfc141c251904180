//! The sign of shared numbers, and what follows from it.
//!
//! The highest bit of x + y is the sum of the highest bits and of the carry from the others, and
//! there is a carry if 2^(l-1) - 1 - x < y in the other bits.

#![allow(clippy::arithmetic_side_effects, reason = "needs are added up without overflow")]

use std::io::{Read, Write};

use fusion_core::transcript::Role;
use zeroize::Zeroizing;

use super::Layers;
use super::error::{Fault, LayerError, MISSING};
use super::layout::Layout;
use super::need::Need;
use super::planes::Planes;
use super::shares::{Bits, Shares};
use crate::ot::Width;

impl Need {
    /// Of the signs of `count` numbers of `width`.
    #[must_use]
    pub fn negative(width: Width, count: usize) -> Self {
        Self::comparison(&Layout::new(&[width.bits() - 1]), count)
    }

    /// Of [`Layers::relu`].
    #[must_use]
    pub fn relu(width: Width, count: usize) -> Self {
        Self::negative(width, count) + Self::select(count)
    }
}

impl<S: Read + Write> Layers<'_, S> {
    /// Whether each value is negative: its most significant bit.
    ///
    /// # Errors
    ///
    /// [`LayerError`]: too little is prepared, the connection failed, or the peer's message is
    /// malformed.
    pub fn negative(&mut self, values: &Shares) -> Result<Bits, LayerError> {
        let need = Need::negative(values.width(), values.len());
        self.layer("sign", need, |layers| layers.sign(values))
    }

    /// max(x, 0) of each value.
    ///
    /// # Errors
    ///
    /// As [`negative`](Self::negative).
    pub fn relu(&mut self, values: &Shares) -> Result<Shares, LayerError> {
        let need = Need::relu(values.width(), values.len());
        self.layer("ReLU", need, |layers| {
            let negative = layers.sign(values)?;
            let positive = layers.not(&negative);
            let [kept] = layers.select([(&positive, values)])?;
            Ok(kept)
        })
    }

    /// See [`negative`](Self::negative).
    pub(super) fn sign(&mut self, values: &Shares) -> Result<Bits, Fault> {
        let layout = Layout::new(&[values.width().bits() - 1]);
        let (highest, mut carries) = self.carries(values, &layout)?;
        if layout.bits() == 0 {
            return Ok(highest);
        }
        Ok(highest.xor(&carries.pop().ok_or(MISSING)?))
    }

    /// Carries out of the segments of a layout, one of each, and the own bits of the values above all of
    /// them.
    pub(super) fn carries(
        &mut self,
        values: &Shares,
        layout: &Layout,
    ) -> Result<(Bits, Vec<Bits>), Fault> {
        let low = layout.bits();
        let highest = values.values().iter().map(|value| value >> low.min(63));
        let highest = Planes::of(highest, 1).into_bits();
        if values.is_empty() || low == 0 {
            let none = || Bits::new(0, Zeroizing::default());
            return Ok((highest, layout.segments.iter().map(|_| none()).collect()));
        }
        // All bits of 2^low - 1 - x are those of x flipped.
        let flip = self.client_flips();
        let planes = Planes::of(values.values().iter().map(|value| value ^ flip), low);
        Ok((highest, self.below(&planes, layout)?))
    }

    pub(super) fn not(&self, bits: &Bits) -> Bits {
        let flip = self.client_flips();
        Bits::new(bits.len(), Zeroizing::new(bits.words().iter().map(|word| word ^ flip).collect()))
    }

    /// All ones at the client, which flips what both parties share.
    pub(super) fn client_flips(&self) -> u64 {
        if self.material.role() == Role::Client { u64::MAX } else { 0 }
    }
}
