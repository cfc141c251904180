//! The list of layers in a model file.

use serde::Deserialize;

use crate::model::architecture::{
    Architecture, ConvolutionShape, LayerShape, MAX_LAYERS, Node, PoolShape, Source,
};
use crate::model::error::ModelError;

/// The architecture that a JSON array describes, one object for each layer in the order of execution.
pub(super) fn parse(text: &str) -> Result<Architecture, ModelError> {
    let wrong = |error: serde_json::Error| ModelError::Layers { reason: error.to_string() };
    let entries: Vec<Entry> = serde_json::from_str(text).map_err(wrong)?;
    if entries.len() > MAX_LAYERS {
        return Err(ModelError::TooManyLayers { found: entries.len() });
    }
    Architecture::graph(entries.iter().enumerate().map(|(i, entry)| entry.node(i)).collect())
}

/// One layer. `from` and `with` count layers from 0, and -1 is the input of the model.
#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    from: Option<i64>,
    #[serde(default)]
    with: Option<i64>,
    #[serde(flatten)]
    kind: Kind,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Kind {
    Dense { inputs: usize, outputs: usize },
    Convolution(Convolution),
    Relu { width: usize, shift: u32 },
    Clamp { width: usize, shift: u32, bits: u32 },
    Truncate { width: usize, shift: u32 },
    MaxPool(Pool),
    AveragePool(Pool),
    Add { width: usize, shift: u32 },
    Concat { first: usize, second: usize },
}

#[derive(Clone, Copy, Deserialize)]
struct Convolution {
    channels: usize,
    outputs: usize,
    height: usize,
    width: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
    groups: usize,
}

#[derive(Clone, Copy, Deserialize)]
struct Pool {
    channels: usize,
    height: usize,
    width: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
}

impl Entry {
    fn node(&self, layer: usize) -> Node {
        // A number that is none of a layer's is refused by the architecture.
        let source = |number: i64| match usize::try_from(number) {
            Ok(layer) => Source::Layer(layer),
            Err(_) if number == -1 => Source::Input,
            Err(_) => Source::Layer(usize::MAX),
        };
        let before = layer.checked_sub(1).map_or(Source::Input, Source::Layer);
        let from = self.from.map_or(before, source);
        Node { layer: self.kind.shape(), from, with: self.with.map(source) }
    }
}

impl Kind {
    fn shape(&self) -> LayerShape {
        match *self {
            Self::Dense { inputs, outputs } => LayerShape::Dense { inputs, outputs },
            Self::Convolution(of) => {
                let Convolution { channels, outputs, height, width, .. } = of;
                let Convolution { kernel, stride, padding, groups, .. } = of;
                LayerShape::Convolution(ConvolutionShape {
                    channels,
                    outputs,
                    height,
                    width,
                    kernel,
                    stride,
                    padding,
                    groups,
                })
            }
            Self::Relu { width, shift } => LayerShape::Relu { width, shift },
            Self::Clamp { width, shift, bits } => LayerShape::Clamp { width, shift, bits },
            Self::Truncate { width, shift } => LayerShape::Truncate { width, shift },
            Self::MaxPool(of) => LayerShape::MaxPool(of.shape()),
            Self::AveragePool(of) => LayerShape::AveragePool(of.shape()),
            Self::Add { width, shift } => LayerShape::Add { width, shift },
            Self::Concat { first, second } => LayerShape::Concat { first, second },
        }
    }
}

impl Pool {
    fn shape(self) -> PoolShape {
        let Self { channels, height, width, kernel, stride, padding } = self;
        PoolShape { channels, height, width, kernel, stride, padding }
    }
}
