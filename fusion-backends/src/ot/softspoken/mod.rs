//! SoftSpokenOT (Roy, CRYPTO 2022, eprint 2022/192): oblivious transfer extension from trees of
//! seeds, secure against a malicious party on either side. For fast networks: 8, 4 or 2 bytes for
//! each transfer, no public-key operations and no round trips after [`setup`].
//!
//! - `tree.rs`: for each k bits of the sender's secret Delta, a tree of 2^k seeds of which the
//!   sender lacks one (figures 13 and 14, with the check).
//! - [`receiver`](SoftSpokenReceiver): expands all 2^k seeds of each tree; the sum of them all is
//!   its choices, the sums by bits of the index are its columns (small-field VOLE, section 3). It
//!   sends the difference between the choices of the first tree and those of each other tree
//!   (subspace VOLE with the repetition code, section 4).
//! - [`sender`](SoftSpokenSender): the same sums without the missing seed give it a column that
//!   differs from the receiver's by choices times bit of Delta, once corrected.
//! - `chunk.rs`: the check that the receiver corrected to the same choices everywhere. Columns,
//!   transposed, are the rows of [`SenderBatch`](super::SenderBatch) and
//!   [`ReceiverBatch`](super::ReceiverBatch).
//!
//! # Security
//!
//! *Against the receiver.* A chunk is columns of n + 1 blocks in GF(2^128), the last of which only
//! masks. When all corrections are fixed, a hash of them gives coefficients c_1, ..., c_n, and the
//! receiver sends the combination of its choices, and a hash of the combinations of its columns.
//! (The paper lets the sender draw the coefficients; the hash, a random oracle, saves the round
//! trip.) Let u_i be the choices that the receiver uses in tree i, and u what it sends. If the
//! combination of u_i is not u, the check passes only if it knows the k bits of Delta of that tree,
//! since the difference times these bits must be what it committed to. Trees with one combination
//! have the same choices, but for a chance of 2^-128 for each of at most 2^11 pairs. So a receiver
//! passes either with the same choices in all trees where it does not guess, or by a chance of
//! 2^-117 for each challenge it tries offline. Delta has 127 secret bits: the lowest one is 1, so that
//! [`silent`](super::silent) can keep choices there. A guess at g of them succeeds with probability
//! 2^-g and ends the session otherwise ([`OtError::Broken`](super::OtError::Broken)); Delta then keeps 127 - g bits, so
//! nothing is won.
//!
//! *Against the sender.* It speaks in [`setup`] only, as the receiver of base transfers, and there it
//! gets one key of each pair whatever it sends. Nothing checks the sender, because nothing it could
//! send later would be used.
//!
//! *Trees* are checked: see `tree.rs`. A wrong tree is again a guess at bits of Delta.
//!
//! *Leakage.* Whether the checks passed, which is at most one bit of Delta for each bit guessed.
//! Rows must reach others only through the hash of `hash.rs`;
//! [`send_xor`](super::correlated::send_xor) gives them out raw, and says so.
//!
//! Assumes: the base transfers (see `base.rs`); BLAKE3 as a random oracle; AES-128 as a
//! pseudorandom permutation (streams) and as an ideal cipher (the hash; see `hash.rs` for how many
//! bits that leaves). No more than 2^40 transfers are prepared at a time.

mod chunk;
mod receiver;
mod sender;
mod setup;
mod tree;

#[cfg(test)]
mod tests;

pub use receiver::SoftSpokenReceiver;
pub use sender::SoftSpokenSender;
pub(super) use setup::setup_for;
pub use setup::{SoftSpoken, setup};

use super::Block;

/// How deep the trees are: more work for fewer bytes. Both parties must use the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// 64 trees of 4 leaves: 7.9 bytes and 2 AES calls for each transfer.
    Two,
    /// 32 trees of 16 leaves: 3.9 bytes and 4 AES calls for each transfer.
    #[default]
    Four,
    /// 16 trees of 256 leaves: 1.9 bytes and 32 AES calls for each transfer.
    Eight,
}

impl Depth {
    /// Bits of the secret that a tree hides.
    pub(super) const fn bits(self) -> usize {
        match self {
            Self::Two => 2,
            Self::Four => 4,
            Self::Eight => 8,
        }
    }

    pub(super) const fn trees(self) -> usize {
        match self {
            Self::Two => 64,
            Self::Four => 32,
            Self::Eight => 16,
        }
    }
}
