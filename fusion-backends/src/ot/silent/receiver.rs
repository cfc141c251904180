//! The OT receiver: lacks a leaf of each tree, checks the others.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "trees, leaves and rows are as many as the size says; no byte of the peer's is an index"
)]

use std::io::{Read, Write};

use rand::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::Block;
use super::check::{self, Said};
use super::expansion::Expansion;
use super::rows::Rows;
use super::size::{GROUP, Size};
use super::tree::{Punctured, Trees};
use crate::ot::batch::{OtReceiver, ReceiverBatch};
use crate::ot::counter::Counter;
use crate::ot::domain::Domain;
use crate::ot::error::{Check, Malformed, OtError};
use crate::ot::kernel;
use crate::ot::paired::paired;
use crate::ot::permutations::Permutations;
use crate::ot::random::CHUNK;
use crate::ot::softspoken::SoftSpokenReceiver;
use crate::ot::stock::ReceiverStock;

/// The OT receiver's end of a silent extension. Made by [`setup`](super::setup).
pub struct SilentReceiver {
    domain: Domain,
    size: Size,
    source: Source,
    iterations: Counter,
    stock: ReceiverStock,
}

/// Where rows come from.
enum Source {
    /// The first iteration.
    SoftSpoken(Box<SoftSpokenReceiver>),
    /// All others.
    Expansion(Box<Expansion<Punctured>>),
    /// An iteration failed.
    None,
}

impl SilentReceiver {
    pub(super) fn new(size: Size, base: SoftSpokenReceiver) -> Self {
        let domain = base.domain().after("silent", &[&size.bytes()]);
        let source = Source::SoftSpoken(Box::new(base));
        let stock = ReceiverStock::new(Permutations::new(&domain));
        Self { domain, size, source, iterations: Counter::default(), stock }
    }

    fn receive<S: Read + Write, R: CryptoRng>(
        &mut self,
        end: usize,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<(), OtError> {
        while self.prepared() < end {
            let (rows, choices) = self.stock.rows(0);
            let before = rows.len();
            if let Source::Expansion(expansion) = &mut self.source
                && expansion.more(rows)
            {
                choices.extend(rows[before..].iter().map(|row| *row as u8 & 1));
            } else {
                self.iterate(stream, rng)?;
            }
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
        let iteration = Iteration::new(self.size, domain, rows)?;
        self.source = Source::Expansion(Box::new(iteration.run(stream)?));
        Ok(())
    }
}

/// Rows of the base, with the choice in the lowest bit.
fn first_rows<S: Read + Write, R: CryptoRng>(
    base: &mut SoftSpokenReceiver,
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
        let chosen = paired(batch.rows.iter(), batch.choices())?;
        rows.extend(chosen.map(|(row, choice)| (row & !1) | Block::from(*choice)));
    }
    Ok(rows)
}

/// An iteration under way.
pub(super) struct Iteration {
    size: Size,
    domain: Domain,
    said: Said,
    trees: Punctured,
    rows: Rows,
    /// The combination of the leaves of each tree, and of its choices.
    sums: Zeroizing<Vec<Block>>,
    choices: Zeroizing<Vec<Block>>,
    leaves: Zeroizing<Vec<Block>>,
}

impl Iteration {
    pub(super) fn new(
        size: Size,
        domain: Domain,
        rows: Zeroizing<Vec<Block>>,
    ) -> Result<Self, OtError> {
        let rows = Rows::new(size, rows)?;
        let trees = Punctured::new(domain.after("trees", &[]).cipher(), size, rows.levels())?;
        let sums = Zeroizing::new(Vec::with_capacity(size.trees));
        let choices = Zeroizing::new(Vec::with_capacity(size.trees));
        let leaves = Zeroizing::new(vec![0; size.leaves() * GROUP]);
        let said = Said::nothing(domain.clone());
        Ok(Self { size, domain, said, trees, rows, sums, choices, leaves })
    }

    fn run<S: Read + Write>(mut self, stream: &mut S) -> Result<Expansion<Punctured>, OtError> {
        let mut message = vec![0; self.size.message(0)];
        for first in (0..self.size.trees).step_by(GROUP) {
            message.truncate(self.size.message(first));
            stream.read_exact(&mut message)?;
            self.group(first, &message)?;
        }
        let (answer, expected) = self.answer();
        stream.write_all(&answer)?;
        stream.flush()?;
        let mut claimed = [0; 32];
        stream.read_exact(&mut claimed)?;
        self.finish(&expected, &claimed)
    }

    /// Takes the message of the trees from number `first`.
    pub(super) fn group(&mut self, first: usize, message: &[u8]) -> Result<(), OtError> {
        if message.len() != self.size.message(first) {
            return Err(OtError::Malformed(Malformed::Length));
        }
        self.trees.correct(first, message.as_chunks().0);
        let coefficients = self.said.group(message, self.size);
        let used = self.leaves.chunks_exact_mut(self.size.leaves()).take(self.size.group(first));
        for (tree, leaves) in (first..).zip(used) {
            self.trees.leaves(tree, leaves);
            self.sums.push(kernel::dot(&coefficients, leaves));
            self.choices.push(kernel::sum_marked(&coefficients, leaves));
        }
        Ok(())
    }

    /// The answer to all trees, and the hash that the sender must then send.
    pub(super) fn answer(&self) -> ([u8; 16], [u8; 32]) {
        let rows = self.rows.check();
        let mask = rows.iter().rev().fold(0, |mask, row| (mask << 1) | (row & 1));
        let coefficients = self.said.trees(self.size);
        let answer = (kernel::dot(&coefficients, &self.choices) ^ mask).to_le_bytes();
        let sum = kernel::dot(&coefficients, &self.sums) ^ check::as_bits(rows);
        (answer, self.said.digest(&answer, sum))
    }

    /// Checks the sender's hash.
    pub(super) fn finish(
        self,
        expected: &[u8; 32],
        claimed: &[u8; 32],
    ) -> Result<Expansion<Punctured>, OtError> {
        if bool::from(expected.ct_eq(claimed)) {
            Expansion::new(self.size, &self.domain, self.trees, self.rows.into_table())
        } else {
            Err(OtError::Inconsistent(Check::Leaves))
        }
    }
}

impl OtReceiver for SilentReceiver {
    fn prepare<S: Read + Write, R: CryptoRng>(
        &mut self,
        count: usize,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<(), OtError> {
        let end = self.stock.begin(count, self.size.leaves())?;
        self.receive(end, stream, rng)?;
        self.stock.done();
        Ok(())
    }

    fn speaks_alone(&self) -> bool {
        false
    }

    fn prepared(&self) -> usize {
        self.stock.prepared()
    }

    fn take(&mut self, count: usize) -> Result<ReceiverBatch, OtError> {
        self.stock.take(count)
    }
}

debug_counts!(SilentReceiver, "prepared": OtReceiver::prepared);

#[cfg(test)]
impl SilentReceiver {
    /// As if all numbers but so many were used.
    pub(in crate::ot) fn forward(&mut self, iterations: u64, rows: u64) {
        self.iterations = Counter::near_its_end(iterations);
        self.stock.forward(rows);
    }
}
