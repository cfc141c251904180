//! ResNet-50: He et al., "Deep Residual Learning for Image Recognition" (2015), with the stride in
//! the convolution of nine pixels, as implementations have it.

#![allow(clippy::arithmetic_side_effects, reason = "sizes are those of a known network")]

use super::builder::{Builder, Image};
use crate::model::architecture::Architecture;

/// Blocks of each stage, and their inner channels. Their results have four times as many.
const STAGES: [(usize, usize); 4] = [(3, 64), (4, 128), (6, 256), (3, 512)];

/// The public part of [`resnet50`](super::resnet50).
pub fn resnet50_architecture() -> Architecture {
    let mut network = Builder::default();
    let x = network.convolution(Image::input(3, 224, 224), 64, 7, 2, 3);
    let x = network.clamp(x);
    let mut x = network.max_pool(x, 3, 2, 1);
    for (stage, (blocks, channels)) in STAGES.into_iter().enumerate() {
        for block in 0..blocks {
            let stride = if block == 0 && stage > 0 { 2 } else { 1 };
            x = bottleneck(&mut network, x, channels, stride);
        }
    }
    let x = network.average_pool(x, x.height(), 1);
    network.dense(x, 1000);
    network.finish()
}

/// Three convolutions, the middle one of nine pixels, and a way around them.
fn bottleneck(network: &mut Builder, x: Image, channels: usize, stride: usize) -> Image {
    let y = network.convolution(x, channels, 1, 1, 0);
    let y = network.clamp(y);
    let y = network.convolution(y, channels, 3, stride, 1);
    let y = network.clamp(y);
    let y = network.convolution(y, 4 * channels, 1, 1, 0);
    let around = if x.channels() == 4 * channels {
        x
    } else {
        network.convolution(x, 4 * channels, 1, stride, 0)
    };
    let sum = network.add(y, around);
    network.clamp(sum)
}
