//! The OT sender: grows the trees.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "trees, leaves and rows are as many as the size says; no byte of the peer's is an index"
)]

use std::io::{Read, Write};

use rand::{CryptoRng, RngExt};
use zeroize::Zeroizing;

use super::Block;
use super::check::{self, Said};
use super::expansion::Expansion;
use super::rows::Rows;
use super::size::{GROUP, Size};
use super::tree::Whole;
use crate::ot::batch::{OtSender, SenderBatch};
use crate::ot::counter::Counter;
use crate::ot::domain::Domain;
use crate::ot::error::OtError;
use crate::ot::kernel;
use crate::ot::permutations::Permutations;
use crate::ot::random::CHUNK;
use crate::ot::softspoken::SoftSpokenSender;
use crate::ot::stock::SenderStock;

/// The OT sender's end of a silent extension. Made by [`setup`](super::setup).
pub struct SilentSender {
    domain: Domain,
    size: Size,
    source: Source,
    iterations: Counter,
    stock: SenderStock,
}

/// Where rows come from.
enum Source {
    /// The first iteration.
    SoftSpoken(Box<SoftSpokenSender>),
    /// All others.
    Expansion(Box<Expansion<Whole>>),
    /// An iteration failed.
    None,
}

impl SilentSender {
    pub(super) fn new(size: Size, base: SoftSpokenSender) -> Self {
        let domain = base.domain().after("silent", &[&size.bytes()]);
        Self {
            stock: SenderStock::new(Permutations::new(&domain), base.delta()),
            domain,
            size,
            source: Source::SoftSpoken(Box::new(base)),
            iterations: Counter::default(),
        }
    }

    fn send<S: Read + Write, R: CryptoRng>(
        &mut self,
        end: usize,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<(), OtError> {
        while self.prepared() < end {
            let rows = self.stock.rows(0);
            if let Source::Expansion(expansion) = &mut self.source
                && expansion.more(rows)
            {
                continue;
            }
            self.iterate(stream, rng)?;
        }
        Ok(())
    }

    fn iterate<S: Read + Write, R: CryptoRng>(
        &mut self,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<(), OtError> {
        let number = self.iterations.advance(1)?;
        let rows = match std::mem::replace(&mut self.source, Source::None) {
            Source::Expansion(expansion) => expansion.kept(),
            Source::SoftSpoken(mut base) => first_rows(&mut base, self.size, stream, rng)?,
            Source::None => return Err(OtError::Broken),
        };
        let domain = self.domain.after("iteration", &[&number.to_le_bytes()]);
        let iteration = Iteration::new(self.size, domain, self.stock.delta(), rows, rng)?;
        self.source = Source::Expansion(Box::new(iteration.run(stream)?));
        Ok(())
    }
}

/// Rows of the base, with the lowest bit cleared.
fn first_rows<S: Read + Write, R: CryptoRng>(
    base: &mut SoftSpokenSender,
    size: Size,
    stream: &mut S,
    rng: &mut R,
) -> Result<Zeroizing<Vec<Block>>, OtError> {
    let mut rows = Zeroizing::new(Vec::with_capacity(size.taken()));
    while rows.len() < size.taken() {
        let left = size.taken() - rows.len();
        if base.prepared() == 0 {
            base.prepare(left.min(CHUNK), stream, rng)?;
        }
        let batch = base.take(left.min(base.prepared()))?;
        rows.extend(batch.rows.iter().map(|row| row & !1));
    }
    Ok(rows)
}

/// An iteration under way.
pub(super) struct Iteration {
    size: Size,
    domain: Domain,
    said: Said,
    delta: Zeroizing<Block>,
    trees: Whole,
    rows: Rows,
    /// The combination of the leaves of each tree.
    sums: Zeroizing<Vec<Block>>,
    leaves: Zeroizing<Vec<Block>>,
}

impl Iteration {
    pub(super) fn new<R: CryptoRng>(
        size: Size,
        domain: Domain,
        delta: Block,
        rows: Zeroizing<Vec<Block>>,
        rng: &mut R,
    ) -> Result<Self, OtError> {
        let rows = Rows::new(size, rows)?;
        let mut roots = Zeroizing::new(vec![0; size.trees]);
        let mut bytes = Zeroizing::new([0; 16]);
        for root in roots.iter_mut() {
            rng.fill(&mut bytes[..]);
            *root = Block::from_le_bytes(*bytes);
        }
        let trees = Whole::new(domain.after("trees", &[]).cipher(), delta, roots);
        let sums = Zeroizing::new(Vec::with_capacity(size.trees));
        let leaves = Zeroizing::new(vec![0; size.leaves() * GROUP]);
        let said = Said::nothing(domain.clone());
        let delta = Zeroizing::new(delta);
        Ok(Self { size, domain, said, delta, trees, rows, sums, leaves })
    }

    fn run<S: Read + Write>(mut self, stream: &mut S) -> Result<Expansion<Whole>, OtError> {
        for first in (0..self.size.trees).step_by(GROUP) {
            let message = self.grow(first);
            stream.write_all(&message)?;
            self.combine(first, &message);
        }
        stream.flush()?;
        let mut answer = [0; 16];
        stream.read_exact(&mut answer)?;
        stream.write_all(&self.digest(&answer))?;
        stream.flush()?;
        Expansion::new(self.size, &self.domain, self.trees, self.rows.into_table())
    }

    /// Grows the trees from number `first`; gives their message.
    pub(super) fn grow(&mut self, first: usize) -> Vec<u8> {
        let Self { size, trees, rows, leaves, .. } = self;
        let levels = rows.levels();
        let mut next = first * size.levels as usize;
        let mut message = Vec::with_capacity(size.message(first));
        let used = leaves.chunks_exact_mut(size.leaves()).take(size.group(first));
        for (tree, leaves) in (first..).zip(used) {
            trees.grow(tree, leaves, |left| {
                message.extend((left ^ levels[next]).to_le_bytes());
                next += 1;
            });
        }
        message
    }

    /// Combines the leaves of these trees, now that their message is fixed.
    pub(super) fn combine(&mut self, first: usize, message: &[u8]) {
        let coefficients = self.said.group(message, self.size);
        let used = self.leaves.chunks_exact(self.size.leaves()).take(self.size.group(first));
        self.sums.extend(used.map(|leaves| kernel::dot(&coefficients, leaves)));
    }

    /// The hash that the receiver checks.
    pub(super) fn digest(&self, answer: &[u8; 16]) -> [u8; 32] {
        let masked = Block::from_le_bytes(*answer);
        let rows = (self.rows.check().iter().zip(0..))
            .map(|(row, bit)| row ^ (*self.delta & (masked >> bit & 1).wrapping_neg()));
        let rows: Zeroizing<Vec<_>> = Zeroizing::new(rows.collect());
        let coefficients = self.said.trees(self.size);
        let mut sum = Zeroizing::new(kernel::dot(&coefficients, &self.sums));
        *sum ^= check::as_bits(&rows);
        self.said.digest(answer, *sum)
    }
}

impl OtSender for SilentSender {
    fn prepare<S: Read + Write, R: CryptoRng>(
        &mut self,
        count: usize,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<(), OtError> {
        let end = self.stock.begin(count, self.size.leaves())?;
        self.send(end, stream, rng)?;
        self.stock.done();
        Ok(())
    }

    fn prepared(&self) -> usize {
        self.stock.prepared()
    }

    fn take(&mut self, count: usize) -> Result<SenderBatch, OtError> {
        self.stock.take(count)
    }
}

debug_counts!(SilentSender, "prepared": OtSender::prepared);

#[cfg(test)]
impl Iteration {
    /// A cheat: another secret in one tree of the first group.
    pub(super) fn regrow(&mut self, tree: usize, wrong: Block, message: &mut [u8]) {
        let root = self.trees.root(tree);
        let other = Whole::new(
            self.domain.after("trees", &[]).cipher(),
            *self.delta ^ wrong,
            Zeroizing::new(vec![root]),
        );
        let levels = self.size.levels as usize;
        let mut rows = self.rows.levels()[tree * levels..].iter();
        let mut sums = message.as_chunks_mut().0[tree * levels..].iter_mut();
        let leaves = self.leaves.chunks_exact_mut(self.size.leaves()).nth(tree).unwrap();
        other.grow(0, leaves, |left| {
            *sums.next().unwrap() = (left ^ rows.next().unwrap()).to_le_bytes();
        });
    }

    /// The leaves of a tree of the group, before they are combined.
    pub(super) fn leaves_of(&mut self, tree: usize) -> &mut [Block] {
        self.leaves.chunks_exact_mut(self.size.leaves()).nth(tree).unwrap()
    }
}

#[cfg(test)]
impl SilentSender {
    /// As if all numbers but so many were used.
    pub(in crate::ot) fn forward(&mut self, iterations: u64, rows: u64) {
        self.iterations = Counter::near_its_end(iterations);
        self.stock.forward(rows);
    }
}
