//! Layers as products of polynomials: where inputs, weights and results stand among the
//! coefficients. Cheetah, section 3, with two additions: slots of a batch share a polynomial, and a
//! stride is turned into more channels.
//!
//! Everything is a convolution. A fully connected layer is one with images of one pixel. Stride s: of
//! each channel s^2 images are made, one for each remainder of the place modulo s, and the kernel is cut
//! in the same way; what is left is a convolution of stride 1 whose results are dense, so that a
//! response carries s^2 times as many. If its kernel is one pixel, neighbours do not matter, and the
//! images of all slots are one line of one slot.
//!
//! # The encoding
//!
//! An image is cut into tiles of height * width pixels that overlap by the kernel less one, and take A
//! coefficients, which is as many or a few more. A polynomial has tiles of `slots` images and `channels`
//! channels, with room for `outputs` output channels; slots * outputs * channels * A <= N. With
//! O = (channels - 1) A + (kernel - 1)(width + 1):
//!
//! - input of slot b, channel c, pixel (y, x): coefficient (b outputs channels + c) A + y width + x
//! - weight of output m, channel c, at (i, j): coefficient O + (m channels - c) A - i width - j
//! - result of slot b, output m at (y, x): coefficient O + (b outputs + m) channels A + y width + x
//!
//! The product has at a result's coefficient all pairs of an input and a weight whose places add up
//! to it. Columns differ by less than the width and never wrap around a line, since results end a
//! kernel before the line does; so column, row, channel and then (slot, output) agree one after the
//! other, and the pairs are those of the convolution. Terms beyond X^N come back at coefficients
//! below O, where no result is.
//!
//! # Three paths
//!
//! With a kernel of one pixel, weights stand at multiples of A alone. If g, a power of two, divides A,
//! their polynomial is one in X^g: its values are those of a polynomial of degree N / g, each g times in
//! a row ([`Path::Short`]). With one channel and one output it is a number ([`Path::Numbers`]), and the
//! layer is a product of matrices of integers. Only larger kernels need transforms in full
//! ([`Path::Full`]). `choose.rs` finds the blocks that cost the least.
//!
//! Groups are layers of their own. Small ones are merged into one with zeros for the weights between
//! different groups, as many as share a polynomial: k of them take k^2 times the room in it, and a
//! k-th of the polynomials.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "shapes are the caller's own, and bounded by `Shape::check`"
)]

mod choose;

use std::sync::Arc;

use zeroize::Zeroizing;

use super::error::RlweError;
use super::ntt::Table;
use super::params::Parameters;
use super::shape::Shape;
use choose::{Block, Choice, cheapest};

/// How polynomials of weights are multiplied with those of inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Path {
    /// Weights are transformed, N numbers for each polynomial.
    Full,
    /// Weights are transformed, but far fewer than N numbers. Only for a kernel of one pixel, after
    /// the stride.
    Short,
    /// A polynomial of weights is one number: nothing is transformed. Only for a kernel of one pixel,
    /// after the stride.
    Numbers,
}

impl Path {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Full, Self::Short, Self::Numbers];
}

/// Where the numbers of a layer stand. Both parties make the same one.
#[derive(Clone)]
pub struct Encoding {
    parameters: Parameters,
    shape: Shape,
    /// The stride-1 convolution: for each image made of a channel, the remainders of its places.
    phases: Vec<(usize, usize)>,
    kernel: usize,
    /// Of that convolution: with a kernel of one pixel, all slots are one.
    slots: usize,
    rows: usize,
    columns: usize,
    /// How many groups are treated as one, whose weights between different groups are zero.
    merged: usize,
    block: Block,
    gap: usize,
    /// Transforms of weights, one for each prime: of N / g numbers.
    transforms: Arc<[Table]>,
}

/// A part of the sizes, whose last one may be shorter.
fn part(which: usize, of: usize, size: usize) -> std::ops::Range<usize> {
    which * size..((which + 1) * size).min(of)
}

impl Encoding {
    /// Finds the blocks that cost the least: bytes, and the work of both parties.
    ///
    /// # Errors
    ///
    /// [`RlweError::Shape`] if there is no such layer, or one kernel is larger than a polynomial.
    pub fn new(parameters: &Parameters, shape: Shape) -> Result<Self, RlweError> {
        Self::with(parameters, shape, None)
    }

    /// The same, along a given path: to see what others would cost.
    ///
    /// # Errors
    ///
    /// Those of [`new`](Self::new), and [`RlweError::Shape`] if this layer has no such path.
    pub fn along(path: Path, parameters: &Parameters, shape: Shape) -> Result<Self, RlweError> {
        Self::with(parameters, shape, Some(path))
    }

    fn with(parameters: &Parameters, shape: Shape, path: Option<Path>) -> Result<Self, RlweError> {
        shape.check()?;
        let kernel = shape.kernel.div_ceil(shape.stride);
        let used = shape.stride.min(shape.kernel);
        let phases = (0..used * used).map(|phase| (phase / used, phase % used)).collect();
        let (rows, columns) = shape.result();
        let (slots, rows, columns) = if kernel == 1 {
            (1, 1, shape.slots * rows * columns)
        } else {
            (shape.slots, rows, columns)
        };
        let whole = Block {
            slots,
            channels: shape.channels / shape.groups * used * used,
            outputs: shape.outputs / shape.groups,
            rows,
            columns,
            pixels: 0,
        };
        let Choice { merged, block, gap } = cheapest(parameters, kernel, shape.groups, whole, path)
            .ok_or(RlweError::Shape(match path {
                None => "a kernel must fit a polynomial",
                Some(_) => "it has no such path",
            }))?;
        let transforms = parameters.transforms(parameters.degree() / gap);
        let parameters = parameters.clone();
        Ok(Self {
            parameters,
            shape,
            phases,
            kernel,
            slots,
            rows,
            columns,
            merged,
            block,
            gap,
            transforms,
        })
    }

    /// The layer.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Ring and modulus.
    #[must_use]
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Bytes from client to server: a seed, the public key, and the inputs.
    #[must_use]
    pub fn request_bytes(&self) -> usize {
        super::sample::SEED + (1 + self.requests()) * self.parameters.request_bytes()
    }

    /// Bytes from server to client.
    #[must_use]
    pub fn response_bytes(&self) -> usize {
        (0..self.responses()).map(|which| self.parameters.response_bytes(self.needed(which))).sum()
    }

    /// The path that this layer takes.
    #[must_use]
    pub fn path(&self) -> Path {
        self.block.path(self.gap())
    }

    /// Polynomials of weights.
    #[must_use]
    pub fn weight_polynomials(&self) -> usize {
        self.channel_blocks() * self.output_blocks()
    }

    /// Bytes in memory of weights that are ready to be multiplied.
    #[must_use]
    pub fn weight_bytes(&self) -> usize {
        let each = match self.path() {
            Path::Numbers => 1,
            Path::Full | Path::Short => self.transformed() * self.parameters.primes(),
        };
        self.weight_polynomials().saturating_mul(each * size_of::<u64>())
    }

    /// Products of polynomials that the server computes.
    #[must_use]
    pub fn products(&self) -> usize {
        self.patches() * self.weight_polynomials()
    }

    /// Polynomials from client to server: for each merged group and patch, one for each block of
    /// channels.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.shape.groups / self.merged * self.patches() * self.channel_blocks()
    }

    /// Polynomials from server to client: for each block of outputs, one for each patch.
    #[must_use]
    pub fn responses(&self) -> usize {
        self.output_blocks() * self.patches()
    }

    /// Tiles, times blocks of slots: what is computed independently with the same weights.
    pub(super) fn patches(&self) -> usize {
        let (rows, columns) = self.tiles();
        self.slots.div_ceil(self.block.slots) * rows * columns
    }

    /// Transforms of weights, one for each prime.
    pub(super) fn transforms(&self) -> &[Table] {
        &self.transforms
    }

    /// g: weights stand at its multiples alone.
    pub(super) fn gap(&self) -> usize {
        self.gap
    }

    /// Numbers of a polynomial of weights that are transformed, for each prime.
    pub(super) fn transformed(&self) -> usize {
        self.parameters.degree() / self.gap
    }

    /// Blocks of the channels of one merged group.
    pub(super) fn channel_blocks(&self) -> usize {
        self.channels().div_ceil(self.block.channels)
    }

    /// Blocks of all outputs. Each is of one merged group.
    pub(super) fn output_blocks(&self) -> usize {
        self.shape.groups / self.merged * self.blocks_of_outputs()
    }

    /// The polynomials of a request that the responses to a block of outputs are made of: for each
    /// patch, one for each block of channels.
    pub(super) fn inputs_of(&self, output_block: usize) -> std::ops::Range<usize> {
        let each = self.patches() * self.channel_blocks();
        let group = output_block / self.blocks_of_outputs();
        group * each..(group + 1) * each
    }

    /// Channels of one merged group, after those that are made by a stride.
    fn channels(&self) -> usize {
        self.merged * (self.shape.channels / self.shape.groups) * self.phases.len()
    }

    /// Outputs of one merged group.
    fn outputs(&self) -> usize {
        self.merged * (self.shape.outputs / self.shape.groups)
    }

    fn blocks_of_outputs(&self) -> usize {
        self.outputs().div_ceil(self.block.outputs)
    }

    /// The outputs of a block.
    fn outputs_of(&self, block: usize) -> std::ops::Range<usize> {
        let (group, block) = (block / self.blocks_of_outputs(), block % self.blocks_of_outputs());
        let outputs = part(block, self.outputs(), self.block.outputs);
        group * self.outputs() + outputs.start..group * self.outputs() + outputs.end
    }

    fn tiles(&self) -> (usize, usize) {
        (self.rows.div_ceil(self.block.rows), self.columns.div_ceil(self.block.columns))
    }

    /// Width of a tile of the input, and the coefficients that it takes: A.
    fn tile(&self) -> (usize, usize) {
        (self.block.columns + self.kernel - 1, self.block.pixels)
    }

    /// The first coefficient of the results: O.
    fn first(&self) -> usize {
        let (width, pixels) = self.tile();
        (self.block.channels - 1) * pixels + (self.kernel - 1) * (width + 1)
    }

    /// Slots, rows and columns of a patch's results.
    fn patch(&self, which: usize) -> [std::ops::Range<usize>; 3] {
        let (rows, columns) = self.tiles();
        let (slots, row, column) =
            (which / (rows * columns), which / columns % rows, which % columns);
        [
            part(slots, self.slots, self.block.slots),
            part(row, self.rows, self.block.rows),
            part(column, self.columns, self.block.columns),
        ]
    }

    /// The polynomial number `which` of a request: the inputs at their places, zeros elsewhere.
    pub(super) fn request(&self, which: usize, inputs: &[u64]) -> Zeroizing<Vec<u64>> {
        let mut numbers = Zeroizing::new(vec![0; self.parameters.degree()]);
        let (patch, channels) = (which / self.channel_blocks(), which % self.channel_blocks());
        let (group, patch) = (patch / self.patches(), patch % self.patches());
        let [slots, rows, columns] = self.patch(patch);
        let first = group * self.channels() / self.phases.len();
        let channels = part(channels, self.channels(), self.block.channels);
        let image = self.shape.height * self.shape.width;
        let phases = self.phases.iter();
        let places: Vec<_> =
            phases.map(|phase| self.places(*phase, rows.clone(), columns.clone())).collect();
        for (b, slot) in slots.enumerate() {
            let images = &inputs[slot * self.shape.channels * image..];
            for (c, channel) in channels.clone().enumerate() {
                let (channel, phase) = (channel / places.len(), channel % places.len());
                let image = &images[(first + channel) * image..];
                let start = (b * self.block.outputs * self.block.channels + c) * self.block.pixels;
                let numbers = &mut numbers[start..];
                for (at, from) in &places[phase] {
                    numbers[*at] = image[*from];
                }
            }
        }
        numbers
    }

    /// The coefficients of a tile that are inputs, in the image made of a channel, and which inputs they
    /// are, counted from the start of that channel in the first slot.
    fn places(
        &self,
        phase: (usize, usize),
        rows: std::ops::Range<usize>,
        columns: std::ops::Range<usize>,
    ) -> Vec<(usize, usize)> {
        let Shape { channels, height, width, stride, padding, .. } = self.shape;
        let place = |y: usize, x: usize| {
            let row = (y * stride + phase.0).checked_sub(padding).filter(|row| *row < height)?;
            let column =
                (x * stride + phase.1).checked_sub(padding).filter(|column| *column < width)?;
            Some(row * width + column)
        };
        if self.kernel == 1 {
            let (rows, across) = self.shape.result();
            let from = |x: usize| {
                let slot = x / (rows * across) * channels * height * width;
                Some(slot + place(x / across % rows, x % across)?)
            };
            return columns.enumerate().filter_map(|(at, x)| Some((at, from(x)?))).collect();
        }
        let tile_width = self.tile().0;
        let lines = (rows.start..rows.end + self.kernel - 1).enumerate();
        let all = lines.flat_map(|(i, y)| {
            let places = (columns.start..columns.end + self.kernel - 1).enumerate();
            places.filter_map(move |(j, x)| Some((i * tile_width + j, place(y, x)?)))
        });
        all.collect()
    }

    /// The weights of one block of channels and one of outputs: every g-th coefficient.
    pub(super) fn weights(&self, channels: usize, outputs: usize, weights: &[i64]) -> Vec<i64> {
        let mut numbers = vec![0; self.transformed()];
        let shift = self.gap().trailing_zeros();
        self.each_weight(channels, outputs, |place, weight| {
            numbers[place >> shift] = weights[weight];
        });
        numbers
    }

    /// Gives the coefficient and the number of each weight of one block of channels and one of
    /// outputs.
    pub(super) fn each_weight(
        &self,
        channels: usize,
        outputs: usize,
        mut give: impl FnMut(usize, usize),
    ) {
        let Shape { kernel, stride, .. } = self.shape;
        let (width, pixels) = self.tile();
        let of_group = self.shape.channels / self.shape.groups;
        let squared = kernel * kernel;
        let channels = part(channels, self.channels(), self.block.channels).enumerate();
        let channels = channels.map(|(c, channel)| {
            let (channel, phase) =
                (channel / self.phases.len(), self.phases[channel % self.phases.len()]);
            (channel / of_group, phase, self.first() - c * pixels, channel % of_group * squared)
        });
        let channels: Vec<_> = channels.collect();
        for (m, output) in self.outputs_of(outputs).enumerate() {
            let group = output / (self.shape.outputs / self.shape.groups) % self.merged;
            for (_, phase, place, start) in channels.iter().filter(|channel| channel.0 == group) {
                let place = place + m * self.block.channels * pixels;
                let start = start + output * of_group * squared;
                for (i, row) in (phase.0..kernel).step_by(stride).enumerate() {
                    for (j, column) in (phase.1..kernel).step_by(stride).enumerate() {
                        give(place - i * width - j, start + row * kernel + column);
                    }
                }
            }
        }
    }

    /// How many coefficients of a response are needed.
    pub(super) fn needed(&self, which: usize) -> usize {
        let [slots, rows, columns] = self.patch(which % self.patches());
        let outputs = self.outputs_of(which / self.patches());
        slots.len() * outputs.len() * rows.len() * columns.len()
    }

    /// The needed coefficients of a response, and which results they are.
    pub(super) fn results(&self, which: usize) -> impl Iterator<Item = (usize, usize)> {
        let [slots, rows, columns] = self.patch(which % self.patches());
        let outputs = self.outputs_of(which / self.patches());
        let ((width, pixels), first) = (self.tile(), self.first());
        let images = slots.enumerate().flat_map(move |(b, slot)| {
            let outputs = outputs.clone().enumerate();
            outputs.map(move |(m, output)| {
                let place = (b * self.block.outputs + m) * self.block.channels * pixels;
                (first + place, slot, output)
            })
        });
        images.flat_map(move |(place, slot, output)| {
            let columns = columns.clone();
            rows.clone().enumerate().flat_map(move |(i, y)| {
                let columns = columns.clone().enumerate();
                columns.map(move |(j, x)| (place + i * width + j, self.result(slot, output, y, x)))
            })
        })
    }

    /// Which result is at (y, x) of a slot.
    fn result(&self, slot: usize, output: usize, y: usize, x: usize) -> usize {
        let (rows, columns) = self.shape.result();
        let image = rows * columns;
        let (slot, place) =
            if self.kernel == 1 { (x / image, x % image) } else { (slot, y * columns + x) };
        (slot * self.shape.outputs + output) * image + place
    }
}

impl std::fmt::Debug for Encoding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoding")
            .field("parameters", &self.parameters)
            .field("shape", &self.shape)
            .field("path", &self.path())
            .field("block", &self.block)
            .finish_non_exhaustive()
    }
}
