//! Products of a number that one party knows and a bit that the other knows: correlated transfers,
//! whose two messages cross on the way.
//!
//! From the preparation the party with the number X has s and D, the one with the bit y a random c
//! and s + c D. They send X - D and y + c at once. If y = c, then s + c D + c (X - D) = s + y X; if
//! not, then X - s - c X = y X - s: the shares are the same up to signs, and each party knows which.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "lengths are our own, never the peer's"
)]

use std::io::{Read, Write};

use fusion_core::transcript::Role;
use zeroize::Zeroizing;

use super::Layers;
use super::error::{Fault, MISSING};
use super::lengths::{paired, records};
use super::need::{BySender, Need};
use super::shares::{Bits, Shares};
use super::wire::{self, Outgoing};
use crate::ot::Width;

/// Products to be taken, one for each element.
pub(super) struct Job<'a> {
    width: Width,
    own: Own<'a>,
}

/// What this party has of the factors.
enum Own<'a> {
    Numbers(Zeroizing<Vec<u64>>),
    Bits(&'a Bits),
    /// The numbers of some products and the bits of as many others, of which the sums are taken.
    Both(Zeroizing<Vec<u64>>, &'a Bits),
}

impl Need {
    /// Of `count` products whose number `sender` has.
    pub(super) fn product(sender: Role, count: usize) -> Self {
        let mut need = Self::default();
        *need.products.of_mut(sender) = Self::words(count);
        need
    }

    /// Of `count` numbers, kept or replaced by zero.
    pub(super) fn select(count: usize) -> Self {
        Self { products: BySender::both(Self::words(count)), ..Self::default() }
    }
}

impl<S: Read + Write> Layers<'_, S> {
    /// Shares of bit times number, for pairs of values of which each is shared.
    pub(super) fn select<const COUNT: usize>(
        &mut self,
        pairs: [(&Bits, &Shares); COUNT],
    ) -> Result<[Shares; COUNT], Fault> {
        // (d + e - 2 d e)(x + y) = d x + e y + e (1 - 2 d) x + d (1 - 2 e) y
        let mut jobs = Vec::with_capacity(COUNT);
        for (bits, shares) in pairs {
            let signs = paired(bits.iter(), shares.values())?;
            let signed =
                signs.map(|(bit, share)| (share ^ bit.wrapping_neg()).wrapping_add(bit)).collect();
            jobs.push(Job { width: shares.width(), own: Own::Both(Zeroizing::new(signed), bits) });
        }
        let products = self.products(&jobs)?;
        let mut selected = Vec::with_capacity(COUNT);
        for ((bits, shares), products) in paired(pairs, products)? {
            let pairs = paired(bits.iter(), shares.values())?;
            let own = pairs.map(|(bit, share)| share & bit.wrapping_neg());
            selected.push(Shares::new(shares.width(), own).plus(&products));
        }
        selected.try_into().map_err(|_| MISSING)
    }

    /// Shares of the products, of each job in its place, in one message each way.
    fn products(&mut self, jobs: &[Job<'_>]) -> Result<Vec<Shares>, Fault> {
        let mut outgoing = Outgoing::default();
        let mut prepared = Vec::with_capacity(jobs.len());
        for job in jobs {
            let (count, words) = (job.count()?, Need::words(job.count()?));
            let sums = match job.bits() {
                None => Zeroizing::default(),
                Some(bits) => {
                    let sums = self.material.sums(words)?;
                    let random = records::<65, _>(&sums, words)?.iter().map(|[c, ..]| c);
                    let hidden = paired(bits.words(), random)?.map(|(bit, c)| bit ^ c);
                    outgoing.plane(count, hidden)?;
                    sums
                }
            };
            let differences = match job.numbers() {
                None => Zeroizing::default(),
                Some(numbers) => {
                    let prepared = self.material.differences(words)?;
                    let mut hidden = Vec::with_capacity(count);
                    let runs = paired(numbers.chunks(64), records::<128, _>(&prepared, words)?)?;
                    for (numbers, word) in runs {
                        let differences = &word[64..][..numbers.len()];
                        let pairs = paired(numbers, differences)?;
                        hidden.extend(pairs.map(|(x, d)| x.wrapping_sub(*d)));
                    }
                    outgoing.numbers(job.width, &hidden);
                    prepared
                }
            };
            prepared.push((sums, differences));
        }
        outgoing.send(self.stream)?;

        let mut products = Vec::with_capacity(jobs.len());
        for (job, (sums, differences)) in paired(jobs, prepared)? {
            let (count, words) = (job.count()?, Need::words(job.count()?));
            let mut shares = Zeroizing::new(vec![0; count]);
            if let Some(numbers) = job.numbers() {
                let flips = wire::planes(self.stream, 1, count)?;
                let prepared = paired(&flips, records::<128, _>(&differences, words)?)?;
                let runs = paired(shares.chunks_mut(64), numbers.chunks(64))?;
                for ((shares, numbers), (flip, pads)) in paired(runs, prepared)? {
                    let pads = &pads[..shares.len()];
                    let elements = paired(paired(shares, numbers)?, pads)?;
                    for (at, ((share, number), pad)) in elements.enumerate() {
                        // X + s if flipped, else -s.
                        let flip = (flip >> at & 1).wrapping_neg();
                        *share = (pad ^ !flip).wrapping_sub(!flip).wrapping_add(number & flip);
                    }
                }
            }
            if let Some(bits) = job.bits() {
                let hidden = wire::numbers(self.stream, job.width, count)?;
                let prepared = paired(bits.words(), records::<65, _>(&sums, words)?)?;
                let runs = paired(shares.chunks_mut(64), hidden.chunks(64))?;
                for ((shares, hidden), (own, [random, sums @ ..])) in paired(runs, prepared)? {
                    let sums = &sums[..shares.len()];
                    let elements = paired(paired(shares, hidden)?, sums)?;
                    for (at, ((share, hidden), sum)) in elements.enumerate() {
                        let c = (random >> at & 1).wrapping_neg();
                        let flip = ((own ^ random) >> at & 1).wrapping_neg();
                        let product = sum.wrapping_add(hidden & c);
                        *share = share.wrapping_add((product ^ flip).wrapping_sub(flip));
                    }
                }
            }
            products.push(Shares::new(job.width, shares.iter().copied()));
        }
        Ok(products)
    }

    /// The same, of which some may not be needed: each product in the place of its job.
    pub(super) fn products_in_place<const COUNT: usize>(
        &mut self,
        jobs: [Option<Job<'_>>; COUNT],
    ) -> Result<[Option<Shares>; COUNT], Fault> {
        let mut places = jobs.each_ref().map(|_| None);
        let (needed, jobs): (Vec<_>, Vec<_>) =
            places.iter_mut().zip(jobs).filter_map(|(place, job)| Some((place, job?))).unzip();
        for (place, products) in paired(needed, self.products(&jobs)?)? {
            *place = Some(products);
        }
        Ok(places)
    }

    /// The products of own bits, where `sender`'s are the numbers.
    pub(super) fn bits_job<'a>(&self, bits: &'a Bits, width: Width, sender: Role) -> Job<'a> {
        let own = if self.material.role() == sender {
            Own::Numbers(Zeroizing::new(bits.iter().collect()))
        } else {
            Own::Bits(bits)
        };
        Job { width, own }
    }

    /// The products that [`number`] takes, where `sender` has the numbers.
    pub(super) fn number_job<'a>(
        &self,
        bits: &'a Bits,
        width: Width,
        sender: Role,
    ) -> Option<Job<'a>> {
        // The product counts twice, so its highest bit does not; a bit is its own share.
        let width = Width::new(width.bits() - 1)?;
        Some(self.bits_job(bits, width, sender))
    }
}

/// Shares of 0 or 1 in a ring, for shares of bits: d + e - 2 d e, with shares of d e from a
/// [`number_job`](Layers::number_job) if it gives one.
pub(super) fn number(
    bits: &Bits,
    width: Width,
    products: Option<&Shares>,
) -> Result<Shares, Fault> {
    match products {
        None if width == Width::BIT => Ok(Shares::new(width, bits.iter())),
        None => Err(MISSING),
        Some(products) => {
            let pairs = paired(bits.iter(), products.values())?;
            Ok(Shares::new(width, pairs.map(|(bit, product)| bit.wrapping_sub(product << 1))))
        }
    }
}

impl Job<'_> {
    fn numbers(&self) -> Option<&[u64]> {
        match &self.own {
            Own::Numbers(numbers) | Own::Both(numbers, _) => Some(numbers),
            Own::Bits(_) => None,
        }
    }

    fn bits(&self) -> Option<&Bits> {
        match &self.own {
            Own::Bits(bits) | Own::Both(_, bits) => Some(bits),
            Own::Numbers(_) => None,
        }
    }

    fn count(&self) -> Result<usize, Fault> {
        match &self.own {
            Own::Numbers(numbers) => Ok(numbers.len()),
            Own::Bits(bits) => Ok(bits.len()),
            Own::Both(numbers, bits) => Ok(paired(numbers.iter(), bits.iter())?.len()),
        }
    }
}
