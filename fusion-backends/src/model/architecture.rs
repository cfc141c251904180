//! The public part of a model: the kinds and sizes of its layers, and which takes values from which.

mod shape;

use serde::{Deserialize, Serialize};

use super::error::ModelError;
pub use shape::{ConvolutionShape, LayerShape, PoolShape};

/// The most values that a layer may take or give.
pub const MAX_WIDTH: usize = 1 << 22;
/// The most layers in a model.
pub const MAX_LAYERS: usize = 1 << 10;
/// The most weights in all dense layers together: 2 GiB of `i64`.
pub const MAX_WEIGHTS: usize = 1 << 28;
/// The most bits that a layer may shift by.
pub const MAX_SHIFT: u32 = 62;

/// What both parties know of a model: everything but weights and biases.
///
/// A value of this type is valid, also when it was deserialised: at least one and at most
/// [`MAX_LAYERS`] layers, each of which takes the input or results of layers before it, widths of 1 to
/// [`MAX_WIDTH`] that fit together, at most [`MAX_WEIGHTS`] weights, shifts of at most [`MAX_SHIFT`]
/// bits. The output is that of the last layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Node>", into = "Vec<Node>")]
pub struct Architecture {
    inputs: usize,
    nodes: Vec<Node>,
}

/// A layer, and where it takes its values from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// What it does.
    pub layer: LayerShape,
    /// Where its values come from.
    pub from: Source,
    /// Where the second ones come from, for layers that take two.
    pub with: Option<Source>,
}

/// Where values come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// The input of the model.
    Input,
    /// The result of the layer with this number, from 0.
    Layer(usize),
}

impl Architecture {
    /// A chain: each layer takes what the one before it gives.
    ///
    /// # Errors
    ///
    /// As [`graph`](Self::graph).
    pub fn new(layers: Vec<LayerShape>) -> Result<Self, ModelError> {
        Self::graph(layers.into_iter().enumerate().map(Node::chained).collect())
    }

    /// Checks that the layers fit together.
    ///
    /// # Errors
    ///
    /// [`Empty`](ModelError::Empty), [`TooManyLayers`](ModelError::TooManyLayers),
    /// [`Width`](ModelError::Width), [`Shift`](ModelError::Shift), [`Shape`](ModelError::Shape),
    /// [`Source`](ModelError::Source), [`Sources`](ModelError::Sources), [`Chain`](ModelError::Chain) or
    /// [`TooManyWeights`](ModelError::TooManyWeights), for the first layer that is wrong.
    pub fn graph(nodes: Vec<Node>) -> Result<Self, ModelError> {
        if nodes.is_empty() {
            return Err(ModelError::Empty);
        }
        if nodes.len() > MAX_LAYERS {
            return Err(ModelError::TooManyLayers { found: nodes.len() });
        }
        let mut inputs = None;
        let mut widths = Vec::with_capacity(nodes.len());
        let mut weights = 0_usize;
        for (layer, node) in nodes.iter().enumerate() {
            node.layer.check(layer)?;
            let mut expect = |source, found| {
                let expected = match source {
                    Source::Input => *inputs.get_or_insert(found),
                    Source::Layer(of) => *widths.get(of).ok_or(ModelError::Source { layer, of })?,
                };
                let fits = expected == found;
                if fits { Ok(()) } else { Err(ModelError::Chain { layer, expected, found }) }
            };
            expect(node.from, node.layer.inputs())?;
            match (node.layer.second(), node.with) {
                (Some(found), Some(with)) => expect(with, found)?,
                (None, None) => {}
                (second, _) => {
                    return Err(ModelError::Sources {
                        layer,
                        expected: if second.is_some() { 2 } else { 1 },
                    });
                }
            }
            widths.push(node.layer.outputs());
            weights = weights.saturating_add(node.layer.weights());
            if weights > MAX_WEIGHTS {
                return Err(ModelError::TooManyWeights { layer });
            }
        }
        let inputs = inputs.ok_or(ModelError::Empty)?;
        Ok(Self { inputs, nodes })
    }

    /// Number of values in an input of the model.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Number of values in an output of the model.
    pub fn outputs(&self) -> usize {
        self.nodes.last().map_or(0, |node| node.layer.outputs())
    }

    /// Whether an input has as many values as the model takes.
    ///
    /// # Errors
    ///
    /// [`InputWidth`](ModelError::InputWidth) if not.
    pub fn takes(&self, input: &[i64]) -> Result<(), ModelError> {
        let (expected, found) = (self.inputs(), input.len());
        if found == expected { Ok(()) } else { Err(ModelError::InputWidth { expected, found }) }
    }

    /// Whether an output has as many values as the model gives.
    ///
    /// # Errors
    ///
    /// [`OutputWidth`](ModelError::OutputWidth) if not.
    pub fn gives(&self, output: &[i64]) -> Result<(), ModelError> {
        let (expected, found) = (self.outputs(), output.len());
        if found == expected { Ok(()) } else { Err(ModelError::OutputWidth { expected, found }) }
    }

    /// The layers with their sources, in the order of execution.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The layers, in the order of execution.
    pub fn layers(&self) -> impl ExactSizeIterator<Item = LayerShape> + Clone {
        self.nodes.iter().map(|node| node.layer)
    }

    /// For each place the last layer that takes its values; the layer itself if none takes its result.
    pub(crate) fn last_uses(&self) -> Vec<usize> {
        let mut last: Vec<_> = std::iter::once(0).chain(0..self.nodes.len()).collect();
        for (layer, node) in self.nodes.iter().enumerate() {
            for source in node.sources() {
                if let Some(last) = last.get_mut(place(source)) {
                    *last = layer;
                }
            }
        }
        last
    }

    /// Whether each layer takes what the one before it gives, and nothing else.
    pub fn is_chain(&self) -> bool {
        self.nodes.iter().enumerate().all(|(i, node)| *node == Node::chained((i, node.layer)))
    }
}

impl Node {
    /// A layer that takes what the one before it gives.
    fn chained((number, layer): (usize, LayerShape)) -> Self {
        let from = number.checked_sub(1).map_or(Source::Input, Source::Layer);
        Self { layer, from, with: None }
    }

    /// Where its values come from: one or two sources.
    pub fn sources(&self) -> impl Iterator<Item = Source> + use<> {
        std::iter::once(self.from).chain(self.with)
    }
}

impl TryFrom<Vec<Node>> for Architecture {
    type Error = ModelError;

    fn try_from(nodes: Vec<Node>) -> Result<Self, ModelError> {
        Self::graph(nodes)
    }
}

impl From<Architecture> for Vec<Node> {
    fn from(architecture: Architecture) -> Self {
        architecture.nodes
    }
}

/// The place of values among those of the input and the layers.
pub(crate) fn place(source: Source) -> usize {
    match source {
        Source::Input => 0,
        Source::Layer(layer) => layer.saturating_add(1),
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, SeqDeserializer};

    use super::*;

    const RELU: LayerShape = LayerShape::Relu { width: 3, shift: 12 };

    fn dense(inputs: usize, outputs: usize) -> LayerShape {
        LayerShape::Dense { inputs, outputs }
    }

    #[test]
    fn a_valid_chain_knows_its_ends() {
        let layers = vec![dense(2, 3), RELU, dense(3, 1)];
        let architecture = Architecture::new(layers.clone()).unwrap();
        assert_eq!((architecture.inputs(), architecture.outputs()), (2, 1));
        assert!(architecture.layers().eq(layers) && architecture.is_chain());
        assert_eq!(Architecture::try_from(Vec::from(architecture.clone())).unwrap(), architecture);
    }

    #[test]
    fn the_limits_themselves_are_allowed() {
        let wide = LayerShape::Truncate { width: MAX_WIDTH, shift: MAX_SHIFT };
        assert!(Architecture::new(vec![wide; MAX_LAYERS]).is_ok());
        assert!(Architecture::new(vec![dense(1 << 14, 1 << 14)]).is_ok());
    }

    #[test]
    fn every_rule_is_enforced() {
        let fails = |layers: Vec<LayerShape>| Architecture::new(layers).unwrap_err();
        assert!(matches!(fails(vec![]), ModelError::Empty));
        assert!(matches!(
            fails(vec![RELU; MAX_LAYERS + 1]),
            ModelError::TooManyLayers { found: 1025 }
        ));
        for width in [0, MAX_WIDTH + 1, usize::MAX] {
            for layer in [dense(width, 1), dense(1, width), LayerShape::Relu { width, shift: 0 }] {
                assert!(
                    matches!(fails(vec![layer]), ModelError::Width { layer: 0, width: w } if w == width)
                );
            }
        }
        assert!(matches!(
            fails(vec![dense(2, 3), RELU, dense(4, 1)]),
            ModelError::Chain { layer: 2, expected: 3, found: 4 }
        ));
        for layer in
            [LayerShape::Relu { width: 1, shift: 63 }, LayerShape::Truncate { width: 1, shift: 63 }]
        {
            assert!(matches!(fails(vec![layer]), ModelError::Shift { layer: 0, shift: 63 }));
        }
        let square = dense(1 << 14, 1 << 14);
        assert!(matches!(fails(vec![square, square]), ModelError::TooManyWeights { layer: 1 }));
    }

    const ADD: LayerShape = LayerShape::Add { width: 3, shift: 0 };

    fn node(layer: LayerShape, from: Source, with: Option<Source>) -> Node {
        Node { layer, from, with }
    }

    #[test]
    fn a_graph_takes_the_input_and_any_results_before() {
        let concat = LayerShape::Concat { first: 3, second: 3 };
        let nodes = vec![
            node(RELU, Source::Input, None),
            node(ADD, Source::Layer(0), Some(Source::Input)),
            node(concat, Source::Input, Some(Source::Layer(0))),
        ];
        let architecture = Architecture::graph(nodes.clone()).unwrap();
        assert_eq!((architecture.inputs(), architecture.outputs()), (3, 6));
        assert!(architecture.nodes() == nodes && !architecture.is_chain());
        assert_eq!(architecture.last_uses(), [2, 2, 1, 2]);
        // Not even if one layer alone takes another source.
        let nodes = vec![node(RELU, Source::Input, None); 2];
        assert!(!Architecture::graph(nodes).unwrap().is_chain());
    }

    #[test]
    fn every_source_is_checked() {
        let fails = |nodes: Vec<Node>| Architecture::graph(nodes).unwrap_err();
        let first = node(RELU, Source::Input, None);
        for of in [1, 2, usize::MAX] {
            let error = fails(vec![first, node(RELU, Source::Layer(of), None)]);
            assert!(matches!(error, ModelError::Source { layer: 1, of: o } if o == of));
            let error = fails(vec![first, node(ADD, Source::Input, Some(Source::Layer(of)))]);
            assert!(matches!(error, ModelError::Source { layer: 1, of: o } if o == of));
        }
        let error = fails(vec![node(ADD, Source::Input, None)]);
        assert!(matches!(error, ModelError::Sources { layer: 0, expected: 2 }));
        let error = fails(vec![first, node(RELU, Source::Input, Some(Source::Layer(0)))]);
        assert!(matches!(error, ModelError::Sources { layer: 1, expected: 1 }));
        // The first layer has none before it, so no graph is without the input.
        let error = fails(vec![node(RELU, Source::Layer(0), None)]);
        assert!(matches!(error, ModelError::Source { layer: 0, of: 0 }));
    }

    #[test]
    fn widths_fit_at_every_source() {
        let fails = |nodes: Vec<Node>| Architecture::graph(nodes).unwrap_err();
        let error = fails(vec![
            node(dense(3, 4), Source::Input, None),
            node(ADD, Source::Input, Some(Source::Layer(0))),
        ]);
        assert!(matches!(error, ModelError::Chain { layer: 1, expected: 4, found: 3 }));
        let error = fails(vec![
            node(dense(3, 4), Source::Input, None),
            node(dense(4, 4), Source::Input, None),
        ]);
        assert!(matches!(error, ModelError::Chain { layer: 1, expected: 3, found: 4 }));
    }

    #[test]
    fn sizes_of_windows_and_groups_are_checked() {
        let good = ConvolutionShape {
            channels: 4,
            outputs: 6,
            height: 5,
            width: 7,
            kernel: 3,
            stride: 2,
            padding: 1,
            groups: 2,
        };
        let convolution = |change: fn(&mut ConvolutionShape)| {
            let mut shape = good;
            change(&mut shape);
            Architecture::new(vec![LayerShape::Convolution(shape)])
        };
        let architecture = convolution(|_| ()).unwrap();
        let shape = architecture.layers().next().unwrap();
        assert_eq!((shape.inputs(), shape.outputs()), (4 * 5 * 7, 6 * 3 * 4));
        assert_eq!((shape.weights(), shape.biases()), (6 * 2 * 9, 6));
        let bad: [fn(&mut ConvolutionShape); 13] = [
            |s| s.channels = 0,
            |s| s.outputs = 0,
            |s| s.height = 0,
            |s| s.width = usize::MAX,
            |s| s.kernel = 0,
            |s| s.stride = 0,
            |s| s.groups = 0,
            |s| s.groups = 3,
            |s| s.outputs = 5,
            |s| s.padding = 3,
            |s| s.padding = usize::MAX,
            |s| (s.kernel, s.padding) = (8, 1),
            |s| s.outputs = MAX_WIDTH + 2,
        ];
        for (number, change) in bad.into_iter().enumerate() {
            let error = convolution(change).unwrap_err();
            assert!(matches!(error, ModelError::Shape { layer: 0, .. }), "{number}: {error}");
        }
        // Sizes that are fine each, but not together.
        let error = convolution(|s| (s.height, s.width) = (1 << 11, 1 << 11)).unwrap_err();
        assert!(matches!(error, ModelError::Width { layer: 0, width } if width == 16 << 20));
        for layer in [LayerShape::MaxPool, LayerShape::AveragePool] {
            let shape =
                PoolShape { channels: 2, height: 4, width: 4, kernel: 2, stride: 2, padding: 0 };
            assert_eq!(Architecture::new(vec![layer(shape)]).unwrap().outputs(), 8);
            let error = Architecture::new(vec![layer(PoolShape { padding: 2, ..shape })]);
            assert!(matches!(error, Err(ModelError::Shape { layer: 0, .. })));
        }
    }

    #[test]
    fn shifts_and_bits_of_the_other_layers_are_checked() {
        for bits in [0, 63, u32::MAX] {
            let clamp = LayerShape::Clamp { width: 1, shift: 0, bits };
            let error = Architecture::new(vec![clamp]).unwrap_err();
            assert!(matches!(error, ModelError::Shape { layer: 0, .. }));
        }
        let clamp = LayerShape::Clamp { width: 1, shift: 63, bits: 1 };
        let error = Architecture::new(vec![clamp]).unwrap_err();
        assert!(matches!(error, ModelError::Shift { layer: 0, shift: 63 }));
        let add = LayerShape::Add { width: 1, shift: 63 };
        let error = Architecture::graph(vec![node(add, Source::Input, Some(Source::Input))]);
        assert!(matches!(error, Err(ModelError::Shift { layer: 0, shift: 63 })));
        for concat in [
            LayerShape::Concat { first: MAX_WIDTH, second: 1 },
            LayerShape::Concat { first: 1, second: 0 },
            LayerShape::Concat { first: usize::MAX, second: usize::MAX },
        ] {
            let error = Architecture::graph(vec![node(concat, Source::Input, Some(Source::Input))]);
            assert!(matches!(error, Err(ModelError::Width { layer: 0, .. })));
        }
    }

    #[test]
    fn deserialisation_validates() {
        let none: SeqDeserializer<std::vec::IntoIter<u8>, Error> = Vec::new().into_deserializer();
        let error = Architecture::deserialize(none).unwrap_err();
        assert_eq!(error.to_string(), ModelError::Empty.to_string());
    }
}
