//! How large an iteration is, and why that is enough.
//!
//! The choices of an iteration are A s + e, for a public random matrix A with n rows of ten entries, a
//! secret s of k bits and a noise e with a 1 in each of t runs of n / t bits: LPN with regular noise.
//! With k = 163,840, t = 3072 and n = 2^10 t = 3,145,728 there is a 1 in 1024 bits, and there are
//! 19.2 rows for each entry of s. What attacks cost, in bits. `estimate.rs` computes them all and fails
//! if one is too cheap. All are estimates, of operations, with memory free, and all sparse systems solved
//! in time quadratic in their size (Wiedemann).
//!
//! | attack | bits |
//! | --- | --- |
//! | few rows in few entries, decoded with up to five errors: sets that a local search finds, .598 k entries | 153 |
//! | the same with the smallest set that exists, found for nothing: .573 k entries | 147 |
//! | the same without errors: .573 k entries | 133 + 37 |
//! | the same in a random set: .720 k entries | 167 + 37 |
//! | the whole code: guess k rows without noise and solve (Gauss, pooled Gauss, Prange) | 231, without solving |
//! | quadratic equations: no two 1 in a run (Briaud and Oygarden, eprint 2023/176), with guessed zeros | 168 |
//!
//! - *Few entries.* With ten entries in a row, x^10 n rows lie within x k entries. If that is as many,
//!   x = (k/n)^(1/9), these alone can be guessed and solved: .72 k rows instead of k. A local search
//!   (drop the entry that is in the fewest rows, take the one that brings back the most, never the one
//!   that was just moved) leaves .598 k, in a second. A count of all sets (first moment) says that
//!   none with less than .573 k entries is expected. Of |S| + 64 rows within a set S, one run of block
//!   Wiedemann gives the 64 sums in which s cancels, and so a code of length |S| + 64 and redundancy 64,
//!   which Stern's algorithm decodes if there are few errors in it: the probability of five is
//!   2^26 times that of none, and to find them costs little beside Wiedemann's algorithm. The
//!   test takes the best numbers of errors. It favours the attacker throughout: each try has a new set
//!   as good as the best, for nothing. This is our own analysis. A table of 2^17 entries, with the same
//!   noise, has less than 2^123 by it, and so have the sizes of Ferret's implementation, with up to 80
//!   rows for each entry and a 1 in 2048 or 8192 bits: less than 100 bits even without errors.
//! - *Information sets in the whole code.* Better algorithms than Prange's save little when the noise is as
//!   sparse as this: their exponent comes down to Prange's (Canto Torres and Sendrier, PQCrypto 2016).
//!   The same arithmetic as above, for all k entries, gives 243 with solving. Liu, Wang, Yang and Yu (eprint
//!   2022/712) find the costs of Gauss, decoding and statistical decoding for such parameters to be
//!   about that of Gauss.
//! - *Regular noise*: Esser and Santini (eprint 2023/1568) make information sets that know of one 1 in
//!   each run. Rows from each run alike are without noise with probability (1 - k/n)^t = 2^-237, which is
//!   less than the 2^-231 of any rows, so what regularity adds is the smaller lists; the test leaves lists
//!   out where it favours the attacker. Hybrids that guess zeros and solve the rest by quadratic
//!   equations are in the last row, which takes the best number of guesses. Eprints 2025/1284 and
//!   2025/1476 are named to us as attacks on regular noise; we have neither read them nor run their
//!   estimators, so nothing here speaks of them. That row has a margin of 40 bits.
//! - *Quadratic equations.* The cost is the degree of regularity from the Hilbert series of that paper
//!   over GF(2), with the best number of guessed zeros; then the square of the number of monomials,
//!   times three times the 121 terms of a product of two sparse rows (dense rows would cost more).
//! - *Sums of few rows that cancel all entries* (linear tests, statistical decoding). From the sets above come
//!   sums of about half of their rows, some .29 k, which need 2^(2 * 0.0028 * .29 k) = 2^266 of them.
//!   Much lighter sums exist; to find one is a search for a light word in a code of
//!   length n, for which we know nothing better than the above. So the distance of the code alone
//!   proves nothing here, nor does it for other sizes with ten entries.
//!
//! *Leakage.* A malicious sender that gets c bits of noise, with probability 2^-c, gains at most the
//! factor 2^c in each of these, which is what the risk has cost it. *Many iterations.* Each has a secret
//! and a matrix of its own; whoever attacks N of them gains a factor N.
//!
//! Places are drawn with replacement, so that one row in 3600 has fewer than ten entries, and none is
//! likelier than another by more than 2^-11 of its probability.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "on constants; the compiler computes what `Size::STANDARD` gives"
)]

/// Rows of an iteration that are spent on its check.
pub(super) const CHECK: usize = 128;

/// Trees that are checked with the same coefficients. Their leaves are 128 KiB.
pub(super) const GROUP: usize = 8;

/// Of an iteration. The names of the papers: k entries, t trees, n rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    /// Entries of the table, which is the secret of the LPN problem.
    pub(super) table: usize,
    /// log2 of the leaves of a tree, one of which is noise: levels of the tree.
    pub(super) levels: u32,
    /// Trees.
    pub(super) trees: usize,
}

impl Size {
    /// See above on why this is enough.
    pub(super) const STANDARD: Self = Self { table: 5 << 15, levels: 10, trees: 3072 };

    /// Leaves of a tree.
    pub(super) const fn leaves(self) -> usize {
        1 << self.levels
    }

    /// Rows that the levels of all trees take.
    pub(super) const fn level_rows(self) -> usize {
        self.trees * self.levels as usize
    }

    /// Rows that an iteration takes.
    pub(super) const fn taken(self) -> usize {
        self.table + self.level_rows() + CHECK
    }

    /// Trees whose leaves are kept for the next iteration: the last ones.
    pub(super) const fn kept(self) -> usize {
        self.taken().div_ceil(self.leaves())
    }

    /// Trees whose leaves become transfers.
    pub(super) const fn given(self) -> usize {
        self.trees - self.kept()
    }

    /// Transfers of an iteration.
    pub(super) const fn transfers(self) -> usize {
        self.given() * self.leaves()
    }

    /// Trees of the group from number `first`.
    pub(super) fn group(self, first: usize) -> usize {
        (self.trees - first).min(GROUP)
    }

    /// Bytes of the message for the group from number `first`.
    pub(super) fn message(self, first: usize) -> usize {
        self.group(first) * self.levels as usize * 16
    }

    /// For domain separation.
    pub(super) fn bytes(self) -> [u8; 16] {
        let number = |number: usize, at: u32| (number as u128) << at;
        let numbers =
            number(self.table, 0) | number(self.levels as usize, 32) | number(self.trees, 64);
        numbers.to_le_bytes()
    }
}
