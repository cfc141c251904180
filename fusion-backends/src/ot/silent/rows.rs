//! The rows that an iteration takes.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "there are as many rows as the size says: see `Rows::new`"
)]

use zeroize::{Zeroize, Zeroizing};

use super::Block;
use super::size::{CHECK, Size};
use crate::ot::error::OtError;

/// Rows for the table, for the levels of all trees, for the check, in this order.
pub(super) struct Rows {
    size: Size,
    all: Zeroizing<Vec<Block>>,
}

impl Rows {
    /// There may be more than an iteration takes; they are not used.
    pub(super) fn new(size: Size, all: Zeroizing<Vec<Block>>) -> Result<Self, OtError> {
        if all.len() < size.taken() {
            return Err(OtError::Internal("too few rows for an iteration"));
        }
        Ok(Self { size, all })
    }

    /// One row for each level of each tree.
    pub(super) fn levels(&self) -> &[Block] {
        &self.all[self.size.table..][..self.size.level_rows()]
    }

    pub(super) fn check(&self) -> &[Block] {
        &self.all[self.size.table + self.size.level_rows()..][..CHECK]
    }

    /// The table, in the memory of all rows. The others are overwritten.
    pub(super) fn into_table(mut self) -> Zeroizing<Vec<Block>> {
        self.all[self.size.table..].zeroize();
        self.all.truncate(self.size.table);
        self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { table: 5, levels: 2, trees: 3 };

    fn rows(count: usize) -> Result<Rows, OtError> {
        Rows::new(SIZE, Zeroizing::new((0..count as Block).collect()))
    }

    #[test]
    fn each_row_has_one_use() {
        let rows = rows(SIZE.taken() + 9).unwrap();
        assert_eq!(rows.levels(), (5..11).collect::<Vec<_>>());
        assert_eq!(rows.check(), (11..11 + 128).collect::<Vec<_>>());
        assert_eq!(*rows.into_table(), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn a_row_too_few_is_an_error() {
        assert!(rows(SIZE.taken()).is_ok());
        for count in [SIZE.taken() - 1, SIZE.table, 0] {
            assert!(matches!(rows(count), Err(OtError::Internal(_))));
        }
    }
}
