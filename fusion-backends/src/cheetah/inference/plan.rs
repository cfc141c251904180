//! How a described model is computed: in which ring each value is shared, and with which transfers.

#![allow(clippy::arithmetic_side_effects, reason = "bits are at most 64, and counts are bounded")]

use serde::{Deserialize, Serialize};

use super::description::Description;
use super::error::CheetahError;
use super::place;
use crate::model::{Architecture, InputRange, LayerShape, Node, Source};
use crate::ot::{self, Width, softspoken::Depth};
use crate::rlwe::Parameters;

/// What the client learns of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outputs {
    /// Which output is the largest, and nothing else; the first one wins a tie. Of a single output, whether
    /// it is positive.
    Label,
    /// All outputs. They tell far more about a model than labels do.
    Logits,
}

/// How a described model is computed: in which ring each value is shared. It follows from the description.
///
/// Bits are from the worst case over all inputs ([`Model::ranges`](crate::model::Model::ranges)), so
/// no value ever wraps around, and each value is shared in the smallest ring that its layer and those
/// that take it allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    description: Description,
    /// Of the input.
    input: Width,
    /// Of the result of each layer.
    rings: Vec<Width>,
}

/// Which oblivious transfers are used, see [`ot::Policy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Transfers {
    /// For each batch those that take fewer bytes.
    Fewest,
    /// Silent ones: 1.6 MB for the first few million, 0.17 bytes for each one.
    Silent,
    /// SoftSpokenOT: 3.9 bytes for each one, and faster where both parties share a machine.
    SoftSpoken,
}

impl Transfers {
    /// Whether a batch that takes so many transfers has silent ones.
    pub(super) fn are_silent(self, count: usize) -> bool {
        /// Where bytes are as many.
        const MANY: usize = 600_000;
        match self {
            Self::Fewest => count > MANY,
            Self::Silent => true,
            Self::SoftSpoken => false,
        }
    }
}

/// The extension of each kind.
pub(super) fn policy(silent: bool) -> ot::Policy {
    if silent { ot::Policy::Silent } else { ot::Policy::SoftSpoken(Depth::Four) }
}

/// What is wrong with a description.
const BITS: &str = "bits must be 1 to 64, for the input and for each layer's result";

impl Plan {
    /// # Errors
    ///
    /// [`CheetahError::Ring`] for the last layer whose values do not fit a ring that there is;
    /// [`CheetahError::Invalid`] if bits or range do not fit the architecture.
    pub(super) fn new(description: &Description) -> Result<Self, CheetahError> {
        let nodes = description.architecture().nodes();
        let all = description.bits();
        let bits: Vec<Width> = all.iter().filter_map(|bits| Width::new((*bits).into())).collect();
        let InputRange { low, high } = description.input();
        let (input, results) = match bits.split_first() {
            Some((input, results)) if bits.len() == all.len() && results.len() == nodes.len() => {
                (*input, results)
            }
            _ => return Err(CheetahError::Invalid(BITS)),
        };
        let holds = |end: i64| input.signed(end.cast_unsigned() & input.mask()) == end;
        if low > high || !holds(low) || !holds(high) {
            return Err(CheetahError::Invalid(
                "the range of inputs must hold a number, and fit the bits",
            ));
        }
        let (input, rings) = rings(nodes, input, results, description.outputs())?;
        Ok(Self { description: description.clone(), input, rings })
    }

    pub(super) fn with_transfers(self, transfers: Transfers) -> Self {
        Self { description: self.description.with_transfers(transfers), ..self }
    }

    /// What it follows from.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The model's public part.
    #[must_use]
    pub fn architecture(&self) -> &Architecture {
        self.description.architecture()
    }

    /// What the client learns.
    #[must_use]
    pub fn outputs(&self) -> Outputs {
        self.description.outputs()
    }

    /// Which transfers are used.
    #[must_use]
    pub fn transfers(&self) -> Transfers {
        self.description.transfers()
    }

    /// How many values are compared for a label: one output with zero, for its sign.
    pub(super) fn compared(&self) -> usize {
        self.architecture().outputs().max(2)
    }

    /// Bits, with the sign, that values from there take.
    #[must_use]
    pub fn bits(&self, source: Source) -> Width {
        let bits = self.description.bits().get(place(source));
        bits.and_then(|bits| Width::new((*bits).into())).unwrap_or(Width::WORD)
    }

    /// The ring in which values from there are shared.
    #[must_use]
    pub fn ring(&self, source: Source) -> Width {
        match source {
            Source::Input => self.input,
            Source::Layer(layer) => self.rings.get(layer).copied().unwrap_or(Width::WORD),
        }
    }
}

/// From the last layer to the first: a ring must hold a layer's results, and be as large as the layers
/// that take them need; going to a smaller ring is free.
fn rings(
    nodes: &[Node],
    input: Width,
    bits: &[Width],
    outputs: Outputs,
) -> Result<(Width, Vec<Width>), CheetahError> {
    let mut input_ring = input;
    let mut rings = bits.to_vec();
    let of = |source| match source {
        Source::Input => Some(input),
        Source::Layer(layer) => bits.get(layer).copied(),
    };
    if let (Outputs::Label, Some(last)) = (outputs, rings.last_mut()) {
        // Differences of logits take one bit more.
        *last = more(*last, 1, nodes.len().saturating_sub(1), nodes)?;
    }
    for (layer, node) in nodes.iter().enumerate().rev() {
        let Some(own) = rings.get(layer).copied() else { return Err(CheetahError::Invalid(BITS)) };
        let from = of(node.from).ok_or(CheetahError::Invalid(BITS))?;
        // What the layer is computed in, or else what its values take.
        let (ring, needed) = match node.layer {
            LayerShape::Dense { .. } | LayerShape::Convolution(_) => {
                let ring = larger(larger(own, from), least());
                if !Parameters::BITS.contains(&ring.bits()) {
                    let most = *Parameters::BITS.end();
                    return Err(too_large(layer, nodes, ring.bits(), most));
                }
                (ring, ring)
            }
            LayerShape::Add { .. } | LayerShape::Concat { .. } => (own, own),
            LayerShape::MaxPool(_) => {
                let ring = larger(own, more(from, 1, layer, nodes)?);
                (ring, ring)
            }
            LayerShape::AveragePool(shape) => {
                let values = shape.kernel.saturating_mul(shape.kernel);
                // Half the divisor is added for rounding.
                let sums = usize::BITS - values.leading_zeros() + 1;
                let ring = larger(own, more(from, sums, layer, nodes)?);
                (ring, ring)
            }
            // Its results may be far below the largest that it allows, which has to fit as well.
            LayerShape::Clamp { shift, bits, .. } if cuts_off(from, shift, bits) => {
                let limit = Width::new(bits + 1);
                let limit = limit.ok_or_else(|| too_large(layer, nodes, bits + 1, 64))?;
                (larger(own, limit), from)
            }
            LayerShape::Relu { .. } | LayerShape::Clamp { .. } | LayerShape::Truncate { .. } => {
                (own, from)
            }
        };
        if let Some(own) = rings.get_mut(layer) {
            *own = ring;
        }
        for source in node.sources() {
            let place = match source {
                Source::Input => Some(&mut input_ring),
                Source::Layer(of) => rings.get_mut(of),
            };
            if let Some(place) = place {
                *place = larger(*place, needed);
            }
        }
    }
    Ok((input_ring, rings))
}

/// Whether a clamp to `bits` changes large values, of those that take so many bits.
pub(super) fn cuts_off(from: Width, shift: u32, bits: u32) -> bool {
    bits + shift < from.bits() - 1
}

fn larger(a: Width, b: Width) -> Width {
    if a.bits() < b.bits() { b } else { a }
}

/// The smallest ring of linear layers.
fn least() -> Width {
    Width::new(*Parameters::BITS.start()).unwrap_or(Width::WORD)
}

fn more(width: Width, bits: u32, layer: usize, nodes: &[Node]) -> Result<Width, CheetahError> {
    let bits = width.bits().saturating_add(bits);
    Width::new(bits).ok_or_else(|| too_large(layer, nodes, bits, 64))
}

fn too_large(layer: usize, nodes: &[Node], bits: u32, most: u32) -> CheetahError {
    let kind = nodes.get(layer).map_or("layer", |node| node.layer.kind());
    CheetahError::Ring { layer, kind, bits, most }
}
