//! The rows of an iteration, made a tree at a time, when they are needed.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "trees and leaves are as many as the size says, and nothing is the peer's"
)]

use zeroize::Zeroizing;

use super::size::Size;
use super::tree::Trees;
use crate::ot::Block;
use crate::ot::domain::Domain;
use crate::ot::error::OtError;
use crate::ot::kernel::Key;

/// Row j of an iteration is leaf j, plus the entries of the table that line j of the matrix says.
/// All that is kept are the trees and the table.
pub(super) struct Expansion<T> {
    size: Size,
    trees: T,
    table: Zeroizing<Vec<Block>>,
    matrix: Key,
    /// The next tree.
    next: usize,
}

impl<T: Trees> Expansion<T> {
    pub(super) fn new(
        size: Size,
        domain: &Domain,
        trees: T,
        table: Zeroizing<Vec<Block>>,
    ) -> Result<Self, OtError> {
        if table.len() != size.table {
            return Err(OtError::Internal("a table of another size"));
        }
        Ok(Self { size, trees, table, matrix: domain.after("matrix", &[]).cipher(), next: 0 })
    }

    /// Makes the rows of the next tree, if there is one that is not kept for the next iteration.
    pub(super) fn more(&mut self, rows: &mut Vec<Block>) -> bool {
        let some = self.next < self.size.given();
        if some {
            self.tree(rows);
        }
        some
    }

    /// The rows that are kept for the next iteration.
    pub(super) fn kept(mut self) -> Zeroizing<Vec<Block>> {
        let count = self.size.kept() * self.size.leaves();
        let mut rows = Zeroizing::new(Vec::with_capacity(count));
        for _ in 0..self.size.kept() {
            self.tree(&mut rows);
        }
        rows
    }

    fn tree(&mut self, rows: &mut Vec<Block>) {
        let (start, leaves) = (rows.len(), self.size.leaves());
        rows.resize(start + leaves, 0);
        let rows = &mut rows[start..];
        self.trees.leaves(self.next, rows);
        self.matrix.gather((self.next * leaves) as u64, &self.table, rows);
        self.next += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::Said;
    use super::super::tree::Whole;
    use super::*;

    /// Whoever changes what is sent or made must say so, in the domain.
    #[test]
    fn trees_rows_and_coefficients_are_as_they_always_were() {
        let size = Size { table: 8, levels: 4, trees: 20 };
        let domain = Domain::session(b"known", 1);
        let roots = Zeroizing::new((1..=20).map(|root: Block| root << 100 | root).collect());
        let trees = Whole::new(domain.after("trees", &[]).cipher(), 0x1234_5679, roots);
        let (mut hasher, mut leaves) = (blake3::Hasher::new(), [0; 16]);
        for tree in 0..20 {
            trees.grow(tree, &mut leaves, |left| {
                hasher.update(&left.to_le_bytes());
            });
        }
        let table = Zeroizing::new((0..8).map(|entry: Block| entry << 70 | 6).collect());
        let mut rows = Vec::new();
        let mut expansion = Expansion::new(size, &domain, trees, table).unwrap();
        while expansion.more(&mut rows) {}
        rows.extend_from_slice(&expansion.kept());
        let mut said = Said::nothing(domain);
        rows.extend(said.group(b"some", size));
        rows.extend(said.trees(size));
        rows.iter().for_each(|row| _ = hasher.update(&row.to_le_bytes()));
        hasher.update(&said.digest(&[7; 16], 99));
        let known = "1cca54fdadb1769df993f6b28b04d62465c3a173ed06e294b2fffe5c54c8c388";
        assert_eq!(hasher.finalize().to_hex().as_str(), known);
    }

    #[test]
    fn an_entry_too_few_is_an_error() {
        let size = Size { table: 8, levels: 4, trees: 20 };
        let domain = Domain::session(b"short", 0);
        for entries in [7, 9] {
            let trees = Whole::new(domain.cipher(), 1, Zeroizing::new(vec![3; 20]));
            let table = Zeroizing::new(vec![5; entries]);
            let made = Expansion::new(size, &domain, trees, table);
            assert!(matches!(made, Err(OtError::Internal(_))));
        }
    }
}
