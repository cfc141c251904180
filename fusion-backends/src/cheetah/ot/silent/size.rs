//! How large an iteration is, and why that is enough.
//!
//! The choices of an iteration are A s + e, for a public random matrix A with n rows of ten entries, a
//! secret s of k bits and a noise e with a 1 in each of t runs of n / t bits: LPN with regular noise.
//! With k = 2^17, t = 3072 and n = 2^10 t = 3,145,728 there is a 1 in 1024 bits, and there are
//! 24 rows for each entry of s. What attacks cost, in bits. `estimate.rs` computes all but the third
//! and fails if one is too cheap. All are estimates, of operations, with memory free, and all sparse
//! systems solved in time quadratic in their size (Wiedemann).
//!
//! | attack | bits |
//! | --- | --- |
//! | guess k rows without noise and solve (Gauss, pooled Gauss; as information set decoding: Prange) | 184, without solving |
//! | the same with only those rows that lie in a set of .70 k entries, random sets | 130 + 37 |
//! | the same with the best sets that we find: .593 k entries | 110 + 37 |
//! | the same with the smallest set that exists, found for nothing: .556 k entries | 103 + 37 |
//! | quadratic equations: no two 1 in a run (Briaud and Oygarden, eprint 2023/176) | 135 |
//!
//! - *Information sets.* Better algorithms than Prange's save little when the noise is as sparse as
//!   this: their exponent comes down to Prange's (Canto Torres and Sendrier, PQCrypto 2016). The table
//!   leaves 56 bits for that and for the use of regularity. Liu, Wang, Yang and Yu (eprint 2022/712)
//!   find the costs of Gauss, decoding and statistical decoding for such parameters to be about that
//!   of Gauss.
//! - *Sparseness.* With ten entries in a row, x^10 n rows lie within x k entries. If that is as many,
//!   x = (k/n)^(1/9), these alone can be guessed and solved: .70 k rows instead of k. Dropping, again
//!   and again, the entry that is in the fewest rows leaves .593 k, in seconds. A count of all sets
//!   (first moment) says that none with less than .556 k entries is expected. This is our own
//!   analysis. It is the reason not to use the sizes of Ferret's implementation, with up to 80 rows
//!   for each entry and a 1 in 2048 or 8192 bits: by this arithmetic they have less than 100 bits.
//! - *Quadratic equations.* The cost is the degree of regularity from the Hilbert series of that paper
//!   over GF(2), with the best number of guessed zeros; then the square of the number of monomials,
//!   times three times the 121 terms of a product of two sparse rows (dense rows would cost more).
//!   Degree 4, nothing guessed: 2^63.3 monomials.
//! - *Sums of few rows that cancel all entries* (linear tests, statistical decoding). From the sets above come
//!   sums of some .35 k rows, which need 2^(2 * 0.0028 * .35 k) = 2^259 of them. Sums of about .08 k
//!   rows exist, and 2^60 of those would do; to find one is a search for a light word in a code of
//!   length n, for which we know nothing better than the above. So the distance of the code alone
//!   proves nothing here, nor does it for other sizes with ten entries.
//!
//! *Leakage.* A malicious sender that gets c bits of noise, with probability 2^-c, gains at most the
//! factor 2^c in each of these, which is what the risk has cost it. *Many iterations.* Each has a secret and a matrix of its own; whoever
//! attacks N of them gains a factor N.
//!
//! Places are drawn with replacement, so that one row in 2900 has fewer than ten entries.

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
    pub(super) const fn table(self) -> usize {
        1_usize.wrapping_shl(self.table_bits)
    }

    /// Leaves of a tree.
    pub(super) const fn leaves(self) -> usize {
        1_usize.wrapping_shl(self.levels)
    }

    /// Rows that the levels of all trees take.
    pub(super) const fn level_rows(self) -> usize {
        self.trees.saturating_mul(self.levels as usize)
    }

    /// Rows that an iteration takes.
    pub(super) const fn taken(self) -> usize {
        self.table().saturating_add(self.level_rows()).saturating_add(CHECK)
    }

    /// Trees whose leaves are kept for the next iteration: the last ones.
    pub(super) const fn kept(self) -> usize {
        self.taken().div_ceil(self.leaves())
    }

    /// Trees whose leaves become transfers.
    pub(super) const fn given(self) -> usize {
        self.trees.saturating_sub(self.kept())
    }

    /// Transfers of an iteration.
    pub(super) const fn transfers(self) -> usize {
        self.given().saturating_mul(self.leaves())
    }

    /// Trees of the group from number `first`.
    pub(super) fn group(self, first: usize) -> usize {
        self.trees.saturating_sub(first).min(GROUP)
    }

    /// Bytes of the message for the group from number `first`.
    pub(super) fn message(self, first: usize) -> usize {
        self.group(first).saturating_mul(self.levels as usize).saturating_mul(16)
    }

    /// For domain separation.
    pub(super) fn bytes(self) -> [u8; 16] {
        let [a, b, c, d] = self.table_bits.to_le_bytes();
        let [e, f, g, h] = self.levels.to_le_bytes();
        let [i, j, k, l, m, n, o, p] = u64::try_from(self.trees).unwrap_or(u64::MAX).to_le_bytes();
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
    }
}
