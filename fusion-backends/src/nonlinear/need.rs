//! What layers use up.

use std::ops::{Add, AddAssign};

use fusion_core::transcript::Role;

use super::layout::LEAF;

/// What is to be prepared for layers: add up what each of them needs. Counted for 64 elements at a
/// time, so that a layer of a few elements needs as much as one of 64. Counts, and what is added up
/// from them, stop at the largest number: nothing of that size can be prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Need {
    /// Tables of 2^(i + 1) entries.
    pub(super) tables: [BySender; LEAF as usize],
    /// Pairs of products of shared bits that share a factor.
    pub(super) triples: usize,
    /// Products of a number and a bit.
    pub(super) products: BySender,
}

/// By the party that sends transfers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct BySender {
    pub(super) client: usize,
    pub(super) server: usize,
}

impl Need {
    /// Random transfers of 1 of 2 that `sender` sends.
    #[must_use]
    pub fn transfers(&self, sender: Role) -> usize {
        let tables = self.tables.iter().zip(1..);
        let tables =
            tables.map(|(tables, bits): (_, usize)| tables.of(sender).saturating_mul(bits));
        let bits = self.triples.saturating_add(self.products.of(sender));
        tables.fold(bits, usize::saturating_add).saturating_mul(64)
    }

    /// Bytes that a party keeps of what is prepared.
    #[must_use]
    pub fn bytes(&self, role: Role) -> u64 {
        let sides = |of: &BySender, sent: usize, received: usize| {
            let sent = of.of(role).saturating_mul(sent);
            sent.saturating_add(of.of(role.peer()).saturating_mul(received))
        };
        let tables = self.tables.iter().zip(1_usize..).fold(0_usize, |sum, (tables, bits)| {
            sum.saturating_add(sides(tables, 2 << bits, bits.saturating_add(2)))
        });
        let triples = self.triples.saturating_mul(7);
        let words = tables.saturating_add(triples).saturating_add(sides(&self.products, 128, 65));
        u64::try_from(words).unwrap_or(u64::MAX).saturating_mul(8)
    }

    fn with(mut self, other: &Self, f: impl Fn(usize, usize) -> usize) -> Self {
        for (to, from) in self.tables.iter_mut().zip(&other.tables) {
            *to = to.with(from, &f);
        }
        self.triples = f(self.triples, other.triples);
        self.products = self.products.with(&other.products, &f);
        self
    }

    /// Whether `have` is enough for it.
    pub(super) fn is_within(&self, have: &Self) -> bool {
        self.counts().zip(have.counts()).all(|(need, have)| need <= have)
    }

    /// Of both; `None` if that is more than can be counted.
    pub(super) fn checked_add(self, other: &Self) -> Option<Self> {
        // A count that stops at the largest number is no count any more.
        let sum = self.with(other, usize::saturating_add);
        sum.counts().all(|count| count < usize::MAX).then_some(sum)
    }

    /// Always as many, in one order.
    fn counts(&self) -> impl Iterator<Item = usize> {
        let tables = self.tables.iter().chain([&self.products]);
        tables.flat_map(|both| [both.client, both.server]).chain([self.triples])
    }

    /// Of `count` elements in words of 64.
    pub(super) fn words(count: usize) -> usize {
        count.div_ceil(64)
    }
}

impl BySender {
    pub(super) fn both(count: usize) -> Self {
        Self { client: count, server: count }
    }

    pub(super) fn of(&self, sender: Role) -> usize {
        if sender == Role::Client { self.client } else { self.server }
    }

    pub(super) fn of_mut(&mut self, sender: Role) -> &mut usize {
        if sender == Role::Client { &mut self.client } else { &mut self.server }
    }

    fn with(self, other: &Self, f: impl Fn(usize, usize) -> usize) -> Self {
        Self { client: f(self.client, other.client), server: f(self.server, other.server) }
    }
}

impl Add for Need {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.with(&other, usize::saturating_add)
    }
}

impl AddAssign for Need {
    fn add_assign(&mut self, other: Self) {
        *self = self.with(&other, usize::saturating_add);
    }
}

impl std::iter::Sum for Need {
    fn sum<I: Iterator<Item = Self>>(needs: I) -> Self {
        needs.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_are_compared_and_added_count_by_count() {
        let mut ones = Need { triples: 1, products: BySender::both(1), ..Need::default() };
        ones.tables = [BySender::both(1); LEAF as usize];
        assert!(ones.is_within(&ones) && Need::default().is_within(&ones));
        let places: [fn(&mut Need) -> &mut usize; 4] = [
            |need| &mut need.triples,
            |need| &mut need.products.client,
            |need| &mut need.products.server,
            |need| &mut need.tables[LEAF as usize - 1].server,
        ];
        for place in places {
            let mut more = ones;
            *place(&mut more) = 2;
            assert!(ones.is_within(&more) && !more.is_within(&ones));
            assert_eq!(more.checked_add(&ones), Some(more + ones));
            *place(&mut more) = usize::MAX;
            assert_eq!(more.checked_add(&ones), None);
        }
    }
}
