//! What this protocol can run: chains of dense layers, ReLUs and truncations.

use super::error::AdditiveError;
use crate::model::{Architecture, LayerShape};

/// An architecture that this protocol can run. Equal chains are of equal architectures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chain {
    inputs: usize,
    outputs: usize,
    layers: Vec<Layer>,
}

/// A layer of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    Dense { inputs: usize, outputs: usize },
    Activation { kind: Kind, width: usize, shift: u32 },
}

/// Which of the two activations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Relu,
    Truncate,
}

impl Chain {
    /// # Errors
    ///
    /// [`Unsupported`](AdditiveError::Unsupported) for the first layer that is of another kind,
    /// [`Graph`](AdditiveError::Graph) if the layers are no chain.
    pub(super) fn new(architecture: &Architecture) -> Result<Self, AdditiveError> {
        let layer = |(number, shape): (usize, LayerShape)| {
            Layer::new(shape)
                .ok_or(AdditiveError::Unsupported { layer: number, kind: shape.kind() })
        };
        let layers = architecture.layers().enumerate().map(layer).collect::<Result<_, _>>()?;
        let (inputs, outputs) = (architecture.inputs(), architecture.outputs());
        let chain = architecture.is_chain().then_some(Self { inputs, outputs, layers });
        chain.ok_or(AdditiveError::Graph)
    }

    pub(super) fn inputs(&self) -> usize {
        self.inputs
    }

    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }

    /// The layers, in the order of execution.
    pub(super) fn layers(&self) -> &[Layer] {
        &self.layers
    }
}

impl Layer {
    fn new(shape: LayerShape) -> Option<Self> {
        match shape {
            LayerShape::Dense { inputs, outputs } => Some(Self::Dense { inputs, outputs }),
            LayerShape::Relu { width, shift } => {
                Some(Self::Activation { kind: Kind::Relu, width, shift })
            }
            LayerShape::Truncate { width, shift } => {
                Some(Self::Activation { kind: Kind::Truncate, width, shift })
            }
            LayerShape::Convolution(_)
            | LayerShape::Clamp { .. }
            | LayerShape::MaxPool(_)
            | LayerShape::AveragePool(_)
            | LayerShape::Add { .. }
            | LayerShape::Concat { .. } => None,
        }
    }
}
