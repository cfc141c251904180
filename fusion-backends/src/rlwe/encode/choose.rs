//! The choice of blocks: those of the least cost, by what the parts of a layer were measured to take.
//!
//! Both parties choose, and must choose alike: so costs are integers, and do not depend on the machine.

#![allow(clippy::arithmetic_side_effects, reason = "sizes are bounded by `Shape::check`")]

use super::Path;
use crate::rlwe::ntt::PIECE;
use crate::rlwe::params::Parameters;

/// How large the parts of one polynomial are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) slots: usize,
    pub(super) channels: usize,
    pub(super) outputs: usize,
    /// Of the results in a tile.
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// Coefficients for a tile of the input.
    pub(super) pixels: usize,
}

impl Block {
    /// So many groups as one.
    fn times(self, groups: usize) -> Self {
        Self { channels: self.channels * groups, outputs: self.outputs * groups, ..self }
    }

    /// The path of weights whose places are multiples of `gap`.
    pub(super) fn path(&self, gap: usize) -> Path {
        match (gap, self.channels * self.outputs) {
            (1, _) => Path::Full,
            (_, 1) => Path::Numbers,
            _ => Path::Short,
        }
    }
}

/// Blocks that were found.
#[derive(Clone, Copy)]
pub(super) struct Choice {
    /// How many groups are treated as one.
    pub(super) merged: usize,
    pub(super) block: Block,
    /// g: coefficients of weights that are not at its multiples are zero. A power of two, at most a
    /// piece of values, and such that a transform of N / g numbers exists.
    pub(super) gap: usize,
}

/// The blocks of the least cost, of those along a path if one is given.
pub(super) fn cheapest(
    parameters: &Parameters,
    kernel: usize,
    groups: usize,
    whole: Block,
    path: Option<Path>,
) -> Option<Choice> {
    let mut best = None;
    each_block(parameters.degree(), kernel, groups, whole, |choice| {
        if path.is_some_and(|path| path != choice.block.path(choice.gap)) {
            return;
        }
        let cost = cost(parameters, groups, whole, choice);
        if best.is_none_or(|(least, _)| cost < least) {
            best = Some((cost, choice));
        }
    });
    best.map(|(_, found)| found)
}

/// What the parts of a layer cost, in picoseconds of one core for each number modulo a prime: measured,
/// see `benches/rlwe.rs`, "parts".
mod picoseconds {
    /// A polynomial of a request, at both parties.
    pub(super) const REQUEST: u128 = 55_000;
    /// A polynomial of a response, at both parties.
    pub(super) const RESPONSE: u128 = 55_000;
    /// A transform of weights, for each number that is transformed: a third of what one takes, since
    /// many layers are kept transformed.
    pub(super) const WEIGHT: u128 = 2_000;
    /// A product of two transformed polynomials, with both halves of the input.
    pub(super) const PRODUCT: u128 = 1_700;
    /// The same where the weights' values come many times in a row.
    pub(super) const SHORT_PRODUCT: u128 = 1_200;
    /// A product with a number.
    pub(super) const NUMBER: u128 = 700;
    /// A byte on a link of 1 Gbit/s.
    pub(super) const BYTE: u128 = 8_000;
}

/// The cost of a layer, in picoseconds.
fn cost(parameters: &Parameters, groups: usize, whole: Block, choice: Choice) -> u128 {
    let Choice { merged, block, gap } = choice;
    let counts = counts(groups / merged, whole.times(merged), block);
    let [requests, responses, polynomials, products] = counts.map(|count| count as u128);
    let numbers = parameters.numbers() as u128;
    let (weight, product) = match block.path(gap) {
        Path::Full => (picoseconds::WEIGHT, picoseconds::PRODUCT),
        Path::Short => (picoseconds::WEIGHT / gap as u128, picoseconds::SHORT_PRODUCT),
        Path::Numbers => (0, picoseconds::NUMBER),
    };
    let work = requests * picoseconds::REQUEST
        + responses * picoseconds::RESPONSE
        + polynomials * weight
        + products * product;
    let bytes = requests * parameters.request_bytes() as u128
        + responses * parameters.response_bytes(0) as u128;
    work * numbers + bytes * picoseconds::BYTE
}

/// Polynomials of a request, of a response and of weights, and products, with so many groups of a whole
/// that is cut into blocks.
fn counts(groups: usize, whole: Block, block: Block) -> [usize; 4] {
    let patches = whole.slots.div_ceil(block.slots)
        * whole.rows.div_ceil(block.rows)
        * whole.columns.div_ceil(block.columns);
    let channels = groups * whole.channels.div_ceil(block.channels);
    let outputs = whole.outputs.div_ceil(block.outputs);
    let polynomials = channels * outputs;
    [patches * channels, groups * patches * outputs, polynomials, patches * polynomials]
}

/// Gives all blocks that are of use. Groups are merged only if their channels and outputs share one
/// polynomial: else weights that are zero would be multiplied.
fn each_block(
    degree: usize,
    kernel: usize,
    groups: usize,
    whole: Block,
    mut give: impl FnMut(Choice),
) {
    let mut each = |rows, columns, pixels, gap| {
        let block = Block { rows, columns, pixels, ..whole };
        each_block_of(degree, groups, whole, block, |merged, block| {
            let is_number = kernel == 1 && block.channels * block.outputs == 1;
            let gap = if is_number { degree } else { gap };
            give(Choice { merged, block, gap: gap.min(PIECE).min(degree / SMALLEST) });
        });
    };
    if kernel == 1 {
        for (columns, pixels, gap) in lines(degree, whole.columns) {
            each(1, columns, pixels, gap);
        }
        return;
    }
    for rows in sizes(whole.rows) {
        for columns in sizes(whole.columns) {
            each(rows, columns, (rows + kernel - 1) * (columns + kernel - 1), 1);
        }
    }
}

/// The smallest transform that there is.
const SMALLEST: usize = 16;

/// Parts of a line, the coefficients that each takes, and the power of two that divides those.
fn lines(degree: usize, whole: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    // The largest tiles of which so many, one for each channel and output, fit a polynomial.
    let mut sizes: Vec<usize> = (1..=degree).map(|tiles| degree / tiles).collect();
    sizes.dedup();
    sizes.into_iter().flat_map(move |size| {
        let gaps = (0..).map(|power| 1 << power).take_while(move |gap| *gap <= degree);
        gaps.filter_map(move |gap| {
            let most = whole.min(size / gap * gap);
            let columns = whole.div_ceil(whole.div_ceil(most.max(1)));
            let pixels = columns.next_multiple_of(gap);
            (most > 0).then_some((columns, pixels, gap))
        })
    })
}

/// Gives the sizes of blocks whose tiles are given.
fn each_block_of(
    degree: usize,
    groups: usize,
    whole: Block,
    block: Block,
    mut give: impl FnMut(usize, Block),
) {
    for slots in sizes(whole.slots) {
        for channels in sizes(whole.channels) {
            let most = degree / (slots * channels * block.pixels);
            if most == 0 {
                continue;
            }
            // As many blocks of outputs as that takes, and all alike.
            let outputs = whole.outputs.div_ceil(whole.outputs.div_ceil(most));
            give(1, Block { slots, channels, outputs, ..block });
        }
        for merged in (2..=groups).filter(|merged| groups.is_multiple_of(*merged)) {
            let Block { channels, outputs, .. } = whole.times(merged);
            if slots * channels * outputs * block.pixels > degree {
                break;
            }
            give(merged, Block { slots, channels, outputs, ..block });
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
