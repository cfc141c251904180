//! Networks that papers measure, with random weights: for performance work.
//!
//! None of them is trained, and their answers mean nothing; time and traffic do not depend on weights.
//! Weights and biases are uniform in -127..=127, inputs are pixels of [`PIXELS`]. After each linear
//! layer but the last, a [`Clamp`](super::LayerShape::Clamp) brings values back to eight bits, with
//! a shift by which activations neither die out nor saturate. Batch normalisations are folded into
//! the convolutions before them.

mod builder;
mod resnet;
mod small;
mod squeezenet;

#[cfg(test)]
mod tests;

use chacha20::ChaCha20Rng;
use rand::SeedableRng;

use super::architecture::Architecture;
use super::graph::Model;
use super::range::InputRange;
pub use resnet::resnet50_architecture;
pub use small::{dnn_architecture, lenet5_architecture, minionn_cifar10_architecture};
pub use squeezenet::squeezenet_architecture;

/// What the networks take: pixels of eight bits, without a sign.
pub const PIXELS: InputRange = InputRange { low: 0, high: 255 };

/// Weights and biases have eight bits, with the sign.
const MAGNITUDE: i64 = 127;

/// Dense layers of these widths, from the input to the output, with clamps between them.
///
/// # Panics
///
/// As [`dnn_architecture`].
pub fn dnn(widths: &[usize], seed: u64) -> Model {
    random(&dnn_architecture(widths), seed)
}

/// LeNet-5 for digits of 28 x 28 pixels.
pub fn lenet5(seed: u64) -> Model {
    random(&lenet5_architecture(), seed)
}

/// The network of MiniONN for CIFAR-10: colour images of 32 x 32 pixels, seven convolutions.
pub fn minionn_cifar10(seed: u64) -> Model {
    random(&minionn_cifar10_architecture(), seed)
}

/// SqueezeNet 1.1 for ImageNet: colour images of 227 x 227 pixels.
pub fn squeezenet(seed: u64) -> Model {
    random(&squeezenet_architecture(), seed)
}

/// ResNet-50 for ImageNet: colour images of 224 x 224 pixels.
pub fn resnet50(seed: u64) -> Model {
    random(&resnet50_architecture(), seed)
}

fn random(architecture: &Architecture, seed: u64) -> Model {
    Model::random(architecture, MAGNITUDE, &mut ChaCha20Rng::seed_from_u64(seed))
}
