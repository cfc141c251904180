//! Oblivious transfer, secure against a malicious party on either side.
//!
//! [`setup`] runs once for a connection and gives each party a sender and a receiver, of one of two
//! extensions: [`softspoken`] for fast networks, [`silent`] for slow ones; [`Policy`] says which, and
//! when. [`OtSender::prepare`] and [`OtReceiver::prepare`] make transfers of random messages before
//! the inputs are known; [`random`], [`correlated`], [`chosen`] and [`one_of_n`] use them up.
//!
//! | | receiver has | sender has | sent, for each transfer |
//! | --- | --- | --- | --- |
//! | [`random`] | random b, x_b | random x_0, x_1 | nothing |
//! | [`correlated`, rows](correlated::send_xor) | c, t | q = t + c Delta | 1 bit |
//! | [`correlated`, sums](correlated::send_ring) | c, s + c x mod 2^l | x, s | 1 bit, l bits back |
//! | [`chosen`] | c, m_c | m_0, m_1 | 1 bit, 32 bytes back |
//! | [`one_of_n`] | c, m_c | m_0, ..., m_(N-1) | log N bits, N l bits back |
//!
//! All take one round trip at most, whatever the number of transfers; each needs one prepared
//! transfer, [`one_of_n`] log N of them. Memory: 16 bytes for each prepared transfer (17 at the
//! receiver), and again as much while they are used; [`random`] needs memory for one chunk only. The
//! silent extension has 3.5 MiB besides.
//!
//! # Security
//!
//! Privacy against a malicious party on either side, computationally: the 127 bits of Delta, less what
//! the pads under one key of the hash cost. Since that key is new after every 2^13 rows, the number of
//! messages that a setup masks does not matter: 113 bits for transfers of 1 of 2, 111.8 for 1 of 8,
//! 108 for 1 of 256, whatever they are used for (`hash.rs` has the proof; the trees of `silent` have 111
//! bits). A setup ends after 2^62 transfers, with [`OtError::Exhausted`]; a batch of transfers can be used
//! once, which its type says. What is assumed, and what a cheat can learn, is written at each part: [`softspoken`], [`silent`], `base.rs` and `hash.rs`. The
//! *inputs* of a malicious party are its own choice: it may send other messages, or choose otherwise,
//! than the protocol above would have it do. Whoever needs more needs another check on top (as
//! mix-and-check is).
//!
//! Choices and secrets are handled in constant time: no branch and no address depends on them. They
//! are overwritten after use, apart from copies that the compiler leaves in registers and on the
//! stack, and blocks that the kernels have there for a moment. Messages are not overwritten: the peer
//! has them.

/// `Debug` that tells how many, and nothing else: all the rest is secret.
macro_rules! debug_counts {
    ($type:ident, $name:literal: $count:expr) => {
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let count: fn(&Self) -> usize = $count;
                f.debug_struct(stringify!($type)).field($name, &count(self)).finish_non_exhaustive()
            }
        }
    };
}

mod base;
mod batch;
pub(super) mod bits;
pub mod chosen;
pub mod correlated;
mod counter;
mod domain;
mod error;
mod hash;
pub(super) mod kernel;
pub mod one_of_n;
pub(crate) mod paired;
pub(super) mod permutations;
mod policy;
pub(super) mod pool;
pub mod random;
pub mod silent;
pub mod softspoken;
mod stock;
pub mod tables;

#[cfg(test)]
pub(super) mod tests;

pub use batch::{OtReceiver, OtSender, ReceiverBatch, SenderBatch};
pub use bits::Width;
pub use error::{Check, Malformed, OtError};
/// For `benches/kernels.rs`; not part of the interface.
#[doc(hidden)]
pub use kernel::{Workload as __Workload, workloads as __workloads};
pub use policy::{Ends, Policy, Receiver, Sender, setup};

/// 128 bits: a message, or a row.
pub type Block = u128;

/// Whether all choices are among so many messages.
fn in_range(choices: &[u8], messages: usize) -> Result<(), OtError> {
    // All are looked at, whatever they are.
    let largest = choices.iter().fold(0, |largest, choice| usize::from(*choice).max(largest));
    if choices.is_empty() || largest < messages {
        Ok(())
    } else {
        Err(OtError::Choice { messages })
    }
}
