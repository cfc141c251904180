//! ReLU that saturates.
use std::io::{Read, Write};

use super::Layers;
use super::error::LayerError;
use super::need::Need;
use super::shares::Shares;
use super::truncate::Truncation;
use crate::cheetah::ot::Width;

/// min(floor(max(x, 0) / 2^shift), 2^bits - 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clamp {
    truncation: Truncation,
    bits: u32,
    within: Width,
}

impl Clamp {
    /// `None` if there is no such shift.
    #[must_use]
    pub fn new(from: Width, shift: u32, bits: u32, to: Width) -> Option<Self> {
        let within = Width::new(from.bits().checked_sub(shift)?)?;
        Some(Self { truncation: Truncation::new(from, shift, to)?, bits, within })
    }
}

impl Need {
    /// Of [`Layers::relu_clamp`].
    #[must_use]
    pub fn relu_clamp(clamp: Clamp, count: usize) -> Self {
        Self::relu_truncate(clamp.truncation, count) + Self::relu(clamp.within, count)
    }
}

impl<S: Read + Write> Layers<'_, S> {
    /// See [`Clamp`].
    ///
    /// # Errors
    ///
    /// As [`truncate`](Self::truncate).
    pub fn relu_clamp(&mut self, clamp: Clamp, values: &Shares) -> Result<Shares, LayerError> {
        let positive = self.relu_truncate(clamp.truncation, values)?;
        let need = Need::relu(clamp.within, values.len());
        self.layer("clamp", need, |layers| {
            let most = layers.public(positive.width(), (1 << clamp.bits) - 1, positive.len());
            let excess = positive.minus(&most);
            let negative = layers.sign(&excess.reduce(clamp.within))?;
            let selected = layers.select(&[(&negative, &excess)])?;
            let selected = selected.first().map(|below| most.plus(below));
            selected.ok_or(super::error::Fault::NotPrepared)
        })
    }
}
