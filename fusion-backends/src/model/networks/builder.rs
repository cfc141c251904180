//! Building an architecture layer by layer, with shifts that fit random weights.

#![allow(clippy::arithmetic_side_effects, reason = "sizes are those of known networks")]

use crate::model::architecture::{
    Architecture, ConvolutionShape, LayerShape, Node, PoolShape, Source,
};

/// The root mean square of uniform weights in -127..=127.
const WEIGHT: f64 = 73.3;
/// That of uniform pixels in 0..=255.
const PIXEL: f64 = 147.2;
/// To which clamps shift sums, as closely as they can: few are above 255 then.
const SUM: f64 = 90.0;
const BITS: u32 = 8;

#[derive(Default)]
pub(super) struct Builder {
    nodes: Vec<Node>,
}

/// An image that some layer gives; a vector is an image of one pixel.
#[derive(Clone, Copy)]
pub(super) struct Image {
    source: Source,
    channels: usize,
    height: usize,
    width: usize,
    /// What to expect of its values with random weights: their root mean square, ...
    size: f64,
    /// ... and the part of their mean square that is left without the negative ones.
    kept: f64,
}

impl Image {
    pub(super) fn input(channels: usize, height: usize, width: usize) -> Self {
        Self { source: Source::Input, channels, height, width, size: PIXEL, kept: 1.0 }
    }

    pub(super) fn channels(&self) -> usize {
        self.channels
    }

    pub(super) fn height(&self) -> usize {
        self.height
    }

    fn values(&self) -> usize {
        self.channels * self.height * self.width
    }
}

impl Builder {
    pub(super) fn convolution(
        &mut self,
        x: Image,
        outputs: usize,
        kernel: usize,
        stride: usize,
        padding: usize,
    ) -> Image {
        let Image { channels, height, width, .. } = x;
        let shape = ConvolutionShape {
            channels,
            outputs,
            height,
            width,
            kernel,
            stride,
            padding,
            groups: 1,
        };
        let source = self.push(LayerShape::Convolution(shape), x, None);
        let (height, width) = shape.result();
        let size = sum_of(channels * kernel * kernel, x.size);
        Image { source, channels: outputs, height, width, size, kept: 0.5 }
    }

    pub(super) fn dense(&mut self, x: Image, outputs: usize) -> Image {
        let inputs = x.values();
        let source = self.push(LayerShape::Dense { inputs, outputs }, x, None);
        let size = sum_of(inputs, x.size);
        Image { source, channels: outputs, height: 1, width: 1, size, kept: 0.5 }
    }

    pub(super) fn clamp(&mut self, x: Image) -> Image {
        let (shift, size) = shift_between(SUM, x.size);
        let source = self.push(LayerShape::Clamp { width: x.values(), shift, bits: BITS }, x, None);
        Image { source, size: size * x.kept.sqrt(), kept: 1.0, ..x }
    }

    pub(super) fn max_pool(
        &mut self,
        x: Image,
        kernel: usize,
        stride: usize,
        padding: usize,
    ) -> Image {
        // A few windows hold much larger values than the mean, most somewhat larger ones.
        self.pool(LayerShape::MaxPool, x, [kernel, stride, padding], x.size * 1.4)
    }

    pub(super) fn average_pool(&mut self, x: Image, kernel: usize, stride: usize) -> Image {
        self.pool(LayerShape::AveragePool, x, [kernel, stride, 0], x.size * 0.9)
    }

    fn pool(
        &mut self,
        layer: fn(PoolShape) -> LayerShape,
        x: Image,
        [kernel, stride, padding]: [usize; 3],
        size: f64,
    ) -> Image {
        let Image { channels, height, width, .. } = x;
        let shape = PoolShape { channels, height, width, kernel, stride, padding };
        let source = self.push(layer(shape), x, None);
        let (height, width) = shape.result();
        Image { source, height, width, size, ..x }
    }

    /// x + y, with y scaled up to the size of x.
    pub(super) fn add(&mut self, x: Image, y: Image) -> Image {
        let (shift, _) = shift_between(y.size, x.size);
        let source = self.push(LayerShape::Add { width: x.values(), shift }, x, Some(y));
        let size = x.size.hypot(y.size * f64::from(1_u32 << shift));
        // Little of a sum is negative if one of the two never is.
        let kept = if y.kept == 1.0 { 0.8 } else { 0.5 };
        Image { source, size, kept, ..x }
    }

    /// The channels of x, then those of y.
    pub(super) fn concat(&mut self, x: Image, y: Image) -> Image {
        let layer = LayerShape::Concat { first: x.values(), second: y.values() };
        let source = self.push(layer, x, Some(y));
        let size = x.size.hypot(y.size) / 2_f64.sqrt();
        Image { source, channels: x.channels + y.channels, size, ..x }
    }

    fn push(&mut self, layer: LayerShape, x: Image, y: Option<Image>) -> Source {
        self.nodes.push(Node { layer, from: x.source, with: y.map(|y| y.source) });
        Source::Layer(self.nodes.len() - 1)
    }

    /// # Panics
    ///
    /// If layers do not fit together.
    #[allow(
        clippy::expect_used,
        reason = "sizes are those of known networks, or a caller's mistake"
    )]
    pub(super) fn finish(self) -> Architecture {
        Architecture::graph(self.nodes).expect("layers must fit together")
    }
}

/// The size of a sum of so many products.
fn sum_of(products: usize, size: f64) -> f64 {
    WEIGHT * size * (products as f64).sqrt()
}

/// By how many bits to shift `large` down to come closest to `small`, and where it comes. Without
/// logarithms, which are not the same everywhere.
fn shift_between(small: f64, mut large: f64) -> (u32, f64) {
    let mut shift = 0;
    while large > small * 2_f64.sqrt() {
        large /= 2.0;
        shift += 1;
    }
    (shift, large)
}
