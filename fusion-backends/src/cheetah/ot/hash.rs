//! The hash that breaks the correlation of rows: H(i, x) = pi(pi(x) + i) + pi(x), the construction
//! TMMO of Guo, Katz, Wang and Yu, "Efficient and Secure Multiparty Computation from Fixed-Key
//! Block Ciphers" (S&P 2020, eprint 2019/074), section 7. pi is AES-128 under a public key that is
//! drawn from the transcript of the setup, and is modelled as an ideal permutation. + is bitwise.
//!
//! # What is needed
//!
//! A malicious receiver knows, of each transfer, a row T with Q = T + b Delta for its b (it may have
//! T off by bits of Delta that it guessed: it knows those, and the guesses are paid for in
//! [`softspoken`](super::softspoken)). It chooses T as it likes. The pad of message y is
//! H(i, Q + y Delta) = H(i, T + z Delta) with z = b + y, a polynomial of degree below 8 times Delta
//! in GF(2^128); for 1 of 2 messages z is 0 or 1. The pad with z = 0 is its own. All others, one for
//! each z that is not 0, must look random to it, together:
//!
//! *Game.* Delta has min-entropy m. The adversary asks for pads (T, i, z) of its choice, one after the
//! other, q in all, z never 0 and no i twice; it calls pi and its inverse p times. It is to tell
//! H(i, T + z Delta) from independent random blocks. With z = 1 alone this is tweakable correlation
//! robustness (circular security, the first C of the paper's TCCR, is not needed: no pad masks Delta).
//!
//! *No i twice:* i is the number of the transfer, and in [`tables`](super::tables) that of the message
//! too. Which of its messages [`one_of_n`](super::one_of_n) masks with a pad is not in i: the pads of a
//! transfer mask one message each. Rows are used once, and each direction has its own pi. Of 1 of 2,
//! both pads have the same i, but one of them has z = 0.
//!
//! # Why it holds
//!
//! Let x = T + z Delta, u = pi(x), v = u + i, so that the pad is pi(v) + u. Answer with random
//! blocks instead; after the last question draw Delta, then u for each x that occurs, among the
//! values that pi has left, and set pi(v) to the pad plus u. That fails only if it contradicts itself
//! or a call:
//!
//! 1. *x is a point that was called.* Multiplying by z, which is not 0, is a bijection, so z Delta has
//!    min-entropy m for every z, and each of p q pairs fits with probability at most 2^-m. This is
//!    the one place that speaks of Delta; how keys with different z are related does not matter.
//! 2. *v is a point that was called, or some x, or the v of another pad.* u is uniform among at least
//!    2^128 - p - q values, whatever the calls, the x and the u of other x are; pads with the same x
//!    have the same u and different i, so different v. At most q (p + 2 q) pairs fit, each with
//!    probability 1 / (2^128 - p - q).
//! 3. *The value for pi(v), the pad plus u, is taken:* by a call, as some u, or for another v. Again u
//!    is uniform, whatever the others are; and where x is the same, two pads would have to be equal or
//!    one to be 0, but they are uniform. As many pairs, as improbable.
//!
//! Otherwise calls and pads fit a permutation, and no likelier here than in the real game: q pads
//! have probability 2^-128q here, and values of pi, which are distinct, at least that there. So (by
//! the H-coefficient technique) the adversary gains at most
//! p q / 2^m + 2 q (p + 2 q) / (2^128 - p - q). A receiver that guessed g bits of Delta goes on with
//! probability 2^-g and then has m = 127 - g (the lowest bit of Delta is set): the first term stays
//! p q / 2^127.
//!
//! Without tweaks (MMO), equal rows of two transfers would have equal pads; without the second call
//! (pi(x + i) + x), rows that differ like their tweaks would have pads with a known difference.
//!
//! # What it costs
//!
//! p calls of AES win about p q / 2^127, so q pads from one setup leave 127 - log2(q) bits: 95 after 2^32
//! pads, where an adversary of as many calls wins at most 2^-60. q counts all pads that are used, N - 1
//! for each transfer of 1 of N. Set up anew when that is too little.

use super::kernel::{Block, Key};

/// Rows that are hashed at a time, small enough for the fastest memory.
pub(super) const PIECE: usize = 256;

/// H of each row, where the first has the number `first`.
pub(super) fn hash_rows(cipher: &Key, first: u64, rows: &mut [Block]) {
    let mut tweaks = [0; PIECE];
    let mut index = Block::from(first);
    for rows in rows.chunks_mut(PIECE) {
        for (tweak, offset) in tweaks.iter_mut().zip(0..) {
            *tweak = index.wrapping_add(offset);
        }
        cipher.hash(rows, tweaks.get(..rows.len()).unwrap_or_default());
        index = index.wrapping_add(PIECE as Block);
    }
}

/// The tweak of one message of the transfer of that number.
pub(super) fn message_tweak(transfer: u64, message: u8) -> Block {
    Block::from(transfer) | Block::from(message) << 64
}
