//! What the parties hold between phases.

use std::fmt;
use std::io::{self, Read};

use chacha20::ChaCha20Rng;
use rand::{Rng, SeedableRng};
use zeroize::Zeroizing;

use super::dense::Matrix;
use super::layout::Layout;
use super::link::{Seed, Words, decode};
use super::record;
use crate::model::{Architecture, LayerShape};

/// What setup leaves with the server: nothing but the right to go on. The mask A is with the
/// dealer, and W - A with the client.
#[derive(Debug)]
pub struct ModelMask(pub(super) Architecture);

/// What setup leaves with the client: E = W - A for each dense layer, uniform without A.
pub struct MaskedModel {
    pub(super) architecture: Architecture,
    pub(super) matrices: Vec<Matrix>,
}

/// What a batch of slots leaves with the client before the queries are known.
///
/// # Security
///
/// One-time pads: a batch uses them up. Dropping overwrites them, and `Debug` does not show them.
pub struct ClientShares(pub(super) Shares);

/// What a batch of slots leaves with the server. See [`ClientShares`] for its handling.
pub struct ServerShares(pub(super) Shares);

/// One party's material for `slots` slots.
pub(super) struct Shares {
    pub(super) slots: usize,
    pub(super) architecture: Architecture,
    pub(super) layers: Vec<LayerShares>,
}

/// One party's material for one layer of all slots, slot after slot.
pub(super) enum LayerShares {
    Dense {
        /// The client's b; nothing at the server.
        mask: Words,
        /// What the party adds to its part of the product: a share of A b.
        output: Words,
    },
    /// One [`record`] for each value.
    Activation { layout: Layout, records: Words },
}

/// What a layer needs of words, for one slot. The same for dealer and parties.
pub(super) struct Need {
    /// Words that the client alone has.
    pub(super) mask: usize,
    /// Words that both have.
    pub(super) shared: usize,
}

impl Need {
    pub(super) fn of(shape: &LayerShape) -> Self {
        match *shape {
            LayerShape::Dense { inputs, outputs } => Self { mask: inputs, shared: outputs },
            LayerShape::Relu { width, shift } | LayerShape::Truncate { width, shift } => {
                let words = record::words(&Layout::new(shift));
                Self { mask: 0, shared: width.saturating_mul(words) }
            }
            // Refused before.
            _ => Self { mask: 0, shared: 0 },
        }
    }
}

/// `count` words of a generator.
pub(super) fn expand<R: Rng>(count: usize, rng: &mut R) -> Words {
    let mut words = Zeroizing::new(Vec::with_capacity(count));
    words.extend((0..count).map(|_| rng.next_u64()));
    words
}

/// The client's share of everything: what the seed says, and E b on top.
pub(super) fn expand_client(seed: &Seed, masked: &MaskedModel, slots: usize) -> Shares {
    let mut rng = ChaCha20Rng::from_seed(**seed);
    let mut matrices = masked.matrices.iter();
    let layers = masked.architecture.layers().map(|shape| {
        let need = Need::of(&shape);
        let mask = expand(need.mask.saturating_mul(slots), &mut rng);
        let mut shared = expand(need.shared.saturating_mul(slots), &mut rng);
        if let LayerShape::Dense { .. } = shape {
            matrices.by_ref().take(1).for_each(|matrix| matrix.add_product(&mask, &mut shared));
        }
        LayerShares::new(&shape, mask, shared)
    });
    Shares { slots, layers: layers.collect(), architecture: masked.architecture.clone() }
}

impl LayerShares {
    pub(super) fn new(shape: &LayerShape, mask: Words, shared: Words) -> Self {
        match *shape {
            LayerShape::Relu { shift, .. } | LayerShape::Truncate { shift, .. } => {
                Self::Activation { layout: Layout::new(shift), records: shared }
            }
            // All others are refused before.
            _ => Self::Dense { mask, output: shared },
        }
    }
}

impl MaskedModel {
    /// Reads the hidden weights of all dense layers.
    pub(super) fn read<R: Read>(architecture: &Architecture, reader: &mut R) -> io::Result<Self> {
        let mut matrices = Vec::new();
        for layer in architecture.layers() {
            let LayerShape::Dense { inputs, outputs } = layer else { continue };
            let mut values = Vec::new();
            let mut row = vec![0; inputs.saturating_mul(8)];
            for _ in 0..outputs {
                reader.read_exact(&mut row)?;
                values.extend(decode(&row).map(u64::cast_signed));
            }
            matrices.push(Matrix { inputs, outputs, values: Zeroizing::new(values) });
        }
        Ok(Self { architecture: architecture.clone(), matrices })
    }
}

impl fmt::Debug for MaskedModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MaskedModel")
            .field("architecture", &self.architecture)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ClientShares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientShares").field("slots", &self.0.slots).finish_non_exhaustive()
    }
}

impl fmt::Debug for ServerShares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerShares").field("slots", &self.0.slots).finish_non_exhaustive()
    }
}
