//! What the server serves: a model, how it is computed, and its weights as they are multiplied.

use std::sync::{Arc, Mutex, PoisonError};

use super::batch::{Batch, encoding, shape};
use super::error::CheetahError;
use super::plan::{Announcement, Outputs, Plan, Transfers};
use crate::cheetah::ot::Width;
use crate::cheetah::rlwe::{LEAST_HIDING, Path, RlweError, Set, Shape, Storage, Weights};
use crate::model::{InputRange, Linear, Model, Ranges, Source};

/// A model to serve, with what the client may learn of it.
///
/// Weights are transformed once for each number of slots, at the first batch of so many; later batches
/// of as many slots find them done.
pub struct Served {
    model: Model,
    ranges: Ranges,
    plan: Plan,
    /// Bits, for each layer.
    hiding: u32,
    /// Bytes, for transformed weights.
    room: usize,
    /// Of the last number of slots.
    ready: Mutex<Option<Arc<Ready>>>,
}

/// How a linear layer is computed.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct LinearLayer {
    /// Its position in the architecture.
    pub layer: usize,
    /// l: results are in Z_2^l.
    pub ring: Width,
    /// The parameters of the encryption, which the client is told.
    pub set: Set,
    /// How weights are multiplied.
    pub path: Path,
    /// To how many bits a batch hides the weights from the client.
    pub hiding: f64,
    /// By how many bits the noise could be larger, and results still be right. For the server alone.
    pub margin: f64,
}

impl LinearLayer {
    fn new(layer: usize, weights: &Weights, slots: usize) -> Self {
        let (encoding, parameters) = (weights.encoding(), weights.encoding().parameters());
        Self {
            layer,
            ring: parameters.width(),
            set: parameters.set(),
            path: encoding.path(),
            hiding: weights.hiding_of(slots),
            margin: weights.margin(),
        }
    }
}

/// Everything that a model takes for some number of slots.
pub(super) struct Ready {
    pub(super) batch: Batch,
    pub(super) sets: Vec<Set>,
    /// For each layer, its weights and biases if it is linear.
    layers: Vec<Option<(Weights, Vec<i64>)>>,
}

impl Served {
    /// Serves labels of inputs in `input`, and nothing else.
    ///
    /// # Errors
    ///
    /// [`CheetahError::Model`] or [`CheetahError::Ring`], with the layer, if for some of these inputs
    /// a value could be larger than can be computed with.
    pub fn new(model: Model, input: InputRange) -> Result<Self, CheetahError> {
        let ranges = model.ranges(input)?;
        let (outputs, transfers) = (Outputs::Label, Transfers::Fewest);
        let plan = plan(&model, &ranges, input, outputs, transfers)?;
        let hiding = hiding_of_layer(&model, LEAST_HIDING);
        Ok(Self { model, ranges, plan, hiding, room: ROOM, ready: Mutex::default() })
    }

    /// Lets the client learn all outputs, not labels alone.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    ///
    /// # Security
    ///
    /// With enough logits, a client can rebuild much of a model.
    pub fn with_logits(self) -> Result<Self, CheetahError> {
        let transfers = self.plan.transfers();
        self.planned(Outputs::Logits, transfers)
    }

    /// Uses these oblivious transfers; the default is [`Transfers::Fewest`].
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_transfers(self, transfers: Transfers) -> Result<Self, CheetahError> {
        let outputs = self.plan.outputs();
        self.planned(outputs, transfers)
    }

    /// Hides the weights better: the statistical distance is at most 2^-`bits` for each batch. The
    /// default is [`LEAST_HIDING`], and what is less counts as that.
    #[must_use]
    pub fn with_hiding(mut self, bits: u32) -> Self {
        self.hiding = hiding_of_layer(&self.model, bits.max(LEAST_HIDING));
        self.ready = Mutex::default();
        self
    }

    /// Takes at most so many bytes for transformed weights, 1 GiB by default; what does not fit is
    /// transformed at each use.
    #[must_use]
    pub fn with_room_for_weights(mut self, bytes: usize) -> Self {
        self.room = bytes;
        self.ready = Mutex::default();
        self
    }

    /// Prepares weights for batches of so many slots, which the first of them would do otherwise.
    ///
    /// # Errors
    ///
    /// [`CheetahError::Weights`] if no parameters hide the weights of some layer in such a batch.
    pub fn prepare(&self, slots: usize) -> Result<(), CheetahError> {
        self.ready(slots).map(drop)
    }

    /// How each linear layer is computed for a batch of so many slots, in order.
    ///
    /// # Errors
    ///
    /// As [`prepare`](Self::prepare).
    pub fn linear_layers(&self, slots: usize) -> Result<Vec<LinearLayer>, CheetahError> {
        let ready = self.ready(slots)?;
        let layers = ready.layers.iter().enumerate();
        let linear = layers.filter_map(|(layer, ready)| Some((layer, &ready.as_ref()?.0)));
        Ok(linear.map(|(layer, weights)| LinearLayer::new(layer, weights, slots)).collect())
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// How it is computed.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    fn planned(mut self, outputs: Outputs, transfers: Transfers) -> Result<Self, CheetahError> {
        self.plan = plan(&self.model, &self.ranges, self.plan.input(), outputs, transfers)?;
        self.ready = Mutex::default();
        Ok(self)
    }

    /// What a batch of so many slots takes.
    pub(super) fn ready(&self, slots: usize) -> Result<Arc<Ready>, CheetahError> {
        let mut kept = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ready) = kept.as_ref().filter(|ready| ready.batch.slots == slots) {
            return Ok(ready.clone());
        }
        // The memory of the old one first.
        *kept = None;
        let ready = Arc::new(self.make_ready(slots)?);
        *kept = Some(ready.clone());
        Ok(ready)
    }

    fn make_ready(&self, slots: usize) -> Result<Ready, CheetahError> {
        let nodes = self.model.architecture().nodes();
        let (mut sets, mut layers, mut room) = (Vec::new(), Vec::new(), self.room);
        for (layer, node) in nodes.iter().enumerate() {
            let (Some(linear), Some(shape)) = (self.model.linear(layer), shape(&node.layer)) else {
                layers.push(None);
                continue;
            };
            let ring = self.plan.ring(Source::Layer(layer));
            let kind = node.layer.kind();
            // Floods of all slots are independent: see `Weights::hiding_of`.
            let hiding = self.hiding.saturating_add(for_slots(slots));
            let (set, weights) = weights(ring, shape, linear, hiding, &mut room)
                .map_err(|source| CheetahError::Weights { layer, kind, source })?;
            sets.push(set);
            layers.push(Some((weights, linear.bias().to_vec())));
        }
        Ok(Ready { batch: Batch::new(&self.plan, slots, &sets)?, sets, layers })
    }
}

impl Ready {
    /// Weights and biases of a linear layer.
    pub(super) fn layer(&self, layer: usize) -> Option<(&Weights, &[i64])> {
        let (weights, bias) = self.layers.get(layer)?.as_ref()?;
        Some((weights, bias))
    }
}

/// Bits for each layer that give so many for all: each adds to what the client can tell of the weights.
fn hiding_of_layer(model: &Model, bits: u32) -> u32 {
    let linear = model.architecture().layers().filter(|layer| layer.is_linear());
    bits.saturating_add(linear.count().max(1).next_power_of_two().ilog2())
}

/// Bits more for one slot that give as many for all of them: half of their logarithm, rounded up.
fn for_slots(slots: usize) -> u32 {
    slots.max(1).next_power_of_two().ilog2().div_ceil(2)
}

/// Bytes of transformed weights that are kept by default.
const ROOM: usize = 1 << 30;

fn plan(
    model: &Model,
    ranges: &Ranges,
    input: InputRange,
    outputs: Outputs,
    transfers: Transfers,
) -> Result<Plan, CheetahError> {
    let architecture = model.architecture();
    let announcement = Announcement::new(architecture, input, ranges, outputs, transfers);
    Plan::new(architecture, announcement)
}

/// The weights under the first parameters that suit them.
fn weights(
    ring: Width,
    shape: Shape,
    linear: &Linear,
    hiding: u32,
    room: &mut usize,
) -> Result<(Set, Weights), RlweError> {
    let mut failure = RlweError::Noise;
    for set in Set::ALL {
        let encoding = encoding(ring, shape, set)?;
        let bytes = encoding.weight_bytes();
        let storage = if bytes <= *room { Storage::Transformed } else { Storage::Compact };
        match Weights::prepare(&encoding, linear.weights(), hiding, storage) {
            Ok(weights) => {
                if storage == Storage::Transformed {
                    *room = room.saturating_sub(bytes);
                }
                return Ok((set, weights));
            }
            Err(error @ (RlweError::Noise | RlweError::Hiding { .. })) => failure = error,
            Err(other) => return Err(other),
        }
    }
    Err(failure)
}

impl std::fmt::Debug for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Served").field("plan", &self.plan).finish_non_exhaustive()
    }
}
