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
use super::error::Fault;
use super::need::{BySender, Need};
use super::shares::{Bits, Shares};
use super::wire::{self, Outgoing};
use crate::cheetah::ot::Width;

/// Products to be taken, one for each element.
pub(super) struct Job<'a> {
    pub(super) width: Width,
    /// Where this party has the numbers.
    pub(super) numbers: Option<Zeroizing<Vec<u64>>>,
    /// Where this party has the bits.
    pub(super) bits: Option<&'a Bits>,
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
    pub(super) fn select(&mut self, pairs: &[(&Bits, &Shares)]) -> Result<Vec<Shares>, Fault> {
        // (d + e - 2 d e)(x + y) = d x + e y + e (1 - 2 d) x + d (1 - 2 e) y
        let signed = |bits: &Bits, shares: &Shares| {
            let signs = bits.iter().zip(shares.values());
            signs.map(|(bit, share)| (share ^ bit.wrapping_neg()).wrapping_add(bit)).collect()
        };
        let jobs = pairs.iter().map(|(bits, shares)| Job {
            width: shares.width(),
            numbers: Some(Zeroizing::new(signed(bits, shares))),
            bits: Some(bits),
        });
        let products = self.products(&jobs.collect::<Vec<_>>())?;
        let selected = pairs.iter().zip(products).map(|((bits, shares), products)| {
            let own =
                bits.iter().zip(shares.values()).map(|(bit, share)| share & bit.wrapping_neg());
            let sums = own.zip(products.values()).map(|(own, product)| own.wrapping_add(*product));
            Shares::new(shares.width(), sums)
        });
        Ok(selected.collect())
    }

    /// Shares of the products, in one message each way.
    pub(super) fn products(&mut self, jobs: &[Job<'_>]) -> Result<Vec<Shares>, Fault> {
        let mut outgoing = Outgoing::default();
        let mut prepared = Vec::with_capacity(jobs.len());
        for job in jobs {
            let (count, words) = (job.count(), Need::words(job.count()));
            let sums = match job.bits {
                None => Zeroizing::default(),
                Some(bits) => {
                    let sums = self.material.sums(words)?;
                    let random = sums.iter().step_by(65);
                    outgoing.plane(count, bits.words().iter().zip(random).map(|(bit, c)| bit ^ c));
                    sums
                }
            };
            let differences = match &job.numbers {
                None => Zeroizing::default(),
                Some(numbers) => {
                    let prepared = self.material.differences(words)?;
                    let differences = prepared.chunks_exact(128).flat_map(|word| &word[64..]);
                    let hidden: Vec<_> =
                        numbers.iter().zip(differences).map(|(x, d)| x.wrapping_sub(*d)).collect();
                    outgoing.numbers(job.width, &hidden);
                    prepared
                }
            };
            prepared.push((sums, differences));
        }
        outgoing.send(self.stream)?;

        let mut products = Vec::with_capacity(jobs.len());
        for (job, (sums, differences)) in jobs.iter().zip(prepared) {
            let mut shares = Zeroizing::new(vec![0; job.count()]);
            if let Some(numbers) = &job.numbers {
                let flips = wire::planes(self.stream, 1, job.count())?;
                let runs = shares.chunks_mut(64).zip(numbers.chunks(64));
                for ((run, flip), pads) in runs.zip(&flips).zip(differences.chunks_exact(128)) {
                    for (at, ((share, number), pad)) in
                        run.0.iter_mut().zip(run.1).zip(pads).enumerate()
                    {
                        // X + s if flipped, else -s.
                        let flip = (flip >> at & 1).wrapping_neg();
                        *share = (pad ^ !flip).wrapping_sub(!flip).wrapping_add(number & flip);
                    }
                }
            }
            if let Some(bits) = job.bits {
                let hidden = wire::numbers(self.stream, job.width, job.count())?;
                let runs = shares.chunks_mut(64).zip(hidden.chunks(64));
                for ((run, own), sums) in runs.zip(bits.words()).zip(sums.chunks_exact(65)) {
                    let (random, sums) = (sums[0], &sums[1..]);
                    for (at, ((share, hidden), sum)) in
                        run.0.iter_mut().zip(run.1).zip(sums).enumerate()
                    {
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
        let needed = jobs.each_ref().map(Option::is_some);
        let mut products =
            self.products(&jobs.into_iter().flatten().collect::<Vec<_>>())?.into_iter();
        Ok(needed.map(|needed| if needed { products.next() } else { None }))
    }

    /// The products of own bits, where `sender`'s are the numbers.
    pub(super) fn bits_job<'a>(&self, bits: &'a Bits, width: Width, sender: Role) -> Job<'a> {
        if self.material.role() == sender {
            Job { width, numbers: Some(Zeroizing::new(bits.iter().collect())), bits: None }
        } else {
            Job { width, numbers: None, bits: Some(bits) }
        }
    }

    /// The products that [`number`] takes, where `sender` has the numbers.
    pub(super) fn number_job<'a>(
        &self,
        bits: &'a Bits,
        width: Width,
        sender: Role,
    ) -> Option<Job<'a>> {
        // The product counts twice, so its highest bit does not.
        let width = Width::new(width.bits().wrapping_sub(1))?;
        Some(self.bits_job(bits, width, sender))
    }
}

/// Shares of 0 or 1 in a ring, for shares of bits: d + e - 2 d e, with shares of d e from a
/// [`number_job`](Layers::number_job) if it gives one.
pub(super) fn number(bits: &Bits, width: Width, products: Option<&Shares>) -> Shares {
    match products {
        None => Shares::new(width, bits.iter()),
        Some(products) => {
            let pairs = bits.iter().zip(products.values());
            Shares::new(width, pairs.map(|(bit, product)| bit.wrapping_sub(product << 1)))
        }
    }
}

impl Job<'_> {
    fn count(&self) -> usize {
        match (&self.numbers, self.bits) {
            (Some(numbers), _) => numbers.len(),
            (None, Some(bits)) => bits.len(),
            (None, None) => 0,
        }
    }
}
