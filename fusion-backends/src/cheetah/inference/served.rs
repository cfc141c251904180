//! What the server serves: a model, how it is computed, and its weights as they are multiplied.

use std::sync::Arc;

use super::batch::{Batch, encoding, shape};
use super::description::Description;
use super::error::CheetahError;
use super::limits;
use super::plan::{Outputs, Plan, Transfers};
use super::ready::{Kept, LinearReady, Ready, Room};
use crate::model::{InputRange, Model, Source};
use crate::ot::Width;
use crate::rlwe::{Encoding, LEAST_HIDING, Path, RlweError, Set, Storage, Weights};

/// A model to serve, with what the client may learn of it.
///
/// Weights are transformed once for each number of slots, at the first batch of so many; later batches
/// of as many slots find them done, if there was room to keep them.
pub struct Served {
    model: Model,
    plan: Plan,
    /// Bits, for each layer.
    hiding: u32,
    /// For transformed weights.
    room: Arc<Room>,
    ready: Kept,
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

impl Served {
    /// Serves labels of inputs in `input`, and nothing else.
    ///
    /// # Errors
    ///
    /// For what no batch can have, with the layer: [`CheetahError::Model`] or [`CheetahError::Ring`] if for
    /// some of these inputs a value could be larger than can be computed with; [`CheetahError::Limit`] or
    /// [`CheetahError::Layer`] if its sizes or weights are too large.
    pub fn new(model: Model, input: InputRange) -> Result<Self, CheetahError> {
        Self::giving(model, input, Outputs::Label)
    }

    /// Serves all outputs, not labels alone.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    ///
    /// # Security
    ///
    /// With enough logits, a client can rebuild much of a model.
    pub fn logits(model: Model, input: InputRange) -> Result<Self, CheetahError> {
        Self::giving(model, input, Outputs::Logits)
    }

    /// Serves a model under a description that is published already: perhaps with more bits than the
    /// model needs, or for a model trained anew.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new); [`CheetahError::Other`] if the description has another architecture, and
    /// [`CheetahError::Described`] if it has too few bits.
    pub fn described(model: Model, description: &Description) -> Result<Self, CheetahError> {
        let architecture = model.architecture();
        if architecture != description.architecture() {
            return Err(CheetahError::Other("its architecture is another"));
        }
        let ranges = model.ranges(description.input())?;
        let bits = description.bits().iter().skip(1).map(|bits| u32::from(*bits));
        for (layer, (most, node)) in bits.zip(architecture.nodes()).enumerate() {
            let (bits, kind) = (ranges.bits(layer), node.layer.kind());
            if bits > most {
                return Err(CheetahError::Described { layer, kind, bits, most });
            }
        }
        Self::planned(model, description)
    }

    /// A server that lies: it claims that any model of this architecture is the described one.
    #[cfg(any(test, feature = "conformance"))]
    #[doc(hidden)]
    pub fn pretending(model: Model, description: &Description) -> Result<Self, CheetahError> {
        Self::planned(model, description)
    }

    /// Uses these oblivious transfers, and says so in the description.
    #[must_use]
    pub fn with_transfers(mut self, transfers: Transfers) -> Self {
        self.plan = self.plan.with_transfers(transfers);
        self
    }

    /// Hides the weights better: the statistical distance is at most 2^-`bits` for each batch. The
    /// default is [`LEAST_HIDING`], and what is less counts as that.
    #[must_use]
    pub fn with_hiding(mut self, bits: u32) -> Self {
        self.hiding = hiding_of_layer(&self.model, bits.max(LEAST_HIDING));
        self.ready = Kept::default();
        self
    }

    /// Takes at most so many bytes for transformed weights, 1 GiB by default, for all numbers of slots and
    /// all connections together; what does not fit is transformed at each use.
    #[must_use]
    pub fn with_room_for_weights(mut self, bytes: usize) -> Self {
        self.room = Room::new(bytes);
        self.ready = Kept::default();
        self
    }

    /// Prepares weights for batches of so many slots, which the first of them would do otherwise.
    ///
    /// # Errors
    ///
    /// [`CheetahError::Weights`] if no parameters hide the weights of some layer in such a batch.
    pub fn prepare(&self, slots: usize) -> Result<(), CheetahError> {
        self.ready(slots, |_| Ok(())).map(drop)
    }

    /// How each linear layer is computed for a batch of so many slots, in order.
    ///
    /// # Errors
    ///
    /// As [`prepare`](Self::prepare).
    pub fn linear_layers(&self, slots: usize) -> Result<Vec<LinearLayer>, CheetahError> {
        let ready = self.ready(slots, |_| Ok(()))?;
        let layers = ready.layers.iter().enumerate();
        let linear = layers.filter_map(|(layer, ready)| Some((layer, &ready.as_ref()?.weights)));
        Ok(linear.map(|(layer, weights)| LinearLayer::new(layer, weights, slots)).collect())
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// What the vendor publishes, and clients hold.
    #[must_use]
    pub fn description(&self) -> &Description {
        self.plan.description()
    }

    /// How it is computed.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Bytes that transformed weights may still take.
    #[cfg(test)]
    pub(super) fn room_left(&self) -> usize {
        self.room.left()
    }

    fn giving(model: Model, input: InputRange, outputs: Outputs) -> Result<Self, CheetahError> {
        let ranges = model.ranges(input)?;
        let description = Description::of(model.architecture(), input, &ranges, outputs)?;
        Self::planned(model, &description)
    }

    fn planned(model: Model, description: &Description) -> Result<Self, CheetahError> {
        let plan = Plan::new(description)?;
        let hiding = hiding_of_layer(&model, LEAST_HIDING);
        limits::check_weights(&model, &plan, hiding)?;
        Ok(Self { model, plan, hiding, room: Room::new(ROOM), ready: Kept::default() })
    }

    /// What a batch of so many slots takes, if it is admitted: that is asked before weights are transformed.
    pub(super) fn ready(
        &self,
        slots: usize,
        admit: impl FnOnce(&Batch) -> Result<(), CheetahError>,
    ) -> Result<Arc<Ready>, CheetahError> {
        if let Some(ready) = self.ready.find(slots) {
            admit(&ready.batch)?;
            return Ok(ready);
        }
        let encodings = self.encodings(slots)?;
        let chosen = encodings.iter().flatten();
        let sets: Vec<Set> = chosen.clone().map(|encoding| encoding.parameters().set()).collect();
        let batch = Batch::new(&self.plan, slots, &sets)?;
        admit(&batch)?;
        let bytes = chosen.map(Encoding::weight_bytes).fold(0, usize::saturating_add);
        self.ready.get(slots, || {
            self.ready.make_room(slots, &self.room, bytes);
            let layers = encodings.iter().enumerate();
            let layers =
                layers.map(|(layer, encoding)| self.linear(layer, encoding.as_ref(), slots));
            Ok(Ready { layers: layers.collect::<Result<_, _>>()?, batch, sets })
        })
    }

    /// For each linear layer the encoding under the first parameters that suit its weights.
    fn encodings(&self, slots: usize) -> Result<Vec<Option<Encoding>>, CheetahError> {
        let hiding = self.hiding_for(slots);
        let nodes = self.model.architecture().nodes().iter().enumerate();
        let encodings = nodes.map(|(layer, node)| {
            let (Some(linear), Some(shape)) = (self.model.linear(layer), shape(&node.layer)) else {
                return Ok(None);
            };
            let ring = self.plan.ring(Source::Layer(layer));
            let found = limits::first(self.description().sets(), |set| {
                let encoding = encoding(ring, shape, set)?;
                Weights::check(&encoding, linear.weights(), hiding).map(|()| encoding)
            });
            found.map(Some).map_err(|source| self.fails(layer, source))
        });
        encodings.collect()
    }

    fn linear(
        &self,
        layer: usize,
        encoding: Option<&Encoding>,
        slots: usize,
    ) -> Result<Option<LinearReady>, CheetahError> {
        let (Some(linear), Some(encoding)) = (self.model.linear(layer), encoding) else {
            return Ok(None);
        };
        let room = self.room.take(encoding.weight_bytes());
        let storage = if room.is_some() { Storage::Transformed } else { Storage::Compact };
        let weights = Weights::prepare(encoding, linear.weights(), self.hiding_for(slots), storage)
            .map_err(|source| self.fails(layer, source))?;
        Ok(Some(LinearReady { weights, bias: linear.bias().to_vec(), _room: room }))
    }

    /// Bits for each layer of one slot: floods of all slots are independent, see `Weights::hiding_of`.
    fn hiding_for(&self, slots: usize) -> u32 {
        self.hiding.saturating_add(for_slots(slots))
    }

    fn fails(&self, layer: usize, source: RlweError) -> CheetahError {
        let node = self.model.architecture().nodes().get(layer);
        let kind = node.map_or("layer", |node| node.layer.kind());
        CheetahError::Weights { layer, kind, source }
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

impl std::fmt::Debug for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Served").field("plan", &self.plan).finish_non_exhaustive()
    }
}
