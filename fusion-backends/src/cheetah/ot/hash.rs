//! The hash that breaks the correlation of rows: H(i, x) = pi(pi(x) + i) + pi(x), the construction
//! TMMO of Guo, Katz, Wang and Yu, "Efficient and Secure Multiparty Computation from Fixed-Key
//! Block Ciphers" (S&P 2020, eprint 2019/074), section 7.
//!
//! pi is AES-128 under a public key that is drawn from the transcript of the setup. The proof there:
//! H is tweakable circular correlation robust (TCCR) if pi is an ideal permutation, for a secret
//! Delta of high min-entropy, here 127 bits. With q pads and p calls of pi, what an adversary gains is
//! of the order of (p q + q^2) / 2^127: 2^-63 against 2^32 pads and as many calls of its own, and it
//! grows with both. So set up anew after some 2^32 transfers if 63 bits of statistical security must
//! remain.
//! That notion is what a malicious receiver needs: it chooses rows, and the
//! hash without tweak (MMO) or without the second call would let it choose rows of two transfers
//! with the same pads. Each transfer has a tweak of its own: its number, and in
//! [`one_of_n`](super::one_of_n) the number of the message too.
//!
//! With 1 of N messages, the secret that separates pads of one transfer is y Delta in GF(2^128)
//! for 0 < y < N. That is as unpredictable as Delta, since y is public and can be divided by; the
//! proof carries over with (N - 1) keys for one, so with q counting all pads.

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
