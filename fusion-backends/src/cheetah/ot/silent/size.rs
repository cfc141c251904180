//! How large an iteration is.

/// Rows of an iteration that are spent on its check.
pub(super) const CHECK: usize = 128;

/// Trees that are checked with the same coefficients. Their leaves are 128 KiB.
pub(super) const GROUP: usize = 8;

/// Of an iteration. The names of the papers: k entries, t trees, n rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    /// log2 of the entries of the table, which is the secret of the LPN problem.
    pub(super) table_bits: u32,
    /// log2 of the leaves of a tree, one of which is noise: levels of the tree.
    pub(super) levels: u32,
    /// Trees.
    pub(super) trees: usize,
}

impl Size {
    /// See `lpn.rs` on why this is enough.
    pub(super) const STANDARD: Self = Self { table_bits: 17, levels: 10, trees: 3072 };

    /// Entries of the table.
    pub(super) fn table(self) -> usize {
        1_usize.wrapping_shl(self.table_bits)
    }

    /// Leaves of a tree.
    pub(super) fn leaves(self) -> usize {
        1_usize.wrapping_shl(self.levels)
    }

    /// Rows that the levels of all trees take.
    pub(super) fn level_rows(self) -> usize {
        self.trees.saturating_mul(self.levels as usize)
    }

    /// Rows that an iteration takes.
    pub(super) fn taken(self) -> usize {
        self.table().saturating_add(self.level_rows()).saturating_add(CHECK)
    }

    /// Trees whose leaves are kept for the next iteration: the last ones.
    pub(super) fn kept(self) -> usize {
        self.taken().div_ceil(self.leaves())
    }

    /// Trees whose leaves become transfers.
    pub(super) fn given(self) -> usize {
        self.trees.saturating_sub(self.kept())
    }

    /// For domain separation.
    pub(super) fn bytes(self) -> [u8; 16] {
        let [a, b, c, d] = self.table_bits.to_le_bytes();
        let [e, f, g, h] = self.levels.to_le_bytes();
        let [i, j, k, l, m, n, o, p] = u64::try_from(self.trees).unwrap_or(u64::MAX).to_le_bytes();
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
    }
}
