//! Networks of up to seven convolutions.

use super::builder::{Builder, Image};
use crate::model::architecture::Architecture;

/// The public part of [`dnn`](super::dnn).
///
/// # Panics
///
/// If there are fewer than two widths, or more layers, values or weights than
/// [`Architecture`] allows.
pub fn dnn_architecture(widths: &[usize]) -> Architecture {
    let mut network = Builder::default();
    let (first, widths) = widths.split_first().unwrap_or((&0, &[]));
    let mut x = Image::input(*first, 1, 1);
    for (layer, width) in widths.iter().enumerate() {
        if layer > 0 {
            x = network.clamp(x);
        }
        x = network.dense(x, *width);
    }
    network.finish()
}

/// The public part of [`lenet5`](super::lenet5).
pub fn lenet5_architecture() -> Architecture {
    let mut network = Builder::default();
    let mut x = Image::input(1, 28, 28);
    for channels in [6, 16] {
        x = network.convolution(x, channels, 5, 1, 0);
        x = network.clamp(x);
        x = network.max_pool(x, 2, 2, 0);
    }
    for width in [120, 84] {
        x = network.dense(x, width);
        x = network.clamp(x);
    }
    network.dense(x, 10);
    network.finish()
}

/// The public part of [`minionn_cifar10`](super::minionn_cifar10).
pub fn minionn_cifar10_architecture() -> Architecture {
    let mut network = Builder::default();
    let mut x = Image::input(3, 32, 32);
    for _ in 0..2 {
        for _ in 0..2 {
            x = network.convolution(x, 64, 3, 1, 1);
            x = network.clamp(x);
        }
        x = network.average_pool(x, 2, 2);
    }
    for (channels, kernel) in [(64, 3), (64, 1), (16, 1)] {
        x = network.convolution(x, channels, kernel, 1, kernel / 2);
        x = network.clamp(x);
    }
    network.dense(x, 10);
    network.finish()
}
