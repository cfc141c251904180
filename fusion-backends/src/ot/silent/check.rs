//! The check of an iteration, after the consistency check of Ferret: one random linear combination of
//! all leaves. The coefficients are a hash of what the sender has said.
//!
//! Leaf j of tree i has the coefficient c_i d_j. The d are drawn anew for each group of trees, when
//! its message is fixed, so that the sender can combine leaves while it grows them; the c when all
//! are. Let u be the choices, one for each tree: the receiver's leaves w are the sender's v plus
//! u Delta, so W = V + f Delta, where W, V and f combine w, v and u. The receiver sends f, masked with
//! the choices of 128 rows; these rows, added up as the bits of a block, make up for f Delta. Then
//! both have the same sum, and the sender sends its hash.

use zeroize::Zeroize;

use super::size::Size;
use crate::ot::Block;
use crate::ot::domain::Domain;
use crate::ot::kernel::double;

/// What the sender has said in an iteration.
pub(super) struct Said {
    domain: Domain,
    hash: [u8; 32],
}

impl Said {
    pub(super) fn nothing(domain: Domain) -> Self {
        Self { domain, hash: [0; 32] }
    }

    /// Takes the message of a group of trees. Gives the coefficients of the leaves of each.
    pub(super) fn group(&mut self, message: &[u8], size: Size) -> Vec<Block> {
        let mut hasher = self.domain.hasher("group");
        hasher.update(&self.hash).update(message);
        self.hash = hasher.finalize().into();
        self.draw("leaf coefficients", size.leaves())
    }

    /// The coefficients of the trees.
    pub(super) fn trees(&self, size: Size) -> Vec<Block> {
        self.draw("tree coefficients", size.trees)
    }

    /// What both parties must have the same of.
    pub(super) fn digest(&self, answer: &[u8; 16], mut sum: Block) -> [u8; 32] {
        let mut bytes = sum.to_le_bytes();
        let mut hasher = self.domain.hasher("sum");
        hasher.update(&self.hash).update(answer).update(&bytes);
        let digest = hasher.finalize().into();
        hasher.zeroize();
        bytes.zeroize();
        sum.zeroize();
        digest
    }

    fn draw(&self, label: &str, count: usize) -> Vec<Block> {
        let mut coefficients = vec![0; count];
        self.domain.after(label, &[&self.hash]).cipher().stream(0, &mut coefficients);
        coefficients
    }
}

/// Rows as the bits of a block: row i times x^i, added up.
pub(super) fn as_bits(rows: &[Block]) -> Block {
    rows.iter().rev().fold(0, |sum, row| double(sum) ^ row)
}
