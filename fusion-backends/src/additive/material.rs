//! What the parties hold between phases.

use std::fmt;
use std::io::{self, Read};

use chacha20::ChaCha20Rng;
use rand::{Rng, SeedableRng};
use zeroize::Zeroizing;

use super::chain::{Chain, Kind, Layer};
use super::dense::Matrix;
use super::layout::Layout;
use super::link::{Seed, Words, decode};
use super::record;

/// What setup leaves with the server: nothing but the right to go on. The mask A is with the
/// dealer, and W - A with the client.
#[derive(Debug)]
pub struct ModelMask(pub(super) Chain);

/// What setup leaves with the client: E = W - A for each dense layer, uniform without A.
pub struct MaskedModel {
    pub(super) chain: Chain,
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
    pub(super) chain: Chain,
    pub(super) layers: Vec<LayerShares>,
}

/// One party's material for one layer of all slots, slot after slot.
pub(super) enum LayerShares {
    Dense {
        inputs: usize,
        outputs: usize,
        /// The client's b; nothing at the server.
        mask: Words,
        /// What the party adds to its part of the product: a share of A b.
        output: Words,
    },
    /// One [`record`] for each value.
    Activation { kind: Kind, width: usize, layout: Layout, records: Words },
}

/// What a layer needs of words, for one slot. The same for dealer and parties.
pub(super) struct Need {
    /// Words that the client alone has.
    pub(super) mask: usize,
    /// Words that both have.
    pub(super) shared: usize,
}

impl Need {
    pub(super) fn of(layer: &Layer) -> Self {
        match *layer {
            Layer::Dense { inputs, outputs } => Self { mask: inputs, shared: outputs },
            Layer::Activation { width, shift, .. } => {
                let words = record::words(&Layout::new(shift));
                Self { mask: 0, shared: width.saturating_mul(words) }
            }
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
    let layers = masked.chain.layers().iter().map(|layer| {
        let need = Need::of(layer);
        let mask = expand(need.mask.saturating_mul(slots), &mut rng);
        let mut shared = expand(need.shared.saturating_mul(slots), &mut rng);
        if let Layer::Dense { .. } = layer {
            matrices.by_ref().take(1).for_each(|matrix| matrix.add_product(&mask, &mut shared));
        }
        LayerShares::new(layer, mask, shared)
    });
    Shares { slots, layers: layers.collect(), chain: masked.chain.clone() }
}

impl LayerShares {
    pub(super) fn new(layer: &Layer, mask: Words, shared: Words) -> Self {
        match *layer {
            Layer::Dense { inputs, outputs } => {
                Self::Dense { inputs, outputs, mask, output: shared }
            }
            Layer::Activation { kind, width, shift } => {
                Self::Activation { kind, width, layout: Layout::new(shift), records: shared }
            }
        }
    }
}

impl MaskedModel {
    /// Reads the hidden weights of all dense layers.
    pub(super) fn read<R: Read>(chain: Chain, reader: &mut R) -> io::Result<Self> {
        let mut matrices = Vec::new();
        for layer in chain.layers() {
            let Layer::Dense { inputs, outputs } = *layer else { continue };
            let mut values = Vec::new();
            let mut row = vec![0; inputs.saturating_mul(8)];
            for _ in 0..outputs {
                reader.read_exact(&mut row)?;
                values.extend(decode(&row).map(u64::cast_signed));
            }
            matrices.push(Matrix { inputs, outputs, values: Zeroizing::new(values) });
        }
        Ok(Self { chain, matrices })
    }
}

impl fmt::Debug for MaskedModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MaskedModel").field("chain", &self.chain).finish_non_exhaustive()
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
