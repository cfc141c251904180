//! Layers as products of polynomials: where inputs, weights and results stand among the
//! coefficients. Cheetah, section 3, with two additions: slots of a batch share a polynomial, and a
//! stride is turned into more channels.
//!
//! Everything is a convolution. A fully connected layer is one with images of one pixel; with a
//! kernel of one pixel, images are one line. Stride s: of each channel s^2 images are made, one for
//! each remainder of the place modulo s, and the kernel is cut in the same way; what is left is a
//! convolution of stride 1 whose results are dense, so that a response carries s^2 times as many.
//!
//! # The encoding
//!
//! An image is cut into tiles of A = height * width pixels that overlap by the kernel less one. A
//! polynomial has tiles of `slots` images and `channels` channels, with room for `outputs` output
//! channels; slots * outputs * channels * A <= N. With O = (channels - 1) A + (kernel - 1)(width + 1):
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
//! Groups are layers of their own. Small ones are merged into one with zeros for the weights between
//! different groups, as many as share a polynomial: k of them take k^2 times the room in it, and a
//! k-th of the polynomials.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "shapes are the caller's own, and bounded by `Shape::check`"
)]

use zeroize::Zeroizing;

use super::error::RlweError;
use super::params::Parameters;
use super::shape::Shape;

/// How large the parts of one polynomial are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Block {
    slots: usize,
    channels: usize,
    outputs: usize,
    /// Of the results in a tile.
    rows: usize,
    columns: usize,
}

impl Block {
    /// So many groups as one.
    fn times(self, groups: usize) -> Self {
        Self { channels: self.channels * groups, outputs: self.outputs * groups, ..self }
    }
}

/// Where the numbers of a layer stand. Both parties make the same one.
#[derive(Debug, Clone)]
pub struct Encoding {
    parameters: Parameters,
    shape: Shape,
    /// The stride-1 convolution: for each image made of a channel, the remainders of its places.
    phases: Vec<(usize, usize)>,
    kernel: usize,
    rows: usize,
    columns: usize,
    /// How many groups are treated as one, whose weights between different groups are zero.
    merged: usize,
    block: Block,
}

/// A part of the sizes, whose last one may be shorter.
fn part(which: usize, of: usize, size: usize) -> std::ops::Range<usize> {
    which * size..((which + 1) * size).min(of)
}

impl Encoding {
    /// Finds the blocks that take the fewest bytes.
    ///
    /// # Errors
    ///
    /// [`RlweError::Shape`] if there is no such layer, or one kernel is larger than a polynomial.
    pub fn new(parameters: &Parameters, shape: Shape) -> Result<Self, RlweError> {
        shape.check()?;
        let kernel = shape.kernel.div_ceil(shape.stride);
        let used = shape.stride.min(shape.kernel);
        let phases = (0..used * used).map(|phase| (phase / used, phase % used)).collect();
        let (rows, columns) = shape.result();
        let (rows, columns) = if kernel == 1 { (1, rows * columns) } else { (rows, columns) };
        let whole = Block {
            slots: shape.slots,
            channels: shape.channels / shape.groups * used * used,
            outputs: shape.outputs / shape.groups,
            rows,
            columns,
        };
        let (merged, block) = best(parameters, kernel, shape.groups, whole)
            .ok_or(RlweError::Shape("a kernel must fit a polynomial"))?;
        let parameters = parameters.clone();
        Ok(Self { parameters, shape, phases, kernel, rows, columns, merged, block })
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

    /// Polynomials of weights: each is a transform for every prime, in memory.
    #[must_use]
    pub fn weight_polynomials(&self) -> usize {
        self.channel_blocks() * self.output_blocks()
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
        self.shape.slots.div_ceil(self.block.slots) * rows * columns
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

    /// Width, and pixels, of a tile of the input.
    fn tile(&self) -> (usize, usize) {
        let width = self.block.columns + self.kernel - 1;
        (width, width * (self.block.rows + self.kernel - 1))
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
            part(slots, self.shape.slots, self.block.slots),
            part(row, self.rows, self.block.rows),
            part(column, self.columns, self.block.columns),
        ]
    }

    /// The place in the image of a channel that is at (y, x) of the image made of it.
    fn pixel(&self, phase: (usize, usize), y: usize, x: usize) -> Option<usize> {
        let Shape { height, width, stride, padding, .. } = self.shape;
        let (y, x) = if self.kernel == 1 {
            let columns = self.shape.result().1;
            (x / columns, x % columns)
        } else {
            (y, x)
        };
        let row = (y * stride + phase.0).checked_sub(padding).filter(|row| *row < height)?;
        let column =
            (x * stride + phase.1).checked_sub(padding).filter(|column| *column < width)?;
        Some(row * width + column)
    }

    /// The polynomial number `which` of a request: the inputs at their places, zeros elsewhere.
    pub(super) fn request(&self, which: usize, inputs: &[u64]) -> Zeroizing<Vec<u64>> {
        let mut numbers = Zeroizing::new(vec![0; self.parameters.degree()]);
        let (patch, channels) = (which / self.channel_blocks(), which % self.channel_blocks());
        let (group, patch) = (patch / self.patches(), patch % self.patches());
        let [slots, rows, columns] = self.patch(patch);
        let first = group * self.channels() / self.phases.len();
        let (width, pixels) = self.tile();
        let image = self.shape.height * self.shape.width;
        for (b, slot) in slots.enumerate() {
            let channels = part(channels, self.channels(), self.block.channels);
            for (c, channel) in channels.enumerate() {
                let (channel, phase) =
                    (first + channel / self.phases.len(), self.phases[channel % self.phases.len()]);
                let image = &inputs[(slot * self.shape.channels + channel) * image..][..image];
                let start = (b * self.block.outputs * self.block.channels + c) * pixels;
                for (i, y) in (rows.start..rows.end + self.kernel - 1).enumerate() {
                    let line = &mut numbers[start + i * width..][..width];
                    let places = columns.start..columns.end + self.kernel - 1;
                    for (number, x) in line.iter_mut().zip(places) {
                        *number = self.pixel(phase, y, x).map_or(0, |place| image[place]);
                    }
                }
            }
        }
        numbers
    }

    /// The weights of one block of channels and one of outputs.
    pub(super) fn weights(&self, channels: usize, outputs: usize, weights: &[i64]) -> Vec<i64> {
        let mut numbers = vec![0; self.parameters.degree()];
        self.each_weight(channels, outputs, |place, weight| numbers[place] = weights[weight]);
        numbers
    }

    /// Whether a polynomial of weights is one weight, at coefficient 0.
    pub(super) fn has_constant_weights(&self) -> bool {
        self.kernel == 1 && self.block.channels == 1 && self.block.outputs == 1
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
        for (m, output) in self.outputs_of(outputs).enumerate() {
            let group = output / (self.shape.outputs / self.shape.groups) % self.merged;
            let channels = part(channels, self.channels(), self.block.channels);
            for (c, channel) in channels.enumerate() {
                let (channel, phase) =
                    (channel / self.phases.len(), self.phases[channel % self.phases.len()]);
                if channel / of_group != group {
                    continue;
                }
                let start = (output * of_group + channel % of_group) * kernel * kernel;
                let place = self.first() + m * self.block.channels * pixels - c * pixels;
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
                (first + place, (slot * self.shape.outputs + output) * self.rows * self.columns)
            })
        });
        images.flat_map(move |(place, image)| {
            let columns = columns.clone();
            rows.clone().enumerate().flat_map(move |(i, y)| {
                let columns = columns.clone().enumerate();
                columns.map(move |(j, x)| (place + i * width + j, image + y * self.columns + x))
            })
        })
    }
}

/// The blocks of the fewest bytes, and how many groups are merged; among equals, those with the
/// fewest products.
fn best(
    parameters: &Parameters,
    kernel: usize,
    groups: usize,
    whole: Block,
) -> Option<(usize, Block)> {
    let (request, response) = (parameters.request_bytes(), parameters.response_bytes(0));
    let mut best = None;
    each_block(parameters.degree(), kernel, groups, whole, |merged, block| {
        let [requests, responses, products] = counts(groups / merged, whole.times(merged), block);
        let cost = (requests * request + responses * response, products);
        if best.is_none_or(|(least, _)| cost < least) {
            best = Some((cost, (merged, block)));
        }
    });
    best.map(|(_, found)| found)
}

/// Polynomials of a request and of a response, and products, with so many groups of a whole that is
/// cut into blocks.
fn counts(groups: usize, whole: Block, block: Block) -> [usize; 3] {
    let patches = whole.slots.div_ceil(block.slots)
        * whole.rows.div_ceil(block.rows)
        * whole.columns.div_ceil(block.columns);
    let channels = whole.channels.div_ceil(block.channels);
    let outputs = whole.outputs.div_ceil(block.outputs);
    let patches = groups * patches;
    [patches * channels, patches * outputs, patches * channels * outputs]
}

/// Gives all blocks that are of use. Groups are merged only if their channels and outputs share one
/// polynomial: else weights that are zero would be multiplied.
fn each_block(
    degree: usize,
    kernel: usize,
    groups: usize,
    whole: Block,
    mut give: impl FnMut(usize, Block),
) {
    for rows in sizes(whole.rows) {
        for columns in sizes(whole.columns) {
            let pixels = (rows + kernel - 1) * (columns + kernel - 1);
            for slots in sizes(whole.slots) {
                for channels in sizes(whole.channels) {
                    let most = degree / (slots * channels * pixels);
                    if most == 0 {
                        continue;
                    }
                    // As many blocks of outputs as that takes, and all alike.
                    let outputs = whole.outputs.div_ceil(whole.outputs.div_ceil(most));
                    give(1, Block { slots, channels, outputs, rows, columns });
                }
                for merged in (2..=groups).filter(|merged| groups.is_multiple_of(*merged)) {
                    let Block { channels, outputs, .. } = whole.times(merged);
                    if slots * channels * outputs * pixels > degree {
                        break;
                    }
                    give(merged, Block { slots, channels, outputs, rows, columns });
                }
            }
        }
    }
}

/// The sizes of parts when a size is cut into any number of parts that are as alike as can be.
fn sizes(whole: usize) -> Vec<usize> {
    let mut sizes = Vec::new();
    let mut parts = 1;
    while parts <= whole {
        let size = whole.div_ceil(parts);
        sizes.push(size);
        // The fewest parts that make the next smaller size.
        parts = if size == 1 { whole + 1 } else { whole.div_ceil(size - 1) };
    }
    sizes
}
