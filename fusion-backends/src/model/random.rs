//! Small random graphs of all kinds of layer, for tests.

use rand::RngExt;
use rand::rngs::StdRng;

use super::architecture::{Architecture, ConvolutionShape, LayerShape, Node, PoolShape, Source};

#[derive(Clone, Copy)]
struct Image {
    source: Source,
    sizes: [usize; 3],
}

impl Image {
    fn values(self) -> usize {
        self.sizes.iter().product()
    }
}

/// Up to nine layers, each of which takes any results before it.
pub(super) fn graph(rng: &mut StdRng) -> Architecture {
    let sizes = [rng.random_range(1..=4), rng.random_range(1..=6), rng.random_range(1..=6)];
    let mut images = vec![Image { source: Source::Input, sizes }];
    let mut nodes = Vec::new();
    for layer in 0..rng.random_range(1..=9) {
        let x = match rng.random_range(0..3) {
            0 => images[rng.random_range(0..images.len())],
            _ => images[layer],
        };
        let (shape, with, sizes) = step(x, &images, rng);
        let with = with.map(|image: Image| image.source);
        nodes.push(Node { layer: shape, from: x.source, with });
        images.push(Image { source: Source::Layer(layer), sizes });
    }
    Architecture::graph(nodes).unwrap()
}

/// A layer that takes x, its second source, and the sizes of its result.
fn step(x: Image, images: &[Image], rng: &mut StdRng) -> (LayerShape, Option<Image>, [usize; 3]) {
    let [channels, height, width] = x.sizes;
    let most = if rng.random() { 6 } else { 62 };
    let shift = rng.random_range(0..=most);
    let kernel = rng.random_range(1..=3.min(height).min(width));
    let (stride, padding) = (rng.random_range(1..=3), rng.random_range(0..kernel));
    let pool = PoolShape { channels, height, width, kernel, stride, padding };
    match rng.random_range(0..10) {
        0 => {
            let outputs = rng.random_range(1..=6);
            (LayerShape::Dense { inputs: x.values(), outputs }, None, [outputs, 1, 1])
        }
        1 | 2 => {
            let divisors: Vec<_> = (1..=channels).filter(|of| channels % of == 0).collect();
            let groups = divisors[rng.random_range(0..divisors.len())];
            let outputs = groups * rng.random_range(1..=3);
            let shape = ConvolutionShape {
                channels,
                outputs,
                height,
                width,
                kernel,
                stride,
                padding,
                groups,
            };
            let (rows, columns) = shape.result();
            (LayerShape::Convolution(shape), None, [outputs, rows, columns])
        }
        3 => (LayerShape::Relu { width: x.values(), shift }, None, x.sizes),
        4 => (LayerShape::Truncate { width: x.values(), shift }, None, x.sizes),
        5 => {
            let bits = rng.random_range(1..=62);
            (LayerShape::Clamp { width: x.values(), shift, bits }, None, x.sizes)
        }
        kind @ (6 | 7) => {
            let (rows, columns) = pool.result();
            let shape =
                if kind == 6 { LayerShape::MaxPool(pool) } else { LayerShape::AveragePool(pool) };
            (shape, None, [channels, rows, columns])
        }
        8 => {
            let same: Vec<_> = images.iter().filter(|y| y.values() == x.values()).collect();
            let y = *same[rng.random_range(0..same.len())];
            (LayerShape::Add { width: x.values(), shift }, Some(y), x.sizes)
        }
        _ => {
            let y = images[rng.random_range(0..images.len())];
            let shape = LayerShape::Concat { first: x.values(), second: y.values() };
            let sizes = if y.sizes[1..] == x.sizes[1..] {
                [channels + y.sizes[0], height, width]
            } else {
                [x.values() + y.values(), 1, 1]
            };
            (shape, Some(y), sizes)
        }
    }
}
