//! The hash that breaks the correlation of rows: H(i, x) = pi(pi(x) + i) + pi(x), the construction
//! TMMO of Guo, Katz, Wang and Yu, "Efficient and Secure Multiparty Computation from Fixed-Key
//! Block Ciphers" (S&P 2020, eprint 2019/074), section 7. + is bitwise. pi is AES-128 under a public
//! key that is drawn from the transcript of the setup; after every 2^13 rows, a *window*, it is another
//! one (`permutations.rs`). AES is modelled as an ideal cipher: permutations under different keys are
//! ideal and independent of each other.
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
//! *Game.* Delta has min-entropy m, and is the same for all windows. The adversary asks for pads
//! (T, i, z) of its choice, one after the other, z never 0 and no i twice: q_w of them in window w, q in
//! all, Q in one window at most. It calls the permutations and their inverses p times, p_w times under
//! the key of window w. It is to tell H(i, T + z Delta) from independent random blocks. With z = 1 alone
//! this is tweakable correlation robustness (circular security, the first C of the paper's TCCR, is not
//! needed: no pad masks Delta).
//!
//! *No i twice:* i is the number of the transfer's first row, and in [`tables`](super::tables) that of
//! the message too. Rows are numbered through all windows, up to 2^62 (`counter.rs`), and used once.
//! Which of its messages [`one_of_n`](super::one_of_n) masks with a pad is not in i: the pads of a
//! transfer mask one message each. Each direction has its own keys. Of 1 of 2, both pads have the same i,
//! but one of them has z = 0.
//!
//! # Why it holds
//!
//! Let x = T + z Delta, u = pi(x), v = u + i, so that the pad is pi(v) + u, with the pi of its window.
//! Answer with random blocks instead; after the last question draw Delta, then in each window u for each
//! x that occurs there, among the values that its pi has left, and set pi(v) to the pad plus u. That
//! fails only if it contradicts itself or a call. Windows have independent permutations, so a pad meets
//! only what its own window has: p_w calls and q_w pads.
//!
//! 1. *x is a point that was called.* Multiplying by z, which is not 0, is a bijection, so z Delta has
//!    min-entropy m for every z, and each of the p_w q_w pairs of a window fits with probability at most
//!    2^-m. Over all windows that is at most the sum of p_w q_w / 2^m, and so at most p Q / 2^m: a call
//!    is made under one key, and counts against the pads of that window alone. This is the one place
//!    that speaks of Delta, and a bound on a union of events, so it does not matter that windows share
//!    Delta, nor how keys with different z are related.
//! 2. *v is a point that was called, or some x, or the v of another pad* of the window. u is uniform
//!    among at least 2^128 - p_w - q_w values, whatever Delta, the calls, the x and the u of other x are;
//!    pads with the same x have the same u and different i, so different v. At most q_w (p_w + 2 q_w)
//!    pairs fit, each with probability 1 / (2^128 - p_w - q_w).
//! 3. *The value for pi(v), the pad plus u, is taken:* by a call, as some u, or for another v. Again u
//!    is uniform, whatever the others are; and where x is the same, two pads would have to be equal or
//!    one to be 0, but they are uniform. As many pairs, as improbable.
//!
//! Otherwise calls and pads fit the permutations, and no likelier here than in the real game: q pads
//! have probability 2^-128q here, and values of each pi, which are distinct, at least that there. So (by
//! the H-coefficient technique) the adversary gains at most
//!
//! p Q / 2^m + sum over w of 2 q_w (p_w + 2 q_w) / (2^128 - p_w - q_w).
//!
//! A receiver that guessed g bits of Delta goes on with probability 2^-g and then has m = 127 - g (the
//! lowest bit of Delta is set): the first term stays p Q / 2^127. The sum is at most
//! Q (p + 2 q) / 2^127, as long as p + Q is far below 2^128. Together:
//!
//! *Bound.* (p + q) Q / 2^126.
//!
//! *Windows with equal keys* share a permutation, and count as one window: tweaks differ in all windows,
//! so nothing else changes. W windows have such a pair with probability at most W^2 / 2^129 (2^-75 after
//! 2^40 rows), and all that a pair costs is one bit, since Q doubles.
//!
//! Without tweaks (MMO), equal rows of two transfers would have equal pads; without the second call
//! (pi(x + i) + x), rows that differ like their tweaks would have pads with a known difference.
//!
//! # What it costs
//!
//! All pads count that some message may be masked with, 2^k - 1 for each transfer of k rows. A transfer
//! belongs to the window of its first row, so all of a window but the last one lie in its 2^13 rows:
//! Q is at most (2^k - 1) ((2^13 - 1) / k + 1) if no transfer has more than k rows, whatever the mixture.
//! A call, and a pad, is worth at most Q / 2^126:
//!
//! | a transfer is | rows k | most pads Q | bits, by the term of Delta | bits, all terms |
//! | --- | ---: | ---: | ---: | ---: |
//! | 1 of 2 | 1 | 8,192 | 114.0 | 113.0 |
//! | 1 of 8 | 3 | 19,119 | 112.8 | 111.8 |
//! | 1 of 256 | 8 | 261,343 | 109.0 | 108.0 |
//!
//! So 2^64 calls win at most 2^-49, 2^-47.8 or 2^-44, however many windows or setups they are spread
//! over. What grows with pads is the part of the bound that needs no call: q Q / 2^126, which
//! after 2^40 pads is 2^-73, 2^-71.8 or 2^-68.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "pieces are as long as the type says, and row numbers are below 2^62"
)]

use super::kernel::Block;
use super::permutations::{Permutations, Span};

/// Rows that are hashed at a time, small enough for the fastest memory.
pub(super) const PIECE: usize = 256;

/// H of each row, where the first has the number `first`.
pub(super) fn hash_rows(permutations: &mut Permutations, first: u64, rows: &mut [Block]) {
    let mut tweaks = [0; PIECE];
    let mut span = Span { first, rows: 1, pads: 1 };
    for rows in rows.chunks_mut(PIECE) {
        for (tweak, row) in tweaks.iter_mut().zip(span.first..) {
            *tweak = Block::from(row);
        }
        permutations.hash(span, rows, &tweaks[..rows.len()]);
        span.first += rows.len() as u64;
    }
}

/// The tweak of one message of the transfer whose first row has that number.
pub(super) fn message_tweak(transfer: u64, message: u8) -> Block {
    Block::from(transfer) | Block::from(message) << 64
}

#[cfg(test)]
mod tests {
    use super::super::permutations::WINDOW;
    use super::super::tables::MOST_BITS;

    /// The most pads of a window, where transfers have up to so many rows.
    fn most_pads(rows: usize) -> f64 {
        let pads = |rows: usize| f64::from((1_u32 << rows) - 1);
        // What the text says: no mixture of up to `rows` rows has more.
        let per_row = |rows: usize| pads(rows) / rows as f64;
        assert!((1..=rows).all(|less| per_row(less) <= per_row(rows)));
        per_row(rows) * (WINDOW - 1) as f64 + pads(rows)
    }

    /// The table above, from the constants.
    #[test]
    fn the_bits_are_those_of_the_text() {
        for (rows, pads, of_delta, all) in [
            (1, 8_192, 114.0, 113.0),
            (3, 19_119, 112.8, 111.8),
            (MOST_BITS, 261_343, 109.0, 108.0),
        ] {
            let most = most_pads(rows);
            assert_eq!(most as u32, pads);
            let round = |bits: f64| (bits * 10.0).round() / 10.0;
            assert_eq!(round(127.0 - most.log2()), of_delta, "{rows} rows");
            // The terms are p Q / 2^127 and Q (p + 2 q) / 2^127.
            assert_eq!(round(126.0 - most.log2()), all, "{rows} rows");
            assert!(most >= (pads_begun(rows) * ((1 << rows) - 1)) as f64);
        }
    }

    /// Pads of transfers of the same kind, counted.
    fn pads_begun(rows: usize) -> usize {
        (0..WINDOW).step_by(rows).count()
    }
}
