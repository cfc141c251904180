//! Worst-case analysis: how many bits the values of each layer take, and whether any can leave the
//! range of `i64`.

mod interval;
mod layers;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use self::interval::{Interval, Intervals};
use self::layers::apply;
use super::architecture::Source;
use super::error::ModelError;
use super::graph::Model;

/// What each value of an input may be: all integers from `low` to `high`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputRange {
    /// The least.
    pub low: i64,
    /// The largest.
    pub high: i64,
}

/// How many bits, with the sign, hold every value of each layer's result, for all inputs of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranges {
    input: u32,
    layers: Vec<(u32, &'static str)>,
}

impl Ranges {
    /// Of the input's values.
    pub fn input_bits(&self) -> u32 {
        self.input
    }

    /// Of the result of the layer with this number; 64 if there is none.
    pub fn bits(&self, layer: usize) -> u32 {
        self.layers.get(layer).map_or(64, |(bits, _)| *bits)
    }

    /// The most bits of all.
    pub fn most(&self) -> u32 {
        self.layers.iter().fold(self.input, |most, (bits, _)| most.max(*bits))
    }

    /// Whether all values have at most `limit` bits, with the sign.
    ///
    /// # Errors
    ///
    /// [`InputBits`](ModelError::InputBits), or [`LayerBits`](ModelError::LayerBits) for the first
    /// layer with more.
    pub fn check(&self, limit: u32) -> Result<(), ModelError> {
        if self.input > limit {
            return Err(ModelError::InputBits { bits: self.input, limit });
        }
        match self.layers.iter().enumerate().find(|(_, (bits, _))| *bits > limit) {
            Some((layer, &(bits, kind))) => Err(ModelError::LayerBits { layer, kind, bits, limit }),
            None => Ok(()),
        }
    }
}

impl Model {
    /// Bits for the values of each layer, for all inputs of a range.
    ///
    /// If this succeeds, nothing wraps: the model computes the same as over the integers. The bound
    /// on each value is an interval (for images, one for each channel), exact for one layer and safe for
    /// several.
    ///
    /// # Errors
    ///
    /// [`InputRange`](ModelError::InputRange) if `low` is above `high`,
    /// [`LayerRange`](ModelError::LayerRange) for the first layer whose result could exceed 63 bits and
    /// a sign.
    pub fn ranges(&self, input: InputRange) -> Result<Ranges, ModelError> {
        let InputRange { low, high } = input;
        if low > high {
            return Err(ModelError::InputRange { low, high });
        }
        let input = Interval { low, high };
        let nodes = self.architecture().nodes();
        let last_uses = self.architecture().last_uses();
        let mut results: Vec<Intervals> = Vec::with_capacity(nodes.len());
        let mut layers = Vec::with_capacity(nodes.len());
        let of_input = Intervals::all(input, self.architecture());
        for (layer, node) in nodes.iter().enumerate() {
            let of = |source| match source {
                Source::Input => Some(&of_input),
                Source::Layer(of) => results.get(of),
            };
            let x = of(node.from).unwrap_or(&of_input);
            let y = node.with.and_then(of);
            let kind = node.layer.kind();
            let result = apply(node.layer, self.linear(layer), x, y);
            let result = result.ok_or(ModelError::LayerRange { layer, kind })?;
            layers.push((result.bits(), kind));
            results.push(result);
            // What no later layer takes is dropped.
            for (result, last) in results.iter_mut().zip(last_uses.iter().skip(1)) {
                if *last == layer {
                    result.each = Vec::new();
                }
            }
        }
        Ok(Ranges { input: input.bits(), layers })
    }

    /// Bits, with the sign, that hold every input and every result of every layer, for all inputs
    /// whose values are in `-max_abs_input..=max_abs_input`. See [`ranges`](Self::ranges).
    ///
    /// # Errors
    ///
    /// As [`ranges`](Self::ranges), or [`InputSize`](ModelError::InputSize) if `max_abs_input` exceeds
    /// `i64::MAX`.
    pub fn check_range(&self, max_abs_input: u64) -> Result<u32, ModelError> {
        let high =
            i64::try_from(max_abs_input).map_err(|_| ModelError::InputSize { max_abs_input })?;
        Ok(self.ranges(InputRange { low: high.saturating_neg(), high })?.most())
    }
}
