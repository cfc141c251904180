//! Silent oblivious transfer extension: Ferret (Yang, Weng, Lan, Zhang and Wang, CCS 2020, eprint
//! 2020/924) with half trees (eprint 2022/1431), secure against a malicious party on either side. For
//! slow networks: 0.17 bytes for each transfer, in iterations of 2,950,144 transfers.
//!
//! An iteration makes many rows from few, which for the first iteration are SoftSpokenOT's and for
//! each later one are kept from the one before it:
//!
//! - `tree.rs`: trees whose leaves the sender and the receiver have in common, but for one leaf of
//!   each tree, which differs by Delta and is unknown to the receiver. That is a row for each leaf, with
//!   choices that are nearly all 0: the noise. The rows spent on the levels say which leaf it is.
//! - `expansion.rs`: to the row of each leaf are added ten rows out of a table of 163,840, at the places
//!   that a public matrix says. By the LPN assumption the choices are then as good as random:
//!   `size.rs` has the numbers.
//! - `check.rs`: the check that the sender grew all trees rightly and with its one secret.
//!
//! An iteration takes three messages: 16 bytes for each level of each tree (480 KiB) to the receiver,
//! 16 bytes back, 32 bytes to the receiver. The first also takes 194,688 rows of SoftSpokenOT at
//! depth 8, 370 KB to the sender. Nothing else is sent: within an iteration,
//! [`prepare`](super::OtSender::prepare) only computes.
//!
//! The lowest bit of a row is the choice: 0 in q and b in t, since the lowest bit of Delta is 1. So one
//! pass over the table makes rows and choices.
//!
//! *Memory.* No iteration is ever stored. A party keeps the table (3 MiB with what it came from), and
//! what the trees are computed from: their roots at the sender (48 KiB), the sums of their levels at
//! the receiver (480 KiB). Rows are made a tree at a time, straight to where they are taken from. When
//! an iteration ends, the next table is made beside the old one. So that is 3.5 MiB for each direction
//! of a party, and 6.5 MiB for a moment. Each tree is computed twice, for the check and for its rows,
//! which costs a nanosecond or two for each row and saves 48 MiB.
//!
//! *Time.* Half of it goes into the table: it does not fit into the second cache, and ten
//! entries take 5 to 9 ns however they are fetched. On slow networks the three messages count: a round trip
//! and a half for each iteration, in which the parties wait.
//!
//! # Security
//!
//! *Against the receiver.* It says 16 bytes in each iteration. They decide for which f the sender adds
//! f Delta to the sum that it hashes; with a wrong f, the hash is that of a sum that the receiver knows
//! up to a known multiple of Delta, which is of use only to try secrets one by one. (A wrong answer
//! thus makes the receiver's own check fail and has no other effect, so the sender has nothing to
//! check.) The trees hide the leaf that the receiver lacks because H in them is circular correlation
//! robust for the secret Delta if AES is an ideal permutation (Guo, Katz, Wang and Yu, eprint
//! 2019/074). The key is that of one iteration, and of each tree only the nodes on the receiver's path
//! are unknown to it. So, as in `hash.rs`, a call counts against 3072 * 9 inputs of H, however many
//! iterations there are, and p calls win about twice p 3072 * 9 / 2^127, below p / 2^111. A malicious receiver can choose its rows of the
//! base; it cannot choose the inputs of H, which are the sender's.
//!
//! *Against the sender.* It sends a sum for each level. Whatever it sends, the receiver computes the
//! leaves that would be right for some tree of the sender, up to an error that depends on where the
//! receiver's path goes. If there is an error that the sender cannot predict, the check fails, but for
//! a chance of 2^-126 for each challenge that is tried offline (two coefficients, each a random field
//! element that is fixed after the error, from a random oracle). The same holds for a wrong secret: the
//! sender has to know f, so at which leaf it used that secret. What is left is a guess at the
//! paths: a guess that is right with probability p passes and tells the sender -log2 p bits about the
//! noise; one that is wrong ends the session ([`OtError::Broken`](super::OtError::Broken)). So c bits are learnt with
//! probability 2^-c, less than one on average; Ferret's ideal functionality allows the same, and its
//! assumption is LPN with that leakage. What it leaves of 128 bits is in `size.rs`.
//!
//! *Leakage.* Whether the check passed. Rows must reach others only through the hash of `hash.rs`.
//!
//! *Replays.* All hashes and keys are separated by the transcript of the setup, the direction and the
//! number of the iteration, and rows are used once: trees of elsewhere do not fit, and fail the check.
//!
//! Assumes: what `softspoken` assumes; AES-128 under public keys that the transcript draws as an ideal
//! permutation (trees) and as a random function (the matrix); BLAKE3 as a random oracle; LPN with
//! regular noise and a sparse matrix (see `size.rs`), for the privacy of the receiver alone: the
//! sender's second messages do not rest on it.

mod check;
mod expansion;
mod receiver;
mod rows;
mod sender;
mod setup;
mod size;
mod tree;

#[cfg(test)]
mod estimate;
#[cfg(test)]
pub(super) mod tests;

pub use receiver::SilentReceiver;
pub use sender::SilentSender;
pub use setup::{Silent, setup};

use super::Block;

/// Transfers of an iteration.
pub(super) const TRANSFERS: usize = size::Size::STANDARD.transfers();
