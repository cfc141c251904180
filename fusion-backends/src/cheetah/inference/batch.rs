//! A batch of slots: what each layer runs, and what it takes.

#![allow(clippy::arithmetic_side_effects, reason = "counts are bounded by the architecture")]

use fusion_core::transcript::Role;

use super::error::CheetahError;
use super::place;
use super::plan::{Outputs, Plan, cuts_off};
use crate::model::{LayerShape, Node, PoolShape, Source};
use crate::nonlinear::{Clamp, LayerError, Need, Truncation, Windows};
use crate::ot::Width;
use crate::rlwe::{Encoding, Parameters, RlweError, Set, Shape};

/// A number of slots, and what each layer runs for them.
pub(super) struct Batch {
    pub(super) slots: usize,
    pub(super) steps: Vec<Step>,
    /// For each place the last layer that takes its values.
    last_uses: Vec<usize>,
}

/// What a layer runs.
#[derive(Debug)]
pub(super) enum Step {
    Linear(Box<Encoding>),
    /// A ReLU that changes neither scale nor ring.
    Relu(Width),
    ReluTruncate(Truncation),
    Clamp(Clamp),
    /// A division by 2^0 into a ring that is not larger.
    Reduce(Width),
    Truncate(Truncation),
    /// In this ring, and differences fit the second one.
    MaxPool(Windows, Width, Width),
    AveragePool(Windows, Width),
    /// By how many bits the second source is scaled up.
    Add(Width, u32),
    /// Values of both sources in a slot.
    Concat(Width, [usize; 2]),
}

impl Batch {
    /// `sets` has one for each linear layer.
    pub(super) fn new(plan: &Plan, slots: usize, sets: &[Set]) -> Result<Self, CheetahError> {
        let nodes = plan.architecture().nodes();
        let mut sets = sets.iter().copied();
        let mut steps = Vec::with_capacity(nodes.len());
        for (layer, node) in nodes.iter().enumerate() {
            steps.push(Step::new(plan, layer, node, &mut sets)?);
        }
        if sets.next().is_some() {
            return Err(CheetahError::Sets);
        }
        Ok(Self { slots, steps, last_uses: plan.architecture().last_uses() })
    }

    /// Whether no layer after this one takes values from there.
    pub(super) fn is_last_use(&self, source: Source, layer: usize) -> bool {
        self.last_uses.get(place(source)) == Some(&layer)
    }

    /// What the layers that are not linear use up.
    pub(super) fn need(&self, plan: &Plan) -> Need {
        let nodes = plan.architecture().nodes().iter();
        let steps = self.steps.iter().zip(nodes);
        let steps: Need = steps.map(|(step, node)| step.need(&node.layer, self.slots)).sum();
        let last = Source::Layer(plan.architecture().nodes().len().saturating_sub(1));
        match plan.outputs() {
            Outputs::Label => steps + Need::argmax(plan.ring(last), plan.compared(), self.slots),
            Outputs::Logits => steps,
        }
    }

    /// About how many bytes a party takes, beside the model: what is prepared, the values that are
    /// alive, and the largest linear layer under way.
    pub(super) fn memory(&self, plan: &Plan, role: Role) -> u64 {
        let nodes = plan.architecture().nodes();
        let bytes = |values: usize| values.saturating_mul(self.slots).saturating_mul(8);
        let (mut alive, mut most) = (bytes(plan.architecture().inputs()), 0_usize);
        for (layer, (node, step)) in nodes.iter().zip(&self.steps).enumerate() {
            alive = alive.saturating_add(bytes(node.layer.outputs()));
            most = most.max(alive.saturating_add(step.memory(&node.layer, self.slots)));
            for source in node.sources().filter(|source| self.is_last_use(*source, layer)) {
                let values = match source {
                    Source::Input => plan.architecture().inputs(),
                    Source::Layer(of) => nodes.get(of).map_or(0, |node| node.layer.outputs()),
                };
                alive = alive.saturating_sub(bytes(values));
            }
        }
        let most = u64::try_from(most).unwrap_or(u64::MAX);
        most.saturating_add(self.need(plan).bytes(role))
    }
}

/// The linear layer for one slot, if it is one. Slots have requests of their own.
pub(super) fn shape(layer: &LayerShape) -> Option<Shape> {
    match *layer {
        LayerShape::Dense { inputs, outputs } => Some(Shape::dense(inputs, outputs, 1)),
        LayerShape::Convolution(of) => Some(Shape {
            slots: 1,
            channels: of.channels,
            outputs: of.outputs,
            height: of.height,
            width: of.width,
            kernel: of.kernel,
            stride: of.stride,
            padding: of.padding,
            groups: of.groups,
        }),
        _ => None,
    }
}

/// How a linear layer is encoded.
pub(super) fn encoding(ring: Width, shape: Shape, set: Set) -> Result<Encoding, RlweError> {
    Encoding::new(&Parameters::new(set, ring)?, shape)
}

impl Step {
    fn new(
        plan: &Plan,
        layer: usize,
        node: &Node,
        sets: &mut impl Iterator<Item = Set>,
    ) -> Result<Self, CheetahError> {
        let (from, to) = (plan.bits(node.from), plan.ring(Source::Layer(layer)));
        // A shift by all bits leaves the sign, as does one by all but one.
        let shift = |shift: u32| shift.min(from.bits() - 1);
        let fails = |name, reason| CheetahError::Layer {
            layer,
            source: LayerError::Shape { layer: name, reason },
        };
        let cannot = |name| fails(name, "there is no such shift");
        let windows = |name, of: PoolShape| {
            let windows = Windows::new(of.height, of.width, of.kernel, of.stride, of.padding);
            windows.ok_or(fails(
                name,
                "height, width, kernel and stride can be 65536 at most; use a smaller one",
            ))
        };
        Ok(match node.layer {
            LayerShape::Dense { .. } | LayerShape::Convolution(_) => {
                let kind = node.layer.kind();
                let set = sets.next().ok_or(CheetahError::Sets)?;
                let shape = shape(&node.layer).ok_or(CheetahError::Order)?;
                let encoding = encoding(to, shape, set);
                let encoding =
                    encoding.map_err(|source| CheetahError::Linear { layer, kind, source })?;
                Self::Linear(Box::new(encoding))
            }
            LayerShape::Relu { shift: 0, .. } if from == to => Self::Relu(from),
            LayerShape::Relu { shift: by, .. } => {
                let truncation = Truncation::new(from, shift(by), to);
                Self::ReluTruncate(truncation.ok_or(cannot("ReLU"))?)
            }
            LayerShape::Clamp { shift: by, bits, .. } if !cuts_off(from, by, bits) => {
                let truncation = Truncation::new(from, shift(by), to);
                Self::ReluTruncate(truncation.ok_or(cannot("clamp"))?)
            }
            LayerShape::Clamp { shift: by, bits, .. } => {
                Self::Clamp(Clamp::new(from, by, bits, to).ok_or(cannot("clamp"))?)
            }
            LayerShape::Truncate { shift: 0, .. } if to.bits() <= from.bits() => Self::Reduce(to),
            LayerShape::Truncate { shift: by, .. } => {
                let truncation = Truncation::new(from, shift(by), to);
                Self::Truncate(truncation.ok_or(cannot("truncation"))?)
            }
            LayerShape::MaxPool(of) => {
                let within = Width::new(from.bits() + 1).ok_or(cannot("max-pool"))?;
                Self::MaxPool(windows("max-pool", of)?, to, within)
            }
            LayerShape::AveragePool(of) => {
                let windows = windows("average-pool", of)?;
                // What sums are divided by has 32 bits.
                if of.kernel >= 1 << 16 {
                    return Err(fails(
                        "average-pool",
                        "the kernel can be 65535 at most; use a smaller one",
                    ));
                }
                Self::AveragePool(windows, to)
            }
            LayerShape::Add { shift, .. } => Self::Add(to, shift),
            LayerShape::Concat { first, second } => Self::Concat(to, [first, second]),
        })
    }

    fn need(&self, layer: &LayerShape, slots: usize) -> Need {
        let values = layer.outputs().saturating_mul(slots);
        let images = |of: &PoolShape| of.channels.saturating_mul(slots);
        match (self, layer) {
            (Self::Relu(width), _) => Need::relu(*width, values),
            (Self::ReluTruncate(truncation), _) => Need::relu_truncate(*truncation, values),
            (Self::Clamp(clamp), _) => Need::relu_clamp(*clamp, values),
            (Self::Truncate(truncation), _) => Need::truncate(*truncation, values),
            (Self::MaxPool(windows, _, within), LayerShape::MaxPool(of)) => {
                Need::max_pool_within(*windows, *within, images(of))
            }
            (Self::AveragePool(windows, ring), LayerShape::AveragePool(of)) => {
                Need::average_pool(*ring, *windows, images(of))
            }
            _ => Need::default(),
        }
    }

    /// Bytes while it runs: messages, and what they are made of.
    fn memory(&self, layer: &LayerShape, slots: usize) -> usize {
        match self {
            Self::Linear(encoding) => {
                let values = encoding.parameters().primes() * encoding.parameters().degree() * 16;
                let polynomials = encoding.requests().saturating_add(encoding.responses());
                let messages = encoding.request_bytes().saturating_add(encoding.response_bytes());
                // One slot is computed at a time; keys and messages of all may wait.
                let waiting = messages.saturating_add(values).saturating_mul(slots);
                polynomials.saturating_mul(values).saturating_add(waiting)
            }
            // Bits and messages of comparisons.
            _ => layer.outputs().saturating_mul(slots).saturating_mul(64),
        }
    }
}
