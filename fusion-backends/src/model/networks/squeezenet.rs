//! SqueezeNet: Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and
//! <0.5MB model size" (2016), in version 1.1. Windows that do not fit are left out.

use super::builder::{Builder, Image};
use crate::model::architecture::Architecture;

/// The public part of [`squeezenet`](super::squeezenet).
pub fn squeezenet_architecture() -> Architecture {
    let mut network = Builder::default();
    let x = network.convolution(Image::input(3, 227, 227), 64, 3, 2, 0);
    let mut x = network.clamp(x);
    // Before each group of fire modules, the pool halves the image.
    for group in [
        &[(16, 64), (16, 64)][..],
        &[(32, 128), (32, 128)],
        &[(48, 192), (48, 192), (64, 256), (64, 256)],
    ] {
        x = network.max_pool(x, 3, 2, 0);
        for &(squeeze, expand) in group {
            x = fire(&mut network, x, squeeze, expand);
        }
    }
    let x = network.convolution(x, 1000, 1, 1, 0);
    let x = network.clamp(x);
    network.average_pool(x, x.height(), 1);
    network.finish()
}

/// Few channels, from which come `expand` with kernels of one pixel and as many with larger ones.
fn fire(network: &mut Builder, x: Image, squeeze: usize, expand: usize) -> Image {
    let x = network.convolution(x, squeeze, 1, 1, 0);
    let x = network.clamp(x);
    let narrow = network.convolution(x, expand, 1, 1, 0);
    let narrow = network.clamp(narrow);
    let wide = network.convolution(x, expand, 3, 1, 1);
    let wide = network.clamp(wide);
    network.concat(narrow, wide)
}
