//! What both parties know of a run beside the architecture: how many bits each value takes, and so in
//! which ring it is shared, and what the client learns.

#![allow(clippy::arithmetic_side_effects, reason = "bits are at most 64, and counts are bounded")]

use serde::{Deserialize, Serialize};

use super::error::{CheetahError, Malformed};
use super::place;
use crate::cheetah::ot::{self, Width, softspoken::Depth};
use crate::cheetah::rlwe::Parameters;
use crate::model::{Architecture, InputRange, LayerShape, Node, Ranges, Source};

/// What the client learns of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outputs {
    /// Which output is the largest, and nothing else. The first one wins a tie.
    Label,
    /// All outputs. They tell far more about a model than labels do.
    Logits,
}

/// What is public of a model: how the server computes it.
///
/// Bits are from the worst case over all inputs ([`Model::ranges`](crate::model::Model::ranges)), so
/// no value ever wraps around, and each value is shared in the smallest ring that its layer and those
/// that take it allow.
///
/// # Security
///
/// The server announces it to the client. The bits depend on the weights, by the logarithm of how
/// large a result can get; that much of the model is public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    architecture: Architecture,
    announcement: Announcement,
    /// Of the input.
    input: Width,
    /// Of the result of each layer.
    rings: Vec<Width>,
}

/// What the server tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Announcement {
    pub(super) input: InputRange,
    pub(super) outputs: Outputs,
    pub(super) transfers: Transfers,
    /// Bits, with the sign, of the input and of the result of each layer.
    pub(super) bits: Vec<u8>,
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

impl Announcement {
    pub(super) fn new(
        architecture: &Architecture,
        input: InputRange,
        ranges: &Ranges,
        outputs: Outputs,
        transfers: Transfers,
    ) -> Self {
        let layers = (0..architecture.nodes().len()).map(|layer| ranges.bits(layer));
        let bits = std::iter::once(ranges.input_bits()).chain(layers);
        let bits = bits.map(|bits| u8::try_from(bits).unwrap_or(u8::MAX)).collect();
        Self { input, outputs, transfers, bits }
    }
}

impl Plan {
    /// # Errors
    ///
    /// [`CheetahError::Ring`] for the last layer whose values do not fit a ring that there is;
    /// [`CheetahError::Announcement`] if the announcement is none for this architecture.
    pub(super) fn new(
        architecture: &Architecture,
        announcement: Announcement,
    ) -> Result<Self, CheetahError> {
        let nodes = architecture.nodes();
        let bits: Vec<Width> =
            (announcement.bits.iter()).filter_map(|bits| Width::new(u32::from(*bits))).collect();
        let InputRange { low, high } = announcement.input;
        let (Some((input, results)), true) = (bits.split_first(), low <= high) else {
            return Err(Malformed::Bits.into());
        };
        if results.len() != nodes.len() || announcement.bits.len() != bits.len() {
            return Err(Malformed::Bits.into());
        }
        if [low, high]
            .into_iter()
            .any(|end| input.signed(end.cast_unsigned() & input.mask()) != end)
        {
            return Err(Malformed::Bits.into());
        }
        let (input, rings) = rings(nodes, *input, results, announcement.outputs)?;
        Ok(Self { architecture: architecture.clone(), announcement, input, rings })
    }

    pub(super) fn announcement(&self) -> &Announcement {
        &self.announcement
    }

    /// The model's public part.
    #[must_use]
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// What an input's values may be.
    #[must_use]
    pub fn input(&self) -> InputRange {
        self.announcement.input
    }

    /// What the client learns.
    #[must_use]
    pub fn outputs(&self) -> Outputs {
        self.announcement.outputs
    }

    /// Which transfers are used.
    #[must_use]
    pub fn transfers(&self) -> Transfers {
        self.announcement.transfers
    }

    /// Bits, with the sign, that values from there take.
    #[must_use]
    pub fn bits(&self, source: Source) -> Width {
        let bits =
            self.announcement.bits.get(place(source)).and_then(|bits| Width::new(u32::from(*bits)));
        bits.unwrap_or(Width::WORD)
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
        let Some(own) = rings.get(layer).copied() else { return Err(Malformed::Bits.into()) };
        let from = of(node.from).unwrap_or(Width::WORD);
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
                (larger(own, Width::new(bits + 1).unwrap_or(Width::WORD)), from)
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
