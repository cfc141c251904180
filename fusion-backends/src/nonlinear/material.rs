//! What is prepared before the inputs are known, and how layers take it.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "lengths are our own, never the peer's"
)]

use fusion_core::transcript::Role;
use zeroize::Zeroizing;

use super::error::{Fault, MISSING};
use super::layout::LEAF;
use super::lengths::{paired, records};
use super::need::Need;
use crate::ot::pool::Pool;

/// Words of a pair of products: a, b, b', and shares of a b and a b'.
pub(super) const TRIPLE: usize = 5;

/// What a party holds for layers to come; each part is used once and overwritten then. Grows by
/// [`prepare`](Self::prepare). Memory: about 45 bytes for each ReLU of 32 bits.
pub struct Material {
    role: Role,
    broken: bool,
    have: Need,
    /// By the size of the table.
    pub(super) tables: [Sides; LEAF as usize],
    pub(super) triples: Sides,
    pub(super) products: Sides,
}

/// What this party holds as the sender of transfers, and as their receiver.
#[derive(Default)]
pub(super) struct Sides {
    pub(super) sent: Pool<u64>,
    pub(super) received: Pool<u64>,
}

impl Material {
    /// For the party of this role.
    #[must_use]
    pub fn new(role: Role) -> Self {
        let (tables, triples, products) = Default::default();
        Self { role, broken: false, have: Need::default(), tables, triples, products }
    }

    /// Which party holds it.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// What is prepared and not used.
    #[must_use]
    pub fn prepared(&self) -> Need {
        self.have
    }

    /// Whether so much is prepared.
    #[must_use]
    pub fn suffices(&self, need: &Need) -> bool {
        need.is_within(&self.have)
    }

    pub(super) fn is_broken(&self) -> bool {
        self.broken
    }

    pub(super) fn break_off(&mut self) {
        self.broken = true;
    }

    /// `words` tables of 2^`bits` entries, for each of which: two words for each entry.
    pub(super) fn tables(&mut self, bits: u32, words: usize) -> Result<Taken, Fault> {
        let role = self.role;
        let (sides, have) = self.tables_of(bits, role)?;
        use_up(have, words)?;
        Ok(sides.sent.take(words * (2 << bits))?)
    }

    /// The other end of [`tables`](Self::tables): words of the choice, then two for its entry.
    pub(super) fn choices(&mut self, bits: u32, words: usize) -> Result<Taken, Fault> {
        let peer = self.role.peer();
        let (sides, have) = self.tables_of(bits, peer)?;
        use_up(have, words)?;
        Ok(sides.received.take(words * (bits as usize + 2))?)
    }

    fn tables_of(&mut self, bits: u32, sender: Role) -> Result<(&mut Sides, &mut usize), Fault> {
        let at = (bits as usize).checked_sub(1).ok_or(MISSING)?;
        let sides = self.tables.get_mut(at).ok_or(MISSING)?;
        let have = self.have.tables.get_mut(at).ok_or(MISSING)?;
        Ok((sides, have.of_mut(sender)))
    }

    /// Shares of a, b, b', a b and a b', [`TRIPLE`] words together.
    pub(super) fn triples(&mut self, words: usize) -> Result<Taken, Fault> {
        use_up(&mut self.have.triples, words)?;
        let sent = self.triples.sent.take(words * 4)?;
        let received = self.triples.received.take(words * 3)?;
        let mut triples = Zeroizing::new(Vec::with_capacity(words * TRIPLE));
        let both = paired(records(&sent, words)?, records(&received, words)?)?;
        for ([b, b2, c, c2], [a, d, d2]) in both {
            triples.extend([*a, *b, *b2, a & b ^ c ^ d, a & b2 ^ c2 ^ d2]);
        }
        Ok(triples)
    }

    /// For products whose number this party has: 64 sums, then 64 differences, and so on.
    pub(super) fn differences(&mut self, words: usize) -> Result<Taken, Fault> {
        use_up(self.have.products.of_mut(self.role), words)?;
        Ok(self.products.sent.take(words * 128)?)
    }

    /// The other end of [`differences`](Self::differences): a word of bits, then 64 sums, and so on.
    pub(super) fn sums(&mut self, words: usize) -> Result<Taken, Fault> {
        use_up(self.have.products.of_mut(self.role.peer()), words)?;
        Ok(self.products.received.take(words * 65)?)
    }

    /// What there is once `need` is made too; `None` if that cannot be counted.
    pub(super) fn with(&self, need: &Need) -> Option<Need> {
        self.have.checked_add(need)
    }

    /// Counts what was made.
    pub(super) fn set_prepared(&mut self, have: Need) {
        self.have = have;
    }

    /// Every pool, and how many words of it are for `need`: at most `usize::MAX`, for which there is no
    /// room.
    pub(super) fn pools(&mut self, need: &Need) -> impl Iterator<Item = (&mut Pool<u64>, usize)> {
        let (own, peer) = (self.role, self.role.peer());
        let tables = self.tables.iter_mut().zip(need.tables).zip(1..);
        let tables = tables.map(move |((sides, tables), bits): (_, usize)| {
            (sides, [(tables.of(own), 2 << bits), (tables.of(peer), bits + 2)])
        });
        let [triples, sent, received] =
            [need.triples, need.products.of(own), need.products.of(peer)];
        let others = [
            (&mut self.triples, [(triples, 4), (triples, 3)]),
            (&mut self.products, [(sent, 128), (received, 65)]),
        ];
        tables.chain(others).flat_map(|(sides, counts)| {
            let words = counts.map(|(count, each)| count.saturating_mul(each));
            [&mut sides.sent, &mut sides.received].into_iter().zip(words)
        })
    }
}

fn use_up(have: &mut usize, words: usize) -> Result<(), Fault> {
    *have = have.checked_sub(words).ok_or(MISSING)?;
    Ok(())
}

pub(super) type Taken = Zeroizing<Vec<u64>>;

impl std::fmt::Debug for Material {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Material")
            .field("role", &self.role)
            .field("prepared", &self.have)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A count that says more than there is, or less, is found, and gives no zeros.
    #[test]
    fn what_is_missing_is_an_error() {
        let missing = |taken: Result<Taken, Fault>| matches!(taken, Err(Fault::Internal(_)));
        let mut nothing = Material::new(Role::Client);
        assert!(missing(nothing.tables(1, 1)));
        assert!(missing(nothing.choices(1, 1)));
        for bits in [0, 4, u32::MAX] {
            assert!(missing(nothing.tables(bits, 0)));
            assert!(missing(nothing.choices(bits, 0)));
        }
        assert!(missing(nothing.triples(1)));
        assert!(missing(nothing.differences(1)));
        assert!(missing(nothing.sums(1)));

        let mut counted = Material::new(Role::Client);
        counted.set_prepared(Need { triples: 2, ..Need::default() });
        counted.triples.sent.grow(8).extend([0; 8]);
        counted.triples.received.grow(5).extend([0; 5]);
        assert_eq!(counted.triples(1).unwrap().len(), TRIPLE);
        assert!(missing(counted.triples(1)));
    }
}
