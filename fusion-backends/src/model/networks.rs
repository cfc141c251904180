//! Well-known networks, with 8-bit activations and random 8-bit weights: for measuring what inference
//! costs. They are not trained and recognise nothing; batch normalisation counts as folded.
//!
//! Inputs are pixels of 0 to 255. Each ReLU saturates at 8 bits ([`LayerShape::Clamp`]), by a shift that
//! keeps activations alive for weights that are uniform in -127 to 127.

#![allow(clippy::arithmetic_side_effects, reason = "sizes are those of the networks below")]

use chacha20::ChaCha20Rng;
use rand::SeedableRng;

use super::architecture::{Architecture, ConvolutionShape, LayerShape, Node, PoolShape, Source};
use super::error::ModelError;
use super::graph::Model;

/// Bits of activations, without a sign.
const ACTIVATION_BITS: u32 = 8;
/// The largest weight, either sign.
const WEIGHT: i64 = 127;

/// The network with random weights, the same for the same seed.
#[must_use]
pub fn random(architecture: &Architecture, seed: u64) -> Model {
    Model::random(architecture, WEIGHT, &mut ChaCha20Rng::seed_from_u64(seed))
}

/// Fully connected layers of these widths, from the input to the logits.
///
/// # Errors
///
/// [`ModelError`] if there are fewer than two widths, or one is not supported.
pub fn dense(widths: &[usize]) -> Result<Architecture, ModelError> {
    let (inputs, rest) = widths.split_first().ok_or(ModelError::Empty)?;
    let mut network = Builder::new(*inputs, 1);
    for (layer, outputs) in rest.iter().enumerate() {
        network.dense(*outputs);
        if layer + 1 < rest.len() {
            network.clamp();
        }
    }
    network.build()
}

/// LeNet-5 for images of 1 x 28 x 28: two convolutions of 5 x 5 without padding, max-pools, and three
/// fully connected layers (256, 120, 84, 10). 44,426 weights and biases.
///
/// # Errors
///
/// None.
pub fn lenet5() -> Result<Architecture, ModelError> {
    let mut network = Builder::new(1, 28);
    for outputs in [6, 16] {
        network.convolution(outputs, 5, 1, 0).clamp().max_pool(2, 2, 0);
    }
    for outputs in [120, 84] {
        network.dense(outputs).clamp();
    }
    network.dense(10);
    network.build()
}

/// The network for CIFAR-10 (3 x 32 x 32) of MiniONN (Liu et al., CCS 2017, figure 13): seven
/// convolutions, average-pools, and a fully connected layer.
///
/// # Errors
///
/// None.
pub fn minionn() -> Result<Architecture, ModelError> {
    let mut network = Builder::new(3, 32);
    for _ in 0..2 {
        network.convolution(64, 3, 1, 1).clamp();
        network.convolution(64, 3, 1, 1).clamp().average_pool(2, 2);
    }
    network.convolution(64, 3, 1, 1).clamp();
    network.convolution(64, 1, 1, 0).clamp();
    network.convolution(16, 1, 1, 0).clamp();
    network.dense(10);
    network.build()
}

/// SqueezeNet 1.0 (Iandola et al., 2016) for images of 3 x 227 x 227: eight fire modules between two
/// convolutions, 1000 classes. 1.25 million weights.
///
/// # Errors
///
/// None.
pub fn squeezenet() -> Result<Architecture, ModelError> {
    let mut network = Builder::new(3, 227);
    network.convolution(96, 7, 2, 0).clamp().max_pool(3, 2, 0);
    for (squeeze, expand) in [(16, 64), (16, 64), (32, 128)] {
        network.fire(squeeze, expand);
    }
    network.max_pool(3, 2, 0);
    for (squeeze, expand) in [(32, 128), (48, 192), (48, 192), (64, 256)] {
        network.fire(squeeze, expand);
    }
    network.max_pool(3, 2, 0).fire(64, 256);
    network.convolution(1000, 1, 1, 0).clamp();
    let whole = network.size;
    network.average_pool(whole, whole);
    network.build()
}

/// ResNet-50 (He et al., CVPR 2016; strides at the 3 x 3 convolutions) for images of 3 x 224 x 224, 1000
/// classes. 25.5 million weights.
///
/// # Errors
///
/// None.
pub fn resnet50() -> Result<Architecture, ModelError> {
    let mut network = Builder::new(3, 224);
    network.convolution(64, 7, 2, 3).clamp().max_pool(3, 2, 1);
    for (stage, (width, blocks)) in [(64, 3), (128, 4), (256, 6), (512, 3)].into_iter().enumerate()
    {
        for block in 0..blocks {
            let stride = if stage > 0 && block == 0 { 2 } else { 1 };
            network.bottleneck(width, stride, block == 0);
        }
    }
    let whole = network.size;
    network.average_pool(whole, whole).dense(1000);
    network.build()
}

/// Layers so far, and what the last one gives: square images of some channels.
struct Builder {
    nodes: Vec<Node>,
    last: Source,
    channels: usize,
    size: usize,
    /// Products in a sum of the last linear layer, and whether those are of pixels.
    terms: usize,
    of_pixels: bool,
}

impl Builder {
    fn new(channels: usize, size: usize) -> Self {
        Self { nodes: Vec::new(), last: Source::Input, channels, size, terms: 0, of_pixels: true }
    }

    fn build(self) -> Result<Architecture, ModelError> {
        Architecture::graph(self.nodes)
    }

    fn push(&mut self, layer: LayerShape, with: Option<Source>) -> &mut Self {
        self.nodes.push(Node { layer, from: self.last, with });
        self.last = Source::Layer(self.nodes.len() - 1);
        self
    }

    fn width(&self) -> usize {
        self.channels * self.size * self.size
    }

    fn convolution(
        &mut self,
        outputs: usize,
        kernel: usize,
        stride: usize,
        padding: usize,
    ) -> &mut Self {
        let (channels, size) = (self.channels, self.size);
        let shape = ConvolutionShape {
            channels,
            outputs,
            height: size,
            width: size,
            kernel,
            stride,
            padding,
            groups: 1,
        };
        self.of_pixels = self.last == Source::Input;
        self.terms = channels * kernel * kernel;
        (self.channels, self.size) = (outputs, shape.result().0);
        self.push(LayerShape::Convolution(shape), None)
    }

    fn dense(&mut self, outputs: usize) -> &mut Self {
        let inputs = self.width();
        self.of_pixels = self.last == Source::Input;
        self.terms = inputs;
        (self.channels, self.size) = (outputs, 1);
        self.push(LayerShape::Dense { inputs, outputs }, None)
    }

    /// What brings sums of so many products down to activations again. Weights have a deviation of 73,
    /// and activations a root mean square of about 50, pixels one of 148; sums shall deviate by about 80.
    fn shift(&self) -> u32 {
        let scale = if self.of_pixels { 135.0 } else { 46.0 };
        let shift = (scale * (self.terms as f64).sqrt()).log2().round();
        shift as u32
    }

    fn clamp(&mut self) -> &mut Self {
        let (width, shift) = (self.width(), self.shift());
        self.push(LayerShape::Clamp { width, shift, bits: ACTIVATION_BITS }, None)
    }

    fn pool(&self, kernel: usize, stride: usize, padding: usize) -> PoolShape {
        let (channels, height, width) = (self.channels, self.size, self.size);
        PoolShape { channels, height, width, kernel, stride, padding }
    }

    fn max_pool(&mut self, kernel: usize, stride: usize, padding: usize) -> &mut Self {
        let shape = self.pool(kernel, stride, padding);
        self.size = shape.result().0;
        self.push(LayerShape::MaxPool(shape), None)
    }

    fn average_pool(&mut self, kernel: usize, stride: usize) -> &mut Self {
        let shape = self.pool(kernel, stride, 0);
        self.size = shape.result().0;
        self.push(LayerShape::AveragePool(shape), None)
    }

    /// A squeeze of 1 x 1, and two expansions of it, of 1 x 1 and 3 x 3, side by side.
    fn fire(&mut self, squeeze: usize, expand: usize) -> &mut Self {
        self.convolution(squeeze, 1, 1, 0).clamp();
        let squeezed = self.last;
        self.convolution(expand, 1, 1, 0).clamp();
        let first = self.last;
        (self.last, self.channels) = (squeezed, squeeze);
        self.convolution(expand, 3, 1, 1).clamp();
        let (second, width) = (self.last, self.width());
        (self.last, self.channels) = (first, 2 * expand);
        self.push(LayerShape::Concat { first: width, second: width }, Some(second))
    }

    /// 1 x 1, 3 x 3, 1 x 1 to four times the channels, and what came in on top: as it is, or projected.
    fn bottleneck(&mut self, width: usize, stride: usize, project: bool) -> &mut Self {
        let (input, channels, size) = (self.last, self.channels, self.size);
        self.convolution(width, 1, 1, 0).clamp();
        self.convolution(width, 3, stride, 1).clamp();
        self.convolution(4 * width, 1, 1, 0);
        let (sums, terms) = (self.last, self.terms);
        if project {
            (self.last, self.channels, self.size) = (input, channels, size);
            self.convolution(4 * width, 1, stride, 0);
            let projected = self.last;
            self.terms += terms;
            self.last = sums;
            let width = self.width();
            self.push(LayerShape::Add { width, shift: 0 }, Some(projected)).clamp()
        } else {
            // Activations at the scale of the sums.
            let (width, shift) = (self.width(), self.shift());
            self.push(LayerShape::Add { width, shift }, Some(input)).clamp()
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::model::InputRange;

    const PIXELS: InputRange = InputRange { low: 0, high: 255 };

    fn weights(architecture: &Architecture) -> usize {
        architecture.layers().map(|layer| layer.weights()).sum()
    }

    fn inputs(architecture: &Architecture) -> [Vec<i64>; 2] {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        [0; 2].map(|_| (0..architecture.inputs()).map(|_| rng.random_range(0..=255)).collect())
    }

    #[test]
    fn sizes_are_those_of_the_papers() {
        let count = |architecture: Result<Architecture, _>| weights(&architecture.unwrap());
        assert_eq!(count(dense(&[784, 128, 128, 10])), 784 * 128 + 128 * 128 + 1280);
        assert_eq!(count(lenet5()), 44_426 - 236);
        assert_eq!(count(minionn()), 1728 + 4 * 36_864 + 4096 + 1024 + 10_240);
        // Of torchvision's parameters without biases and batch normalisation.
        assert_eq!(count(squeezenet()), 1_244_448);
        assert_eq!(count(resnet50()), 25_502_912);
        let nonlinear = |architecture: Architecture| -> usize {
            let clamps = architecture.layers().filter(|l| matches!(l, LayerShape::Clamp { .. }));
            clamps.map(|layer| layer.outputs()).sum()
        };
        assert_eq!(nonlinear(resnet50().unwrap()), 9_608_704);
    }

    /// Sums of 8-bit products take 17 to 27 bits, whatever the input.
    #[test]
    fn no_layer_takes_many_bits() {
        for architecture in
            [dense(&[784, 128, 128, 10]), lenet5(), minionn(), squeezenet(), resnet50()]
        {
            let model = random(&architecture.unwrap(), 1);
            let most = model.ranges(PIXELS).unwrap().most();
            assert!((20..=28).contains(&most), "{most}");
        }
    }

    #[test]
    fn activations_stay_alive() {
        for architecture in [dense(&[784, 128, 128, 10]), lenet5(), minionn()] {
            let model = random(&architecture.unwrap(), 1);
            let [one, other] =
                inputs(model.architecture()).map(|input| model.infer(&input).unwrap());
            assert_ne!(one, other);
            assert!(one.iter().any(|logit| *logit != one[0]));
        }
    }
}
